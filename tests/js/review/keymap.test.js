import assert from "node:assert/strict";
import { test } from "node:test";

import { actionOf, belongsToTarget, chordOf, createKeymap, RollingFinger } from "../../../static/js/review/keymap.js";

const classes = [
  { name: "myeloblast", key: "B" },
  { name: "neutrophil_segmented", key: "S" },
  { name: "monocyte", key: "O" },
];
const keymap = createKeymap(classes);

/** @param {string} key @param {Partial<import("../../../static/js/review/keymap.js").KeyPress>} [more] */
function press(key, more = {}) {
  return actionOf(keymap, { key, code: "", ...more });
}

test("a class key chooses its class, whatever the case", () => {
  assert.deepEqual(press("s")?.action, { type: "class", name: "neutrophil_segmented" });
  assert.deepEqual(press("S")?.action, { type: "class", name: "neutrophil_segmented" });
  assert.deepEqual(press("S", { shiftKey: true })?.action, { type: "class", name: "neutrophil_segmented" });
});

test("Enter and Space confirm", () => {
  assert.equal(press("Enter")?.action.type, "confirm");
  assert.equal(press(" ")?.action.type, "confirm");
});

test("Ctrl+Z and Cmd+Z undo, by the typed letter", () => {
  assert.equal(press("z", { ctrlKey: true })?.action.type, "undo");
  assert.equal(press("z", { metaKey: true, code: "KeyY" })?.action.type, "undo");
  assert.equal(press("y", { ctrlKey: true, code: "KeyZ" }), null);
  assert.equal(press("z", { ctrlKey: true, shiftKey: true }), null);
});

test("other keys with Ctrl, Alt or Meta belong to the browser", () => {
  for (const modifier of ["ctrlKey", "altKey", "metaKey"]) assert.equal(press("s", { [modifier]: true }), null);
});

test("Shift+J is another action than J", () => {
  assert.equal(press("j")?.action.type, "contrast");
  assert.equal(press("J", { shiftKey: true })?.action.type, "neutral");
});

test("a digit that needs Shift on this keyboard is still that digit", () => {
  assert.equal(press("7", { shiftKey: true, code: "Digit7" })?.action.type, "ring");
  assert.equal(press("?", { shiftKey: true })?.action.type, "help");
});

test("a Cyrillic or Greek keyboard goes by the place of the key", () => {
  assert.deepEqual(press("ы", { code: "KeyS" })?.action, { type: "class", name: "neutrophil_segmented" });
  assert.deepEqual(press("β", { code: "KeyB" })?.action, { type: "class", name: "myeloblast" });
});

test("a Latin letter with an accent is no class", () => {
  assert.equal(press("ö", { code: "Semicolon" }), null);
});

test("a held key is told from a pressed one", () => {
  assert.equal(press("s", { repeat: true })?.held, true);
  assert.equal(press("s")?.held, false);
});

test("composing and dead keys do nothing", () => {
  assert.equal(press("s", { isComposing: true }), null);
  assert.equal(press("Dead"), null);
  assert.equal(press("Process"), null);
});

test("a field keeps its keys, but Escape leaves it", () => {
  const field = { tagName: "INPUT", type: "text" };
  assert.equal(press("s", { target: field }), null);
  assert.equal(press("Escape", { target: field })?.action.type, "leave");
  assert.equal(press("s", { target: { tagName: "SELECT" } }), null);
  assert.equal(press("s", { target: { tagName: "DIV", isContentEditable: true } }), null);
});

test("a focused button keeps Enter and Space, a slider its arrows", () => {
  const button = { tagName: "BUTTON" };
  assert.equal(press("Enter", { target: button }), null);
  assert.equal(press("s", { target: button })?.action.type, "class");
  const slider = { tagName: "INPUT", type: "range" };
  assert.equal(press("ArrowRight", { target: slider }), null);
  assert.equal(press("s", { target: slider })?.action.type, "class");
  assert.equal(belongsToTarget(null, "Enter"), false);
});

test("the server's table replaces the usual keys", () => {
  const own = createKeymap(classes, { unsure: ["9"], undo: "Backspace" });
  assert.equal(actionOf(own, { key: "9", code: "Digit9" })?.action.type, "unsure");
  assert.equal(actionOf(own, { key: "d", code: "KeyD" }), null);
});

test("a layout by place binds codes, the same on every keyboard", () => {
  const byPlace = createKeymap([{ name: "plasma_cell", key: "KeyZ" }], { neutral: ["Shift+KeyJ", "KeyN"], contrast: "KeyJ" });
  assert.equal(actionOf(byPlace, { key: "y", code: "KeyZ" })?.action.name, "plasma_cell");
  assert.equal(actionOf(byPlace, { key: "J", code: "KeyJ", shiftKey: true })?.action.type, "neutral");
});

test("a key given twice is refused, and both are named", () => {
  assert.throws(() => createKeymap([...classes, { name: "basophil", key: "B" }]), /B is given twice: myeloblast and basophil/);
  assert.throws(() => createKeymap([{ name: "smudge_cell", key: "X" }]), /X is given twice: smudge_cell and unusable/);
});

test("a person's own letter may have an accent", () => {
  const own = createKeymap([{ name: "monocyte", key: "Ö" }]);
  assert.equal(actionOf(own, { key: "ö", code: "Semicolon" })?.action.name, "monocyte");
});

test("arrows with Shift move the picture, without it the cell", () => {
  assert.equal(press("ArrowLeft", { shiftKey: true })?.action.type, "pan_left");
  assert.equal(press("ArrowLeft")?.action.type, "previous");
});

test("plus zooms in, with Shift or without", () => {
  assert.equal(press("+", { shiftKey: true, code: "Equal" })?.action.type, "zoom_in");
  assert.equal(press("=", { code: "Equal" })?.action.type, "zoom_in");
  assert.equal(press("-", { code: "Minus" })?.action.type, "zoom_out");
});

test("a press is written as a key map writes it", () => {
  assert.equal(chordOf({ key: "s", code: "KeyS" }, false), "S");
  assert.equal(chordOf({ key: "S", code: "KeyS", shiftKey: true }, false), "Shift+S");
  assert.equal(chordOf({ key: "!", code: "Digit1", shiftKey: true }, false), "!");
  assert.equal(chordOf({ key: " ", code: "Space" }, false), "Space");
  assert.equal(chordOf({ key: "y", code: "KeyZ" }, true), "KeyZ");
  assert.equal(chordOf({ key: "t", code: "KeyT", ctrlKey: true }, false), "Ctrl+T");
  assert.equal(chordOf({ key: "Shift", code: "ShiftLeft", shiftKey: true }, false), null);
  assert.equal(chordOf({ key: "Dead", code: "Equal" }, true), null);
});

test("a rolling finger chooses one class, and the next cell can have the same one at once", () => {
  const finger = new RollingFinger(150);
  const band = /** @type {const} */ ({ type: "class", name: "neutrophil_band" });
  const segmented = /** @type {const} */ ({ type: "class", name: "neutrophil_segmented" });
  assert.equal(finger.counts(band, 1000), true);
  assert.equal(finger.counts(segmented, 1100), false);
  assert.equal(finger.counts({ type: "unsure" }, 1120), false);
  assert.equal(finger.counts(band, 1130), true);
  assert.equal(finger.counts({ type: "confirm" }, 1140), true);
  assert.equal(finger.counts(segmented, 1290), true);
});

test("by letter nobody waits", () => {
  const finger = new RollingFinger(0);
  assert.equal(finger.counts({ type: "class", name: "monocyte" }, 1000), true);
  assert.equal(finger.counts({ type: "class", name: "lymphocyte" }, 1000), true);
});
