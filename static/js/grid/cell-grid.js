/**
 * `<cell-grid>`: a page of cells to choose among, all at one scale. It keeps the selection and the focus, draws what it
 * is told, and says which cells were on the screen with their pictures.
 *
 * Events: `choose` when the selection or the focus changed, `seen` with the ids of cells that were painted within
 * sight, `menu` and `carry` with a place on the screen.
 *
 * @typedef {object} CellView
 * @property {string} id
 * @property {string} name      what a screen reader says of it
 * @property {HTMLImageElement | null} image  decoded
 * @property {number} side      the picture's longer side in its own pixels
 * @property {string} word      what stands under it
 * @property {boolean} decided
 * @property {boolean} broken
 */

import { onceDrawn } from "../review/frames.js";
import { touched } from "./band.js";
import { followPointers } from "./pointing.js";
import { Selection } from "./selection.js";

export class CellGrid extends HTMLElement {
  selection = new Selection();
  /** @type {HTMLElement[]} */
  #options = [];
  /** @type {CellView[]} */
  #views = [];
  /** The longest side of a picture so far: it fills a cell. */
  #longest = 0;
  /** @type {Set<Element>} */
  #inSight = new Set();
  /** @type {Set<string>} */
  #painted = new Set();
  /** @type {IntersectionObserver | null} */
  #observer = null;
  /** @type {Set<number> | null} */
  #addedTo = null;

  connectedCallback() {
    this.#observer = new IntersectionObserver((entries) => this.#sightChanged(entries), { root: this.#room, threshold: 0.5 });
    this.addEventListener("keydown", (event) => this.#keyPressed(event));
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("focusin", (event) => this.#focused(event));
    followPointers(this.#room, {
      takeUp: (cell) => this.#choose(() => this.selection.takeUp(this.#placeOf(cell))),
      drag: (phase, at) => this.#tell("carry", { phase, ...at }),
      beginBand: (adds) => void (this.#addedTo = adds ? this.selection.copy() : null),
      band: (band) => this.#drawBand(band),
      menu: (cell, at) => {
        this.#choose(() => this.selection.takeUp(this.#placeOf(cell)));
        this.#tell("menu", at);
      },
    });
  }

  /** Another page, in the order of the views. @param {CellView[]} views @param {(place: number) => boolean} mayBeSelected */
  lay(views, mayBeSelected) {
    this.#observer?.disconnect();
    this.#inSight.clear();
    this.#painted.clear();
    this.#options = views.map(() => this.#newOption());
    this.#views = [];
    this.selection.reset(views.length, mayBeSelected);
    this.replaceChildren(...this.#options);
    this.hidden = views.length === 0;
    this.draw(views);
    this.#room.scrollTop = 0;
    for (const option of this.#options) this.#observer?.observe(option);
  }

  /** The same cells as they are now. @param {CellView[]} views */
  draw(views) {
    const longest = Math.max(this.#longest, ...views.map(({ side }) => side));
    const resized = longest !== this.#longest;
    this.#longest = longest;
    const before = this.#views;
    this.#views = views;
    let placed = false;
    views.forEach((view, place) => {
      const option = /** @type {HTMLElement} */ (this.#options[place]);
      const image = before[place]?.image ?? null;
      if (view.image && (view.image !== image || resized)) this.#place(option, view);
      if (view.image && view.image !== image) placed = true;
      this.#drawOption(option, view, place);
    });
    if (placed) onceDrawn(() => this.#paintedNow(views));
  }

  /** The part with its own keyboard. @override */
  focus() {
    this.#options[this.selection.focus]?.focus();
  }

  /** @param {HTMLElement} option @param {CellView} view @param {number} place */
  #drawOption(option, view, place) {
    const selected = this.selection.has(place);
    option.dataset["assignment"] = view.id;
    option.setAttribute("aria-selected", String(selected));
    option.tabIndex = place === this.selection.focus ? 0 : -1;
    option.classList.toggle("in-focus", place === this.selection.focus);
    option.classList.toggle("decided", view.decided);
    option.classList.toggle("broken", view.broken);
    write(option, ".cell-name", view.name);
    write(option, ".cell-word", view.word);
  }

  /** All pictures at one scale: the longest fills its cell. @param {HTMLElement} option @param {CellView} view */
  #place(option, { image, side }) {
    if (!image) return;
    image.alt = "";
    image.draggable = false;
    const scale = side / this.#longest / Math.max(image.naturalWidth, image.naturalHeight);
    image.style.setProperty("--width", String(image.naturalWidth * scale));
    image.style.setProperty("--height", String(image.naturalHeight * scale));
    const picture = /** @type {HTMLElement} */ (option.querySelector(".cell-picture"));
    if (image.parentElement !== picture) picture.replaceChildren(image);
  }

  /** @param {CellView[]} views that the frame drew */
  #paintedNow(views) {
    if (this.#views[0]?.id !== views[0]?.id) return;
    for (const { id, image } of views) if (image) this.#painted.add(id);
    this.#tellSeen();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #sightChanged(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#inSight.add(target);
      else this.#inSight.delete(target);
    }
    this.#tellSeen();
  }

  #tellSeen() {
    const ids = this.#views.filter(({ id }, place) => this.#painted.has(id) && this.#inSight.has(/** @type {HTMLElement} */ (this.#options[place])));
    if (ids.length > 0) this.#tell("seen", ids.map(({ id }) => id));
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    if (event.altKey || event.isComposing) return;
    const { selection } = this;
    const command = event.ctrlKey || event.metaKey;
    const last = this.#views.length - 1;
    const columns = this.#columns;
    const rows = Math.max(1, Math.floor(this.#room.clientHeight / (this.#options[0]?.offsetHeight ?? 1)) - 1);
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (by !== undefined && !command) this.#choose(() => selection.move(by, event.shiftKey), true);
    else if (event.key === "Home") this.#choose(() => selection.moveTo(command ? 0 : selection.focus - (selection.focus % columns), event.shiftKey), true);
    else if (event.key === "End") this.#choose(() => selection.moveTo(command ? last : Math.min(last, selection.focus - (selection.focus % columns) + columns - 1), event.shiftKey), true);
    else if (event.key === "PageDown") this.#choose(() => selection.moveTo(stepped(selection.focus, rows * columns, columns, last), event.shiftKey), true);
    else if (event.key === "PageUp") this.#choose(() => selection.moveTo(stepped(selection.focus, -rows * columns, columns, last), event.shiftKey), true);
    else if (event.key === " " && !command && !event.repeat) this.#choose(() => selection.toggle(selection.focus));
    else if (event.key.toLowerCase() === "a" && command && !event.shiftKey) this.#choose(() => selection.all());
    else if (event.key !== " ") return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (!(option instanceof HTMLElement)) return;
    const place = this.#placeOf(option);
    this.#choose(() => (event.shiftKey ? this.selection.extendTo(place) : this.selection.toggle(place)), true);
  }

  /** @param {FocusEvent} event */
  #focused(event) {
    const place = this.#options.findIndex((option) => option === event.target);
    if (place >= 0 && place !== this.selection.focus) this.#choose(() => this.selection.focusOn(place));
  }

  /** @param {() => void} change @param {boolean} [focuses] */
  #choose(change, focuses = false) {
    change();
    this.draw(this.#views);
    if (focuses && this.#options[this.selection.focus] !== document.activeElement) this.focus();
    this.#tell("choose", null);
  }

  /** @param {import("./band.js").Box | null} band in the room's content */
  #drawBand(band) {
    const element = /** @type {HTMLElement} */ (this.#room.querySelector("[data-part=band]"));
    element.hidden = band === null;
    if (!band) return;
    const box = { "--left": band.left, "--top": band.top, "--width": band.right - band.left, "--height": band.bottom - band.top };
    for (const [name, value] of Object.entries(box)) element.style.setProperty(name, `${value}px`);
    const { left, top } = this.#room.getBoundingClientRect();
    const boxes = this.#options.map((option) => {
      const picture = /** @type {Element} */ (option.querySelector(".cell-picture")).getBoundingClientRect();
      const [x, y] = [this.#room.scrollLeft - left, this.#room.scrollTop - top];
      return { left: picture.left + x, right: picture.right + x, top: picture.top + y, bottom: picture.bottom + y };
    });
    this.#choose(() => this.selection.enclose(touched(band, boxes), this.#addedTo));
  }

  get #columns() {
    const [first] = this.#options;
    const row = this.#options.findIndex((option) => option.offsetTop !== first?.offsetTop);
    return row > 0 ? row : Math.max(1, this.#options.length);
  }

  get #room() {
    return /** @type {HTMLElement} */ (this.parentElement);
  }

  #newOption() {
    const template = /** @type {HTMLTemplateElement} */ (this.#room.querySelector("template"));
    return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  }

  /** @param {HTMLElement} option */
  #placeOf(option) {
    return this.#options.indexOf(option);
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {HTMLElement} option @param {string} part @param {string} text */
function write(option, part, text) {
  const element = /** @type {HTMLElement} */ (option.querySelector(part));
  if (element.textContent !== text) element.textContent = text;
}

/** As far as there are cells, in the same column. @param {number} from @param {number} by @param {number} columns @param {number} last */
function stepped(from, by, columns, last) {
  const to = from + by;
  if (to < 0) return from % columns;
  return to <= last ? to : from + columns * Math.floor((last - from) / columns);
}

customElements.define("cell-grid", CellGrid);
