/**
 * Disputes in words.
 *
 * @typedef {import("./types.js").Dispute} Dispute
 * @typedef {import("./types.js").LabelClass} LabelClass
 * @typedef {(name: string | null) => LabelClass} ClassOf
 */

import { t } from "../i18n.js";
import { inSentence, number } from "../review/words.js";
import { tally } from "./dispute.js";

/** "Eosinophil or band neutrophil?" @param {string[]} names @param {ClassOf} classOf */
export function question(names, classOf) {
  const displays = names.map((name, at) => (at === 0 ? classOf(name).display : inSentence(classOf(name).display)));
  const last = displays.pop();
  if (last === undefined) return t("Which class?");
  if (displays.length === 0) return t("{label}?", { label: last });
  return t("{first} or {last}?", { first: displays.join(", "), last });
}

/** "Eos / Band" @param {string[]} names @param {ClassOf} classOf */
export function pairOf(names, classOf) {
  return names.map((name) => classOf(name).abbr).join(" / ");
}

/** What the list says of a dispute: "1 : 1, comment". @param {Dispute} dispute */
export function inShort({ votes, born_disputed, flagged, reviewed_since, dissent }) {
  const parts = [];
  if (votes.length > 0) parts.push(tally(votes).map(({ count }) => number(count)).join(" : "));
  if (born_disputed) parts.push(t("born disputed"));
  if (flagged) parts.push(t("flagged"));
  if (dissent) parts.push(t("dissent"));
  if (reviewed_since) parts.push(t("reviewed since"));
  if (votes.some(({ comment }) => comment)) parts.push(t("comment"));
  return parts.join(", ");
}

/** Why it is in the list. @param {Dispute} dispute */
export function whyDisputed(dispute) {
  const { born_disputed, flagged, reviewed_since, dissent, votes, names_hidden } = dispute;
  const said = tally(votes);
  const parts = [];
  if (born_disputed) parts.push(t("Born disputed: one picture, differing given labels."));
  if (reviewed_since) parts.push(t("Settled before, and reviewed differently since."));
  if (flagged) parts.push(t("A reviewer asks a senior to look."));
  if (dissent) parts.push(t("Agreed, with dissent."));
  if (said.length > 1) parts.push(t("Votes stand {counts}.", { counts: said.map(({ count }) => number(count)).join(" : ") }));
  if (names_hidden && votes.length > 0) parts.push(t("Names are hidden until the cell is settled."));
  return parts.join(" ");
}

/** How a vote was given: "sighted, single". @param {import("./types.js").Vote} vote */
export function howGiven({ presentation, mode }) {
  const shown = presentation === "blind" ? t("blind") : presentation === "reveal" ? t("reveal") : presentation === "sighted" ? t("sighted") : "";
  return [shown, mode === "grid" ? t("grid") : t("single")].filter(Boolean).join(", ");
}
