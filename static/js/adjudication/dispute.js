/**
 * What a dispute is between: pure readings of its votes and given labels.
 *
 * @typedef {import("./types.js").Dispute} Dispute
 * @typedef {import("./types.js").Vote} Vote
 */

/**
 * The classes that votes or given labels name, those with more votes first; a borderline vote counts a half for
 * each of its two.
 *
 * @param {Dispute} dispute
 * @param {readonly string[]} order  the label set's classes in order
 * @returns {string[]}
 */
export function candidates({ votes, given_labels }, order) {
  /** @type {Map<string, number>} */
  const weights = new Map(given_labels.map((name) => [name, 0]));
  for (const vote of votes) {
    const named = [vote.label, vote.second_label].filter((name) => name !== null);
    for (const name of named) weights.set(name, (weights.get(name) ?? 0) + 1 / named.length);
  }
  return [...weights]
    .sort(([a, of_a], [b, of_b]) => of_b - of_a || order.indexOf(a) - order.indexOf(b))
    .map(([name]) => name);
}

/**
 * What is said and how often, most often first: classes, pairs as "a/b", "unusable", "unsure".
 *
 * @param {Vote[]} votes
 * @returns {{said: string, count: number}[]}
 */
export function tally(votes) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { verdict, label, second_label } of votes) {
    const said = verdict === "label" ? String(label) : verdict === "borderline" ? [label, second_label].sort().join("/") : verdict;
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return [...counts].map(([said, count]) => ({ said, count })).sort((a, b) => b.count - a.count);
}
