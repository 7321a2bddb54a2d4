/**
 * Disputes in words.
 *
 * @typedef {import("./types.js").Dispute} Dispute
 * @typedef {import("./types.js").LabelClass} LabelClass
 * @typedef {(name: string | null) => LabelClass} ClassOf
 */

import { formatNumber, t } from "../i18n.js";
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
export function inShort({ votes, costly, born_disputed, flagged, reviewed_since, dissent }) {
  const parts = [];
  if (votes.length > 0) parts.push(tally(votes).map(({ count }) => number(count)).join(" : "));
  if (costly) parts.push(t("costly"));
  if (born_disputed) parts.push(t("born disputed"));
  if (flagged) parts.push(t("flagged"));
  if (dissent) parts.push(t("dissent"));
  if (reviewed_since) parts.push(t("reviewed since"));
  if (votes.some(({ comment }) => comment)) parts.push(t("comment"));
  return parts.join(", ");
}

/** Why it is in the list. @param {Dispute} dispute */
export function whyDisputed(dispute) {
  const { costly, born_disputed, flagged, reviewed_since, dissent, votes, names_hidden } = dispute;
  const said = tally(votes);
  const parts = [];
  if (costly) parts.push(t("Costly to get wrong."));
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

/**
 * "76 of 103", "95 % interval 65–81 %".
 *
 * @param {import("./transport.js").Share | null | undefined} share  null where no single class was said
 */
export function rightWhenSaying(share) {
  if (!share) return { right: "", interval: "" };
  const { n, of, low, high } = share;
  if (of === 0) return { right: t("nothing to hold it against"), interval: "" };
  const shares = low === null || high === null ? null : { low: formatNumber(100 * low, 0), high: formatNumber(100 * high, 0) };
  return { right: t("{n} of {of}", { n: number(n), of: number(of) }), interval: shares ? t("95 % interval {low}–{high} %", shares) : "" };
}

/** A model with how sure it is: "resnet 3, 0.87". @param {import("./transport.js").Prediction} prediction */
export function predicted({ model, version, label, probabilities }) {
  const probability = probabilities?.[label];
  const name = [model, version].filter(Boolean).join(" ");
  return probability === undefined ? name : `${name}, ${formatNumber(probability, 2)}`;
}
