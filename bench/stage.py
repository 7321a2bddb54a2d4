"""A place with a dataset, people and an open round, over which answers are measured."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import User
from app.database import Database
from app.jobs.models import Job
from app.jobs.service import JobState
from app.labels.labelset import load_builtin
from app.review.models import Assignment
from bench.load import request
from bench.processes import PATIENCE, Server, serving

CLIENTS = 8
BROWSER = "browser"
DATASET = "mll23"
PATIENCE_WITH_JOBS = 1800.0
ASSIGNMENTS_EACH = 3_500
"""What all measurements together take of one reviewer's queue."""


@dataclass
class Reviewer:
    """A client: a token, and a queue that is used up from the front."""

    name: str
    token: str
    assignments: Iterator[tuple[str, str]] = field(default_factory=lambda: iter(()))
    pictures: list[str] = field(default_factory=list)

    def reviews(self, count: int) -> list[dict[str, Any]]:
        """Answers to the next assignments."""
        given = [
            {"id": str(uuid4()), "assignment_id": pid, "verdict": "label", "label": label, "seconds": 1.8}
            for pid, label in (next(self.assignments) for _ in range(count))
        ]
        if len(given) < count:
            raise RuntimeError("the queue is used up: measure over more cells")
        return given

    def posts(self, count: int, a_post: int = 1) -> list[str]:
        """Requests that each bring some reviews."""
        return [request("POST", "/api/v1/reviews", self.token, {"reviews": self.reviews(a_post)}) for _ in range(count)]


@dataclass
class Stage:
    """Everything a measurement of answers needs."""

    home: Path
    server: Server
    admin: str
    cookie: str
    """The browser's session."""
    round: str
    reviewers: list[Reviewer]


def people(home: Path) -> tuple[str, list[Reviewer], str]:
    """An admin's token, reviewers with theirs, and a signed-in browser's cookie."""
    database = Database(f"sqlite:///{home / 'cytoreview.db'}")
    database.ready()
    with database.writing() as session:
        admin = accounts.create_token(session, accounts.create_user(session, "admin", "admin"), "bench", 1).secret
        reviewers = []
        for number in range(1, CLIENTS + 1):
            name = f"reviewer{number}"
            user = accounts.create_user(session, name, "reviewer")
            reviewers.append(Reviewer(name, accounts.create_token(session, user, "bench", 1).secret))
        cookie = accounts.open_session(session, accounts.create_user(session, BROWSER, "reviewer"), 1)
    database.close()
    return admin, reviewers, cookie


def open_round(server: Server, admin: str, reviewers: list[str], per_cell: int) -> str:
    """A round that is planned and open."""
    draft = {"name": "Measured", "dataset": DATASET, "reviewers": reviewers, "reviews_per_cell": per_cell}
    pid: str = server.call("POST", "/api/v1/rounds", admin, draft)["id"]
    server.call("POST", f"/api/v1/rounds/{pid}/open", admin)
    wait_until(lambda: server.call("GET", f"/api/v1/rounds/{pid}", admin)["state"] == "open", "the round didn't open")
    return pid


def queues(home: Path, reviewers: list[Reviewer]) -> None:
    """Give every reviewer their queue, in its order."""
    label_set = load_builtin("mll23")
    database = Database(f"sqlite:///{home / 'cytoreview.db'}")
    with database.reading() as session:
        for reviewer in reviewers:
            rows = session.execute(
                select(Assignment.pid, Assignment.shown_label)
                .join(User, Assignment.reviewer == User.id)
                .where(User.name == reviewer.name)
                .order_by(Assignment.position)
            ).all()
            # Every seventh answer corrects the label that is shown, as in the field.
            answers = [
                (pid, label_set[((shown or 0) + (number % 7 == 0)) % len(label_set)].name)
                for number, (pid, shown) in enumerate(rows)
            ]
            reviewer.assignments = iter(answers)
            reviewer.pictures = [pid for pid, _ in rows[:100]]
    database.close()


@contextmanager
def staged(home: Path, cells: int) -> Iterator[Stage]:
    """A server over an imported dataset, with an open round of all its cells."""
    admin, reviewers, cookie = people(home)
    names = [*(reviewer.name for reviewer in reviewers), BROWSER]
    per_cell = min(len(names), max(2, -(-ASSIGNMENTS_EACH * len(names) // cells)))
    with serving(home) as server:
        pid = open_round(server, admin, names, per_cell)
        queues(home, reviewers)
        let_jobs_end(home)
        yield Stage(home, server, admin, cookie, pid, reviewers)


def let_jobs_end(home: Path) -> None:
    """Wait until what an import asks for is done, how cells look and how suspicious they are: it takes both cores for
    minutes once, and what is measured is every day after."""
    waiting = select(Job.id).where(Job.state.in_((JobState.QUEUED, JobState.RUNNING))).limit(1)
    database = Database(f"sqlite:///{home / 'cytoreview.db'}")

    def are_done() -> bool:
        with database.reading() as session:
            return session.scalar(waiting) is None

    try:
        wait_until(are_done, "the jobs after the import didn't end", PATIENCE_WITH_JOBS)
    finally:
        database.close()


def wait_until(is_so: Callable[[], bool], otherwise: str, patience: float = PATIENCE) -> None:
    """Look again and again; after so many seconds the measurement fails in these words."""
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.02)


def report_of(server: Server, admin: str, job: str) -> Mapping[str, Any]:
    """A job's report, as soon as it is done."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = server.call("GET", f"/api/v1/jobs/{job}", admin)
        if told["state"] == "done":
            report: Mapping[str, Any] = told["report"]
            return report
        if told["state"] == "failed":
            raise RuntimeError(json.dumps(told))
        time.sleep(0.01)
    raise RuntimeError("the job didn't end")
