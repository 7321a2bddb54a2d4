import assert from "node:assert/strict";
import { test } from "node:test";

import { keepView, keptView } from "../../../static/js/review/view.js";

/** A browser's storage. */
function storage() {
  const kept = new Map();
  return { getItem: (/** @type {string} */ name) => kept.get(name) ?? null, setItem: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, value) };
}

const neutral = { zoom: null, brightness: 100, contrast: 100 };

test("each person finds the view that they left", () => {
  const browser = storage();
  keepView("reviewer1", { zoom: 3, brightness: 90, contrast: 140 }, browser);
  assert.deepEqual(keptView("reviewer1", browser), { zoom: 3, brightness: 90, contrast: 140 });
  assert.deepEqual(keptView("reviewer2", browser), neutral);
});

test("what can't be read, or is out of range, is neutral", () => {
  const browser = storage();
  for (const text of ["{", "null", "[]", '{"zoom":"large","brightness":0,"contrast":900}']) {
    browser.setItem("cytoreview.view.reviewer1", text);
    assert.deepEqual(keptView("reviewer1", browser), neutral);
  }
});
