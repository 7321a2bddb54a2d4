/**
 * `<compare-classes>`: two classes side by side in words. Beside a shown label these are its class and that
 * class's usual rival, never anything computed from the cell. Without one the reviewer looks up what they like.
 */

export class CompareClasses extends HTMLElement {
  /** @type {(name: string | null) => import("./types.js").LabelClass} */
  classOf = () => {
    throw new Error("No label set was given.");
  };

  connectedCallback() {
    this.addEventListener("change", () => this.#drawLookedUp());
  }

  /** @param {string | null} name the class whose label is shown */
  set shown(name) {
    for (const select of this.querySelectorAll("select")) select.hidden = name !== null;
    if (name === null) {
      this.#drawLookedUp();
      return;
    }
    const shown = this.classOf(name);
    const rival = shown.confusable[0];
    this.#draw([shown, rival === undefined ? null : this.classOf(rival)]);
  }

  lookUp() {
    const select = this.querySelector("select");
    if (select && !select.hidden) select.focus();
  }

  #drawLookedUp() {
    this.#draw([...this.querySelectorAll("select")].map(({ value }) => (value ? this.classOf(value) : null)));
  }

  /** @param {(import("./types.js").LabelClass | null)[]} classes */
  #draw(classes) {
    this.querySelectorAll("[data-part=class]").forEach((column, at) => {
      const one = classes[at] ?? null;
      write(column, ".abbr", one?.abbr ?? "");
      write(column, ".name", one?.display ?? "");
      write(column, ".cue", one?.cue ?? "");
    });
  }
}

/** @param {Element} column @param {string} selector @param {string} text */
function write(column, selector, text) {
  const place = /** @type {HTMLElement} */ (column.querySelector(selector));
  if (place.textContent !== text) place.textContent = text;
}

customElements.define("compare-classes", CompareClasses);
