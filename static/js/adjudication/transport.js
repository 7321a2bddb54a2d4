/** What the adjudication page asks of the server. */

import { ask } from "../review/transport.js";

/**
 * @typedef {import("./types.js").Adjudication} Adjudication
 * @typedef {import("./types.js").AdjudicationData} AdjudicationData
 * @typedef {import("./types.js").Dispute} Dispute
 * @typedef {{path: string, given_label: string | null}} Occurrence
 */

/** The worst that wait. @param {AdjudicationData} data @returns {Promise<{items: Dispute[], total: number}>} */
export function fetchDisputes({ dataset, filter, user }) {
  const query = new URLSearchParams({ dataset: dataset.slug, limit: "100" });
  for (const name of /** @type {const} */ (["pair", "kind", "given_label", "round", "reviewer"])) if (filter[name]) query.set(name, filter[name]);
  return ask("GET", `/api/v1/disputes?${query}`, undefined, user.name);
}

/** The files that a cell came from. @param {string} cellId @param {string} user @returns {Promise<Occurrence[]>} */
export async function fetchOccurrences(cellId, user) {
  const { occurrences } = await ask("GET", `/api/v1/cells/${cellId}`, undefined, user);
  return occurrences ?? [];
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
