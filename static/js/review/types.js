/**
 * The shapes that travel between the server, the page and its modules.
 *
 * @typedef {object} LabelClass
 * @property {string} name            the class as the API names it
 * @property {string} display         its name in words
 * @property {string} long            the same, with soft hyphens where it may break
 * @property {string} short           its name where there is little room
 * @property {string} abbr            what stands on its tile
 * @property {string} group           its lineage group
 * @property {boolean} neoplastic
 * @property {string} key             the key that chooses it
 * @property {string} cue             what it looks like, in a sentence
 * @property {string[]} confusable    classes it is taken for, the most usual first
 *
 * @typedef {object} QueueItem
 * @property {string} assignment_id
 * @property {number} position
 * @property {string} image_url
 * @property {string} thumbnail_url
 * @property {string | null} shown_label
 * @property {string | null} last     the withdrawal that an answer must supersede
 *
 * @typedef {"label" | "borderline" | "unsure" | "unusable" | "withdrawn"} Verdict
 *
 * @typedef {object} Answer           what a person said of a cell
 * @property {Verdict} verdict
 * @property {string | null} label
 * @property {string | null} second_label
 *
 * @typedef {Answer & {
 *   id: string, assignment_id: string, mode: "single" | "grid", flag: boolean,
 *   comment: string, seconds: number, supersedes: string | null
 * }} Review                          as POST /reviews takes it
 *
 * @typedef {"recorded" | "already_recorded" | "conflict" | "invalid"} Status
 *
 * @typedef {Answer & {id: string, flag: boolean, comment: string, recorded_at: string}} LastReview
 *
 * @typedef {object} Result           what the server says of one review
 * @property {string} id
 * @property {Status} status
 * @property {string | null} [reason]
 * @property {LastReview | null} [last]
 * @property {string | null} [shown_label]
 *
 * @typedef {object} RoundSummary      what a person did in a round, and what waits for them next
 * @property {number} cells
 * @property {number} total
 * @property {number} corrected
 * @property {number} unsure
 * @property {number} seconds
 * @property {number | null} seconds_per_cell
 * @property {{id: string, name: string, pending: number} | null} next
 *
 * @typedef {object} ReviewData       what the page is given
 * @property {{id: string, name: string, presentation: string, order: string, suggestions: string, state: string,
 *   total: number, done: number,
 *   seconds_per_cell: number | null,
 *   dataset: {slug: string, name: string, px_per_um: number | null}}} round
 * @property {{name: string, classes: LabelClass[]}} label_set
 * @property {Record<string, string[]>} keys   chords by action
 * @property {string} layout
 * @property {number} rolling_finger_ms
 * @property {{id: string, name: string}} user
 */

export {};
