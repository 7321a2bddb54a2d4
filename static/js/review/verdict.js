/**
 * From what a reviewer does to what is recorded: the draft of the cell on the screen, and the review it becomes.
 *
 * @typedef {import("./types.js").Answer} Answer
 * @typedef {import("./types.js").Review} Review
 * @typedef {import("./keymap.js").Action} Action
 *
 * @typedef {object} Draft
 * @property {boolean} flag            a senior is asked to look
 * @property {string} comment
 * @property {boolean} borderline      two classes are being chosen
 * @property {string | null} first     the first of them
 *
 * @typedef {"nothing_shown" | "second_class" | "same_class"} Hint why nothing was decided
 *
 * @typedef {{draft: Draft, answer: Answer | null, hint: Hint | null}} Step
 */

import { uuid } from "./uuid.js";

/** @type {Draft} */
export const emptyDraft = Object.freeze({ flag: false, comment: "", borderline: false, first: null });

/** What a cell that was answered before is taken up again with. @param {Review | null} review @returns {Draft} */
export function draftOf(review) {
  return review ? { ...emptyDraft, flag: review.flag, comment: review.comment } : emptyDraft;
}

/**
 * One action on the draft. Actions that say nothing about the cell leave it as it is.
 *
 * @param {Draft} draft
 * @param {Action} action
 * @param {string | null} shownLabel
 * @returns {Step}
 */
export function act(draft, action, shownLabel) {
  switch (action.type) {
    case "class":
      return draft.borderline ? chooseOfPair(draft, String(action.name)) : decide(draft, "label", String(action.name));
    case "confirm":
      if (draft.borderline) return hint(draft, "second_class");
      return shownLabel === null ? hint(draft, "nothing_shown") : decide(draft, "label", shownLabel);
    case "unsure":
    case "unusable":
      return draft.borderline ? hint(draft, "second_class") : decide(draft, action.type);
    case "borderline":
      return keep({ ...draft, borderline: !draft.borderline, first: null });
    case "flag":
      return keep({ ...draft, flag: !draft.flag });
    case "leave":
      return keep({ ...draft, borderline: false, first: null });
    default:
      return keep(draft);
  }
}

/** @param {Draft} draft @param {string} name @returns {Step} */
function chooseOfPair(draft, name) {
  if (draft.first === null) return keep({ ...draft, first: name });
  if (draft.first === name) return hint(draft, "same_class");
  return decide(draft, "borderline", draft.first, name);
}

/**
 * @param {Draft} draft
 * @param {Answer["verdict"]} verdict
 * @param {string | null} [label]
 * @param {string | null} [second_label]
 * @returns {Step}
 */
function decide(draft, verdict, label = null, second_label = null) {
  return { draft, answer: { verdict, label, second_label }, hint: null };
}

/** @param {Draft} draft @returns {Step} */
function keep(draft) {
  return { draft, answer: null, hint: null };
}

/** @param {Draft} draft @param {Hint} why @returns {Step} */
function hint(draft, why) {
  return { draft, answer: null, hint: why };
}

/**
 * @param {Answer} answer
 * @param {{id: string, assignment_id: string, seconds: number, supersedes?: string | null, draft?: Draft}} facts
 * @returns {Review}
 */
export function reviewOf(answer, { id, assignment_id, seconds, supersedes = null, draft = emptyDraft }) {
  return {
    id,
    assignment_id,
    verdict: answer.verdict,
    label: answer.label,
    second_label: answer.second_label,
    mode: "single",
    flag: draft.flag,
    comment: draft.comment.trim(),
    seconds,
    supersedes,
  };
}

/** An answer that the server has, as a review of this page. @param {import("./types.js").LastReview} said @param {{id: string, assignment_id: string}} facts @returns {Review} */
export function asReview(said, { id, assignment_id }) {
  return reviewOf(said, { id, assignment_id, seconds: 0, draft: { ...emptyDraft, flag: said.flag, comment: said.comment } });
}

/** Undo: takes back the review that it supersedes. @param {Review} review @param {string} id @returns {Review} */
export function withdrawalOf(review, id) {
  return reviewOf(
    { verdict: "withdrawn", label: null, second_label: null },
    { id, assignment_id: review.assignment_id, seconds: 0, supersedes: review.id },
  );
}

/**
 * Of two answers to one cell the person chose one. Both become part of the history, the chosen one last.
 *
 * @param {Review} mine   which the server didn't take
 * @param {import("./types.js").LastReview} last  which it has
 * @param {boolean} isMine the chosen one is mine
 * @param {() => string} [newId]
 * @returns {Review[]}
 */
export function settlement(mine, last, isMine, newId = uuid) {
  const again = { ...mine, id: newId(), supersedes: last.id };
  if (isMine) return [again];
  const { verdict, label, second_label, flag, comment } = last;
  return [again, { ...mine, verdict, label, second_label, flag, comment, seconds: 0, id: newId(), supersedes: again.id }];
}

/**
 * What happened to the label that was shown.
 *
 * @param {Answer} answer
 * @param {string | null} shownLabel
 * @returns {"confirmed" | "corrected" | "other" | "unprompted"}
 */
export function effectOn(answer, shownLabel) {
  if (shownLabel === null) return "unprompted";
  if (answer.verdict !== "label") return "other";
  return answer.label === shownLabel ? "confirmed" : "corrected";
}
