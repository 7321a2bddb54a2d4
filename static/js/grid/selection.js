/**
 * Which cells of a page are selected and which one has the focus. Cells go by their place on the page.
 *
 * A range reaches from the anchor, the cell last chosen or moved to, and replaces the range before it; what was
 * selected apart from it stays.
 */
export class Selection {
  #count = 0;
  #focus = 0;
  #anchor = 0;
  /** @type {Set<number>} */
  #selected = new Set();
  /** What was selected when the anchor was set. @type {Set<number>} */
  #before = new Set();
  /** @type {(place: number) => boolean} */
  #mayBe = () => true;

  /** Another page. @param {number} count @param {(place: number) => boolean} [mayBeSelected] */
  reset(count, mayBeSelected = () => true) {
    this.#count = count;
    this.#mayBe = mayBeSelected;
    this.#selected = new Set();
    this.focusOn(0);
  }

  get focus() {
    return this.#focus;
  }

  /** In order of place. @returns {number[]} */
  get places() {
    return [...this.#selected].sort((a, b) => a - b);
  }

  get size() {
    return this.#selected.size;
  }

  /** @param {number} place */
  has(place) {
    return this.#selected.has(place);
  }

  /** @param {number} place */
  focusOn(place) {
    this.#focus = Math.max(0, Math.min(this.#count - 1, place));
    this.#setAnchor();
  }

  /** @param {number} place */
  toggle(place) {
    if (!this.#mayBe(place)) return this.focusOn(place);
    if (!this.#selected.delete(place)) this.#selected.add(place);
    this.focusOn(place);
  }

  /** This cell alone, unless it is selected already: then all that is selected. @param {number} place */
  takeUp(place) {
    if (!this.has(place)) this.#selected = new Set(this.#mayBe(place) ? [place] : []);
    this.focusOn(place);
  }

  /** Everything from the anchor to this cell. @param {number} place */
  extendTo(place) {
    const [from, to] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
    this.#replace(this.#before, range(from, to));
    this.#focus = place;
  }

  /**
   * One step by an arrow key: left and right in reading order, up and down by rows; nothing where there is no cell.
   *
   * @param {number} by       cells, negative for back
   * @param {boolean} extend  whether cells are selected on the way
   */
  move(by, extend) {
    this.moveTo(this.#focus + by, extend);
  }

  /** @param {number} place @param {boolean} extend */
  moveTo(place, extend) {
    if (place < 0 || place >= this.#count) return;
    if (extend) this.extendTo(place);
    else this.focusOn(place);
  }

  all() {
    this.#replace(new Set(), range(0, this.#count - 1));
    this.#setAnchor();
  }

  clear() {
    this.#selected = new Set();
    this.#setAnchor();
  }

  /** These are dealt with; what was selected meanwhile stays. @param {number[]} places */
  giveUp(places) {
    for (const place of places) this.#selected.delete(place);
    this.#setAnchor();
  }

  /** What a rubber band encloses, with what was selected before it where it adds. @param {number[]} places @param {Set<number> | null} added */
  enclose(places, added) {
    this.#replace(added ?? new Set(), places);
    this.#setAnchor();
  }

  /** @returns {Set<number>} as it is now */
  copy() {
    return new Set(this.#selected);
  }

  #setAnchor() {
    this.#anchor = this.#focus;
    this.#before = this.copy();
  }

  /** @param {Set<number>} kept @param {number[]} places */
  #replace(kept, places) {
    this.#selected = new Set([...kept, ...places.filter((place) => this.#mayBe(place))]);
  }
}

/** @param {number} from @param {number} to both among them */
function range(from, to) {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
