/**
 * `<class-palette>`: the tiles of all classes, always in the same place. It draws which class is shown, which is
 * the first of a borderline, and which was just pressed; the buttons' clicks go up.
 */

export class ClassPalette extends HTMLElement {
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map();
  /** @type {string | null} */
  #shown = null;
  /** @type {string | null} */
  #first = null;

  connectedCallback() {
    for (const tile of this.querySelectorAll("button")) this.#tiles.set(tile.dataset["name"] ?? tile.dataset["act"] ?? "", tile);
  }

  /** The class whose label is shown. @param {string | null} name */
  set shown(name) {
    if (name === this.#shown) return;
    this.#mark(this.#shown, "shown", false);
    this.#mark(name, "shown", true);
    this.#shown = name;
  }

  /** The first class of a borderline; it stays filled. @param {string | null} name */
  set first(name) {
    if (name === this.#first) return;
    this.#mark(this.#first, "first", false);
    this.#mark(name, "first", true);
    this.#first = name;
  }

  /** Whether only classes can be chosen now. @param {boolean} paired */
  set pairing(paired) {
    for (const name of ["unsure", "unusable"]) this.#tiles.get(name)?.setAttribute("aria-disabled", String(paired));
  }

  /** How the key of a class is lettered. @param {string} name */
  capOf(name) {
    return this.#tiles.get(name)?.querySelector("kbd")?.textContent ?? "";
  }

  /** The tile that was just chosen is filled for a moment. @param {string | null} name */
  press(name) {
    const tile = this.#tiles.get(name ?? "");
    if (!tile) return;
    tile.classList.add("pressed");
    setTimeout(() => tile.classList.remove("pressed"), 80);
  }

  /** @param {string | null} name @param {"shown" | "first"} mark @param {boolean} on */
  #mark(name, mark, on) {
    const tile = this.#tiles.get(name ?? "");
    if (!tile) return;
    tile.classList.toggle(mark, on);
    if (mark === "first") tile.setAttribute("aria-pressed", String(on));
    const word = tile.querySelector(".shown-word");
    if (mark !== "shown" || !(word instanceof HTMLElement)) return;
    word.hidden = !on;
    if (on) tile.setAttribute("aria-description", word.textContent ?? "");
    else tile.removeAttribute("aria-description");
  }
}

customElements.define("class-palette", ClassPalette);
