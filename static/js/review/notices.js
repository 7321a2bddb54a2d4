/**
 * What stands in the place of the picture when there is none, in words.
 *
 * @typedef {import("./sender.js").Conflict<import("./types.js").Review>} Conflict
 * @typedef {{first: string, rest: string}} Line  under the picture, while reviewing goes on
 * @typedef {{label: string, act?: string, href?: string, key?: string, detail?: string, other?: boolean}} Choice
 * @typedef {{heading: string, text: string, choices: Choice[], after?: string, signIn?: string}} Notice
 */

import { t, tn } from "../i18n.js";
import { decimal, duration, number, time } from "./words.js";

/** @returns {Notice} */
export function nothingWaiting() {
  return {
    heading: t("No cells are waiting for you"),
    text: t("You’ll find new rounds here and on your home page when an admin opens one."),
    choices: [{ label: t("Home"), href: "/" }],
  };
}

/**
 * What was done in the round, and where to go on.
 *
 * @param {import("./types.js").RoundSummary | null} summary null: the server hasn't said yet
 * @param {{total: number, withLabels: boolean}} round
 * @returns {Notice}
 */
export function roundDone(summary, { total, withLabels }) {
  const home = { label: t("Home"), href: "/" };
  if (!summary) return { heading: t("Round done"), text: tn(total, "{n} cell.", "{n} cells."), choices: [home] };
  const { cells, corrected, unsure, seconds, seconds_per_cell: pace, next } = summary;
  const figures = {
    corrected: number(corrected),
    unsure: number(unsure),
    time: duration(Math.round(seconds)),
    pace: pace === null ? "–" : decimal(pace),
  };
  const done = withLabels
    ? tn(
        cells,
        "{n} cell, {corrected} corrected, {unsure} unsure, {time} of looking, {pace} s a cell.",
        "{n} cells, {corrected} corrected, {unsure} unsure, {time} of looking, {pace} s a cell.",
        figures,
      )
    : tn(
        cells,
        "{n} cell, {unsure} unsure, {time} of looking, {pace} s a cell.",
        "{n} cells, {unsure} unsure, {time} of looking, {pace} s a cell.",
        figures,
      );
  if (!next) return { heading: t("Round done"), text: done, choices: [home] };
  const name = { round: next.name };
  const then = tn(next.pending, "Next: “{round}”, {n} cell.", "Next: “{round}”, {n} cells.", name);
  return {
    heading: t("Round done"),
    text: [done, then].join(" "),
    choices: [{ label: t("Start “{round}”", name), href: `/rounds/${next.id}/review` }, home],
  };
}

/** @param {{kept: number, retryIn: number}} facts seconds @returns {Notice} */
export function waitingForConnection({ kept, retryIn }) {
  const held = kept > 0 ? tn(kept, "{n} answer is kept in this browser.", "{n} answers are kept in this browser.") : "";
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
      ? t("They are kept in this browser for {name}. You come back to this cell.", { name })
      : t("You come back to this cell.");
  return {
    heading,
    text,
    choices: [
      { label: t("In another tab"), href: "/sign-in", other: true },
      { label: t("Go on"), act: "try" },
    ],
    signIn: name,
  };
}

/** What is left is on the screens of this person's other pages. @returns {Notice} */
export function otherPage() {
  return {
    heading: t("The last cells are open in another tab"),
    text: t("They come here when it is closed."),
    choices: [{ label: t("Home"), href: "/" }],
  };
}

/** @param {import("./outbox.js").StoreProblem} problem @param {number} unsaved @returns {Line} */
export function keepingFails(problem, unsaved) {
  return {
    first: problem === "full" ? t("This browser has no room for answers.") : t("This browser can’t keep answers."),
    rest:
      unsaved > 0
        ? tn(unsaved, "Closing this page loses {n} answer that isn’t saved yet.", "Closing this page loses {n} answers that aren’t saved yet.")
        : t("They live in this page until they are saved: wait for “All saved” before closing it."),
  };
}

/** @param {{offline: boolean, since: number, ready: number}} facts @returns {Line} */
export function goOn({ offline, since, ready }) {
  const began = { time: time(since) };
  return {
    first: offline ? t("No connection since {time}.", began) : t("The server hasn’t taken answers since {time}.", began),
    rest: tn(ready, "Go on: answers are kept here. {n} cell is ready.", "Go on: answers are kept here. {n} cells are ready."),
  };
}

/** Whose they are is nobody else's business. @returns {Line} */
export function othersWait() {
  return {
    first: t("Answers of another person wait in this browser."),
    rest: t("They are sent when that person signs in here."),
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
      "{n} answer came after it and doesn’t count. It is kept in this browser and sent again when the round is reopened.",
      "{n} answers came after it and don’t count. They are kept in this browser and sent again when the round is reopened.",
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
 * @param {string} [facts.decided]     when this one was
 * @param {string | null} [facts.round] its name, if the cell isn't of the round on the page
 * @returns {Notice}
 */
export function conflicting({ conflict, cell, mine, theirs, when, decided, round = null }) {
  const after = round === null ? "" : t("The cell belongs to the round {round}.", { round });
  if (theirs === null) {
    const reason = conflict.reason === "id_reused" ? t("its number stands for another answer already") : conflict.reason;
    return {
      heading: t("Cell {cell}: the answer wasn’t taken", { cell }),
      text: t("{answer} was refused: {reason}", { answer: mine, reason }),
      choices: [{ label: t("Answer again"), act: "choose-again" }],
      after,
    };
  }
  return {
    heading: t("Cell {cell} has two answers from you", { cell }),
    text: "",
    choices: [
      { label: mine, act: "choose-mine", detail: decided ? t("this tab, {time}", { time: decided }) : t("this tab") },
      { label: theirs, act: "choose-theirs", detail: when ? t("other tab, {time}", { time: when }) : t("other tab") },
    ],
    after: [t("Choose the one that stands. Both stay in the history."), after].filter(Boolean).join(" "),
  };
}
