import assert from "node:assert/strict";
import { test } from "node:test";
import { drawSuggestion, modelWords, reasonWords } from "../../../static/js/review/suggestion.js";

const classOf = (/** @type {string} */ name) => ({ display: name === "neutrophil_band" ? "Band neutrophil" : "LGL" });
const said = { label: "neutrophil_band", probability: 0.934, model: "net", version: "2", reason: "6 of 8 look-alikes are given as band neutrophil" };

test("what a model says stands in a sentence with its probability", () => {
  assert.equal(modelWords(said, classOf), "net says band neutrophil, 0.93.");
  assert.equal(modelWords({ ...said, probability: null, label: "lgl" }, classOf), "net says LGL.");
});

test("no model, and a suggestion that couldn’t be loaded, are said; one on its way isn’t", () => {
  assert.equal(modelWords({ ...said, label: null, probability: null, model: null }, classOf), "No prediction is shown for this cell.");
  assert.equal(modelWords("failed", classOf), "What the model says couldn’t be loaded.");
  assert.equal(modelWords("loading", classOf), "");
});

test("a reason speaks of the place only where suspicion gave the order", () => {
  assert.equal(reasonWords(said, true), "Its place in this order: 6 of 8 look-alikes are given as band neutrophil.");
  assert.equal(reasonWords(said, false), "Beside the label: 6 of 8 look-alikes are given as band neutrophil.");
  assert.equal(reasonWords({ ...said, reason: null }, true), "");
  assert.equal(reasonWords("failed", true), "");
});

test("every place for a suggestion says the same", () => {
  const lines = [{ textContent: "" }, { textContent: "" }];
  const places = lines.map((line) => ({ querySelector: (/** @type {string} */ slot) => (slot === "[data-slot=model]" ? line : null) }));
  drawSuggestion(/** @type {ParentNode} */ (/** @type {unknown} */ ({ querySelectorAll: () => places })), { model: "net says LGL.", reason: "" });
  assert.deepEqual(lines.map(({ textContent }) => textContent), ["net says LGL.", "net says LGL."]);
});
