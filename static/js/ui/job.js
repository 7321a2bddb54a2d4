/**
 * How far a job is, in words. Pure.
 *
 * @typedef {object} Job
 * @property {"queued" | "running" | "done" | "failed"} state
 * @property {number} done
 * @property {number | null} total
 * @property {string} message
 */

/**
 * Seconds left, from how far the job came since it was first seen; null while that says nothing.
 *
 * @param {{done: number, at: number}} first
 * @param {{done: number, at: number}} last times in seconds
 * @param {number | null} total
 * @returns {number | null}
 */
export function secondsLeft(first, last, total) {
  const came = last.done - first.done;
  const took = last.at - first.at;
  if (!total || came <= 0 || took < 2) return null;
  return Math.max(0, (total - last.done) * (took / came));
}

/** Seconds to wait before asking again: often at first, calmer later. @param {number} asked how often it was asked so far */
export function pollDelay(asked) {
  return Math.min(5, 0.5 * 1.25 ** asked);
}

/** @param {Job} job */
export function isOver(job) {
  return job.state === "done" || job.state === "failed";
}
