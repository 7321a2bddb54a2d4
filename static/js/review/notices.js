/**
 * What stands in the place of the picture when there is none, in words.
 *
 * @typedef {import("./sender.js").Conflict<import("./types.js").Review>} Conflict
 * @typedef {{label: string, act?: string, href?: string, key?: string, detail?: string, other?: boolean}} Choice
 * @typedef {{heading: string, text: string, choices: Choice[], after?: string}} Notice
 */

import { t, tn } from "../i18n.js";
import { duration, number } from "./words.js";

/** @returns {Notice} */
export function nothingWaiting() {
  return {
    heading: t("No cells are waiting for you"),
    text: t("You’ll find new rounds here and on your home page when an admin opens one."),
    choices: [{ label: t("Home"), href: "/" }],
  };
}

/** @param {{total: number, here: number, corrected: number, unsure: number, seconds: number}} figures @returns {Notice} */
export function roundDone({ total, here, corrected, unsure, seconds }) {
  const sitting = t("In this sitting {here}: {corrected} corrected, {unsure} unsure, {time} of looking.", {
    here: number(here),
    corrected: number(corrected),
    unsure: number(unsure),
    time: duration(seconds),
  });
  return {
    heading: t("Round done"),
    text: [tn(total, "{n} cell.", "{n} cells."), here > 0 ? sitting : ""].filter(Boolean).join(" "),
    choices: [{ label: t("Home"), href: "/" }],
  };
}

/** @param {{kept: number, retryIn: number}} facts seconds @returns {Notice} */
export function waitingForConnection({ kept, retryIn }) {
  const held = kept > 0 ? tn(kept, "{n} answer is kept in this page.", "{n} answers are kept in this page.") : "";
  const again = retryIn > 0 ? t("Trying again in {n} s.", { n: number(retryIn) }) : t("Trying now.");
  return {
    heading: t("Waiting for the connection"),
    text: [held, t("The next cell comes when the connection is back."), again].filter(Boolean).join(" "),
    choices: [{ label: t("Try now"), act: "try" }],
  };
}

/** @param {{kept: number, name: string, other: string | null}} facts @returns {Notice} */
export function signInAgain({ kept, name, other }) {
  const heading =
    kept > 0 ? tn(kept, "Sign in again to send {n} answer", "Sign in again to send {n} answers") : t("Sign in again to go on");
  const text = other
    ? t("{other} is signed in in this browser now. The answers here are {name}’s and wait for {name}.", { other, name })
    : kept > 0
      ? t("They are kept in this page for {name}. Sign in in another tab, then come back to this cell.", { name })
      : t("Sign in as {name} in another tab, then come back to this cell.", { name });
  return {
    heading,
    text,
    choices: [
      { label: t("Sign in"), href: "/sign-in", other: true },
      { label: t("Go on"), act: "try" },
    ],
  };
}

/**
 * @param {import("./picture.js").Why} why
 * @param {string | null} detail the server's own words, where it has more to say
 * @returns {Notice}
 */
export function brokenPicture(why, detail) {
  const reason = {
    altered: t("The file doesn’t match its digest."),
    missing: t("The file isn’t where it was."),
    broken: detail ?? t("The file can’t be read."),
    offline: t("There is no connection."),
    signed_out: t("You are signed out."),
  }[why];
  return {
    heading: t("This picture can’t be shown"),
    text: [reason, t("Nothing was saved for it. The cell stays in your queue.")].join(" "),
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

/** @param {number} count @returns {Notice} */
export function roundClosed(count) {
  return {
    heading: t("This round was closed"),
    text: tn(
      count,
      "{n} answer came after it and doesn’t count. It is kept in this page and sent again when the round is reopened.",
      "{n} answers came after it and don’t count. They are kept in this page and sent again when the round is reopened.",
    ),
    choices: [
      { label: t("Try again"), act: "try" },
      { label: t("Home"), href: "/" },
    ],
  };
}

/** @returns {Notice} */
export function closedBefore() {
  return {
    heading: t("This round is closed"),
    text: t("Its cells wait here until an admin reopens it."),
    choices: [{ label: t("Home"), href: "/" }],
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
