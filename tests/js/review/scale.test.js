import assert from "node:assert/strict";
import { test } from "node:test";

import { nearestZoom, onDevicePixel, panAbout, withinRoom, zoomStep } from "../../../static/js/review/scale.js";

test("zoom steps are whole, and stay at either end", () => {
  assert.deepEqual([1, 2, 5, 6].map((zoom) => zoomStep(zoom, 1, 2)), [2, 3, 6, 6]);
  assert.deepEqual([3, 2, 1].map((zoom) => zoomStep(zoom, -1, 2)), [2, 1, 1]);
});

test("a picture larger than its place has one step below 1, which shows all of it", () => {
  assert.equal(zoomStep(1, -1, 1 / 3), 1 / 3);
  assert.equal(zoomStep(1 / 3, -1, 1 / 3), 1 / 3);
  assert.equal(zoomStep(1 / 3, 1, 1 / 3), 1);
});

test("two fingers come to the nearest whole step", () => {
  assert.deepEqual([0.2, 1.4, 2.6, 40].map((wished) => nearestZoom(wished, 2)), [1, 1, 3, 6]);
  assert.equal(nearestZoom(0.4, 1 / 2), 1 / 2);
});

test("what the pointer is on stays under it", () => {
  const pan = panAbout({ x: 10, y: 0 }, { x: 100, y: -50 }, 2);
  assert.deepEqual(pan, { x: -80, y: 50 });
});

test("a larger picture leaves no ground beside it, a smaller one stays in the middle", () => {
  const room = { width: 600, height: 600 };
  assert.deepEqual(withinRoom({ x: 500, y: -500 }, { width: 800, height: 700 }, room), { x: 100, y: -50 });
  assert.deepEqual(withinRoom({ x: 500, y: -500 }, { width: 300, height: 300 }, room), { x: 0, y: 0 });
});

test("a place lies on a device pixel whatever the ratio", () => {
  for (const ratio of [1, 1.25, 1.5, 2, 3]) {
    const place = onDevicePixel(57.3, 240.2, ratio);
    assert.ok(Math.abs((place + 240.2) * ratio - Math.round((place + 240.2) * ratio)) < 1e-9);
  }
});
