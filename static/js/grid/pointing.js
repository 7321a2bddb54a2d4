/**
 * What a mouse or a finger does over a grid of cells: a press held by a finger opens the menu, cells are dragged away
 * by their pictures, and a drag that begins on the ground draws a rubber band. Everything else stays a click.
 *
 * @typedef {import("./band.js").Point} Point
 * @typedef {import("./band.js").Box} Box
 *
 * @typedef {object} Hand
 * @property {(cell: HTMLElement) => void} takeUp                    a drag of cells begins
 * @property {(phase: "over" | "drop" | "cancel", at: Point) => void} drag
 * @property {(adds: boolean) => void} beginBand
 * @property {(band: Box | null) => void} band                       null: it is over
 * @property {(cell: HTMLElement, at: Point) => void} menu
 */

import { bandBetween, isDrag } from "./band.js";

const longPress = 500;
const edge = 24;

/**
 * @param {HTMLElement} room  scrolls, and holds the cells and the ground between them
 * @param {Hand} hand
 */
export function followPointers(room, hand) {
  /** @type {{cell: HTMLElement | null, from: Point, origin: Point, adds: boolean, moving: boolean} | null} */
  let press = null;
  /** @type {number | undefined} */
  let holding;
  let swallowsClick = false;

  room.addEventListener("pointerdown", (event) => {
    swallowsClick = false;
    if (event.button !== 0 || !event.isPrimary) return;
    const target = event.target instanceof Element ? event.target : null;
    const option = /** @type {HTMLElement | null} */ (target?.closest("[role=option]") ?? null);
    const at = pointOf(event);
    if (event.pointerType === "touch") {
      if (option) holding = window.setTimeout(() => openMenu(option, at), longPress);
      press = { cell: null, from: at, origin: at, adds: false, moving: false };
      return;
    }
    if (target?.closest("button, a, [data-part=notice]") || at.x >= room.getBoundingClientRect().left + room.clientWidth) return;
    const cell = target?.closest(".cell-picture") ? option : null;
    press = { cell, from: at, origin: inContent(at), adds: event.ctrlKey || event.metaKey || event.shiftKey, moving: false };
  });

  window.addEventListener("pointermove", (event) => {
    if (!press) return;
    const at = pointOf(event);
    if (!press.moving && !isDrag(press.from, at)) return;
    if (event.pointerType === "touch") return letGo();
    if (!press.moving) begin(press);
    if (press.cell) return hand.drag("over", at);
    scrollAtEdge(at);
    hand.band(bandBetween(press.origin, inContent(at)));
  });

  window.addEventListener("pointerup", (event) => {
    if (press?.moving && press.cell) hand.drag("drop", pointOf(event));
    if (press?.moving) hand.band(null);
    letGo();
  });
  window.addEventListener("pointercancel", giveUp);
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !press?.moving) return;
    event.stopPropagation();
    event.preventDefault();
    giveUp();
  }, { capture: true });

  room.addEventListener("click", (event) => {
    if (!swallowsClick) return;
    swallowsClick = false;
    event.stopPropagation();
  }, { capture: true });

  room.addEventListener("contextmenu", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (!(option instanceof HTMLElement)) return;
    event.preventDefault();
    openMenu(option, pointOf(event));
  });

  /** @param {{cell: HTMLElement | null, adds: boolean, moving: boolean}} pressed */
  function begin(pressed) {
    pressed.moving = true;
    swallowsClick = true;
    if (pressed.cell) hand.takeUp(pressed.cell);
    else hand.beginBand(pressed.adds);
  }

  /** @param {HTMLElement} option @param {Point} at */
  function openMenu(option, at) {
    letGo();
    swallowsClick = true;
    hand.menu(option, at);
  }

  function letGo() {
    clearTimeout(holding);
    press = null;
  }

  function giveUp() {
    if (press?.moving && press.cell) hand.drag("cancel", press.from);
    if (press?.moving) hand.band(null);
    letGo();
  }

  /** Where in what scrolls. @param {Point} at @returns {Point} */
  function inContent({ x, y }) {
    const { left, top } = room.getBoundingClientRect();
    return { x: x - left + room.scrollLeft, y: y - top + room.scrollTop };
  }

  /** @param {Point} at */
  function scrollAtEdge({ y }) {
    const { top, bottom } = room.getBoundingClientRect();
    if (y > bottom - edge) room.scrollTop += edge;
    else if (y < top + edge) room.scrollTop -= edge;
  }
}

/** @param {MouseEvent} event @returns {Point} */
function pointOf({ clientX, clientY }) {
  return { x: clientX, y: clientY };
}
