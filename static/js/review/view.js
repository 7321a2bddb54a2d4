/**
 * How a person last looked at cells: zoom, brightness, contrast. This browser keeps it, for each of its people apart.
 *
 * @typedef {object} View
 * @property {number | null} zoom   device pixels per picture pixel, null for the largest that fits
 * @property {number} brightness    percent; 100 is neutral
 * @property {number} contrast      percent; 100 is neutral
 */

/** What the sliders reach. */
const ranges = { brightness: [40, 160], contrast: [40, 240] };
const largestZoom = 64;

/** @param {string} person @param {Pick<Storage, "getItem">} [storage] @returns {View} */
export function keptView(person, storage = globalThis.localStorage) {
  /** @type {Partial<Record<keyof View, unknown>>} */
  let kept = {};
  try {
    kept = JSON.parse(storage?.getItem(nameFor(person)) ?? "{}") ?? {};
  } catch {
    // Nothing is kept, or what was kept can't be read: neutral.
  }
  return {
    zoom: between(kept.zoom, 1 / largestZoom, largestZoom) ? Number(kept.zoom) : null,
    brightness: between(kept.brightness, ...ends("brightness")) ? Number(kept.brightness) : 100,
    contrast: between(kept.contrast, ...ends("contrast")) ? Number(kept.contrast) : 100,
  };
}

/** @param {string} person @param {View} view @param {Pick<Storage, "setItem">} [storage] */
export function keepView(person, view, storage = globalThis.localStorage) {
  try {
    storage?.setItem(nameFor(person), JSON.stringify(view));
  } catch {
    // A browser that keeps nothing begins neutral again.
  }
}

/** @param {string} person */
function nameFor(person) {
  return `cytoreview.view.${person}`;
}

/** @param {keyof typeof ranges} name @returns {[number, number]} */
function ends(name) {
  return /** @type {[number, number]} */ (ranges[name]);
}

/** @param {unknown} value @param {number} least @param {number} most */
function between(value, least, most) {
  return typeof value === "number" && value >= least && value <= most;
}
