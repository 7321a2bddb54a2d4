/** Whose session this browser has now. */

import { api, ApiError } from "../ui/api.js";

/**
 * @typedef {object} Session
 * @property {"same" | "other" | "none" | "unknown"} state
 * @property {string | null} other  who is signed in instead
 */

/**
 * If it is the same person in a new session, the page takes over that session's CSRF token.
 *
 * @param {string} user
 * @returns {Promise<Session>}
 */
export async function renewSession(user) {
  try {
    const { name, csrf } = await api("GET", "/api/v1/account");
    if (name !== user) return { state: "other", other: name };
    takeOver(csrf);
    return { state: "same", other: null };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { state: error.status === 401 ? "none" : "unknown", other: null };
  }
}

/** The page writes in this session from now on. @param {string} csrf */
export function takeOver(csrf) {
  document.querySelector("meta[name=csrf-token]")?.setAttribute("content", csrf);
}
