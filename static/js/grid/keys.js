/** What the keys do on the grid: those of the review page that make sense for many cells at once, and its own. */

import { createKeymap } from "../review/keymap.js";

const ownKeys = { confirm_page: ["Ctrl+Enter", "Cmd+Enter"] };
const shared = new Set(["class", "unsure", "unusable", "undo", "zoom", "zoom_in", "zoom_out", "contrast", "neutral", "ring", "help", "leave", "confirm_page"]);

/**
 * Keys of an action that the grid hasn't do nothing here, so that Enter and Space never confirm a page.
 *
 * @param {Iterable<{name: string, key: string}>} classes
 * @param {Record<string, string | string[]>} keys
 * @returns {import("../review/keymap.js").Keymap}
 */
export function gridKeymap(classes, keys) {
  return new Map([...createKeymap(classes, { ...ownKeys, ...keys })].filter(([, { type }]) => shared.has(type)));
}
