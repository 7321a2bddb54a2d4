/**
 * The disputes that the page holds: those that wait, the one on the screen, and those settled here.
 *
 * @typedef {import("./types.js").Dispute} Dispute
 * @typedef {import("./types.js").Adjudication} Adjudication
 *
 * @typedef {object} Listed
 * @property {Dispute} dispute
 * @property {Adjudication | null} settled  what was said of it here; a withdrawal too
 */

export class Docket {
  /** @type {Listed[]} worst first */
  #listed = [];
  /** @type {Listed[]} newest last */
  #history = [];
  #index = 0;
  #total = 0;
  #isLoaded = false;

  /** @returns {Listed | null} */
  get current() {
    return this.#listed[this.#index] ?? null;
  }

  /** Those that still wait, in order. */
  get waiting() {
    return this.#listed.filter(isOpen);
  }

  /** How many wait in all, here and at the server. */
  get left() {
    return Math.max(this.#total - this.#history.length, this.waiting.length);
  }

  get settledHere() {
    return this.#history.length;
  }

  /** The place of the one on the screen among those that wait, from 1. */
  get place() {
    const current = this.current;
    return current ? this.waiting.indexOf(current) + 1 : 0;
  }

  get isFinished() {
    return this.#isLoaded && this.waiting.length === 0;
  }

  /** Whether there may be more at the server than are held here. */
  get wantsMore() {
    return !this.#isLoaded || (this.waiting.length < 20 && this.left > this.waiting.length);
  }

  /**
   * The worst that wait now, as the server lists them. Those settled here may be among them if they aren't saved yet.
   *
   * @param {readonly Dispute[]} disputes
   * @param {number} total
   */
  add(disputes, total) {
    const known = new Map(this.#listed.map((listed) => [listed.dispute.cell_id, listed]));
    const settledSince = this.#history.filter(({ dispute }) => !disputes.some(({ cell_id }) => cell_id === dispute.cell_id));
    this.#listed.push(...disputes.filter(({ cell_id }) => !known.has(cell_id)).map((dispute) => ({ dispute, settled: null })));
    this.#total = total + settledSince.length;
    this.#isLoaded = true;
    if (this.current && !isOpen(this.current)) this.#index = this.#nextOpen();
  }

  /** A cell that somebody asked for by name: first in the list. @param {Dispute} dispute */
  put(dispute) {
    const at = this.#listed.findIndex((listed) => listed.dispute.cell_id === dispute.cell_id);
    const [listed] = at >= 0 ? this.#listed.splice(at, 1) : [{ dispute, settled: null }];
    this.#listed.unshift(/** @type {Listed} */ (listed));
    if (at < 0) this.#total += 1;
    this.#index = 0;
  }

  /** @param {string} cellId */
  find(cellId) {
    return this.#listed.find((listed) => listed.dispute.cell_id === cellId) ?? null;
  }

  /** @param {Adjudication} adjudication */
  settle(adjudication) {
    const listed = this.current;
    if (listed?.dispute.cell_id !== adjudication.cell_id) throw new Error("An adjudication must be of the cell on the screen.");
    listed.settled = adjudication;
    this.#history.push(listed);
    this.#index = this.#nextOpen();
  }

  /** @returns {Adjudication | null} what an undo would take back */
  get undoable() {
    return this.#history.at(-1)?.settled ?? null;
  }

  /** @returns {Listed | null} the one settled last */
  get lastSettled() {
    return this.#history.at(-1) ?? null;
  }

  /** @param {Adjudication} withdrawal */
  undo(withdrawal) {
    const listed = this.#history.pop();
    if (!listed) return;
    listed.settled = withdrawal;
    this.#index = this.#listed.indexOf(listed);
  }

  /** The server didn't take what was said of this cell: it waits again. @param {string} cellId */
  reopen(cellId) {
    const listed = this.find(cellId);
    if (!listed) return;
    listed.settled = null;
    this.#history = this.#history.filter((one) => one !== listed);
    this.#index = this.#listed.indexOf(listed);
  }

  /** @param {string} cellId */
  goTo(cellId) {
    const at = this.#listed.findIndex((listed) => listed.dispute.cell_id === cellId);
    if (at < 0) return false;
    this.#index = at;
    return true;
  }

  /** @param {1 | -1} direction */
  step(direction) {
    const waiting = this.waiting;
    const current = this.current;
    const at = current ? waiting.indexOf(current) : -1;
    const next = at < 0 ? waiting[0] : waiting[at + direction];
    if (!next) return false;
    this.#index = this.#listed.indexOf(next);
    return true;
  }

  /** The ones to have pictures and evidence of, the one on the screen first. @param {number} count */
  upcoming(count) {
    const later = this.#listed.slice(this.#index).filter((listed) => isOpen(listed) || listed === this.current);
    return later.slice(0, count).map(({ dispute }) => dispute);
  }

  #nextOpen() {
    const later = this.#listed.findIndex((listed, at) => at > this.#index && isOpen(listed));
    if (later >= 0) return later;
    const earlier = this.#listed.findIndex(isOpen);
    return earlier >= 0 ? earlier : this.#listed.length;
  }
}

/** @param {Listed} listed */
function isOpen({ settled }) {
  return settled === null || settled.verdict === "withdrawn";
}
