/**
 * When a pause is suggested: after so many cells, or so much looking, without one. Whoever goes on has decided so: the
 * hint goes by itself and comes again after as much. Nothing here ever waits for an answer.
 *
 * @typedef {{cells: number, minutes: number}} Stretch  what was done without a pause
 */

export class Pauses {
  #cells;
  #seconds;
  #rest;
  #shownFor;
  #sitting = { cells: 0, seconds: 0 };
  /** @type {number | null} when the last cell was decided */
  #last = null;
  /** @type {(Stretch & {left: number}) | null} */
  #hint = null;

  /**
   * @param {object} [options]
   * @param {number} [options.cells]
   * @param {number} [options.seconds]   of looking
   * @param {number} [options.rest]      milliseconds without looking that make a pause
   * @param {number} [options.shownFor]  cells for which the hint stays
   */
  constructor({ cells = 200, seconds = 20 * 60, rest = 2 * 60_000, shownFor = 20 } = {}) {
    this.#cells = cells;
    this.#seconds = seconds;
    this.#rest = rest;
    this.#shownFor = shownFor;
  }

  /**
   * @param {number} seconds of looking at the cell
   * @param {number} at      when it was decided, in milliseconds
   * @param {number} [cells] none at a second look at the same one
   */
  decided(seconds, at, cells = 1) {
    if (this.#last !== null && at - this.#last - seconds * 1000 >= this.#rest) this.#begin();
    this.#last = at;
    this.#sitting.cells += cells;
    this.#sitting.seconds += seconds;
    if (this.#hint && --this.#hint.left <= 0) this.#hint = null;
    if (this.#sitting.cells >= this.#cells || this.#sitting.seconds >= this.#seconds) {
      const done = this.#sitting;
      this.#begin();
      this.#hint = { cells: done.cells, minutes: Math.max(1, Math.round(done.seconds / 60)), left: this.#shownFor };
    }
  }

  /** What was done without a pause, if that is to be said now. @returns {Stretch | null} */
  get hint() {
    return this.#hint && { cells: this.#hint.cells, minutes: this.#hint.minutes };
  }

  hide() {
    this.#hint = null;
  }

  #begin() {
    this.#sitting = { cells: 0, seconds: 0 };
    this.#hint = null;
  }
}
