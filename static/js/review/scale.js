/**
 * Sizes on the screen: zoom steps that are whole device pixels per picture pixel, and the scale bar.
 *
 * @typedef {{width: number, height: number}} Size
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
  const largest = Math.max(4, Math.ceil(fitting) * 3);
  const next = Math.floor(zoom) + 1;
  return next > largest ? Math.min(1, fitting) : next;
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
