/**
 * The cells that the page holds: those last answered, the one on the screen, and the next ones. Of what was answered
 * long ago only figures stay, so that a page is as small after thousands of cells as after a hundred.
 *
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Review} Review
 * @typedef {import("./outbox.js").KeptReview} KeptReview
 *
 * @typedef {object} Held
 * @property {QueueItem} item
 * @property {Review | null} review    the last review sent for it from here, a withdrawal too
 * @property {boolean} [again]         it had been answered when the page was opened, and was taken up again
 */

import { effectOn } from "./verdict.js";

/** How many answers from another page to keep of cells that aren't held here. */
const heardAtMost = 500;

export class Queue {
  #hold;
  #enough;
  #remember;
  /** @type {Held[]} in order of position */
  #cells = [];
  /** @type {Map<string, Held>} */
  #byAssignment = new Map();
  /** @type {Held[]} the decisions that stand, newest last */
  #history = [];
  /** Past the end: nothing is on the screen. */
  #index = 0;
  #exhausted = false;
  /** The last position that the server gave. @type {number | null} */
  #reached = null;
  /** @type {Held[]} cells taken up again */
  #again = [];
  /** What is left of decisions that are no longer held. */
  #past = { corrected: 0, unsure: 0, shown: noLabels() };
  /** Cells on the screens of other pages. @type {ReadonlySet<string>} */
  #taken = new Set();
  /** The last reviews that other pages gave to cells not held here. @type {Map<string, Review>} */
  #heard = new Map();
  /** Cells answered by other pages. @type {Set<string>} */
  #elsewhere = new Set();

  /**
   * @param {object} [options]
   * @param {number} [options.hold]      how many undecided cells to hold
   * @param {number} [options.enough]    with more than so many ahead none are asked for
   * @param {number} [options.remember]  how many decisions can be gone back to and undone
   */
  constructor({ hold = 30, enough = hold / 2, remember = 250 } = {}) {
    this.#hold = hold;
    this.#enough = enough;
    this.#remember = remember;
  }

  /** @returns {Held | null} */
  get current() {
    return this.#cells[this.#index] ?? null;
  }

  /** No cell is left, here or at the server. */
  get finished() {
    return this.#exhausted && this.current === null && !this.#cells.some(isOpen);
  }

  /** What is left to answer is on other screens. */
  get waitsForOthers() {
    return this.#exhausted && this.current === null && this.#cells.some(isOpen);
  }

  get isEmpty() {
    return this.#cells.length === 0;
  }

  /** How many cells were answered here or on other pages and stand, less those that were answered before. */
  get answered() {
    return this.#past.shown.length + this.#elsewhere.size + this.#history.length - this.#again.filter((held) => isOpen(held) || this.#history.includes(held)).length;
  }

  /** What was answered here, in figures; `shown` are the labels that stood with the cells. */
  get figures() {
    const { corrected, unsure, shown } = this.#past;
    const held = this.#history.map(({ item, review }) => ({ shown: item.shown_label, review }));
    return {
      here: shown.length + held.length,
      corrected: corrected + held.filter((one) => one.review && effectOn(one.review, one.shown) === "corrected").length,
      unsure: unsure + held.filter(({ review }) => review?.verdict === "unsure").length,
      shown: [...shown, ...held.map((one) => one.shown)],
    };
  }

  /** Undecided cells held here, the one on the screen among them. */
  get ready() {
    return this.#cells.filter(isOpen).length;
  }

  /** What to ask the server for now, if anything. @returns {{limit: number, after: number | null} | null} */
  get wanted() {
    if (this.#exhausted) return null;
    const ahead = this.#cells.slice(this.#index).filter(isOpen).length;
    if (ahead > this.#enough) return null;
    return { limit: this.#hold - ahead, after: this.#reached };
  }

  /**
   * Takes what the server answered. Fewer cells than asked for means that there are no more.
   *
   * @param {readonly QueueItem[]} items
   * @param {number} asked
   */
  add(items, asked) {
    const { current } = this;
    const isFirst = this.#reached === null;
    for (const item of items) {
      if (this.#byAssignment.has(item.assignment_id)) continue;
      const held = { item, review: this.#heard.get(item.assignment_id) ?? null };
      this.#heard.delete(item.assignment_id);
      this.#byAssignment.set(item.assignment_id, held);
      this.#cells.push(held);
    }
    this.#reached = items.at(-1)?.position ?? this.#reached;
    this.#exhausted = items.length < asked;
    if (current === null) this.#index = this.#nextOpen(isFirst ? 0 : this.#index);
  }

  /**
   * Decisions of an earlier page that the server hasn't answered for: their cells aren't asked for again, and they
   * can be undone.
   *
   * @param {readonly KeptReview[]} left in the order of deciding
   */
  restore(left) {
    for (const review of left) {
      const { item } = review.about;
      const held = this.#byAssignment.get(item.assignment_id) ?? this.#insert({ item, review });
      held.review = review;
      this.#forget(held);
      if (!isOpen(held)) this.#history.push(held);
    }
  }

  /** The server had counted this answer already when the page was opened. @param {string} assignmentId */
  countedBefore(assignmentId) {
    const held = this.#byAssignment.get(assignmentId);
    if (held && !this.#again.includes(held)) this.#again.push(held);
  }

  /** Cells on the screens of other pages aren't shown here. @param {ReadonlySet<string>} taken */
  set taken(taken) {
    this.#taken = taken;
    const { current } = this;
    if (!current || (isOpen(current) && taken.has(current.item.assignment_id))) this.goOn();
  }

  /** Another page kept this. @param {Review} review */
  hear(review) {
    const { assignment_id } = review;
    const isAnswer = review.verdict !== "withdrawn";
    const held = this.#byAssignment.get(assignment_id);
    if (isAnswer && !(held && this.#history.includes(held))) this.#elsewhere.add(assignment_id);
    if (!isAnswer) this.#elsewhere.delete(assignment_id);
    if (!held) {
      this.#heard.set(assignment_id, review);
      const [oldest] = this.#heard.keys();
      if (oldest !== undefined && this.#heard.size > heardAtMost) this.#heard.delete(oldest);
      return;
    }
    const leaves = held === this.current && isOpen(held) && isAnswer;
    this.correct(assignment_id, review);
    if (leaves) this.goOn();
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

  /**
   * A cell that was answered before, with its answer. It takes its place among the others.
   *
   * @param {QueueItem} item
   * @param {Review | null} review
   */
  takeUp(item, review) {
    if (this.#byAssignment.has(item.assignment_id)) return;
    const held = this.#insert({ item, review, again: true });
    if (!isOpen(held)) this.#again.push(held);
  }

  /**
   * The cell on the screen got this review; the next undecided one takes its place, unless it stays.
   *
   * @param {Review} review
   * @param {{stay?: boolean}} [options]
   */
  decide(review, { stay = false } = {}) {
    const held = this.current;
    if (held?.item.assignment_id !== review.assignment_id) {
      throw new Error("A review must be of the cell on the screen.");
    }
    held.review = review;
    this.#forget(held);
    this.#elsewhere.delete(review.assignment_id);
    this.#history.push(held);
    if (!stay) this.goOn();
    this.#prune();
  }

  /** Leaves the cell on the screen for the next undecided one. */
  goOn() {
    const { current } = this;
    const first = current?.again ? this.#cells.findIndex((held) => this.#isServed(held)) : -1;
    this.#index = first >= 0 ? first : this.#nextOpen();
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
    this.#elsewhere.delete(assignmentId);
    if (at < this.#index) this.#index -= 1;
    else if (at === this.#index) this.#index = this.#nextOpen(at);
  }

  /** @returns {boolean} whether another cell is on the screen now */
  previous() {
    const at = this.#cells.findLastIndex((held, place) => place < this.#index && !this.#isTaken(held));
    if (at < 0) return false;
    this.#index = at;
    return true;
  }

  /** Passes over: the cell stays undecided and comes again at the end. */
  next() {
    const from = this.#index;
    const at = this.#cells.findIndex((held, place) => place > from && !this.#isTaken(held));
    this.#index = at < 0 ? this.#nextOpen() : at;
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
  #nextOpen(from = this.#index + 1) {
    const later = this.#cells.findIndex((held, at) => at >= from && this.#isServed(held));
    if (later >= 0) return later;
    const passedOver = this.#exhausted ? this.#cells.findIndex((held) => this.#isServed(held)) : -1;
    return passedOver >= 0 ? passedOver : this.#cells.length;
  }

  /** @param {Held} held */
  #isServed(held) {
    return isOpen(held) && !this.#isTaken(held);
  }

  /** @param {Held} held */
  #isTaken({ item }) {
    return this.#taken.has(item.assignment_id);
  }

  /** @param {Held} held */
  #insert(held) {
    const later = this.#cells.findIndex((other) => other.item.position > held.item.position);
    const at = later < 0 ? this.#cells.length : later;
    this.#byAssignment.set(held.item.assignment_id, held);
    this.#cells.splice(at, 0, held);
    if (at <= this.#index) this.#index += 1;
    return held;
  }

  /** What was decided long ago becomes figures. */
  #prune() {
    while (this.#history.length > this.#remember) {
      const oldest = /** @type {Held} */ (this.#history.shift());
      const { item, review } = oldest;
      const again = this.#again.indexOf(oldest);
      if (again >= 0) this.#again.splice(again, 1);
      else this.#past.shown.push(item.shown_label);
      if (review && effectOn(review, item.shown_label) === "corrected") this.#past.corrected += 1;
      if (review?.verdict === "unsure") this.#past.unsure += 1;
      this.#letGo(oldest);
    }
    const most = this.#remember + 2 * this.#hold;
    while (this.#cells.length > most) {
      const answeredElsewhere = this.#cells.slice(0, this.#index).find((held) => !isOpen(held) && !this.#history.includes(held));
      if (!answeredElsewhere) return;
      this.#letGo(answeredElsewhere);
    }
  }

  /** @param {Held} held */
  #letGo(held) {
    const at = this.#cells.indexOf(held);
    if (at < 0 || at === this.#index) return;
    this.#cells.splice(at, 1);
    this.#byAssignment.delete(held.item.assignment_id);
    if (at < this.#index) this.#index -= 1;
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

/** @returns {(string | null)[]} */
function noLabels() {
  return [];
}
