/** `<cell-menu>`: the classes as a menu where the pointer is. Its items' clicks go up; Escape and Tab close it. */

export class CellMenu extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => this.#keyPressed(event));
  }

  get isOpen() {
    return this.matches(":popover-open");
  }

  /** @param {string} heading @param {import("./band.js").Point} at on the screen */
  open(heading, { x, y }) {
    /** @type {HTMLElement} */ (this.querySelector("h3")).textContent = heading;
    if (!this.isOpen) this.showPopover();
    const { width, height } = this.getBoundingClientRect();
    this.style.setProperty("--x", `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`);
    this.style.setProperty("--y", `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`);
    this.#items[0]?.focus();
  }

  /** @returns {boolean} whether it was open */
  close() {
    const wasOpen = this.isOpen;
    if (wasOpen) this.hidePopover();
    return wasOpen;
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    const items = this.#items;
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      this.close();
      this.dispatchEvent(new CustomEvent("closed"));
    } else if (to === undefined) {
      return;
    } else {
      items.at(to % items.length)?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  get #items() {
    return [...this.querySelectorAll("button")];
  }
}

customElements.define("cell-menu", CellMenu);
