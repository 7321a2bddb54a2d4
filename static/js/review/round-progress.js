/**
 * `<round-progress>`: a panel that says where somebody is in a round: cells, time, and in a sighted round each class.
 * It asks the server once, when the page is opened, and counts on by itself; it draws only while it is open.
 */

import { t } from "../i18n.js";
import { tally } from "./tally.js";
import { ask } from "./transport.js";
import { decimal, duration, number } from "./words.js";

/**
 * @typedef {object} Whereabouts
 * @property {number} total
 * @property {number} done
 * @property {number | null} pace              active seconds a cell
 * @property {number} secondsHere             active seconds since the page was opened
 * @property {Iterable<string | null>} answered the labels shown of the cells answered here
 */

export class RoundProgress extends HTMLElement {
  /** @type {Promise<import("./tally.js").ClassProgress[] | null> | null} */
  #counted = null;
  /** @type {(() => Whereabouts) | null} */
  #whereabouts = null;

  /**
   * @param {string} round @param {string} user
   * @param {() => Whereabouts} whereabouts what the page knows when the panel is drawn
   */
  follow(round, user, whereabouts) {
    this.#whereabouts = whereabouts;
    this.#counted = ask("GET", `/api/v1/rounds/${round}/progress`, undefined, user).then(
      ({ classes }) => classes,
      () => null,
    );
  }

  get isOpen() {
    return this.matches(":popover-open");
  }

  async toggle() {
    this.togglePopover();
    await this.draw();
  }

  close() {
    if (this.isOpen) this.hidePopover();
  }

  /** Draws what is so now, if anybody looks. */
  async draw() {
    if (!this.isOpen || !this.#whereabouts) return;
    const { total, done, pace, secondsHere, answered } = this.#whereabouts();
    const left = Math.max(0, total - done);
    this.#text("done", t("{done} of {total}", { done: number(done), total: number(total) }));
    this.#text("left", number(left));
    this.#text("time-left", pace === null ? "–" : t("about {time}", { time: duration(pace * left) }));
    this.#text("pace", pace === null ? "–" : t("{n} s a cell", { n: decimal(pace) }));
    this.#text("here", duration(Math.round(secondsHere)));
    const counted = await this.#counted;
    this.#part("by-class").hidden = !counted;
    if (counted) this.#drawClasses(tally(counted, answered));
  }

  /** @param {import("./tally.js").ClassProgress[]} classes */
  #drawClasses(classes) {
    const found = new Map(classes.map((one) => [one.label ?? "", one]));
    for (const row of this.querySelectorAll("tr[data-label]")) {
      const one = found.get(/** @type {HTMLElement} */ (row).dataset["label"] ?? "");
      /** @type {HTMLElement} */ (row).hidden = !one;
      if (!one) continue;
      /** @type {HTMLElement} */ (row.querySelector(".done")).textContent = number(one.done);
      /** @type {HTMLElement} */ (row.querySelector(".of")).textContent = number(one.total);
      row.querySelector("rect")?.setAttribute("width", `${(100 * one.done) / Math.max(1, one.total)}%`);
    }
  }

  /** @param {string} name @param {string} text */
  #text(name, text) {
    this.#part(name).textContent = text;
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-figure=${name}]`));
  }
}

customElements.define("round-progress", RoundProgress);
