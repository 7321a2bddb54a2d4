/**
 * Rounds that reveal: a cell is answered blind; with the server's word that it has the answer comes the given label, and
 * the answer is kept or changed, which is a second review.
 *
 * The second step always takes a key, also where both labels are the same: nothing is recorded that nobody pressed, and
 * hands keep one rhythm, so that the key meant for the next cell never changes this one. Without a connection nobody
 * waits: blind answers go on, and the labels are looked at when they have come.
 *
 * @typedef {import("./types.js").Answer} Answer
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Result} Result
 * @typedef {import("./types.js").Review} Review
 *
 * @typedef {"blind" | "asked" | "told"} Step   not answered; answered, its label on the way; label known
 *
 * @typedef {object} Cell
 * @property {"asked" | "told" | "seen" | "taken_back"} state  seen: kept or changed, or there is no label
 * @property {Review} first                     the blind answer
 * @property {string | null} label
 * @property {boolean} passed                   looked away without keeping or changing
 */

import { t } from "../i18n.js";
import { act } from "./verdict.js";
import { number } from "./words.js";

export class Reveals {
  #applies;
  /** @type {Map<string, Cell>} in the order of answering */
  #cells = new Map();

  /** @param {boolean} applies whether the round reveals */
  constructor(applies) {
    this.#applies = applies;
  }

  /** @param {string | undefined} assignment @returns {Step} */
  stepOf(assignment) {
    const state = this.#cells.get(assignment ?? "")?.state;
    if (state === "asked") return "asked";
    return this.labelOf(assignment) === null ? "blind" : "told";
  }

  /** The given label, once it was told. @param {string | undefined} assignment */
  labelOf(assignment) {
    const cell = this.#cells.get(assignment ?? "");
    return cell && (cell.state === "told" || cell.state === "seen") ? cell.label : null;
  }

  /** @param {string} assignment */
  firstOf(assignment) {
    return this.#cells.get(assignment)?.first ?? null;
  }

  /**
   * A review was kept. Whether the page stays with the cell, because its label will be there at once.
   *
   * @param {Review} review
   * @param {{connected: boolean}} circumstances
   */
  decided(review, { connected }) {
    if (!this.#applies) return false;
    const cell = this.#cells.get(review.assignment_id);
    if (cell && (cell.state === "told" || cell.state === "seen")) {
      cell.state = "seen";
      return false;
    }
    this.#set({ state: "asked", first: review, label: null, passed: false });
    return connected;
  }

  /**
   * The server has the review, or not. Returns the label if it is news, and whether nothing will come any more.
   *
   * @param {Review} review
   * @param {Result} result
   * @returns {{label: string | null, over: boolean}}
   */
  answered(review, { status, shown_label: label = null }) {
    const cell = this.#cells.get(review.assignment_id);
    const isTaken = status === "recorded" || status === "already_recorded";
    if (!this.#applies || (!cell && !isNew(review))) return { label: null, over: false };
    if (!cell || cell.state === "asked" || (cell.state === "taken_back" && review.verdict === "withdrawn")) {
      if (isTaken && label !== null) {
        this.#set({ state: "told", first: cell?.first ?? review, label, passed: false });
        return { label, over: false };
      }
      if (cell?.state !== "asked") return { label: null, over: false };
      if (isTaken) cell.state = "seen";
      else this.#cells.delete(review.assignment_id);
      return { label: null, over: true };
    }
    return { label: null, over: false };
  }

  /** A cell whose label was told on an earlier page is taken up again. @param {Review} said @param {string} label */
  known(said, label) {
    if (this.#applies) this.#set({ state: "seen", first: said, label, passed: false });
  }

  /**
   * Whether the last review of a cell can be taken back: the second one always, the blind one only while nobody can
   * know its label.
   *
   * @param {string} assignment
   * @param {{connected: boolean}} circumstances
   */
  mayTakeBack(assignment, { connected }) {
    const cell = this.#cells.get(assignment);
    if (!cell || (cell.state === "seen" && cell.label === null)) return true;
    return cell.state === "seen" || (cell.state === "asked" && !connected);
  }

  /**
   * It was taken back. Where the label is known, the second step is open again and the blind answer stands, with the
   * withdrawal as what the next review supersedes.
   *
   * @param {Review} withdrawal
   * @returns {Review | null} what stands then
   */
  tookBack(withdrawal) {
    const cell = this.#cells.get(withdrawal.assignment_id);
    if (!cell) return null;
    if (cell.label === null) {
      cell.state = "taken_back";
      return null;
    }
    cell.state = "told";
    return { ...cell.first, id: withdrawal.id };
  }

  /** Labels that came and weren't answered to. */
  get toSee() {
    return [...this.#cells].filter(([, { state }]) => state === "told").map(([assignment]) => assignment);
  }

  /** The first of them that nobody passed over. @returns {string | null} */
  get next() {
    return this.toSee.find((assignment) => !this.#cells.get(assignment)?.passed) ?? null;
  }

  /** @param {string | undefined} assignment */
  pass(assignment) {
    const cell = this.#cells.get(assignment ?? "");
    if (cell?.state === "told") cell.passed = true;
  }

  /** @param {Cell} cell */
  #set(cell) {
    const { assignment_id } = cell.first;
    this.#cells.delete(assignment_id);
    this.#cells.set(assignment_id, cell);
  }
}

/** The first answer to a cell. @param {Review} review */
function isNew({ supersedes, verdict }) {
  return supersedes === null && verdict !== "withdrawn";
}

/**
 * One action while the label is known: to confirm is to keep what was said.
 *
 * @param {import("./verdict.js").Draft} draft
 * @param {import("./keymap.js").Action} action
 * @param {Answer} said
 * @returns {import("./verdict.js").Step}
 */
export function actOnLabel(draft, action, { verdict, label, second_label }) {
  if (action.type === "confirm" && !draft.borderline) return { draft, answer: { verdict, label, second_label }, hint: null };
  return act(draft, action, null);
}

/** @param {Answer} one @param {Answer} other */
function isSame(one, other) {
  return one.verdict === other.verdict && one.label === other.label && one.second_label === other.second_label;
}

/** Whether the answer is the label itself. @param {Answer} answer @param {string} label */
export function isGiven(answer, label) {
  return answer.verdict === "label" && answer.label === label;
}

/**
 * What became of a blind answer, beside its cell's number.
 *
 * @param {Review} review    what stands
 * @param {Answer | null} first
 * @param {string | null} label
 * @param {{position: number, abbr: (name: string | null) => string, heading: (answer: Answer) => string}} words
 */
export function whatBecame(review, first, label, { position, abbr, heading }) {
  const parts = [number(position)];
  if (label !== null && first) {
    if (!isSame(review, first)) {
      parts.push(t("changed from {answer}", { answer: first.verdict === "label" ? abbr(first.label) : heading(first) }));
    } else if (isGiven(review, label)) parts.push(t("same as given"));
    else parts.push(t("given was {label}", { label: abbr(label) }));
  }
  if (review.flag) parts.push(t("flagged"));
  if (review.comment) parts.push(t("with comment"));
  return parts.join(", ");
}
