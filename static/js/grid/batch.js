/**
 * From what is done on a page of cells to the reviews that are recorded: one a cell, each with its own id, all of an
 * act undone together.
 *
 * @typedef {import("../review/types.js").Answer} Answer
 * @typedef {import("../review/types.js").Review} Review
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./board.js").Cell} Cell
 *
 * @typedef {object} Step         an act that can be taken back as a whole
 * @property {"confirm" | "relabel"} kind
 * @property {Board} board
 * @property {number} page        its index on the board
 * @property {Cell[]} cells
 * @property {Review[]} reviews   one for each of the cells, in their order
 */

import { uuid } from "../review/uuid.js";
import { reviewOf, withdrawalOf } from "../review/verdict.js";
import { isOpen } from "./board.js";

/**
 * The same answer to each of the cells.
 *
 * @param {readonly Cell[]} cells
 * @param {Answer} answer
 * @param {number} seconds  for each
 * @param {() => string} [newId]
 * @returns {Review[]}
 */
export function answersTo(cells, answer, seconds, newId = uuid) {
  return cells.map(({ item, review }) => {
    const facts = { id: newId(), assignment_id: item.assignment_id, seconds, supersedes: review?.id ?? item.last };
    return { ...reviewOf(answer, facts), mode: "grid" };
  });
}

/**
 * What takes a step back: a withdrawal for each of its reviews that still is the last one of its cell.
 *
 * @param {Step} step
 * @param {() => string} [newId]
 * @returns {Review[]}
 */
export function withdrawalsOf({ cells, reviews }, newId = uuid) {
  return reviews
    .filter((review, at) => cells[at]?.review?.id === review.id)
    .map((review) => ({ ...withdrawalOf(review, newId()), mode: "grid" }));
}

/** Each review is the last one of its cell now. @param {readonly Cell[]} cells @param {readonly Review[]} reviews */
export function apply(cells, reviews) {
  const byAssignment = new Map(reviews.map((review) => [review.assignment_id, review]));
  for (const cell of cells) cell.review = byAssignment.get(cell.item.assignment_id) ?? cell.review;
}

/**
 * The cells of a page by what a confirmation makes of them. Only what was on the screen with its picture is confirmed;
 * what is selected isn't.
 *
 * @param {readonly Cell[]} page
 * @param {(cell: Cell) => boolean} isSelected
 * @param {(cell: Cell) => "waiting" | "loading" | "ready" | "failed"} pictureOf
 */
export function sorted(page, isSelected, pictureOf) {
  const open = page.filter((cell) => isOpen(cell));
  const selected = open.filter(isSelected);
  const rest = open.filter((cell) => !isSelected(cell));
  const broken = rest.filter((cell) => pictureOf(cell) === "failed");
  const loading = rest.filter((cell) => pictureOf(cell) !== "failed" && pictureOf(cell) !== "ready");
  const ready = rest.filter((cell) => pictureOf(cell) === "ready");
  return {
    selected,
    broken,
    loading,
    unseen: ready.filter((cell) => !cell.seen),
    confirmed: ready.filter((cell) => cell.seen),
  };
}

/**
 * Active seconds on a page, shared out over its cells: an act takes from what has gathered the share of its cells among
 * those that were undecided, so that every cell has about as many and all together have what was spent. An answer that
 * is changed took no cell off the page and takes nothing.
 */
export class SharedSeconds {
  #gathered = 0;

  /** @param {number} seconds */
  gather(seconds) {
    this.#gathered += seconds;
  }

  /**
   * @param {number} cells      undecided ones that the act decides
   * @param {number} undecided  on the page before it
   * @returns {number} for each of the cells, in hundredths
   */
  take(cells, undecided) {
    if (cells === 0 || undecided === 0) return 0;
    const each = Math.floor((100 * this.#gathered) / undecided) / 100;
    this.#gathered -= each * cells;
    return each;
  }

  /** Another page: what is left belongs to nobody. */
  empty() {
    this.#gathered = 0;
  }
}
