"""``kill -9`` in the middle of submissions: what was acknowledged is there, once, and what is derived from it fits."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from app.accounts.models import User
from app.database import Database
from app.labels.labelset import load_builtin
from app.review.models import Assignment, AssignmentState, Review, RoundCounter, Verdict
from tests.conftest import BACKENDS, PostgresTemplates
from tests.factories import a_cell, a_dataset, an_open_round
from tests.serving import Server, running_server, token_for

MLL23 = load_builtin("mll23")
CLIENTS = ("reviewer1", "reviewer2", "reviewer3", "reviewer4")
CELLS = 1500
KILLS = {"sqlite": 20, "postgresql": 5}
ACKNOWLEDGED_BETWEEN_KILLS = 12
LARGEST_BATCH = 8
LARGEST_QUEUE = 200
SECONDS_TO_WAIT = 60


@dataclass
class Ledger:
    """What the clients were told. They wait in it for a server, and the killer for acknowledgements."""

    acknowledged: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    repeated: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    up: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def acknowledge(self, reviews: list[dict[str, Any]], statuses: list[str]) -> None:
        with self.changed:
            for review, status in zip(reviews, statuses, strict=True):
                assert status in ("recorded", "already_recorded"), status
                self.repeated += status == "already_recorded"
                self.acknowledged[UUID(review["id"])] = review
            self.changed.notify_all()

    def wait_for_more(self, count: int) -> None:
        with self.changed:
            wanted = len(self.acknowledged) + count
            assert self.changed.wait_for(lambda: len(self.acknowledged) >= wanted, SECONDS_TO_WAIT)


class Client:
    """A reviewer's program: it sends what it has until the server says that it has it, the same UUIDs every time."""

    def __init__(self, http: httpx.Client, round: str, ledger: Ledger, number: int) -> None:
        self.http = http
        self.round = round
        self.ledger = ledger
        self.random = Random(number)

    def work(self) -> None:
        """Answer cell after cell, alone or in batches, until it is over."""
        while not self.ledger.over.is_set():
            queue = self.queue(LARGEST_BATCH)
            assert queue, "the round has too few cells for this test"
            many = self.random.choice((1, 1, self.random.randint(2, LARGEST_BATCH)))
            reviews = [review for item in queue[:many] for review in self.answers(item)]
            results = self.insist("POST", "/api/v1/reviews", {"reviews": reviews})["items"]
            assert [result["id"] for result in results] == [review["id"] for review in reviews]
            self.ledger.acknowledge(reviews, [result["status"] for result in results])

    def answers(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        """An answer; sometimes taken back, sometimes given anew."""
        first = self.answer(item, "label", item["last"])
        if self.random.random() < 0.8:
            return [first]
        withdrawal = self.answer(item, "withdrawn", first["id"])
        if self.random.random() < 0.5:
            return [first, withdrawal]
        return [first, withdrawal, self.answer(item, "label", withdrawal["id"])]

    def answer(self, item: dict[str, Any], verdict: str, supersedes: str | None) -> dict[str, Any]:
        return {
            "id": str(UUID(int=self.random.getrandbits(128), version=4)),
            "assignment_id": item["assignment_id"],
            "verdict": verdict,
            "label": self.random.choice(MLL23.names) if verdict == "label" else None,
            "seconds": 1.5,
            "supersedes": supersedes,
        }

    def queue(self, limit: int) -> list[dict[str, Any]]:
        """The next assignments."""
        items: list[dict[str, Any]] = self.insist("GET", f"/api/v1/rounds/{self.round}/queue?limit={limit}")["items"]
        return items

    def waiting(self) -> list[str]:
        """The ids of as many assignments as a queue shows."""
        return [item["assignment_id"] for item in self.queue(LARGEST_QUEUE)]

    def insist(self, method: str, path: str, body: Any = None) -> Any:
        """The same request, until it is answered."""
        while True:
            try:
                response = self.http.request(method, path, json=body)
            except httpx.TransportError:
                assert self.ledger.up.wait(SECONDS_TO_WAIT)
                continue
            assert response.status_code == 200, response.text
            return response.json()


@dataclass(frozen=True)
class Aftermath:
    """A database after its server was killed again and again."""

    database: Database
    address: str
    home: Path
    ledger: Ledger
    queues: dict[str, list[str]]
    kills: int


def put_through(address: str, home: Path, kills: int) -> Aftermath:
    """Kill a server while four clients submit."""
    database = Database(address)
    with database.writing() as session:
        dataset = a_dataset(session)
        for number in range(CELLS):
            a_cell(session, dataset, MLL23.names[number % len(MLL23.names)])
        round = an_open_round(session, reviewers=CLIENTS)
    tokens = {name: token_for(database, name) for name in CLIENTS}
    ledger = Ledger()
    with running_server(home, address) as server, ThreadPoolExecutor(len(CLIENTS)) as pool:
        ledger.up.set()
        https = [server.client(tokens[name]) for name in CLIENTS]
        clients = [Client(http, round, ledger, number) for number, http in enumerate(https)]
        working = [pool.submit(client.work) for client in clients]
        try:
            for _ in range(kills):
                kill_once(server, ledger)
            ledger.wait_for_more(ACKNOWLEDGED_BETWEEN_KILLS)
        finally:
            ledger.over.set()
            ledger.up.set()
        for each in working:
            each.result(SECONDS_TO_WAIT)
        queues = {name: client.waiting() for name, client in zip(CLIENTS, clients, strict=True)}
        for http in https:
            http.close()
    return Aftermath(database, address, home, ledger, queues, kills)


def kill_once(server: Server, ledger: Ledger) -> None:
    """Kill the server between two acknowledgements and start it again."""
    ledger.wait_for_more(ACKNOWLEDGED_BETWEEN_KILLS)
    ledger.up.clear()
    server.kill()
    server.start()
    ledger.up.set()


@pytest.fixture(scope="module", params=BACKENDS)
def aftermath(
    request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Aftermath]:
    home = tmp_path_factory.mktemp(f"killed-{request.param}")
    if request.param == "sqlite":
        shutil.copy(migrated_sqlite, home / "cytoreview.db")
        came = put_through(f"sqlite:///{home / 'cytoreview.db'}", home, KILLS["sqlite"])
        yield came
        came.database.close()
        return
    templates: PostgresTemplates = request.getfixturevalue("postgres")
    name = templates.copy()
    came = put_through(templates.address(name), home, KILLS["postgresql"])
    yield came
    came.database.close()
    templates.drop(name)


def test_every_acknowledged_review_is_there_once_and_no_other(aftermath: Aftermath) -> None:
    with aftermath.database.reading() as session:
        found = session.execute(
            select(
                Review.uuid,
                Assignment.pid,
                Review.verdict,
                Review.label,
                Review.supersedes,
            ).join(Assignment, Review.assignment == Assignment.id)
        ).all()
    said = aftermath.ledger.acknowledged
    assert len(said) >= ACKNOWLEDGED_BETWEEN_KILLS * (aftermath.kills + 1)
    assert Counter(row.uuid for row in found) == Counter(said.keys())
    for row in found:
        review = said[row.uuid]
        assert (row.pid, row.verdict) == (review["assignment_id"], review["verdict"])
        assert (None if row.label is None else MLL23[row.label].name) == review["label"]
        assert (None if row.supersedes is None else str(row.supersedes)) == review["supersedes"]


def test_queues_hold_what_is_not_answered_in_order_and_nothing_else(aftermath: Aftermath) -> None:
    with aftermath.database.reading() as session:
        assignments = session.execute(
            select(User.name, Assignment.id, Assignment.pid, Assignment.position, Assignment.state)
            .join(User, Assignment.reviewer == User.id)
            .order_by(User.name, Assignment.position)
        ).all()
        last = dict(session.execute(select(Review.assignment, Review.verdict).order_by(Review.id)).all())
        counted = session.execute(
            select(User.name, RoundCounter.state, RoundCounter.n).join(User, RoundCounter.reviewer == User.id)
        ).all()
    for name, queue in aftermath.queues.items():
        own = [row for row in assignments if row.name == name]
        assert [row.position for row in own] == list(range(1, len(own) + 1))
        for row in own:
            answered = last.get(row.id, Verdict.WITHDRAWN) != Verdict.WITHDRAWN
            assert row.state == (AssignmentState.DONE if answered else AssignmentState.PENDING)
        pending = [row.pid for row in own if row.state == AssignmentState.PENDING]
        assert queue == pending[:LARGEST_QUEUE]
    states = Counter((row.name, row.state) for row in assignments)
    assert states == Counter({(name, state): n for name, state, n in counted if n})


def test_a_rebuild_changes_nothing(aftermath: Aftermath) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cytoreview", "consensus", "rebuild", "--json"],
        env=os.environ | {"CYTOREVIEW_HOME": str(aftermath.home), "CYTOREVIEW_DATABASE_URL": aftermath.address},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout)
    assert (report["cells"], report["changed"]) == (CELLS, 0)
    with aftermath.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == len(aftermath.ledger.acknowledged)
