/**
 * What is printed on the keys of the reviewer's keyboard.
 *
 * A chord by letter is its own cap. A chord by place is a place ("KeyZ"), whose cap differs between keyboards: the
 * browser tells it where it can, what was typed in that place tells it else, and until then it is QWERTY's.
 */

import { t } from "../i18n.js";

const remembered = "cytoreview.caps";

/** @type {Record<string, string>} */
const names = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Backspace: "⌫",
  Delete: "Del",
  Escape: "Esc",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Semicolon: ";",
  Quote: "'",
  Backquote: "`",
  Backslash: "\\",
  Comma: ",",
  Period: ".",
  Slash: "/",
  IntlBackslash: "\\",
  NumpadAdd: "Num +",
  NumpadSubtract: "Num -",
  NumpadMultiply: "Num *",
  NumpadDivide: "Num /",
  NumpadDecimal: "Num .",
};

/** What keys with a word on them are called where the page's language is at home. @type {Record<string, string>} */
const words = {
  Ctrl: t("Ctrl"),
  Del: t("Del"),
  Enter: t("Enter"),
  PgDn: t("PgDn"),
  PgUp: t("PgUp"),
  Shift: t("Shift"),
  Space: t("Space"),
};

/**
 * @typedef {Map<string, string>} Caps  what is printed, by place
 */

/**
 * The cap of a chord: "S", "Shift J", "Y" for the place KeyZ on a German keyboard.
 *
 * @param {string} chord
 * @param {Caps} [caps]
 */
export function capOf(chord, caps) {
  return partsOf(chord, caps)
    .map((part) => words[part] ?? part)
    .join(" ");
}

/** The modifiers and the key of a chord, as they are printed. @param {string} chord @param {Caps} [caps] */
function partsOf(chord, caps = new Map()) {
  const [, modifiers = "", key = chord] = /^((?:(?:Ctrl|Cmd|Alt|Shift)\+)*)(.+)$/su.exec(chord) ?? [];
  const printed = caps.get(key) ?? names[key] ?? key.replace(/^(?:Key|Digit)(?=[A-Z0-9]$)/, "").replace(/^Numpad(?=\d$)/, "Num ");
  return [...modifiers.split("+").filter(Boolean), printed];
}

/**
 * A chord as `aria-keyshortcuts` writes it.
 *
 * @param {string} chord
 * @param {Caps} [caps]
 */
export function shortcutOf(chord, caps) {
  return partsOf(chord, caps).join(" ").replace("Ctrl ", "Control+").replace("Cmd ", "Meta+").replace("Alt ", "Alt+").replace("Shift ", "Shift+").replace(/^⌫$/, "Backspace");
}

/** Whether a key of this cap types something that can be shown. @param {string} key */
export function isPrinted(key) {
  return [...key].length === 1 && key.trim() !== "";
}

/** The caps of this browser's keyboard. @returns {Promise<Caps>} */
export async function knownCaps() {
  const caps = learnt();
  const { keyboard } = /** @type {{keyboard?: {getLayoutMap(): Promise<Map<string, string>>}}} */ (/** @type {unknown} */ (navigator));
  try {
    for (const [code, key] of (await keyboard?.getLayoutMap()) ?? []) if (isPrinted(key)) caps.set(code, capital(key));
  } catch {
    // Not told to pages in a frame, or without HTTPS.
  }
  return caps;
}

/**
 * Remember what a key types. Answers whether that was news.
 *
 * @param {Caps} caps
 * @param {{key: string, code: string, shiftKey?: boolean, altKey?: boolean, ctrlKey?: boolean, metaKey?: boolean}} press
 */
export function learn(caps, { key, code, shiftKey, altKey, ctrlKey, metaKey }) {
  if (!code || !isPrinted(key) || shiftKey || altKey || ctrlKey || metaKey || code.startsWith("Numpad")) return false;
  if (caps.get(code) === capital(key)) return false;
  caps.set(code, capital(key));
  try {
    localStorage.setItem(remembered, JSON.stringify(Object.fromEntries(caps)));
  } catch {
    // A browser that keeps nothing learns anew.
  }
  return true;
}

/** @returns {Caps} */
function learnt() {
  try {
    return new Map(Object.entries(JSON.parse(localStorage.getItem(remembered) ?? "{}")));
  } catch {
    return new Map();
  }
}

/** @param {string} key */
function capital(key) {
  const upper = key.toUpperCase();
  return upper.length === 1 ? upper : key;
}

/**
 * Letter the key caps of a part of the page (`kbd[data-chord]`), and tell screen readers the same.
 *
 * @param {ParentNode} root
 * @param {Caps} caps
 */
export function drawCaps(root, caps) {
  for (const kbd of root.querySelectorAll("kbd[data-chord]")) {
    const chord = kbd.getAttribute("data-chord") ?? "";
    const cap = capOf(chord, caps);
    if (kbd.textContent !== cap) kbd.textContent = cap;
  }
  for (const button of root.querySelectorAll("[data-shortcut]")) {
    const chords = (button.getAttribute("data-shortcut") ?? "").split(" ").filter(Boolean);
    button.setAttribute("aria-keyshortcuts", chords.map((chord) => shortcutOf(chord, caps)).join(" "));
  }
}
