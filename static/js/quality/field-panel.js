/**
 * <field-panel> round a matrix and the cells of one of its fields. A field is a link to the page that shows its cells; here they
 * are shown without leaving the page, and the address says which, so that Back, a bookmark and a reload do what one expects.
 */

import { t } from "../i18n.js";
import { fieldOf } from "./field.js";

export class FieldPanel extends HTMLElement {
  /** @type {AbortController | undefined} */
  #asking;

  connectedCallback() {
    this.addEventListener("click", this);
    addEventListener("popstate", this);
  }

  disconnectedCallback() {
    removeEventListener("popstate", this);
    this.#asking?.abort();
  }

  /** @param {Event} event */
  handleEvent(event) {
    if (event instanceof PopStateEvent) {
      void this.#show(location.href, false);
      return;
    }
    if (!(event instanceof MouseEvent) || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[data-field]") : null;
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    void this.#show(link.href, true);
  }

  /** @param {string} address @param {boolean} chosen */
  async #show(address, chosen) {
    const panel = this.querySelector("[data-panel]");
    if (!(panel instanceof HTMLElement)) return;
    this.#mark(address);
    this.#asking?.abort();
    this.#asking = new AbortController();
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { signal: this.#asking.signal, headers: { accept: "text/html" } });
      const found = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-panel]");
      if (!found) throw new Error(`${answer.status}`);
      panel.replaceChildren(...found.childNodes);
      if (chosen && !isOnScreen(panel)) panel.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      const words = document.createElement("p");
      words.className = "panel-body";
      words.setAttribute("role", "alert");
      words.textContent = t("These cells couldn’t be loaded. Nothing is lost: choose the field again.");
      panel.replaceChildren(words);
    }
    panel.removeAttribute("aria-busy");
  }

  /**
   * Mark the field that is open.
   *
   * @param {string} address
   */
  #mark(address) {
    const open = fieldOf(address);
    for (const link of this.querySelectorAll("a[data-field]")) {
      if (!(link instanceof HTMLAnchorElement)) continue;
      const field = fieldOf(link.href);
      if (open && field && field.row === open.row && field.column === open.column) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
}

/** @param {HTMLElement} element */
function isOnScreen(element) {
  const { top } = element.getBoundingClientRect();
  return top >= 0 && top < innerHeight - 100;
}

customElements.define("field-panel", FieldPanel);
