/**
 * What the reference knows, without a page: which classes stand side by side, what was fetched of a class, and how
 * large a picture is drawn so that all have one physical scale.
 *
 * @typedef {object} ReferenceCell
 * @property {string} cell_id
 * @property {"adjudicated" | "agreed" | "given"} by
 * @property {number} width
 * @property {number} height
 * @property {number | null} px_per_um
 * @property {string} image_url
 * @property {string} thumbnail_url
 *
 * @typedef {object} ClassReference   what GET /label-sets/{name}/classes/{class}/reference answers
 * @property {ReferenceCell[]} items
 *
 * @typedef {object} LookAlike
 * @property {string | null} cell_id
 * @property {number} width
 * @property {number} height
 * @property {number | null} px_per_um
 * @property {string | null} given_label
 * @property {string | null} state
 * @property {string | null} outcome
 * @property {string | null} label
 * @property {string | null} second_label
 * @property {number | null} probability
 * @property {string} image_url
 * @property {string} thumbnail_url
 *
 * @typedef {object} LookAlikes
 * @property {LookAlike[]} items
 * @property {"not_measured" | "hidden" | null} reason
 *
 * @typedef {"reference" | "alike" | "atlas"} View
 * @typedef {{width: number, height: number}} Share     of a tile's sides
 */

/** The field of a tile: MLL23's pictures show as much. */
export const fieldUm = 25;

/** @type {View[]} */
export const views = ["reference", "alike", "atlas"];

/** The view that the same key opens next. @param {View | null} view @returns {View} */
export function nextView(view) {
  return /** @type {View} */ (views[view === null ? 0 : (views.indexOf(view) + 1) % views.length]);
}

/** The neighbour in a list that has no end. @param {string[]} names @param {string} name @param {number} step */
export function neighbour(names, name, step) {
  return /** @type {string} */ (names[(names.indexOf(name) + step + names.length) % names.length]);
}

/**
 * How much of a tile's side a picture takes, so that a µm is as long in every tile. A picture without a scale fills it.
 *
 * @param {{width: number, height: number, px_per_um: number | null}} picture
 * @returns {Share}
 */
export function shareOfTile({ width, height, px_per_um }) {
  const field = px_per_um === null ? Math.max(width, height) : fieldUm * px_per_um;
  return { width: width / field, height: height / field };
}

/**
 * The classes that stand side by side: a shown label's class and its usual rival, by class and never by the cell.
 * Without a label, the two that were last looked up.
 *
 * @param {{confusable: string[], name: string} | null} shown
 * @param {string[]} lookedUp newest last
 * @returns {(string | null)[]}
 */
export function sideBySide(shown, lookedUp) {
  if (shown) return [shown.name, shown.confusable[0] ?? null];
  return [lookedUp[0] ?? null, lookedUp[1] ?? null];
}

/** The two classes that were last looked up, each keeping its place. */
export class LookedUp {
  /** @type {(string | null)[]} */
  #places;
  #keep;
  #newest = 1;

  /**
   * @param {(string | null)[]} before
   * @param {(places: (string | null)[]) => void} keep
   */
  constructor(before, keep = () => {}) {
    this.#places = [before[0] ?? null, before[1] ?? null];
    this.#keep = keep;
  }

  get places() {
    return [...this.#places];
  }

  /** Into a place, or instead of what was looked up first. @param {string | null} name @param {number} [place] */
  look(name, place = 1 - this.#newest) {
    if (name !== null && this.#places.includes(name)) {
      this.#newest = this.#places.indexOf(name);
      return;
    }
    this.#places[place] = name;
    this.#newest = place;
    this.#keep(this.places);
  }
}

/**
 * What was fetched by name: each once, one at a time, so that nothing waits for it. What failed is asked for again
 * when it is wanted again.
 *
 * @template Value
 */
export class Fetched {
  #load;
  #changed;
  /** @type {Map<string, Value | "failed">} */
  #known = new Map();
  /** @type {string[]} */
  #wanted = [];
  /** @type {string | null} */
  #loading = null;

  /**
   * @param {{load: (name: string) => Promise<Value>, changed: (name: string) => void}} how
   */
  constructor({ load, changed }) {
    this.#load = load;
    this.#changed = changed;
  }

  /** @param {string} name @returns {Value | "failed" | "loading"} */
  get(name) {
    return this.#known.get(name) ?? "loading";
  }

  /** Those that will be looked at, the next first; others that wait are forgotten. @param {string[]} names */
  want(names) {
    this.#wanted = names.filter((name) => name !== this.#loading && typeof this.#known.get(name) !== "object");
    if (this.#loading === null) void this.#fetch();
  }

  async #fetch() {
    for (let name = this.#wanted.shift(); name !== undefined; name = this.#wanted.shift()) {
      this.#loading = name;
      try {
        this.#known.set(name, await this.#load(name));
      } catch {
        this.#known.set(name, "failed");
      }
      this.#changed(name);
    }
    this.#loading = null;
  }
}

/**
 * The classes that a look-alike is held to be: its consensus, else its given label.
 *
 * @param {LookAlike} cell
 * @returns {{names: string[], settled: boolean, unusable: boolean, probability: number | null}}
 */
export function heldToBe({ given_label, outcome, label, second_label, probability }) {
  if (outcome === "unusable") return { names: [], settled: true, unusable: true, probability };
  const names = [label, second_label].filter((name) => name !== null);
  if (outcome !== null && names.length > 0) return { names, settled: true, unusable: false, probability };
  return { names: given_label === null ? [] : [given_label], settled: false, unusable: false, probability: null };
}
