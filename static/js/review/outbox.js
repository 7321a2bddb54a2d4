/**
 * The outbox: what a person decided, in this browser's IndexedDB until the server has answered for it.
 *
 *     const outbox = openOutbox({ user: data.user.id, changed: draw });
 *     const sender = new Sender({ store: outbox, … });
 *     await sender.keep(keptReview(review, item, round));   // safe now: the next cell may be drawn
 *
 * It is the store of a Sender, and every page of a person that decides on cells shares it. An entry belongs to the
 * person who decided: `load` gives nobody else's. It says what it is about, so that a conflict can be told in words by
 * a page that never showed the cell. Where the browser can't keep it (a private window, no room left), the decision
 * lives in the page alone and `problem` says why: the page has to warn that closing it loses the answer.
 *
 * Writes are `relaxed`: the answer comes when the operating system has the bytes, so they survive the end of the tab
 * and of the browser in whatever way. `strict` waits for the disk as well, which only a power cut can tell apart.
 *
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Review} Review
 * @typedef {import("./sender.js").Identified} Identified
 *
 * @typedef {object} About      what a review is about, for a page that doesn't hold the cell
 * @property {{id: string, name: string}} round
 * @property {QueueItem} item
 * @property {number} at        when it was decided, in milliseconds
 *
 * @typedef {Review & {about: About}} KeptReview
 *
 * @typedef {"unavailable" | "full"} StoreProblem
 */

const databaseName = "cytoreview";
const storeName = "outbox";
const schemaVersion = 1;

/**
 * @param {Review} review
 * @param {QueueItem} item
 * @param {{id: string, name: string}} round
 * @param {number} [at]
 * @returns {KeptReview}
 */
export function keptReview(review, item, { id, name }, at = Date.now()) {
  return { ...review, about: { round: { id, name }, item, at } };
}

/** A review as POST /reviews takes it: JSON leaves out what is undefined. @param {KeptReview} kept @returns {Review} */
export function asSent(kept) {
  const sent = { ...kept, about: undefined };
  return sent;
}

/**
 * @template {Identified} D
 * @param {object} options
 * @param {string} options.user         the id of the person: a name may change hands
 * @param {string} [options.tab]        the page that entries are kept by, for pages that share the work
 * @param {() => void} [options.changed] `problem` is another one now
 * @returns {Outbox<D>}
 */
export function openOutbox(options) {
  return new Outbox(options);
}

/**
 * @template {Identified} D
 * @typedef {import("./sender.js").Entry<D>} Entry
 */

/**
 * @template {Identified} D
 * @typedef {import("./sender.js").Store<D>} Store
 */

/**
 * @template {Identified} D
 * @implements {Store<D>}
 */
export class Outbox {
  #user;
  #tab;
  #changed;
  /** @type {Promise<IDBDatabase> | null} */
  #opened = null;
  /** Where each of a person's entries lies. @type {Map<string, IDBValidKey>} */
  #keys = new Map();
  /** What couldn't be written so far, in order. @type {Map<string, D>} */
  #unkept = new Map();
  /** @type {StoreProblem | null} */
  #problem = null;

  /** @param {{user: string, tab?: string, changed?: () => void}} options */
  constructor({ user, tab = "", changed = () => {} }) {
    this.#user = user;
    this.#tab = tab;
    this.#changed = changed;
  }

  /** Why decisions live in this page alone, if they do. */
  get problem() {
    return this.#problem;
  }

  /**
   * What this person's pages left, in the order of deciding.
   *
   * @returns {Promise<Entry<D>[]>}
   */
  async load() {
    try {
      return await this.#run("readonly", async (store) => {
        const mine = IDBKeyRange.only(this.#user);
        const [entries, keys] = await Promise.all([
          answer(store.index("user").getAll(mine)),
          answer(store.index("user").getAllKeys(mine)),
        ]);
        entries.forEach((entry, at) => this.#keys.set(entry.id, /** @type {IDBValidKey} */ (keys[at])));
        return entries.map(({ decision, state, reason, last, tab }) => ({ review: decision, state, reason, last, tab }));
      });
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  /** Resolves when the decisions are safe, or `problem` says why they aren't. @param {D[]} decisions */
  async add(decisions) {
    for (const decision of decisions) this.#unkept.set(decision.id, decision);
    const written = [...this.#unkept.values()];
    const entry = { user: this.#user, tab: this.#tab, state: "waiting", reason: "", last: null };
    try {
      const keys = await this.#run("readwrite", (store) =>
        Promise.all(written.map((decision) => answer(store.add({ ...entry, id: decision.id, decision })))),
      );
      written.forEach(({ id }, at) => {
        this.#keys.set(id, /** @type {IDBValidKey} */ (keys[at]));
        this.#unkept.delete(id);
      });
      this.#report(null);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What the server said of a decision that has to stay. @param {Entry<D>} entry */
  async mark({ review, state, reason, last }) {
    const key = this.#keys.get(review.id);
    if (key === undefined) return;
    try {
      await this.#run("readwrite", async (store) => {
        const kept = await answer(store.get(key));
        if (kept) await answer(store.put({ ...kept, state, reason, last }));
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {string[]} ids */
  async remove(ids) {
    const keys = ids.flatMap((id) => this.#keys.get(id) ?? []);
    for (const id of ids) {
      this.#keys.delete(id);
      this.#unkept.delete(id);
    }
    if (keys.length === 0) return;
    try {
      await this.#run("readwrite", (store) => Promise.all(keys.map((key) => answer(store.delete(key)))));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether answers of somebody else wait in this browser. */
  async holdsOthers() {
    try {
      return await this.#run("readonly", async (store) => {
        const [all, mine] = await Promise.all([
          answer(store.count()),
          answer(store.index("user").count(IDBKeyRange.only(this.#user))),
        ]);
        return all > mine;
      });
    } catch {
      return false;
    }
  }

  /**
   * One transaction, resolved when it has completed. A connection that the browser has closed is opened again once.
   *
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #run(mode, work) {
    try {
      return await inTransaction(await this.#database(), mode, work);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
      this.#opened = null;
      return await inTransaction(await this.#database(), mode, work);
    }
  }

  #database() {
    this.#opened ??= open().then((database) => {
      const forget = () => {
        database.close();
        this.#opened = null;
      };
      database.onversionchange = forget;
      database.onclose = forget;
      return database;
    });
    this.#opened.catch(() => {
      this.#opened = null;
    });
    return this.#opened;
  }

  /** @param {unknown} error */
  #fail(error) {
    const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
    this.#report(isFull ? "full" : "unavailable");
  }

  /** @param {StoreProblem | null} problem */
  #report(problem) {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#changed();
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, schemaVersion);
    request.onupgradeneeded = ({ oldVersion }) => upgrade(request.result, oldVersion);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Each version's step stands here for good: a browser may hold answers that an old page kept.
 *
 * @param {IDBDatabase} database
 * @param {number} from
 */
function upgrade(database, from) {
  if (from < 1) {
    const store = database.createObjectStore(storeName, { keyPath: "order", autoIncrement: true });
    store.createIndex("id", "id", { unique: true });
    store.createIndex("user", "user");
  }
}

/**
 * @template T
 * @param {IDBDatabase} database
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTransaction(database, mode, work) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(storeName, mode, { durability: "relaxed" });
    const worked = work(transaction.objectStore(storeName));
    worked.catch(() => {}); // the transaction says what went wrong
    transaction.oncomplete = () => resolve(worked);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("The transaction was given up.", "AbortError"));
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
