/**
 * The fields of a form as the JSON that the API takes. No DOM in here: the element reads its controls into entries.
 *
 * @typedef {object} Entry           one control that takes part
 * @property {string} name           dotted for nested objects
 * @property {string} value
 * @property {string} kind           the control's `data-type` or type: "number", "percent" (of one), "checkbox", "radio", "json", "boolean", "text", …
 * @property {boolean} [checked]
 * @property {boolean} [list]        one of several with the name: the checked values make a list
 * @property {"omit" | "null" | undefined} [empty] what an empty field becomes; an empty number is omitted unless told otherwise
 */

/**
 * @param {Iterable<Entry>} entries
 * @returns {Record<string, any>}
 */
export function formValues(entries) {
  /** @type {Record<string, any>} */
  const values = {};
  for (const entry of entries) {
    const value = entryValue(entry);
    if (entry.list) {
      const list = read(values, entry.name) ?? [];
      if (value !== undefined) list.push(value);
      write(values, entry.name, list);
    } else if (value !== undefined) {
      write(values, entry.name, value);
    }
  }
  return values;
}

/**
 * Fill `{name}` in an address from an answer.
 *
 * @param {string} template
 * @param {Record<string, any> | null} answer
 */
export function fillAddress(template, answer) {
  return template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(answer?.[name] ?? "")));
}

/** @param {Entry} entry @returns {any} */
function entryValue({ value, kind, checked = false, list = false, empty }) {
  if (kind === "checkbox") return list ? (checked ? value : undefined) : checked;
  if (kind === "radio") return checked ? value : undefined;
  if (kind === "json") return JSON.parse(value);
  if (kind === "boolean") return value === "true";
  if (value.trim() === "" && (empty || kind === "number" || kind === "percent")) return empty === "null" ? null : undefined;
  if (kind === "percent") return Number((Number(value) / 100).toFixed(6));
  return kind === "number" ? Number(value) : value;
}

/** @param {Record<string, any>} values @param {string} name */
function read(values, name) {
  return name.split(".").reduce((/** @type {any} */ at, part) => at?.[part], values);
}

/** @param {Record<string, any>} values @param {string} name @param {any} value */
function write(values, name, value) {
  const parts = name.split(".");
  const last = /** @type {string} */ (parts.pop());
  const at = parts.reduce((inner, part) => (inner[part] ??= {}), values);
  at[last] = value;
}
