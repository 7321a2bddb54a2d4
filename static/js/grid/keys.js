/** What the keys do on the grid: those of the review page that make sense for many cells at once. */

import { createKeymap } from "../review/keymap.js";

const shared = new Set(["class", "unsure", "unusable", "undo", "zoom", "zoom_in", "zoom_out", "contrast", "neutral", "ring", "help", "leave", "confirm_page"]);

/**
 * What confirms a cell on the review page confirms the page here, but for Space, which selects. Keys of an action that
 * the grid hasn't do nothing.
 *
 * @param {Iterable<{name: string, key: string}>} classes
 * @param {Record<string, string | string[]>} keys
 * @returns {import("../review/keymap.js").Keymap}
 */
export function gridKeymap(classes, { confirm = "Enter", ...others }) {
  const confirm_page = [confirm].flat().filter((chord) => chord !== "Space");
  const keymap = createKeymap(classes, { ...others, confirm: [], confirm_page });
  return new Map([...keymap].filter(([, { type }]) => shared.has(type)));
}
