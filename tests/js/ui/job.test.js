import assert from "node:assert/strict";
import { test } from "node:test";

import { isOver, pollDelay, secondsLeft } from "../../../static/js/ui/job.js";

test("the time left follows from how far the job came since it was first seen", () => {
  assert.equal(secondsLeft({ done: 100, at: 0 }, { done: 300, at: 10 }, 1300), 50);
});

test("without a total, without progress or too early there is no time left to tell", () => {
  assert.equal(secondsLeft({ done: 0, at: 0 }, { done: 300, at: 10 }, null), null);
  assert.equal(secondsLeft({ done: 300, at: 0 }, { done: 300, at: 10 }, 1300), null);
  assert.equal(secondsLeft({ done: 0, at: 0 }, { done: 300, at: 1 }, 1300), null);
});

test("asking begins often and never grows rarer than every five seconds", () => {
  const delays = Array.from({ length: 40 }, (_, asked) => pollDelay(asked));
  assert.equal(delays[0], 0.5);
  assert.ok(delays.every((delay, index) => index === 0 || delay >= /** @type {number} */ (delays[index - 1])));
  assert.equal(Math.max(...delays), 5);
});

test("a job is over when it is done or has failed", () => {
  const job = { done: 0, total: null, message: "" };
  assert.deepEqual(
    /** @type {const} */ (["queued", "running", "done", "failed"]).map((state) => isOver({ ...job, state })),
    [false, false, true, true],
  );
});
