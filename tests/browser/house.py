"""What the browser tests' places are made of: a server over imported pictures, a round of one's own, what was recorded
in it."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext
from sqlalchemy import delete, select, update

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.access import COOKIE
from app.accounts.models import User
from app.catalogue.importing import import_files
from app.catalogue.measuring import measure
from app.catalogue.models import Cell
from app.catalogue.origins import open_origin
from app.catalogue.service import find_or_make_dataset
from app.database import Database
from app.demo.drawing import draw_cell, tiff
from app.jobs.models import Job
from app.jobs.service import JobState
from app.labels.labelset import load_builtin
from app.review.models import Assignment, Review, Round
from tests.factories import PASSWORD, an_open_round
from tests.serving import Server, running_server

MLL23 = load_builtin("mll23")
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
RECORDED = (
    Assignment.pid,
    Assignment.position,
    Assignment.state,
    Cell.pixel_sha256,
    Review.uuid,
    Review.verdict,
    Review.label,
    Review.second_label,
    Review.shown_label,
    Review.presentation,
    Review.mode,
    Review.flag,
    Review.comment,
    Review.seconds,
    Review.supersedes,
)
numbers = itertools.count(1)


def draw_grained(folder: Path, label: str, count: int, drawings: int) -> None:
    """Many different pictures of a class in little time: few drawings with much grain."""
    (folder / label).mkdir(parents=True)
    drawn = [draw_cell(label, np.random.default_rng([11, number])) for number in range(drawings)]
    for index in range(count):
        grain = np.random.default_rng([13, index]).integers(0, 7, drawn[0].shape, np.uint8)
        picture = np.minimum(drawn[index % drawings], 249) + grain
        (folder / label / f"{label}_{index:04}.TIF").write_bytes(tiff(picture, "raw"))


@contextmanager
def furnished(
    migrated_sqlite: Path, home: Path, cells: Path, measured: bool = False
) -> Iterator[tuple[Server, Database]]:
    """A server in this folder, with these pictures as the dataset `cells`."""
    shutil.copy(migrated_sqlite, home / "cytoreview.db")
    address = f"sqlite:///{home / 'cytoreview.db'}"
    blobs = (home / "blobs").as_uri()
    database = Database(address)
    with database.writing() as session:
        dataset, _ = find_or_make_dataset(session, "cells", MLL23, 11.52)
    import_files(database, open_origin(cells), dataset, MLL23, blobs_url=blobs, processes=0)
    if measured:
        measure(database, blobs, dataset.id, lambda done, total: None)
    with database.writing() as session:
        # What cells look like, and suspicion after it, would be found out beside the tests.
        session.execute(delete(Job).where(Job.state == JobState.QUEUED))
    with running_server(home, address) as server:
        yield server, database
    database.close()


@cache
def password_hash() -> str:
    """What is stored of everybody's password: computing it takes as long as it should, so once is enough."""
    return account_service.hashed(PASSWORD)


def a_round_of_ones_own(
    database: Database, presentation: str, preferences: dict[str, Any] | None = None, **settings: Any
) -> tuple[str, str]:
    """A round over all cells, and the name of its one reviewer, who has no other."""
    reviewer = f"reviewer{next(numbers)}"
    with database.writing() as session:
        account_service.create_user(session, reviewer, "reviewer")
        kept = {"password_hash": password_hash()} | ({"settings": preferences} if preferences else {})
        session.execute(update(User).where(User.name == reviewer).values(**kept))
        return an_open_round(session, "cells", [reviewer], presentation=presentation, **settings), reviewer


def come_in(context: BrowserContext, server: Server, database: Database, name: str) -> None:
    """From now on a person is signed in in a browser, where whoever was before no longer is."""
    with database.writing() as session:
        person = accounts.person_by_name(session, name)
        cookie = account_service.open_session(session, person.id, 1)
    context.clear_cookies()
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": server.url}])


def recorded(database: Database, round_pid: str) -> list[Any]:
    """Everything that was recorded in a round, in order."""
    statement = (
        select(*RECORDED)
        .select_from(Review)
        .join(Round, Review.round == Round.id)
        .join(Cell, Review.cell == Cell.id)
        .join(Assignment, Review.assignment == Assignment.id)
        .where(Round.pid == round_pid)
        .order_by(Review.id)
    )
    with database.reading() as session:
        return list(session.execute(statement))


def class_name(index: int | None) -> str | None:
    """A class by its name."""
    return None if index is None else MLL23[index].name
