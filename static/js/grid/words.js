/** The grid's figures and acts in whole sentences. */

import { language, t, tn } from "../i18n.js";
import { inSentence, number } from "../review/words.js";

/** @param {{page: number, pages: number, left: number}} facts */
export function pageWords({ page, pages, left }) {
  return tn(left, "page {page} of {pages}, {n} cell left in this class", "page {page} of {pages}, {n} cells left in this class", {
    page: number(page),
    pages: number(pages),
  });
}

/** @param {number} count @param {string} label the class's name */
export function confirmWords(count, label) {
  return t("Confirm the remaining {n} as {label}", { n: number(count), label: inSentence(label) });
}

/** What a class key or a tile would relabel. @param {number} selected @param {string | null} focused the number of the cell in focus */
export function relabelWords(selected, focused) {
  if (selected > 0) return tn(selected, "Relabel the selected cell as", "Relabel the {n} selected as");
  return focused === null ? t("Select cells to relabel") : t("Relabel cell {cell} as", { cell: focused });
}

/**
 * What was done on the page and what a confirmation leaves out.
 *
 * @param {object} facts
 * @param {{label: string | null, verdict: string, count: number}[]} facts.relabelled  by answer
 * @param {number} facts.selected
 * @param {number} facts.unseen
 * @param {number} facts.loading
 * @param {number[]} facts.broken   numbers on the page
 */
export function footWords({ relabelled, selected, unseen, loading, broken }) {
  const sentences = relabelled.map(({ label, verdict, count }) => {
    if (label !== null) return t("{n} corrected to {label}.", { n: number(count), label: inSentence(label) });
    if (verdict === "confirmed") return t("{n} confirmed.", { n: number(count) });
    return verdict === "unsure" ? t("{n} unsure.", { n: number(count) }) : t("{n} unusable.", { n: number(count) });
  });
  if (selected > 0) {
    sentences.push(
      tn(
        selected,
        "The selected cell stays undecided and comes back one at a time.",
        "The {n} selected stay undecided and come back one at a time.",
      ),
    );
  }
  if (unseen > 0) {
    sentences.push(
      tn(
        unseen,
        "{n} cell hasn’t been on the screen yet: scroll to it, or it comes with the next page.",
        "{n} cells haven’t been on the screen yet: scroll to them, or they come with the next page.",
      ),
    );
  }
  if (loading > 0) {
    sentences.push(tn(loading, "{n} picture is still loading and isn’t confirmed.", "{n} pictures are still loading and aren’t confirmed."));
  }
  if (broken.length > 0) {
    sentences.push(
      tn(
        broken.length,
        "The picture of cell {cells} can’t be shown: it stays undecided.",
        "The pictures of cells {cells} can’t be shown: they stay undecided.",
        { cells: listed(broken.map(number)) },
      ),
    );
  }
  return sentences.join(" ");
}

/** What a cell of the page is called. @param {{place: number, of: number, said: string | null, broken: boolean, loading: boolean}} facts */
export function cellWords({ place, of, said, broken, loading }) {
  const where = { cell: number(place), of: number(of) };
  if (said !== null) return t("Cell {cell} of {of}, relabelled: {answer}", { ...where, answer: said });
  if (broken) return t("Cell {cell} of {of}, its picture can’t be shown", where);
  if (loading) return t("Cell {cell} of {of}, its picture is loading", where);
  return t("Cell {cell} of {of}", where);
}

/** @param {string} label the class's name */
export function nothingLeft(label) {
  const name = inSentence(label);
  // The plural of a name that ends otherwise can't be told from the name.
  if (/[a-rt-z]$/.test(name)) return t("No {label}s left in your queue.", { label: name });
  return t("No cells of the class {label} left in your queue.", { label: name });
}

/** @param {string[]} words */
function listed(words) {
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(words);
}
