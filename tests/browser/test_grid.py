"""The grid: a page of cells of one class is confirmed at once but for what is something else, and all of it can be
taken back. Whatever was done on the page is in the database afterwards, once, and nothing else is."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Route, expect
from sqlalchemy import select

from app.database import Database
from app.demo.drawing import draw_cell, tiff
from app.review.models import Assignment, Round
from tests.browser.house import MLL23, PHONE, a_round_of_ones_own, come_in, draw_grained, furnished, recorded
from tests.browser.screens import KEYS, Workplace, scrolls_sideways, until, watched
from tests.serving import Server

SEGMENTED, BAND, MONOCYTE = "neutrophil_segmented", "neutrophil_band", "monocyte"
CELLS = {SEGMENTED: 130, BAND: 6, MONOCYTE: 2}
BORN_DISPUTED = 1
DRAWINGS = 3
WIDE = {"width": 1920, "height": 1300}
"""A window in which a hundred cells need no scrolling."""
STANDS = """() => performance.now() > document.querySelector("grid-page").mayConfirmFrom"""
"""Whether the page has stood long enough to be confirmed."""


def drawn_cells(folder: Path) -> Path:
    """Pictures of three classes, few drawings with much grain, and one picture that is filed under two classes."""
    for label, count in CELLS.items():
        draw_grained(folder, label, count, DRAWINGS)
    disputed = tiff(draw_cell(BAND, np.random.default_rng(99)), "raw")
    for label in (SEGMENTED, BAND):
        (folder / label / f"{label}_9999.TIF").write_bytes(disputed)
    return folder


@dataclass(frozen=True)
class Place:
    """A server with a dataset. Every test has a round and a reviewer of its own."""

    server: Server
    database: Database

    def task(self, presentation: str = "sighted", size: int = 60) -> "Task":
        """A round of one reviewer's over all cells, who has so many cells on a page of the grid."""
        return Task(self, *a_round_of_ones_own(self.database, presentation, {"grid_page": size}))


@dataclass(frozen=True)
class Task:
    """A round of one reviewer's."""

    place: Place
    round: str
    reviewer: str

    def reviews(self) -> list[Any]:
        """Everything that was recorded, in order."""
        return recorded(self.place.database, self.round)

    def said(self) -> dict[str, list[str]]:
        """What was said of each assignment, in order: a class, or another verdict."""
        said: dict[str, list[str]] = {}
        for review in self.reviews():
            word = review.verdict if review.label is None else MLL23[review.label].name
            said.setdefault(review.pid, []).append(word)
        return said

    def pending(self) -> int:
        """How many assignments wait."""
        with self.place.database.reading() as session:
            rows = session.execute(
                select(Assignment.state).join(Round, Assignment.round == Round.id).where(Round.pid == self.round)
            ).scalars()
            return Counter(rows)["pending"]


@pytest.fixture(scope="module")
def place(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("grid")
    folder = drawn_cells(tmp_path_factory.mktemp("drawn") / "cells")
    with furnished(migrated_sqlite, home, folder) as (server, database):
        yield Place(server, database)


@dataclass
class GridWork(Workplace):
    """The grid page."""

    @property
    def cells(self) -> Locator:
        return self.page.locator("cell-grid [role=option]")

    def cell(self, place: int) -> Locator:
        """A cell by its place on the page, from 1."""
        return self.cells.nth(place - 1)

    def assignments(self) -> list[str]:
        """The assignments on the page, in order."""
        found: list[str] = self.cells.evaluate_all("cells => cells.map((cell) => cell.dataset.assignment)")
        return found

    @property
    def confirm(self) -> Locator:
        return self.part("main-act")

    def wait_for(self, confirmable: int, label: str = "segmented neutrophil") -> None:
        """Until so many cells of the page were on the screen and may be confirmed, and the page has stood a while."""
        expect(self.part("main-act-text")).to_have_text(f"Confirm the remaining {confirmable} as {label}")
        until(self.page, STANDS)

    def selected(self) -> list[int]:
        """The places of the selected cells, from 1."""
        marks: list[str] = self.cells.evaluate_all("cells => cells.map((cell) => cell.ariaSelected)")
        return [place for place, mark in enumerate(marks, 1) if mark == "true"]

    def centre(self, place: int) -> tuple[float, float]:
        """The middle of a cell's picture on the screen."""
        box = self.cell(place).locator(".cell-picture").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@contextmanager
def opened(browser: Browser, task: Task, label: str = SEGMENTED, **context: Any) -> Iterator[GridWork]:
    """The grid of a round; in the end it must not have complained."""
    with browser.new_context(**({"viewport": WIDE} | context)) as opened_context:
        page = opened_context.new_page()
        complaints = watched(page)
        url = task.place.server.url
        come_in(opened_context, task.place.server, task.place.database, task.reviewer)
        page.goto(f"{url}/rounds/{task.round}/grid?label={label}")
        yield GridWork(page)
        assert [said for said in complaints if "Failed to load resource" not in said] == []


def test_seven_of_a_hundred_are_corrected_and_the_rest_is_confirmed_at_once(browser: Browser, place: Place) -> None:
    task = place.task(size=100)
    with opened(browser, task) as work:
        work.wait_for(100)
        on_the_page = work.assignments()
        for at in (3, 17, 18, 40, 77):
            work.cell(at).click()
        work.press(KEYS[BAND])
        expect(work.part("status")).to_have_text("5 corrected to band neutrophil.")
        work.cell(50).click()
        work.press("d")
        work.cell(51).click()
        work.press("x")
        work.wait_for(93)
        work.confirm.click()
        work.wait_for(30)
        work.wait_until_saved()
        assert not set(work.assignments()) & set(on_the_page)
    said = task.said()
    expected = {pid: [SEGMENTED] for pid in on_the_page}
    expected |= {on_the_page[at - 1]: [BAND] for at in (3, 17, 18, 40, 77)}
    expected |= {on_the_page[49]: ["unsure"], on_the_page[50]: ["unusable"]}
    assert said == expected
    reviews = task.reviews()
    assert len({review.uuid for review in reviews}) == len(reviews) == 100
    assert {(review.mode, review.presentation, review.state) for review in reviews} == {("grid", "sighted", "done")}
    assert {MLL23[review.shown_label].name for review in reviews} == {SEGMENTED}
    assert all(review.seconds is not None and review.seconds >= 0 for review in reviews)


def test_pictures_that_lie_ready_come_with_their_cells(browser: Browser, place: Place) -> None:
    task = place.task(size=100)
    with opened(browser, task) as work:
        work.wait_for(100)
    with opened(browser, task, MONOCYTE) as work:
        asked: list[str] = []
        work.page.on("request", lambda request: asked.append(request.url))
        work.page.goto(f"{place.server.url}/rounds/{task.round}/grid?label={SEGMENTED}")
        work.wait_for(100)
        page = work.assignments()
    assert any("thumbnails=true" in url for url in asked)
    # Those of the next page may not have been made yet when the first visit ended.
    assert not [url for url in asked if "size=thumbnail" in url and url.split("/")[-2] in page]


def test_a_confirmed_page_is_taken_back_as_one_act_and_its_cells_are_on_the_screen_again(
    browser: Browser, place: Place
) -> None:
    task = place.task(size=24)
    with opened(browser, task) as work:
        work.wait_for(24)
        page = work.assignments()
        work.cell(2).click()
        work.press(KEYS[BAND])
        expect(work.cell(2)).to_contain_text("→ Band")
        work.wait_for(23)
        work.press("Enter")
        work.wait_for(24)
        assert work.assignments() != page
        work.press("Control+z")
        expect(work.cell(2)).to_contain_text("→ Band")
        assert work.assignments() == page
        work.wait_for(23)
        work.wait_until_saved()
        assert task.pending() == sum(CELLS.values()) + BORN_DISPUTED - 1
        work.press("Backspace")  # and the correction before it
        work.wait_for(24)
        expect(work.part("undo")).to_have_attribute("aria-disabled", "true")
        work.confirm.click()
        work.wait_for(24)
        work.wait_until_saved()
    said = task.said()
    assert said.pop(page[1]) == [BAND, "withdrawn", SEGMENTED]
    assert said == {pid: [SEGMENTED, "withdrawn", SEGMENTED] for pid in page if pid != page[1]}
    assert all((review.supersedes is None) == (first.pid != review.pid) for first, review in chained(task.reviews()))
    assert {review.mode for review in task.reviews()} == {"grid"}


def chained(reviews: list[Any]) -> list[tuple[Any, Any]]:
    """Each review with the one before it of the same assignment, or with a different one where it is the first."""
    last: dict[str, Any] = {}
    pairs = []
    for review in reviews:
        before = last.get(review.pid)
        if before is not None:
            assert review.supersedes == before.uuid
        pairs.append((before or Nobody(), review))
        last[review.pid] = review
    return pairs


@dataclass(frozen=True)
class Nobody:
    """Stands where there was no review before."""

    pid: str = ""


def test_a_page_is_worked_through_by_keyboard_alone(browser: Browser, place: Place) -> None:
    task = place.task(size=24)
    with opened(browser, task, viewport={"width": 1280, "height": 800}) as work:
        work.wait_for(24)
        page = work.assignments()
        work.cell(1).focus()
        work.press("ArrowRight", "ArrowRight", "Space")
        assert work.selected() == [3]
        work.press("Shift+ArrowRight", "Shift+ArrowRight")
        assert work.selected() == [3, 4, 5]
        expect(work.part("relabel-heading")).to_have_text("Relabel the 3 selected as")
        work.press(KEYS[MONOCYTE])
        expect(work.cell(5)).to_contain_text("→ Mono")
        assert work.selected() == []
        work.press("ArrowDown")  # eight columns: the thirteenth cell
        expect(work.part("relabel-heading")).to_have_text("Relabel cell 13 as")
        work.press(KEYS[BAND])
        expect(work.cell(13)).to_contain_text("→ Band")
        work.press("Control+a")
        assert work.selected() == list(range(1, 25))
        work.press("Escape")
        assert work.selected() == []
        work.press("Control+End", "Space", "Home", "Space")
        assert work.selected() == [17, 24]
        expect(work.part("main-act-text")).to_have_text("Confirm the remaining 18 as segmented neutrophil")
        work.wait_for(18)
        work.press("Enter")
        work.wait_for(24)
        work.wait_until_saved()
    expected = {pid: [SEGMENTED] for pid in page}
    expected |= {page[at - 1]: [MONOCYTE] for at in (3, 4, 5)} | {page[12]: [BAND]}
    for at in (17, 24):
        del expected[page[at - 1]]
    assert task.said() == expected


def test_what_was_selected_comes_one_at_a_time_and_in_the_order_of_the_queue(browser: Browser, place: Place) -> None:
    task = place.task()
    with opened(browser, task, label=BAND) as work:
        work.wait_for(6, "band neutrophil")
        page = work.assignments()
        work.cell(2).click()
        work.cell(5).click()
        work.wait_for(4, "band neutrophil")
        work.confirm.click()
        expect(work.part("notice-heading")).to_have_text("No band neutrophils left in your queue.")
        expect(work.part("notice-text")).to_have_text("2 cells that you left undecided come one at a time.")
        expect(work.cells).to_have_count(0)
        expect(work.part("relabel-heading")).not_to_contain_text("selected")
        work.wait_until_saved()
        expect(work.part("notice").get_by_role("button", name="Go on with segmented neutrophil, 130")).to_be_focused()
        work.press("Enter")
        work.wait_for(60)
        work.page.get_by_role("link", name="One at a time").click()
        expect(work.page.locator("review-page")).to_be_visible()
    assert task.said() == {pid: [BAND] for pid in page if pid not in (page[1], page[4])}


def test_a_band_selects_what_it_touches_and_adds_with_control(browser: Browser, place: Place) -> None:
    task = place.task(size=24)
    with opened(browser, task, viewport={"width": 1440, "height": 900}) as work:
        work.wait_for(24)
        mouse = work.page.mouse
        (left, top), (right, bottom) = work.centre(2), work.centre(13)
        mouse.move(left, top + 60)  # the ground under the second cell
        mouse.down()
        mouse.move(right, bottom, steps=4)
        expect(work.part("band")).to_be_visible()
        mouse.up()
        expect(work.part("band")).to_be_hidden()
        assert work.selected() == [12, 13]
        work.page.keyboard.down("Control")
        left, top = work.centre(5)
        mouse.move(left, top + 60)
        mouse.down()
        mouse.move(left + 100, top, steps=4)
        mouse.up()
        assert work.selected() == [5, 6, 12, 13]
    assert task.said() == {}


def test_cells_are_carried_to_a_tile_or_a_tile_is_clicked_instead(browser: Browser, place: Place) -> None:
    task = place.task(size=24)
    with opened(browser, task, viewport={"width": 1440, "height": 900}) as work:
        work.wait_for(24)
        page = work.assignments()
        mouse = work.page.mouse
        tile = work.tile(BAND).bounding_box()
        assert tile is not None
        work.cell(3).click()
        mouse.move(*work.centre(3))
        mouse.down()
        mouse.move(tile["x"] + 20, tile["y"] + 20, steps=5)
        expect(work.part("ghost")).to_have_text("1 cell")
        mouse.up()
        expect(work.cell(3)).to_contain_text("→ Band")
        mouse.move(*work.centre(4))  # one that isn't selected
        mouse.down()
        mouse.move(tile["x"] + 20, tile["y"] + 20, steps=5)
        work.press("Escape")  # and it is let go again
        mouse.up()
        expect(work.part("ghost")).to_be_hidden()
        work.press("Escape")
        work.cell(7).click()
        work.cell(8).click(modifiers=["Shift"])
        work.tile(MONOCYTE).click()
        expect(work.cell(8)).to_contain_text("→ Mono")
        work.cell(10).click(button="right")
        work.page.get_by_role("menuitem", name="Eosinophil").click()
        expect(work.cell(10)).to_contain_text("→ Eos")
        work.wait_until_saved()
    assert task.said() == {page[2]: [BAND], page[6]: [MONOCYTE], page[7]: [MONOCYTE], page[9]: ["eosinophil"]}


LONG_PRESS = """cell => {
  const { left, top } = cell.getBoundingClientRect();
  const at = { clientX: left + 40, clientY: top + 40, bubbles: true, pointerType: "touch", isPrimary: true, button: 0 };
  cell.querySelector(".cell-picture").dispatchEvent(new PointerEvent("pointerdown", at));
}"""


def test_a_page_is_worked_through_by_touch_alone(browser: Browser, place: Place) -> None:
    task = place.task(size=24)
    with opened(browser, task, **PHONE) as work:
        expect(work.cells).to_have_count(24)
        page = work.assignments()
        expect(work.tile(BAND)).to_be_hidden()
        work.cell(2).tap()
        work.cell(4).tap()
        work.cell(2).tap()
        assert work.selected() == [4]
        work.tile(BAND).tap()
        expect(work.cell(4)).to_contain_text("→ Band")
        expect(work.tile(BAND)).to_be_hidden()
        work.cell(5).evaluate(LONG_PRESS)
        work.page.get_by_role("menuitem", name="Unusable").tap()
        expect(work.cell(5)).to_contain_text("Unusable")
        assert not scrolls_sideways(work.page)
        for place_on_the_page in range(6, 25, 3):
            work.cell(place_on_the_page).scroll_into_view_if_needed()
        work.wait_for(22)
        work.confirm.tap()
        expect(work.part("page-words")).to_contain_text("page 2")
        work.wait_until_saved()
    assert task.said() == {pid: [SEGMENTED] for pid in page} | {page[3]: [BAND], page[4]: ["unusable"]}


def test_cells_that_were_not_on_the_screen_are_not_confirmed_and_come_with_the_next_page(
    browser: Browser, place: Place
) -> None:
    task = place.task(size=100)
    with opened(browser, task, viewport={"width": 1280, "height": 720}) as work:
        expect(work.part("status")).to_contain_text("haven’t been on the screen yet")
        until(work.page, STANDS)
        page = work.assignments()
        words = work.part("main-act-text").inner_text()
        shown = int("".join(letter for letter in words if letter.isdigit()))
        assert 0 < shown < 100
        work.wait_for(shown)
        work.confirm.click()
        expect(work.cell(1)).to_have_attribute("data-assignment", page[shown])
        work.wait_until_saved()
    assert task.said() == {pid: [SEGMENTED] for pid in page[:shown]}


@pytest.mark.parametrize("presentation", ["blind", "reveal"])
def test_a_blind_round_says_why_it_has_no_grid(browser: Browser, place: Place, presentation: str) -> None:
    task = place.task(presentation)
    with opened(browser, task) as work:
        expect(
            work.page.get_by_text("This round is blind, so it has no grid: a grid would show the label.")
        ).to_be_visible()
        assert "neutrophil" not in work.page.content()
        work.page.get_by_role("link", name="Review one cell at a time").click()
        expect(work.page.locator("review-page")).to_be_visible()


def test_a_page_that_is_confirmed_without_a_connection_is_saved_when_it_is_back(browser: Browser, place: Place) -> None:
    task = place.task(size=24)
    with opened(browser, task) as work:
        work.wait_for(24)
        page = work.assignments()
        work.page.wait_for_load_state("networkidle")
        work.page.route("**/api/v1/reviews", lose_answer)
        work.confirm.click()
        expect(work.part("failing")).to_have_text("24 answers not yet saved. Trying again.")
        expect(work.save_state).to_have_text("24 not yet saved")
        work.wait_for(24)  # the next page is there all the same
        work.cell(1).click()
        work.press(KEYS[BAND])
        corrected = work.assignments()[0]
        expect(work.save_state).to_have_text("25 not yet saved")
        work.page.unroute("**/api/v1/reviews")
        work.wait_until_saved()
        expect(work.part("failing")).to_be_hidden()
    assert task.said() == {pid: [SEGMENTED] for pid in page} | {corrected: [BAND]}


def lose_answer(route: Route) -> None:
    """The server has recorded it, and nobody here knows."""
    route.fetch()
    route.abort("connectionreset")


def test_answers_that_wait_when_the_page_is_left_are_sent_by_the_next_one(browser: Browser, place: Place) -> None:
    task = place.task(size=24)
    with opened(browser, task) as work:
        work.wait_for(24)
        page = work.assignments()
        work.page.route("**/api/v1/reviews", lambda route: route.abort("connectionrefused"))
        work.confirm.click()
        expect(work.part("failing")).to_be_visible()
        work.page.on("dialog", lambda dialog: dialog.accept())
        work.page.unroute("**/api/v1/reviews")
        work.page.reload()
        work.wait_for(24)
        work.wait_until_saved()
        assert not set(work.assignments()) & set(page)
    assert task.said() == {pid: [SEGMENTED] for pid in page}


def test_a_held_key_confirms_one_page_and_a_second_press_none_before_it_was_looked_at(
    browser: Browser, place: Place
) -> None:
    task = place.task(size=24)
    with opened(browser, task) as work:
        work.wait_for(24)
        page = work.assignments()
        for _ in range(20):
            work.page.keyboard.down("Enter")
        work.page.keyboard.up("Enter")
        expect(work.part("page-words")).to_contain_text("page 2")
        work.wait_for(24)
        second = work.assignments()
        work.confirm.dblclick()
        expect(work.part("page-words")).to_contain_text("page 3")
        work.wait_for(24)
        work.wait_until_saved()
    assert task.said() == {pid: [SEGMENTED] for pid in (*page, *second)}


def test_a_picture_that_cannot_be_shown_is_left_out_and_named(browser: Browser, place: Place) -> None:
    task = place.task(size=24)
    broken: list[str] = []

    def bring_no_pictures(route: Route) -> None:
        answer = route.fetch()
        items = [item | {"thumbnail": None} for item in answer.json()["items"]]
        if SEGMENTED in route.request.url and not broken:
            broken.extend(item["assignment_id"] for item in items[1:3])
        route.fulfill(response=answer, json={"items": items})

    def refuse(route: Route) -> None:
        if route.request.url.split("/")[-2] in broken:
            route.fulfill(status=500, body="")
        else:
            route.continue_()

    # Another class first: what was loaded once would come from the browser's cache.
    with opened(browser, task, MONOCYTE) as work:
        work.page.route(re.compile(r"/queue\?"), bring_no_pictures)
        work.page.route(re.compile(r"/image\?size=thumbnail"), refuse)
        work.page.goto(f"{place.server.url}/rounds/{task.round}/grid?label={SEGMENTED}")
        work.wait_for(22)
        expect(work.part("status")).to_have_text("The pictures of cells 2 and 3 can’t be shown: they stay undecided.")
        page = work.assignments()
        assert page[1:3] == broken
        work.cell(2).click()
        work.press(KEYS[BAND])
        assert work.selected() == []
        work.confirm.click()
        work.wait_for(24)
        work.wait_until_saved()
    assert task.said() == {pid: [SEGMENTED] for pid in page if pid not in broken}
