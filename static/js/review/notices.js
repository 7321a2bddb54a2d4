/**
 * What stands in the place of the picture when there is none, in words.
 *
 * @typedef {import("./sender.js").Conflict} Conflict
 * @typedef {import("./words.js").Words} Words
 * @typedef {{label: string, act?: string, href?: string, key?: string, detail?: string, other?: boolean}} Choice
 * @typedef {{heading: string, text: string, choices: Choice[], after?: string}} Notice
 */

import { t } from "../i18n.js";
import { duration } from "./words.js";

/** @returns {Notice} */
export function nothingWaiting() {
  return {
    heading: t("No cells are waiting for you"),
    text: t("You’ll find new rounds here and on your home page when an admin opens one."),
    choices: [{ label: t("Home"), href: "/" }],
  };
}

/**
 * @param {{total: number, here: number, corrected: number, unsure: number, seconds: number, passedOver: number}} figures
 * @param {Words} words
 * @returns {Notice}
 */
export function roundDone({ total, here, corrected, unsure, seconds }, words) {
  const whole = total === 1 ? t("1 cell.") : t("{total} cells.", { total: words.number(total) });
  const sitting =
    here === 0
      ? ""
      : t("In this sitting {here}: {corrected} corrected, {unsure} unsure, {time} of looking.", {
          here: words.number(here),
          corrected: words.number(corrected),
          unsure: words.number(unsure),
          time: duration(seconds, words),
        });
  return {
    heading: t("Round done"),
    text: [whole, sitting].filter(Boolean).join(" "),
    choices: [{ label: t("Home"), href: "/" }],
  };
}

/** @param {{kept: number, retryIn: number}} facts @param {Words} words @returns {Notice} */
export function waitingForConnection({ kept, retryIn }, words) {
  const held =
    kept === 0 ? "" : kept === 1 ? t("1 answer is kept in this page.") : t("{n} answers are kept in this page.", { n: words.number(kept) });
  const again = retryIn > 0 ? t("Trying again in {n} s.", { n: words.number(retryIn) }) : t("Trying now.");
  return {
    heading: t("Waiting for the connection"),
    text: [held, t("The next cell comes when the connection is back."), again].filter(Boolean).join(" "),
    choices: [{ label: t("Try now"), act: "try" }],
  };
}

/** @param {{kept: number, name: string, other: string | null}} facts @param {Words} words @returns {Notice} */
export function signInAgain({ kept, name, other }, words) {
  const heading =
    kept === 0
      ? t("Sign in again to go on")
      : kept === 1
        ? t("Sign in again to send 1 answer")
        : t("Sign in again to send {n} answers", { n: words.number(kept) });
  const who = other
    ? t("{other} is signed in in this browser now. The answers here are {name}’s and wait for {name}.", { other, name })
    : t("They are kept in this page for {name}. Sign in in another tab, then come back to this cell.", { name });
  return {
    heading,
    text: kept === 0 && !other ? t("Sign in as {name} in another tab, then come back to this cell.", { name }) : who,
    choices: [
      { label: t("Sign in"), href: "/sign-in", other: true },
      { label: t("Go on"), act: "try" },
    ],
  };
}

/** @param {string | null} detail the server's own words @returns {Notice} */
export function brokenPicture(detail) {
  return {
    heading: t("This picture can’t be shown"),
    text: [detail ?? t("The file can’t be read."), t("Nothing was saved for it. The cell stays in your queue.")].join(" "),
    choices: [{ label: t("Next cell"), act: "next", key: "→" }],
  };
}

/** @param {string | null} detail @returns {Notice} */
export function couldNotLoad(detail) {
  return {
    heading: t("This page couldn’t be loaded"),
    text: [t("Nothing is lost."), detail ?? ""].filter(Boolean).join(" "),
    choices: [{ label: t("Try again"), act: "try" }],
  };
}

/** @param {number} count @param {Words} words @returns {Notice} */
export function roundClosed(count, words) {
  return {
    heading: t("This round was closed"),
    text:
      count === 1
        ? t("1 answer came after it and doesn’t count. It is kept in this page and sent again when the round is reopened.")
        : t("{n} answers came after it and don’t count. They are kept in this page and sent again when the round is reopened.", {
            n: words.number(count),
          }),
    choices: [
      { label: t("Try again"), act: "try" },
      { label: t("Home"), href: "/" },
    ],
  };
}

/**
 * The server has another answer than this page, or refuses this one: the person chooses.
 *
 * @param {object} facts
 * @param {Conflict} facts.conflict
 * @param {string} facts.cell          its number
 * @param {string} facts.mine          the answers in words
 * @param {string | null} facts.theirs
 * @param {string | null} facts.when   when the other one was given
 * @returns {Notice}
 */
export function conflicting({ conflict, cell, mine, theirs, when }) {
  if (theirs === null) {
    return {
      heading: t("Cell {cell}: the answer wasn’t taken", { cell }),
      text: t("{answer} was refused: {reason}", { answer: mine, reason: conflict.reason }),
      choices: [{ label: t("Answer again"), act: "choose-again" }],
    };
  }
  return {
    heading: t("Cell {cell} has two answers from you", { cell }),
    text: "",
    choices: [
      { label: mine, act: "choose-mine", detail: t("this tab") },
      { label: theirs, act: "choose-theirs", detail: when ? t("other tab, {time}", { time: when }) : t("other tab") },
    ],
    after: t("Choose the one that stands. Both stay in the history."),
  };
}
