/**
 * `<adjudication-page>`: one dispute after the other, with every opinion beside the picture; a key settles.
 *
 * A settlement is kept before the next dispute is drawn, and sent after; a key settles only the cell that was painted
 * when it was pressed.
 */

import { t, tn } from "../i18n.js";
import { backOff } from "../review/backoff.js";
import { capOf, drawCaps, shortcutOf } from "../review/keycaps.js";
import { createKeymap } from "../review/keymap.js";
import { brokenPicture, couldNotLoad, signInAgain, waitingForConnection } from "../review/notices.js";
import { loadPicture, PictureError } from "../review/picture.js";
import { Pictures } from "../review/pictures.js";
import { Fetched } from "../review/reference.js";
import { SendError, Sender, wallClock } from "../review/sender.js";
import { uuid } from "../review/uuid.js";
import { answerHeading, byName, decimal, inSentence, number, time } from "../review/words.js";
import { Workplace } from "../review/workplace.js";
import { candidates } from "./dispute.js";
import { Docket } from "./docket.js";
import { noDisputes, notSettled } from "./notices.js";
import { PictureEvidence } from "./look-alikes.js";
import { adjudicationOf, giveWords, reasons, settle, unsettled, withdrawalOf } from "./settling.js";
import { fetchCell, fetchDisputes, fetchOrigins, fetchReliability, postAdjudication } from "./transport.js";
import { howGiven, inShort, pairOf, predicted, question, rightWhenSaying, whyDisputed } from "./words.js";

/**
 * @typedef {import("../review/keymap.js").Action} Action
 * @typedef {import("./types.js").Adjudication} Adjudication
 * @typedef {import("./types.js").AdjudicationData} AdjudicationData
 * @typedef {import("./types.js").Dispute} Dispute
 * @typedef {import("./transport.js").Occurrence} Occurrence
 * @typedef {import("./transport.js").Origins} Origins
 * @typedef {import("./transport.js").Reliability} Reliability
 */

const decodedAhead = 6;
const evidenceAhead = 2;
const buttonsAtMost = 3;

export class AdjudicationPage extends Workplace {
  /** @type {AdjudicationData} */
  #data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("adjudication-data")).textContent ?? "");
  #classOf = byName(this.#data.label_set.classes);
  #order = this.#data.label_set.classes.map(({ name }) => name);
  /** @override */
  keymap = createKeymap(this.#data.label_set.classes, this.#data.keys);
  /** @override */
  rollingFingerMs = this.#data.rolling_finger_ms;
  #docket = new Docket();
  #pictures = new Pictures({ load: loadPicture, most: 16, changed: (url) => this.#pictureChanged(url) });
  /** @type {Map<string, Origins>} files and predictions by cell, as far as they are known */
  #origins = new Map();
  /** @type {Fetched<Reliability>} */
  #reliability = new Fetched({ load: (cellId) => fetchReliability(cellId, this.#data.user.name), changed: () => this.#drawReliability() });
  /** @type {Sender<Adjudication>} */
  #sender = new Sender({
    subjectOf: (adjudication) => adjudication.cell_id,
    largest: 1,
    post: async (decisions) => Promise.all(decisions.map((one) => postAdjudication(one, this.#data.user.name))),
    changed: () => this.#drawSending(),
  });
  #pictureEvidence = new PictureEvidence(this.#data, () => this.#drawPictureEvidence());
  #settling = unsettled;
  #keeping = false;
  /** @type {string | null} */
  #drawn = null;
  #loading = { asking: false, failures: 0, error: /** @type {SendError | null} */ (null), retryAt: 0, cancel: () => {} };

  connectedCallback() {
    this.listen();
    this.element("words-form").addEventListener("submit", (event) => this.#wordsGiven(event));
    document.addEventListener("visibilitychange", () => this.#tryIfStuck());
    window.addEventListener("focus", () => this.#tryIfStuck());
    window.addEventListener("online", () => this.#tryNow());
    void this.#sender.resume();
    void this.#load();
    this.#draw();
    this.viewer.focus();
  }

  /** @override */
  get hasUnsaved() {
    const { unsaved, conflicts } = this.#sender.state;
    return unsaved + conflicts.length > 0;
  }

  // What the person does

  /** @override @param {Action} action @param {number} at when it was asked for */
  async perform(action, at) {
    switch (action.type) {
      case "undo":
        return this.#undo();
      case "previous":
        return this.#move(this.#docket.step(-1));
      case "next":
        return this.#move(this.#docket.step(1));
      case "go":
        this.classList.remove("docket-open");
        return this.#move(this.#docket.goTo(String(action.name)));
      case "docket":
        return void this.classList.toggle("docket-open");
      case "help":
        return this.toggleHelp();
      case "picker":
        return void this.element("picker").togglePopover();
      case "comment":
        return this.#openWords();
      case "leave":
        return this.#leave();
      case "try":
        return this.#tryNow();
      case "saves":
      case "look-again":
        return this.#lookAgain();
      default:
        return this.#settle(action, at);
    }
  }

  /** @param {Action} action @param {number} at */
  async #settle(action, at) {
    const dispute = this.#docket.current?.dispute;
    if (!dispute || dispute.own || this.#keeping || at < this.viewer.paintedAt) return;
    const facts = { candidates: candidates(dispute, this.#order), reasonRequired: dispute.reason_required };
    await this.#take(settle(this.#settling, action, facts));
  }

  /** @param {Event} event */
  async #wordsGiven(event) {
    event.preventDefault();
    const { value } = this.#wordsField;
    this.#closeWords();
    await this.#take(giveWords(this.#settling, value));
  }

  /** @param {import("./settling.js").Step} step */
  async #take({ settling, answer, hint }) {
    this.#settling = settling;
    const listed = this.#docket.current;
    if (!answer || !listed) return this.#drawSettling(hint);
    const { cell_id, adjudication } = listed.dispute;
    const supersedes = listed.settled?.id ?? adjudication?.id ?? null;
    const decision = adjudicationOf(answer, { id: uuid(), cell_id, settling, supersedes });
    if (!(await this.#kept(decision))) return;
    this.element("picker").hidePopover();
    this.#docket.settle(decision);
    this.#draw();
    this.say(t("Settled: {answer}", { answer: answerHeading(decision, this.#classOf) }));
  }

  async #undo() {
    const last = this.#docket.undoable;
    if (!last || this.#keeping) return;
    const withdrawal = withdrawalOf(last, uuid());
    if (!(await this.#kept(withdrawal))) return;
    this.#docket.undo(withdrawal);
    this.#draw();
    this.#settling = { ...unsettled, reason: last.reason, words: last.comment };
    this.#drawSettling();
    this.say(t("Taken back: {answer}", { answer: answerHeading(last, this.#classOf) }));
  }

  /** Whether the decision is safe; if not, the page stays where it is and says so. @param {Adjudication} decision */
  async #kept(decision) {
    this.#keeping = true;
    try {
      await this.#sender.keep(decision);
      return true;
    } catch (error) {
      this.text("settle-words", t("This browser couldn’t keep the answer: {reason}", { reason: String(error) }));
      return false;
    } finally {
      this.#keeping = false;
    }
  }

  /** @param {boolean} moved */
  #move(moved) {
    if (moved) this.#draw();
  }

  #openWords() {
    if (!this.#docket.current) return;
    this.element("words-form").hidden = false;
    this.#wordsField.value = this.#settling.words;
    this.#wordsField.focus();
    this.element("words-form").scrollIntoView({ block: "nearest" });
  }

  #closeWords() {
    this.element("words-form").hidden = true;
    this.viewer.focus();
  }

  #leave() {
    if (this.isHelpOpen) return this.toggleHelp();
    if (!this.element("words-form").hidden) return this.#closeWords();
    this.classList.remove("docket-open");
    this.element("picker").hidePopover();
    this.viewer.closeAdjust();
    this.viewer.focus();
    this.#settling = settle(this.#settling, { type: "leave" }, { candidates: [], reasonRequired: false }).settling;
    this.#drawSettling();
  }

  /** The server refused a settlement: its cell waits again. */
  async #lookAgain() {
    const [conflict] = this.#sender.state.conflicts;
    if (!conflict) return;
    const { cell_id } = conflict.review;
    await this.#sender.settle(cell_id, []);
    this.#docket.reopen(cell_id);
    this.#draw();
  }

  get #wordsField() {
    return /** @type {HTMLInputElement} */ (this.element("words-form").querySelector("input"));
  }

  // What the server says

  async #load() {
    if (this.#loading.asking || !this.#docket.wantsMore) return;
    this.#loading.cancel();
    this.#loading.asking = true;
    try {
      const isFirst = this.#docket.current === null;
      const { items, total } = await fetchDisputes(this.#data);
      this.#docket.add(items, total);
      if (isFirst) await this.#beginWith(this.#data.filter.cell);
      Object.assign(this.#loading, { failures: 0, error: null });
    } catch (error) {
      this.#loadLater(error instanceof SendError ? error : new SendError("failed", { detail: String(error) }));
    } finally {
      this.#loading.asking = false;
    }
    this.#draw();
  }

  /** @param {string} cellId the one that was asked for, or empty */
  async #beginWith(cellId) {
    if (cellId === "" || this.#docket.settledHere > 0) return;
    this.#docket.put(this.#docket.find(cellId)?.dispute ?? (await fetchCell(cellId, this.#data.user.name)));
  }

  /** @param {SendError} error */
  #loadLater(error) {
    this.#loading.failures += 1;
    this.#loading.error = error;
    const wait = Math.max(backOff(this.#loading.failures), (error.retryAfter ?? 0) * 1000);
    this.#loading.retryAt = wallClock.now() + wait;
    this.#loading.cancel = wallClock.after(wait, () => void this.#load());
  }

  #tryNow() {
    this.#sender.tryNow();
    this.#pictures.retry((error) => !(error instanceof PictureError) || error.mayPass);
    void this.#load();
  }

  #tryIfStuck() {
    if (this.#sender.state.trouble || this.#loading.error) this.#tryNow();
  }

  /** The next cells' files and predictions, before they are looked at. */
  async #learnOrigins() {
    for (const { cell_id } of this.#docket.upcoming(evidenceAhead + 1)) {
      if (this.#origins.has(cell_id)) continue;
      this.#origins.set(cell_id, { occurrences: [], predictions: [] });
      try {
        this.#origins.set(cell_id, await fetchOrigins(cell_id, this.#data.user.name));
        if (this.#drawn === cell_id) this.#drawGiven();
      } catch {
        this.#origins.delete(cell_id);
        return;
      }
    }
  }

  /** @param {string} url */
  #pictureChanged(url) {
    if (this.#docket.current?.dispute.image_url === url) this.#drawStage();
  }

  // Drawing

  #draw() {
    const dispute = this.#docket.current?.dispute ?? null;
    if (this.#drawn !== (dispute?.cell_id ?? null)) {
      this.#drawn = dispute?.cell_id ?? null;
      this.#settling = unsettled;
    }
    this.#drawStage();
    this.#drawProgress();
    this.#drawDocket();
    this.#drawEvidence();
    this.#drawSettling();
    this.#drawLast();
    this.#pictures.want(this.#docket.upcoming(decodedAhead).map(({ image_url }) => image_url));
    void this.#learnOrigins();
    this.#wantPictureEvidence();
    if (!this.#loading.error) void this.#load();
  }

  #drawStage() {
    const dispute = this.#docket.current?.dispute;
    const notice = this.#notice();
    const picture = dispute && this.#pictures.get(dispute.image_url);
    if (dispute && picture?.image && !notice) this.viewer.show(picture.image, t("Disputed cell"));
    else this.viewer.blank(notice ? null : t("Loading cell"));
    this.drawNotice(notice);
    this.#drawOffline(notice !== null);
  }

  /** @returns {import("../review/notices.js").Notice | null} */
  #notice() {
    const { conflicts, trouble, detail, unsaved } = this.#sender.state;
    const { error } = this.#loading;
    const [conflict] = conflicts;
    if (conflict) return notSettled({ answer: answerHeading(conflict.review, this.#classOf), reason: conflict.reason });
    if (trouble === "signed_out" || error?.trouble === "signed_out") {
      const other = (trouble === "signed_out" ? detail : error?.detail) || null;
      return signInAgain({ kept: unsaved, name: this.#data.user.name, other });
    }
    const dispute = this.#docket.current?.dispute;
    const picture = dispute && this.#pictures.get(dispute.image_url);
    if (picture?.state === "failed") {
      const why = picture.error instanceof PictureError ? picture.error : null;
      return why?.kind === "offline" ? waitingForConnection({ kept: unsaved, retryIn: 0 }) : brokenPicture(why?.kind ?? "broken", why?.detail ?? null);
    }
    if (dispute) return null;
    if (error?.trouble === "offline" || error?.trouble === "busy") {
      return waitingForConnection({ kept: unsaved, retryIn: Math.max(0, Math.ceil((this.#loading.retryAt - wallClock.now()) / 1000)) });
    }
    if (error) return couldNotLoad(error.detail);
    return this.#docket.isFinished ? noDisputes(`/datasets/${this.#data.dataset.slug}`) : null;
  }

  /** @param {boolean} hasNotice */
  #drawOffline(hasNotice) {
    const { trouble, since } = this.#sender.state;
    const place = this.element("offline");
    place.hidden = trouble === null || since === null || hasNotice;
    if (since === null || place.hidden) return;
    this.text("offline", t("No answer from the server since {time}. Go on: settlements are kept here.", { time: time(since) }));
  }

  #drawSending() {
    /** @type {import("../review/save-state.js").SaveState} */ (this.querySelector("save-state")).state = this.#sender.state;
    this.#drawStage();
  }

  #drawProgress() {
    const { place, left, settledHere } = this.#docket;
    const words = place > 0 ? t("{place} of {left} waiting", { place: number(place), left: number(left) }) : tn(left, "{n} waiting", "{n} waiting");
    this.text("place", words);
    const progress = /** @type {HTMLProgressElement} */ (this.element("progress"));
    progress.max = Math.max(1, left + settledHere);
    progress.value = settledHere;
  }

  #drawDocket() {
    const { pair } = this.#data.filter;
    const names = pair.split(",").filter((name) => this.#order.includes(name));
    this.text("docket-heading", names.length === 2 ? pairOf(names, this.#classOf) : t("All pairs"));
    const list = this.element("docket");
    const current = this.#docket.current;
    const rows = this.#docket.waiting;
    const shown = current && !rows.includes(current) ? [current, ...rows] : rows;
    const drawn = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset["cell"], row]));
    list.replaceChildren(...shown.map(({ dispute }) => drawn.get(dispute.cell_id) ?? this.#docketRow(dispute)));
    for (const row of list.children) {
      const isCurrent = /** @type {HTMLElement} */ (row).dataset["cell"] === current?.dispute.cell_id;
      row.querySelector("button")?.setAttribute("aria-current", String(isCurrent));
      if (isCurrent) row.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {Dispute} dispute */
  #docketRow(dispute) {
    const row = clone("docket-row");
    row.dataset["cell"] = dispute.cell_id;
    /** @type {HTMLElement} */ (row.querySelector("button")).dataset["name"] = dispute.cell_id;
    const picture = /** @type {HTMLImageElement} */ (row.querySelector("img"));
    picture.loading = "lazy";
    picture.src = dispute.thumbnail_url;
    write(row, ".heading", pairOf(candidates(dispute, this.#order), this.#classOf) || t("No class named"));
    write(row, ".detail", inShort(dispute));
    return row;
  }

  #drawEvidence() {
    const dispute = this.#docket.current?.dispute;
    this.element("evidence").hidden = !dispute;
    if (!dispute) return;
    const names = candidates(dispute, this.#order);
    this.text("question", question(names, this.#classOf));
    this.text("why", whyDisputed(dispute));
    this.element("votes").replaceChildren(...dispute.votes.map((vote) => this.#voteRow(vote)));
    this.element("cues").replaceChildren(...names.slice(0, 4).map((name) => this.#cue(name)));
    this.#drawPictureEvidence();
    this.#drawReliability();
    this.#drawGiven();
  }

  /** @param {import("./types.js").Vote} vote */
  #voteRow(vote) {
    const row = clone("vote-row");
    row.dataset["vote"] = vote.id;
    write(row, ".reviewer", vote.reviewer);
    write(row, ".how", howGiven(vote));
    const said = /** @type {HTMLElement} */ (row.querySelector(".said"));
    const named = [vote.label, vote.second_label].filter((name) => name !== null);
    if (named.length > 0) said.replaceChildren(...named.map((name) => this.#chip(name)));
    else said.textContent = answerHeading(vote, this.#classOf);
    const remarks = [vote.comment && t("“{comment}”", { comment: vote.comment }), vote.flag && t("asks a senior to look")];
    write(row, ".quote", remarks.filter(Boolean).join(" "));
    write(row, ".took", vote.seconds === null ? "" : t("{n} s", { n: decimal(vote.seconds) }));
    return row;
  }

  /** The given labels, with the files that carry them once they are known. */
  #drawGiven() {
    const dispute = this.#docket.current?.dispute;
    if (!dispute) return;
    const { occurrences: known, predictions } = this.#origins.get(dispute.cell_id) ?? { occurrences: [], predictions: [] };
    this.#drawPredicted(predictions);
    /** @type {Occurrence[]} */
    const given = known.length > 0 ? known : dispute.given_labels.map((name) => ({ path: "", given_label: name }));
    this.element("given-row").hidden = given.length === 0;
    this.element("given").replaceChildren(
      ...given.map(({ path, given_label }) => {
        const line = clone("given-label");
        const place = /** @type {HTMLElement} */ (line.querySelector(".given-class"));
        place.replaceChildren(given_label === null ? t("no given label") : this.#chip(given_label));
        write(line, ".path", path);
        return line;
      }),
    );
  }

  /** What models say. @param {import("./transport.js").Prediction[]} predictions */
  #drawPredicted(predictions) {
    this.element("predicted-row").hidden = predictions.length === 0;
    this.element("predicted").replaceChildren(
      ...predictions.map((prediction) => {
        const line = clone("given-label");
        line.querySelector(".given-class")?.replaceChildren(this.#chip(prediction.label));
        write(line, ".path", predicted(prediction));
        return line;
      }),
    );
  }

  /** How often each of those who voted was right when they said the same, once it is known. */
  #drawReliability() {
    const dispute = this.#docket.current?.dispute;
    const known = dispute && this.#reliability.get(dispute.cell_id);
    const found = known === undefined || typeof known === "string" ? null : known;
    const failed = known === "failed" ? t("Reliability couldn’t be loaded.") : "";
    this.text("reliability-note", found ? found.note : failed);
    const shares = new Map(found?.items.map(({ id, right }) => [id, right]));
    for (const row of this.element("votes").children) {
      const { right, interval } = rightWhenSaying(shares.get(/** @type {HTMLElement} */ (row).dataset["vote"] ?? ""));
      write(row, ".right", right);
      write(row, ".interval", interval);
    }
  }

  /** @param {string} name */
  #chip(name) {
    const { abbr, display, group, neoplastic } = this.#classOf(name);
    const chip = clone("class-chip");
    chip.classList.add(`group-${group}`);
    chip.classList.toggle("neoplastic", neoplastic);
    write(chip, ".abbreviation", abbr);
    write(chip, ".name", inSentence(display));
    return chip;
  }

  /** @param {string} name */
  #cue(name) {
    const section = clone("cue");
    section.querySelector("h3")?.replaceChildren(this.#chip(name));
    write(section, ".cue", this.#classOf(name).cue);
    section.dataset["name"] = name;
    return section;
  }

  #wantPictureEvidence() {
    const dispute = this.#docket.current?.dispute;
    const names = dispute ? candidates(dispute, this.#order).slice(0, 4) : [];
    const next = this.#docket.upcoming(evidenceAhead).map(({ cell_id }) => cell_id);
    this.#pictureEvidence.want(next, names);
    this.#reliability.want(next);
  }

  #drawPictureEvidence() {
    const dispute = this.#docket.current?.dispute;
    if (!dispute) return;
    this.#pictureEvidence.drawAlike(this.element("alike"), dispute.cell_id, this.#classOf);
    this.element("nearly-same-section").hidden = !this.#pictureEvidence.drawNearlySame(this.element("nearly-same"), dispute.cell_id, this.#classOf);
    for (const section of this.element("cues").children) {
      const place = /** @type {HTMLElement} */ (section.querySelector(".cells"));
      this.#pictureEvidence.drawClass(place, /** @type {HTMLElement} */ (section).dataset["name"] ?? "");
    }
  }

  /** The reason, and the row that settles. @param {import("./settling.js").Hint | null} [hint] */
  #drawSettling(hint = null) {
    const dispute = this.#docket.current?.dispute;
    const { reason, words, pairing, first, waiting } = this.#settling;
    for (const one of reasons) this.press(`reason_${one}`, reason === one);
    this.press("comment", words !== "");
    this.element("in-words").hidden = words === "";
    this.text("in-words", t("“{comment}”", { comment: words }));
    this.querySelector(".reasons")?.classList.toggle("asked", waiting !== null);
    this.text("reason-note", dispute?.reason_required ? t("is asked for here, and stays on the record") : t("stays on the record"));
    this.press("borderline", pairing);
    this.text("settle-words", this.#settleWords(hint));
    const names = dispute ? candidates(dispute, this.#order) : [];
    this.text("borderline-words", names.length === 2 ? t("Borderline {pair}", { pair: pairOf(names, this.#classOf) }) : t("Borderline"));
    this.element("settle-buttons").replaceChildren(...names.slice(0, buttonsAtMost).map((name) => this.#settleButton(name)));
    for (const button of this.querySelectorAll(".settle-row .deciding, .picker button")) {
      const answers = waiting?.label ?? (waiting === null ? first : null);
      button.classList.toggle("pressed", answers !== null && /** @type {HTMLElement} */ (button).dataset["name"] === answers);
      button.setAttribute("aria-disabled", String(!dispute || dispute.own));
    }
    if (hint) this.say(this.#settleWords(hint));
  }

  /** @param {import("./settling.js").Hint | null} hint */
  #settleWords(hint) {
    const dispute = this.#docket.current?.dispute;
    const { pairing, first, waiting } = this.#settling;
    if (!dispute) return "";
    if (dispute.own) return t("You reviewed this cell, so another adjudicator settles it.");
    if (waiting) return t("Choose a reason: {keys}", { keys: this.#reasonKeys() });
    if (hint === "unsure") return t("Unsure doesn’t settle a cell. Leave it with the next key.");
    if (hint === "no_label") return t("Enter settles nothing. Choose a class.");
    if (hint === "same_class") return t("Borderline needs two different classes");
    if (pairing && first === null) return t("Borderline, first class?");
    if (pairing) return t("Borderline, second class?");
    return t("Settle as");
  }

  /** The keys of the reasons as this person has them: "1 2 3 4 5 K". */
  #reasonKeys() {
    const chords = [...reasons.map((one) => `reason_${one}`), "comment"].map((act) => this.#data.keys[act]?.[0]);
    return chords.map((chord) => chord && capOf(chord, this.caps)).filter(Boolean).join(" ");
  }

  /** @param {string} name */
  #settleButton(name) {
    const { display, key } = this.#classOf(name);
    const button = clone("settle-button");
    button.dataset["act"] = "class";
    button.dataset["name"] = name;
    write(button, "span", display);
    const cap = button.querySelector("kbd");
    if (cap) cap.hidden = !key;
    if (key) {
      button.dataset["shortcut"] = key;
      cap?.setAttribute("data-chord", key);
      drawCaps(button, this.caps);
      button.setAttribute("aria-keyshortcuts", shortcutOf(key, this.caps));
    }
    return button;
  }

  #drawLast() {
    const last = this.#docket.lastSettled;
    this.element("undo").setAttribute("aria-disabled", String(last === null));
    if (!last?.settled) return this.text("last-settled", "");
    this.text(
      "last-settled",
      t("Last settled: {answer}, was {pair}", {
        answer: inSentence(answerHeading(last.settled, this.#classOf)),
        pair: pairOf(candidates(last.dispute, this.#order), this.#classOf),
      }),
    );
  }
}

/** What a template holds. @param {string} id */
function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

/** @param {Element} within @param {string} selector @param {string} text */
function write(within, selector, text) {
  const place = within.querySelector(selector);
  if (place) place.textContent = text;
}

customElements.define("adjudication-page", AdjudicationPage);
