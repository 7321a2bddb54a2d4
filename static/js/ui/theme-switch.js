/**
 * <theme-switch data-theme-now>: system, light, dark, dimmed as radio buttons. Changes the page at once and keeps the choice in
 * the account.
 */

import { t } from "../i18n.js";
import { csrfToken } from "./api.js";

/** @typedef {"system" | "light" | "dark" | "dimmed"} Theme */

export class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = t("Light");
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
    group.append(legend, choices);
    this.append(group);
    this.addEventListener("change", this);
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
    if (event.target instanceof HTMLInputElement) void this.choose(/** @type {Theme} */ (event.target.value));
  }

  /** @param {Theme} theme */
  async choose(theme) {
    showTheme(theme);
    await fetch("/account/settings", {
      method: "POST",
      body: new URLSearchParams({ csrf_token: csrfToken(), theme }),
      credentials: "same-origin",
      redirect: "manual",
    }).catch(() => undefined);
  }
}

/** @param {Theme} theme */
export function showTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

customElements.define("theme-switch", ThemeSwitch);
