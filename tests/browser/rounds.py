"""A server with two dozen drawn cells, and rounds of one reviewer over them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser

from app.database import Database
from app.demo.drawing import draw_cell, tiff
from tests.browser.corpus import LABELS
from tests.browser.house import MLL23, a_round_of_ones_own, class_name, come_in, furnished, recorded
from tests.browser.screens import Workplace, watched
from tests.serving import Server

OF_EACH = 2


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
        return Task(*a_round_of_ones_own(self.database, presentation, **settings))

    def reviews(self, task: Task) -> list[Any]:
        """Everything that was recorded in a round, in order."""
        return recorded(self.database, task.round)

    def answers(self, task: Task) -> list[tuple[str, str | None]]:
        """Which cell got which class, or which verdict without one, in order."""
        return [(row.pixel_sha256.hex(), class_name(row.label) or row.verdict) for row in self.reviews(task)]


def title(label: str) -> str:
    """A class in words, as a heading has it."""
    return MLL23[MLL23.index(label)].title.to("en")


def another(label: str) -> str:
    """Another class than this one."""
    return LABELS[(LABELS.index(label) + 1) % len(LABELS)]


@contextmanager
def laboratory(migrated_sqlite: Path, home: Path, measured: bool = False) -> Iterator[Laboratory]:
    """Two cells of each of a dozen classes, and one picture that is filed under two."""
    given: dict[str, tuple[str, ...]] = {}
    for number, labels in enumerate([*((label,) for label in LABELS * OF_EACH), LABELS[:2]]):
        picture = draw_cell(labels[0], np.random.default_rng([41, number]))
        given[hashlib.sha256(picture.tobytes()).hexdigest()] = tuple(labels)
        for label in labels:
            path = home / "cells" / label / f"{label}_{number:04}.TIF"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiff(picture, "raw"))
    with furnished(migrated_sqlite, home, home / "cells", measured) as (server, database):
        yield Laboratory(server, database, given)


@contextmanager
def reviewing(browser: Browser, where: Laboratory, task: Task, **context: Any) -> Iterator[Workplace]:
    """The review page of a round; in the end it must not have complained."""
    with browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | context)) as opened:
        page = opened.new_page()
        complaints = watched(page)
        come_in(opened, where.server, where.database, task.reviewer)
        page.goto(f"{where.server.url}/rounds/{task.round}/review")
        yield Workplace(page)
        assert [said for said in complaints if "Failed to load resource" not in said] == []
