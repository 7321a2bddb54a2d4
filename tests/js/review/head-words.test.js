import assert from "node:assert/strict";
import { test } from "node:test";

import { headWords, mainAct } from "../../../static/js/review/head-words.js";
import { emptyDraft, reviewOf } from "../../../static/js/review/verdict.js";

/** @param {string | null} name */
const classOf = (name) => /** @type {any} */ ({ display: `Class ${name}`, abbr: String(name) });

/** @param {object} [more] @param {string | null} [shown] @param {import("../../../static/js/review/types.js").Review | null} [review] */
function facts(more = {}, shown = "a", review = null) {
  const item = { assignment_id: "1", position: 1, image_url: "", thumbnail_url: "", shown_label: shown, last: null };
  return { held: { item, review }, draft: emptyDraft, presentation: "sighted", isTold: false, classOf, ...more };
}

const saidB = reviewOf({ verdict: "label", label: "b", second_label: null }, { id: "r", assignment_id: "1", seconds: 1 });

test("the shown label is a question, and confirming it the one main act", () => {
  assert.deepEqual(headWords(facts(), null), { kicker: "Shown label", heading: "Class a" });
  assert.deepEqual(mainAct(facts()), { kind: "confirm", text: "Confirm class a" });
});

test("without a label there is nothing to confirm, and the head says why", () => {
  assert.equal(headWords(facts({ presentation: "blind" }, null), null).kicker, "No label is shown");
  assert.equal(headWords(facts({}, null), "nothing_shown").kicker, "Two labels were given, so there is nothing to confirm");
  assert.equal(mainAct(facts({}, null)).kind, "nothing");
});

test("an answered cell says what was answered, a told one keeps it", () => {
  assert.equal(headWords(facts({}, "a", saidB), null).kicker, "Shown label, you said class b");
  assert.equal(headWords(facts({ isTold: true }, "a", saidB), null).kicker, "Given label, you said class b");
  assert.equal(headWords(facts({ isTold: true }, "b", saidB), null).kicker, "Given label, you said the same");
  assert.deepEqual(mainAct(facts({ isTold: true }, "a", saidB)), { kind: "keep", text: "Keep class b" });
});

test("a borderline asks for one class, then the other", () => {
  const draft = { ...emptyDraft, borderline: true };
  assert.equal(headWords(facts({ draft }), null).kicker, "Borderline, first class?");
  assert.deepEqual(headWords(facts({ draft: { ...draft, first: "a" } }), null), { kicker: "Borderline, second class?", heading: "Class a or …" });
  assert.equal(mainAct(facts({ draft })).kind, "cancel");
});

test("without a cell there is nothing to say or do", () => {
  assert.deepEqual(headWords(facts({ held: null }), null), { kicker: "", heading: "" });
  assert.equal(mainAct(facts({ held: null })).kind, "none");
});
