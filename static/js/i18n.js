/**
 * Words that scripts show. English is the source language and the key; a page in another language carries its messages
 * in `<script type="application/json" id="messages">`.
 */

/** @type {Record<string, string>} */
const messages = readMessages();

/**
 * The text in the page's language, with `{name}` replaced by values.
 *
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(text, values = {}) {
  return fill(messages[text] ?? text, values);
}

/**
 * @param {number} n chooses between the two texts, and is `{n}` in them
 * @param {string} one
 * @param {string} many
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function tn(n, one, many, values = {}) {
  return t(n === 1 ? one : many, { n: formatNumber(n), ...values });
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

/** @returns {Record<string, string>} */
function readMessages() {
  const text = globalThis.document?.getElementById("messages")?.textContent;
  return text ? JSON.parse(text) : {};
}
