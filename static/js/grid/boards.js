/**
 * The boards of a round, one a class, and how many cells wait of each.
 *
 * @typedef {import("../review/types.js").Review} Review
 * @typedef {import("./board.js").Cell} Cell
 */

import { Board, isOpen } from "./board.js";

export class Boards {
  #names;
  #waiting;
  #size;
  /** @type {Map<string, Board>} */
  #boards = new Map();
  /** Every cell that was on a board, by assignment. @type {Map<string, Cell>} */
  #cells = new Map();
  /** Assignments that were answered here, or wait in this browser to be sent. @type {Set<string>} */
  #decided = new Set();

  /**
   * @param {string[]} names  the classes, in order
   * @param {readonly {shown_label: string | null, cells: number}[]} waiting  null: cells that show no label
   * @param {number} size     cells a page
   */
  constructor(names, waiting, size) {
    this.#names = names;
    this.#waiting = new Map(waiting.map(({ shown_label, cells }) => [shown_label, cells]));
    this.#size = size;
  }

  /** Whether it is a class at all. @param {string} name */
  has(name) {
    return this.#names.includes(name);
  }

  /** The class that most cells wait of. @returns {string | null} */
  get largest() {
    const waiting = this.#names.filter((name) => this.left(name) > 0);
    return waiting.sort((a, b) => this.left(b) - this.left(a))[0] ?? null;
  }

  /** The next class after this one, in class order, of which cells wait. @param {string | null} name @returns {string | null} */
  after(name) {
    const at = this.#names.indexOf(name ?? "") + 1;
    const others = [...this.#names.slice(at), ...this.#names.slice(0, at)];
    return others.find((other) => other !== name && this.left(other) > 0) ?? null;
  }

  /** How many cells wait of a class, or show no label. @param {string | null} name */
  left(name) {
    const here = [...this.#cells.values()].filter((cell) => cell.item.shown_label === name && !isOpen(cell)).length;
    return Math.max(0, (this.#waiting.get(name) ?? 0) - here);
  }

  /** The cells that were decided here and stand. @returns {Cell[]} */
  get decided() {
    return [...this.#cells.values()].filter((cell) => !isOpen(cell));
  }

  /** @param {string} name @returns {Board} */
  of(name) {
    let board = this.#boards.get(name);
    if (!board) {
      board = new Board(this.#size, (assignment) => this.#decided.has(assignment));
      this.#boards.set(name, board);
    }
    return board;
  }

  /** The class that a board is of. @param {Board} board */
  nameOf(board) {
    return [...this.#boards].find(([, other]) => other === board)?.[0] ?? board.page[0]?.item.shown_label ?? null;
  }

  /** A board of before is the class's again, after another size of pages. @param {string} name @param {Board} board */
  bringBack(name, board) {
    this.#boards.set(name, board);
  }

  /** From now on so many cells a page: boards begin anew with what is undecided. @param {number} size */
  resize(size) {
    this.#size = size;
    this.#boards.clear();
  }

  /** Cells are on a board now. @param {readonly Cell[]} cells */
  hold(cells) {
    for (const cell of cells) this.#cells.set(cell.item.assignment_id, cell);
  }

  /** @param {string} assignment */
  find(assignment) {
    return this.#cells.get(assignment) ?? null;
  }

  /** Whether a cell is decided, for when the server tells of it again. @param {Review} review */
  note({ assignment_id, verdict }) {
    if (verdict === "withdrawn") this.#decided.delete(assignment_id);
    else this.#decided.add(assignment_id);
  }

  /** The cell isn't this reviewer's any more. @param {string} assignment */
  drop(assignment) {
    this.#cells.delete(assignment);
    for (const board of this.#boards.values()) board.drop(assignment);
  }
}
