import assert from "node:assert/strict";
import { test } from "node:test";
import { answersTo, apply, SharedSeconds, sorted, withdrawalsOf } from "../../../static/js/grid/batch.js";
import { bandBetween, isDrag, touched } from "../../../static/js/grid/band.js";
import { Board } from "../../../static/js/grid/board.js";
import { cells, labelled, newId } from "./cells.js";

test("each cell has a review of its own, of the grid, that supersedes the one before it", () => {
  const some = cells(3);
  const first = answersTo(some, labelled("monocyte"), 0.5, newId);
  assert.equal(new Set(first.map(({ id }) => id)).size, 3);
  assert.ok(first.every(({ mode, seconds, supersedes }) => mode === "grid" && seconds === 0.5 && supersedes === null));
  apply(some, first);
  const second = answersTo(some, labelled("basophil"), 0, newId);
  assert.deepEqual(second.map(({ supersedes }) => supersedes), first.map(({ id }) => id));
});

test("a cell that was taken back before supersedes its withdrawal", () => {
  const [cell] = cells(1);
  assert.ok(cell);
  cell.item.last = "withdrawal";
  assert.equal(answersTo([cell], labelled("monocyte"), 1, newId)[0]?.supersedes, "withdrawal");
});

test("a step is taken back as a whole, but for what was changed since", () => {
  const some = cells(3);
  const reviews = answersTo(some, labelled("monocyte"), 1, newId);
  apply(some, reviews);
  const [changed] = some;
  assert.ok(changed);
  apply([changed], answersTo([changed], labelled("basophil"), 0, newId));
  const withdrawals = withdrawalsOf({ kind: "confirm", board: new Board(3), page: 0, cells: some, reviews }, newId);
  assert.deepEqual(withdrawals.map(({ supersedes }) => supersedes), reviews.slice(1).map(({ id }) => id));
  assert.ok(withdrawals.every(({ verdict, mode }) => verdict === "withdrawn" && mode === "grid"));
});

test("only what was on the screen with its picture is confirmed, and what is selected isn't", () => {
  const page = cells(6);
  const [decided, selected, broken, loading, unseen, ready] = page;
  assert.ok(decided && selected && broken && loading && unseen && ready);
  apply([decided], answersTo([decided], labelled("basophil"), 1, newId));
  unseen.seen = false;
  const told = sorted(
    page,
    (cell) => cell === selected,
    (cell) => (cell === broken ? "failed" : cell === loading ? "loading" : "ready"),
  );
  assert.deepEqual(told, { selected: [selected], broken: [broken], loading: [loading], unseen: [unseen], confirmed: [ready] });
});

test("the seconds of a page are shared out over its cells, and never more of them than were spent", () => {
  const seconds = new SharedSeconds();
  seconds.gather(30);
  const one = seconds.take(2, 60);
  assert.equal(one, 0.5);
  seconds.gather(10);
  const rest = seconds.take(58, 58);
  const spent = 2 * one + 58 * rest;
  assert.ok(spent <= 40 && spent > 39, String(spent));
  assert.equal(seconds.take(0, 10), 0);
  seconds.empty();
  assert.equal(seconds.take(1, 1), 0);
});

test("a band has its corners wherever it was begun, and touches what it overlaps", () => {
  const band = bandBetween({ x: 50, y: 60 }, { x: 10, y: 20 });
  assert.deepEqual(band, { left: 10, top: 20, right: 50, bottom: 60 });
  const boxes = [0, 40, 80].map((left) => ({ left, top: 0, right: left + 30, bottom: 30 }));
  assert.deepEqual(touched(band, boxes), [0, 1]);
  assert.equal(isDrag({ x: 0, y: 0 }, { x: 3, y: 3 }), false);
  assert.equal(isDrag({ x: 0, y: 0 }, { x: 6, y: 0 }), true);
});
