/**
 * Sizes on the screen: zoom steps that are whole device pixels per picture pixel, and the scale bar.
 *
 * @typedef {{width: number, height: number}} Size
 * @typedef {{x: number, y: number}} Point
 */

/**
 * The largest whole number of device pixels per picture pixel that fits. A picture that doesn't fit at 1 is
 * shown at the largest 1/n instead, so that all of it is seen.
 *
 * @param {Size} picture  picture pixels
 * @param {Size} room     CSS pixels
 * @param {number} ratio  device pixels per CSS pixel
 */
export function fittingZoom(picture, room, ratio) {
  const fit = Math.min((room.width * ratio) / picture.width, (room.height * ratio) / picture.height);
  return fit >= 1 ? Math.floor(fit) : 1 / Math.ceil(1 / Math.max(fit, 1 / 64));
}

/**
 * The zoom one step on; after the largest comes the smallest that is whole, or shows all of it.
 *
 * @param {number} zoom
 * @param {number} fitting
 */
export function nextZoom(zoom, fitting) {
  const next = zoomStep(zoom, 1, fitting);
  return next > zoom ? next : smallestZoom(fitting);
}

/**
 * The next larger or smaller zoom; at either end it stays. Every step is a whole number, but for the one that shows all
 * of a picture that is larger than its place.
 *
 * @param {number} zoom
 * @param {1 | -1} direction
 * @param {number} fitting
 */
export function zoomStep(zoom, direction, fitting) {
  if (direction > 0) return Math.min(largestZoom(fitting), Math.floor(zoom) + 1);
  return Math.max(smallestZoom(fitting), zoom > 1 ? Math.ceil(zoom) - 1 : 0);
}

/**
 * The zoom nearest to a wish, as two fingers that move apart make one.
 *
 * @param {number} wished
 * @param {number} fitting
 */
export function nearestZoom(wished, fitting) {
  const smallest = smallestZoom(fitting);
  if (wished < (smallest + 1) / 2) return smallest;
  return Math.min(largestZoom(fitting), Math.max(1, Math.round(wished)));
}

/** @param {number} fitting */
function largestZoom(fitting) {
  return Math.max(4, Math.ceil(fitting) * 3);
}

/** @param {number} fitting */
function smallestZoom(fitting) {
  return Math.min(1, fitting);
}

/**
 * Where the picture's middle has to be, so that what lies at `point` stays there when the zoom changes. All in CSS
 * pixels from the middle of the room.
 *
 * @param {Point} pan
 * @param {Point} point
 * @param {number} factor  the new zoom by the old one
 * @returns {Point}
 */
export function panAbout(pan, point, factor) {
  return { x: point.x - (point.x - pan.x) * factor, y: point.y - (point.y - pan.y) * factor };
}

/**
 * The same, kept within what there is to see: no ground beside a picture that is larger than the room.
 *
 * @param {Point} pan
 * @param {Size} size  of the picture on the screen
 * @param {Size} room
 * @returns {Point}
 */
export function withinRoom(pan, size, room) {
  const most = { x: Math.max(0, (size.width - room.width) / 2), y: Math.max(0, (size.height - room.height) / 2) };
  return { x: within(pan.x, most.x), y: within(pan.y, most.y) };
}

/** @param {number} value @param {number} most */
export function within(value, most) {
  return Math.max(-most, Math.min(most, value)) || 0;
}

/**
 * A place in the room that lies on a device pixel, so that all of a picture's pixels do.
 *
 * @param {number} place   CSS pixels from the room's edge
 * @param {number} edge    where that edge is, in CSS pixels of the window
 * @param {number} ratio
 */
export function onDevicePixel(place, edge, ratio) {
  return Math.round((edge + place) * ratio) / ratio - edge;
}

/** What a picture measures in CSS pixels. @param {Size} picture @param {number} zoom @param {number} ratio @returns {Size} */
export function sizeOnScreen(picture, zoom, ratio) {
  return { width: (picture.width * zoom) / ratio, height: (picture.height * zoom) / ratio };
}

/**
 * A bar of 1, 2 or 5 times a power of ten micrometres, the longest within `longest` CSS pixels.
 *
 * @param {number} cssPxPerUm
 * @param {number} longest
 * @returns {{um: number, length: number}}
 */
export function scaleBar(cssPxPerUm, longest) {
  const most = longest / cssPxPerUm;
  const power = 10 ** Math.floor(Math.log10(most) + 1e-9);
  const um = [5, 2, 1].map((step) => step * power).find((length) => length <= most * (1 + 1e-9)) ?? power;
  return { um, length: um * cssPxPerUm };
}
