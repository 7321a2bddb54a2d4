import assert from "node:assert/strict";
import { test } from "node:test";

import { backOff } from "../../../static/js/review/backoff.js";
import { Pictures } from "../../../static/js/review/pictures.js";
import { fittingZoom, nextZoom, scaleBar, sizeOnScreen } from "../../../static/js/review/scale.js";
import { ActiveTimer } from "../../../static/js/review/timer.js";
import { uuid } from "../../../static/js/review/uuid.js";
import { byName, duration, inSentence, whatHappened } from "../../../static/js/review/words.js";

const cell = { width: 288, height: 288 };

test("the picture gets the largest whole number of device pixels per pixel that fits", () => {
  assert.equal(fittingZoom(cell, { width: 640, height: 576 }, 1), 2);
  assert.equal(fittingZoom(cell, { width: 640, height: 575 }, 1), 1);
  assert.equal(fittingZoom(cell, { width: 390, height: 458 }, 3), 4);
  assert.deepEqual(sizeOnScreen(cell, 4, 3), { width: 384, height: 384 });
});

test("a picture larger than its place is seen whole", () => {
  assert.equal(fittingZoom({ width: 1200, height: 900 }, { width: 600, height: 576 }, 1), 1 / 2);
});

test("zoom goes by whole steps and comes round to the whole picture", () => {
  let zoom = 2;
  const steps = Array.from({ length: 7 }, () => (zoom = nextZoom(zoom, 2)));
  assert.deepEqual(steps, [3, 4, 5, 6, 1, 2, 3]);
  assert.equal(nextZoom(1 / 2, 1 / 2), 1);
  assert.equal(nextZoom(4, 1 / 2), 1 / 2);
});

test("the scale bar is a round number of micrometres", () => {
  const { um, length } = scaleBar(23.04, 140);
  assert.equal(um, 5);
  assert.equal(length.toFixed(3), "115.200");
  assert.equal(scaleBar(11.52, 140).um, 10);
  assert.equal(scaleBar(200, 140).um, 0.5);
  assert.equal(scaleBar(10, 100).um, 10);
});

/** A timer whose clock a test turns. */
function timerAt(patience = 60_000) {
  let now = 0;
  const timer = new ActiveTimer({ now: () => now, patience });
  return { timer, pass: (/** @type {number} */ seconds) => (now += 1000 * seconds) };
}

test("looking counts, also without moving", () => {
  const { timer, pass } = timerAt();
  pass(8);
  assert.equal(timer.seconds, 8);
});

test("a hidden tab doesn't count", () => {
  const { timer, pass } = timerAt();
  pass(2);
  timer.hide();
  pass(600);
  timer.show();
  pass(1.5);
  assert.equal(timer.seconds, 3.5);
});

test("of time away only the first minute counts", () => {
  const { timer, pass } = timerAt();
  pass(600);
  timer.touch();
  pass(2);
  assert.equal(timer.seconds, 62);
});

test("each cell has its own time", () => {
  const { timer, pass } = timerAt();
  pass(5);
  timer.restart();
  pass(1);
  assert.equal(timer.seconds, 1);
});

test("a UUID is version 4, of its variant, and not the same twice", () => {
  assert.match(uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(uuid(), uuid());
  assert.equal(uuid((bytes) => bytes.fill(255)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
});

test("tries come at longer intervals, up to half a minute", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 20].map((n) => backOff(n, () => 0.5)), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

/** Pictures that load when a test says so. @param {object} [options] */
function album(options) {
  /** @type {Map<string, {resolve: (image: any) => void, reject: (error: Error) => void}>} */
  const loading = new Map();
  /** @type {string[]} */
  const changed = [];
  const pictures = new Pictures({
    load: (url) => new Promise((resolve, reject) => loading.set(url, { resolve, reject })),
    changed: (url) => changed.push(url),
    ...options,
  });
  return { pictures, loading, changed };
}

/** Promises go on. */
function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

test("pictures load in the order in which they will be needed, a few at a time", async () => {
  const { pictures, loading, changed } = album({ parallel: 2 });
  pictures.want(["1", "2", "3", "4"]);
  assert.deepEqual([...loading.keys()], ["1", "2"]);
  loading.get("2")?.resolve("picture");
  await settled();
  assert.deepEqual([...loading.keys()], ["1", "2", "3"]);
  assert.equal(pictures.get("2").state, "ready");
  assert.deepEqual(changed, ["2"]);
});

test("pictures that nobody wants any more make room, the oldest first", async () => {
  const { pictures, loading } = album({ parallel: 9, most: 3 });
  pictures.want(["1", "2"]);
  for (const { resolve } of loading.values()) resolve("picture");
  await settled();
  pictures.want(["2", "3"]);
  pictures.want(["3", "4"]);
  assert.equal(pictures.get("1").state, "waiting");
  assert.equal(pictures.get("2").state, "ready");
});

test("a picture that failed for want of a connection is tried again, a broken one isn't", async () => {
  const { pictures, loading } = album();
  pictures.want(["1", "2"]);
  loading.get("1")?.reject(new Error("offline"));
  loading.get("2")?.reject(new Error("broken"));
  await settled();
  pictures.retry((error) => String(error).includes("offline"));
  assert.equal(pictures.get("1").state, "loading");
  assert.equal(pictures.get("2").state, "failed");
});

const classes = [
  { name: "neutrophil_band", display: "Band neutrophil", abbr: "Band" },
  { name: "neutrophil_segmented", display: "Segmented neutrophil", abbr: "Seg" },
];
const classOf = byName(/** @type {any} */ (classes));

/** @param {object} more @param {string | null} shown */
function happened(more, shown) {
  const review = { verdict: "label", label: "neutrophil_band", second_label: null, flag: false, comment: "", ...more };
  const item = { position: 1414, shown_label: shown };
  return whatHappened(/** @type {any} */ (review), /** @type {any} */ (item), classOf);
}

test("the strip says what happened to the label shown", () => {
  assert.equal(happened({}, "neutrophil_band"), "1,414, confirmed");
  assert.equal(happened({}, "neutrophil_segmented"), "1,414, corrected from Seg");
  assert.equal(happened({ verdict: "unsure", label: null }, "neutrophil_segmented"), "1,414, shown was Seg");
  assert.equal(happened({ flag: true, comment: "thin bridge" }, null), "1,414, flagged, with comment");
});

test("a class inside a sentence is in lower case, an abbreviation isn't", () => {
  assert.equal(inSentence("Band neutrophil"), "band neutrophil");
  assert.equal(inSentence("LGL cell"), "LGL cell");
});

test("times are told in the units that a person would use", () => {
  assert.equal(duration(41), "41 s");
  assert.equal(duration(360), "6 min");
  assert.equal(duration(8460), "2 h 21 min");
});
