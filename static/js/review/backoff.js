/**
 * How long to wait before the next try: twice as long after each failure, up to half a minute, and not the same
 * for everybody who lost the same server.
 *
 * @param {number} failures  so far, at least 1
 * @param {() => number} [random]
 * @returns {number} milliseconds
 */
export function backOff(failures, random = Math.random) {
  return Math.min(30_000, 1000 * 2 ** (failures - 1)) * (0.75 + random() / 2);
}
