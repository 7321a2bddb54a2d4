/**
 * What the pages of one reviewer in one browser tell each other, so that no cell is on two screens at once and an
 * answer given on one is known on the others.
 *
 * A page claims the cell on its screen. Of two claims to one cell the older stands, of two as old that of the page
 * whose id is smaller; both sides come to the same result by themselves. Should they answer it both all the same, the
 * server tells the second one so, and the person settles it.
 *
 * @typedef {import("./outbox.js").KeptReview} KeptReview
 *
 * @typedef {object} Claim
 * @property {string} cell   an assignment
 * @property {number} since  milliseconds
 *
 * @typedef {{from: string} & (
 *   | {type: "hello" | "here" | "show", claim: Claim | null}
 *   | {type: "decided", review: KeptReview}
 *   | {type: "bye"}
 * )} Message
 */

export class Tabs {
  #id;
  #post;
  #now;
  #claimsChanged;
  #decided;
  #left;
  /** @type {Claim | null} */
  #mine = null;
  /** What is on the screens of the others. @type {Map<string, Claim | null>} */
  #others = new Map();
  /** Who hasn't answered since they were last asked. @type {Set<string>} */
  #silent = new Set();

  /**
   * @param {object} options
   * @param {string} options.id                              of this page
   * @param {(message: Message) => void} options.post        to the others
   * @param {() => number} [options.now]
   * @param {() => void} [options.claimsChanged]             other cells are `taken` now
   * @param {(review: KeptReview) => void} [options.decided] another page kept a review
   * @param {() => void} [options.left]                      a page was closed: what it kept has to be sent by another
   */
  constructor({ id, post, now = Date.now, claimsChanged = () => {}, decided = () => {}, left = () => {} }) {
    this.#id = id;
    this.#post = post;
    this.#now = now;
    this.#claimsChanged = claimsChanged;
    this.#decided = decided;
    this.#left = left;
  }

  /** The cells that are on other screens and not to be shown here. @returns {Set<string>} */
  get taken() {
    const claims = [...this.#others].filter(([tab, claim]) => claim && this.#yieldsTo(tab, claim));
    return new Set(claims.map(([, claim]) => /** @type {Claim} */ (claim).cell));
  }

  /** Whether a page is open, as far as is known here. @param {string} tab */
  isOpen(tab) {
    return tab === this.#id || this.#others.has(tab);
  }

  /** Asks who else is there. */
  hello() {
    this.#silent = new Set(this.#others.keys());
    this.#post({ from: this.#id, type: "hello", claim: this.#mine });
  }

  /** Who has had time to answer and didn't is gone, and couldn't say so. */
  dropSilent() {
    for (const tab of this.#silent) this.#gone(tab);
    this.#silent.clear();
  }

  /** This cell is on the screen now, or none is. @param {string | null} cell */
  show(cell) {
    if (cell === (this.#mine?.cell ?? null)) return;
    this.#mine = cell === null ? null : { cell, since: this.#now() };
    this.#post({ from: this.#id, type: "show", claim: this.#mine });
  }

  /** @param {KeptReview} review */
  tell(review) {
    this.#post({ from: this.#id, type: "decided", review });
  }

  bye() {
    this.#mine = null;
    this.#post({ from: this.#id, type: "bye" });
  }

  /** @param {Message} message */
  hear(message) {
    const { from, type } = message;
    if (from === this.#id) return;
    this.#silent.delete(from);
    if (type === "decided") return this.#decided(message.review);
    if (type === "bye") return this.#gone(from);
    this.#others.set(from, message.claim);
    if (type === "hello") this.#post({ from: this.#id, type: "here", claim: this.#mine });
    this.#claimsChanged();
  }

  /** @param {string} tab */
  #gone(tab) {
    this.#others.delete(tab);
    this.#claimsChanged();
    this.#left();
  }

  /** @param {string} tab @param {Claim} claim */
  #yieldsTo(tab, { cell, since }) {
    const mine = this.#mine;
    if (mine?.cell !== cell) return true;
    return since === mine.since ? tab < this.#id : since < mine.since;
  }
}

/**
 * One call at a time among all pages of this name, where the browser can tell: only secure pages have locks. Elsewhere
 * two may send the same reviews, and the server takes each once.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} call
 * @returns {Promise<T>}
 */
export async function inTurn(name, call) {
  const locks = /** @type {LockManager | undefined} */ (globalThis.navigator?.locks);
  return locks ? await locks.request(name, call) : await call();
}
