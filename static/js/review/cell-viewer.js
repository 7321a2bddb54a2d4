/**
 * `<cell-viewer data-px-per-um data-person>`: the picture on neutral ground in whole device pixels per picture pixel, its
 * scale bar, the 7 µm ring, zoom, brightness and contrast. Nothing near it is coloured, and nothing is adjusted unasked.
 *
 * Zoom, place, brightness and contrast stay from cell to cell; this browser keeps them for the person.
 */

import { language, t } from "../i18n.js";
import { onceDrawn } from "./frames.js";
import { fittingZoom, nearestZoom, nextZoom, onDevicePixel, panAbout, scaleBar, sizeOnScreen, within, withinRoom, zoomStep } from "./scale.js";
import { keepView, keptView } from "./view.js";

const ringUm = 7;
/** How far a wheel turns for one step of zoom; two fingers on a touch pad turn it less. */
const wheelStep = { wheel: 60, pinch: 12 };

/** @typedef {import("./scale.js").Point} Point */

export class CellViewer extends HTMLElement {
  /** @type {number | null} */
  #pxPerUm = null;
  /** @type {HTMLImageElement | null} */
  #image = null;
  /** What the person looks through: kept. A zoom of null is the largest that fits. */
  #view = keptView("");
  /** Where the picture's middle is, from the middle of the room. @type {Point} */
  #pan = { x: 0, y: 0 };
  #ring = { shown: false, x: 0.19, y: 0.84 };
  #room = { width: 0, height: 0, left: 0, top: 0 };
  #paintedAt = Infinity;
  #turned = 0;
  /** Fingers and the mouse on the picture. @type {Map<number, Point>} */
  #pointers = new Map();
  #pinch = { distance: 0, zoom: 1 };
  /** @type {number | undefined} */
  #loading;
  #words = new Intl.NumberFormat(language(), { maximumFractionDigits: 1 });

  connectedCallback() {
    this.#pxPerUm = Number(this.dataset["pxPerUm"]) || null;
    this.#view = keptView(this.dataset["person"] ?? "");
    this.#slider("brightness").value = String(this.#view.brightness);
    this.#slider("contrast").value = String(this.#view.contrast);
    const room = this.#part("room");
    const measured = new ResizeObserver(() => this.#measure() && this.#lay());
    measured.observe(room);
    measured.observe(document.documentElement);
    this.#measure();
    this.#watchPixelRatio();
    room.addEventListener("wheel", (event) => this.#wheelTurned(event), { passive: false });
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      room.addEventListener(type, (event) => this.#pointed(/** @type {PointerEvent} */ (event)));
    }
    this.#letDrag(this.#part("ring"), (dx, dy) => this.#moveRing(dx, dy));
    this.#part("ring").addEventListener("keydown", (event) => this.#moveRingByKey(event));
    this.#part("adjust").addEventListener("input", () => this.#adjusted());
    this.#drawAdjusted();
    this.#lay();
  }

  /** When the picture on the screen was painted, in the time of events; Infinity while there is none. */
  get paintedAt() {
    return this.#paintedAt;
  }

  /**
   * Does what a key or a button asks for, if it is about looking.
   *
   * @param {string} action
   * @returns {boolean} whether it was
   */
  perform(action) {
    const room = this.#room;
    switch (action) {
      case "zoom":
        this.zoom();
        return true;
      case "zoom_in":
      case "zoom_out":
        this.#zoomTo(zoomStep(this.#zoom, action === "zoom_in" ? 1 : -1, this.#fitting()));
        return true;
      case "pan_left":
      case "pan_right":
        this.#panBy(((action === "pan_left" ? 1 : -1) * room.width) / 8, 0);
        return true;
      case "pan_up":
      case "pan_down":
        this.#panBy(0, ((action === "pan_up" ? 1 : -1) * room.height) / 8);
        return true;
      case "ring":
        this.toggleRing();
        return true;
      case "contrast":
        this.toggleAdjust();
        return true;
      case "neutral":
        this.neutral();
        return true;
      default:
        return false;
    }
  }

  /** @param {HTMLImageElement} image decoded @param {string} name what it shows */
  show(image, name) {
    clearTimeout(this.#loading);
    this.#part("loading").hidden = true;
    if (this.#image === image) return;
    image.alt = name;
    image.draggable = false;
    this.#image = image;
    this.#part("picture").replaceChildren(image);
    this.#lay();
    this.#waitForPaint(image);
  }

  /** No picture. After 400 ms the place says that one is loading. @param {string | null} loading */
  blank(loading) {
    clearTimeout(this.#loading);
    this.#image = null;
    this.#paintedAt = Infinity;
    this.#part("picture").replaceChildren();
    this.#lay();
    const place = this.#part("loading");
    place.hidden = true;
    if (loading === null) return;
    this.#loading = window.setTimeout(() => {
      place.textContent = loading;
      place.hidden = false;
    }, 400);
  }

  /** One step larger, after the largest the smallest; the picture comes back to the middle. */
  zoom() {
    this.#pan = { x: 0, y: 0 };
    this.#zoomTo(nextZoom(this.#zoom, this.#fitting()));
  }

  toggleRing() {
    this.#ring.shown = !this.#ring.shown;
    this.#lay();
  }

  /** Contrast is changed: back to neutral. Neutral: the sliders open. */
  toggleAdjust() {
    if (this.#isNeutral) {
      const adjust = this.#part("adjust");
      adjust.hidden = !adjust.hidden;
      if (!adjust.hidden) this.#slider("contrast").focus();
      else this.focus();
    } else {
      this.neutral();
    }
  }

  neutral() {
    this.#slider("brightness").value = "100";
    this.#slider("contrast").value = "100";
    this.#adjusted();
    this.closeAdjust();
  }

  closeAdjust() {
    const adjust = this.#part("adjust");
    if (adjust.hidden) return;
    const had = adjust.contains(document.activeElement);
    adjust.hidden = true;
    if (had) this.focus();
  }

  /** The part with its own keyboard. @override */
  focus() {
    this.#part("stage").focus({ preventScroll: true });
  }

  /** A key may only decide on a cell that was seen: the frame with it has to be out. @param {HTMLImageElement} image */
  #waitForPaint(image) {
    this.#paintedAt = Infinity;
    onceDrawn(() => {
      if (this.#image === image) this.#paintedAt = performance.now();
      this.#measure();
    });
  }

  // Zoom and place

  get #zoom() {
    return this.#view.zoom ?? this.#fitting();
  }

  /**
   * Where the room is and how large; asking while something has been changed would have the browser lay out the page
   * before it has to.
   *
   * @returns {boolean} whether anything has moved
   */
  #measure() {
    const { clientWidth: width, clientHeight: height } = this.#part("room");
    const { left, top } = this.#part("room").getBoundingClientRect();
    const before = this.#room;
    this.#room = { width, height, left, top };
    return before.width !== width || before.height !== height || before.left !== left || before.top !== top;
  }

  get #size() {
    return sizeOnScreen(this.#natural(), this.#zoom, devicePixelRatio);
  }

  #fitting() {
    return fittingZoom(this.#natural(), this.#room, devicePixelRatio);
  }

  #natural() {
    return { width: this.#image?.naturalWidth || 288, height: this.#image?.naturalHeight || 288 };
  }

  /** @param {number} zoom @param {Point} [about] what stays where it is, from the middle of the room */
  #zoomTo(zoom, about = { x: 0, y: 0 }) {
    const from = this.#zoom;
    if (zoom === from) return;
    this.#view.zoom = zoom === this.#fitting() ? null : zoom;
    this.#pan = panAbout(this.#pan, about, zoom / from);
    this.#lay();
    this.#keep();
  }

  /** @param {number} dx @param {number} dy */
  #panBy(dx, dy) {
    this.#pan = { x: this.#pan.x + dx, y: this.#pan.y + dy };
    this.#lay();
  }

  #lay() {
    const zoom = this.#zoom;
    const size = this.#size;
    const room = this.#room;
    this.#pan = withinRoom(this.#pan, size, room);
    const { left, top } = room;
    const picture = this.#part("picture");
    // Laid out as large as it is and scaled after, so that no rounding of a layout comes between its pixels and the screen's.
    const natural = this.#natural();
    picture.style.setProperty("--width", `${natural.width}px`);
    picture.style.setProperty("--height", `${natural.height}px`);
    picture.style.setProperty("--scale", String(zoom / devicePixelRatio));
    picture.style.setProperty("--x", `${onDevicePixel((room.width - size.width) / 2 + this.#pan.x, left, devicePixelRatio)}px`);
    picture.style.setProperty("--y", `${onDevicePixel((room.height - size.height) / 2 + this.#pan.y, top, devicePixelRatio)}px`);
    picture.classList.toggle("smooth", zoom < 1);
    this.#part("room").classList.toggle("larger", size.width > room.width + 1 || size.height > room.height + 1);
    this.#text("zoom", `${this.#words.format(zoom)}×`);
    this.#layScale(zoom, size);
  }

  /** @param {number} zoom @param {import("./scale.js").Size} size */
  #layScale(zoom, size) {
    const scale = this.#part("scale");
    const ring = this.#part("ring");
    scale.classList.toggle("idle", this.#image === null);
    for (const button of this.#ringButtons()) button.setAttribute("aria-pressed", String(this.#ring.shown));
    ring.hidden = this.#pxPerUm === null || !this.#ring.shown || this.#image === null;
    if (this.#pxPerUm === null) return;
    const cssPxPerUm = (this.#pxPerUm * zoom) / devicePixelRatio;
    const bar = scaleBar(cssPxPerUm, Math.min(180, 0.22 * this.#room.width));
    this.#part("scale-bar").style.setProperty("--length", `${bar.length}px`);
    this.#text("scale-um", t("{n} µm", { n: this.#words.format(bar.um) }));
    ring.style.setProperty("--diameter", `${ringUm * cssPxPerUm}px`);
    ring.style.setProperty("--x", `${(this.#ring.x - 0.5) * size.width + this.#pan.x}px`);
    ring.style.setProperty("--y", `${(this.#ring.y - 0.5) * size.height + this.#pan.y}px`);
  }

  #ringButtons() {
    return (this.closest("[data-conductor]") ?? this).querySelectorAll("[data-act=ring]");
  }

  #watchPixelRatio() {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
      "change",
      () => {
        this.#measure();
        this.#lay();
        this.#watchPixelRatio();
      },
      { once: true },
    );
  }

  // Wheel, mouse and fingers

  /** A page that scrolls keeps its wheel; two fingers on a touch pad zoom the picture, never the page. @param {WheelEvent} event */
  #wheelTurned(event) {
    const { scrollHeight, clientHeight } = document.documentElement;
    if (!event.ctrlKey && scrollHeight > clientHeight + 1) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    const step = event.ctrlKey ? wheelStep.pinch : wheelStep.wheel;
    this.#turned += event.deltaY * lines;
    if (Math.abs(this.#turned) < step) return;
    const direction = this.#turned < 0 ? 1 : -1;
    this.#turned = 0;
    this.#zoomTo(zoomStep(this.#zoom, direction, this.#fitting()), this.#fromMiddle({ x: event.clientX, y: event.clientY }));
  }

  /** @param {Point} point in the window */
  #fromMiddle({ x, y }) {
    const { left, top, width, height } = this.#part("room").getBoundingClientRect();
    return { x: x - left - width / 2, y: y - top - height / 2 };
  }

  /** @param {PointerEvent} event */
  #pointed(event) {
    const { type, pointerId, clientX: x, clientY: y } = event;
    if (event.target instanceof Element && event.target.closest("[data-part=ring]")) return;
    const before = this.#pointers.get(pointerId);
    if (type === "pointerdown" && event.button === 0) {
      this.#pointers.set(pointerId, { x, y });
      this.#part("room").setPointerCapture(pointerId);
      this.#pinch = { distance: this.#spread(), zoom: this.#zoom };
    } else if (type === "pointermove" && before) {
      this.#pointers.set(pointerId, { x, y });
      if (this.#pointers.size === 1) this.#panBy(x - before.x, y - before.y);
      else this.#pinched();
    } else if (type !== "pointermove") {
      this.#pointers.delete(pointerId);
      this.#pinch = { distance: this.#spread(), zoom: this.#zoom };
    }
  }

  #pinched() {
    if (this.#pinch.distance === 0) return;
    const [one, other] = this.#two();
    const wished = (this.#pinch.zoom * this.#spread()) / this.#pinch.distance;
    this.#zoomTo(nearestZoom(wished, this.#fitting()), this.#fromMiddle({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 }));
  }

  /** How far two fingers are apart, 0 where there are none. */
  #spread() {
    const [one, other] = this.#two();
    return Math.hypot(one.x - other.x, one.y - other.y);
  }

  /** @returns {[Point, Point]} */
  #two() {
    const [one = { x: 0, y: 0 }, other = one] = this.#pointers.values();
    return [one, other];
  }

  /**
   * @param {HTMLElement} element
   * @param {(dx: number, dy: number) => void} move
   */
  #letDrag(element, move) {
    let last = { x: 0, y: 0 };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      last = { x: event.clientX, y: event.clientY };
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      move(event.clientX - last.x, event.clientY - last.y);
      last = { x: event.clientX, y: event.clientY };
    });
  }

  /** @param {number} dx @param {number} dy */
  #moveRing(dx, dy) {
    const size = this.#size;
    this.#ring.x = 0.5 + within(this.#ring.x - 0.5 + dx / size.width, 0.5);
    this.#ring.y = 0.5 + within(this.#ring.y - 0.5 + dy / size.height, 0.5);
    this.#lay();
  }

  /** @param {KeyboardEvent} event */
  #moveRingByKey(event) {
    const step = { ArrowLeft: [-4, 0], ArrowRight: [4, 0], ArrowUp: [0, -4], ArrowDown: [0, 4] }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#moveRing(/** @type {number} */ (step[0]), /** @type {number} */ (step[1]));
  }

  // Brightness and contrast

  get #isNeutral() {
    return this.#view.brightness === 100 && this.#view.contrast === 100;
  }

  #adjusted() {
    this.#view.brightness = Number(this.#slider("brightness").value);
    this.#view.contrast = Number(this.#slider("contrast").value);
    this.#drawAdjusted();
    this.#keep();
  }

  #drawAdjusted() {
    const { brightness, contrast } = this.#view;
    this.#part("picture").style.setProperty("--filter", this.#isNeutral ? "none" : `brightness(${brightness}%) contrast(${contrast}%)`);
    this.classList.toggle("contrast-changed", !this.#isNeutral);
    this.#text("brightness-value", `${this.#words.format(brightness)} %`);
    this.#text("contrast-value", `${this.#words.format(contrast)} %`);
  }

  #keep() {
    keepView(this.dataset["person"] ?? "", this.#view);
  }

  /** @param {string} name */
  #slider(name) {
    return /** @type {HTMLInputElement} */ (this.querySelector(`input[name=${name}]`));
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part=${name}]`));
  }

  /** @param {string} name @param {string} text */
  #text(name, text) {
    const part = this.#part(name);
    if (part.textContent !== text) part.textContent = text;
  }
}

customElements.define("cell-viewer", CellViewer);
