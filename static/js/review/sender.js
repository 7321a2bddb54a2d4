/**
 * Sends what was decided, in order and in small batches, until the server has it.
 *
 * A decision, a review or an adjudication, is kept in a store before anybody may believe that it is safe, and
 * leaves the store when the server has answered for it. The store is memory here; the outbox, in IndexedDB, has the
 * same four methods.
 *
 * @typedef {import("./types.js").Result} Result
 * @typedef {import("./types.js").LastReview} LastReview
 *
 * @typedef {{id: string}} Identified
 */

/**
 * @template {Identified} D
 * @typedef {object} Store
 * @property {() => Promise<Entry<D>[]>} load          what pages left, in the order of deciding
 * @property {(decisions: D[]) => Promise<void>} add   resolves when the decisions are safe
 * @property {(entry: Entry<D>) => Promise<void>} mark the server didn't take it, and why
 * @property {(ids: string[]) => Promise<void>} remove
 */

/**
 * @typedef {object} Clock
 * @property {() => number} now                                          milliseconds
 * @property {(ms: number, call: () => void) => () => void} after        returns what cancels it
 *
 * @typedef {"offline" | "signed_out" | "busy" | "failed" | "refused"} Trouble why nothing goes out
 *
 * @typedef {object} SaveFigures
 * @property {number} unsaved          decisions that the server hasn't answered for
 * @property {readonly unknown[]} conflicts
 * @property {number} notCounted       answers that came after the round was closed
 *
 * @typedef {object} Delay
 * @property {Trouble | null} trouble
 * @property {number | null} since     when the trouble began
 * @property {number | null} retryAt
 * @property {string | null} detail    the server's own words
 */

/**
 * @template {Identified} D
 * @typedef {object} Conflict          a decision that the server didn't take and a person must settle
 * @property {D} review
 * @property {string} reason
 * @property {LastReview | null} last  the review that stands instead
 */

/**
 * @template {Identified} D
 * @typedef {SaveFigures & Delay & {conflicts: Conflict<D>[]}} SendState
 */

/**
 * @template {Identified} D
 * @typedef {object} Entry
 * @property {D} review
 * @property {"waiting" | "conflict" | "closed"} state
 * @property {string} reason
 * @property {LastReview | null} last
 * @property {string} [tab]            the page that keeps it, where pages share a store
 */

import { backOff } from "./backoff.js";

/** A batch that didn't get through; what kind of trouble decides what happens next. */
export class SendError extends Error {
  /** @param {Trouble} trouble @param {{detail?: string, retryAfter?: number | null}} [more] seconds */
  constructor(trouble, { detail = "", retryAfter = null } = {}) {
    super(detail || trouble);
    this.trouble = trouble;
    this.detail = detail || null;
    this.retryAfter = retryAfter;
  }
}

/** Keeps decisions as long as the page lives. @returns {Store<any>} */
export function memoryStore() {
  return { load: async () => [], add: async () => {}, mark: async () => {}, remove: async () => {} };
}

/** @type {Clock} */
export const wallClock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** @template {Identified} D */
export class Sender {
  #post;
  #subjectOf;
  #clock;
  #store;
  #random;
  #pace;
  #largest;
  #changed;
  #answered;
  /** @type {Entry<D>[]} in the order of deciding */
  #entries = [];
  #flying = false;
  #held = false;
  /** Since when something waits, or when something last got through. @type {number | null} */
  #waitingSince = null;
  /** How many go out together now: fewer after a batch was refused as a whole. */
  #size;
  #failures = 0;
  #lastStart = -Infinity;
  #notBefore = -Infinity;
  /** @type {(() => void) | null} */
  #cancel = null;
  /** @type {Delay} */
  #trouble = { trouble: null, since: null, retryAt: null, detail: null };

  /**
   * @param {object} options
   * @param {(decisions: D[]) => Promise<Result[]>} options.post  throws a SendError
   * @param {(decision: D) => string} options.subjectOf  what it decides on: one waits for the one before it
   * @param {Clock} [options.clock]
   * @param {Store<D>} [options.store]
   * @param {() => number} [options.random]
   * @param {number} [options.pace]      milliseconds between the beginnings of two batches
   * @param {number} [options.largest]   decisions in a batch
   * @param {(state: SendState<D>) => void} [options.changed]
   * @param {(review: D, result: Result) => void} [options.answered]
   */
  constructor({
    post,
    subjectOf,
    clock = wallClock,
    store = memoryStore(),
    random = Math.random,
    pace = 1000,
    largest = 100,
    changed = () => {},
    answered = () => {},
  }) {
    this.#post = post;
    this.#subjectOf = subjectOf;
    this.#clock = clock;
    this.#store = store;
    this.#random = random;
    this.#pace = pace;
    this.#largest = largest;
    this.#size = largest;
    this.#changed = changed;
    this.#answered = answered;
  }

  /** Nothing goes out until what earlier pages left is taken up: what is decided here may follow upon that. */
  hold() {
    this.#held = true;
  }

  /** Takes up what earlier pages left in the store. @returns {Promise<Entry<D>[]>} */
  async resume() {
    const left = await this.#store.load();
    this.takeUp(left);
    return left;
  }

  /** Sends these too, before what was decided here. Those that are here already stay as they are. @param {readonly Entry<D>[]} left */
  takeUp(left) {
    this.#held = false;
    const here = new Set(this.#entries.map(({ review }) => review.id));
    this.#entries.unshift(...left.filter(({ review }) => !here.has(review.id)));
    this.#plan();
    this.#tell();
  }

  /** Resolves when the review is safe in the store; sending it goes on by itself. @param {D} review */
  async keep(review) {
    await this.keepAll([review]);
  }

  /** Resolves when all of an act are safe; they go out together. @param {D[]} reviews */
  async keepAll(reviews) {
    await this.#store.add(reviews);
    this.#entries.push(...reviews.map((review) => waiting(review)));
    this.#plan();
    this.#tell();
  }

  /** Somebody asked, or the connection came back: don't wait for the next try. */
  tryNow() {
    for (const entry of this.#entries) if (entry.state === "closed") entry.state = "waiting";
    this.#notBefore = -Infinity;
    this.#plan();
    this.#tell();
  }

  /**
   * The person chose: this decision stands for its subject. The others on it, which the server didn't take, are
   * given up.
   *
   * @param {string} subject
   * @param {readonly D[]} instead in order; none: what the server has stands
   */
  async settle(subject, instead) {
    const given = this.#entries.filter((entry) => this.#subjectOf(entry.review) === subject);
    if (instead.length > 0) {
      const at = this.#entries.indexOf(/** @type {Entry<D>} */ (given[0]));
      this.#entries.splice(at, 0, ...instead.map(waiting));
      await this.#store.add([...instead]);
    }
    await this.#giveUp(given);
    this.#plan();
    this.#tell();
  }

  /** @returns {SendState<D>} */
  get state() {
    const conflicts = this.#entries.filter((entry) => entry.state === "conflict");
    const closed = this.#entries.filter((entry) => entry.state === "closed");
    return {
      unsaved: this.#entries.length - conflicts.length - closed.length,
      conflicts: conflicts.map(({ review, reason, last }) => ({ review, reason, last })),
      notCounted: closed.length,
      ...this.#trouble,
    };
  }

  /** What the next batches bring, in order: nothing while something earlier is awaited. */
  get waiting() {
    return this.#held ? [] : this.#entries.filter(({ state }) => state === "waiting").map(({ review }) => review);
  }

  /** How long the oldest decision here has been waiting, in milliseconds. */
  get waitingFor() {
    return this.#waitingSince === null ? 0 : this.#clock.now() - this.#waitingSince;
  }

  /** The next reviews to send. One that follows an unsettled review of the same cell waits for it. */
  #batch() {
    const held = new Set(this.#entries.filter(({ state }) => state !== "waiting").map(({ review }) => this.#subjectOf(review)));
    return this.#entries
      .filter(({ state, review }) => state === "waiting" && !held.has(this.#subjectOf(review)))
      .slice(0, this.#size);
  }

  #plan() {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#flying || this.#held || this.#batch().length === 0) return;
    const due = Math.max(this.#lastStart + this.#pace, this.#notBefore);
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), () => void this.#flush());
  }

  async #flush() {
    this.#cancel = null;
    const batch = this.#batch();
    this.#flying = true;
    this.#lastStart = this.#clock.now();
    try {
      const results = await this.#post(batch.map((entry) => entry.review));
      await this.#take(batch, results);
    } catch (error) {
      this.#stumble(error, batch);
    } finally {
      this.#flying = false;
      this.#plan();
      this.#tell();
    }
  }

  /** @param {Entry<D>[]} batch @param {Result[]} results */
  async #take(batch, results) {
    const byId = new Map(results.map((result) => [result.id, result]));
    if (!batch.some(({ review }) => byId.has(review.id))) {
      throw new SendError("failed", { detail: "The server answered for none of the reviews." });
    }
    this.#recover();
    /** @type {Entry<D>[]} */
    const finished = [];
    /** @type {Entry<D>[]} */
    const staying = [];
    /** @type {[D, Result][]} */
    const answers = [];
    for (const entry of batch) {
      const result = byId.get(entry.review.id);
      if (!result) continue;
      answers.push([entry.review, result]);
      (this.#mark(entry, result) ? staying : finished).push(entry);
    }
    await Promise.all(staying.map((entry) => this.#store.mark(entry)));
    await this.#giveUp(finished);
    for (const [review, result] of answers) this.#answered(review, result);
  }

  /** Whether the review has to stay. @param {Entry<D>} entry @param {Result} result */
  #mark(entry, { status, reason, last }) {
    if (status === "recorded" || status === "already_recorded") return false;
    if (reason === "moved") return false;
    entry.state = reason === "round_closed" ? "closed" : "conflict";
    entry.reason = reason ?? status;
    entry.last = last ?? null;
    return true;
  }

  #recover() {
    this.#waitingSince = null;
    this.#failures = 0;
    this.#size = Math.min(this.#largest, this.#size * 2);
    this.#notBefore = -Infinity;
    this.#trouble = { trouble: null, since: null, retryAt: null, detail: null };
  }

  /**
   * The batch stays and goes out again later. If the server refuses it as a whole, it goes in halves, so that one
   * bad decision doesn't hold up the rest.
   *
   * @param {unknown} error
   * @param {Entry<D>[]} batch
   */
  #stumble(error, batch) {
    const { trouble, detail, retryAfter } = error instanceof SendError ? error : new SendError("failed", { detail: String(error) });
    if (trouble === "refused") {
      const [only] = batch;
      if (batch.length === 1 && only) {
        Object.assign(only, { state: "conflict", reason: detail ?? "invalid", last: null });
        void this.#store.mark(only);
        this.#recover();
        this.#answered(only.review, { id: only.review.id, status: "invalid", reason: detail });
      } else {
        this.#size = Math.max(1, Math.floor(batch.length / 2));
      }
      return;
    }
    this.#failures += 1;
    const now = this.#clock.now();
    this.#notBefore = now + Math.max(backOff(this.#failures, this.#random), (retryAfter ?? 0) * 1000);
    this.#trouble = {
      trouble,
      detail,
      since: this.#trouble.trouble === null ? now : this.#trouble.since,
      retryAt: this.#notBefore,
    };
  }

  /** @param {Entry<D>[]} entries */
  async #giveUp(entries) {
    if (entries.length === 0) return;
    const gone = new Set(entries);
    this.#entries = this.#entries.filter((entry) => !gone.has(entry));
    await this.#store.remove(entries.map((entry) => entry.review.id));
  }

  #tell() {
    if (!this.#entries.some(({ state }) => state === "waiting")) this.#waitingSince = null;
    else this.#waitingSince ??= this.#clock.now();
    this.#changed(this.state);
  }
}

/**
 * @template {Identified} D
 * @param {D} review
 * @returns {Entry<D>}
 */
function waiting(review) {
  return { review, state: "waiting", reason: "", last: null };
}
