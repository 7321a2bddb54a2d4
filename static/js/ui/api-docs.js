/** <api-docs data-src>: draws the OpenAPI document with the templates of the page. */

import { t } from "../i18n.js";
import { api } from "./api.js";
import { groups } from "./openapi.js";

export class ApiDocs extends HTMLElement {
  connectedCallback() {
    void this.load();
  }

  async load() {
    const loading = this.querySelector("[data-loading]");
    try {
      const document_ = await api("GET", this.dataset.src || "");
      this.append(...groups(document_).map((group) => this.#group(group)));
      loading?.remove();
    } catch {
      if (loading) loading.textContent = t("The API document couldn’t be loaded. Try again.");
    }
  }

  /** @param {import("./openapi.js").Group} group */
  #group({ name, operations }) {
    const section = this.#copy("group", { name });
    section.querySelector('[data-slot="operations"]')?.append(...operations.map((one) => this.#operation(one)));
    return section;
  }

  /** @param {import("./openapi.js").Operation} one */
  #operation({ method, path, summary, description, tables, examples }) {
    const drawn = this.#copy("operation", { method: method.toUpperCase(), path, summary, description });
    drawn.querySelector('[data-slot="method"]')?.setAttribute("data-method", method);
    const parts = drawn.querySelector('[data-slot="parts"]');
    for (const { title, rows } of tables) {
      const table = this.#copy("table", { title });
      table.querySelector('[data-slot="rows"]')?.append(
        ...rows.map((row) => this.#copy("row", { name: row.name, type: row.type, text: row.text, required: row.required ? t("required") : "" })),
      );
      parts?.append(table);
    }
    parts?.append(...examples.map(({ title, text }) => this.#copy("example", { title, text })));
    return drawn;
  }

  /** @param {string} name @param {Record<string, string>} slots */
  #copy(name, slots) {
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector(`template[data-${name}]`));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    for (const [slot, text] of Object.entries(slots)) {
      const place = copy.querySelector(`[data-slot="${slot}"]`);
      if (place) place.textContent = text;
    }
    return copy;
  }
}

customElements.define("api-docs", ApiDocs);
