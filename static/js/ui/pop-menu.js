/** <pop-menu> round a <details>: closes on Escape, on a click elsewhere and when the focus leaves. */

export class PopMenu extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", this);
    this.addEventListener("focusout", this);
    document.addEventListener("pointerdown", this);
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this);
  }

  /** @param {Event} event */
  handleEvent(event) {
    const details = this.querySelector("details");
    if (!details?.open) return;
    if (event instanceof KeyboardEvent) {
      if (event.key !== "Escape") return;
      details.open = false;
      details.querySelector("summary")?.focus();
    } else if (event instanceof FocusEvent) {
      if (event.relatedTarget instanceof Node && !this.contains(event.relatedTarget)) details.open = false;
    } else if (event.target instanceof Node && !this.contains(event.target)) {
      details.open = false;
    }
  }
}

customElements.define("pop-menu", PopMenu);
