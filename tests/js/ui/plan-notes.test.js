import assert from "node:assert/strict";
import { test } from "node:test";
import { planNotes } from "../../../static/js/ui/plan-notes.js";

const plan = { cells: 400, born_disputed: 0, traps_missing: 0, audited: 0, unranked: 0 };

test("a plain plan needs no words", () => {
  assert.deepEqual(planNotes(plan), []);
});

test("what chance draws is told with its of", () => {
  assert.deepEqual(planNotes({ ...plan, audited: 20 }), ["20 of 400 cells are drawn by chance and come early."]);
  assert.deepEqual(planNotes({ ...plan, audited: 1 }), ["1 of 400 cells is drawn by chance and comes early."]);
});

test("cells without suspicion come last, and all of them are no order at all", () => {
  assert.deepEqual(planNotes({ ...plan, unranked: 3 }), ["There is no suspicion of 3 cells, so they come last."]);
  assert.deepEqual(planNotes({ ...plan, unranked: 400 }), ["There is no suspicion of any of these cells yet, so they come shuffled."]);
});

test("born-disputed cells and missing traps are told as before", () => {
  const said = planNotes({ ...plan, born_disputed: 1, traps_missing: 2 });
  assert.equal(said.length, 2);
  assert.match(String(said[0]), /^1 cell was born disputed/);
  assert.match(String(said[1]), /^2 traps less than asked for/);
});
