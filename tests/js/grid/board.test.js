import assert from "node:assert/strict";
import { test } from "node:test";
import { answersTo, apply, withdrawalsOf } from "../../../static/js/grid/batch.js";
import { Board, isOpen } from "../../../static/js/grid/board.js";
import { Boards } from "../../../static/js/grid/boards.js";
import { items, labelled, newId } from "./cells.js";

/** A board whose first page is there, and as much of the next as was asked for. @param {number} size @param {number} count */
function boardOf(size, count) {
  const board = new Board(size);
  let given = 0;
  while (board.wanted) {
    const { limit } = board.wanted;
    const some = items(Math.min(limit, count - given), given + 1);
    given += some.length;
    board.add(some, limit);
  }
  return board;
}

/** @param {readonly import("../../../static/js/grid/board.js").Cell[]} some */
function names(some) {
  return some.map(({ item }) => item.assignment_id);
}

/** @param {readonly import("../../../static/js/grid/board.js").Cell[]} some */
function confirmAll(some) {
  const reviews = answersTo([...some], labelled("monocyte"), 1, newId);
  apply(some, reviews);
  return reviews;
}

/** @param {Board} board */
function seeAll(board) {
  for (const cell of board.page) cell.seen = true;
}

test("the page on the screen and the one after it are asked for, and no more", () => {
  const board = new Board(4);
  assert.deepEqual(board.wanted, { limit: 4, after: null });
  board.add(items(4), 4);
  assert.deepEqual(names(board.page), ["a1", "a2", "a3", "a4"]);
  assert.deepEqual(board.wanted, { limit: 4, after: 4 });
  board.add(items(4, 5), 4);
  assert.equal(board.wanted, null);
  assert.deepEqual(board.pictures.length, 8);
});

test("the next page comes at once, and an answer with fewer cells is the last one", () => {
  const board = boardOf(4, 7);
  seeAll(board);
  assert.equal(board.turn(new Set()), true);
  assert.deepEqual(names(board.page), ["a5", "a6", "a7"]);
  assert.equal(board.number, 2);
  assert.equal(board.wanted, null);
  seeAll(board);
  board.turn(new Set());
  assert.equal(board.finished, true);
});

test("a page isn't turned while the next one is on its way", () => {
  const board = new Board(2);
  board.add(items(2), 2);
  assert.equal(board.turn(new Set()), false);
  assert.deepEqual(names(board.page), ["a1", "a2"]);
});

test("what was not on the screen goes with the next page; what was selected stays behind", () => {
  const board = boardOf(4, 8);
  const [first, second, third, fourth] = board.page;
  assert.ok(first && second && third && fourth);
  for (const cell of [first, second, third]) cell.seen = true;
  confirmAll([first, second]);
  board.turn(new Set([third]));
  assert.deepEqual(names(board.page), ["a4", "a5", "a6", "a7", "a8"]);
  assert.equal(board.leftOver, 1);
});

test("a page that is taken back is on the screen again, and the one after it is still there", () => {
  const board = boardOf(3, 6);
  seeAll(board);
  const page = [...board.page];
  const reviews = confirmAll(page);
  board.turn(new Set());
  const withdrawn = withdrawalsOf({ kind: "confirm", board, page: 0, cells: page, reviews }, newId);
  apply(page, withdrawn);
  board.turnBack(0);
  assert.deepEqual(names(board.page), ["a1", "a2", "a3"]);
  assert.ok(board.page.every(isOpen));
  confirmAll(board.page);
  board.turn(new Set());
  assert.deepEqual(names(board.page), ["a4", "a5", "a6"]);
});

test("a cell that the server tells of again is on the board once, and one that was decided here isn't at all", () => {
  const board = new Board(3, (assignment) => assignment === "a2");
  board.add(items(3), 3);
  board.add([...items(1, 3), ...items(2, 4)], 3);
  assert.deepEqual(names(board.page), ["a1", "a3", "a4"]);
});

test("a cell that went to somebody else is gone", () => {
  const board = boardOf(3, 5);
  board.drop("a2");
  board.drop("a5");
  assert.deepEqual(names(board.page), ["a1", "a3"]);
  assert.equal(board.find("a5"), null);
});

test("more cells than one answer can have are asked for in two", () => {
  const board = new Board(250);
  assert.deepEqual(board.wanted, { limit: 200, after: null });
  board.add(items(200), 200);
  assert.deepEqual(board.wanted, { limit: 50, after: 200 });
  assert.equal(board.page.length, 0);
  board.add(items(50, 201), 50);
  assert.equal(board.page.length, 250);
});

test("the classes know what is left of each, which comes next and which is the largest", () => {
  const waiting = [
    { shown_label: null, cells: 3 },
    { shown_label: "monocyte", cells: 5 },
    { shown_label: "basophil", cells: 9 },
  ];
  const boards = new Boards(["basophil", "monocyte", "lymphocyte"], waiting, 5);
  assert.equal(boards.largest, "basophil");
  assert.equal(boards.after("basophil"), "monocyte");
  assert.equal(boards.after("lymphocyte"), "basophil");
  assert.equal(boards.left(null), 3);
  const board = boards.of("monocyte");
  board.add(items(5), 5);
  boards.hold(board.cells);
  for (const review of confirmAll(board.page)) boards.note(review);
  assert.equal(boards.left("monocyte"), 0);
  assert.equal(boards.after("basophil"), null);
  assert.equal(boards.decided.length, 5);
});

test("pages of another size begin with what is undecided", () => {
  const boards = new Boards(["monocyte"], [{ shown_label: "monocyte", cells: 6 }], 3);
  const board = boards.of("monocyte");
  board.add(items(3), 3);
  boards.hold(board.cells);
  const [first] = board.page;
  assert.ok(first);
  for (const review of confirmAll([first])) boards.note(review);
  boards.resize(5);
  const larger = boards.of("monocyte");
  larger.add(items(5), 5);
  larger.add(items(1, 6), 1);
  assert.deepEqual(names(larger.page), ["a2", "a3", "a4", "a5", "a6"]);
});
