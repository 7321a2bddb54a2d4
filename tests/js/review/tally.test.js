import assert from "node:assert/strict";
import { test } from "node:test";

import { tally } from "../../../static/js/review/tally.js";

test("what was answered here is added to what the server counted, by the label shown", () => {
  const counted = [
    { label: "monocyte", done: 3, total: 5 },
    { label: "eosinophil", done: 0, total: 2 },
    { label: null, done: 0, total: 1 },
  ];
  assert.deepEqual(tally(counted, ["monocyte", null, "monocyte"]), [
    { label: "monocyte", done: 5, total: 5 },
    { label: "eosinophil", done: 0, total: 2 },
    { label: null, done: 1, total: 1 },
  ]);
});

test("no class has more done than there is", () => {
  assert.deepEqual(tally([{ label: "monocyte", done: 5, total: 5 }], ["monocyte"]), [{ label: "monocyte", done: 5, total: 5 }]);
});
