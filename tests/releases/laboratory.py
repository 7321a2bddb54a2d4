"""A small dataset that has everything a release can hold, and ways to freeze it."""

import asyncio
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select

from app.catalogue.models import Cell
from app.database import Database, Writing
from app.images.store import BlobStore
from app.jobs.runner import Runner
from app.main import create_application
from app.releases import queries, service, tasks
from app.releases.freezing import Frozen, write_files
from app.releases.queries import ReleaseRow
from app.releases.schemas import NewRelease
from app.review.schemas import GivenAdjudication
from app.review.service import adjudicate
from app.settings import Settings
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say
from tests.serving import token_for

BAND, SEGMENTED, BLAST = "neutrophil_band", "neutrophil_segmented", "myeloblast"
REVIEWERS = ("reviewer1", "reviewer2", "reviewer3")
API = "/api/v1/datasets/smears/releases"


@dataclass
class Smears:
    """The dataset's cells by what became of them, and its one round."""

    round: str
    agreed: int
    dissent: int
    disputed: int
    borderline: int
    unusable: int
    in_review: int
    untouched: int
    twice: int
    adjudicated: int


def smears(session: Writing) -> Smears:
    """A dataset with a cell of every kind, reviewed by three people in one sighted round."""
    dataset = a_dataset(session, license="CC BY 4.0", citation="A laboratory, 2026")
    cells = {
        name: a_cell(session, dataset, BAND)
        for name in ("agreed", "dissent", "disputed", "borderline", "unusable", "in_review")
    }
    twice = a_cell(session, dataset, BAND, SEGMENTED)
    untouched = a_cell(session, dataset, path="=1+1|odd\\name.TIF")
    adjudicated = a_cell(session, dataset, BLAST)
    pid = an_open_round(session, reviewers=REVIEWERS, reviews_per_cell=3)
    made = Smears(round=pid, **cells, twice=twice, untouched=untouched, adjudicated=adjudicated)
    all_say(session, made.round, made.agreed, BAND, BAND, BAND)
    all_say(session, made.round, made.dissent, BAND, BAND, SEGMENTED)
    all_say(session, made.round, made.disputed, BAND, SEGMENTED, BLAST)
    for reviewer in ("reviewer1", "reviewer2"):
        say(session, pid, reviewer, made.borderline, SEGMENTED, verdict="borderline", second_label=BAND)
    say(session, pid, "reviewer3", made.borderline, BAND, comment="=SUM(A1)")
    for reviewer in REVIEWERS:
        say(session, pid, reviewer, made.unusable, None, verdict="unusable", seconds=1.25)
    say(session, pid, "reviewer2", made.in_review, BAND, flag=True, comment="'quoted'\r\nand so on, in two lines")
    all_say(session, made.round, made.adjudicated, BAND, SEGMENTED, BLAST)
    settle(session, made.adjudicated, BLAST, reason="nucleus", comment="@two nucleoli")
    return made


def all_say(session: Writing, round_pid: str, cell: int, *labels: str) -> None:
    """Each reviewer says one of the labels."""
    for reviewer, label in zip(REVIEWERS, labels, strict=True):
        say(session, round_pid, reviewer, cell, label)


def settle(session: Writing, cell: int, label: str | None, **fields: Any) -> str:
    """The adjudicator settles a cell; returns the adjudication's UUID."""
    person = a_person(session, "adjudicator1", "adjudicator")
    given = {"id": str(uuid4()), "verdict": "label", "label": label} | fields
    return str(adjudicate(session, person, pid_of(session, cell), GivenAdjudication.model_validate(given)).id)


def withdraw(session: Writing, round_pid: str, reviewer: str, cell: int, review: str) -> None:
    """The reviewer takes a review back."""
    say(session, round_pid, reviewer, cell, None, verdict="withdrawn", supersedes=review)


def pid_of(session: Writing, cell: int) -> str:
    """A cell's public id."""
    return session.execute(select(Cell.pid).where(Cell.id == cell)).scalar_one()


def ask(database: Database, **wanted: Any) -> ReleaseRow:
    """Ask for a release; nothing writes it yet."""
    with database.writing() as session:
        asked = service.ask_for_release(session, "smears", NewRelease(**wanted), None)
        return queries.release_of_job(session, asked.job)


def written(database: Database, release: ReleaseRow, folder: Path) -> Frozen:
    """The release's files in a folder, written in this process and recorded nowhere."""
    folder.mkdir(parents=True, exist_ok=True)
    with database.reading(snapshot=True) as session:
        return write_files(session, release.id, "1.2.3", folder, lambda done, total: None)


def freeze(database: Database, store: BlobStore, **wanted: Any) -> ReleaseRow:
    """A release that its job has dealt with."""
    release = ask(database, **wanted)
    assert Runner(database, tasks.handlers(store)).run_waiting() == 1
    with database.reading() as session:
        return queries.release_of_job(session, release.job)


def rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def by_cell(database: Database, found: list[dict[str, str]]) -> Mapping[int, dict[str, str]]:
    """The rows of ``labels.csv`` by the cell's row in the database."""
    with database.reading() as session:
        ids = dict(session.execute(select(Cell.pid, Cell.id)).all())
    return {ids[row["cell_id"]]: row for row in found}


class Rest:
    """The whole application over a database, without its threads; jobs are done when a test says so."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.store = BlobStore((home / "blobs").as_uri())
        self.application = create_application(Settings(home=home), database, self.store)
        self.tokens: dict[str, str] = {}

    def ask(self, method: str, path: str, name: str = "admin", role: str = "admin", **how: Any) -> httpx.Response:
        """One request by somebody of a role."""
        if name not in self.tokens:
            self.tokens[name] = token_for(self.database, name, role)
        headers = {"Authorization": f"Bearer {self.tokens[name]}"} | how.pop("headers", {})

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.application)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, headers=headers, **how)

        return asyncio.run(send())

    def freeze(self, **wanted: Any) -> ReleaseRow:
        """A release that its job has dealt with."""
        return freeze(self.database, self.store, **wanted)
