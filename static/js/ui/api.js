/**
 * The pages' way to the REST API: the same routes that every client uses, with the page's CSRF token on writes.
 */

import { t } from "../i18n.js";

/** What a server refused, with the words that it gave. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, fields?: {field: string, message: string}[], request?: string, retryAfter?: number | null}} [about]
   */
  constructor(message, { status = 0, fields = [], request = "", retryAfter = null } = {}) {
    super(message);
    this.name = "ApiError";
    /** 0 where no answer came. */
    this.status = status;
    this.fields = fields;
    this.request = request;
    /** Seconds to wait, or null. */
    this.retryAfter = retryAfter;
  }

  /** The first field that is at fault, or null. */
  get field() {
    return this.fields[0]?.field ?? null;
  }
}

/**
 * Ask the API. Resolves to the answer's JSON, or null where the answer has none; rejects with an ApiError.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON; FormData goes as it is
 * @param {{signal?: AbortSignal, headers?: Record<string, string>, keepalive?: boolean}} [options]
 * @returns {Promise<any>}
 */
export async function api(method, path, body, { signal, headers = {}, keepalive = false } = {}) {
  const isForm = typeof FormData !== "undefined" && body instanceof FormData;
  /** @type {Record<string, string>} */
  const sent = { Accept: "application/json", ...headers };
  if (method !== "GET") sent["X-CSRF-Token"] = csrfToken();
  if (body !== undefined && !isForm) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: sent,
      body: body === undefined ? null : isForm ? /** @type {FormData} */ (body) : JSON.stringify(body),
      credentials: "same-origin",
      signal: signal ?? null,
      keepalive,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(t("No connection. Nothing was saved; try again."));
  }
  const answer = await readJson(response);
  if (!response.ok) throw problemToError(response.status, answer, response.headers.get("Retry-After"));
  return answer;
}

/**
 * Send a form with files, told how far it is. Resolves like `api`.
 *
 * @param {string} path
 * @param {FormData} form
 * @param {(sent: number, total: number) => void} onProgress
 * @returns {Promise<any>}
 */
export function upload(path, form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.lengthComputable ? event.total : 0));
    request.addEventListener("error", () => reject(new ApiError(t("The connection broke while sending. Try again."))));
    request.addEventListener("load", () => {
      const answer = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(answer);
      else reject(problemToError(request.status, answer, request.getResponseHeader("Retry-After")));
    });
    request.send(form);
  });
}

/**
 * Problem details (RFC 9457) as an error.
 *
 * @param {number} status
 * @param {any} problem
 * @param {string | null} [retryAfter]
 * @returns {ApiError}
 */
export function problemToError(status, problem, retryAfter = null) {
  const request = typeof problem?.request_id === "string" ? problem.request_id : "";
  const fields = Array.isArray(problem?.errors) ? problem.errors : [];
  const seconds = retryAfter === null ? null : Number.parseInt(retryAfter, 10);
  return new ApiError(problem?.detail || problem?.title || t("The server couldn’t do it. Nothing is lost. Try again."), {
    status,
    fields,
    request,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  });
}

/** @returns {string} the token that proves that a write comes from a page of ours */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/** @param {Response} response @returns {Promise<any>} */
async function readJson(response) {
  return parse(await response.text());
}

/** @param {string} text @returns {any} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
