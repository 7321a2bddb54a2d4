/**
 * The cells of one class in pages: those that were turned, the one on the screen, and the next one ahead of it.
 *
 * @typedef {import("../review/types.js").Review} Review
 * @typedef {import("../review/types.js").QueueItem & {side: number, thumbnail: string | null}} GridItem
 *
 * @typedef {object} Cell
 * @property {GridItem} item
 * @property {Review | null} review  the last review given of it here, a withdrawal too
 * @property {boolean} seen          its picture was on the screen
 * @property {boolean} left          it was selected when its page was confirmed: it comes back one at a time
 */

const largestRequest = 200;

export class Board {
  #size;
  #isDecided;
  /** @type {Cell[][]} */
  #pages = [];
  #index = 0;
  /** @type {Cell[]} */
  #ahead = [];
  /** @type {Map<string, Cell>} */
  #byAssignment = new Map();
  /** @type {number | null} */
  #after = null;
  #exhausted = false;

  /**
   * @param {number} size  cells a page
   * @param {(assignment: string) => boolean} [isDecided]  answered here before, though the server may not know yet
   */
  constructor(size, isDecided = () => false) {
    this.#size = size;
    this.#isDecided = isDecided;
  }

  /** @returns {readonly Cell[]} */
  get page() {
    return this.#pages[this.#index] ?? [];
  }

  /** The number of the page on the screen, from 1. */
  get number() {
    return this.#index + 1;
  }

  get index() {
    return this.#index;
  }

  /** Every cell that is here. @returns {Cell[]} */
  get cells() {
    return [...this.#byAssignment.values()];
  }

  /** Cells that were left to come back one at a time. */
  get leftOver() {
    return this.cells.filter((cell) => cell.left && isOpen(cell)).length;
  }

  /** All of the class was shown, and the page on the screen is behind the last one. */
  get finished() {
    return this.#exhausted && this.page.length === 0 && this.#ahead.length === 0;
  }

  /** Whether the page that comes next is all here. */
  get isAhead() {
    return this.#exhausted || this.#index + 1 < this.#pages.length || this.#ahead.length >= this.#size;
  }

  /** Pictures to have: those on the screen, then those of the next page. @returns {string[]} */
  get pictures() {
    const next = this.#pages[this.#index + 1] ?? this.#ahead.slice(0, this.#size);
    return [...new Set([...this.page, ...next])].map(({ item }) => item.thumbnail_url);
  }

  /** What to ask the server for now, if anything. @returns {{limit: number, after: number | null} | null} */
  get wanted() {
    if (this.isAhead) return null;
    return { limit: Math.min(largestRequest, this.#size - this.#ahead.length), after: this.#after };
  }

  /**
   * Takes what the server answered. Fewer cells than asked for means that there are no more.
   *
   * @param {readonly GridItem[]} items
   * @param {number} asked
   */
  add(items, asked) {
    for (const item of items) {
      this.#after = item.position;
      if (this.#byAssignment.has(item.assignment_id) || this.#isDecided(item.assignment_id)) continue;
      const cell = { item, review: null, seen: false, left: false };
      this.#byAssignment.set(item.assignment_id, cell);
      this.#ahead.push(cell);
    }
    this.#exhausted = items.length < asked;
    if (this.#pages.length === 0 && (this.#exhausted || this.#ahead.length >= this.#size)) this.#lay();
  }

  /**
   * The next page takes the place of this one. What was not on the screen here goes with it; what was selected stays
   * behind for later.
   *
   * @param {ReadonlySet<Cell>} selected
   * @returns {boolean} false while the next page is still on its way
   */
  turn(selected) {
    if (!this.isAhead) return false;
    const unseen = this.page.filter((cell) => isOpen(cell) && !cell.seen && !selected.has(cell));
    for (const cell of selected) if (isOpen(cell)) cell.left = true;
    this.#index += 1;
    const next = this.#pages[this.#index];
    if (!next) this.#lay(unseen);
    else next.unshift(...unseen.filter((cell) => !next.includes(cell)));
    return true;
  }

  /** An earlier page is on the screen again. @param {number} index */
  turnBack(index) {
    this.#index = index;
    for (const cell of this.page) cell.left = false;
  }

  /** @param {string} assignment */
  find(assignment) {
    return this.#byAssignment.get(assignment) ?? null;
  }

  /** The cell isn't this reviewer's any more. @param {string} assignment */
  drop(assignment) {
    const cell = this.find(assignment);
    if (!cell) return;
    this.#byAssignment.delete(assignment);
    for (const cells of [...this.#pages, this.#ahead]) if (cells.includes(cell)) cells.splice(cells.indexOf(cell), 1);
  }

  /** @param {Cell[]} carried */
  #lay(carried = []) {
    this.#pages[this.#index] = [...carried, ...this.#ahead.splice(0, this.#size)];
  }
}

/** Nothing was said of it, or that was taken back. @param {Cell} cell */
export function isOpen({ review }) {
  return review === null || review.verdict === "withdrawn";
}
