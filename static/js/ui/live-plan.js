/**
 * <live-plan data-form>: what the answers of the round's form come to, asked from the server's dry run while one types. Old
 * numbers stay, greyed, until the new ones are there. Rows are templates of the page.
 */

import { formatNumber, t, tn } from "../i18n.js";
import { ApiError, api } from "./api.js";
import { ApiForm } from "./api-form.js";
import { planNotes } from "./plan-notes.js";
import { duration } from "./time.js";

/**
 * @typedef {object} Plan
 * @property {number} cells
 * @property {number} assignments repeats and traps among them
 * @property {number} repeats
 * @property {number} traps
 * @property {number} traps_missing
 * @property {number} audited among the cells
 * @property {number} unranked
 * @property {number} born_disputed
 * @property {number} reviews_per_cell
 * @property {number | null} seconds_per_cell
 * @property {{reviewer: string, assignments: number, hours: number | null}[]} reviewers
 * @property {{given_label: string | null, cells: number, assignments: number}[]} classes
 */

const PAUSE = 250;

export class LivePlan extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {AbortController | undefined} */
  #asking;

  connectedCallback() {
    const { form } = this;
    form?.addEventListener("input", this);
    if (form) void this.ask();
  }

  disconnectedCallback() {
    this.form?.removeEventListener("input", this);
    this.#asking?.abort();
    clearTimeout(this.#timer);
  }

  /** @returns {ApiForm | null} */
  get form() {
    const found = document.getElementById(this.dataset.form || "");
    return found instanceof ApiForm ? found : null;
  }

  handleEvent() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), PAUSE);
  }

  async ask() {
    const { form } = this;
    if (!form) return;
    const values = form.values();
    if (!values.reviewers?.length) {
      this.#say(t("Choose reviewers to see a plan."));
      return;
    }
    this.#asking?.abort();
    this.#asking = new AbortController();
    this.#part("[data-plan]").classList.add("stale");
    this.#say(t("counting"));
    try {
      const plan = await api("POST", "/api/v1/rounds/plan", { ...values, name: values.name || t("New round") }, { signal: this.#asking.signal });
      this.show(plan);
    } catch (error) {
      if (error instanceof ApiError) this.#say(error.message);
    }
  }

  /** @param {Plan} plan */
  show(plan) {
    const body = this.#part("[data-plan]");
    body.hidden = false;
    body.classList.remove("stale");
    this.#part("[data-plan-empty]").hidden = true;
    this.#say(t("changes as you type"));
    this.#part("[data-plan-cells]").textContent = tn(plan.reviews_per_cell, "{cells} cells × {n} review", "{cells} cells × {n} reviews", {
      cells: formatNumber(plan.cells),
    });
    this.#part("[data-plan-product]").textContent = formatNumber(plan.cells * plan.reviews_per_cell);
    for (const [name, n] of /** @type {[string, number][]} */ ([["repeats", plan.repeats], ["traps", plan.traps]])) {
      this.#part(`[data-plan-${name}-row]`).hidden = n === 0;
      this.#part(`[data-plan-${name}]`).textContent = formatNumber(n);
    }
    this.#part("[data-plan-assignments]").textContent = formatNumber(plan.assignments);
    this.#part("[data-plan-reviewers]").replaceChildren(
      ...plan.reviewers.map(({ reviewer, assignments, hours }) =>
        this.#row("reviewer-row", { name: reviewer, cells: formatNumber(assignments), time: hours === null ? "–" : duration(hours * 3600) }),
      ),
    );
    this.#part("[data-plan-pace]").textContent =
      plan.seconds_per_cell === null ? t("No pace is known yet, so no time is given.") : t("At {pace} a cell, the pace so far.", { pace: duration(plan.seconds_per_cell) });
    const most = Math.max(1, ...plan.classes.map(({ cells }) => cells));
    this.#part("[data-plan-classes]").replaceChildren(...plan.classes.map((row) => this.#classRow(row, most)));
    this.#part("[data-plan-notes]").replaceChildren(...planNotes(plan).map((text) => this.#row("note", { text })));
  }

  /** @param {Plan["classes"][number]} row @param {number} most */
  #classRow({ given_label: name, cells }, most) {
    const row = this.#row("class-row", { cells: formatNumber(cells) });
    const chip = name === null ? null : this.querySelector(`template[data-chip="${CSS.escape(name)}"]`);
    const place = row.querySelector('[data-slot="chip"]');
    if (chip instanceof HTMLTemplateElement) place?.replaceChildren(chip.content.cloneNode(true));
    else if (place) place.textContent = name ?? t("no one given label");
    const bar = row.querySelector("progress");
    if (bar) {
      bar.max = most;
      bar.value = cells;
    }
    return row;
  }

  /** @param {string} name @param {Record<string, string>} slots */
  #row(name, slots) {
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector(`template[data-${name}]`));
    const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    for (const [slot, text] of Object.entries(slots)) {
      const place = row.querySelector(`[data-slot="${slot}"]`);
      if (place) place.textContent = text;
    }
    return row;
  }

  /** @param {string} selector @returns {HTMLElement} */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }

  /** @param {string} words */
  #say(words) {
    const place = this.#part("[data-plan-state]");
    if (place.textContent !== words) place.textContent = words;
  }
}

customElements.define("live-plan", LivePlan);
