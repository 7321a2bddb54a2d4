/**
 * Active seconds on one cell. A hidden tab doesn't count, and of a stretch without any sign of life only the
 * first `patience` counts: whoever looks without moving is working, whoever went for coffee isn't.
 */
export class ActiveTimer {
  #now;
  #patience;
  #active = 0;
  /** @type {number | null} when the running stretch began; null while hidden */
  #since;

  /** @param {{now: () => number, patience?: number}} options milliseconds */
  constructor({ now, patience = 60_000 }) {
    this.#now = now;
    this.#patience = patience;
    this.#since = now();
  }

  /** A new cell is on the screen. */
  restart() {
    this.#active = 0;
    if (this.#since !== null) this.#since = this.#now();
  }

  /** The reviewer moved, pressed or touched something. */
  touch() {
    if (this.#since !== null) this.#bank(this.#since, this.#now());
  }

  hide() {
    if (this.#since !== null) this.#bank(this.#since, null);
  }

  show() {
    this.#since ??= this.#now();
  }

  get seconds() {
    return Math.round((this.#active + this.#running()) / 100) / 10;
  }

  #running() {
    return this.#since === null ? 0 : Math.min(this.#now() - this.#since, this.#patience);
  }

  /** @param {number} since @param {number | null} next */
  #bank(since, next) {
    this.#active += Math.min(this.#now() - since, this.#patience);
    this.#since = next;
  }
}
