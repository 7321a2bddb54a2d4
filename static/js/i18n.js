/**
 * Words that scripts show. English is the source language and the key; a page in another language carries its messages
 * in `<script type="application/json" id="messages">`.
 */

/** @type {Record<string, string | string[]>} */
const messages = readMessages();

/**
 * The text in the page's language, with `{name}` replaced by values.
 *
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(text, values = {}) {
  const found = messages[text];
  return fill(typeof found === "string" ? found : text, values);
}

/**
 * One of two texts, by a number. The languages there are have the same two forms: for one, and for all else.
 *
 * @param {number} n chooses between the two texts, and is `{n}` in them
 * @param {string} one
 * @param {string} many
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function tn(n, one, many, values = {}) {
  const found = messages[one];
  const [singular, plural] = Array.isArray(found) ? found : [one, many];
  return fill(String(n === 1 ? singular : plural), { n: formatNumber(n), ...values });
}

/** @param {string} text @param {Record<string, string | number>} values */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** @param {number} value @param {number} [digits] */
export function formatNumber(value, digits = 0) {
  return value.toLocaleString(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @returns {string} the page's language */
export function language() {
  return globalThis.document?.documentElement.lang || "en";
}

/** @returns {Record<string, string | string[]>} */
function readMessages() {
  const text = globalThis.document?.getElementById("messages")?.textContent;
  return text ? JSON.parse(text) : {};
}
