/**
 * A person's own keys: what may be a key, who has it already, and which confusable classes lie side by side. No DOM.
 *
 * @typedef {object} Bound                 a class or an action and its keys
 * @property {string} name
 * @property {string[]} usual              its keys unless the person chose others
 * @property {boolean} isClass
 * @property {boolean} isFixed             nobody can move it
 * @property {string[]} [confusable]       classes it is taken for
 *
 * @typedef {Record<string, string[]>} Own  the keys that a person chose, by class or action
 * @typedef {"fixed" | "browser" | "kept" | "shifted_class" | "presses" | "types_nothing"} Refusal
 */

/** Keyboards as they lie before the hands, each row with how far it is shifted. @type {[number, string[]][]} */
export const rows = [
  [0, ["Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9", "Digit0", "Minus", "Equal"]],
  [0.5, ["KeyQ", "KeyW", "KeyE", "KeyR", "KeyT", "KeyY", "KeyU", "KeyI", "KeyO", "KeyP", "BracketLeft", "BracketRight"]],
  [0.75, ["KeyA", "KeyS", "KeyD", "KeyF", "KeyG", "KeyH", "KeyJ", "KeyK", "KeyL", "Semicolon", "Quote"]],
  [1.25, ["KeyZ", "KeyX", "KeyC", "KeyV", "KeyB", "KeyN", "KeyM", "Comma", "Period", "Slash"]],
];

const command = /^(?:Ctrl|Cmd)\+/;
const named = /^(?:Enter|Space|Backspace|Delete|Insert|Home|End|PageUp|PageDown|Arrow(?:Left|Right|Up|Down))$/;
const printed =
  /^(?:Key[A-Z]|Digit\d|Numpad(?:\d|Add|Subtract|Multiply|Divide|Decimal|Comma)|Minus|Equal|Bracket(?:Left|Right)|Semicolon|Quote|Backquote|Backslash|Comma|Period|Slash|Intl\w{2,8})$/;

/**
 * The keys as they work: a person's own in their places; a usual key that was taken is gone. The browser's way to undo
 * (Ctrl+Z) always stays.
 *
 * @param {Bound[]} all
 * @param {Own} own
 * @returns {Map<string, string[]>}
 */
export function boundKeys(all, own) {
  const known = new Set(all.map(({ name }) => name));
  const taken = new Set(Object.entries(own).flatMap(([name, chords]) => (known.has(name) ? chords.map(plain) : [])));
  return new Map(
    all.map(({ name, usual }) => {
      const chosen = own[name];
      return [name, chosen ? [...chosen, ...usual.filter((chord) => command.test(chord))] : usual.filter((chord) => !taken.has(plain(chord)))];
    }),
  );
}

/**
 * Why a chord can't be given to a class or an action; null where it can. The server holds the same rules.
 *
 * @param {string} chord
 * @param {Pick<Bound, "isClass" | "isFixed" | "name">} to
 * @param {boolean} byPlace
 * @returns {Refusal | null}
 */
export function refusalOf(chord, { name, isClass, isFixed }, byPlace) {
  if (isFixed) return "fixed";
  if (command.test(chord) || chord.includes("Alt+")) return "browser";
  const isShifted = chord.startsWith("Shift+") && chord.length > "Shift+".length;
  const key = isShifted ? chord.slice("Shift+".length) : chord;
  if (/^F\d{1,2}$/.test(key) || key === "Tab" || key === "Escape") return "kept";
  if (isShifted && isClass) return "shifted_class";
  if ((key === "Enter" || key === "Space") && (isShifted || name !== "confirm")) return "presses";
  if (named.test(key)) return null;
  const types = byPlace ? printed.test(key) : [...key].length === 1 && key.trim() !== "";
  return types ? null : "types_nothing";
}

/**
 * Who has a chord already, other than the one that wants it.
 *
 * @param {Map<string, string[]>} bound
 * @param {string} chord
 * @param {string} wanting
 * @returns {string | null}
 */
export function holderOf(bound, chord, wanting) {
  for (const [name, chords] of bound) {
    if (name !== wanting && chords.some((each) => plain(each) === plain(chord))) return name;
  }
  return null;
}

/**
 * Own keys after one of a name's chords became another; those that came back to the usual are no longer own.
 *
 * @param {Bound[]} all
 * @param {Own} own
 * @param {string} name
 * @param {number} place   which of its chords
 * @param {string} chord
 * @returns {Own}
 */
export function rebound(all, own, name, place, chord) {
  const chords = changeable(boundKeys(all, own).get(name) ?? []);
  chords[Math.min(place, chords.length)] = chord;
  const usual = changeable(all.find((each) => each.name === name)?.usual ?? []);
  const rest = without(own, name);
  return same(chords, usual) ? rest : { ...rest, [name]: [...new Set(chords)] };
}

/**
 * Own keys after two names gave each other a key.
 *
 * @param {Bound[]} all
 * @param {Own} own
 * @param {{name: string, place: number, chord: string}} wish
 * @param {string} holder  who has that chord now
 * @returns {Own | null}  null where the one who wishes has nothing to give
 */
export function exchanged(all, own, { name, place, chord }, holder) {
  const bound = boundKeys(all, own);
  const given = changeable(bound.get(name) ?? [])[place];
  const held = changeable(bound.get(holder) ?? []).findIndex((each) => plain(each) === plain(chord));
  if (!given || held < 0) return null;
  return rebound(all, rebound(all, own, name, place, chord), holder, held, given);
}

/** Own keys without those of one name. @param {Own} own @param {string} name @returns {Own} */
export function without(own, name) {
  return Object.fromEntries(Object.entries(own).filter(([each]) => each !== name));
}

/** The chords of a name that a person may move. @param {string[]} chords */
export function changeable(chords) {
  return chords.filter((chord) => !command.test(chord));
}

/**
 * Confusable classes whose keys lie side by side, where the person moved at least one of them: a slip there makes a wrong
 * label that looks plausible.
 *
 * @param {Bound[]} all
 * @param {Own} own
 * @param {boolean} byPlace
 * @returns {{pair: [string, string], chords: [string, string]}[]}
 */
export function closeCalls(all, own, byPlace) {
  const bound = boundKeys(all, own);
  const found = [];
  for (const [at, { name, confusable = [], isClass }] of all.entries()) {
    for (const { name: other } of all.slice(at + 1)) {
      if (!isClass || !confusable.includes(other) || !(name in own || other in own)) continue;
      const [one, two] = [bound.get(name)?.[0], bound.get(other)?.[0]];
      if (one && two && areNeighbours(one, two, byPlace)) {
        found.push({ pair: /** @type {[string, string]} */ ([name, other]), chords: /** @type {[string, string]} */ ([one, two]) });
      }
    }
  }
  return found;
}

/**
 * Whether two keys touch: on the keyboard at hand by place, on QWERTY or QWERTZ by letter.
 *
 * @param {string} one
 * @param {string} other
 * @param {boolean} byPlace
 */
export function areNeighbours(one, other, byPlace) {
  const keyboards = byPlace ? [(/** @type {string} */ code) => code] : [qwerty, qwertz];
  return keyboards.some((codeOf) => {
    const [a, b] = [placeOf(codeOf(one)), placeOf(codeOf(other))];
    return a !== null && b !== null && one !== other && Math.abs(a.row - b.row) <= 1 && Math.abs(a.column - b.column) <= 1;
  });
}

/** @param {string} code */
function placeOf(code) {
  for (const [row, [shift, codes]] of rows.entries()) {
    const column = codes.indexOf(code);
    if (column >= 0) return { row, column: column + shift };
  }
  return null;
}

/** @type {Record<string, string>} */
const punctuation = { "-": "Minus", "=": "Equal", "[": "BracketLeft", "]": "BracketRight", ";": "Semicolon", "'": "Quote", ",": "Comma", ".": "Period", "/": "Slash" };

/** Where a character lies. @param {string} key */
function qwerty(key) {
  if (/^[A-Z]$/.test(key)) return `Key${key}`;
  if (/^\d$/.test(key)) return `Digit${key}`;
  return punctuation[key] ?? "";
}

/** @param {string} key */
function qwertz(key) {
  return qwerty({ Y: "Z", Z: "Y" }[key] ?? key);
}

/** @param {string} chord */
function plain(chord) {
  return chord.toLowerCase();
}

/** @param {string[]} one @param {string[]} other */
function same(one, other) {
  return one.length === other.length && one.every((chord, at) => plain(chord) === plain(other[at] ?? ""));
}
