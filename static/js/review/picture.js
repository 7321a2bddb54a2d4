/** One picture: loaded, decoded, and if that fails, why. */

export class PictureError extends Error {
  /** @param {"offline" | "signed_out" | "broken"} kind @param {string | null} detail the server's own words */
  constructor(kind, detail = null) {
    super(detail ?? kind);
    this.kind = kind;
    this.detail = detail;
  }
}

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
    return new PictureError("broken", problem.detail ?? null);
  } catch {
    return new PictureError("offline");
  }
}
