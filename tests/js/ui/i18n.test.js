import assert from "node:assert/strict";
import { test } from "node:test";

import { fill, formatNumber, t, tn } from "../../../static/js/i18n.js";

test("values stand where their names stand, and a name without a value stays", () => {
  assert.equal(fill("{done} of {total}", { done: 3, total: 8 }), "3 of 8");
  assert.equal(fill("{done} of {total}", { done: 3 }), "3 of {total}");
});

test("without messages the text itself is shown", () => {
  assert.equal(t("All saved"), "All saved");
});

test("one is told from many, and numbers have their thousands apart", () => {
  assert.equal(tn(1, "{n} cell left", "{n} cells left"), "1 cell left");
  assert.equal(tn(3000, "{n} cell left", "{n} cells left"), "3,000 cells left");
  assert.equal(formatNumber(0.5, 2), "0.50");
});
