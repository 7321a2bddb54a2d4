/**
 * What is to be known of a round's plan beside its numbers, in sentences.
 */

import { formatNumber, t, tn } from "../i18n.js";

/**
 * @param {Pick<import("./live-plan.js").Plan, "cells" | "born_disputed" | "traps_missing" | "audited" | "unranked">} plan
 * @returns {string[]}
 */
export function planNotes({ cells, born_disputed: bornDisputed, traps_missing: trapsMissing, audited, unranked }) {
  const said = [];
  if (bornDisputed) {
    said.push(tn(bornDisputed, "{n} cell was born disputed and is shown without a label.", "{n} cells were born disputed and are shown without a label."));
  }
  if (trapsMissing) {
    said.push(
      tn(
        trapsMissing,
        "{n} trap less than asked for: too few settled cells with one given label lie outside of the reviewers' queues.",
        "{n} traps less than asked for: too few settled cells with one given label lie outside of the reviewers' queues.",
      ),
    );
  }
  if (audited) {
    said.push(
      tn(audited, "{n} of {cells} cells is drawn by chance and comes early.", "{n} of {cells} cells are drawn by chance and come early.", {
        cells: formatNumber(cells),
      }),
    );
  }
  if (unranked && unranked === cells) said.push(t("There is no suspicion of any of these cells yet, so they come shuffled."));
  else if (unranked) said.push(tn(unranked, "There is no suspicion of {n} cell, so it comes last.", "There is no suspicion of {n} cells, so they come last."));
  return said;
}
