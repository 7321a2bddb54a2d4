/**
 * <theme-switch data-theme-now>: system, light, dark, dimmed as radio buttons. Changes the page at once and keeps the choice in
 * the account.
 */

import { t } from "../i18n.js";
import { api } from "./api.js";
import { showSetting } from "./person-settings.js";

/** @typedef {"system" | "light" | "dark" | "dimmed"} Theme */

export class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = t("Light of the pages");
    const choices = document.createElement("div");
    choices.className = "choices tight";
    /** @type {[Theme, string][]} */
    const themes = [
      ["system", t("As the system says")],
      ["light", t("Light")],
      ["dark", t("Dark")],
      ["dimmed", t("Dimmed room")],
    ];
    for (const [theme, text] of themes) choices.append(this.#choice(theme, text));
    const problem = Object.assign(document.createElement("p"), { className: "error-text", hidden: true });
    problem.setAttribute("role", "alert");
    group.append(legend, choices, problem);
    this.append(group);
    this.addEventListener("change", this);
    document.addEventListener("setting-shown", this);
  }

  disconnectedCallback() {
    document.removeEventListener("setting-shown", this);
  }

  /** @param {Theme} theme @param {string} text */
  #choice(theme, text) {
    const label = document.createElement("label");
    label.className = "choice";
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "theme-now";
    input.value = theme;
    input.checked = theme === (this.dataset.themeNow || "system");
    const words = document.createElement("span");
    words.textContent = text;
    label.append(input, words);
    return label;
  }

  /** @param {Event} event */
  handleEvent(event) {
    if (event instanceof CustomEvent) {
      const { name, value } = event.detail;
      const chosen = name === "theme" && this.querySelector(`input[value="${CSS.escape(value)}"]`);
      if (chosen instanceof HTMLInputElement) chosen.checked = true;
    } else if (event.target instanceof HTMLInputElement) {
      void this.choose(/** @type {Theme} */ (event.target.value));
    }
  }

  /** @param {Theme} theme */
  async choose(theme) {
    showSetting("theme", theme);
    const problem = /** @type {HTMLElement} */ (this.querySelector("[role=alert]"));
    problem.hidden = true;
    try {
      await api("PATCH", "/api/v1/account/settings", { theme });
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  }
}

customElements.define("theme-switch", ThemeSwitch);
