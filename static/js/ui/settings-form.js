/**
 * <settings-form> round the form of what a person prefers: each choice is saved at once, takes effect on the page, and
 * says beside itself that it is saved, or why it isn't.
 */

import { t } from "../i18n.js";
import { ApiError, api } from "./api.js";
import { showSetting } from "./person-settings.js";

export class SettingsForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this);
    this.addEventListener("submit", (event) => event.preventDefault());
  }

  /** @param {Event} event */
  handleEvent(event) {
    const { target: control } = event;
    if (control instanceof HTMLSelectElement || control instanceof HTMLInputElement) void this.save(control);
  }

  /** @param {HTMLSelectElement | HTMLInputElement} control */
  async save(control) {
    const { name } = control;
    const value = control.type === "number" ? Number(control.value) : control.value;
    this.#explain(control, "");
    this.#mark(control, false);
    try {
      await api("PATCH", "/api/v1/account/settings", { [name]: value });
      showSetting(name, String(value));
      this.#mark(control, true);
      this.#say(t("{setting}: saved", { setting: labelOf(control) }));
      // Words come from the server, and so does what depends on a setting that says so.
      if (name === "language" || control.dataset.reload !== undefined) location.reload();
    } catch (error) {
      const { message, fields } = error instanceof ApiError ? error : new ApiError(String(error));
      this.#explain(control, fields[0]?.message ?? message);
    }
  }

  /** @param {HTMLElement} control @param {boolean} saved */
  #mark(control, saved) {
    const field = control.closest(".field");
    let mark = field?.querySelector(".saved-mark");
    if (!mark && field) {
      mark = Object.assign(document.createElement("span"), { className: "saved saved-mark", textContent: t("Saved") });
      mark.setAttribute("aria-hidden", "true");
      field.append(mark);
    }
    mark?.toggleAttribute("hidden", !saved);
  }

  /** @param {HTMLSelectElement | HTMLInputElement} control @param {string} problem */
  #explain(control, problem) {
    const place = this.querySelector(`[data-error-for="${CSS.escape(control.name)}"]`);
    if (place instanceof HTMLElement) {
      place.textContent = problem;
      place.hidden = problem === "";
    }
    if (problem) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
    if (problem) this.#say(`${labelOf(control)}: ${problem}`);
  }

  /** @param {string} words */
  #say(words) {
    const place = this.querySelector("[data-part=say]");
    if (place) place.textContent = words;
  }
}

/** @param {HTMLSelectElement | HTMLInputElement} control */
function labelOf(control) {
  return control.labels?.[0]?.textContent?.trim() ?? control.name;
}

customElements.define("settings-form", SettingsForm);
