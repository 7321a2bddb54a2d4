/**
 * The cells that the page holds: those answered since it was opened, the one on the screen, and the next ones.
 *
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Review} Review
 *
 * @typedef {object} Held
 * @property {QueueItem} item
 * @property {Review | null} review    the last review sent for it from here, a withdrawal too
 */

export class Queue {
  #hold;
  /** @type {Held[]} in order of position */
  #cells = [];
  /** @type {Map<string, Held>} */
  #byAssignment = new Map();
  /** @type {Held[]} the decisions that stand, newest last */
  #history = [];
  /** Past the end: nothing is on the screen. */
  #index = 0;
  #exhausted = false;

  /** @param {{hold?: number}} [options] how many undecided cells to hold */
  constructor({ hold = 30 } = {}) {
    this.#hold = hold;
  }

  /** @returns {Held | null} */
  get current() {
    return this.#cells[this.#index] ?? null;
  }

  /** No cell is left, here or at the server. */
  get finished() {
    return this.#exhausted && this.current === null && !this.#cells.some(isOpen);
  }

  get isEmpty() {
    return this.#cells.length === 0;
  }

  /** How many cells were answered here and stand. */
  get answered() {
    return this.#history.length;
  }

  /** Undecided cells held here, the one on the screen among them. */
  get ready() {
    return this.#cells.filter(isOpen).length;
  }

  /** What to ask the server for now, if anything. @returns {{limit: number, after: number | null} | null} */
  get wanted() {
    if (this.#exhausted) return null;
    const ahead = this.#cells.slice(this.#index).filter(isOpen).length;
    if (ahead > this.#hold / 2) return null;
    return { limit: this.#hold - ahead, after: this.#cells.at(-1)?.item.position ?? null };
  }

  /**
   * Takes what the server answered. Fewer cells than asked for means that there are no more.
   *
   * @param {readonly QueueItem[]} items
   * @param {number} asked
   */
  add(items, asked) {
    for (const item of items) {
      if (this.#byAssignment.has(item.assignment_id)) continue;
      const held = { item, review: null };
      this.#byAssignment.set(item.assignment_id, held);
      this.#cells.push(held);
    }
    this.#exhausted = items.length < asked;
  }

  /** The undecided cells to have pictures of, the one on the screen first. @param {number} count */
  upcoming(count) {
    const ahead = this.#cells.slice(this.#index).filter(isOpen);
    const passedOver = this.#cells.slice(0, this.#index).filter(isOpen);
    const current = this.current;
    return [...new Set([...(current ? [current] : []), ...ahead, ...passedOver])].slice(0, count).map((held) => held.item);
  }

  /** The cells last answered, newest first. @param {number} count */
  last(count) {
    return this.#history.slice(-count).reverse();
  }

  /** @param {string} assignmentId */
  find(assignmentId) {
    return this.#byAssignment.get(assignmentId) ?? null;
  }

  /** The cell on the screen got this review; the next undecided one takes its place. @param {Review} review */
  decide(review) {
    const held = this.current;
    if (held?.item.assignment_id !== review.assignment_id) {
      throw new Error("A review must be of the cell on the screen.");
    }
    held.review = review;
    this.#forget(held);
    this.#history.push(held);
    this.#index = this.#nextOpen();
  }

  /** The review that an undo would take back. @returns {Review | null} */
  get undoable() {
    return this.#history.at(-1)?.review ?? null;
  }

  /** The newest decision was withdrawn: its cell is on the screen again. @param {Review} withdrawal */
  undo(withdrawal) {
    const held = this.#history.pop();
    if (!held) return;
    held.review = withdrawal;
    this.#index = this.#cells.indexOf(held);
  }

  /** Another review stands for a cell than was thought here, or none. @param {string} assignmentId @param {Review | null} review */
  correct(assignmentId, review) {
    const held = this.#byAssignment.get(assignmentId);
    if (!held) return;
    held.review = review;
    if (isOpen(held)) this.#forget(held);
  }

  /** The cell isn't this reviewer's any more. @param {string} assignmentId */
  drop(assignmentId) {
    const held = this.#byAssignment.get(assignmentId);
    if (!held) return;
    const at = this.#cells.indexOf(held);
    this.#cells.splice(at, 1);
    this.#byAssignment.delete(assignmentId);
    this.#forget(held);
    if (at < this.#index) this.#index -= 1;
  }

  /** @returns {boolean} whether another cell is on the screen now */
  previous() {
    if (this.#index === 0) return false;
    this.#index -= 1;
    return true;
  }

  /** Passes over: the cell stays undecided and comes again at the end. */
  next() {
    const from = this.#index;
    if (from < this.#cells.length - 1) this.#index += 1;
    else this.#index = this.#nextOpen();
    return this.#index !== from;
  }

  /** @param {string} assignmentId */
  goTo(assignmentId) {
    const held = this.#byAssignment.get(assignmentId);
    if (!held) return false;
    this.#index = this.#cells.indexOf(held);
    return true;
  }

  /** The next undecided cell after the one on the screen; at the end those that were passed over. */
  #nextOpen() {
    const later = this.#cells.findIndex((held, at) => at > this.#index && isOpen(held));
    if (later >= 0) return later;
    const passedOver = this.#exhausted ? this.#cells.findIndex(isOpen) : -1;
    return passedOver >= 0 ? passedOver : this.#cells.length;
  }

  /** @param {Held} held */
  #forget(held) {
    const at = this.#history.indexOf(held);
    if (at >= 0) this.#history.splice(at, 1);
  }
}

/** @param {Held} held */
function isOpen({ review }) {
  return review === null || review.verdict === "withdrawn";
}
