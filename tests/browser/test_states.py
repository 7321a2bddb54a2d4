"""Every state of the review page in every size: without barriers in any theme, within its width, and nothing moved.

With the environment variable SCREENSHOTS naming a folder, each is kept there as a picture, to be looked at beside the
reference.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from tests.browser.barriers import OTHER_THEMES, WEAR, axe_of, barriers
from tests.browser.corpus import LABELS
from tests.browser.house import come_in
from tests.browser.rounds import Laboratory, Task, another, laboratory
from tests.browser.screens import KEYS, TOLD, Workplace, begin, scrolls_sideways, until, watched

SIZES: dict[str, ViewportSize] = {
    "1440x900": {"width": 1440, "height": 900},
    "1280x720": {"width": 1280, "height": 720},
    "1366x650": {"width": 1366, "height": 650},
    "390x844": {"width": 390, "height": 844},
    "1280x720-text-200": {"width": 640, "height": 360},
}
"""The last one is what 1280 × 720 leaves where everything is drawn twice as large."""

FOR_AXE = ("1440x900", "390x844")

CUT_OFF = """() => [...document.querySelectorAll("review-page button, review-page a, review-page h2")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => !element.closest("[popover], .visually-hidden, .head, .room"))
  .filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    return width > 0 && (left < -1 || right > innerWidth + 1);
  })
  .map((element) => element.outerHTML.slice(0, 120))"""
"""Buttons and headings that lie partly outside of the window."""


@dataclass
class Scene:
    """The review page of a round in one size, not yet opened."""

    lab: Laboratory
    context: BrowserContext
    page: Page
    task: Task = field(init=False)

    @property
    def work(self) -> Workplace:
        return Workplace(self.page)

    def sit_down(self, presentation: str = "sighted", **settings: Any) -> None:
        """A round of a reviewer who is signed in."""
        self.task = self.lab.task(presentation, **({"filter": {"born_disputed": False}} | settings))
        come_in(self.context, self.lab.server, self.lab.database, self.task.reviewer)

    def open(self) -> Workplace:
        """The page, with whatever stands on it first."""
        self.page.goto(f"{self.lab.server.url}/rounds/{self.task.round}/review")
        return self.work

    def ready(self, presentation: str = "sighted", **settings: Any) -> Workplace:
        """The page with its first cell on the screen."""
        self.sit_down(presentation, **settings)
        work = self.open()
        work.see()
        return work

    def given(self, digest: str) -> str:
        (label,) = self.lab.given[digest]
        return label


State = Callable[[Scene], None]


def cut(route: Route) -> None:
    route.abort("internetdisconnected")


def confirm(work: Workplace, cells: int) -> None:
    for _ in range(cells):
        work.press("Enter")
        work.see()


def sighted(scene: Scene) -> None:
    work = scene.ready()
    work.press("Enter")
    work.see()
    work.press("d")
    work.see()
    work.press(KEYS[LABELS[0]])
    work.see()
    work.wait_until_saved()


def blind(scene: Scene) -> None:
    work = scene.ready("blind")
    expect(work.part("heading")).to_have_text("Choose a class")


def reveal(scene: Scene) -> None:
    scene.sit_down("reveal")
    work = scene.open()
    work.press(KEYS[another(scene.given(work.see()))])
    expect(work.part("change-act")).to_be_visible()


def labels_to_see(scene: Scene) -> None:
    work = scene.ready("reveal")
    scene.page.route("**/api/v1/reviews", cut)
    for label in LABELS[:3]:
        work.press(KEYS[label])
        work.see()
    scene.page.unroute("**/api/v1/reviews")
    scene.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(work.part("labels")).to_have_text("3 labels to see")


def borderline(scene: Scene) -> None:
    work = scene.ready()
    work.press(".", KEYS[LABELS[0]])
    expect(work.part("kicker")).to_have_text("Borderline, second class?")


def comment(scene: Scene) -> None:
    work = scene.ready()
    work.press("k")
    scene.page.keyboard.type("Filament only seen in the lower lobe")


def pause(scene: Scene) -> None:
    work = scene.ready()
    confirm(work, 5)
    work.wait_until_saved()
    decided = "for (let cell = 0; cell < 200; cell++) document.querySelector('pause-hint').decided(1.8, 1800 * cell)"
    scene.page.evaluate(decided)
    expect(scene.page.locator("pause-hint b")).to_have_text("200 cells in 6 minutes")


def zoomed(scene: Scene) -> None:
    work = scene.ready()
    work.press("i", "7")


def contrast_changed(scene: Scene) -> None:
    work = scene.ready()
    work.press("j")
    scene.page.locator("input[name=contrast]").fill("140")


def progress(scene: Scene) -> None:
    sighted(scene)
    scene.page.locator(".progress-words").click()
    expect(scene.page.locator("tr[data-label]:visible")).to_have_count(len(LABELS))


def keys(scene: Scene) -> None:
    work = scene.ready()
    work.press("?")
    expect(work.part("keys")).to_be_visible()


def loading(scene: Scene) -> None:
    scene.sit_down()
    scene.page.route("**/image?size=display*", lambda route: None)
    work = scene.open()
    expect(work.part("loading")).to_have_text("Loading cell 1")


def empty(scene: Scene) -> None:
    scene.sit_down()
    scene.page.route("**/queue?*", lambda route: route.fulfill(json={"items": []}))
    expect(scene.open().notice).to_contain_text("No cells are waiting for you")


def offline(scene: Scene) -> None:
    work = scene.ready()
    scene.page.route("**/api/v1/reviews", cut)
    confirm(work, 3)
    expect(work.part("offline")).to_be_visible()


def used_up(scene: Scene) -> None:
    scene.sit_down()
    scene.page.route("**/queue?*", cut)
    expect(scene.open().notice).to_contain_text("Waiting for the connection")


def refused(route: Route, reason: str) -> None:
    """The server has another answer."""
    sent = json.loads(route.request.post_data or "{}")["reviews"]
    last = {
        "id": "11111111-1111-4111-8111-111111111111",
        "verdict": "label",
        "label": LABELS[0],
        "second_label": None,
        "comment": "",
        "flag": False,
        "recorded_at": "2026-11-24T10:41:00Z",
    }
    item = {"status": "conflict", "reason": reason, "last": last if reason == "superseded" else None}
    route.fulfill(json={"items": [{"id": one["id"], **item} for one in sent]})


def conflict(scene: Scene) -> None:
    work = scene.ready()
    scene.page.route("**/api/v1/reviews", lambda route: refused(route, "superseded"))
    confirm(work, 1)
    expect(work.save_state).to_have_text("1 needs your choice")
    scene.page.locator("save-state button").click()
    expect(work.notice).to_contain_text("has two answers from you")


def closed(scene: Scene) -> None:
    work = scene.ready()
    scene.page.route("**/api/v1/reviews", lambda route: refused(route, "round_closed"))
    work.press("Enter")
    expect(work.notice).to_contain_text("This round was closed")


def signed_out(scene: Scene) -> None:
    work = scene.ready()
    scene.context.clear_cookies()
    work.press("Enter")
    expect(work.notice).to_contain_text("Sign in again")


def broken(scene: Scene) -> None:
    scene.sit_down()
    problem = {"type": "about:blank", "title": "Gone", "status": 410, "detail": "The file doesn’t match its digest."}
    scene.page.route(
        "**/image?size=display*",
        lambda route: route.fulfill(status=410, content_type="application/problem+json", body=json.dumps(problem)),
    )
    expect(scene.open().notice).to_contain_text("This picture can’t be shown")


def done(scene: Scene) -> None:
    scene.sit_down(filter={"given_label": LABELS[0]})
    work = scene.open()
    for _ in range(2):
        work.see()
        work.press("Enter")
    expect(work.notice).to_contain_text("2 cells, 0 corrected, 0 unsure")


STATES: tuple[State, ...] = (
    sighted,
    blind,
    reveal,
    labels_to_see,
    borderline,
    comment,
    pause,
    zoomed,
    contrast_changed,
    progress,
    keys,
    loading,
    empty,
    offline,
    used_up,
    conflict,
    closed,
    signed_out,
    broken,
    done,
)


@pytest.fixture(scope="module")
def lab(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("states")) as made:
        yield made


@pytest.fixture(scope="module", params=SIZES)
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[str, Page]]:
    """A browser window of one size, with one page."""
    size: str = request.param
    is_phone = size.startswith("390")
    factor = 2 if size.endswith("200") else 1
    context = browser.new_context(
        viewport=SIZES[size],
        device_scale_factor=factor,
        color_scheme="light",
        reduced_motion="reduce",
        has_touch=is_phone,
        is_mobile=is_phone,
    )
    yield size, context.new_page()
    context.close()


@contextmanager
def opened(window: tuple[str, Page], lab: Laboratory) -> Iterator[Scene]:
    """The page, empty; it must not have complained in the end."""
    _, page = window
    page.unroute_all()
    begin(page, lab.server.url)
    complaints = watched(page)
    yield Scene(lab, page.context, page)
    assert [said for said in complaints if "Failed to load resource" not in said] == []


def keep_picture(page: Page, name: str) -> None:
    """A picture of the page in each theme, where somebody asked for them."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    for theme in ("light", *OTHER_THEMES):
        page.evaluate(WEAR, theme)
        page.screenshot(path=Path(folder) / f"{name}-{theme}.png")
    page.evaluate(WEAR, None)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_state_of_the_review_page_is_whole_and_without_barriers(
    window: tuple[str, Page], lab: Laboratory, pytestconfig: pytest.Config, state: State
) -> None:
    axe = axe_of(pytestconfig.rootpath)
    if not axe.exists():
        pytest.skip("axe-core is not installed: make node_modules/.installed")
    with opened(window, lab) as scene:
        state(scene)
        keep_picture(scene.page, f"{state.__name__}-{window[0]}")
        assert not scrolls_sideways(scene.page)
        assert scene.page.evaluate(CUT_OFF) == []
        if window[0] in FOR_AXE:
            assert barriers(scene.page, axe.read_text()) == {}


SHIFTS = """() => {
  window.shifts = [];
  const isWords = (node) => node.parentElement?.closest("button, .compare .columns, [hidden]");
  new PerformanceObserver((list) => {
    for (const { sources } of list.getEntries())
      for (const { node } of sources)
        if (node instanceof Element && !isWords(node)) window.shifts.push(node.outerHTML.slice(0, 120));
  }).observe({ type: "layout-shift", buffered: false });
}"""
"""Notes what moves: words centred in a button may, since their length differs, and so may what a class is compared
with, which stands under as many pictures as there are of it."""


@pytest.mark.parametrize("presentation", ["sighted", "blind", "reveal"])
def test_nothing_moves_when_the_next_cell_comes(window: tuple[str, Page], lab: Laboratory, presentation: str) -> None:
    with opened(window, lab) as scene:
        work = scene.ready(presentation)
        scene.page.evaluate(SHIFTS)
        for label in LABELS[:6]:
            work.press(KEYS[label])
            if presentation == "reveal":
                until(scene.page, TOLD)
                work.press("Enter")
            work.see()
        work.wait_until_saved()
        assert scene.page.evaluate("window.shifts") == []
