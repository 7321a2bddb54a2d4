/**
 * `<save-state>`: whether everything is at the server. Its words are read out when they have stood for a while,
 * so that a quick worker isn't told of every batch.
 */

import { t, tn } from "../i18n.js";
import { number } from "./words.js";

const steady = 2000;

/**
 * @param {import("./sender.js").SaveFigures} state
 * @returns {{kind: "saved" | "unsaved" | "choice", text: string}}
 */
export function saveWords({ unsaved, conflicts, notCounted }) {
  if (conflicts.length > 0) return { kind: "choice", text: tn(conflicts.length, "{n} needs your choice", "{n} need your choice") };
  if (notCounted > 0) return { kind: "choice", text: t("{n} not counted", { n: number(notCounted) }) };
  if (unsaved > 0) return { kind: "unsaved", text: t("{n} not yet saved", { n: number(unsaved) }) };
  return { kind: "saved", text: t("All saved") };
}

export class SaveState extends HTMLElement {
  /** @type {number | undefined} */
  #timer;

  /** @param {import("./sender.js").SaveFigures} state */
  set state(state) {
    const { kind, text } = saveWords(state);
    const button = /** @type {HTMLButtonElement} */ (this.querySelector("button"));
    const place = /** @type {HTMLElement} */ (this.querySelector(".text"));
    this.dataset["kind"] = kind;
    button.disabled = kind !== "choice";
    if (place.textContent === text) return;
    place.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      /** @type {HTMLElement} */ (this.querySelector("[role=status]")).textContent = text;
    }, steady);
  }
}

customElements.define("save-state", SaveState);
