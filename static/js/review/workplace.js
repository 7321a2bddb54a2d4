/**
 * What the review and the adjudication page have in common: keys and clicks become actions, a notice stands in the
 * place of the picture, the list of keys opens and closes, and parts are found by name.
 */

import { actionOf, RollingFinger } from "./keymap.js";
import { drawCaps, knownCaps, learn } from "./keycaps.js";
import "./sign-in-again.js";

/**
 * @typedef {import("./keymap.js").Action} Action
 * @typedef {import("./keymap.js").Keymap} Keymap
 * @typedef {import("./notices.js").Choice} Choice
 * @typedef {import("./notices.js").Notice} Notice
 */

export class Workplace extends HTMLElement {
  /** @type {Keymap} */
  keymap = new Map();
  /** Milliseconds before a second, different key of the palette's grid counts. */
  rollingFingerMs = 0;
  #finger = new RollingFinger(0);
  /** @type {import("./keycaps.js").Caps} */
  caps = new Map();

  /**
   * Does what was asked for: each page its own.
   *
   * @param {Action} action
   * @param {number} at  when, in the time of events
   * @returns {Promise<void>}
   */
  async perform(action, at) {
    throw new Error(`Nothing here does ${action.type}, asked for at ${at}.`);
  }

  /** Whether something would be lost if the page were left now. */
  get hasUnsaved() {
    return false;
  }

  listen() {
    this.#finger = new RollingFinger(this.rollingFingerMs);
    document.addEventListener("keydown", (event) => this.#keyPressed(event));
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("signed-in", (event) => this.#ask({ type: "try" }, event.timeStamp));
    this.addEventListener("focusout", (event) => event.relatedTarget === null && this.#keepFocusHere());
    void this.#letterKeys();
    this.addEventListener("mousedown", (event) => keepFocus(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.hasUnsaved) event.preventDefault();
    });
  }

  /** @returns {import("./cell-viewer.js").CellViewer} */
  get viewer() {
    return /** @type {import("./cell-viewer.js").CellViewer} */ (this.querySelector("cell-viewer"));
  }

  /** The focus goes where the keys work. */
  focusBack() {
    this.viewer?.focus();
  }

  toggleHelp() {
    this.element("keys").togglePopover();
    if (!this.isHelpOpen) this.focusBack();
  }

  get isHelpOpen() {
    return this.element("keys").matches(":popover-open");
  }

  /** @param {Notice | null} notice */
  drawNotice(notice) {
    this.element("notice").hidden = notice === null;
    this.#signInAgain.person = notice?.signIn ?? null;
    if (!notice) return;
    this.text("notice-heading", notice.heading);
    this.text("notice-text", notice.text);
    this.text("notice-after", notice.after ?? "");
    const choices = this.element("notice-choices");
    const drawn = JSON.stringify(notice.choices);
    if (choices.dataset["drawn"] === drawn) return;
    choices.dataset["drawn"] = drawn;
    choices.replaceChildren(...notice.choices.map(choiceElement));
  }

  get #signInAgain() {
    return /** @type {import("./sign-in-again.js").SignInAgain} */ (this.querySelector("sign-in-again"));
  }

  /** For who doesn't see the page. @param {string} text */
  say(text) {
    this.element("say").textContent = text;
  }

  /** Shows which buttons of an action are pressed. @param {string} type @param {boolean} on */
  press(type, on) {
    for (const button of this.querySelectorAll(`[data-act=${type}]`)) button.setAttribute("aria-pressed", String(on));
  }

  /** @param {string} name */
  element(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part=${name}]`));
  }

  /** @param {string} name @param {string} text */
  text(name, text) {
    const element = this.element(name);
    if (element.textContent !== text) element.textContent = text;
  }

  /** Keys are lettered as this keyboard is. */
  async #letterKeys() {
    this.caps = await knownCaps();
    drawCaps(this, this.caps);
  }

  /** Keys work where the focus is, so it doesn't get lost when what had it goes away. */
  #keepFocusHere() {
    setTimeout(() => {
      if (document.activeElement === document.body && document.hasFocus()) this.focusBack();
    });
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    if (learn(this.caps, event)) drawCaps(this, this.caps);
    if (event.defaultPrevented || !this.#hasKeys(event.target) || isSwitchedOff(event)) return;
    this.classList.toggle("tabbing", event.key === "Tab");
    // A button under the focus is pressed again and again while Enter is held: a hundred cells in three seconds.
    if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();
    const read = actionOf(this.keymap, event);
    if (!read) return;
    if (read.action.type === "confirm" && areKeysOff() && !isInViewer(event.target)) return;
    event.preventDefault();
    if (!read.held && this.#finger.counts(read.action, event.timeStamp)) this.#ask(read.action, event.timeStamp);
  }

  /** @param {EventTarget | null} target */
  #hasKeys(target) {
    return target === document.body || (target instanceof Node && this.contains(target));
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
    if (!(button instanceof HTMLElement) || !button.dataset["act"]) return;
    const { act: type, name } = button.dataset;
    this.#ask(/** @type {Action} */ ({ type, name }), event.timeStamp);
  }

  /** @param {Action} action @param {number} at */
  #ask(action, at) {
    if (this.isHelpOpen && action.type !== "help" && action.type !== "leave") return;
    if (this.viewer?.perform(action.type)) return;
    void this.perform(action, at);
  }
}

/** A click leaves the focus where it was, so that the next Enter doesn't press the same tile. @param {MouseEvent} event */
function keepFocus(event) {
  if (event.target instanceof Element && event.target.closest("button[data-act]")) event.preventDefault();
}

/** A person can have the keys of one character switched off. */
function areKeysOff() {
  return document.documentElement.dataset["keys"] === "off";
}

/** @param {KeyboardEvent} event */
function isSwitchedOff({ key, ctrlKey, metaKey }) {
  return areKeysOff() && key.length === 1 && key !== " " && !ctrlKey && !metaKey;
}

/** Without keys of one character, Enter and Space confirm only from the picture. @param {EventTarget | null} target */
function isInViewer(target) {
  return target instanceof Element && target.closest("cell-viewer [data-part=stage]") !== null;
}

/** @param {Choice} choice */
function choiceElement({ label, act, href, key, detail, other }) {
  const element = document.createElement(href ? "a" : "button");
  element.className = "button";
  element.append(label);
  if (element instanceof HTMLAnchorElement && href) {
    element.href = href;
    if (other) element.target = "_blank";
  } else if (element instanceof HTMLButtonElement && act) {
    element.type = "button";
    element.dataset["act"] = act;
  }
  if (key) element.append(Object.assign(document.createElement("kbd"), { textContent: key }));
  if (detail) element.append(Object.assign(document.createElement("span"), { className: "detail", textContent: detail }));
  return element;
}
