/**
 * `<grid-page>`: the cells of one shown class on one page, confirmed together but for those that are something else.
 *
 * An answer is kept before the page shows it, and sent after; a page is confirmed only as far as its pictures were on
 * the screen.
 */

import { api } from "../ui/api.js";
import { t, tn } from "../i18n.js";
import { backOff } from "../review/backoff.js";
import * as notices from "../review/notices.js";
import { asSent } from "../review/outbox.js";
import { Outgoing } from "../review/outgoing.js";
import { loadPicture, PictureError } from "../review/picture.js";
import { Pictures } from "../review/pictures.js";
import { RoundEnd } from "../review/round-end.js";
import { SendError, wallClock } from "../review/sender.js";
import { drawSuggestion, SuggestionsOf } from "../review/suggestion.js";
import { ActiveTimer } from "../review/timer.js";
import { ask } from "../review/transport.js";
import { settlement } from "../review/verdict.js";
import { answerHeading, byName, inSentence, number, time } from "../review/words.js";
import { Workplace } from "../review/workplace.js";
import { answersTo, apply, SharedSeconds, sorted, withdrawalsOf } from "./batch.js";
import { isOpen } from "./board.js";
import { Boards } from "./boards.js";
import { gridKeymap } from "./keys.js";
import { classFinished } from "./notices.js";
import { relabelled, viewOf } from "./views.js";
import { confirmWords, footWords, pageWords, relabelWords } from "./words.js";

/**
 * @typedef {import("../review/keymap.js").Action} Action
 * @typedef {import("../review/types.js").Answer} Answer
 * @typedef {import("../review/types.js").Review} Review
 * @typedef {import("../review/outbox.js").KeptReview} KeptReview
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./board.js").GridItem} GridItem
 * @typedef {import("./board.js").Cell} Cell
 * @typedef {{phase: "over" | "drop" | "cancel", x: number, y: number}} Carrying
 * @typedef {import("../review/types.js").ReviewData & {
 *   grid: {waiting: {shown_label: string | null, cells: number}[], label: string, size: number, by_suspicion: boolean}
 * }} GridData
 */

/** A page that has only just appeared isn't confirmed: the second press of a double one, or a double click. */
const leastLook = 500;
const mostCells = 200;

export class GridPage extends Workplace {
  /** @type {GridData} */
  #data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("review-data")).textContent ?? "");
  #classOf = byName(this.#data.label_set.classes);
  /** @override */
  keymap = gridKeymap(this.#data.label_set.classes, this.#data.keys);
  /** @override */
  rollingFingerMs = this.#data.rolling_finger_ms;
  #size = this.#data.grid.size;
  #boards = new Boards(this.#data.label_set.classes.map(({ name }) => name), this.#data.grid.waiting, this.#size);
  /** The class on the screen: the one that was asked for, or that most cells wait of; null where none waits. */
  #label = this.#boards.has(this.#data.grid.label) ? this.#data.grid.label : this.#boards.largest;
  /** @type {import("./batch.js").Step[]} */
  #steps = [];
  #timer = new ActiveTimer({ now: () => performance.now() });
  #seconds = new SharedSeconds();
  #end = new RoundEnd({ round: this.#data.round, user: this.#data.user.name, changed: () => this.#draw() });
  /** Pictures that came with their cells, by the address under which they are wanted. @type {Map<string, string>} */
  #sent = new Map();
  #small = new Pictures({ load: (url) => this.#loadSmall(url), parallel: 8, most: 2 * mostCells + 48, changed: () => this.#drawCellsSoon() });
  #large = new Pictures({ load: loadPicture, parallel: 2, most: 24, changed: () => this.#drawFocus() });
  #outgoing = new Outgoing({
    user: this.#data.user,
    round: this.#data.round,
    changed: () => this.#drawSending(),
    answered: (review, result) => this.#serverAnswered(review, result),
    heard: (review) => this.#heardOf(review),
  });
  /** Only where the round shows them. */
  #suggestions =
    this.#data.round.suggestions === "predictions"
      ? new SuggestionsOf({
          user: this.#data.user.name,
          sorted: this.#data.grid.by_suspicion,
          classOf: this.#classOf,
          changed: () => this.#drawSuggestion(),
        })
      : null;
  /** Reviews are being kept: nothing else may be decided meanwhile. */
  #keeping = false;
  /** What is selected on a page that was confirmed, while the next page is still on its way. @type {Set<Cell> | null} */
  #turning = null;
  /** When the page on the screen was first painted, in the time of events. */
  #standsSince = Infinity;
  /** @type {readonly Cell[] | null} the cells that the grid was last laid out for; null where it has to be laid anew */
  #laid = null;
  #drawingSoon = false;
  /** Asking for cells. @type {{asking: boolean, failures: number, error: SendError | null, retryAt: number, cancel: () => void}} */
  #loading = { asking: false, failures: 0, error: null, retryAt: 0, cancel: () => {} };
  #choosing = false;
  /** What earlier pages left in the outbox is known: cells that wait there to be sent aren't asked for. */
  #begun = false;
  /** @type {number | undefined} */
  #ticking;

  connectedCallback() {
    this.listen();
    const grid = this.#grid;
    grid.addEventListener("choose", () => this.#chosen());
    grid.addEventListener("seen", (event) => this.#seen(/** @type {CustomEvent<string[]>} */ (event).detail));
    grid.addEventListener("menu", (event) => this.#openMenu(/** @type {CustomEvent<{x: number, y: number}>} */ (event).detail));
    grid.addEventListener("carry", (event) => this.#carried(/** @type {CustomEvent<Carrying>} */ (event).detail));
    this.#menu.addEventListener("closed", () => grid.focus());
    this.element("class").addEventListener("change", () => this.#switchTo(this.#select("class").value));
    this.element("size").addEventListener("change", () => this.#resize(Number(this.#select("size").value)));
    for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) {
      document.addEventListener(sign, () => this.#timer.touch(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#timer.hide() : this.#timer.show()));
    window.addEventListener("focus", () => this.#trouble && this.#tryNow());
    window.addEventListener("online", () => this.#tryNow());
    this.#draw();
    void this.#begin();
  }

  async #begin() {
    for (const review of await this.#outgoing.open()) this.#boards.note(review);
    this.#begun = true;
    void this.#refill();
  }

  // What the person does

  /** @override @param {Action} action @param {number} at when it was asked for */
  async perform(action, at) {
    if (this.#menu.close()) this.#grid.focus();
    switch (action.type) {
      case "class":
        return this.#relabel({ verdict: "label", label: String(action.name), second_label: null });
      case "unsure":
      case "unusable":
        return this.#relabel({ verdict: action.type, label: null, second_label: null });
      case "confirm_page":
        return this.#confirm(at);
      case "undo":
        return this.#undo();
      case "leave":
        return this.#leave();
      case "help":
        return this.toggleHelp();
      case "next_class":
        return this.#switchTo(String(this.#boards.after(this.#label)));
      case "try":
        return this.#tryNow();
      case "saves":
      case "choose-mine":
      case "choose-theirs":
      case "choose-again":
        return this.#choose(action.type);
    }
  }

  /** The selected cells, or the one in focus, are something else than was shown. @param {Answer} answer */
  async #relabel(answer) {
    if (this.#isHeldUp) return;
    const board = this.#board;
    const { page } = board;
    const { selection } = this.#grid;
    const { places } = selection;
    const targets = this.#targets.filter((cell) => cell.seen && this.#pictureOf(cell) === "ready");
    const cells = targets.filter(({ review }) => review?.verdict !== answer.verdict || review.label !== answer.label);
    if (targets.length === 0) return this.say(t("No cell is selected."));
    const open = cells.filter((cell) => isOpen(cell));
    const changed = cells.filter((cell) => !isOpen(cell));
    const each = this.#takeSeconds(open.length);
    const reviews = [...answersTo(open, answer, each), ...answersTo(changed, answer, 0)];
    if (!(await this.#recorded("relabel", [...open, ...changed], reviews))) return;
    if (page === board.page) selection.giveUp(places);
    this.#draw();
    this.#palette.press(answer.label ?? answer.verdict);
    const said = inSentence(answerHeading(answer, this.#classOf));
    this.say(tn(cells.length, "{n} cell relabelled: {answer}", "{n} cells relabelled: {answer}", { answer: said }));
  }

  /** @param {number} at */
  async #confirm(at) {
    if (this.#isHeldUp || at < this.mayConfirmFrom) return;
    const board = this.#board;
    const { confirmed, selected, unseen, loading } = this.#sorted();
    if (confirmed.length === 0) {
      if (board.page.length > 0 && unseen.length + loading.length === 0) this.#turn(new Set(selected));
      else this.say(this.#footWords());
      return;
    }
    const label = String(this.#label);
    const answer = /** @type {Answer} */ ({ verdict: "label", label, second_label: null });
    const reviews = answersTo(confirmed, answer, this.#takeSeconds(confirmed.length));
    if (!(await this.#recorded("confirm", confirmed, reviews))) return;
    this.#turn(new Set(selected));
    const said = { label: inSentence(this.#classOf(label).display) };
    this.say(tn(reviews.length, "{n} cell confirmed as {label}", "{n} cells confirmed as {label}", said));
  }

  /** The last act is taken back as a whole, and its cells are on the screen again. */
  async #undo() {
    const step = this.#steps.at(-1);
    if (!step || this.#isHeldUp) return;
    const reviews = withdrawalsOf(step);
    if (!(await this.#kept(step.cells, reviews))) return;
    this.#steps.pop();
    this.#turning = null;
    if (step.board !== this.#board || step.page !== step.board.index || step.kind === "confirm") {
      this.#label = this.#boards.nameOf(step.board);
      this.#boards.bringBack(String(this.#label), step.board);
      step.board.turnBack(step.page);
      this.#newPage();
    }
    this.#draw();
    this.#grid.focus();
    this.say(tn(reviews.length, "{n} answer taken back", "{n} answers taken back"));
  }

  /**
   * Whether the reviews are safe; then they stand, and can be taken back together.
   *
   * @param {"confirm" | "relabel"} kind
   * @param {Cell[]} cells
   * @param {Review[]} reviews
   */
  async #recorded(kind, cells, reviews) {
    const board = this.#board;
    const page = board.index;
    if (!(await this.#kept(cells, reviews))) return false;
    if (reviews.length > 0) this.#steps.push({ kind, board, page, cells, reviews });
    return true;
  }

  /** Whether the reviews are safe; then each is the last one of its cell. @param {Cell[]} cells @param {Review[]} reviews */
  async #kept(cells, reviews) {
    const items = new Map(cells.map(({ item }) => [item.assignment_id, item]));
    this.#keeping = true;
    try {
      await this.#outgoing.keep(reviews, reviews.map(({ assignment_id }) => /** @type {GridItem} */ (items.get(assignment_id))));
      apply(cells, reviews);
      for (const review of reviews) this.#boards.note(review);
      return true;
    } catch (error) {
      this.text("status", t("This browser couldn’t keep the answers: {reason}", { reason: String(error) }));
      this.say(this.element("status").textContent ?? "");
      return false;
    } finally {
      this.#keeping = false;
    }
  }

  /** When the page on the screen may be confirmed, in the time of events; Infinity while it isn't painted. */
  get mayConfirmFrom() {
    return this.#standsSince + leastLook;
  }

  /** @override */
  focusBack() {
    this.#grid.focus();
  }

  /** Nothing may be decided now. */
  get #isHeldUp() {
    return this.#keeping || this.#choosing || this.#turning !== null;
  }

  /** Active seconds for each of so many cells. @param {number} cells undecided ones */
  #takeSeconds(cells) {
    const { seconds } = this.#timer;
    this.#timer.restart();
    this.#seconds.gather(seconds);
    return this.#seconds.take(cells, this.#board.page.filter(isOpen).length);
  }

  /** @param {Set<Cell>} selected cells that stay undecided */
  #turn(selected) {
    this.#turning = this.#board.turn(selected) ? null : selected;
    this.#newPage();
    this.#draw();
    if (this.#turning) return;
    if (this.#board.page.length > 0) this.#grid.focus();
    else this.element("notice-choices").querySelector("button")?.focus();
  }

  #newPage() {
    this.#standsSince = Infinity;
    this.#laid = null;
    this.#timer.restart();
    this.#seconds.empty();
  }

  #leave() {
    if (this.isHelpOpen) return this.toggleHelp();
    this.viewer.closeAdjust();
    this.#choosing = false;
    this.#grid.selection.clear();
    this.#draw();
    this.#grid.focus();
  }

  /** @param {string} label */
  #switchTo(label) {
    if (this.#isHeldUp || !this.#boards.has(label)) return;
    this.#label = label;
    history.replaceState(null, "", `?label=${encodeURIComponent(label)}`);
    this.#newPage();
    this.#draw();
    this.#grid.focus();
  }

  /** @param {number} size */
  #resize(size) {
    if (this.#isHeldUp) return this.#drawHead();
    this.#size = size;
    this.#boards.resize(size);
    this.#newPage();
    this.#draw();
    api("PATCH", "/api/v1/account/settings", { grid_page: size }).catch(() => this.say(t("The page size holds until this page is left.")));
  }

  // The menu and the drag of cells

  /** @param {import("./band.js").Point} at */
  #openMenu(at) {
    if (this.#targets.length > 0) this.#menu.open(relabelWords(this.#grid.selection.size, this.#focusNumber), at);
  }

  /** Cells are carried to a tile. @param {Carrying} carrying */
  #carried({ phase, x, y }) {
    const ghost = this.element("ghost");
    const tile = document.elementFromPoint(x, y)?.closest("class-palette button");
    for (const other of this.#palette.querySelectorAll(".drop")) if (other !== tile) other.classList.remove("drop");
    ghost.hidden = phase !== "over";
    if (phase === "over") {
      tile?.classList.add("drop");
      this.text("ghost", tn(this.#grid.selection.size, "{n} cell", "{n} cells"));
      ghost.style.setProperty("--x", `${x}px`);
      ghost.style.setProperty("--y", `${y}px`);
      return;
    }
    tile?.classList.remove("drop");
    if (phase !== "drop" || !(tile instanceof HTMLElement)) return;
    const { act: type, name } = tile.dataset;
    void this.perform(/** @type {Action} */ ({ type, name }), performance.now());
  }

  // What the server says

  async #refill() {
    const board = this.#board;
    const label = this.#label;
    if (!this.#begun || !board.wanted || this.#loading.asking || label === null) return;
    const { limit, after } = board.wanted;
    this.#loading.cancel();
    this.#loading.asking = true;
    try {
      const query = new URLSearchParams({ shown_label: label, thumbnails: "true", limit: String(limit), ...(after === null ? {} : { after: String(after) }) });
      const { items } = await ask("GET", `/api/v1/rounds/${this.#data.round.id}/queue?${query}`, undefined, this.#data.user.name);
      board.add(this.#unpacked(items), limit);
      this.#boards.hold(board.cells);
      Object.assign(this.#loading, { failures: 0, error: null });
    } catch (error) {
      this.#askLater(error instanceof SendError ? error : new SendError("failed", { detail: String(error) }));
    } finally {
      this.#loading.asking = false;
    }
    if (this.#turning && board.isAhead) this.#turn(this.#turning);
    else this.#draw();
  }

  /** The cells without their pictures, which aren't to be kept with every answer. @param {GridItem[]} items */
  #unpacked(items) {
    for (const item of items) {
      if (item.thumbnail) this.#sent.set(item.thumbnail_url, item.thumbnail);
      item.thumbnail = null;
    }
    return items;
  }

  /** @param {string} url */
  #loadSmall(url) {
    const sent = this.#sent.get(url);
    this.#sent.delete(url);
    return sent ? loadPicture(sent).catch(() => loadPicture(url)) : loadPicture(url);
  }

  /** @param {SendError} error */
  #askLater(error) {
    this.#loading.failures += 1;
    this.#loading.error = error;
    const wait = Math.max(backOff(this.#loading.failures), (error.retryAfter ?? 0) * 1000);
    this.#loading.retryAt = wallClock.now() + wait;
    this.#loading.cancel = wallClock.after(wait, () => void this.#refill());
  }

  #tryNow() {
    this.#choosing = false;
    this.#outgoing.tryNow();
    for (const pictures of [this.#small, this.#large]) {
      pictures.retry((error) => !(error instanceof PictureError) || error.mayPass);
    }
    void this.#refill();
  }

  get #trouble() {
    return this.#outgoing.state.trouble ?? this.#loading.error?.trouble ?? null;
  }

  /** @param {Review} review @param {import("../review/types.js").Result} result */
  #serverAnswered(review, { status, reason }) {
    if (status !== "conflict" || reason !== "moved") return;
    this.#boards.drop(review.assignment_id);
    this.say(t("A cell went to another reviewer, so your answer to it wasn’t needed."));
    this.#laid = null;
    this.#draw();
  }

  /** What to do about answers that the server didn't take. @param {string} how */
  async #choose(how) {
    const { conflicts, notCounted } = this.#outgoing.state;
    const [conflict] = conflicts;
    if (how === "saves") this.#choosing = conflict !== undefined || notCounted > 0;
    else if (conflict) await this.#settle(conflict, how);
    this.#draw();
  }

  /** @param {import("../review/sender.js").Conflict<KeptReview>} conflict @param {string} how */
  async #settle({ review, last }, how) {
    const cell = this.#boards.find(review.assignment_id);
    const both = last ? settlement(cell?.review ?? asSent(review), last, how === "choose-mine") : [];
    await this.#outgoing.settle(review, both);
    if (cell) cell.review = both.at(-1) ?? null;
    this.#choosing = this.#outgoing.state.conflicts.length > 0;
  }

  /** Another page of the same person decided on a cell. @param {KeptReview} review */
  #heardOf(review) {
    this.#boards.note(review);
    const cell = this.#boards.find(review.assignment_id);
    if (!cell) return;
    cell.review = review;
    this.#draw();
  }

  /** @override */
  get hasUnsaved() {
    return this.#outgoing.wouldWait;
  }

  // What is so

  /** @returns {Board} */
  get #board() {
    return this.#boards.of(String(this.#label));
  }

  /** What a class key decides on: what is selected, or the cell in focus where its picture stands beside the grid. */
  get #targets() {
    const { places, focus } = this.#grid.selection;
    const page = this.#board.page;
    const chosen = places.length > 0 ? places : this.#showsFocus ? [focus] : [];
    return chosen.flatMap((place) => page[place] ?? []);
  }

  /** Whether the picture of the cell in focus is on the screen beside the grid. */
  get #showsFocus() {
    return this.viewer.offsetParent !== null;
  }

  get #focusNumber() {
    return this.#showsFocus && this.#board.page.length > 0 ? number(this.#grid.selection.focus + 1) : null;
  }

  /** @param {Cell} cell */
  #pictureOf({ item }) {
    return this.#small.get(item.thumbnail_url).state;
  }

  #sorted() {
    const { page } = this.#board;
    const selected = new Set(this.#grid.selection.places.map((place) => page[place]));
    return sorted(page, (cell) => selected.has(cell), (cell) => this.#pictureOf(cell));
  }

  /** @param {string[]} assignments painted within sight */
  #seen(assignments) {
    let news = false;
    for (const assignment of assignments) {
      const cell = this.#board.find(assignment);
      if (!cell || cell.seen) continue;
      cell.seen = true;
      news = true;
    }
    if (this.#standsSince === Infinity) this.#standsSince = performance.now();
    if (news) this.#drawFoot();
  }

  #chosen() {
    this.#drawFocus();
    this.#drawCells();
    this.#drawFoot();
    this.#drawRelabel();
  }

  // Drawing

  #draw() {
    this.#drawHead();
    this.#drawNotice();
    this.#drawCells();
    this.#drawFocus();
    this.#drawRelabel();
    this.#drawFoot();
    if (this.#label === null) return;
    this.#small.want(this.#turning ? [] : this.#board.pictures);
    if (!this.#loading.error) void this.#refill();
  }

  #drawCellsSoon() {
    if (this.#drawingSoon) return;
    this.#drawingSoon = true;
    requestAnimationFrame(() => {
      this.#drawingSoon = false;
      this.#drawCells();
      this.#drawFoot();
    });
  }

  #drawCells() {
    const page = this.#turning || this.#label === null ? [] : this.#board.page;
    const { selection } = this.#grid;
    const views = page.map((cell, place) => {
      const picture = this.#small.get(cell.item.thumbnail_url);
      return viewOf(cell, { place, of: page.length, selected: selection.has(place), picture }, this.#classOf);
    });
    const isLaid = this.#laid?.length === page.length && this.#laid.every((cell, at) => cell === page[at]);
    if (isLaid) this.#grid.draw(views);
    else this.#grid.lay(views, (place) => page[place] !== undefined && this.#pictureOf(page[place]) !== "failed");
    this.#laid = [...page];
  }

  #drawHead() {
    const { round } = this.#data;
    const label = this.#label;
    const done = this.#boards.decided.length + round.done;
    this.text("done", number(done));
    /** @type {HTMLProgressElement} */ (this.element("progress")).value = done;
    for (const option of this.#select("class").options) {
      const left = this.#boards.left(option.value);
      const name = this.#classOf(option.value).display;
      option.textContent = t("{label}, {n}", { label: name, n: number(left) });
      option.disabled = left === 0 && option.value !== label;
    }
    this.#select("class").value = String(label);
    this.#select("size").value = String(this.#size);
    const shown = label === null ? null : this.#classOf(label);
    for (const [part, text] of /** @type {const} */ ([["label-abbr", shown?.abbr], ["label-name", shown?.display]])) this.text(part, text ?? "");
    this.element("label-chip").className = `chip group-${shown?.group ?? "none"}${shown?.neoplastic ? " neoplastic" : ""}`;
    this.element("label-chip").hidden = shown === null;
    this.#palette.shown = label;
    this.#drawPageWords();
    const disputed = this.#boards.left(null);
    this.element("born-disputed").hidden = disputed === 0;
    this.text(
      "born-disputed",
      tn(disputed, "{n} cell without one shown label comes on the single page.", "{n} cells without one shown label come on the single page."),
    );
  }

  #drawPageWords() {
    if (this.#label === null) return this.text("page-words", "");
    const board = this.#board;
    const left = this.#boards.left(this.#label);
    const later = Math.max(0, left - board.leftOver - board.page.filter(isOpen).length);
    const page = board.number;
    this.text("page-words", board.page.length === 0 ? "" : pageWords({ page, pages: page + Math.ceil(later / this.#size), left }));
  }

  /** The cell in focus, large. */
  #drawFocus() {
    const page = this.#turning || this.#label === null ? [] : this.#board.page;
    const { focus } = this.#grid.selection;
    const cell = page[focus];
    const near = [focus, focus + 1, focus - 1].flatMap((place) => page[place]?.item.image_url ?? []);
    this.#large.want(this.#showsFocus ? near : []);
    const picture = cell && this.#large.get(cell.item.image_url);
    if (picture?.image) this.viewer.show(picture.image, t("Cell {cell} of {of}", { cell: number(focus + 1), of: number(page.length) }));
    else this.viewer.blank(null);
    this.#suggestions?.want(this.#showsFocus && cell ? [cell.item.assignment_id] : []);
    this.#drawSuggestion();
    this.text("focus-words", cell ? t("cell {cell} of {of}", { cell: number(focus + 1), of: number(page.length) }) : "");
  }

  #drawSuggestion() {
    const cell = this.#turning || this.#label === null ? undefined : this.#board.page[this.#grid.selection.focus];
    if (this.#suggestions) drawSuggestion(this, cell ? this.#suggestions.words(cell.item.assignment_id) : { model: "", reason: "" });
  }

  #drawRelabel() {
    const { size } = this.#grid.selection;
    this.classList.toggle("selecting", size > 0);
    this.text("relabel-heading", relabelWords(size, this.#focusNumber));
    this.element("clear").hidden = size === 0;
  }

  #footWords() {
    const { page } = this.#board;
    const { selected, unseen, loading, broken } = this.#sorted();
    return footWords({
      relabelled: relabelled(page, this.#classOf),
      selected: selected.length,
      unseen: unseen.length,
      loading: loading.length,
      broken: broken.map((cell) => page.indexOf(cell) + 1),
    });
  }

  /** Confirm, go on, or nothing: one place, which never moves. */
  #drawFoot() {
    const button = this.element("main-act");
    const isShown = this.#label !== null && !this.#turning && this.#board.page.length > 0;
    button.hidden = !isShown;
    this.element("undo").setAttribute("aria-disabled", String(this.#steps.length === 0));
    this.text("status", isShown ? this.#footWords() : "");
    if (!isShown) return;
    const { confirmed, unseen, loading } = this.#sorted();
    const isOver = unseen.length + loading.length === 0;
    const label = this.#classOf(this.#label).display;
    const kind = confirmed.length > 0 ? "confirm" : isOver ? "turn" : "nothing";
    button.dataset["kind"] = kind;
    button.classList.toggle("filled", kind !== "nothing");
    button.setAttribute("aria-disabled", String(kind === "nothing"));
    const text = { confirm: () => confirmWords(confirmed.length, label), turn: () => t("Go on to the next cells"), nothing: () => t("Nothing to confirm yet") };
    this.text("main-act-text", text[kind]());
  }

  #drawSending() {
    this.#saveState.state = this.#outgoing.state;
    const { unsaved, trouble } = this.#outgoing.state;
    const failing = this.element("failing");
    failing.hidden = trouble === null || trouble === "signed_out" || unsaved === 0;
    if (!failing.hidden) {
      this.text("failing", tn(unsaved, "{n} answer not yet saved. Trying again.", "{n} answers not yet saved. Trying again."));
    }
    this.#drawNotice();
  }

  #drawNotice() {
    const notice = this.#notice();
    this.drawNotice(notice);
    this.classList.toggle("noticed", notice !== null);
    const isLoading = !notice && this.#label !== null && (this.#turning !== null || this.#board.page.length === 0);
    this.element("loading").hidden = !isLoading;
    clearTimeout(this.#ticking);
    if (notice && this.#loading.error) this.#ticking = window.setTimeout(() => this.#drawNotice(), 1000);
  }

  /** What stands in the place of the cells. @returns {notices.Notice | null} */
  #notice() {
    const { unsaved, conflicts, notCounted, trouble, detail } = this.#outgoing.state;
    const { error } = this.#loading;
    const conflict = this.#choosing ? conflicts[0] : undefined;
    if (conflict) return this.#conflictNotice(conflict);
    if (notCounted > 0) return notices.roundClosed(notCounted);
    if (trouble === "signed_out" || error?.trouble === "signed_out") {
      const other = (trouble === "signed_out" ? detail : error?.detail) || null;
      return notices.signInAgain({ kept: unsaved, name: this.#data.user.name, other });
    }
    if (this.#data.round.state === "closed") return notices.closedBefore();
    if (this.#label !== null && !this.#turning && !this.#board.finished && (this.#board.page.length > 0 || !error)) return null;
    if (error && error.trouble !== "offline" && error.trouble !== "busy") return notices.couldNotLoad(error.detail);
    if (error) return notices.waitingForConnection({ kept: unsaved, retryIn: Math.max(0, Math.ceil((this.#loading.retryAt - wallClock.now()) / 1000)) });
    return this.#turning ? null : this.#endNotice();
  }

  /** No cell of the class is left, or none at all. @returns {notices.Notice} */
  #endNotice() {
    const { round } = this.#data;
    const cells = this.#boards.decided;
    if (this.#label === null && this.#boards.left(null) === 0 && cells.length === 0 && round.done < round.total) return notices.nothingWaiting();
    const next = this.#boards.after(this.#label);
    const undecided = this.#label === null ? 0 : this.#board.leftOver;
    if (next === null && this.#boards.left(null) === 0 && undecided === 0) {
      return this.#end.notice({ answered: cells.length, isSaved: this.#outgoing.state.unsaved === 0 });
    }
    return classFinished({
      label: this.#label && this.#classOf(this.#label).display,
      next: next === null ? null : { label: this.#classOf(next).display, left: this.#boards.left(next) },
      undecided,
      single: `/rounds/${round.id}/review`,
    });
  }

  /** @param {import("../review/sender.js").Conflict<KeptReview>} conflict */
  #conflictNotice(conflict) {
    const { review, last } = conflict;
    return notices.conflicting({
      conflict,
      cell: number(review.about.item.position),
      mine: answerHeading(this.#boards.find(review.assignment_id)?.review ?? review, this.#classOf),
      theirs: last ? answerHeading(last, this.#classOf) : null,
      when: last?.recorded_at ? time(last.recorded_at) : null,
    });
  }

  // The parts

  get #grid() {
    return /** @type {import("./cell-grid.js").CellGrid} */ (this.querySelector("cell-grid"));
  }

  get #palette() {
    return /** @type {import("../review/class-palette.js").ClassPalette} */ (this.querySelector("class-palette"));
  }

  get #menu() {
    return /** @type {import("./cell-menu.js").CellMenu} */ (this.querySelector("cell-menu"));
  }

  get #saveState() {
    return /** @type {import("../review/save-state.js").SaveState} */ (this.querySelector("save-state"));
  }

  /** @param {string} name */
  #select(name) {
    return /** @type {HTMLSelectElement} */ (this.element(name));
  }
}

customElements.define("grid-page", GridPage);
