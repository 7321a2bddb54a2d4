import assert from "node:assert/strict";
import { test } from "node:test";

import { capOf, learn, shortcutOf } from "../../../static/js/review/keycaps.js";

const german = new Map([
  ["KeyZ", "Y"],
  ["KeyY", "Z"],
  ["Semicolon", "Ö"],
]);

test("a chord by letter is its own cap", () => {
  assert.equal(capOf("S"), "S");
  assert.equal(capOf("."), ".");
  assert.equal(capOf("+"), "+");
  assert.equal(capOf("Shift+J"), "Shift J");
  assert.equal(capOf("Ctrl+Z"), "Ctrl Z");
  assert.equal(capOf("Shift+ArrowLeft"), "Shift ←");
  assert.equal(capOf("Escape"), "Esc");
});

test("a place is lettered as the keyboard is", () => {
  assert.equal(capOf("KeyZ"), "Z");
  assert.equal(capOf("KeyZ", german), "Y");
  assert.equal(capOf("Semicolon"), ";");
  assert.equal(capOf("Semicolon", german), "Ö");
  assert.equal(capOf("Digit1", german), "1");
  assert.equal(capOf("NumpadAdd"), "Num +");
});

test("screen readers hear the same keys", () => {
  assert.equal(shortcutOf("KeyZ", german), "Y");
  assert.equal(shortcutOf("Shift+J"), "Shift+J");
  assert.equal(shortcutOf("Ctrl+Z"), "Control+Z");
});

test("a typed key tells what is printed in its place", () => {
  /** @type {Map<string, string>} */
  const caps = new Map();
  assert.equal(learn(caps, { key: "y", code: "KeyZ" }), true);
  assert.equal(caps.get("KeyZ"), "Y");
  assert.equal(learn(caps, { key: "y", code: "KeyZ" }), false);
  assert.equal(learn(caps, { key: "!", code: "Digit1", shiftKey: true }), false);
  assert.equal(learn(caps, { key: "Enter", code: "Enter" }), false);
});
