"""What a person sees of the product, and how tests wait for it: always for something on the page, never for time."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from app.labels.labelset import load_builtin

KEYS = {one.name: one.key or "" for one in load_builtin("mll23")}
"""The key of every class."""

MILLISECONDS_TO_WAIT = 20_000

PAINTED = """async (before) => {
  const viewer = document.querySelector("cell-viewer");
  const image = viewer.querySelector("[data-part=picture] img");
  const address = image?.getAttribute("src");
  if (address && address !== before && viewer.paintedAt <= performance.now()) {
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const digest = await crypto.subtle.digest("SHA-256", data.filter((_, at) => at % 4 !== 3));
    const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return { address, digest: hex };
  }
  return !image && !document.querySelector("[data-part=notice]").hidden ? { address: null } : null;
}"""
"""The address of a picture other than the one before, and the digest of the pixels that the browser painted; no address
where a notice stands in its place; nothing as long as there is neither."""

TOLD = """() => document.querySelector("[data-part=main-act]").dataset.kind === "keep"
  && document.querySelector("review-page").labelPaintedAt <= performance.now()"""
"""Whether the given label was painted."""

UNTIL = """([given, patience]) => new Promise((resolve, reject) => {
  const find = %s;
  let last = "";
  let ended = false;
  const late = setTimeout(() => {
    ended = true;
    reject(new Error(`waited in vain${last && `; at the end: ${last}`}`));
  }, patience);
  const look = async () => {
    try {
      const found = await find(given);
      if (found) {
        clearTimeout(late);
        resolve(found);
        return;
      }
      last = "";
    } catch (error) {
      last = String(error);
    }
    if (!ended) requestAnimationFrame(look);
  };
  void look();
})"""


def until(page: Page, find: str, given: object = None) -> Any:
    """What a function of the page finds, asked in every frame until that is something, or until it is too late."""
    return page.evaluate(UNTIL % find, [given, MILLISECONDS_TO_WAIT])


def begin(page: Page, url: str = "") -> None:
    """Go to an empty page under the server's address: unlike about:blank it leaves the browser's process as it is. It
    asks for nothing, no icon either, which could fail while the next page is watched already."""
    page.route(
        "**/nothing-yet",
        lambda route: route.fulfill(content_type="text/html", body='<link rel="icon" href="data:,">'),
        times=1,
    )
    page.goto(f"{url}/nothing-yet")


def watched(page: Page) -> list[str]:
    """What a page complains of from now on."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.type}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    return complaints


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    """Sign in by the form that stands before every page."""
    page.goto(url)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)


@dataclass
class Workplace:
    """The review or the adjudication page, with one picture after the other."""

    page: Page
    address: str | None = field(default=None)

    def see(self) -> str:
        """The digest of the next picture's pixels, once it is on the screen."""
        found = self.see_or_end()
        assert found is not None, self.notice.inner_text()
        return found

    def see_or_end(self) -> str | None:
        """The same, or None where a notice stands in the place of the picture."""
        found: dict[str, str] = until(self.page, PAINTED, self.address)
        self.address = found["address"]
        return found.get("digest")

    @property
    def assignment(self) -> str:
        """The assignment whose picture was last seen."""
        assert self.address is not None
        return urlsplit(self.address).path.split("/")[-2]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def part(self, name: str) -> Locator:
        return self.page.locator(f"[data-part={name}]")

    @property
    def notice(self) -> Locator:
        return self.part("notice")

    @property
    def save_state(self) -> Locator:
        return self.page.locator("save-state .text")

    def tile(self, label: str) -> Locator:
        return self.page.locator(f"class-palette [data-name={label}]")

    def act(self, name: str) -> Locator:
        """A visible button that does something."""
        return self.page.locator(f"[data-act={name}]:visible").first

    def wait_until_saved(self) -> None:
        expect(self.save_state).to_have_text("All saved")


def scrolls_sideways(page: Page) -> bool:
    """Whether something on the page is wider than the screen."""
    wider: Any = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return bool(wider)
