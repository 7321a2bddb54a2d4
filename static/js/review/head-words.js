/**
 * What stands over the palette: what is shown or being chosen, and what the one main button does.
 *
 * @typedef {object} Facts
 * @property {import("./queue.js").Held | null} held   the cell on the screen
 * @property {import("./verdict.js").Draft} draft
 * @property {string} presentation                     of the round
 * @property {boolean} isTold                          the given label was told after a blind answer
 * @property {(name: string | null) => import("./types.js").LabelClass} classOf
 *
 * @typedef {"none" | "cancel" | "nothing" | "keep" | "confirm"} MainAct
 */

import { t } from "../i18n.js";
import { isGiven } from "./reveal.js";
import { answerHeading, inSentence } from "./words.js";

/**
 * @param {Facts} facts
 * @param {string | null} hint why the last key decided nothing
 * @returns {{kicker: string, heading: string}}
 */
export function headWords({ held, draft, presentation, isTold, classOf }, hint) {
  if (!held) return { kicker: "", heading: "" };
  if (draft.borderline) return borderlineWords(draft.first, hint, classOf);
  const { review, item } = held;
  const given = review && review.verdict !== "withdrawn" ? answerHeading(review, classOf) : null;
  const heading = item.shown_label === null ? t("Choose a class") : classOf(item.shown_label).display;
  if (item.shown_label === null) {
    const why = presentation === "sighted" ? t("Two labels were given") : t("No label is shown");
    if (hint === "nothing_shown") return { kicker: t("{why}, so there is nothing to confirm", { why }), heading };
    return { kicker: given === null ? why : t("You said {answer}", { answer: inSentence(given) }), heading };
  }
  if (given === null) return { kicker: t("Shown label"), heading };
  const answer = inSentence(given);
  if (!isTold) return { kicker: t("Shown label, you said {answer}", { answer }), heading };
  const isSame = review !== null && isGiven(review, item.shown_label);
  return { kicker: isSame ? t("Given label, you said the same") : t("Given label, you said {answer}", { answer }), heading };
}

/** @param {string | null} first @param {string | null} hint @param {Facts["classOf"]} classOf */
function borderlineWords(first, hint, classOf) {
  const heading = t("{first} or …", { first: first === null ? "…" : classOf(first).display });
  if (hint === "same_class") return { kicker: t("Borderline needs two different classes"), heading };
  if (hint === "second_class") return { kicker: t("Borderline: choose a class, or Esc to cancel"), heading };
  return { kicker: first === null ? t("Borderline, first class?") : t("Borderline, second class?"), heading };
}

/** @param {Facts} facts @returns {{kind: MainAct, text: string}} */
export function mainAct({ held, draft, isTold, classOf }) {
  if (!held) return { kind: "none", text: "" };
  const shown = held.item.shown_label;
  if (draft.borderline) return { kind: "cancel", text: t("Cancel") };
  if (shown === null) return { kind: "nothing", text: t("Enter and Space do nothing here") };
  if (isTold && held.review) {
    return { kind: "keep", text: t("Keep {answer}", { answer: inSentence(answerHeading(held.review, classOf)) }) };
  }
  return { kind: "confirm", text: t("Confirm {label}", { label: inSentence(classOf(shown).display) }) };
}
