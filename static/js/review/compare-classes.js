/**
 * `<compare-classes>`: two classes side by side, in pictures and words. Beside a shown label these are its class and
 * that class's usual rival, never anything computed from the cell. Without one the reviewer looks up what they like.
 *
 * It is given what it draws by `<reference-panel>`, and says with a `look-up` event what somebody looks up in it.
 */

import { classTiles } from "./reference-tiles.js";

const cellsAtMost = 4;

/**
 * @typedef {import("./reference.js").ClassReference} ClassReference
 * @typedef {import("./types.js").LabelClass} LabelClass
 */

export class CompareClasses extends HTMLElement {
  /** The tiles of a class are made once: another cell only changes which of them are shown. @type {Map<string, HTMLElement>} */
  #strips = new Map();

  connectedCallback() {
    const selects = [...this.querySelectorAll("select")];
    selects.forEach((select, place) =>
      select.addEventListener("change", () =>
        this.dispatchEvent(new CustomEvent("look-up", { detail: { name: select.value || null, place } })),
      ),
    );
  }

  /**
   * @param {(LabelClass | null)[]} classes
   * @param {(name: string) => ClassReference | "failed" | "loading"} known
   * @param {boolean} chosen by the person, who may choose others
   */
  show(classes, known, chosen) {
    this.querySelectorAll("[data-part=class]").forEach((column, at) => {
      const one = classes[at] ?? null;
      const select = /** @type {HTMLSelectElement} */ (column.querySelector("select"));
      select.hidden = !chosen;
      select.value = one?.name ?? "";
      write(column, ".abbr", one?.abbr ?? "");
      write(column, ".name", one?.long ?? "");
      write(column, ".cue", one?.cue ?? "");
      const cells = /** @type {HTMLElement} */ (column.querySelector(".cells"));
      const strip = one && this.#strip(one.name, known);
      if (cells.firstChild !== strip) cells.replaceChildren(...(strip ? [strip] : []));
    });
  }

  /** What is known of a class by now is something else. @param {string} name */
  forget(name) {
    this.#strips.delete(name);
  }

  /** @param {string} name @param {(name: string) => ClassReference | "failed" | "loading"} known */
  #strip(name, known) {
    const made = this.#strips.get(name);
    if (made) return made;
    const strip = document.createElement("div");
    strip.className = "reference-strip";
    strip.append(...classTiles(known(name), { most: cellsAtMost, size: "thumbnail_url" }));
    this.#strips.set(name, strip);
    return strip;
  }
}

/** @param {Element} column @param {string} selector @param {string} text */
function write(column, selector, text) {
  const place = /** @type {HTMLElement} */ (column.querySelector(selector));
  if (place.textContent !== text) place.textContent = text;
}

customElements.define("compare-classes", CompareClasses);
