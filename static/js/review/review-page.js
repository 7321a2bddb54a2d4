/**
 * `<review-page>`: hears keys, clicks and the server, and has each part draw what is so.
 *
 * A review is kept before the next cell is drawn, and sent after; a key decides only on the cell that was painted
 * when it was pressed.
 */

import { t, tn } from "../i18n.js";
import { backOff } from "./backoff.js";
import { createKeymap } from "./keymap.js";
import * as notices from "./notices.js";
import { Pictures } from "./pictures.js";
import { loadPicture, PictureError } from "./picture.js";
import { Queue } from "./queue.js";
import { SendError, Sender, wallClock } from "./sender.js";
import { ActiveTimer } from "./timer.js";
import { fetchQueue, postReviews } from "./transport.js";
import { uuid } from "./uuid.js";
import { act, draftOf, effectOn, emptyDraft, reviewOf, withdrawalOf } from "./verdict.js";
import { Workplace } from "./workplace.js";
import { answerHeading, byName, decimal, inSentence, number, time, whatHappened } from "./words.js";

/**
 * @typedef {import("./keymap.js").Action} Action
 * @typedef {import("./types.js").ReviewData} ReviewData
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Review} Review
 */

const decodedAhead = 30;

export class ReviewPage extends Workplace {
  /** @type {ReviewData} */
  #data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("review-data")).textContent ?? "");
  #classOf = byName(this.#data.label_set.classes);
  /** @override */
  keymap = createKeymap(this.#data.label_set.classes, this.#data.keys);
  /** @override */
  rollingFingerMs = this.#data.rolling_finger_ms;
  #queue = new Queue();
  #timer = new ActiveTimer({ now: () => performance.now() });
  #pictures = new Pictures({ load: loadPicture, changed: (url) => this.#pictureChanged(url) });
  /** @type {Sender<Review>} */
  #sender = new Sender({
    subjectOf: (review) => review.assignment_id,
    post: (reviews) => postReviews(reviews, this.#data.user.name),
    changed: () => this.#drawSending(),
    answered: (review, result) => this.#serverAnswered(review, result),
  });
  #draft = emptyDraft;
  #secondsHere = 0;
  /** A review is being kept: nothing else may be decided meanwhile. */
  #keeping = false;
  /** @type {string | null} the cell that the parts were last drawn for */
  #drawn = null;
  /** Asking for cells. @type {{asking: boolean, failures: number, error: SendError | null, since: number, retryAt: number, cancel: () => void}} */
  #loading = { asking: false, failures: 0, error: null, since: 0, retryAt: 0, cancel: () => {} };
  /** The person is looking at the conflicts. */
  #choosing = false;
  /** @type {number | undefined} */
  #ticking;

  connectedCallback() {
    const { label_set, round, user } = this.#data;
    this.#part("reference").begin({ label_set, dataset: round.dataset, user: user.name }, this.#part("compare"));
    this.listen();
    this.element("comment-form").addEventListener("submit", (event) => this.#commentGiven(event));
    for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) {
      document.addEventListener(sign, () => this.#timer.touch(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    window.addEventListener("focus", () => this.#tryIfStuck());
    window.addEventListener("online", () => this.#tryNow());
    void this.#sender.resume();
    void this.#refill();
    this.#part("progress").follow(this.#data.round.id, this.#data.user.name, () => this.#whereabouts);
    this.#draw();
    this.viewer.focus();
  }

  // What the person does

  /** @override @param {Action} action @param {number} at when it was asked for */
  async perform(action, at) {
    if (action.type !== "more") this.classList.remove("more-open");
    switch (action.type) {
      case "undo":
        return this.#undo();
      case "previous":
        return this.#move(this.#queue.previous());
      case "next":
        return this.#move(this.#queue.next());
      case "go":
        return this.#move(this.#queue.goTo(String(action.name)));
      case "zoom":
        return this.viewer.zoom();
      case "ring":
        return this.viewer.toggleRing();
      case "contrast":
        return this.viewer.toggleAdjust();
      case "neutral":
    if (this.#part("reference").perform(action)) return;
        return this.viewer.neutral();
      case "reference":
        return this.#openCompare();
      case "help":
        return this.toggleHelp();
      case "progress":
        return this.#part("progress").toggle();
      case "more":
        return void this.classList.toggle("more-open");
      case "comment":
        return this.#openComment();
      case "leave":
        return this.#leave();
      case "try":
        return this.#tryNow();
      case "saves":
      case "choose-mine":
      case "choose-theirs":
      case "choose-again":
        return this.#choose(action.type);
      default:
        return this.#decide(action, at);
    }
  }

  /** @param {Action} action @param {number} at */
  async #decide(action, at) {
    const held = this.#queue.current;
    if (!held || this.#keeping || this.#choosing) return;
    if (at < this.viewer.paintedAt) {
      if (this.viewer.paintedAt === Infinity) this.say(t("No picture is on the screen yet. Nothing was decided."));
      return;
    }
    const { draft, answer, hint } = act(this.#draft, action, held.item.shown_label);
    this.#draft = draft;
    if (!answer) {
      this.#drawHead(hint);
      return;
    }
    const { item } = held;
    const seconds = this.#timer.seconds;
    const supersedes = held.review?.id ?? item.last;
    const review = reviewOf(answer, { id: uuid(), assignment_id: item.assignment_id, seconds, supersedes, draft });
    if (!(await this.#kept(review))) return;
    this.#secondsHere += seconds;
    this.#part("pause").decided(seconds, performance.now());
    this.#queue.decide(review);
    this.#draw();
    this.#palette.press(answer.verdict === "label" || answer.verdict === "borderline" ? (answer.second_label ?? answer.label) : answer.verdict);
    this.say(
      t("{answer}, cell {position} of {total}", {
        answer: answerHeading(answer, this.#classOf),
        position: number(item.position),
        total: number(this.#data.round.total),
      }),
    );
  }

  async #undo() {
    const last = this.#queue.undoable;
    if (!last || this.#keeping) return;
    const withdrawal = withdrawalOf(last, uuid());
    if (!(await this.#kept(withdrawal))) return;
    this.#queue.undo(withdrawal);
    this.#draw();
    this.#draft = { ...draftOf(last) };
    this.#drawHead();
    this.say(t("Taken back: {answer}", { answer: answerHeading(last, this.#classOf) }));
  }

  /** Whether the review is safe; if not, the page stays where it is and says so. @param {Review} review */
  async #kept(review) {
    this.#keeping = true;
    try {
      await this.#sender.keep(review);
      return true;
    } catch (error) {
      this.#drawHead(null, t("This browser couldn’t keep the answer: {reason}", { reason: String(error) }));
      return false;
    } finally {
      this.#keeping = false;
    }
  }

  /** @param {boolean} moved */
  #move(moved) {
    this.#choosing = false;
    if (moved) this.#draw();
  }

  #openComment() {
    if (!this.#queue.current) return;
    this.classList.add("commenting");
    this.text("comment-of", t("Comment on cell {position}", { position: number(this.#queue.current.item.position) }));
    const field = this.#commentField;
    field.value = this.#draft.comment;
    field.focus();
  }

  /** @param {Event} event */
  #commentGiven(event) {
    event.preventDefault();
    this.#draft = { ...this.#draft, comment: this.#commentField.value };
    this.#closeComment();
  }

  #closeComment() {
    this.classList.remove("commenting");
    this.viewer.focus();
    this.#drawHead();
  }

  #leave() {
    if (this.isHelpOpen) return this.toggleHelp();
    if (this.classList.contains("commenting")) return this.#closeComment();
    this.classList.remove("comparing");
    this.#part("progress").close();
    this.viewer.closeAdjust();
    this.viewer.focus();
    this.#choosing = false;
    this.#draft = act(this.#draft, { type: "leave" }, null).draft;
    this.#drawHead();
    this.#drawStage();
  }

  #openCompare() {
    this.classList.toggle("comparing");
    this.#part("compare").lookUp();
  }

  /** What to do about answers that the server didn't take. @param {string} how */
  async #choose(how) {
    const [conflict] = this.#sender.state.conflicts;
    if (how === "saves") this.#choosing = conflict !== undefined || this.#sender.state.notCounted > 0;
    else if (conflict) await this.#settle(conflict, how);
    this.#draw();
  }

  /** @param {import("./sender.js").Conflict<Review>} conflict @param {string} how */
  async #settle({ review, last }, how) {
    const { assignment_id } = review;
    const mine = this.#queue.find(assignment_id)?.review ?? review;
    if (how === "choose-mine" && last) {
      const again = { ...mine, id: uuid(), supersedes: last.id };
      await this.#sender.settle(assignment_id, again);
      this.#queue.correct(assignment_id, again);
    } else {
      await this.#sender.settle(assignment_id, null);
      this.#queue.correct(assignment_id, last && { ...mine, ...last });
    }
    this.#choosing = this.#sender.state.conflicts.length > 0;
    if (how === "choose-again") this.#queue.goTo(assignment_id);
  }

  #visibilityChanged() {
    if (document.hidden) this.#timer.hide();
    else {
      this.#timer.show();
      this.#tryIfStuck();
    }
  }

  /** @override */
  get hasUnsaved() {
    const { unsaved, conflicts, notCounted } = this.#sender.state;
    return unsaved + conflicts.length + notCounted > 0;
  }

  // What the server says

  async #refill() {
    const wanted = this.#queue.wanted;
    if (!wanted || this.#loading.asking) return;
    this.#loading.cancel();
    this.#loading.asking = true;
    try {
      this.#queue.add(await fetchQueue(this.#data.round.id, wanted, this.#data.user.name), wanted.limit);
      Object.assign(this.#loading, { failures: 0, error: null });
    } catch (error) {
      this.#askLater(error instanceof SendError ? error : new SendError("failed", { detail: String(error) }));
    } finally {
      this.#loading.asking = false;
    }
    this.#draw();
  }

  /** @param {SendError} error */
  #askLater(error) {
    const now = wallClock.now();
    this.#loading.failures += 1;
    this.#loading.since = this.#loading.error ? this.#loading.since : now;
    this.#loading.error = error;
    const wait = Math.max(backOff(this.#loading.failures), (error.retryAfter ?? 0) * 1000);
    this.#loading.retryAt = now + wait;
    this.#loading.cancel = wallClock.after(wait, () => void this.#refill());
  }

  #tryNow() {
    this.#choosing = false;
    this.#sender.tryNow();
    this.#pictures.retry((error) => !(error instanceof PictureError) || error.mayPass);
    void this.#refill();
  }

  #tryIfStuck() {
    if (this.#trouble) this.#tryNow();
  }

  get #trouble() {
    return this.#sender.state.trouble ?? this.#loading.error?.trouble ?? null;
  }

  /** @param {Review} review @param {import("./types.js").Result} result */
  #serverAnswered(review, { status, reason }) {
    if (status === "conflict" && reason === "moved") {
      this.#queue.drop(review.assignment_id);
      this.say(t("A cell went to another reviewer, so your answer to it wasn’t needed."));
      this.#draw();
    }
  }

  /** @param {string} url */
  #pictureChanged(url) {
    if (this.#queue.current?.item.image_url === url) this.#drawStage();
  }

  // Drawing

  #draw() {
    const held = this.#queue.current;
    const changed = this.#drawn !== (held?.item.assignment_id ?? null);
    if (changed) {
      this.#drawn = held?.item.assignment_id ?? null;
      this.#draft = draftOf(held?.review ?? null);
      this.#timer.restart();
    }
    this.#drawStage();
    this.#drawHead();
    this.#drawProgress();
    this.#drawStrip();
    this.#pictures.want(this.#queue.upcoming(decodedAhead).map((item) => item.image_url));
    if (!this.#loading.error) void this.#refill();
  }

  #drawStage() {
    const held = this.#queue.current;
    const notice = this.#notice();
    const picture = held && this.#pictures.get(held.item.image_url);
    if (held && picture?.image && !notice) {
      this.viewer.show(picture.image, t("Cell {position}", { position: number(held.item.position) }));
    } else {
      const position = held?.item.position ?? this.#data.round.done + this.#queue.answered + 1;
      this.viewer.blank(notice ? null : t("Loading cell {position}", { position: number(position) }));
    }
    this.drawNotice(notice);
    this.#drawOffline();
    clearTimeout(this.#ticking);
    if (notice && this.#loading.error) this.#ticking = window.setTimeout(() => this.#drawStage(), 1000);
  }

  /** What stands instead of a picture. @returns {notices.Notice | null} */
  #notice() {
    const { unsaved, conflicts, notCounted, trouble, detail } = this.#sender.state;
    const { error } = this.#loading;
    const held = this.#queue.current;
    const conflict = this.#choosing ? conflicts[0] : undefined;
    if (conflict) return this.#conflictNotice(conflict);
    if (notCounted > 0) return notices.roundClosed(notCounted);
    if (trouble === "signed_out" || error?.trouble === "signed_out") {
      const other = (trouble === "signed_out" ? detail : error?.detail) || null;
      return notices.signInAgain({ kept: unsaved, name: this.#data.user.name, other });
    }
    if (held) return this.#pictureNotice(this.#pictures.get(held.item.image_url));
    if (error && error.trouble !== "offline" && error.trouble !== "busy") return notices.couldNotLoad(error.detail);
    if (error) {
      const retryIn = Math.max(0, Math.ceil((this.#loading.retryAt - wallClock.now()) / 1000));
      return notices.waitingForConnection({ kept: unsaved, retryIn });
    }
    return this.#queue.finished ? this.#endNotice() : null;
  }

  /** @param {import("./pictures.js").Picture} picture */
  #pictureNotice({ state, error }) {
    if (state !== "failed") return null;
    const why = error instanceof PictureError ? error : null;
    if (why?.kind === "offline") {
      return notices.waitingForConnection({ kept: this.#sender.state.unsaved, retryIn: 0 });
    }
    return notices.brokenPicture(why?.kind ?? "broken", why?.detail ?? null);
  }

  #endNotice() {
    const { round } = this.#data;
    const isOver = round.total > 0 && round.done + this.#queue.answered >= round.total;
    if (round.state === "closed" && !isOver) return notices.closedBefore();
    if (this.#queue.isEmpty && !isOver) return notices.nothingWaiting();
    const reviews = this.#queue.last(Infinity);
    return notices.roundDone(
      {
        total: round.total,
        here: reviews.length,
        corrected: reviews.filter(({ item, review }) => review && effectOn(review, item.shown_label) === "corrected").length,
        unsure: reviews.filter(({ review }) => review?.verdict === "unsure").length,
        seconds: Math.round(this.#secondsHere),
      },
    );
  }

  /** @param {import("./sender.js").Conflict<Review>} conflict */
  #conflictNotice(conflict) {
    const held = this.#queue.find(conflict.review.assignment_id);
    const { last } = conflict;
    const when = last?.recorded_at;
    return notices.conflicting({
      conflict,
      cell: held ? number(held.item.position) : "",
      mine: answerHeading(held?.review ?? conflict.review, this.#classOf),
      theirs: last ? answerHeading(last, this.#classOf) : null,
      when: when ? time(when) : null,
    });
  }

  /** One line for a lost connection while there are cells to go on with. */
  #drawOffline() {
    const since = this.#sender.state.trouble ? this.#sender.state.since : this.#loading.error ? this.#loading.since : null;
    const trouble = this.#trouble;
    const place = this.element("offline");
    place.hidden = since === null || trouble === "signed_out" || !this.element("notice").hidden;
    if (since === null || place.hidden) return;
    const began = { time: time(since) };
    this.text(
      "offline-since",
      trouble === "offline" ? t("No connection since {time}.", began) : t("The server hasn’t taken answers since {time}.", began),
    );
    this.text(
      "offline-rest",
      tn(this.#queue.ready, "Go on: answers are kept here. {n} cell is ready.", "Go on: answers are kept here. {n} cells are ready."),
    );
  }

  #drawSending() {
    this.#part("save-state").state = this.#sender.state;
    this.#drawStage();
  }

  /** The head over the palette: what is shown, or what is being chosen. @param {string | null} [hint] @param {string} [problem] */
  #drawHead(hint = null, problem) {
    const held = this.#queue.current;
    const shown = held?.item.shown_label ?? null;
    const { borderline, first, flag, comment } = this.#draft;
    const head = this.#headWords(held, hint);
    this.text("kicker", problem ?? head.kicker);
    this.text("heading", head.heading);
    this.#drawMainButton(shown);
    this.#palette.shown = held && !borderline ? shown : null;
    this.#palette.first = first;
    this.#palette.pairing = borderline;
    this.#part("reference").cell = held ? { assignment: held.item.assignment_id, image_url: held.item.image_url, shown } : null;
    this.press("borderline", borderline);
    this.press("flag", flag);
    this.press("comment", comment !== "");
    if (hint || problem) this.say(`${problem ?? head.kicker}. ${head.heading}`);
  }

  /** @param {import("./queue.js").Held | null} held @param {string | null} hint */
  #headWords(held, hint) {
    const { borderline, first } = this.#draft;
    if (!held) return { kicker: "", heading: "" };
    if (borderline) {
      const name = first === null ? "…" : this.#classOf(first).display;
      const asked = first === null ? t("Borderline, first class?") : t("Borderline, second class?");
      const kicker =
        hint === "same_class"
          ? t("Borderline needs two different classes")
          : hint === "second_class"
            ? t("Borderline: choose a class, or Esc to cancel")
            : asked;
      return { kicker, heading: t("{first} or …", { first: name }) };
    }
    const given = held.review && held.review.verdict !== "withdrawn" ? answerHeading(held.review, this.#classOf) : null;
    if (held.item.shown_label === null) {
      const blind = this.#data.round.presentation !== "sighted";
      const why = blind ? t("No label is shown") : t("Two labels were given");
      const said = given === null ? why : t("You said {answer}", { answer: inSentence(given) });
      const kicker = hint === "nothing_shown" ? t("{why}, so there is nothing to confirm", { why }) : said;
      return { kicker, heading: t("Choose a class") };
    }
    const kicker = given === null ? t("Shown label") : t("Shown label, you said {answer}", { answer: inSentence(given) });
    return { kicker, heading: this.#classOf(held.item.shown_label).display };
  }

  /** Confirm, nothing, or cancel: one place, which never moves. @param {string | null} shown */
  #drawMainButton(shown) {
    const button = /** @type {HTMLButtonElement} */ (this.element("main-act"));
    const held = this.#queue.current;
    const kind = !held ? "none" : this.#draft.borderline ? "cancel" : shown === null ? "nothing" : "confirm";
    button.dataset["kind"] = kind;
    button.dataset["act"] = kind === "cancel" ? "leave" : "confirm";
    button.setAttribute("aria-disabled", String(kind === "nothing" || kind === "none"));
    const text = {
      none: () => "",
      cancel: () => t("Cancel"),
      nothing: () => t("Enter and Space do nothing here"),
      confirm: () => t("Confirm {label}", { label: inSentence(this.#classOf(shown).display) }),
    }[kind]();
    this.text("main-act-text", text);
  }

  /** Where the reviewer is in the round: what the server said at the beginning, and what happened here since. */
  get #whereabouts() {
    const { round } = this.#data;
    const done = round.done + this.#queue.answered;
    const seconds = (round.seconds_per_cell ?? 0) * round.done + this.#secondsHere;
    return {
      total: round.total,
      done,
      pace: done > 0 && seconds > 0 ? seconds / done : null,
      secondsHere: this.#secondsHere,
      answered: this.#queue.last(Infinity).map(({ item }) => item.shown_label),
    };
  }

  #drawProgress() {
    const { total, done, pace } = this.#whereabouts;
    const position = this.#queue.current?.item.position ?? Math.min(done, total);
    this.text("position", number(position));
    const left = Math.max(0, total - done);
    this.text("left", t("{n} left", { n: number(left) }));
    this.text("pace", pace === null ? "" : t("{n} s a cell", { n: decimal(pace) }));
    void this.#part("progress").draw();
    /** @type {HTMLProgressElement} */ (this.element("progress")).value = done;
    document.title = document.title.replace(/^(\d[\d.,\s]* · )?/, left > 0 ? `${number(left)} · ` : "");
  }

  #drawStrip() {
    this.#part("last-five").decisions = this.#queue.last(5).flatMap(({ item, review }) =>
      review
        ? [
            {
              assignment: item.assignment_id,
              picture: item.image_url,
              heading: answerHeading(review, this.#classOf),
              detail: whatHappened(review, item, this.#classOf),
            },
          ]
        : [],
    );
    this.element("undo").setAttribute("aria-disabled", String(this.#queue.undoable === null));
  }

  // The parts

  get #palette() {
    return this.#part("palette");
  }

  get #commentField() {
    return /** @type {HTMLInputElement} */ (this.element("comment-form").querySelector("input"));
  }

  /**
   * @template {keyof Parts} N
   * @param {N} name
   */
  #part(name) {
    return /** @type {Parts[N]} */ (this.querySelector(tags[name]));
  }
}

/**
 * @typedef {object} Parts
 * @property {import("./class-palette.js").ClassPalette} palette
 * @property {import("./last-five.js").LastFive} last-five
 * @property {import("./save-state.js").SaveState} save-state
 * @property {import("./compare-classes.js").CompareClasses} compare
 * @property {import("./pause-hint.js").PauseHint} pause
 * @property {import("./round-progress.js").RoundProgress} progress
 */
/** @type {Record<keyof Parts, string>} */
const tags = {
  palette: "class-palette",
  "last-five": "last-five",
  "save-state": "save-state",
  compare: "compare-classes",
  pause: "pause-hint",
  progress: "round-progress",
};

customElements.define("review-page", ReviewPage);
 * @property {import("./reference-panel.js").ReferencePanel} reference
  reference: "reference-panel",
