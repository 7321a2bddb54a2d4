/**
 * What stands in the place of the picture when a reviewer's round is done: its figures, asked of the server once the last
 * answer is saved and again after something was taken back, and the round that comes next.
 */

import { roundDone } from "./notices.js";
import { fetchSummary } from "./transport.js";

export class RoundEnd {
  #round;
  #user;
  #changed;
  /** @type {import("./types.js").RoundSummary | null} */
  #summary = null;
  /** How many cells were answered when the summary was asked for. @type {number | null} */
  #askedAt = null;

  /**
   * @param {object} options
   * @param {{id: string, presentation: string, total: number}} options.round
   * @param {string} options.user
   * @param {() => void} options.changed  the figures have come
   */
  constructor({ round, user, changed }) {
    this.#round = round;
    this.#user = user;
    this.#changed = changed;
  }

  /** @param {{answered: number, isSaved: boolean}} state of this page @returns {import("./notices.js").Notice} */
  notice({ answered, isSaved }) {
    if (isSaved && this.#askedAt !== answered) void this.#ask(answered);
    return roundDone(this.#summary, { total: this.#round.total, withLabels: this.#round.presentation !== "blind" });
  }

  /** @param {number} answered */
  async #ask(answered) {
    this.#askedAt = answered;
    this.#summary = await fetchSummary(this.#round.id, this.#user).catch(() => null);
    this.#changed();
  }
}
