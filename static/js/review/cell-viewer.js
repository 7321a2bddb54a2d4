/**
 * `<cell-viewer>`: the picture on neutral ground in whole device pixels per picture pixel, its scale bar, the
 * 7 µm ring, zoom, brightness and contrast. Nothing near it is coloured, and nothing is adjusted unasked.
 */

import { language, t } from "../i18n.js";
import { fittingZoom, nextZoom, scaleBar, sizeOnScreen } from "./scale.js";

const ringUm = 7;
const remembered = "cytoreview.zoom";

export class CellViewer extends HTMLElement {
  /** @type {number | null} */
  #pxPerUm = null;
  /** @type {HTMLImageElement | null} */
  #image = null;
  /** @type {number | null} null: the largest that fits */
  #zoom = Number(sessionStorage.getItem(remembered)) || null;
  #pan = { x: 0, y: 0 };
  #ring = { shown: false, x: 0.19, y: 0.84 };
  #paintedAt = Infinity;
  /** @type {number | undefined} */
  #loading;
  #words = new Intl.NumberFormat(language(), { maximumFractionDigits: 1 });

  connectedCallback() {
    this.#pxPerUm = Number(this.dataset["pxPerUm"]) || null;
    new ResizeObserver(() => this.#lay()).observe(this.#part("room"));
    this.#watchPixelRatio();
    this.#letDrag(this.#part("picture"), (dx, dy) => this.#panBy(dx, dy));
    this.#letDrag(this.#part("ring"), (dx, dy) => this.#moveRing(dx, dy));
    this.#part("ring").addEventListener("keydown", (event) => this.#moveRingByKey(event));
    this.#part("adjust").addEventListener("input", () => this.#adjusted());
    this.querySelector("[data-part=adjust] form")?.addEventListener("submit", (event) => event.preventDefault());
    this.#adjusted();
    this.#lay();
  }

  /** When the picture on the screen was painted, in the time of events; Infinity while there is none. */
  get paintedAt() {
    return this.#paintedAt;
  }

  /** @param {HTMLImageElement} image decoded @param {string} name what it shows */
  show(image, name) {
    clearTimeout(this.#loading);
    this.#part("loading").hidden = true;
    if (this.#image === image) return;
    image.alt = name;
    image.draggable = false;
    this.#image = image;
    this.#pan = { x: 0, y: 0 };
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

  zoom() {
    const fitting = this.#fitting();
    const zoom = nextZoom(this.#zoom ?? fitting, fitting);
    this.#zoom = zoom === fitting ? null : zoom;
    sessionStorage.setItem(remembered, String(this.#zoom ?? ""));
    this.#pan = { x: 0, y: 0 };
    this.#lay();
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
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        if (this.#image === image) this.#paintedAt = performance.now();
        port1.close();
      };
      port2.postMessage(null);
    });
  }

  #fitting() {
    const { clientWidth: width, clientHeight: height } = this.#part("room");
    return fittingZoom(this.#natural(), { width, height }, devicePixelRatio);
  }

  #natural() {
    return { width: this.#image?.naturalWidth || 288, height: this.#image?.naturalHeight || 288 };
  }

  #lay() {
    const fitting = this.#fitting();
    const zoom = this.#zoom ?? fitting;
    const size = sizeOnScreen(this.#natural(), zoom, devicePixelRatio);
    const picture = this.#part("picture");
    picture.style.setProperty("--width", `${size.width}px`);
    picture.style.setProperty("--height", `${size.height}px`);
    const room = this.#part("room");
    picture.style.setProperty("--x", `${snap((room.clientWidth - size.width) / 2 + this.#pan.x)}px`);
    picture.style.setProperty("--y", `${snap((room.clientHeight - size.height) / 2 + this.#pan.y)}px`);
    picture.classList.toggle("smooth", zoom < 1);
    picture.classList.toggle("larger", size.width > room.clientWidth + 1 || size.height > room.clientHeight + 1);
    this.#text("zoom", `${this.#words.format(zoom)}×`);
    this.#layScale(zoom, size);
  }

  /** @param {number} zoom @param {import("./scale.js").Size} size */
  #layScale(zoom, size) {
    const scale = this.#part("scale");
    const ring = this.#part("ring");
    scale.hidden = this.#pxPerUm === null;
    scale.classList.toggle("idle", this.#image === null);
    for (const button of this.#ringButtons()) button.setAttribute("aria-pressed", String(this.#ring.shown));
    ring.hidden = this.#pxPerUm === null || !this.#ring.shown || this.#image === null;
    if (this.#pxPerUm === null) return;
    const cssPxPerUm = (this.#pxPerUm * zoom) / devicePixelRatio;
    const bar = scaleBar(cssPxPerUm, Math.min(180, 0.22 * this.#part("room").clientWidth));
    this.#part("scale-bar").style.setProperty("--length", `${bar.length}px`);
    this.#text("scale-um", t("{n} µm", { n: this.#words.format(bar.um) }));
    ring.style.setProperty("--diameter", `${ringUm * cssPxPerUm}px`);
    ring.style.setProperty("--x", `${(this.#ring.x - 0.5) * size.width}px`);
    ring.style.setProperty("--y", `${(this.#ring.y - 0.5) * size.height}px`);
  }

  #ringButtons() {
    return (this.closest("[data-conductor]") ?? this).querySelectorAll("[data-act=ring]");
  }

  #watchPixelRatio() {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
      "change",
      () => {
        this.#lay();
        this.#watchPixelRatio();
      },
      { once: true },
    );
  }

  /**
   * @param {HTMLElement} element
   * @param {(dx: number, dy: number) => void} move
   */
  #letDrag(element, move) {
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) move(event.movementX, event.movementY);
    });
  }

  /** @param {number} dx @param {number} dy */
  #panBy(dx, dy) {
    const room = this.#part("room");
    const size = sizeOnScreen(this.#natural(), this.#zoom ?? this.#fitting(), devicePixelRatio);
    const most = { x: Math.max(0, (size.width - room.clientWidth) / 2), y: Math.max(0, (size.height - room.clientHeight) / 2) };
    this.#pan = { x: within(this.#pan.x + dx, most.x), y: within(this.#pan.y + dy, most.y) };
    this.#lay();
  }

  /** @param {number} dx @param {number} dy */
  #moveRing(dx, dy) {
    const size = sizeOnScreen(this.#natural(), this.#zoom ?? this.#fitting(), devicePixelRatio);
    this.#ring.x = 0.5 + within(this.#ring.x - 0.5 + dx / size.width, 0.5);
    this.#ring.y = 0.5 + within(this.#ring.y - 0.5 + dy / size.height, 0.5);
    this.#lay();
  }

  /** @param {KeyboardEvent} event */
  #moveRingByKey(event) {
    const step = { ArrowLeft: [-4, 0], ArrowRight: [4, 0], ArrowUp: [0, -4], ArrowDown: [0, 4] }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#moveRing(/** @type {number} */ (step[0]), /** @type {number} */ (step[1]));
  }

  get #isNeutral() {
    return this.#slider("brightness").value === "100" && this.#slider("contrast").value === "100";
  }

  #adjusted() {
    const brightness = this.#slider("brightness").value;
    const contrast = this.#slider("contrast").value;
    this.#part("picture").style.setProperty("--filter", this.#isNeutral ? "none" : `brightness(${brightness}%) contrast(${contrast}%)`);
    this.classList.toggle("contrast-changed", !this.#isNeutral);
    this.#text("brightness-value", `${this.#words.format(Number(brightness))} %`);
    this.#text("contrast-value", `${this.#words.format(Number(contrast))} %`);
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

/** A length that ends on a device pixel, so that the picture's pixels do too. @param {number} length */
function snap(length) {
  return Math.round(length * devicePixelRatio) / devicePixelRatio;
}

/** @param {number} value @param {number} most */
function within(value, most) {
  return Math.max(-most, Math.min(most, value));
}

customElements.define("cell-viewer", CellViewer);
