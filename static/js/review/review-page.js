/**
 * `<review-page>`: hears keys, clicks and the server, and has each part draw what is so.
 *
 * A review is kept before the next cell is drawn, and sent after; a key decides only on the cell that was painted
 * when it was pressed.
 */

import { t, tn } from "../i18n.js";
import { backOff } from "./backoff.js";
import { headWords, mainAct } from "./head-words.js";
import { afterFrame } from "./frames.js";
import { createKeymap } from "./keymap.js";
import * as notices from "./notices.js";
import { asSent } from "./outbox.js";
import { Outgoing } from "./outgoing.js";
import { Pictures } from "./pictures.js";
import { loadPicture, PictureError } from "./picture.js";
import { Queue } from "./queue.js";
import { actOnLabel, isGiven, Reveals, whatBecame } from "./reveal.js";
import { RoundEnd } from "./round-end.js";
import { SendError, wallClock } from "./sender.js";
import { drawSuggestion, SuggestionsOf } from "./suggestion.js";
import { ActiveTimer } from "./timer.js";
import { fetchAnswered, fetchQueue } from "./transport.js";
import { uuid } from "./uuid.js";
import { act, asReview, draftOf, emptyDraft, reviewOf, settlement, withdrawalOf } from "./verdict.js";
import { Workplace } from "./workplace.js";
import { answerHeading, byName, byNameIfKnown, decimal, number, time, whatHappened } from "./words.js";

/**
 * @typedef {import("./keymap.js").Action} Action
 * @typedef {import("./types.js").ReviewData} ReviewData
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Review} Review
 * @typedef {import("./outbox.js").KeptReview} KeptReview
 * @typedef {import("./sender.js").Conflict<KeptReview>} Conflict
 */

/** Enough to go on for a minute or two without a connection; more are asked for fifteen at a time. */
const ahead = { hold: 75, enough: 60 };
/** Pictures held: those ahead, and some of the last ones. */
const picturesHeld = 96;
/** Suggestions asked for before their cells are on the screen. */
const suggestedAhead = 4;

export class ReviewPage extends Workplace {
  /** @type {ReviewData} */
  #data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("review-data")).textContent ?? "");
  #classOf = byName(this.#data.label_set.classes);
  /** @override */
  keymap = createKeymap(this.#data.label_set.classes, this.#data.keys);
  /** @override */
  rollingFingerMs = this.#data.rolling_finger_ms;
  #queue = new Queue(ahead);
  #timer = new ActiveTimer({ now: () => performance.now() });
  #pictures = new Pictures({ load: loadPicture, most: picturesHeld, changed: (url) => this.#pictureChanged(url) });
  #outgoing = new Outgoing({
    user: this.#data.user,
    round: this.#data.round,
    changed: () => this.#drawSending(),
    answered: (review, result) => this.#serverAnswered(review, result),
    heard: (review) => this.#whenKept(() => this.#heardOf(review)),
    claimsChanged: () => this.#whenKept(() => this.#claimsChanged()),
  });
  /** Only where the round shows them. */
  #suggestions =
    this.#data.round.suggestions === "predictions"
      ? new SuggestionsOf({
          user: this.#data.user.name,
          sorted: this.#data.round.order === "suspicion",
          classOf: this.#classOf,
          changed: () => this.#drawSuggestion(),
        })
      : null;
  #reveals = new Reveals(this.#data.round.presentation === "reveal");
  /** When the given label of the cell on the screen was painted: a key pressed before wasn't meant for it. */
  labelPaintedAt = -Infinity;
  /** The answers of earlier pages are known: cells may be asked for. */
  #begun = false;
  #draft = emptyDraft;
  #secondsHere = 0;
  /** A review is being kept: nothing else may be decided meanwhile. */
  #keeping = false;
  /** What other pages and the server said meanwhile. @type {(() => void)[]} */
  #meanwhile = [];
  /** @type {string | null} the cell that the parts were last drawn for */
  #drawn = null;
  /** Asking for cells. @type {{asking: boolean, failures: number, error: SendError | null, since: number, retryAt: number, cancel: () => void}} */
  #loading = { asking: false, failures: 0, error: null, since: 0, retryAt: 0, cancel: () => {} };
  #end = new RoundEnd({ round: this.#data.round, user: this.#data.user.name, changed: () => this.#drawStage() });
  /** The person is looking at the conflicts. */
  #choosing = false;
  #restIsPlanned = false;
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
    void this.#begin();
    this.#part("progress").follow(this.#data.round.id, this.#data.user.name, () => this.#whereabouts);
    this.#draw();
    this.viewer.focus();
  }

  async #begin() {
    this.#queue.restore(await this.#outgoing.open());
    await this.#takeUpAsked();
    this.#begun = true;
    this.#draw();
  }

  /** The address may name a cell that was answered before: it comes first. */
  async #takeUpAsked() {
    const asked = new URL(location.href).searchParams.get("assignment");
    if (!asked) return;
    history.replaceState(null, "", location.pathname);
    try {
      const { answer, ...item } = await fetchAnswered(this.#data.round.id, asked, this.#data.user.name);
      const said = answer && item.last ? asReview(answer, { id: item.last, assignment_id: asked }) : null;
      this.#queue.takeUp(item, said);
      if (said && item.shown_label !== null) this.#reveals.known(said, item.shown_label);
      this.#queue.goTo(asked);
    } catch (error) {
      this.say(t("The cell couldn’t be taken up again: {reason}", { reason: error instanceof Error ? error.message : String(error) }));
    }
  }

  // What the person does

  /** @override @param {Action} action @param {number} at when it was asked for */
  async perform(action, at) {
    // Removing a class that isn't there would still have the whole page styled anew, in a frame of its own.
    if (action.type !== "more" && this.classList.contains("more-open")) this.classList.remove("more-open");
    if (this.#part("reference").perform(action)) return;
    switch (action.type) {
      case "undo":
        return this.#undo();
      case "previous":
        return this.#move(this.#queue.previous());
      case "next":
        this.#reveals.pass(this.#queue.current?.item.assignment_id);
        return this.#move(this.#queue.next());
      case "labels":
        return this.#move(this.#queue.goTo(this.#reveals.toSee[0] ?? ""));
      case "go":
        return this.#move(this.#queue.goTo(String(action.name)));
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
    const { assignment_id } = held.item;
    const step = this.#reveals.stepOf(assignment_id);
    if (step === "asked" || (step === "told" && at < this.labelPaintedAt)) return;
    const said = step === "told" ? (held.review ?? this.#reveals.firstOf(assignment_id)) : null;
    const { draft, answer, hint } = said ? actOnLabel(this.#draft, action, said) : act(this.#draft, action, held.item.shown_label);
    this.#draft = draft;
    if (!answer) {
      this.#drawHead(hint);
      return;
    }
    const { item } = held;
    const seconds = this.#timer.seconds;
    const supersedes = held.review?.id ?? item.last;
    const review = reviewOf(answer, { id: uuid(), assignment_id: item.assignment_id, seconds, supersedes, draft });
    const isKept = await this.#kept(review, item, () => {
      this.#secondsHere += seconds;
      const stay = this.#reveals.decided(review, { connected: this.#isConnected });
      this.#queue.decide(review, { stay });
      if (stay) this.#timer.restart();
      else this.#followReveals();
    });
    if (!isKept) return;
    this.#part("pause").decided(seconds, performance.now(), step === "told" ? 0 : 1);
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
    const undone = this.#queue.last(1)[0];
    const last = undone?.review;
    if (!undone || !last || this.#keeping) return;
    if (!this.#reveals.mayTakeBack(last.assignment_id, { connected: this.#isConnected })) {
      this.#drawHead(null, t("The label was told, so your first answer stays: keep it or change it"));
      return;
    }
    const withdrawal = withdrawalOf(last, uuid());
    if (!(await this.#kept(withdrawal, undone.item, () => this.#tookBack(withdrawal)))) return;
    this.#draw();
    this.#draft = { ...draftOf(last) };
    this.#drawHead();
    this.say(t("Taken back: {answer}", { answer: answerHeading(last, this.#classOf) }));
  }

  /** @param {Review} withdrawal */
  #tookBack(withdrawal) {
    const stands = this.#reveals.tookBack(withdrawal);
    if (stands) {
      this.#queue.correct(stands.assignment_id, stands);
      this.#queue.goTo(stands.assignment_id);
    } else {
      this.#queue.undo(withdrawal);
    }
  }

  /**
   * Whether the review is safe; if not, the page stays where it is and says so. Until then nothing else happens to the
   * cells.
   *
   * @param {Review} review
   * @param {QueueItem} item
   * @param {() => void} then
   */
  async #kept(review, item, then) {
    this.#keeping = true;
    try {
      await this.#outgoing.keep([review], [item]);
      then();
      return true;
    } catch (error) {
      this.#drawHead(null, t("This browser couldn’t keep the answer: {reason}", { reason: String(error) }));
      return false;
    } finally {
      this.#keeping = false;
      for (const happened of this.#meanwhile.splice(0)) happened();
    }
  }

  /** @param {() => void} call */
  #whenKept(call) {
    if (this.#keeping) this.#meanwhile.push(call);
    else call();
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
    this.#part("progress").close();
    this.viewer.closeAdjust();
    this.viewer.focus();
    this.#choosing = false;
    this.#draft = act(this.#draft, { type: "leave" }, null).draft;
    this.#drawHead();
    this.#drawStage();
  }

  /** What to do about answers that the server didn't take. @param {string} how */
  async #choose(how) {
    const [conflict] = this.#outgoing.state.conflicts;
    if (how === "saves") this.#choosing = conflict !== undefined || this.#outgoing.state.notCounted > 0;
    else if (conflict) await this.#settle(conflict, how);
    this.#draw();
  }

  /** @param {Conflict} conflict @param {string} how */
  async #settle({ review, last }, how) {
    const { assignment_id } = review;
    const mine = this.#queue.find(assignment_id)?.review ?? asSent(review);
    const both = last ? settlement(mine, last, how === "choose-mine") : [];
    await this.#outgoing.settle(review, both);
    this.#queue.correct(assignment_id, both.at(-1) ?? null);
    this.#choosing = this.#outgoing.state.conflicts.length > 0;
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
    return this.#outgoing.wouldWait;
  }

  // What the server says

  async #refill() {
    const wanted = this.#queue.wanted;
    if (!this.#begun || !wanted || this.#loading.asking) return;
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
    this.#outgoing.tryNow();
    this.#pictures.retry((error) => !(error instanceof PictureError) || error.mayPass);
    void this.#refill();
  }

  #tryIfStuck() {
    if (this.#trouble) this.#tryNow();
  }

  get #trouble() {
    return this.#outgoing.state.trouble ?? this.#loading.error?.trouble ?? null;
  }

  /** @param {KeptReview} review @param {import("./types.js").Result} result */
  #serverAnswered(review, result) {
    const { status, reason } = result;
    this.#whenKept(() => this.#labelCame(review, result));
    if (status === "already_recorded") this.#countedOnce(review);
    if (status === "conflict" && reason === "moved") this.#whenKept(() => this.#movedAway(review));
  }

  get #isConnected() {
    return this.#outgoing.state.trouble === null && this.#outgoing.problem === null;
  }

  /** In a round that reveals. @param {KeptReview} review @param {import("./types.js").Result} result */
  #labelCame(review, result) {
    const { label, over } = this.#reveals.answered(asSent(review), result);
    const held = this.#queue.find(review.assignment_id);
    if (label === null && !over) return;
    if (held && label !== null) {
      held.item = { ...held.item, shown_label: label };
      const first = this.#reveals.firstOf(review.assignment_id);
      if (review.verdict === "withdrawn" && first) this.#queue.correct(review.assignment_id, { ...first, id: review.id });
    }
    const { current } = this.#queue;
    if (over && held && held === current) this.#queue.goOn();
    if (!this.#queue.current || over) this.#followReveals();
    this.#draw();
    if (held && held === current && label !== null) this.#labelShown(label);
  }

  /** From the frame on that has the label, keys are about it. @param {string} label */
  #labelShown(label) {
    this.labelPaintedAt = Infinity;
    requestAnimationFrame(() => setTimeout(() => (this.labelPaintedAt = performance.now())));
    this.say(t("Given label: {label}. Keep your answer or change it.", { label: this.#classOf(label).display }));
  }

  /** Labels that came while other cells were on the screen are looked at next, each with its picture. */
  #followReveals() {
    const next = this.#reveals.next;
    if (next !== null) this.#queue.goTo(next);
  }

  /** Without a connection no label will come: on with the next cell. */
  #goOnWithoutLabel() {
    if (this.#keeping || this.#isConnected || this.#reveals.stepOf(this.#queue.current?.item.assignment_id) !== "asked") return;
    this.#queue.goOn();
    this.#draw();
  }

  /** Of an earlier page's answer the server may have told the figures with which this page began. @param {KeptReview} review */
  #countedOnce({ about, assignment_id }) {
    if (about.at >= performance.timeOrigin) return;
    this.#queue.countedBefore(assignment_id);
    this.#drawProgress();
  }

  /** @param {KeptReview} review */
  #movedAway({ assignment_id }) {
    this.#queue.drop(assignment_id);
    this.say(t("A cell went to another reviewer, so your answer to it wasn’t needed."));
    this.#draw();
  }

  // What the person's other pages say

  /** @param {KeptReview} review */
  #heardOf(review) {
    if (review.about.round.id !== this.#data.round.id) return;
    this.#queue.hear(asSent(review));
    this.#draw();
  }

  #claimsChanged() {
    this.#queue.taken = this.#outgoing.taken;
    this.#draw();
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
    this.#outgoing.show(this.#drawn);
    this.#drawStage();
    this.#drawHead();
    this.#drawProgress();
    if (this.#restIsPlanned) return;
    this.#restIsPlanned = true;
    afterFrame(() => this.#drawRest());
  }

  /** What may come a frame later than the picture, its label and its number. */
  #drawRest() {
    this.#restIsPlanned = false;
    const item = this.#queue.current?.item;
    this.#part("reference").cell = item ? { assignment: item.assignment_id, image_url: item.image_url, shown: item.shown_label } : null;
    this.#drawSuggestion();
    this.#suggestions?.want(this.#suggested.map(({ assignment_id }) => assignment_id));
    this.#drawStrip();
    this.#drawTitle();
    this.#pictures.want(this.#queue.upcoming(ahead.hold).map(({ image_url }) => image_url));
    if (!this.#loading.error) void this.#refill();
  }

  /** The cells whose suggestion is looked at now or soon, the one on the screen first. @returns {QueueItem[]} */
  get #suggested() {
    const item = this.#queue.current?.item;
    const next = this.#queue.upcoming(suggestedAhead).filter(({ assignment_id }) => assignment_id !== item?.assignment_id);
    return item ? [item, ...next] : next;
  }

  #drawSuggestion() {
    const item = this.#queue.current?.item;
    if (this.#suggestions) drawSuggestion(this, item ? this.#suggestions.words(item.assignment_id) : { model: "", reason: "" });
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
    const { unsaved, conflicts, notCounted, trouble, detail } = this.#outgoing.state;
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
    if (this.#queue.waitsForOthers) return notices.otherPage();
    return this.#queue.finished ? this.#endNotice() : null;
  }

  /** @param {import("./pictures.js").Picture} picture */
  #pictureNotice({ state, error }) {
    if (state !== "failed") return null;
    const why = error instanceof PictureError ? error : null;
    if (why?.kind === "offline") {
      return notices.waitingForConnection({ kept: this.#outgoing.state.unsaved, retryIn: 0 });
    }
    return notices.brokenPicture(why?.kind ?? "broken", why?.detail ?? null);
  }

  #endNotice() {
    const { round } = this.#data;
    const isOver = round.total > 0 && round.done + this.#queue.answered >= round.total;
    if (round.state === "closed" && !isOver) return notices.closedBefore();
    if (this.#queue.isEmpty && !isOver) return notices.nothingWaiting();
    return this.#end.notice({ answered: this.#queue.answered, isSaved: this.#outgoing.state.unsaved === 0 });
  }

  /** @param {Conflict} conflict */
  #conflictNotice(conflict) {
    const { review, last } = conflict;
    const { item, round, at } = review.about;
    const classOf = byNameIfKnown(this.#data.label_set.classes);
    return notices.conflicting({
      conflict,
      cell: number(item.position),
      round: round.id === this.#data.round.id ? null : round.name,
      mine: answerHeading(this.#queue.find(item.assignment_id)?.review ?? review, classOf),
      decided: time(at),
      theirs: last ? answerHeading(last, classOf) : null,
      when: last?.recorded_at ? time(last.recorded_at) : null,
    });
  }

  /** One line under the picture while there are cells to go on with: what stands in the way of saving. */
  #drawOffline() {
    const words = this.element("notice").hidden ? this.#offlineWords() : null;
    this.element("offline").hidden = words === null;
    if (words === null) return;
    this.text("offline-since", words.first);
    this.text("offline-rest", words.rest);
  }

  /** @returns {notices.Line | null} */
  #offlineWords() {
    const { unsaved, trouble, since } = this.#outgoing.state;
    if (this.#outgoing.problem) return notices.keepingFails(this.#outgoing.problem, unsaved);
    const began = trouble ? since : this.#loading.error ? this.#loading.since : null;
    if (began !== null && this.#trouble !== "signed_out") return notices.goOn({ offline: this.#trouble === "offline", since: began, ready: this.#queue.ready });
    return this.#outgoing.othersWait && this.#queue.figures.here === 0 ? notices.othersWait() : null;
  }

  #drawSending() {
    this.#part("save-state").state = this.#outgoing.state;
    this.#goOnWithoutLabel();
    this.#drawStage();
  }

  /** The head over the palette: what is shown, or what is being chosen. @param {string | null} [hint] @param {string} [problem] */
  #drawHead(hint = null, problem) {
    const held = this.#queue.current;
    const shown = held?.item.shown_label ?? null;
    const { borderline, first, flag, comment } = this.#draft;
    const facts = this.#facts;
    const head = headWords(facts, hint);
    this.text("kicker", problem ?? head.kicker);
    this.text("heading", head.heading);
    this.#drawMainButton(facts);
    this.#palette.shown = held && !borderline ? shown : null;
    this.#palette.first = first;
    this.#palette.pairing = borderline;
    this.press("borderline", borderline);
    this.press("flag", flag);
    this.press("comment", comment !== "");
    this.#drawLabelsToSee();
    if (hint || problem) this.say(`${problem ?? head.kicker}. ${head.heading}`);
  }

  /** A small queue beside the words: labels that came and wait to be looked at. */
  #drawLabelsToSee() {
    const current = this.#queue.current?.item.assignment_id;
    const waiting = this.#reveals.toSee.filter((assignment) => assignment !== current).length;
    this.element("labels").hidden = waiting === 0;
    if (waiting > 0) this.text("labels", tn(waiting, "{n} label to see", "{n} labels to see"));
  }

  /** @returns {import("./head-words.js").Facts} */
  get #facts() {
    const held = this.#queue.current;
    const isTold = held !== null && this.#reveals.stepOf(held.item.assignment_id) === "told";
    return { held, draft: this.#draft, presentation: this.#data.round.presentation, isTold, classOf: this.#classOf };
  }

  /** Confirm, nothing, or cancel: one place, which never moves. @param {import("./head-words.js").Facts} facts */
  #drawMainButton(facts) {
    const { kind, text } = mainAct(facts);
    const button = /** @type {HTMLButtonElement} */ (this.element("main-act"));
    button.dataset["kind"] = kind;
    button.dataset["act"] = kind === "cancel" ? "leave" : "confirm";
    button.setAttribute("aria-disabled", String(kind === "nothing" || kind === "none"));
    this.text("main-act-text", text);
    const { review = null, item } = facts.held ?? {};
    const other = kind === "keep" && review && item?.shown_label && !isGiven(review, item.shown_label);
    this.#drawChange(other ? item.shown_label : null);
  }

  /** The other act once a label was told: to take it. @param {string | null} label */
  #drawChange(label) {
    const button = this.element("change-act");
    button.hidden = label === null;
    if (label === null) return;
    button.dataset["name"] = label;
    this.text("change-key", this.#palette.capOf(label));
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
      answered: this.#queue.figures.shown,
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
  }

  #drawTitle() {
    const { total, done } = this.#whereabouts;
    const left = Math.max(0, total - done);
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
              detail: this.#detailOf(review, item),
            },
          ]
        : [],
    );
    this.element("undo").setAttribute("aria-disabled", String(this.#queue.undoable === null));
  }

  /** @param {Review} review @param {QueueItem} item */
  #detailOf(review, item) {
    if (this.#data.round.presentation !== "reveal") return whatHappened(review, item, this.#classOf);
    const first = this.#reveals.firstOf(item.assignment_id);
    return whatBecame(review, first, this.#reveals.labelOf(item.assignment_id), {
      position: item.position,
      abbr: (name) => this.#classOf(name).abbr,
      heading: (answer) => answerHeading(answer, this.#classOf),
    });
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
 * @property {import("./reference-panel.js").ReferencePanel} reference
 * @property {import("./pause-hint.js").PauseHint} pause
 * @property {import("./round-progress.js").RoundProgress} progress
 */
/** @type {Record<keyof Parts, string>} */
const tags = {
  palette: "class-palette",
  "last-five": "last-five",
  "save-state": "save-state",
  compare: "compare-classes",
  reference: "reference-panel",
  pause: "pause-hint",
  progress: "round-progress",
};

customElements.define("review-page", ReviewPage);
