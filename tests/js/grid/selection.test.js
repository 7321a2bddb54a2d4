import assert from "node:assert/strict";
import { test } from "node:test";
import { Selection } from "../../../static/js/grid/selection.js";

/** @param {number} count @param {(place: number) => boolean} [mayBe] */
function selectionOf(count, mayBe) {
  const selection = new Selection();
  selection.reset(count, mayBe);
  return selection;
}

test("a cell is selected and given up again, and has the focus", () => {
  const selection = selectionOf(10);
  selection.toggle(3);
  selection.toggle(7);
  assert.deepEqual(selection.places, [3, 7]);
  selection.toggle(3);
  assert.deepEqual(selection.places, [7]);
  assert.equal(selection.focus, 3);
});

test("a range reaches from the cell last chosen and replaces the range before it", () => {
  const selection = selectionOf(20);
  selection.toggle(2);
  selection.toggle(5);
  selection.extendTo(8);
  assert.deepEqual(selection.places, [2, 5, 6, 7, 8]);
  selection.extendTo(4);
  assert.deepEqual(selection.places, [2, 4, 5]);
});

test("moving selects nothing; moving on with Shift selects on the way", () => {
  const selection = selectionOf(30);
  selection.move(1, false);
  selection.move(10, false);
  assert.equal(selection.focus, 11);
  assert.equal(selection.size, 0);
  selection.move(1, true);
  selection.move(1, true);
  assert.deepEqual(selection.places, [11, 12, 13]);
  selection.move(-1, true);
  assert.deepEqual(selection.places, [11, 12]);
});

test("where there is no cell the focus stays", () => {
  const selection = selectionOf(12);
  selection.move(-1, false);
  assert.equal(selection.focus, 0);
  selection.focusOn(9);
  selection.move(5, false);
  assert.equal(selection.focus, 9);
});

test("what can't be judged is never selected, whichever way", () => {
  const selection = selectionOf(6, (place) => place !== 2);
  selection.toggle(2);
  assert.equal(selection.size, 0);
  assert.equal(selection.focus, 2);
  selection.all();
  assert.deepEqual(selection.places, [0, 1, 3, 4, 5]);
  selection.enclose([1, 2, 3], null);
  assert.deepEqual(selection.places, [1, 3]);
  selection.takeUp(2);
  assert.equal(selection.size, 0);
});

test("a band replaces what was selected, or adds to it", () => {
  const selection = selectionOf(10);
  selection.toggle(9);
  const before = selection.copy();
  selection.enclose([1, 2], before);
  selection.enclose([1, 2, 3], before);
  assert.deepEqual(selection.places, [1, 2, 3, 9]);
  selection.enclose([4], null);
  assert.deepEqual(selection.places, [4]);
});

test("what is taken up is all that is selected, or the one cell that isn't", () => {
  const selection = selectionOf(10);
  selection.toggle(1);
  selection.toggle(2);
  selection.takeUp(1);
  assert.deepEqual(selection.places, [1, 2]);
  selection.takeUp(5);
  assert.deepEqual(selection.places, [5]);
});

test("another page has nothing selected and its first cell in focus", () => {
  const selection = selectionOf(10);
  selection.toggle(4);
  selection.reset(3);
  assert.deepEqual([selection.size, selection.focus], [0, 0]);
  selection.all();
  selection.clear();
  assert.equal(selection.size, 0);
});

test("cells that were dealt with are given up, and what was selected meanwhile stays", () => {
  const selection = selectionOf(10);
  selection.toggle(1);
  selection.toggle(2);
  selection.toggle(3);
  selection.giveUp([1, 2]);
  assert.deepEqual(selection.places, [3]);
});
