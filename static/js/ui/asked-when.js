/**
 * <asked-when data-name data-value>: a part of a form that is asked only while another field has a value. While it isn't,
 * it is hidden and its controls are disabled, so that they are no part of what is sent.
 */

export class AskedWhen extends HTMLElement {
  /** @type {HTMLFormElement | null} */
  #form = null;

  connectedCallback() {
    this.#form = this.closest("form");
    this.#form?.addEventListener("input", this);
    this.handleEvent();
  }

  disconnectedCallback() {
    this.#form?.removeEventListener("input", this);
  }

  handleEvent() {
    const control = this.#form?.elements.namedItem(this.dataset.name ?? "");
    const value = control instanceof RadioNodeList || control instanceof HTMLSelectElement ? control.value : "";
    const asked = value === this.dataset.value;
    this.hidden = !asked;
    for (const one of this.querySelectorAll("input, select, textarea")) one.toggleAttribute("disabled", !asked);
  }
}

customElements.define("asked-when", AskedWhen);
