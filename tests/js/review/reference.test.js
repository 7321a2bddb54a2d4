import assert from "node:assert/strict";
import { test } from "node:test";

import { Fetched, heldToBe, LookedUp, neighbour, nextView, shareOfTile, sideBySide } from "../../../static/js/review/reference.js";

test("a µm is as long in every tile", () => {
  const mll23 = shareOfTile({ width: 288, height: 288, px_per_um: 11.52 });
  assert.deepEqual(mll23, { width: 1, height: 1 });
  const larger = shareOfTile({ width: 400, height: 400, px_per_um: 13.8 });
  assert.ok(Math.abs(larger.width - 400 / 13.8 / 25) < 1e-9);
  assert.deepEqual(shareOfTile({ width: 200, height: 100, px_per_um: null }), { width: 1, height: 0.5 });
});

test("beside a shown label stand its class and that class's usual rival", () => {
  assert.deepEqual(sideBySide({ name: "neutrophil_segmented", confusable: ["neutrophil_band", "eosinophil"] }, ["monocyte"]), [
    "neutrophil_segmented",
    "neutrophil_band",
  ]);
  assert.deepEqual(sideBySide({ name: "alone", confusable: [] }, []), ["alone", null]);
});

test("without a label it is what was last looked up, each in its place", () => {
  const kept = [];
  const lookedUp = new LookedUp([], (places) => kept.push(places));
  lookedUp.look("monocyte");
  lookedUp.look("lymphocyte");
  assert.deepEqual(lookedUp.places, ["monocyte", "lymphocyte"]);
  lookedUp.look("basophil");
  assert.deepEqual(lookedUp.places, ["basophil", "lymphocyte"]);
  lookedUp.look("lymphocyte");
  assert.deepEqual(lookedUp.places, ["basophil", "lymphocyte"]);
  lookedUp.look("eosinophil");
  assert.deepEqual(lookedUp.places, ["eosinophil", "lymphocyte"]);
  lookedUp.look(null, 1);
  assert.deepEqual(sideBySide(null, /** @type {string[]} */ (lookedUp.places)), ["eosinophil", null]);
  assert.equal(kept.length, 5);
});

test("the same key goes from the reference to look-alikes, to the atlas and round again", () => {
  assert.equal(nextView(null), "reference");
  assert.equal(nextView("reference"), "alike");
  assert.equal(nextView("alike"), "atlas");
  assert.equal(nextView("atlas"), "reference");
});

test("arrows walk through the classes without end", () => {
  assert.equal(neighbour(["a", "b", "c"], "c", 1), "a");
  assert.equal(neighbour(["a", "b", "c"], "a", -1), "c");
});

test("a class is fetched once, one after the other, and what is no longer wanted isn't fetched", async () => {
  /** @type {string[]} */
  const asked = [];
  /** @type {(() => void)[]} */
  const answers = [];
  const store = new Fetched({
    load: (name) => new Promise((resolve) => void (asked.push(name), answers.push(() => resolve({ name })))),
    changed: () => {},
  });
  store.want(["a", "b"]);
  store.want(["a", "c"]);
  assert.deepEqual(asked, ["a"]);
  answers.shift()?.();
  await settled();
  assert.deepEqual(store.get("a"), { name: "a" });
  while (answers.length > 0) {
    answers.shift()?.();
    await settled();
  }
  assert.ok(!asked.includes("b"));
  assert.deepEqual(store.get("c"), { name: "c" });
  const before = asked.length;
  store.want(["a", "c"]);
  assert.equal(asked.length, before);
});

test("what failed is asked for again when it is wanted again", async () => {
  let fails = true;
  const store = new Fetched({ load: async () => (fails ? Promise.reject(new Error("no connection")) : { items: [] }), changed: () => {} });
  store.want(["a"]);
  await settled();
  assert.equal(store.get("a"), "failed");
  fails = false;
  store.want(["a"]);
  await settled();
  assert.deepEqual(store.get("a"), { items: [] });
});

test("a look-alike is held to be what its consensus says, else what it was given", () => {
  const cell = { cell_id: "x", width: 1, height: 1, px_per_um: null, image_url: "", thumbnail_url: "", state: null };
  const nothing = { given_label: null, outcome: null, label: null, second_label: null, probability: null };
  assert.deepEqual(heldToBe({ ...cell, ...nothing }).names, []);
  assert.deepEqual(heldToBe({ ...cell, ...nothing, given_label: "monocyte" }), {
    names: ["monocyte"],
    settled: false,
    unusable: false,
    probability: null,
  });
  const agreed = { ...nothing, given_label: "monocyte", outcome: "borderline", label: "a", second_label: "b", probability: 0.9 };
  assert.deepEqual(heldToBe({ ...cell, ...agreed }).names, ["a", "b"]);
  assert.ok(heldToBe({ ...cell, ...nothing, outcome: "unusable" }).unusable);
});

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
