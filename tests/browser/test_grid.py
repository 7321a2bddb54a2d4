"""The grid: a page of cells of one class is confirmed at once but for what is something else, and all of it can be
taken back. Whatever was done on the page is in the database afterwards, once, and nothing else is."""

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import select, update

from app.accounts import service as account_service
from app.accounts.models import User
from app.catalogue.importing import import_files
from app.catalogue.origins import open_origin
from app.catalogue.service import find_or_make_dataset
from app.database import Database
from app.demo.drawing import draw_cell, tiff
from app.labels.labelset import load_builtin
from app.review.models import Assignment, Review, Round
from tests.browser.screens import KEYS, Workplace, sign_in, watched
from tests.factories import PASSWORD, an_open_round
from tests.serving import Server, running_server

MLL23 = load_builtin("mll23")
SEGMENTED, BAND, MONOCYTE = "neutrophil_segmented", "neutrophil_band", "monocyte"
CELLS = {SEGMENTED: 130, BAND: 6, MONOCYTE: 2}
BORN_DISPUTED = 1
DRAWINGS = 3
WIDE = {"width": 1920, "height": 1300}
"""A window in which a hundred cells need no scrolling."""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
STANDS = """() => new Promise((resolve) => {
  const look = () => {
    if (performance.now() > document.querySelector("grid-page").mayConfirmFrom) resolve();
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Waits until the page has stood long enough to be confirmed."""
numbers = itertools.count(1)


def drawn_cells(folder: Path) -> Path:
    """Pictures of three classes, few drawings with much grain, and one picture that is filed under two classes."""
    for label, count in CELLS.items():
        (folder / label).mkdir(parents=True)
        drawings = [draw_cell(label, np.random.default_rng([5, number])) for number in range(DRAWINGS)]
        for index in range(count):
            grain = np.random.default_rng([7, index]).integers(0, 7, drawings[0].shape, np.uint8)
            picture = np.minimum(drawings[index % DRAWINGS], 249) + grain
            (folder / label / f"{label}_{index:04}.TIF").write_bytes(tiff(picture, "raw"))
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
        reviewer = f"reviewer{next(numbers)}"
        with self.database.writing() as session:
            account_service.create_user(session, reviewer, "reviewer", PASSWORD)
            session.execute(update(User).where(User.name == reviewer).values(settings={"grid_page": size}))
            round = an_open_round(session, "cells", [reviewer], presentation=presentation)
        return Task(self, round, reviewer)


@dataclass(frozen=True)
class Task:
    """A round of one reviewer's."""

    place: Place
    round: str
    reviewer: str

    def reviews(self) -> list[Any]:
        """Everything that was recorded, in order."""
        with self.place.database.reading() as session:
            return list(
                session.execute(
                    select(
                        Assignment.pid,
                        Assignment.state,
                        Review.uuid,
                        Review.verdict,
                        Review.label,
                        Review.shown_label,
                        Review.mode,
                        Review.presentation,
                        Review.seconds,
                        Review.supersedes,
                    )
                    .join_from(Review, Assignment, Review.assignment == Assignment.id)
                    .join(Round, Review.round == Round.id)
                    .where(Round.pid == self.round)
                    .order_by(Review.id)
                )
            )

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
    shutil.copy(migrated_sqlite, home / "cytoreview.db")
    address = f"sqlite:///{home / 'cytoreview.db'}"
    database = Database(address)
    with database.writing() as session:
        dataset, _ = find_or_make_dataset(session, "cells", MLL23, 11.52)
    import_files(database, open_origin(folder), dataset, MLL23, blobs_url=(home / "blobs").as_uri(), processes=0)
    with running_server(home, address) as server:
        yield Place(server, database)
    database.close()


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
        self.page.evaluate(STANDS)

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
        sign_in(page, url, task.reviewer, PASSWORD)
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
