/**
 * `<key-editor>`: changes what a key does. A key is chosen, then another is pressed or taken from the keyboard that is
 * drawn; what can't be is refused in words, and each change is saved at once.
 */

import { t } from "../i18n.js";
import { capOf, drawCaps, knownCaps, learn } from "../review/keycaps.js";
import { chordOf } from "../review/keymap.js";
import { ApiError, api } from "../ui/api.js";
import { boundKeys, changeable, closeCalls, exchanged, holderOf, rebound, refusalOf, rows, without } from "./own-keys.js";

/**
 * @typedef {import("./own-keys.js").Bound} Bound
 * @typedef {import("./own-keys.js").Own} Own
 * @typedef {{name: string, place: number}} Slot  which of the keys of what
 * @typedef {object} Sheet
 * @property {string} label_set
 * @property {string} layout
 * @property {{name: string, abbr: string, usual: string[], confusable: string[]}[]} classes
 * @property {{name: string, usual: string[], is_fixed: boolean}[]} actions
 * @property {Own} own
 */

export class KeyEditor extends HTMLElement {
  /** @type {Sheet} */
  #sheet = JSON.parse(document.getElementById("key-sheet")?.textContent ?? "");
  /** @type {Bound[]} */
  #all = [
    ...this.#sheet.classes.map(({ name, usual, confusable }) => ({ name, usual, confusable, isClass: true, isFixed: false })),
    ...this.#sheet.actions.map(({ name, usual, is_fixed }) => ({ name, usual, isClass: false, isFixed: is_fixed })),
  ];
  #own = this.#sheet.own;
  #byPlace = this.#sheet.layout !== "letter";
  /** @type {import("../review/keycaps.js").Caps} */
  #caps = new Map();
  /** The key that waits for another. @type {Slot | null} */
  #slot = null;

  connectedCallback() {
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("keydown", (event) => this.#keyPressed(event), true);
    this.#draw();
    void knownCaps().then((caps) => {
      this.#caps = caps;
      drawCaps(this, caps);
    });
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const { slot, name, reset, chord } = button.dataset;
    if (slot !== undefined && name) this.#listen({ name, place: Number(slot) });
    else if (reset) void this.#reset(reset);
    else if (button.hasAttribute("data-reset-all")) void this.#save({}, t("All keys are the usual ones again."));
    else if (button.hasAttribute("data-cancel")) this.#stop();
    else if (chord && button.closest("[data-part=board]")) this.#choose(chord);
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    if (learn(this.#caps, event)) drawCaps(this, this.#caps);
    if (!this.#slot || !this.#slotButton(this.#slot)?.contains(/** @type {Node} */ (event.target))) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat) return;
    if (event.key === "Escape") return this.#stop();
    const chord = chordOf(event, this.#byPlace);
    if (chord) this.#choose(chord);
    else if (event.key === "Dead") this.#refuse(this.#slot.name, t("This key waits for a second one, so it can’t decide at once. Take another."));
  }

  /** @param {Slot} slot */
  #listen(slot) {
    this.#clearMessages();
    this.#slot = slot;
    this.#draw();
    // Above the keyboard that is drawn.
    this.#row(slot.name)?.scrollIntoView({ block: "start" });
    this.#slotButton(slot)?.focus({ preventScroll: true });
    this.#say(t("{what}: press a key, Escape cancels", { what: this.#what(slot.name) }));
  }

  #stop() {
    const slot = this.#slot;
    this.#slot = null;
    this.#draw();
    if (slot) this.#slotButton(slot)?.focus();
  }

  /** @param {string} chord */
  #choose(chord) {
    const slot = this.#slot;
    const bound = this.#all.find(({ name }) => name === slot?.name);
    if (!slot || !bound) return;
    this.#clearMessages();
    const why = refusalOf(chord, bound, this.#byPlace);
    if (why) return this.#refuse(slot.name, this.#reason(why, chord));
    const holder = holderOf(boundKeys(this.#all, this.#own), chord, slot.name);
    if (holder) return this.#collide(slot, chord, holder);
    void this.#save(rebound(this.#all, this.#own, slot.name, slot.place, chord), this.#newKey(slot.name, chord), slot);
  }

  /** The key is somebody else's: say whose, and offer to exchange. @param {Slot} slot @param {string} chord @param {string} holder */
  #collide(slot, chord, holder) {
    const values = { key: capOf(chord, this.#caps), holder: this.#what(holder), what: this.#what(slot.name) };
    const place = this.#refuse(slot.name, t("{key} is the key of “{holder}”. Take another.", values));
    const held = this.#all.find(({ name }) => name === holder);
    const own = exchanged(this.#all, this.#own, { ...slot, chord }, holder);
    const given = changeable(boundKeys(this.#all, this.#own).get(slot.name) ?? [])[slot.place];
    if (!place || !own || !held || held.isFixed || !given || refusalOf(given, held, this.#byPlace)) return;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "link-button", textContent: t("Exchange the two keys") });
    button.addEventListener("click", () => void this.#save(own, t("“{what}” and “{holder}” have exchanged their keys.", values), slot));
    place.append(" ", button);
  }

  /** @param {string} name */
  async #reset(name) {
    this.#clearMessages();
    const own = without(this.#own, name);
    const usual = this.#all.find((each) => each.name === name)?.usual ?? [];
    const bound = boundKeys(this.#all, own);
    for (const chord of usual) {
      const holder = holderOf(bound, chord, name);
      if (!holder) continue;
      this.#refuse(name, t("{key} is the key of “{holder}” now: reset that first.", { key: capOf(chord, this.#caps), holder: this.#what(holder) }));
      return;
    }
    await this.#save(own, t("“{what}” has its usual key again.", { what: this.#what(name) }), { name, place: 0 });
  }

  /** @param {Own} own @param {string} words @param {Slot} [slot] where it was changed */
  async #save(own, words, slot) {
    const { label_set, layout } = this.#sheet;
    this.#clearMessages();
    this.#part("saved").hidden = true;
    try {
      await api("PATCH", "/api/v1/account/settings", { own_keys: { [label_set]: { [layout]: own } } });
    } catch (error) {
      const { message, fields } = error instanceof ApiError ? error : new ApiError(String(error));
      const said = fields[0]?.message ?? message;
      if (slot) this.#refuse(slot.name, said);
      else this.#part("problem").textContent = said;
      this.#part("problem").hidden = slot !== undefined;
      return;
    }
    this.#own = own;
    this.#slot = null;
    this.#draw();
    this.#part("saved").hidden = false;
    this.#part("saved").textContent = t("Saved: {words}", { words });
    this.#say(t("Saved: {words}", { words }));
    if (slot) this.#slotButton(slot)?.focus();
  }

  // Drawing

  #draw() {
    const bound = boundKeys(this.#all, this.#own);
    for (const { name, isFixed } of this.#all) {
      const row = this.#row(name);
      if (!row || isFixed) continue;
      row.querySelector("[data-part=chords]")?.replaceChildren(...this.#keys(name, bound.get(name) ?? []));
      const reset = /** @type {HTMLElement} */ (row.querySelector("[data-reset]"));
      reset.hidden = !(name in this.#own);
    }
    /** @type {HTMLButtonElement} */ (this.querySelector("[data-reset-all]")).disabled = Object.keys(this.#own).length === 0;
    this.#drawCloseCalls();
    this.#drawBoard(bound);
    drawCaps(this, this.#caps);
  }

  /** @param {string} name @param {string[]} chords */
  #keys(name, chords) {
    const own = changeable(chords);
    const slots = own.length > 0 ? own : [""];
    const fixed = chords.filter((chord) => !own.includes(chord));
    return [...slots.map((chord, place) => this.#key({ name, place }, chord)), ...fixed.map((chord) => keycap(chord))];
  }

  /** @param {Slot} slot @param {string} chord */
  #key(slot, chord) {
    const isWaiting = this.#slot?.name === slot.name && this.#slot.place === slot.place;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "key-button" });
    button.dataset["slot"] = String(slot.place);
    button.dataset["name"] = slot.name;
    button.setAttribute("aria-pressed", String(isWaiting));
    const what = this.#what(slot.name);
    const key = chord ? capOf(chord, this.#caps) : t("none");
    button.setAttribute("aria-label", isWaiting ? t("{what}: press a key, Escape cancels", { what }) : t("{what}, key {key}: change", { what, key }));
    button.append(isWaiting ? t("Press a key") : chord ? keycap(chord) : t("none"));
    return button;
  }

  #drawCloseCalls() {
    const said = new Map();
    for (const { pair, chords } of closeCalls(this.#all, this.#own, this.#byPlace)) {
      const name = pair.find((one) => one in this.#own) ?? pair[0];
      const words = t("{one} and {other} lie side by side, and “{first}” and “{second}” are easily confused: a slip would look right.", {
        one: capOf(chords[0], this.#caps),
        other: capOf(chords[1], this.#caps),
        first: this.#what(pair[0]),
        second: this.#what(pair[1]),
      });
      said.set(name, [said.get(name), words].filter(Boolean).join(" "));
    }
    for (const { name } of this.#all) {
      const words = said.get(name);
      if (!words && !this.#message(name)) continue;
      const place = this.#messagePart(name, "close");
      place.textContent = words ?? "";
      place.hidden = !words;
    }
  }

  /** The keyboard, for a mouse or a finger: what is on it, and who has it. @param {Map<string, string[]>} bound */
  #drawBoard(bound) {
    const board = this.#part("board");
    board.hidden = this.#slot === null;
    if (!this.#slot) return;
    this.#part("board-heading").textContent = t("A key for “{what}”", { what: this.#what(this.#slot.name) });
    const { name } = this.#slot;
    const keys = rows.map(([, codes]) => {
      const row = document.createElement("div");
      row.append(...codes.map((code) => this.#boardKey(this.#byPlace ? code : capOf(code), name, bound)));
      return row;
    });
    this.#part("rows").replaceChildren(...keys);
  }

  /** @param {string} chord @param {string} name @param {Map<string, string[]>} bound */
  #boardKey(chord, name, bound) {
    const holder = holderOf(bound, chord, name);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "board-key" });
    button.dataset["chord"] = chord;
    const short = this.#sheet.classes.find((one) => one.name === holder)?.abbr ?? (holder ? "•" : "");
    button.append(keycap(chord), Object.assign(document.createElement("span"), { className: "holder", textContent: short }));
    const key = capOf(chord, this.#caps);
    button.setAttribute("aria-label", holder ? t("{key}, key of “{holder}”", { key, holder: this.#what(holder) }) : key);
    button.classList.toggle("taken", holder !== null);
    return button;
  }

  /** @param {import("./own-keys.js").Refusal} why @param {string} chord */
  #reason(why, chord) {
    const key = { key: capOf(chord, this.#caps) };
    switch (why) {
      case "fixed":
        return t("This key can’t be changed.");
      case "browser":
        return t("{key} belongs to the browser: take a key without Ctrl, Alt or Cmd.", key);
      case "kept":
        return t("{key} is kept for moving about and for the browser.", key);
      case "shifted_class":
        return t("A class has a key without Shift.");
      case "presses":
        return t("{key} presses the button that has the focus, so it can only confirm.", key);
      default:
        return t("{key} is no key that types a character.", key);
    }
  }

  /** @param {string} name @param {string} chord */
  #newKey(name, chord) {
    return t("“{what}” has the key {key}.", { what: this.#what(name), key: capOf(chord, this.#caps) });
  }

  /** @param {string} name @param {string} words */
  #refuse(name, words) {
    const place = this.#messagePart(name, "refused");
    place.textContent = words;
    place.hidden = false;
    return place;
  }

  #clearMessages() {
    for (const place of this.querySelectorAll("[data-part=refused]")) /** @type {HTMLElement} */ (place).hidden = true;
    this.#part("problem").hidden = true;
  }

  /** @param {string} name @param {string} part */
  #messagePart(name, part) {
    let row = this.#message(name);
    if (!row) {
      const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template[data-message]"));
      row = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
      this.#row(name)?.after(row);
    }
    return /** @type {HTMLElement} */ (row.querySelector(`[data-part=${part}]`));
  }

  /** @param {string} name @returns {HTMLElement | null} */
  #message(name) {
    const next = this.#row(name)?.nextElementSibling;
    return next instanceof HTMLElement && next.classList.contains("message") ? next : null;
  }

  /** @param {string} name */
  #row(name) {
    return this.querySelector(`tr[data-row="${CSS.escape(name)}"]`);
  }

  /** @param {Slot} slot */
  #slotButton({ name, place }) {
    return /** @type {HTMLElement | null} */ (this.#row(name)?.querySelector(`[data-slot="${place}"]`) ?? this.#row(name)?.querySelector("[data-slot]") ?? null);
  }

  /** What a class or an action is called on this page. @param {string} name */
  #what(name) {
    return this.#row(name)?.querySelector("[data-part=what]")?.textContent?.trim() ?? name;
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part=${name}]`));
  }

  /** @param {string} words */
  #say(words) {
    this.#part("say").textContent = words;
  }
}

/** @param {string} chord */
function keycap(chord) {
  const cap = document.createElement("kbd");
  cap.dataset["chord"] = chord;
  cap.textContent = capOf(chord);
  return cap;
}

customElements.define("key-editor", KeyEditor);
