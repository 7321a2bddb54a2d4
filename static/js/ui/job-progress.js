/**
 * <job-progress data-job data-state>: keeps its bar and words live and loads the page again when the job is over, so that the
 * server draws the report.
 */

import { formatNumber, t } from "../i18n.js";
import { api } from "./api.js";
import { isOver, pollDelay, secondsLeft } from "./job.js";
import { duration } from "./time.js";

export class JobProgress extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0;
  /** @type {{done: number, at: number} | null} */
  #first = null;

  connectedCallback() {
    if (this.dataset.state === "queued" || this.dataset.state === "running") this.#wait();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #wait() {
    this.#timer = setTimeout(() => void this.#ask(), 1000 * pollDelay(this.#asked++));
  }

  async #ask() {
    try {
      const job = await api("GET", `/api/v1/jobs/${this.dataset.job}`);
      this.show(job);
      if (isOver(job)) {
        location.reload();
        return;
      }
    } catch {
      this.#text("[data-job-left]", t("No news of the job. Trying again."));
    }
    if (this.isConnected) this.#wait();
  }

  /** @param {import("./job.js").Job} job */
  show(job) {
    const last = { done: job.done, at: performance.now() / 1000 };
    this.#first ??= last;
    const left = secondsLeft(this.#first, last, job.total);
    this.#text("[data-job-state]", job.state === "queued" ? t("waiting to start") : t("running"));
    this.#text(
      "[data-job-count]",
      job.total ? t("{done} of {total}", { done: formatNumber(job.done), total: formatNumber(job.total) }) : job.done ? formatNumber(job.done) : "",
    );
    this.#text("[data-job-left]", left === null ? "" : t("about {time} left", { time: duration(left) }));
    if (this.querySelector("[data-job-message]")?.textContent !== job.message) this.#text("[data-job-message]", job.message);
    const bar = this.querySelector("progress");
    if (bar && job.total) {
      bar.max = job.total;
      bar.value = job.done;
    }
  }

  /** @param {string} selector @param {string} text */
  #text(selector, text) {
    const place = this.querySelector(selector);
    if (place) place.textContent = text;
  }
}

customElements.define("job-progress", JobProgress);
