/** What the review page asks of the server. */

import { api, ApiError } from "../ui/api.js";
import { SendError } from "./sender.js";
import { renewSession } from "./session.js";

/**
 * @typedef {import("./types.js").QueueItem} QueueItem
 * @typedef {import("./types.js").Review} Review
 * @typedef {import("./types.js").Result} Result
 */

/**
 * @param {string} roundId
 * @param {{limit: number, after: number | null}} wanted
 * @param {string} user
 * @returns {Promise<QueueItem[]>}
 */
export async function fetchQueue(roundId, { limit, after }, user) {
  const query = new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after: String(after) }) });
  const { items } = await ask("GET", `/api/v1/rounds/${roundId}/queue?${query}`, undefined, user);
  return items;
}

/**
 * A cell that this person answered before, with their last answer.
 *
 * @param {string} roundId @param {string} assignment @param {string} user
 * @returns {Promise<QueueItem & {answer: import("./types.js").LastReview | null}>}
 */
export async function fetchAnswered(roundId, assignment, user) {
  return ask("GET", `/api/v1/rounds/${roundId}/assignments/${encodeURIComponent(assignment)}`, undefined, user);
}

/** @param {string} roundId @param {string} user @returns {Promise<import("./types.js").RoundSummary>} */
export async function fetchSummary(roundId, user) {
  return ask("GET", `/api/v1/rounds/${roundId}/summary`, undefined, user);
}

/** @param {Review[]} reviews @param {string} user @returns {Promise<Result[]>} */
export async function postReviews(reviews, user) {
  const { items } = await ask("POST", "/api/v1/reviews", { reviews }, user);
  return items;
}

/**
 * While the page closes: nobody is there for the answer. A browser lets such a request carry 64 kB.
 *
 * @param {Review[]} reviews
 */
export function postLast(reviews) {
  const first = fitting(reviews, 60_000);
  void api("POST", "/api/v1/reviews", { reviews: first }, { keepalive: true }).catch(() => {});
}

/** As many of the first as have room in so many bytes. @param {Review[]} reviews @param {number} room */
function fitting(reviews, room) {
  const sizes = reviews.map((review) => new TextEncoder().encode(JSON.stringify(review)).length + 1);
  let left = room;
  const end = sizes.findIndex((size) => (left -= size) < 0);
  return end < 0 ? reviews : reviews.slice(0, end);
}

/**
 * One call. If the session ended and the same person has signed in again in another tab, it goes out once more
 * in the new session.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {string} user
 */
export async function ask(method, path, body, user) {
  try {
    return await api(method, path, body);
  } catch (error) {
    const status = statusOf(error);
    if (status !== 401 && status !== 403) throw sendError(error);
    const session = await renewSession(user);
    if (session.state === "same") return await api(method, path, body).catch((again) => Promise.reject(sendError(again)));
    throw new SendError(session.state === "unknown" ? "offline" : "signed_out", { detail: session.other ?? "" });
  }
}

/** @param {unknown} error */
function statusOf(error) {
  return error instanceof ApiError ? error.status : 0;
}

/** What an API error means for something that waits to be sent. @param {unknown} error */
export function sendError(error) {
  if (!(error instanceof ApiError)) throw error;
  const { status, retryAfter, message: detail } = error;
  if (status === 0) return new SendError("offline");
  if (status === 401) return new SendError("signed_out");
  if (status === 429 || status === 503) return new SendError("busy", { detail, retryAfter });
  return new SendError(status >= 500 || status === 408 ? "failed" : "refused", { detail, retryAfter });
}
