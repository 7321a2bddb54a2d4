/**
 * What a model says of a cell, and why the cell is suspected, in sentences. A suggestion stands beside the picture and
 * presses nothing.
 *
 * @typedef {object} Suggestion       what GET /assignments/{id}/suggestion answers
 * @property {string | null} label
 * @property {number | null} probability
 * @property {string | null} model
 * @property {string | null} version
 * @property {string | null} reason
 */

import { formatNumber, t } from "../i18n.js";
import { Fetched } from "./reference.js";
import { ask } from "./transport.js";
import { inSentence } from "./words.js";

/**
 * @param {Suggestion | "failed" | "loading"} found
 * @param {(name: string) => {display: string}} classOf
 */
export function modelWords(found, classOf) {
  if (found === "loading") return "";
  if (found === "failed") return t("What the model says couldn’t be loaded.");
  if (found.label === null) return t("No prediction is shown for this cell.");
  const said = { model: found.model ?? "", label: inSentence(classOf(found.label).display) };
  if (found.probability === null) return t("{model} says {label}.", said);
  return t("{model} says {label}, {probability}.", { ...said, probability: formatNumber(found.probability, 2) });
}

/**
 * Why a cell stands where it does, or what speaks for or against its label.
 *
 * @param {Suggestion | "failed" | "loading"} found
 * @param {boolean} sorted whether suspicion gave the cells their order
 */
export function reasonWords(found, sorted) {
  if (typeof found === "string" || found.reason === null) return "";
  return sorted ? t("Its place in this order: {reason}.", { reason: found.reason }) : t("Beside the label: {reason}.", { reason: found.reason });
}

/** Draw what is suggested of a cell wherever the page has a place for it. @param {ParentNode} page @param {{model: string, reason: string}} words */
export function drawSuggestion(page, words) {
  for (const place of page.querySelectorAll("[data-suggestion]")) {
    for (const slot of /** @type {const} */ (["model", "reason"])) {
      const line = place.querySelector(`[data-slot=${slot}]`);
      if (line && line.textContent !== words[slot]) line.textContent = words[slot];
    }
  }
}

/** What was suggested, by assignment: each is asked for once, shortly before it is looked at. */
export class SuggestionsOf {
  #fetched;
  #classOf;
  #sorted;

  /**
   * @param {object} how
   * @param {string} how.user
   * @param {boolean} how.sorted
   * @param {(name: string) => {display: string}} how.classOf
   * @param {() => void} how.changed
   */
  constructor({ user, sorted, classOf, changed }) {
    this.#fetched = /** @type {Fetched<Suggestion>} */ (
      new Fetched({ load: (assignment) => ask("GET", `/api/v1/assignments/${assignment}/suggestion`, undefined, user), changed })
    );
    this.#classOf = classOf;
    this.#sorted = sorted;
  }

  /** Those that are looked at now and next. @param {string[]} assignments */
  want(assignments) {
    this.#fetched.want(assignments);
  }

  /** @param {string} assignment @returns {{model: string, reason: string}} */
  words(assignment) {
    const found = this.#fetched.get(assignment);
    return { model: modelWords(found, this.#classOf), reason: reasonWords(found, this.#sorted) };
  }
}
