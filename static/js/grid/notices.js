/**
 * What stands in the place of the cells when a class is at its end.
 *
 * @typedef {import("../review/notices.js").Notice} Notice
 */

import { t, tn } from "../i18n.js";
import { inSentence, number } from "../review/words.js";
import { nothingLeft } from "./words.js";

/**
 * @param {object} facts
 * @param {string | null} facts.label                        the class's name; null where no class has any cells
 * @param {{label: string, left: number} | null} facts.next  the next class that has some
 * @param {number} facts.undecided                           cells that were left for later
 * @param {string} facts.single                              the address of the single page
 * @returns {Notice}
 */
export function classFinished({ label, next, undecided, single }) {
  const further = next && t("Go on with {label}, {n}", { label: inSentence(next.label), n: number(next.left) });
  return {
    heading: label === null ? t("No cells are left for the grid.") : nothingLeft(label),
    text:
      undecided > 0
        ? tn(undecided, "{n} cell that you left undecided comes one at a time.", "{n} cells that you left undecided come one at a time.")
        : "",
    choices: [...(further ? [{ label: further, act: "next_class" }] : []), { label: t("One at a time"), href: single }],
  };
}
