/**
 * How the cells of a page look: what is drawn of each, and what was said of them in all.
 *
 * @typedef {import("./board.js").Cell} Cell
 * @typedef {import("../review/types.js").LabelClass} LabelClass
 * @typedef {(name: string | null) => LabelClass} ClassOf
 */

import { t } from "../i18n.js";
import { effectOn } from "../review/verdict.js";
import { answerHeading, inSentence } from "../review/words.js";
import { isOpen } from "./board.js";
import { cellWords } from "./words.js";

/**
 * @param {Cell} cell
 * @param {object} facts
 * @param {number} facts.place     on the page, from 0
 * @param {number} facts.of
 * @param {boolean} facts.selected
 * @param {import("../review/pictures.js").Picture} facts.picture
 * @param {ClassOf} classOf
 * @returns {import("./cell-grid.js").CellView}
 */
export function viewOf(cell, { place, of, selected, picture }, classOf) {
  const { item, review } = cell;
  const answer = isOpen(cell) ? null : review;
  const said = answer && answerHeading(answer, classOf);
  const broken = picture.state === "failed";
  const loading = !broken && picture.state !== "ready";
  let word = selected ? t("selected") : "";
  if (broken) word = t("can’t be shown");
  if (answer) word = t("→ {class}", { class: answer.label === null ? String(said) : classOf(answer.label).abbr });
  return {
    id: item.assignment_id,
    name: cellWords({ place: place + 1, of, said: said && inSentence(said), broken, loading }),
    image: picture.image,
    side: item.side,
    word,
    decided: answer !== null,
    broken,
  };
}

/**
 * What was said of the decided cells of a page, counted by answer in the order of the first one.
 *
 * @param {readonly Cell[]} page
 * @param {ClassOf} classOf
 */
export function relabelled(page, classOf) {
  /** @type {Map<string, {label: string | null, verdict: string, count: number}>} */
  const counted = new Map();
  for (const cell of page) {
    if (isOpen(cell) || !cell.review) continue;
    const isConfirmed = effectOn(cell.review, cell.item.shown_label) === "confirmed";
    const verdict = isConfirmed ? "confirmed" : cell.review.verdict;
    const label = isConfirmed || cell.review.label === null ? null : classOf(cell.review.label).display;
    const key = label ?? verdict;
    counted.set(key, { label, verdict, count: (counted.get(key)?.count ?? 0) + 1 });
  }
  return [...counted.values()];
}
