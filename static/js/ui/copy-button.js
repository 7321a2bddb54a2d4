/**
 * <copy-button data-text> round a button: copies the text, or what the nearest <output> says, and says so for a moment. Where
 * a browser gives no clipboard (plain HTTP in a laboratory) it selects the text instead.
 */

import { t } from "../i18n.js";

export class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }

  /** @param {Event} event */
  handleEvent(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button) void this.copy(button);
  }

  /** @param {HTMLButtonElement} button */
  async copy(button) {
    const output = this.dataset.text === undefined ? this.closest("[data-answer]")?.querySelector("output") : null;
    const text = this.dataset.text ?? output?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      this.#say(button, t("Copied"));
    } catch {
      const shown = output ?? this.querySelector("code");
      if (shown) {
        if (!output) shown.textContent = text;
        getSelection()?.selectAllChildren(shown);
      }
      this.#say(button, t("Selected: press Ctrl C"));
    }
  }

  /** @param {HTMLButtonElement} button @param {string} words */
  #say(button, words) {
    const before = [...button.childNodes];
    button.replaceChildren(words);
    button.setAttribute("aria-live", "polite");
    setTimeout(() => button.replaceChildren(...before), 2000);
  }
}

customElements.define("copy-button", CopyButton);
