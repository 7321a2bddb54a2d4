/**
 * A rubber band over a grid of boxes.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

/** The box between two corners. @param {Point} from @param {Point} to @returns {Box} */
export function bandBetween(from, to) {
  return {
    left: Math.min(from.x, to.x),
    top: Math.min(from.y, to.y),
    right: Math.max(from.x, to.x),
    bottom: Math.max(from.y, to.y),
  };
}

/** The places of the boxes that the band touches. @param {Box} band @param {readonly Box[]} boxes */
export function touched(band, boxes) {
  return boxes.flatMap((box, place) =>
    box.left < band.right && box.right > band.left && box.top < band.bottom && box.bottom > band.top ? [place] : [],
  );
}

/** Whether a pointer moved far enough to mean it. @param {Point} from @param {Point} to */
export function isDrag(from, to) {
  return Math.hypot(to.x - from.x, to.y - from.y) > 5;
}
