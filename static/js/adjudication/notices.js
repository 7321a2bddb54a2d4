/**
 * What stands in the place of the picture on the adjudication page.
 *
 * @typedef {import("../review/notices.js").Notice} Notice
 */

import { t } from "../i18n.js";

/** @param {string} datasetUrl @returns {Notice} */
export function noDisputes(datasetUrl) {
  return {
    heading: t("No disputes are waiting."),
    text: t("New ones come when reviewers disagree, or ask a senior to look."),
    choices: [{ label: t("Back to the dataset"), href: datasetUrl }],
  };
}

/** @param {{answer: string, reason: string}} facts @returns {Notice} */
export function notSettled({ answer, reason }) {
  return {
    heading: t("The cell wasn’t settled"),
    text: t("{answer} was refused: {reason}", { answer, reason }),
    choices: [{ label: t("Look again"), act: "look-again" }],
  };
}
