"""A server with two dozen drawn cells, and rounds of one reviewer over them."""

import hashlib
import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser
from sqlalchemy import select

from app.accounts import service as account_service
from app.catalogue.importing import import_files
from app.catalogue.measuring import measure
from app.catalogue.models import Cell
from app.catalogue.origins import open_origin
from app.catalogue.service import find_or_make_dataset
from app.database import Database
from app.demo.drawing import draw_cell, tiff
from app.labels.labelset import load_builtin
from app.review.models import Assignment, Review, Round
from tests.browser.corpus import LABELS
from tests.browser.screens import Workplace, sign_in, watched
from tests.factories import PASSWORD, an_open_round
from tests.serving import Server, running_server

MLL23 = load_builtin("mll23")
OF_EACH = 2
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
numbers = itertools.count(1)


@dataclass(frozen=True)
class Task:
    """A round of one reviewer's over all cells."""

    round: str
    reviewer: str


@dataclass(frozen=True)
class Laboratory:
    """A server with a dataset; ``given`` are the labels of each picture by the digest of its pixels."""

    server: Server
    database: Database
    given: dict[str, tuple[str, ...]]

    def task(self, presentation: str = "sighted", **settings: Any) -> Task:
        """A round of a reviewer who has no other."""
        reviewer = f"reviewer{next(numbers)}"
        with self.database.writing() as session:
            account_service.create_user(session, reviewer, "reviewer", PASSWORD)
            round = an_open_round(session, "cells", [reviewer], presentation=presentation, **settings)
        return Task(round, reviewer)

    def reviews(self, task: Task) -> list[Any]:
        """Everything that was recorded in a round, in order."""
        statement = (
            select(
                Cell.pixel_sha256,
                Review.uuid,
                Review.verdict,
                Review.label,
                Review.shown_label,
                Review.presentation,
                Review.supersedes,
                Review.comment,
                Assignment.state,
            )
            .join(Round, Review.round == Round.id)
            .join(Cell, Review.cell == Cell.id)
            .join(Assignment, Review.assignment == Assignment.id)
            .where(Round.pid == task.round)
            .order_by(Review.id)
        )
        with self.database.reading() as session:
            return list(session.execute(statement))

    def answers(self, task: Task) -> list[tuple[str, str | None]]:
        """Which cell got which class, or which verdict without one, in order."""
        return [(row.pixel_sha256.hex(), class_name(row.label) or row.verdict) for row in self.reviews(task)]


def class_name(index: int | None) -> str | None:
    """A class by its name."""
    return None if index is None else MLL23[index].name


def title(label: str) -> str:
    """A class in words, as a heading has it."""
    return MLL23[MLL23.index(label)].title.to("en")


def another(label: str) -> str:
    """Another class than this one."""
    return LABELS[(LABELS.index(label) + 1) % len(LABELS)]


@contextmanager
def laboratory(migrated_sqlite: Path, home: Path, measured: bool = False) -> Iterator[Laboratory]:
    """Two cells of each of a dozen classes, and one picture that is filed under two."""
    shutil.copy(migrated_sqlite, home / "cytoreview.db")
    given: dict[str, tuple[str, ...]] = {}
    for number, labels in enumerate([*((label,) for label in LABELS * OF_EACH), LABELS[:2]]):
        picture = draw_cell(labels[0], np.random.default_rng([41, number]))
        given[hashlib.sha256(picture.tobytes()).hexdigest()] = tuple(labels)
        for label in labels:
            path = home / "cells" / label / f"{label}_{number:04}.TIF"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiff(picture, "raw"))
    address = f"sqlite:///{home / 'cytoreview.db'}"
    database = Database(address)
    with database.writing() as session:
        dataset, _ = find_or_make_dataset(session, "cells", MLL23, 11.52)
    origin = open_origin(home / "cells")
    import_files(database, origin, dataset, MLL23, blobs_url=(home / "blobs").as_uri(), processes=0)
    if measured:
        measure(database, (home / "blobs").as_uri(), dataset.id, lambda done, total: None)
    with running_server(home, address) as server:
        yield Laboratory(server, database, given)
    database.close()


@contextmanager
def reviewing(browser: Browser, where: Laboratory, task: Task, **context: Any) -> Iterator[Workplace]:
    """The review page of a round; in the end it must not have complained."""
    with browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | context)) as opened:
        page = opened.new_page()
        complaints = watched(page)
        sign_in(page, where.server.url, task.reviewer, PASSWORD)
        page.goto(f"{where.server.url}/rounds/{task.round}/review")
        yield Workplace(page)
        assert [said for said in complaints if "Failed to load resource" not in said] == []
