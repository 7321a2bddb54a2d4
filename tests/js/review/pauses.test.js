import assert from "node:assert/strict";
import { test } from "node:test";

import { Pauses } from "../../../static/js/review/pauses.js";

/** Decides cells of so many seconds one after the other. @param {Pauses} pauses @param {number} cells @param {number} seconds @param {number} [from] */
function work(pauses, cells, seconds, from = 0) {
  let at = from;
  for (let cell = 0; cell < cells; cell++) pauses.decided(seconds, (at += seconds * 1000));
  return at;
}

test("a pause is suggested after 200 cells, with the time that they took", () => {
  const pauses = new Pauses();
  const at = work(pauses, 199, 1.8);
  assert.equal(pauses.hint, null);
  work(pauses, 1, 1.8, at);
  assert.deepEqual(pauses.hint, { cells: 200, minutes: 6 });
});

test("a pause is suggested after 20 minutes of looking, however few cells they were", () => {
  const pauses = new Pauses();
  work(pauses, 60, 20);
  assert.deepEqual(pauses.hint, { cells: 60, minutes: 20 });
});

test("a rest begins anew, whether the hint was there or not", () => {
  const pauses = new Pauses();
  let at = work(pauses, 199, 2);
  at = work(pauses, 1, 2, at + 120_000);
  assert.equal(pauses.hint, null);
  at = work(pauses, 199, 2, at);
  assert.deepEqual(pauses.hint, { cells: 200, minutes: 7 });
  work(pauses, 1, 2, at + 120_000);
  assert.equal(pauses.hint, null);
});

test("slow looking is no rest", () => {
  const pauses = new Pauses({ cells: 3 });
  work(pauses, 3, 55);
  assert.deepEqual(pauses.hint, { cells: 3, minutes: 3 });
});

test("the hint goes by itself and comes again after as much", () => {
  const pauses = new Pauses();
  let at = work(pauses, 200, 1);
  at = work(pauses, 19, 1, at);
  assert.notEqual(pauses.hint, null);
  at = work(pauses, 1, 1, at);
  assert.equal(pauses.hint, null);
  work(pauses, 180, 1, at);
  assert.deepEqual(pauses.hint, { cells: 200, minutes: 3 });
});

test("it can be hidden", () => {
  const pauses = new Pauses({ cells: 1 });
  work(pauses, 1, 1);
  pauses.hide();
  assert.equal(pauses.hint, null);
});

test("a second look at a cell takes time and is no other cell", () => {
  const pauses = new Pauses({ cells: 2, seconds: 100 });
  pauses.decided(1, 1000);
  pauses.decided(1, 2000, 0);
  assert.equal(pauses.hint, null);
  pauses.decided(58, 60_000);
  assert.deepEqual(pauses.hint, { cells: 2, minutes: 1 });
});
