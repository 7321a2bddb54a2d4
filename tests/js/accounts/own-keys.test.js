import assert from "node:assert/strict";
import { test } from "node:test";

import { areNeighbours, boundKeys, closeCalls, exchanged, holderOf, rebound, refusalOf } from "../../../static/js/accounts/own-keys.js";

/** @type {import("../../../static/js/accounts/own-keys.js").Bound[]} */
const all = [
  { name: "neutrophil_band", usual: ["U"], isClass: true, isFixed: false, confusable: ["neutrophil_segmented"] },
  { name: "neutrophil_segmented", usual: ["S"], isClass: true, isFixed: false, confusable: ["neutrophil_band", "eosinophil"] },
  { name: "eosinophil", usual: ["E"], isClass: true, isFixed: false, confusable: ["neutrophil_segmented"] },
  { name: "confirm", usual: ["Enter", "Space"], isClass: false, isFixed: false },
  { name: "undo", usual: ["Backspace", "Ctrl+Z", "Cmd+Z"], isClass: false, isFixed: false },
  { name: "help", usual: ["?"], isClass: false, isFixed: true },
];
const [band, , , confirm, undo, help] = /** @type {[any, any, any, any, any, any]} */ (all);

test("own keys stand in the place of the usual ones, and Ctrl+Z stays", () => {
  const bound = boundKeys(all, { neutrophil_band: ["1"], undo: ["Delete"] });
  assert.deepEqual(bound.get("neutrophil_band"), ["1"]);
  assert.deepEqual(bound.get("undo"), ["Delete", "Ctrl+Z", "Cmd+Z"]);
  assert.deepEqual(bound.get("eosinophil"), ["E"]);
});

test("a usual key that was taken is gone", () => {
  assert.deepEqual(boundKeys(all, { neutrophil_band: ["s"] }).get("neutrophil_segmented"), []);
});

test("what the browser and the screen reader need is refused, with the reason", () => {
  assert.equal(refusalOf("Ctrl+T", band, false), "browser");
  assert.equal(refusalOf("Alt+S", band, false), "browser");
  assert.equal(refusalOf("Cmd+W", undo, false), "browser");
  assert.equal(refusalOf("F5", undo, false), "kept");
  assert.equal(refusalOf("Tab", undo, false), "kept");
  assert.equal(refusalOf("Escape", undo, true), "kept");
  assert.equal(refusalOf("Enter", band, false), "presses");
  assert.equal(refusalOf("Space", confirm, false), null);
  assert.equal(refusalOf("Shift+S", band, false), "shifted_class");
  assert.equal(refusalOf("Shift+S", undo, false), null);
  assert.equal(refusalOf("MediaPlayPause", band, true), "types_nothing");
  assert.equal(refusalOf("K", help, false), "fixed");
  assert.equal(refusalOf("KeyK", band, true), null);
  assert.equal(refusalOf("Ö", band, false), null);
  assert.equal(refusalOf("+", undo, false), null);
});

test("a key has one holder", () => {
  const bound = boundKeys(all, {});
  assert.equal(holderOf(bound, "s", "neutrophil_band"), "neutrophil_segmented");
  assert.equal(holderOf(bound, "S", "neutrophil_segmented"), null);
  assert.equal(holderOf(bound, "Y", "neutrophil_band"), null);
});

test("one of two keys moves, the other stays, and what is usual again is no longer own", () => {
  const own = rebound(all, {}, "confirm", 1, "End");
  assert.deepEqual(own, { confirm: ["Enter", "End"] });
  assert.deepEqual(rebound(all, own, "confirm", 1, "Space"), {});
});

test("two classes exchange their keys", () => {
  const own = exchanged(all, {}, { name: "neutrophil_band", place: 0, chord: "S" }, "neutrophil_segmented");
  assert.deepEqual(own, { neutrophil_band: ["S"], neutrophil_segmented: ["U"] });
  assert.equal(exchanged(all, { neutrophil_band: ["S"] }, { name: "neutrophil_segmented", place: 0, chord: "E" }, "eosinophil"), null);
});

test("confusable classes side by side are found where the person moved one", () => {
  assert.deepEqual(closeCalls(all, {}, false), []);
  assert.deepEqual(closeCalls(all, { neutrophil_band: ["A"] }, false), [{ pair: ["neutrophil_band", "neutrophil_segmented"], chords: ["A", "S"] }]);
  assert.deepEqual(closeCalls(all, { neutrophil_band: ["K"] }, false), []);
});

test("neighbours are those of QWERTY and of QWERTZ", () => {
  assert.equal(areNeighbours("A", "Z", false), true);
  assert.equal(areNeighbours("A", "Y", false), true);
  assert.equal(areNeighbours("T", "Z", false), true);
  assert.equal(areNeighbours("A", "P", false), false);
  assert.equal(areNeighbours("KeyA", "KeyY", true), false);
  assert.equal(areNeighbours("Digit1", "KeyQ", true), true);
});
