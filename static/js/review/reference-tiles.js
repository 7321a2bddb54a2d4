/** Pictures of reference cells and look-alikes as tiles that all have one physical scale. */

import { t } from "../i18n.js";
import { shareOfTile } from "./reference.js";

/**
 * A square in which a picture lies in the middle, as large as its scale says.
 *
 * @param {{width: number, height: number, px_per_um: number | null}} picture
 * @param {string} url
 * @param {string} [alt] empty where words about it stand beside it
 */
export function tile(picture, url, alt = "") {
  const place = document.createElement("div");
  place.className = "reference-tile scaled";
  const image = document.createElement("img");
  image.alt = alt;
  image.decoding = "async";
  image.draggable = false;
  image.src = url;
  const { width, height } = shareOfTile(picture);
  place.style.setProperty("--picture-width", `${width * 100}%`);
  place.style.setProperty("--picture-height", `${height * 100}%`);
  place.append(image);
  return place;
}

/**
 * The same for a picture whose size is known when it is there.
 *
 * @param {string} url
 * @param {number | null} pxPerUm
 * @param {string} alt
 */
export function ownTile(url, pxPerUm, alt) {
  const place = tile({ width: 1, height: 1, px_per_um: null }, url, alt);
  const image = /** @type {HTMLImageElement} */ (place.firstElementChild);
  image.addEventListener("load", () => {
    const { width, height } = shareOfTile({ width: image.naturalWidth, height: image.naturalHeight, px_per_um: pxPerUm });
    place.style.setProperty("--picture-width", `${width * 100}%`);
    place.style.setProperty("--picture-height", `${height * 100}%`);
  });
  return place;
}

/**
 * What there is of a class: its tiles, or in words why there are none.
 *
 * @param {import("./reference.js").ClassReference | "failed" | "loading"} known
 * @param {{most: number, size: "thumbnail_url" | "image_url"}} how
 * @returns {HTMLElement[]}
 */
export function classTiles(known, { most, size }) {
  if (known === "loading") return [];
  if (known === "failed") return [note(t("Reference cells couldn’t be loaded."))];
  if (known.items.length === 0) return [note(t("No reference cells that you may see. The description stands alone."))];
  return known.items.slice(0, most).map((cell) => tile(cell, cell[size]));
}

/** @param {string} words */
export function note(words) {
  const paragraph = document.createElement("p");
  paragraph.className = "reference-note";
  paragraph.textContent = words;
  return paragraph;
}

/** How sure one is of the reference cells, in words. @param {import("./reference.js").ClassReference | "failed" | "loading"} known */
export function howSure(known) {
  if (known === "loading" || known === "failed" || known.items.length === 0) return "";
  const ways = new Set(known.items.map(({ by }) => by));
  if (ways.has("given")) return ways.size > 1 ? t("Agreed or settled, then by given label") : t("By given label: none is agreed yet");
  return ways.has("adjudicated") ? t("Settled or agreed cells") : t("Agreed cells");
}

/** @param {string | null} reason that the server gives for no look-alikes */
export function whyNone(reason) {
  return reason === "hidden"
    ? t("Every look-alike is in a blind round of yours, and waits until that round closes.")
    : t("What this cell looks like isn’t measured yet. Look-alikes come when it is.");
}
