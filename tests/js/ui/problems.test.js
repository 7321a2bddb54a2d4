import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, problemToError } from "../../../static/js/ui/api.js";

test("a problem's detail becomes the error's words, with the fields at fault", () => {
  const error = problemToError(422, {
    title: "Not valid",
    detail: "Two reviews per cell need two reviewers.",
    errors: [{ field: "reviews_per_cell", message: "Two reviews per cell need two reviewers." }],
    request_id: "7f3a91",
  });
  assert.ok(error instanceof ApiError);
  assert.equal(error.message, "Two reviews per cell need two reviewers.");
  assert.equal(error.status, 422);
  assert.equal(error.field, "reviews_per_cell");
  assert.equal(error.request, "7f3a91");
});

test("an answer that is no problem document still says what to do", () => {
  const error = problemToError(502, null);
  assert.equal(error.message, "The server couldn’t do it. Nothing is lost. Try again.");
  assert.equal(error.field, null);
});

test("how long to wait comes from Retry-After, where it is a number", () => {
  assert.equal(problemToError(429, { detail: "Too many." }, "12").retryAfter, 12);
  assert.equal(problemToError(429, { detail: "Too many." }, "Wed, 21 Oct 2026 07:28:00 GMT").retryAfter, null);
  assert.equal(problemToError(503, { detail: "Busy." }).retryAfter, null);
});
