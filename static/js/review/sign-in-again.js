/**
 * `<sign-in-again>`: the password of the person whose page this is, when their session ended. Signing in leaves the page
 * as it is; an event `signed-in` says that it can go on. Nobody else can sign in here: the page and its answers are theirs.
 */

import { t } from "../i18n.js";
import { api, ApiError } from "../ui/api.js";
import { takeOver } from "./session.js";

export class SignInAgain extends HTMLElement {
  #asking = false;

  connectedCallback() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#signIn();
    });
  }

  /** Whose password is asked for; null: nobody's. @param {string | null} name */
  set person(name) {
    const opens = this.hasAttribute("hidden") && name !== null;
    this.toggleAttribute("hidden", name === null);
    this.#field("name").value = name ?? "";
    if (opens) this.#field("password").focus({ preventScroll: true });
    if (name === null) this.#complain("");
  }

  async #signIn() {
    const password = this.#field("password");
    if (this.#asking || password.value === "") return;
    this.#asking = true;
    try {
      const { csrf } = await api("POST", "/api/v1/session", { name: this.#field("name").value, password: password.value });
      takeOver(csrf);
      password.value = "";
      this.#complain("");
      this.dispatchEvent(new Event("signed-in", { bubbles: true }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#complain(error.status === 0 ? t("No connection. Try again.") : error.message);
      password.select();
    } finally {
      this.#asking = false;
    }
  }

  /** @param {string} words */
  #complain(words) {
    const problem = /** @type {HTMLElement} */ (this.querySelector("[role=alert]"));
    problem.textContent = words;
    problem.hidden = words === "";
    this.#field("password").setAttribute("aria-invalid", String(words !== ""));
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.querySelector("form"));
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }
}

customElements.define("sign-in-again", SignInAgain);
