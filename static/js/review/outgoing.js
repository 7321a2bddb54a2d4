/**
 * What a page that decides on cells needs to be sure of its answers: they are kept in the outbox, sent in order, known
 * to the person's other pages, and sent by those when this one is closed.
 *
 *     const outgoing = new Outgoing({ user, round, changed, answered, heard, claimsChanged });
 *     const left = await outgoing.open();          // answers of earlier pages that wait
 *     await outgoing.keep([review], [item]);       // safe now: the next cell may be drawn
 *     outgoing.show(assignment);                   // this cell is on the screen
 *
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Review} Review
 * @typedef {import("./types.js").Result} Result
 * @typedef {import("./outbox.js").KeptReview} KeptReview
 * @typedef {import("./sender.js").SendState<KeptReview>} SendState
 */

import { asSent, keptReview, openOutbox } from "./outbox.js";
import { Sender } from "./sender.js";
import { inTurn, Tabs } from "./tabs.js";
import { postLast, postReviews } from "./transport.js";
import { uuid } from "./uuid.js";

/** How long another page takes to say that it is there: as a rule, and at most. */
const soon = 200;
const patience = 1000;
/** An answer that the server hasn't taken by then isn't just on its way. */
const onItsWay = 2000;

export class Outgoing {
  #round;
  #tab = uuid();
  #channel;
  #changed;
  #othersWait = false;
  /** Answers of earlier pages of which it isn't known yet whether an open page sends them. */
  #found = 0;
  #outbox;
  #tabs;
  #sender;

  /**
   * @param {object} options
   * @param {{id: string, name: string}} options.user
   * @param {{id: string, name: string}} options.round
   * @param {() => void} options.changed                       something to draw: `state`, `problem`, `othersWait`
   * @param {(review: KeptReview, result: Result) => void} [options.answered]
   * @param {(review: KeptReview) => void} [options.heard]     another page kept this
   * @param {() => void} [options.claimsChanged]               other cells are `taken`
   */
  constructor({ user, round, changed, answered = () => {}, heard = () => {}, claimsChanged = () => {} }) {
    this.#round = round;
    this.#changed = changed;
    this.#channel = new BroadcastChannel(`cytoreview.${user.id}`);
    /** @type {import("./outbox.js").Outbox<KeptReview>} */
    this.#outbox = openOutbox({ user: user.id, tab: this.#tab, changed });
    this.#tabs = new Tabs({
      id: this.#tab,
      post: (message) => this.#channel.postMessage(message),
      claimsChanged,
      decided: heard,
      left: () => void this.#takeUpOrphans(),
    });
    /** @type {Sender<KeptReview>} */
    this.#sender = new Sender({
      subjectOf: (review) => review.assignment_id,
      post: (reviews) => inTurn(`cytoreview.${user.id}`, () => postReviews(reviews.map(asSent), user.name)),
      store: this.#outbox,
      changed,
      answered,
    });
  }

  /** Begins, and gives the answers to this round that the server may not have. @returns {Promise<KeptReview[]>} */
  async open() {
    this.#channel.onmessage = ({ data }) => this.#tabs.hear(data);
    this.#tabs.hello();
    window.addEventListener("pagehide", () => this.#leave());
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.#askAround());
    document.addEventListener("visibilitychange", () => document.hidden || this.#askAround());
    const left = await this.#outbox.load();
    this.#othersWait = await this.#outbox.holdsOthers();
    this.#found = left.filter(({ state }) => state === "waiting").length;
    if (left.length > 0) {
      this.#sender.hold();
      setTimeout(() => void this.#takeUpOrphans(), soon);
    }
    if (this.#othersWait || this.#found > 0) this.#changed();
    return left.map(({ review }) => review).filter(({ about }) => about.round.id === this.#round.id);
  }

  /**
   * Resolves when the reviews are safe.
   *
   * @param {Review[]} reviews of one act
   * @param {QueueItem[]} items their cells, in the same order
   */
  async keep(reviews, items) {
    const kept = reviews.map((review, at) => keptReview(review, /** @type {QueueItem} */ (items[at]), this.#round));
    await this.#sender.keepAll(kept);
    for (const review of kept) this.#tabs.tell(review);
  }

  /**
   * The person chose what stands for a cell.
   *
   * @param {KeptReview} review the one that wasn't taken
   * @param {Review[]} instead  in order; none: what the server has stands
   */
  async settle({ assignment_id, about }, instead) {
    const kept = instead.map((one) => keptReview(one, about.item, about.round));
    await this.#sender.settle(assignment_id, kept);
    for (const one of kept) this.#tabs.tell(one);
  }

  /** This cell is on the screen, or none is. @param {string | null} assignment */
  show(assignment) {
    this.#tabs.show(assignment);
  }

  /** Cells on the screens of this person's other pages. */
  get taken() {
    return this.#tabs.taken;
  }

  /** What isn't saved, sent by this page or not. */
  get state() {
    const { state } = this.#sender;
    return { ...state, unsaved: state.unsaved + this.#found };
  }

  /** Why answers live in this page alone, if they do. */
  get problem() {
    return this.#outbox.problem;
  }

  /** Answers of somebody else wait in this browser. */
  get othersWait() {
    return this.#othersWait;
  }

  /** Something would wait, or be lost, if the page were closed now: what is just on its way arrives all the same. */
  get wouldWait() {
    const { unsaved, conflicts, notCounted, trouble } = this.state;
    const isStuck = trouble !== null || this.problem !== null || this.#sender.waitingFor > onItsWay;
    return conflicts.length + notCounted > 0 || (unsaved > 0 && isStuck);
  }

  tryNow() {
    this.#sender.tryNow();
  }

  /** What no open page sends is sent by this one. */
  async #takeUpOrphans() {
    const left = await this.#outbox.load();
    this.#found = 0;
    this.#sender.takeUp(left.filter(({ tab }) => !this.#tabs.isOpen(tab ?? "")));
  }

  #askAround() {
    this.#tabs.hello();
    setTimeout(() => this.#tabs.dropSilent(), patience);
  }

  /** The rest goes out while the page closes. Should it arrive twice, the server takes it once. */
  #leave() {
    this.#tabs.bye();
    const waiting = this.#sender.waiting;
    if (waiting.length > 0 && this.state.trouble === null) postLast(waiting.map(asSent));
  }
}
