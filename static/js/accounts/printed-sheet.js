/** `<printed-sheet>` round a button that prints the page; and a page's key caps, lettered as this keyboard is. */

import { drawCaps, knownCaps } from "../review/keycaps.js";

export class PrintedSheet extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      if (event.target instanceof HTMLButtonElement) window.print();
    });
  }
}

customElements.define("printed-sheet", PrintedSheet);
void knownCaps().then((caps) => drawCaps(document, caps));
