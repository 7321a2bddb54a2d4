import assert from "node:assert/strict";
import { test } from "node:test";

import { act, draftOf, effectOn, emptyDraft, reviewOf, settlement, withdrawalOf } from "../../../static/js/review/verdict.js";

/** @param {(string | {type: string, name?: string})[]} actions @param {string | null} shown */
function after(actions, shown = null) {
  /** @type {import("../../../static/js/review/verdict.js").Step} */
  let step = { draft: emptyDraft, answer: null, hint: null };
  for (const action of actions) {
    const asked = typeof action === "string" ? { type: action } : action;
    step = act(step.draft, /** @type {any} */ (asked), shown);
  }
  return step;
}

const band = { type: "class", name: "neutrophil_band" };
const seg = { type: "class", name: "neutrophil_segmented" };

test("a class key decides", () => {
  assert.deepEqual(after([band]).answer, { verdict: "label", label: "neutrophil_band", second_label: null });
});

test("confirming gives the shown label", () => {
  assert.deepEqual(after(["confirm"], "monocyte").answer, { verdict: "label", label: "monocyte", second_label: null });
});

test("confirming without a shown label decides nothing and says why", () => {
  const { answer, hint } = after(["confirm"]);
  assert.equal(answer, null);
  assert.equal(hint, "nothing_shown");
});

test("borderline takes two class keys, in their order", () => {
  assert.equal(after(["borderline", seg]).answer, null);
  assert.deepEqual(after(["borderline", seg, band]).answer, {
    verdict: "borderline",
    label: "neutrophil_segmented",
    second_label: "neutrophil_band",
  });
});

test("a borderline needs two different classes", () => {
  assert.equal(after(["borderline", seg, seg]).hint, "same_class");
  assert.equal(after(["borderline", seg, seg]).draft.first, "neutrophil_segmented");
});

test("no other answer slips in between the two classes of a borderline", () => {
  for (const action of ["confirm", "unsure", "unusable"]) {
    const { answer, hint } = after(["borderline", seg, action], "monocyte");
    assert.equal(answer, null);
    assert.equal(hint, "second_class");
  }
});

test("leaving gives a borderline up and keeps comment and flag", () => {
  const { draft } = after(["flag", "borderline", seg, "leave"]);
  assert.deepEqual(draft, { flag: true, comment: "", borderline: false, first: null });
});

test("unsure and unusable name no class", () => {
  assert.deepEqual(after(["unsure"]).answer, { verdict: "unsure", label: null, second_label: null });
  assert.deepEqual(after(["unusable"]).answer, { verdict: "unusable", label: null, second_label: null });
});

test("a flag is taken back by the same key", () => {
  assert.equal(after(["flag", "flag"]).draft.flag, false);
});

test("a review carries flag, comment and seconds, and names what it supersedes", () => {
  const { draft, answer } = after(["flag", band]);
  const facts = { id: "1", assignment_id: "a", seconds: 1.8, supersedes: "0", draft: { ...draft, comment: "  even width " } };
  assert.deepEqual(reviewOf(/** @type {any} */ (answer), facts), {
    id: "1",
    assignment_id: "a",
    verdict: "label",
    label: "neutrophil_band",
    second_label: null,
    mode: "single",
    flag: true,
    comment: "even width",
    seconds: 1.8,
    supersedes: "0",
  });
});

test("a cell taken up again has its comment and flag", () => {
  const review = reviewOf({ verdict: "unsure", label: null, second_label: null }, { id: "1", assignment_id: "a", seconds: 1, draft: { ...emptyDraft, flag: true, comment: "blurred" } });
  assert.deepEqual(draftOf(review), { ...emptyDraft, flag: true, comment: "blurred" });
  assert.deepEqual(draftOf(null), emptyDraft);
});

test("undo withdraws the review that it supersedes", () => {
  const review = reviewOf({ verdict: "label", label: "monocyte", second_label: null }, { id: "1", assignment_id: "a", seconds: 1 });
  const withdrawal = withdrawalOf(review, "2");
  assert.equal(withdrawal.verdict, "withdrawn");
  assert.equal(withdrawal.supersedes, "1");
  assert.equal(withdrawal.label, null);
});

test("what an answer did to the shown label", () => {
  const label = { verdict: /** @type {const} */ ("label"), label: "monocyte", second_label: null };
  assert.equal(effectOn(label, "monocyte"), "confirmed");
  assert.equal(effectOn(label, "lymphocyte"), "corrected");
  assert.equal(effectOn({ ...label, verdict: "unsure", label: null }, "lymphocyte"), "other");
  assert.equal(effectOn(label, null), "unprompted");
});

test("of two answers both stay in the history, the chosen one last", () => {
  const ids = ["new 1", "new 2", "new 3"];
  const newId = () => String(ids.shift());
  const mine = reviewOf({ verdict: "label", label: "monocyte", second_label: null }, { id: "mine", assignment_id: "a", seconds: 2 });
  const last = { id: "theirs", verdict: /** @type {const} */ ("unsure"), label: null, second_label: null, flag: true, comment: "why", recorded_at: "" };
  assert.deepEqual(settlement(mine, last, true, newId), [{ ...mine, id: "new 1", supersedes: "theirs" }]);
  const [first, second, ...more] = settlement(mine, last, false, newId);
  assert.deepEqual(more, []);
  assert.deepEqual(first, { ...mine, id: "new 2", supersedes: "theirs" });
  assert.deepEqual([second?.verdict, second?.flag, second?.comment, second?.supersedes], ["unsure", true, "why", "new 2"]);
});
