/** What the adjudication page asks of the server. */

import { ask } from "../review/transport.js";

/**
 * @typedef {import("./types.js").Adjudication} Adjudication
 * @typedef {import("./types.js").AdjudicationData} AdjudicationData
 * @typedef {import("./types.js").Dispute} Dispute
 * @typedef {{path: string, given_label: string | null}} Occurrence
 * @typedef {{model: string, version: string, label: string, probabilities: Record<string, number> | null}} Prediction
 * @typedef {{occurrences: Occurrence[], predictions: Prediction[]}} Origins  the files of a cell, and what models say
 * @typedef {{n: number, of: number, value: number | null, low: number | null, high: number | null}} Share
 * @typedef {{items: {id: string, right: Share | null}[], note: string}} Reliability  of a cell's votes, by their ids
 */

/** The worst that wait. @param {AdjudicationData} data @returns {Promise<{items: Dispute[], total: number}>} */
export function fetchDisputes({ dataset, filter, user }) {
  const query = new URLSearchParams({ dataset: dataset.slug, limit: "100" });
  for (const name of /** @type {const} */ (["pair", "kind", "given_label", "round", "reviewer"])) if (filter[name]) query.set(name, filter[name]);
  return ask("GET", `/api/v1/disputes?${query}`, undefined, user.name);
}

/** Where a cell came from, and what models say of it. @param {string} cellId @param {string} user @returns {Promise<Origins>} */
export async function fetchOrigins(cellId, user) {
  const { occurrences, predictions } = await ask("GET", `/api/v1/cells/${cellId}`, undefined, user);
  return { occurrences: occurrences ?? [], predictions: predictions ?? [] };
}

/** How often whoever voted was right when saying the same. @param {string} cellId @param {string} user @returns {Promise<Reliability>} */
export function fetchReliability(cellId, user) {
  return ask("GET", `/api/v1/cells/${cellId}/reliability`, undefined, user);
}

/**
 * A cell that isn't in the list of disputes, in the list's form.
 *
 * @param {string} cellId
 * @param {string} user
 * @returns {Promise<Dispute>}
 */
export function fetchCell(cellId, user) {
  return ask("GET", `/api/v1/cells/${cellId}/dispute`, undefined, user);
}

/** @param {Adjudication} adjudication @param {string} user @returns {Promise<import("../review/types.js").Result>} */
export async function postAdjudication({ cell_id, ...body }, user) {
  const { id, status } = await ask("POST", `/api/v1/cells/${cell_id}/adjudication`, body, user);
  return { id, status };
}
