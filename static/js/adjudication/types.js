/**
 * The shapes of the adjudication page.
 *
 * @typedef {import("../review/types.js").Answer} Answer
 * @typedef {import("../review/types.js").LabelClass} LabelClass
 *
 * @typedef {Answer & {id: string, reviewer: string, comment: string, mode: string, presentation: string | null,
 *   flag: boolean, seconds: number | null}} Vote
 *
 * @typedef {object} Dispute           a cell that waits for an adjudicator, as GET /disputes has it
 * @property {string} cell_id
 * @property {boolean} costly          between a class that is dear to miss and another one
 * @property {boolean} born_disputed
 * @property {boolean} flagged
 * @property {boolean} reviewed_since
 * @property {boolean} dissent
 * @property {string[]} given_labels
 * @property {Vote[]} votes
 * @property {boolean} names_hidden
 * @property {boolean} reason_required
 * @property {boolean} own             the adjudicator reviewed it and may not settle it
 * @property {{id: string} | null} adjudication  what settled it before
 * @property {string} thumbnail_url
 * @property {string} image_url
 *
 * @typedef {Answer & {id: string, cell_id: string, reason: string, comment: string, supersedes: string | null}} Adjudication
 *
 * @typedef {object} AdjudicationData  what the page is given
 * @property {{slug: string, name: string, px_per_um: number | null}} dataset
 * @property {{name: string, classes: LabelClass[]}} label_set
 * @property {Record<string, string[]>} keys   chords by action
 * @property {string} layout
 * @property {number} rolling_finger_ms
 * @property {{name: string}} user
 * @property {{kind: string, pair: string, given_label: string, round: string, reviewer: string, cell: string}} filter
 */

export {};
