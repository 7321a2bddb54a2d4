/**
 * What stands beside a dispute that pictures say: cells that look like it with what they were settled as, those with
 * nearly the same picture, and reference cells of the candidates. Each is fetched once; the next dispute's before it is
 * looked at.
 */

import { formatNumber, t } from "../i18n.js";
import { Fetched, heldToBe } from "../review/reference.js";
import { classTiles, note, tile, whyNone } from "../review/reference-tiles.js";
import { ask } from "../review/transport.js";

/**
 * @typedef {import("../review/reference.js").ClassReference} ClassReference
 * @typedef {import("../review/reference.js").LookAlikes} LookAlikes
 * @typedef {import("../review/types.js").LabelClass} LabelClass
 * @typedef {import("../review/reference.js").LookAlike & {differing_bits: number, turned: boolean}} NearDuplicate
 */

const alikeAtMost = 6;
const cellsOfAClass = 3;

export class PictureEvidence {
  #about;
  #changed;
  /** @type {Fetched<ClassReference>} */
  #references = new Fetched({ load: (name) => this.#fetchClass(name), changed: () => this.#changed() });
  /** @type {Fetched<{items: NearDuplicate[]}>} */
  #nearlySame = new Fetched({ load: (cellId) => this.#ask(`/api/v1/cells/${cellId}/near-duplicates`), changed: () => this.#changed() });
  /** @type {Fetched<LookAlikes>} */
  #alike = new Fetched({ load: (cellId) => this.#fetchAlike(cellId), changed: () => this.#changed() });

  /**
   * @param {{label_set: {name: string, classes: LabelClass[]}, dataset: {slug: string}, user: {name: string}}} about
   * @param {() => void} changed
   */
  constructor(about, changed) {
    this.#about = about;
    this.#changed = changed;
  }

  /** Those that are looked at now and next. @param {string[]} cellIds @param {string[]} names */
  want(cellIds, names) {
    this.#alike.want(cellIds);
    this.#nearlySame.want(cellIds);
    this.#references.want(names);
  }

  /** @param {HTMLElement} place @param {string} cellId @param {(name: string) => LabelClass} classOf */
  drawAlike(place, cellId, classOf) {
    const found = this.#alike.get(cellId);
    const drawn = `${cellId} ${typeof found === "string" ? found : "there"}`;
    if (place.dataset["drawn"] === drawn) return;
    place.dataset["drawn"] = drawn;
    if (found === "loading") return place.replaceChildren();
    if (found === "failed") return place.replaceChildren(note(t("Look-alikes couldn’t be loaded.")));
    if (found.items.length === 0) return place.replaceChildren(note(whyNone(found.reason)));
    place.replaceChildren(...found.items.map((cell) => figure(cell, t("Look-alike"), inWords(cell, classOf))));
  }

  /** Whether there are any. @param {HTMLElement} place @param {string} cellId @param {(name: string) => LabelClass} classOf */
  drawNearlySame(place, cellId, classOf) {
    const found = this.#nearlySame.get(cellId);
    const cells = typeof found === "string" ? [] : found.items;
    if (place.dataset["drawn"] !== `${cellId} ${cells.length}`) {
      place.dataset["drawn"] = `${cellId} ${cells.length}`;
      place.replaceChildren(...cells.slice(0, alikeAtMost).map((cell) => figure(cell, t("Nearly the same picture"), [inWords(cell, classOf), cell.turned && t("turned")].filter(Boolean).join(", "))));
    }
    return cells.length > 0;
  }

  /** @param {HTMLElement} place @param {string} name */
  drawClass(place, name) {
    const known = this.#references.get(name);
    place.replaceChildren(...classTiles(known, { most: cellsOfAClass, size: "thumbnail_url" }));
  }

  /** @param {string} name @returns {Promise<ClassReference>} */
  #fetchClass(name) {
    const { label_set, dataset } = this.#about;
    const query = new URLSearchParams({ dataset: dataset.slug, limit: String(cellsOfAClass) });
    return this.#ask(`/api/v1/label-sets/${encodeURIComponent(label_set.name)}/classes/${encodeURIComponent(name)}/reference?${query}`);
  }

  /** @param {string} cellId @returns {Promise<LookAlikes>} */
  #fetchAlike(cellId) {
    return this.#ask(`/api/v1/cells/${cellId}/similar?limit=${alikeAtMost}`);
  }

  /** @param {string} url @returns {Promise<any>} */
  #ask(url) {
    return ask("GET", url, undefined, this.#about.user.name);
  }
}

/** A cell with what it is held to be. @param {import("../review/reference.js").LookAlike} cell @param {string} what @param {string} words */
function figure(cell, what, words) {
  const made = document.createElement("figure");
  const link = document.createElement("a");
  if (cell.cell_id !== null) link.href = `/cells/${cell.cell_id}`;
  link.target = "_blank";
  link.append(tile(cell, cell.thumbnail_url, t("{what}: {words}", { what, words: words || t("no label") })));
  const caption = document.createElement("figcaption");
  caption.textContent = words;
  made.append(link, caption);
  return made;
}

/** @param {import("../review/reference.js").LookAlike} cell @param {(name: string) => LabelClass} classOf */
function inWords(cell, classOf) {
  const { names, settled, unusable, probability } = heldToBe(cell);
  if (unusable) return t("unusable");
  const abbreviations = names.map((name) => classOf(name).abbr).join(" / ");
  if (!settled) return abbreviations && t("given {class}", { class: abbreviations });
  return probability === null ? abbreviations : `${abbreviations} ${formatNumber(probability, 2)}`;
}
