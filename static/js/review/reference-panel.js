/**
 * `<reference-panel>`: the reference, large. One key goes from the classes side by side to look-alikes and to the
 * atlas; Esc leaves. It lies beside the palette and is in nobody's way: keys decide as ever, and where it covers the
 * picture it shows the cell itself, at the scale of the others.
 *
 * It fetches a class once, when it is first looked at, and look-alikes only while they are open.
 */

import { formatNumber, t } from "../i18n.js";
import { Fetched, heldToBe, LookedUp, neighbour, nextView, sideBySide } from "./reference.js";
import { classTiles, howSure, note, ownTile, tile, whyNone } from "./reference-tiles.js";
import { ask } from "./transport.js";

/**
 * @typedef {import("./keymap.js").Action} Action
 * @typedef {import("./reference.js").ClassReference} ClassReference
 * @typedef {import("./reference.js").LookAlikes} LookAlikes
 * @typedef {import("./reference.js").View} View
 * @typedef {import("./types.js").LabelClass} LabelClass
 * @typedef {{assignment: string, image_url: string, shown: string | null}} Shown
 * @typedef {object} About
 * @property {{name: string, classes: LabelClass[]}} label_set
 * @property {{slug: string, px_per_um: number | null}} dataset
 * @property {string} user
 */

const cellsAtMost = 12;
/** Narrower, Compare has no place of its own. */
const hasColumn = "(min-width: 1180px)";

export class ReferencePanel extends HTMLElement {
  /** @type {About} */
  #about = { label_set: { name: "", classes: [] }, dataset: { slug: "", px_per_um: null }, user: "" };
  /** @type {import("./compare-classes.js").CompareClasses | null} */
  #compare = null;
  /** @type {Fetched<ClassReference>} */
  #references = new Fetched({ load: (name) => this.#fetchClass(name), changed: (name) => this.#classKnown(name) });
  #lookedUp = new LookedUp([]);
  /** @type {View | null} */
  #view = null;
  /** @type {string | null} the class that the atlas is open at */
  #atlas = null;
  /** @type {Shown | null} */
  #cell = null;
  /** Look-alikes of the cell that they were last fetched for. @type {{assignment: string, found: LookAlikes | "failed" | "loading"}} */
  #alike = { assignment: "", found: "loading" };

  /** @param {About} about @param {import("./compare-classes.js").CompareClasses} compare */
  begin(about, compare) {
    this.#about = about;
    this.#compare = compare;
    const place = `cytoreview.looked-up.${about.user}.${about.label_set.name}`;
    this.#lookedUp = new LookedUp(kept(place, about.label_set.classes), (places) => keep(place, places));
    compare.addEventListener("look-up", (event) => {
      const { name, place: at } = /** @type {CustomEvent} */ (event).detail;
      this.#lookUp(name, at);
    });
    for (const select of this.querySelectorAll("select")) {
      select.addEventListener("change", () => this.#lookUp(select.value || null, Number(select.dataset["place"])));
    }
    window.matchMedia(hasColumn).addEventListener("change", () => this.#draw());
  }

  /** @param {Shown | null} cell */
  set cell(cell) {
    const before = this.#cell;
    if (before?.assignment === cell?.assignment && before?.shown === cell?.shown) return;
    this.#cell = cell;
    this.#draw();
  }

  /** Whether the action was the panel's. @param {Action} action */
  perform({ type, name }) {
    if (type === "reference") this.#open(nextView(this.#view));
    else if (type === "view") this.#open(/** @type {View} */ (String(name)));
    else if (this.#view === null) return false;
    else if (type === "leave") this.#close();
    else if (type === "atlas") this.#openAtlas(String(name));
    else if ((type === "previous" || type === "next") && this.#view === "atlas") this.#walk(type === "next" ? 1 : -1);
    else return false;
    return true;
  }

  /** @param {View} view */
  #open(view) {
    if (view === "atlas" && this.#atlas === null) this.#atlas = this.#cell?.shown ?? this.#lookedUp.places[0] ?? this.#names[0] ?? null;
    this.#view = view;
    this.hidden = false;
    this.#draw();
    this.#part("body").scrollTop = 0;
    this.#say(/** @type {HTMLElement} */ (this.querySelector(`[data-act=view][data-name=${view}]`)).textContent ?? "");
  }

  #close() {
    this.#view = null;
    this.hidden = true;
    this.#say("");
  }

  /** @param {string} name */
  #openAtlas(name) {
    this.#atlas = name;
    this.#view = "atlas";
    this.#lookedUp.look(name);
    this.#draw();
    this.#part("body").scrollTop = 0;
    this.#say(this.#classOf(name)?.display ?? "");
  }

  /** @param {number} step */
  #walk(step) {
    if (this.#atlas !== null) this.#openAtlas(neighbour(this.#names, this.#atlas, step));
  }

  /** @param {string | null} name @param {number} place */
  #lookUp(name, place) {
    this.#lookedUp.look(name, place);
    this.#draw();
  }

  // What the server says

  /** @param {string} name @returns {Promise<ClassReference>} */
  #fetchClass(name) {
    const { label_set, dataset, user } = this.#about;
    const query = new URLSearchParams({ dataset: dataset.slug, limit: String(cellsAtMost) });
    return ask("GET", `/api/v1/label-sets/${encodeURIComponent(label_set.name)}/classes/${encodeURIComponent(name)}/reference?${query}`, undefined, user);
  }

  /** @param {string} name */
  #classKnown(name) {
    this.#compare?.forget(name);
    this.#draw();
  }

  /** @param {string} assignment */
  async #fetchAlike(assignment) {
    this.#alike = { assignment, found: "loading" };
    /** @type {LookAlikes | "failed"} */
    let found;
    try {
      found = await ask("GET", `/api/v1/assignments/${assignment}/similar?limit=${cellsAtMost}`, undefined, this.#about.user);
    } catch {
      found = "failed";
    }
    if (this.#alike.assignment !== assignment) return;
    this.#alike.found = found;
    this.#draw();
  }

  // Drawing

  #draw() {
    const shown = this.#cell?.shown ?? null;
    const pair = sideBySide(shown === null ? null : this.#classOf(shown), /** @type {string[]} */ (this.#lookedUp.places));
    const known = (/** @type {string} */ name) => this.#references.get(name);
    const classes = pair.map((name) => (name === null ? null : this.#classOf(name)));
    this.#compare?.show(classes, known, this.#cell !== null && shown === null);
    const wanted = this.#view === "atlas" ? [this.#atlas] : this.#view === "reference" || window.matchMedia(hasColumn).matches ? pair : [];
    if (this.#cell !== null) this.#references.want(wanted.filter((name) => name !== null));
    if (this.#view === null) return;
    this.dataset["view"] = this.#view;
    for (const button of this.querySelectorAll("[data-act=view]")) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset["name"] === this.#view));
    }
    this.#drawCell();
    if (this.#view === "reference") this.#drawPair(classes, shown === null);
    else if (this.#view === "alike") this.#drawAlike();
    else this.#drawAtlas();
  }

  /** The cell itself, among the others. */
  #drawCell() {
    const place = this.#part("own");
    const cell = this.#cell;
    if (place.dataset["drawn"] === (cell?.assignment ?? "")) return;
    place.dataset["drawn"] = cell?.assignment ?? "";
    place.replaceChildren(
      ...(cell ? [ownTile(cell.image_url, this.#about.dataset.px_per_um, t("The cell to decide"))] : []),
    );
  }

  /** @param {(LabelClass | null)[]} classes @param {boolean} chosen */
  #drawPair(classes, chosen) {
    this.querySelectorAll("[data-part=pair] > section").forEach((section, at) => {
      const one = classes[at] ?? null;
      const select = /** @type {HTMLSelectElement} */ (section.querySelector("select"));
      select.hidden = !chosen;
      select.value = one?.name ?? "";
      this.#drawClass(/** @type {HTMLElement} */ (section), one);
    });
  }

  #drawAtlas() {
    const one = this.#atlas === null ? null : this.#classOf(this.#atlas);
    for (const button of this.querySelectorAll("[data-part=classes] [data-act=atlas]")) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset["name"] === one?.name));
    }
    const section = this.#part("atlas");
    this.#drawClass(section, one);
    const neighbours = /** @type {HTMLElement} */ (section.querySelector(".neighbours"));
    neighbours.replaceChildren(...(one?.confusable ?? []).map((name) => this.#neighbourButton(name)));
  }

  /** @param {string} name */
  #neighbourButton(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    Object.assign(button.dataset, { act: "atlas", name });
    button.textContent = this.#classOf(name)?.display ?? name;
    return button;
  }

  /** Name, cue and pictures of a class. @param {HTMLElement} section @param {LabelClass | null} one */
  #drawClass(section, one) {
    const known = one === null ? "loading" : this.#references.get(one.name);
    const drawn = `${one?.name} ${typeof known === "string" ? known : known.items.length}`;
    if (section.dataset["drawn"] === drawn) return;
    section.dataset["drawn"] = drawn;
    write(section, ".abbr", one?.abbr ?? "");
    write(section, ".name", one?.display ?? "");
    write(section, ".cue", one?.cue ?? "");
    write(section, ".how-sure", howSure(known));
    const cells = /** @type {HTMLElement} */ (section.querySelector(".cells"));
    cells.replaceChildren(...(one ? classTiles(known, { most: cellsAtMost, size: "image_url" }) : []));
  }

  #drawAlike() {
    const cell = this.#cell;
    const place = this.#part("alike");
    if (cell === null) return place.replaceChildren();
    if (this.#alike.assignment !== cell.assignment) void this.#fetchAlike(cell.assignment);
    const { found } = this.#alike;
    const drawn = `${cell.assignment} ${typeof found === "string" ? found : "there"}`;
    if (place.dataset["drawn"] === drawn) return;
    place.dataset["drawn"] = drawn;
    place.replaceChildren(...this.#alikeTiles(found));
  }

  /** @param {LookAlikes | "failed" | "loading"} found @returns {HTMLElement[]} */
  #alikeTiles(found) {
    if (found === "loading") return [];
    if (found === "failed") return [note(t("Look-alikes couldn’t be loaded."))];
    if (found.items.length === 0) return [note(whyNone(found.reason))];
    return found.items.map((cell) => {
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      caption.textContent = this.#heldToBe(cell);
      figure.append(tile(cell, cell.image_url), caption);
      return figure;
    });
  }

  /** @param {import("./reference.js").LookAlike} cell */
  #heldToBe(cell) {
    const { names, settled, unusable, probability } = heldToBe(cell);
    if (unusable) return t("unusable");
    if (names.length === 0) return "";
    const abbreviations = names.map((name) => this.#classOf(name)?.abbr ?? name).join(" / ");
    if (!settled) return t("given {class}", { class: abbreviations });
    return probability === null ? abbreviations : `${abbreviations} ${formatNumber(probability, 2)}`;
  }

  get #names() {
    return this.#about.label_set.classes.map(({ name }) => name);
  }

  /** @param {string} name */
  #classOf(name) {
    return this.#about.label_set.classes.find((one) => one.name === name) ?? null;
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part=${name}]`));
  }

  /** @param {string} words */
  #say(words) {
    this.#part("opened").textContent = words;
  }
}

/** @param {Element} within @param {string} selector @param {string} text */
function write(within, selector, text) {
  const place = within.querySelector(selector);
  if (place && place.textContent !== text) place.textContent = text;
}

/** @param {string} place @param {LabelClass[]} classes @returns {(string | null)[]} */
function kept(place, classes) {
  try {
    const places = JSON.parse(localStorage.getItem(place) ?? "[]");
    return places.map((/** @type {unknown} */ name) => classes.find((one) => one.name === name)?.name ?? null);
  } catch {
    return [];
  }
}

/** @param {string} place @param {(string | null)[]} places */
function keep(place, places) {
  try {
    localStorage.setItem(place, JSON.stringify(places));
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}

customElements.define("reference-panel", ReferencePanel);
