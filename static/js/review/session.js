/** Whose session this browser has now, seen by fetching the page again. */

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
  let text;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    text = await response.text();
  } catch {
    return { state: "unknown", other: null };
  }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const data = fresh.querySelector("script[data-page]")?.textContent;
  if (!data) return { state: "none", other: null };
  const { name } = JSON.parse(data).user;
  if (name !== user) return { state: "other", other: name };
  takeOver(fresh.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "");
  return { state: "same", other: null };
}

/** The page writes in this session from now on. @param {string} csrf */
export function takeOver(csrf) {
  document.querySelector("meta[name=csrf-token]")?.setAttribute("content", csrf);
}
