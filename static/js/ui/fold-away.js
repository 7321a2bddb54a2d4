/** <fold-away data-below> round an open <details>: folded on a window narrower than that, always open on a wider one. */

export class FoldAway extends HTMLElement {
  /** @type {MediaQueryList | undefined} */
  #narrow;

  connectedCallback() {
    this.#narrow = matchMedia(`(max-width: ${Number(this.dataset.below)}px)`);
    this.#narrow.addEventListener("change", this);
    this.handleEvent();
  }

  disconnectedCallback() {
    this.#narrow?.removeEventListener("change", this);
  }

  handleEvent() {
    const details = this.querySelector("details");
    if (details && this.#narrow) details.open = !this.#narrow.matches;
  }
}

customElements.define("fold-away", FoldAway);
