/**
 * A key event becomes text, the text becomes an action.
 *
 * Keys go by the typed character, so they follow the caps of whatever keyboard there is; `event.code`
 * stands in where the character isn't Latin, and a layout by place binds codes ("KeyQ") outright.
 *
 * @typedef {object} KeyPress         the part of a KeyboardEvent that matters
 * @property {string} key
 * @property {string} code
 * @property {boolean} [ctrlKey]
 * @property {boolean} [altKey]
 * @property {boolean} [metaKey]
 * @property {boolean} [shiftKey]
 * @property {boolean} [repeat]
 * @property {boolean} [isComposing]
 * @property {unknown} [target]
 *
 * @typedef {{type: "class", name: string} | {type: string, name?: undefined}} Action
 * @typedef {Map<string, Action>} Keymap
 */

/** What the keys do unless the server says otherwise. @type {Record<string, string | string[]>} */
export const defaultKeys = {
  confirm: ["Enter", "Space"],
  undo: ["Backspace", "Ctrl+Z", "Cmd+Z"],
  unsure: "D",
  unusable: "X",
  borderline: ".",
  flag: ",",
  comment: "K",
  reference: "V",
  zoom: "I",
  zoom_in: ["+", "="],
  zoom_out: "-",
  pan_left: "Shift+ArrowLeft",
  pan_right: "Shift+ArrowRight",
  pan_up: "Shift+ArrowUp",
  pan_down: "Shift+ArrowDown",
  contrast: "J",
  neutral: ["Shift+J", "0"],
  ring: "7",
  previous: "ArrowLeft",
  next: "ArrowRight",
  help: "?",
  leave: "Escape",
};

/**
 * @param {Iterable<{name: string, key: string}>} classes
 * @param {Record<string, string | string[]>} [keys] a key or several by action
 * @returns {Keymap}
 */
export function createKeymap(classes, keys = {}) {
  /** @type {Keymap} */
  const keymap = new Map();
  for (const { name, key } of classes) bind(keymap, key, { type: "class", name });
  for (const [type, bound] of Object.entries({ ...defaultKeys, ...keys })) {
    for (const key of [bound].flat()) bind(keymap, key, { type });
  }
  return keymap;
}

/** @param {Keymap} keymap @param {string} key @param {Action} action */
function bind(keymap, key, action) {
  if (!key) return;
  const text = canonical(key);
  const other = keymap.get(text);
  if (other) {
    throw new Error(`The key ${text} is given twice: ${other.name ?? other.type} and ${action.name ?? action.type}.`);
  }
  keymap.set(text, action);
}

/** A key as people and files write it, in the one spelling that events are compared with. @param {string} key */
function canonical(key) {
  return key === " " ? "Space" : key.replace(/(^|\+)([a-z])$/, (_, before, letter) => before + letter.toUpperCase());
}

/**
 * The action that a press asks for, or null. A held key is an answer too: the page has to keep the browser
 * from scrolling with it, and must not act on it.
 *
 * @param {Keymap} keymap
 * @param {KeyPress} press
 * @returns {{action: Action, held: boolean} | null}
 */
export function actionOf(keymap, press) {
  for (const text of textsOf(press)) {
    const action = keymap.get(text);
    if (action && !belongsToTarget(press.target, text)) return { action, held: Boolean(press.repeat) };
  }
  return null;
}

/**
 * What a press may be written as in a key map, the most exact first.
 *
 * @param {KeyPress} press
 * @returns {string[]}
 */
export function textsOf(press) {
  if (press.isComposing || press.key === "Dead" || press.key === "Process") return [];
  const names = [typed(press), press.code];
  if (press.altKey || (press.ctrlKey && press.metaKey)) return [];
  const command = press.ctrlKey ? "Ctrl+" : press.metaKey ? "Cmd+" : "";
  if (command) return press.shiftKey ? [] : names.map((name) => command + name);
  if (!press.shiftKey) return names;
  const shifted = names.map((name) => `Shift+${name}`);
  // Shift makes another character of a digit or a stop, and says nothing new about a letter under Caps Lock.
  return isNamed(press.key) ? shifted : [...shifted, /** @type {string} */ (names[0])];
}

/** Enter, ArrowLeft …: keys without a character of their own. @param {string} key */
function isNamed(key) {
  return key.length > 1;
}

/** @param {KeyPress} press */
function typed({ key, code }) {
  if (key === " ") return "Space";
  if (/^\p{Script=Latin}$/u.test(key)) return key.toUpperCase().length === 1 ? key.toUpperCase() : key;
  if (/^\p{L}$/u.test(key) && !/\p{Script=Latin}/u.test(key)) return /^Key([A-Z])$/.exec(code)?.[1] ?? key;
  if (/^\p{Nd}$/u.test(key) && !/[0-9]/.test(key)) return /^Digit([0-9])$/.exec(code)?.[1] ?? key;
  return key;
}

const bare = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "OS", "CapsLock", "NumLock", "ScrollLock", "Fn", "Hyper", "Super"]);

/**
 * A press as a key map would write it, for who chooses a key; null for a modifier alone and for what types nothing yet.
 *
 * @param {KeyPress} press
 * @param {boolean} byPlace
 * @returns {string | null}
 */
export function chordOf(press, byPlace) {
  if (press.isComposing || bare.has(press.key) || ["Dead", "Process", "Unidentified"].includes(press.key)) return null;
  const name = byPlace ? press.code : typed(press);
  if (!name) return null;
  const shiftTells = byPlace || isNamed(press.key) || /^\p{L}$/u.test(press.key) || press.key === " ";
  const modifiers = [press.ctrlKey && "Ctrl+", press.altKey && "Alt+", press.metaKey && "Cmd+", press.shiftKey && shiftTells && "Shift+"];
  return modifiers.filter(Boolean).join("") + name;
}

const inTheGrid = new Set(["class", "unsure", "unusable"]);

/**
 * A finger that rolls over two keys: a second, different key of the palette's grid counts only after a while.
 * By letter there is no wait, because neighbours there are told apart at once.
 */
export class RollingFinger {
  #wait;
  #last = { key: "", at: -Infinity };

  /** @param {number} wait milliseconds */
  constructor(wait) {
    this.#wait = wait;
  }

  /** Whether an action that a key asked for counts. @param {Action} action @param {number} at when, in milliseconds */
  counts(action, at) {
    if (!inTheGrid.has(action.type)) return true;
    const key = action.name ?? action.type;
    if (key !== this.#last.key && at - this.#last.at < this.#wait) return false;
    this.#last = { key, at };
    return true;
  }
}

const ownOfSlider = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);
const ownOfButton = new Set(["Enter", "Space"]);

/**
 * Whether the focused element needs this key for itself: a field takes all but Escape, a slider its arrows,
 * a button Enter and Space.
 *
 * @param {unknown} target
 * @param {string} text
 */
export function belongsToTarget(target, text) {
  const { tagName = "", type = "", isContentEditable = false } = /** @type {{tagName?: string, type?: string, isContentEditable?: boolean}} */ (
    target ?? {}
  );
  switch (tagName.toUpperCase()) {
    case "TEXTAREA":
    case "SELECT":
      return text !== "Escape";
    case "BUTTON":
    case "A":
    case "SUMMARY":
      return ownOfButton.has(text);
    case "INPUT":
      if (type === "range") return ownOfSlider.has(text);
      if (["button", "checkbox", "radio", "submit", "reset"].includes(type)) return ownOfButton.has(text);
      return text !== "Escape";
    default:
      return isContentEditable && text !== "Escape";
  }
}
