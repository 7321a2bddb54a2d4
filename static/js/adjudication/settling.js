/**
 * From keys to an adjudication: the reason first or last, a class, the borderline of the candidates, or unusable.
 *
 * @typedef {import("../review/keymap.js").Action} Action
 * @typedef {import("../review/types.js").Answer} Answer
 * @typedef {import("./types.js").Adjudication} Adjudication
 *
 * @typedef {object} Settling          the dispute on the screen, as far as it is settled
 * @property {string} reason           one of `reasons`, or empty
 * @property {string} words            the reason in words
 * @property {boolean} pairing         two classes are being chosen
 * @property {string | null} first     the first of them
 * @property {Answer | null} waiting   an answer that waits for its reason
 *
 * @typedef {"reason" | "second_class" | "same_class" | "no_label" | "unsure"} Hint why nothing was settled
 *
 * @typedef {{settling: Settling, answer: Answer | null, hint: Hint | null}} Step
 */

export const reasons = /** @type {const} */ (["granules", "nucleus", "chromatin", "size", "cytoplasm"]);

/** @type {Settling} */
export const unsettled = Object.freeze({ reason: "", words: "", pairing: false, first: null, waiting: null });

/**
 * @param {Settling} settling
 * @param {Action} action
 * @param {{candidates: readonly string[], reasonRequired: boolean}} dispute
 * @returns {Step}
 */
export function settle(settling, action, dispute) {
  const reason = reasons.find((one) => action.type === `reason_${one}`);
  if (reason) return giveReason({ ...settling, reason: settling.reason === reason ? "" : reason });
  switch (action.type) {
    case "class":
      return settling.pairing ? chooseOfPair(settling, String(action.name), dispute) : decide(settling, "label", dispute, String(action.name));
    case "borderline":
      return borderline(settling, dispute);
    case "unusable":
      return settling.pairing ? stay(settling, "second_class") : decide(settling, "unusable", dispute);
    case "unsure":
      return stay(settling, "unsure");
    case "confirm":
      return stay(settling, "no_label");
    case "leave":
      return stay({ ...settling, pairing: false, first: null, waiting: null });
    default:
      return stay(settling);
  }
}

/** The reason in words. @param {Settling} settling @param {string} words @returns {Step} */
export function giveWords(settling, words) {
  return giveReason({ ...settling, words: words.trim() });
}

/** An answer that waited goes out with its reason. @param {Settling} settling @returns {Step} */
function giveReason(settling) {
  const isGiven = Boolean(settling.reason || settling.words);
  return isGiven && settling.waiting ? { settling, answer: settling.waiting, hint: null } : stay(settling);
}

/** The two candidates; where there aren't two, two class keys. @param {Settling} settling @param {{candidates: readonly string[], reasonRequired: boolean}} dispute */
function borderline(settling, dispute) {
  const [first, second] = dispute.candidates;
  if (dispute.candidates.length === 2 && first && second) return decide(settling, "borderline", dispute, first, second);
  return stay({ ...settling, pairing: !settling.pairing, first: null });
}

/** @param {Settling} settling @param {string} name @param {{candidates: readonly string[], reasonRequired: boolean}} dispute @returns {Step} */
function chooseOfPair(settling, name, dispute) {
  if (settling.first === null) return stay({ ...settling, first: name });
  if (settling.first === name) return stay(settling, "same_class");
  return decide(settling, "borderline", dispute, settling.first, name);
}

/**
 * @param {Settling} settling
 * @param {Answer["verdict"]} verdict
 * @param {{reasonRequired: boolean}} dispute
 * @param {string | null} [label]
 * @param {string | null} [second_label]
 * @returns {Step}
 */
function decide(settling, verdict, { reasonRequired }, label = null, second_label = null) {
  const answer = { verdict, label, second_label };
  if (reasonRequired && !settling.reason && !settling.words) return stay({ ...settling, waiting: answer }, "reason");
  return { settling, answer, hint: null };
}

/** @param {Settling} settling @param {Hint | null} [hint] @returns {Step} */
function stay(settling, hint = null) {
  return { settling, answer: null, hint };
}

/**
 * @param {Answer} answer
 * @param {{id: string, cell_id: string, settling: Settling, supersedes: string | null}} facts
 * @returns {Adjudication}
 */
export function adjudicationOf(answer, { id, cell_id, settling, supersedes }) {
  return { id, cell_id, ...answer, reason: settling.reason, comment: settling.words, supersedes };
}

/** @param {Adjudication} adjudication @param {string} id @returns {Adjudication} */
export function withdrawalOf({ id: supersedes, cell_id }, id) {
  return { id, cell_id, verdict: "withdrawn", label: null, second_label: null, reason: "", comment: "", supersedes };
}
