/**
 * How far a round is by the label shown: what the server counted when the page was opened, and what was answered here
 * since then.
 *
 * @typedef {{label: string | null, done: number, total: number}} ClassProgress  null: cells without a label shown
 */

/**
 * @param {readonly ClassProgress[]} counted
 * @param {Iterable<string | null>} answered the labels that cells answered here, and pending before, had shown
 * @returns {ClassProgress[]}
 */
export function tally(counted, answered) {
  /** @type {Map<string | null, number>} */
  const since = new Map();
  for (const label of answered) since.set(label, (since.get(label) ?? 0) + 1);
  return counted.map(({ label, done, total }) => ({ label, done: Math.min(total, done + (since.get(label) ?? 0)), total }));
}
