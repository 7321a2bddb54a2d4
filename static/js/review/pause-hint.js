/**
 * `<pause-hint>`: in the strip, beside the last decisions, never over anything. It says what was done without a pause,
 * and is silent for the rest of the day where somebody wants that.
 */

import { tn } from "../i18n.js";
import { Pauses } from "./pauses.js";

const remembered = "cytoreview.no-pause-hint";

export class PauseHint extends HTMLElement {
  #pauses = new Pauses();

  connectedCallback() {
    this.querySelector("button")?.addEventListener("click", () => this.#hideForToday());
  }

  /** @param {number} seconds of looking @param {number} at in milliseconds @param {number} [cells] none at a second look */
  decided(seconds, at, cells = 1) {
    this.#pauses.decided(seconds, at, cells);
    this.#draw();
  }

  #draw() {
    const hint = localStorage.getItem(remembered) === today() ? null : this.#pauses.hint;
    if (this.hasAttribute("hidden") === (hint === null)) return;
    this.toggleAttribute("hidden", hint === null);
    this.parentElement?.classList.toggle("pausing", hint !== null);
    if (!hint) return;
    const minutes = tn(hint.minutes, "{n} minute", "{n} minutes");
    /** @type {HTMLElement} */ (this.querySelector("[role=status]")).textContent = tn(
      hint.cells,
      "{n} cell in {minutes}",
      "{n} cells in {minutes}",
      { minutes },
    );
  }

  #hideForToday() {
    localStorage.setItem(remembered, today());
    this.#pauses.hide();
    this.#draw();
  }
}

/** The day in the reviewer's own calendar. */
function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].join("-");
}

customElements.define("pause-hint", PauseHint);
