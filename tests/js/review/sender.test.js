import assert from "node:assert/strict";
import { test } from "node:test";

import { SendError, Sender } from "../../../static/js/review/sender.js";

/**
 * @typedef {{id: string, of: string}} Decision
 * @typedef {import("../../../static/js/review/types.js").Result} Result
 */

/** A clock that a test turns. */
function handClock() {
  /** @type {{at: number, call: () => void}[]} */
  let due = [];
  const clock = {
    time: 0,
    now: () => clock.time,
    /** @param {number} ms @param {() => void} call */
    after(ms, call) {
      const alarm = { at: clock.time + ms, call };
      due.push(alarm);
      return () => {
        due = due.filter((one) => one !== alarm);
      };
    },
    /** @param {number} ms */
    async pass(ms) {
      const until = clock.time + ms;
      for (;;) {
        await settled();
        const next = due.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        due = due.filter((one) => one !== next);
        clock.time = next.at;
        next.call();
      }
      clock.time = until;
    },
  };
  return clock;
}

/** Everything that was waiting for a promise has gone on. */
function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param {Decision[]} batch @returns {Promise<Result[]>} */
async function recorded(batch) {
  return batch.map(({ id }) => ({ id, status: "recorded" }));
}

/** @param {object} [options] @param {(batch: Decision[]) => Promise<Result[]>} [options.post] @param {number} [options.largest] @param {any} [options.store] */
function setUp({ post = recorded, ...options } = {}) {
  const clock = handClock();
  /** @type {{at: number, ids: string[]}[]} */
  const posts = [];
  /** @type {string[]} */
  const answered = [];
  const server = { post };
  /** @type {Sender<Decision>} */
  const sender = new Sender({
    subjectOf: ({ of }) => of,
    clock,
    random: () => 0.5,
    post: (batch) => {
      posts.push({ at: clock.time, ids: batch.map(({ id }) => id) });
      return server.post(batch);
    },
    answered: ({ id }, { status }) => answered.push(`${id} ${status}`),
    ...options,
  });
  return { clock, posts, answered, server, sender };
}

/** @param {string} id @param {string} [of] */
function decision(id, of = `cell of ${id}`) {
  return { id, of };
}

/** @param {import("../../../static/js/review/sender.js").Trouble} trouble @param {object} [more] */
function failing(trouble, more) {
  return async () => {
    throw new SendError(trouble, more);
  };
}

test("the first goes at once, the next ones together a second later", async () => {
  const { clock, posts, sender } = setUp();
  await sender.keep(decision("1"));
  await clock.pass(0);
  for (const id of ["2", "3", "4"]) {
    await clock.pass(300);
    await sender.keep(decision(id));
  }
  await clock.pass(1000);
  assert.deepEqual(posts, [
    { at: 0, ids: ["1"] },
    { at: 1000, ids: ["2", "3", "4"] },
  ]);
  assert.equal(sender.state.unsaved, 0);
});

test("at three decisions a second there is at most one batch a second", async () => {
  const { clock, posts, sender } = setUp();
  for (let n = 0; n < 60; n += 1) {
    await sender.keep(decision(String(n)));
    await clock.pass(333);
  }
  await clock.pass(2000);
  assert.ok(posts.length <= 21, `${posts.length} batches in twenty seconds`);
  assert.equal(posts.flatMap(({ ids }) => ids).join(), Array.from({ length: 60 }, (_, n) => n).join());
});

test("what isn't answered for isn't saved", async () => {
  const { clock, sender } = setUp({ post: () => new Promise(() => {}) });
  await sender.keep(decision("1"));
  await sender.keep(decision("2"));
  await clock.pass(0);
  assert.equal(sender.state.unsaved, 2);
});

test("a failed batch stays and is sent again, later and later, in order", async () => {
  const { clock, posts, server, sender } = setUp({ post: failing("offline") });
  await sender.keep(decision("1"));
  await clock.pass(0);
  await sender.keep(decision("2"));
  await clock.pass(10_000);
  assert.deepEqual(posts.map(({ at }) => at), [0, 1000, 3000, 7000]);
  assert.equal(sender.state.unsaved, 2);
  assert.equal(sender.state.trouble, "offline");
  assert.equal(sender.state.since, 0);
  server.post = recorded;
  await clock.pass(5000);
  assert.deepEqual(posts.at(-1)?.ids, ["1", "2"]);
  assert.equal(sender.state.unsaved, 0);
  assert.equal(sender.state.trouble, null);
});

test("a server that is busy says when", async () => {
  const { clock, posts, sender } = setUp({ post: failing("busy", { retryAfter: 20 }) });
  await sender.keep(decision("1"));
  await clock.pass(25_000);
  assert.deepEqual(posts.map(({ at }) => at), [0, 20_000]);
});

test("somebody who asks needn't wait for the next try", async () => {
  const { clock, posts, server, sender } = setUp({ post: failing("failed") });
  await sender.keep(decision("1"));
  await clock.pass(7500);
  server.post = recorded;
  sender.tryNow();
  await clock.pass(500);
  assert.equal(posts.at(-1)?.at, 8000);
  assert.equal(sender.state.unsaved, 0);
});

test("a review that was recorded before its answer was lost counts as saved", async () => {
  const { clock, answered, sender } = setUp({ post: async (batch) => batch.map(({ id }) => ({ id, status: "already_recorded" })) });
  await sender.keep(decision("1"));
  await clock.pass(0);
  assert.equal(sender.state.unsaved, 0);
  assert.deepEqual(answered, ["1 already_recorded"]);
});

test("a conflict stays until the person chooses, and holds up only its own cell", async () => {
  const last = { id: "x", verdict: /** @type {const} */ ("unsure"), label: null, second_label: null, flag: false, comment: "", recorded_at: "" };
  const { clock, posts, server, sender } = setUp({
    post: async (batch) => batch.map(({ id }) => (id === "1" ? { id, status: "conflict", reason: "already_answered", last } : { id, status: "recorded" })),
  });
  await sender.keep(decision("1", "a"));
  await sender.keep(decision("2", "b"));
  await clock.pass(0);
  assert.equal(sender.state.unsaved, 0);
  assert.deepEqual(sender.state.conflicts, [{ review: decision("1", "a"), reason: "already_answered", last }]);
  await sender.keep(decision("3", "a"));
  await sender.keep(decision("4", "c"));
  await clock.pass(5000);
  assert.deepEqual(posts.at(-1)?.ids, ["4"]);
  server.post = recorded;
  await sender.settle("a", [decision("5", "a")]);
  await clock.pass(5000);
  assert.deepEqual(posts.at(-1)?.ids, ["5"]);
  assert.deepEqual(sender.state.conflicts, []);
  assert.equal(sender.state.unsaved, 0);
});

test("choosing the other answer gives this one up", async () => {
  const { clock, posts, sender } = setUp({ post: async (batch) => batch.map(({ id }) => ({ id, status: "conflict", reason: "superseded" })) });
  await sender.keep(decision("1", "a"));
  await clock.pass(0);
  await sender.settle("a", []);
  await clock.pass(5000);
  assert.equal(posts.length, 1);
  assert.deepEqual(sender.state.conflicts, []);
});

test("answers to a closed round are kept and go out when somebody tries again", async () => {
  const { clock, posts, server, sender } = setUp({ post: async (batch) => batch.map(({ id }) => ({ id, status: "conflict", reason: "round_closed" })) });
  await sender.keep(decision("1"));
  await clock.pass(60_000);
  assert.equal(posts.length, 1);
  assert.equal(sender.state.notCounted, 1);
  server.post = recorded;
  sender.tryNow();
  await clock.pass(1000);
  assert.equal(sender.state.notCounted, 0);
});

test("an answer to a cell that was moved away is let go, and the page is told", async () => {
  const { clock, answered, sender } = setUp({ post: async (batch) => batch.map(({ id }) => ({ id, status: "conflict", reason: "moved" })) });
  await sender.keep(decision("1"));
  await clock.pass(0);
  assert.equal(sender.state.unsaved + sender.state.conflicts.length, 0);
  assert.deepEqual(answered, ["1 conflict"]);
});

test("a batch refused as a whole goes in halves until only the bad one stays", async () => {
  const { clock, sender, answered } = setUp({
    post: async (batch) => {
      if (batch.some(({ id }) => id === "2")) throw new SendError("refused", { detail: "There is no such class." });
      return recorded(batch);
    },
  });
  for (const id of ["1", "2", "3"]) await sender.keep(decision(id));
  await clock.pass(10_000);
  assert.deepEqual(answered, ["1 recorded", "2 invalid", "3 recorded"]);
  assert.equal(sender.state.unsaved, 0);
  assert.equal(sender.state.conflicts[0]?.reason, "There is no such class.");
});

test("an answer that leaves one out sends that one again", async () => {
  const { clock, posts, server, sender } = setUp({ post: async ([first]) => [{ id: String(first?.id), status: "recorded" }] });
  await sender.keep(decision("1"));
  await sender.keep(decision("2"));
  await clock.pass(0);
  assert.equal(sender.state.unsaved, 1);
  server.post = recorded;
  await clock.pass(1000);
  assert.deepEqual(posts.at(-1)?.ids, ["2"]);
});

test("an answer about nothing that was asked is a failure, not a reason to ask at once", async () => {
  const { clock, posts, sender } = setUp({ post: async () => [] });
  await sender.keep(decision("1"));
  await clock.pass(2500);
  assert.deepEqual(posts.map(({ at }) => at), [0, 1000]);
  assert.equal(sender.state.trouble, "failed");
});

test("batches have a limit", async () => {
  const { clock, posts, sender } = setUp({ largest: 2 });
  for (const id of ["1", "2", "3"]) await sender.keep(decision(id));
  await clock.pass(1000);
  assert.deepEqual(posts.map(({ ids }) => ids.length), [2, 1]);
});

test("what a store kept from an earlier page goes out first", async () => {
  /** @type {string[]} */
  const removed = [];
  const store = {
    load: async () => [{ review: decision("old"), state: "waiting", reason: "", last: null }],
    add: async () => {},
    /** @param {string[]} ids */
    remove: async (ids) => void removed.push(...ids),
  };
  const { clock, posts, sender } = setUp({ store });
  await sender.resume();
  await sender.keep(decision("new"));
  await clock.pass(0);
  assert.deepEqual(posts[0]?.ids, ["old", "new"]);
  assert.deepEqual(removed, ["old", "new"]);
});

test("nothing goes out, at a close neither, until what earlier pages left is here: it may follow upon that", async () => {
  const { clock, posts, sender } = setUp();
  sender.hold();
  await sender.keep(decision("withdrawal"));
  sender.tryNow();
  await clock.pass(60_000);
  assert.deepEqual([posts, sender.waiting], [[], []]);
  sender.takeUp([{ review: decision("review"), state: "waiting", reason: "", last: null }]);
  await clock.pass(0);
  assert.deepEqual(posts.map(({ ids }) => ids), [["review", "withdrawal"]]);
});

test("a conflict stays a conflict for the next page", async () => {
  /** @type {any[]} */
  const marked = [];
  const last = { id: "x", verdict: "unsure" };
  const store = { load: async () => [], add: async () => {}, remove: async () => {}, mark: async (/** @type {any} */ entry) => void marked.push({ ...entry }) };
  const { clock, sender } = setUp({ store, post: async () => [/** @type {any} */ ({ id: "1", status: "conflict", reason: "superseded", last })] });
  await sender.keep(decision("1"));
  await clock.pass(0);
  assert.deepEqual(marked, [{ review: decision("1"), state: "conflict", reason: "superseded", last }]);
  const next = setUp({ store: { ...store, load: async () => marked } });
  await next.sender.resume();
  await next.clock.pass(60_000);
  assert.deepEqual(next.posts, []);
  assert.equal(next.sender.state.conflicts[0]?.reason, "superseded");
});

test("what two pages take up is sent once by each", async () => {
  const { clock, posts, sender } = setUp();
  const left = /** @type {const} */ ({ review: decision("1"), state: "waiting", reason: "", last: null });
  sender.takeUp([left]);
  sender.takeUp([left]);
  await clock.pass(5000);
  assert.deepEqual(posts.map(({ ids }) => ids), [["1"]]);
});

test("a decision that the store can't keep is not taken", async () => {
  const store = {
    load: async () => [],
    add: async () => {
      throw new Error("full");
    },
    remove: async () => {},
  };
  const { clock, posts, sender } = setUp({ store });
  await assert.rejects(sender.keep(decision("1")), /full/);
  await clock.pass(5000);
  assert.equal(posts.length, 0);
  assert.equal(sender.state.unsaved, 0);
});
