/** One picture: loaded, decoded, and if that fails, why. */

/**
 * Why there is no picture: its file is `altered` since the import, `missing` from its place, or there but `broken`.
 *
 * @typedef {"offline" | "signed_out" | "altered" | "missing" | "broken"} Why
 */

export class PictureError extends Error {
  /** @param {Why} kind @param {string | null} detail the server's own words */
  constructor(kind, detail = null) {
    super(detail ?? kind);
    this.kind = kind;
    this.detail = detail;
  }

  /** Whether asking again may help while the page is open. */
  get mayPass() {
    return this.kind === "offline" || this.kind === "signed_out" || this.kind === "missing";
  }
}

/** The title of the server's problem tells what is wrong. @type {Record<string, Why>} */
const kinds = { "Picture altered": "altered", "Picture not available": "missing" };

/** @param {string} url @returns {Promise<HTMLImageElement>} decoded */
export async function loadPicture(url) {
  const image = new Image();
  image.decoding = "sync";
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch {
    throw await whyNot(url);
  }
}

/** An image element doesn't say why it failed; the same request does. @param {string} url */
async function whyNot(url) {
  try {
    const response = await fetch(url, { cache: "no-store" });
    if (response.status === 401) return new PictureError("signed_out");
    if (response.ok) return new PictureError("broken");
    const problem = await response.json().catch(() => ({}));
    return new PictureError(kinds[problem.title] ?? "broken", problem.detail ?? null);
  } catch {
    return new PictureError("offline");
  }
}
