import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue } from "../../../static/js/review/queue.js";

/** @param {number} from @param {number} to */
function items(from, to) {
  return Array.from({ length: to - from + 1 }, (_, at) => item(from + at));
}

/** @param {number} position */
function item(position) {
  return {
    assignment_id: `a${position}`,
    position,
    image_url: `/${position}`,
    thumbnail_url: `/t${position}`,
    shown_label: null,
    last: null,
  };
}

/** @param {Queue} queue @param {string} [label] */
function decide(queue, label = "monocyte") {
  const { assignment_id } = /** @type {NonNullable<Queue["current"]>} */ (queue.current).item;
  const review = { id: `r-${assignment_id}-${label}`, assignment_id, verdict: /** @type {const} */ ("label"), label, second_label: null, mode: /** @type {const} */ ("single"), flag: false, comment: "", seconds: 1, supersedes: null };
  queue.decide(review);
  return review;
}

/** @param {import("../../../static/js/review/types.js").Review} review */
function withdrawalOf(review) {
  return { ...review, id: `w-${review.id}`, verdict: /** @type {const} */ ("withdrawn"), label: null, supersedes: review.id };
}

/** The position of the cell on the screen. @param {Queue} queue */
function onScreen(queue) {
  return queue.current?.item.position ?? null;
}

/** A queue with these cells and no more. @param {number} count */
function queueOf(count) {
  const queue = new Queue();
  queue.add(items(1, count), 30);
  return queue;
}

test("it asks for thirty cells at first, and for more when half of them are decided", () => {
  const queue = new Queue();
  assert.deepEqual(queue.wanted, { limit: 30, after: null });
  queue.add(items(1, 30), 30);
  assert.equal(queue.wanted, null);
  for (let n = 0; n < 15; n += 1) decide(queue);
  assert.deepEqual(queue.wanted, { limit: 15, after: 30 });
});

test("fewer cells than asked for are the last ones", () => {
  const queue = queueOf(2);
  assert.equal(queue.wanted, null);
  assert.equal(queue.finished, false);
  decide(queue);
  decide(queue);
  assert.equal(queue.current, null);
  assert.equal(queue.finished, true);
});

test("a cell that comes twice is held once", () => {
  const queue = new Queue();
  queue.add(items(1, 30), 30);
  decide(queue);
  queue.add(items(1, 3), 30);
  assert.equal(queue.current?.item.position, 2);
  assert.equal(queue.ready, 29);
});

test("deciding brings the next cell, and cells that arrive at the end are next", () => {
  const queue = new Queue({ hold: 2 });
  queue.add(items(1, 2), 2);
  decide(queue);
  decide(queue);
  assert.equal(onScreen(queue), null);
  assert.equal(queue.finished, false);
  queue.add(items(3, 3), 2);
  assert.equal(onScreen(queue), 3);
});

test("a review of another cell than the one on the screen is refused", () => {
  const queue = queueOf(3);
  const review = decide(queue);
  assert.throws(() => queue.decide(review), /on the screen/);
});

test("undo goes back to the newest decision, once each", () => {
  const queue = queueOf(3);
  const first = decide(queue);
  const second = decide(queue);
  assert.equal(queue.undoable, second);
  queue.undo(withdrawalOf(second));
  assert.equal(queue.current?.item.position, 2);
  assert.equal(queue.current?.review?.verdict, "withdrawn");
  assert.equal(queue.undoable, first);
  assert.equal(queue.answered, 1);
});

test("previous shows an answered cell, and a changed answer returns to the first open one", () => {
  const queue = queueOf(4);
  decide(queue, "monocyte");
  decide(queue, "monocyte");
  queue.previous();
  queue.previous();
  assert.equal(queue.current?.review?.label, "monocyte");
  decide(queue, "lymphocyte");
  assert.equal(queue.current?.item.position, 3);
  assert.equal(queue.answered, 2);
  assert.deepEqual(queue.last(5).map(({ item: { position } }) => position), [1, 2]);
});

test("a cell that was passed over comes again at the end", () => {
  const queue = queueOf(3);
  queue.next();
  decide(queue);
  decide(queue);
  assert.equal(queue.current?.item.position, 1);
  assert.equal(queue.finished, false);
});

test("there is nothing before the first cell", () => {
  assert.equal(queueOf(2).previous(), false);
});

test("pictures are wanted for the cell on the screen first, then in order", () => {
  const queue = queueOf(5);
  decide(queue);
  queue.next();
  assert.deepEqual(queue.upcoming(3).map(({ position }) => position), [3, 4, 5]);
  assert.deepEqual(queue.upcoming(9).map(({ position }) => position), [3, 4, 5, 2]);
});

test("a cell that was moved to somebody else leaves the queue", () => {
  const queue = queueOf(3);
  decide(queue);
  queue.drop("a1");
  assert.equal(queue.current?.item.position, 2);
  assert.equal(queue.undoable, null);
});

test("what the person settled on stands in place of what was thought here", () => {
  const queue = queueOf(2);
  const review = decide(queue, "monocyte");
  queue.correct("a1", { ...review, id: "other", label: "lymphocyte" });
  assert.equal(queue.last(1)[0]?.review?.id, "other");
  queue.correct("a1", null);
  assert.equal(queue.answered, 0);
});

/** @param {number} position @param {string} label */
function reviewOf(position, label) {
  return { id: `r${position}-${label}`, assignment_id: `a${position}`, verdict: /** @type {const} */ ("label"), label, second_label: null, mode: /** @type {const} */ ("single"), flag: false, comment: "", seconds: 1, supersedes: null };
}

/** @param {import("../../../static/js/review/types.js").Review} review @param {number} position */
function kept(review, position) {
  return { ...review, about: { round: { id: "r", name: "A round" }, item: item(position), at: 0 } };
}

test("cells that an earlier page answered aren't shown again, and can be undone", () => {
  const queue = new Queue();
  queue.restore([kept(reviewOf(1, "monocyte"), 1), kept(reviewOf(3, "monocyte"), 3)]);
  queue.add(items(1, 5), 30);
  assert.equal(onScreen(queue), 2);
  assert.equal(queue.answered, 2);
  assert.equal(queue.undoable?.id, "r3-monocyte");
  decide(queue);
  assert.equal(onScreen(queue), 4);
});

test("a cell that an earlier page took back is next, with what its answer must supersede", () => {
  const queue = new Queue();
  const review = reviewOf(1, "monocyte");
  queue.restore([kept(review, 1), kept(withdrawalOf(review), 1)]);
  queue.add(items(1, 5), 30);
  assert.equal(onScreen(queue), 1);
  assert.equal(queue.current?.review?.id, "w-r1-monocyte");
  assert.equal(queue.answered, 0);
});

test("an answer that the server had counted already counts once", () => {
  const queue = new Queue();
  queue.restore([kept(reviewOf(1, "monocyte"), 1)]);
  queue.countedBefore("a1");
  assert.equal(queue.answered, 0);
});

test("cells on other screens are passed over, and come when they are free", () => {
  const queue = new Queue();
  queue.taken = new Set(["a1"]);
  queue.add(items(1, 3), 30);
  assert.equal(onScreen(queue), 2);
  queue.previous();
  assert.equal(onScreen(queue), 2);
  decide(queue);
  decide(queue);
  assert.equal(queue.current, null);
  assert.ok(queue.waitsForOthers && !queue.finished);
  queue.taken = new Set();
  assert.equal(onScreen(queue), 1);
});

test("a cell that another page answered is passed over, whether it is here already or comes later", () => {
  const queue = new Queue({ hold: 3 });
  queue.add(items(1, 3), 3);
  queue.hear(reviewOf(1, "monocyte"));
  queue.hear(reviewOf(4, "monocyte"));
  assert.equal(onScreen(queue), 2);
  decide(queue);
  decide(queue);
  queue.add(items(4, 5), 3);
  assert.equal(onScreen(queue), 5);
  assert.equal(queue.answered, 4);
  queue.hear(withdrawalOf(reviewOf(1, "monocyte")));
  decide(queue);
  assert.equal(onScreen(queue), 1);
});

test("after thousands of cells the queue is as small as after a few hundred, and still knows its figures", () => {
  const queue = new Queue({ hold: 10, remember: 20 });
  for (let n = 0; n < 3000; n += 1) {
    if (queue.wanted) queue.add(items(n + queue.ready + 1, n + 10), 10 - queue.ready);
    decide(queue, n % 2 ? "monocyte" : "lymphocyte");
  }
  assert.equal(queue.answered, 3000);
  assert.equal(queue.figures.here, 3000);
  assert.equal(queue.find("a1"), null);
  assert.equal(queue.last(Infinity).length, 20);
  assert.equal(queue.undoable?.assignment_id, "a3000");
});
