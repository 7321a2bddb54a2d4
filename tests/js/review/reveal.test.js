import assert from "node:assert/strict";
import { test } from "node:test";

import { actOnLabel, Reveals, whatBecame } from "../../../static/js/review/reveal.js";
import { emptyDraft, reviewOf, withdrawalOf } from "../../../static/js/review/verdict.js";

/** @typedef {import("../../../static/js/review/types.js").Result} Result */

const connected = { connected: true };
const offline = { connected: false };
const band = { verdict: /** @type {const} */ ("label"), label: "neutrophil_band", second_label: null };
const seg = { ...band, label: "neutrophil_segmented" };

/** @param {string} id @param {import("../../../static/js/review/types.js").Answer} answer @param {string | null} supersedes */
function review(id, answer = band, supersedes = null) {
  return reviewOf(answer, { id, assignment_id: "a1", seconds: 1, supersedes });
}

/** @param {import("../../../static/js/review/types.js").Review} of @param {string | null} shown_label @returns {Result} */
function recorded(of, shown_label = "neutrophil_segmented") {
  return { id: of.id, status: "recorded", shown_label };
}

/** A cell that was answered blind and whose label has come. */
function told() {
  const reveals = new Reveals(true);
  const first = review("r1");
  reveals.decided(first, connected);
  reveals.answered(first, recorded(first));
  return { reveals, first };
}

test("a blind answer stays on the screen for its label, and a second one goes on", () => {
  const reveals = new Reveals(true);
  const first = review("r1");
  assert.equal(reveals.stepOf("a1"), "blind");
  assert.equal(reveals.decided(first, connected), true);
  assert.equal(reveals.stepOf("a1"), "asked");
  assert.equal(reveals.labelOf("a1"), null);
  assert.deepEqual(reveals.answered(first, recorded(first)), { label: "neutrophil_segmented", over: false });
  assert.equal(reveals.stepOf("a1"), "told");
  assert.deepEqual(reveals.toSee, ["a1"]);
  const second = review("r2", seg, "r1");
  assert.equal(reveals.decided(second, connected), false);
  assert.deepEqual(reveals.answered(second, recorded(second)), { label: null, over: false });
  assert.deepEqual(reveals.toSee, []);
});

test("in other rounds nothing waits for a label", () => {
  const reveals = new Reveals(false);
  assert.equal(reveals.decided(review("r1"), connected), false);
  assert.deepEqual(reveals.answered(review("r1"), recorded(review("r1"))), { label: null, over: false });
  assert.equal(reveals.stepOf("a1"), "blind");
  assert.equal(reveals.mayTakeBack("a1", connected), true);
});

test("without a connection nobody waits, and labels queue up in the order of answering", () => {
  const reveals = new Reveals(true);
  const reviews = ["a1", "a2", "a3"].map((assignment, at) => ({ ...review(`r${at}`), assignment_id: assignment }));
  for (const one of reviews) assert.equal(reveals.decided(one, offline), false);
  for (const one of reviews) reveals.answered(one, recorded(one));
  assert.deepEqual(reveals.toSee, ["a1", "a2", "a3"]);
  assert.equal(reveals.next, "a1");
  reveals.pass("a1");
  assert.equal(reveals.next, "a2");
  assert.deepEqual(reveals.toSee, ["a1", "a2", "a3"]);
});

test("a cell that was born disputed has no second step", () => {
  const reveals = new Reveals(true);
  const first = review("r1");
  reveals.decided(first, connected);
  assert.deepEqual(reveals.answered(first, recorded(first, null)), { label: null, over: true });
  assert.deepEqual(reveals.toSee, []);
  assert.equal(reveals.mayTakeBack("a1", connected), true);
});

test("an answer that wasn't taken has no label, and its cell can be answered again", () => {
  const reveals = new Reveals(true);
  const first = review("r1");
  reveals.decided(first, connected);
  assert.equal(reveals.answered(first, { id: "r1", status: "conflict", reason: "superseded" }).over, true);
  assert.equal(reveals.stepOf("a1"), "blind");
});

test("undo opens the second step alone once the label was told", () => {
  const { reveals, first } = told();
  assert.equal(reveals.mayTakeBack("a1", connected), false);
  const second = review("r2", seg, "r1");
  reveals.decided(second, connected);
  assert.equal(reveals.mayTakeBack("a1", connected), true);
  const withdrawal = withdrawalOf(second, "r3");
  assert.deepEqual(reveals.tookBack(withdrawal), { ...first, id: "r3" });
  assert.equal(reveals.stepOf("a1"), "told");
  assert.deepEqual(reveals.toSee, ["a1"]);
});

test("a blind answer is taken back while its label can't be known", () => {
  const reveals = new Reveals(true);
  const first = review("r1");
  reveals.decided(first, offline);
  assert.equal(reveals.mayTakeBack("a1", connected), false);
  assert.equal(reveals.mayTakeBack("a1", offline), true);
  const withdrawal = withdrawalOf(first, "r2");
  assert.equal(reveals.tookBack(withdrawal), null);
  assert.equal(reveals.stepOf("a1"), "blind");
  reveals.answered(first, recorded(first, null));
  reveals.answered(withdrawal, recorded(withdrawal, null));
  assert.equal(reveals.stepOf("a1"), "blind");
  assert.equal(reveals.decided(review("r3", seg, "r2"), connected), true);
});

test("if the server had told the label after all, the blind answer stands and the second step is open", () => {
  const reveals = new Reveals(true);
  const first = review("r1");
  reveals.decided(first, offline);
  const withdrawal = withdrawalOf(first, "r2");
  reveals.tookBack(withdrawal);
  assert.equal(reveals.answered(first, recorded(first)).label, null);
  assert.equal(reveals.answered(withdrawal, recorded(withdrawal)).label, "neutrophil_segmented");
  assert.deepEqual(reveals.firstOf("a1"), first);
});

test("labels of answers that an earlier page left are looked at here", () => {
  const reveals = new Reveals(true);
  const first = review("r1");
  assert.equal(reveals.answered(first, { ...recorded(first), status: "already_recorded" }).label, "neutrophil_segmented");
  const second = { ...review("r5", seg, "r4"), assignment_id: "a2" };
  assert.equal(reveals.answered(second, recorded(second)).label, null);
  assert.deepEqual(reveals.toSee, ["a1"]);
});

test("with the label known, Enter keeps what was said and a class changes it", () => {
  assert.deepEqual(actOnLabel(emptyDraft, { type: "confirm" }, band).answer, band);
  assert.deepEqual(actOnLabel(emptyDraft, { type: "class", name: "neutrophil_segmented" }, band).answer, seg);
  const unsure = { verdict: /** @type {const} */ ("unsure"), label: null, second_label: null };
  assert.deepEqual(actOnLabel(emptyDraft, { type: "confirm" }, unsure).answer, unsure);
  const pairing = actOnLabel({ ...emptyDraft, borderline: true }, { type: "confirm" }, band);
  assert.equal(pairing.hint, "second_class");
});

test("the strip says what became of an answer", () => {
  const words = { position: 1415, abbr: () => "Seg", heading: () => "Unsure" };
  assert.equal(whatBecame(review("r1"), band, null, words), "1,415");
  assert.equal(whatBecame(review("r1"), band, "neutrophil_band", words), "1,415, same as given");
  assert.equal(whatBecame(review("r1"), band, "neutrophil_segmented", words), "1,415, given was Seg");
  assert.equal(whatBecame(review("r2", seg), band, "neutrophil_segmented", words), "1,415, changed from Seg");
  const flagged = { ...review("r1"), flag: true, comment: "Dark" };
  assert.equal(whatBecame(flagged, band, null, words), "1,415, flagged, with comment");
});
