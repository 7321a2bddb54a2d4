/**
 * Pictures decoded before they are needed, a few at a time, in the order in which they will be needed.
 *
 * @typedef {object} Picture
 * @property {"waiting" | "loading" | "ready" | "failed"} state
 * @property {HTMLImageElement | null} image
 * @property {unknown} error
 */

export class Pictures {
  #load;
  #parallel;
  #most;
  #changed;
  /** @type {Map<string, Picture>} by address, the least wanted first */
  #pictures = new Map();
  /** @type {string[]} */
  #wanted = [];

  /**
   * @param {object} options
   * @param {(url: string) => Promise<HTMLImageElement>} options.load  resolves when the picture is decoded
   * @param {number} [options.parallel]
   * @param {number} [options.most]      pictures to hold
   * @param {(url: string) => void} [options.changed]  a picture is ready, or has failed
   */
  constructor({ load, parallel = 4, most = 48, changed = () => {} }) {
    this.#load = load;
    this.#parallel = parallel;
    this.#most = most;
    this.#changed = changed;
  }

  /** @param {string} url @returns {Picture} */
  get(url) {
    return this.#pictures.get(url) ?? { state: "waiting", image: null, error: null };
  }

  /** What will be looked at, soonest first. The rest is forgotten when there is no room. @param {string[]} urls */
  want(urls) {
    this.#wanted = urls;
    for (const url of [...urls].reverse()) {
      const picture = this.get(url);
      this.#pictures.delete(url);
      this.#pictures.set(url, picture);
    }
    for (const url of this.#pictures.keys()) {
      if (this.#pictures.size <= this.#most) break;
      if (!urls.includes(url)) this.#pictures.delete(url);
    }
    this.#loadNext();
  }

  /** Tries those again that failed for this reason. @param {(error: unknown) => boolean} [isReason] */
  retry(isReason = () => true) {
    for (const picture of this.#pictures.values()) {
      if (picture.state === "failed" && isReason(picture.error)) picture.state = "waiting";
    }
    this.#loadNext();
  }

  #loadNext() {
    let loading = [...this.#pictures.values()].filter(({ state }) => state === "loading").length;
    for (const url of this.#wanted) {
      if (loading >= this.#parallel) return;
      const picture = this.#pictures.get(url);
      if (picture?.state !== "waiting") continue;
      loading += 1;
      void this.#loadOne(url, picture);
    }
  }

  /** @param {string} url @param {Picture} picture */
  async #loadOne(url, picture) {
    picture.state = "loading";
    try {
      picture.image = await this.#load(url);
      picture.state = "ready";
    } catch (error) {
      picture.state = "failed";
      picture.error = error;
    }
    this.#changed(url);
    this.#loadNext();
  }
}
