"""A server that is killed in the middle of everything: what was acknowledged is there, once."""

import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from app.database import Database
from app.review.models import Assignment, Review, RoundCounter
from app.review.tasks import rebuild
from tests.factories import an_answer, in_one_go
from tests.serving import Server, token_for

CLIENTS = 4
KILLS = 20
CELLS = 250
CLASSES = ("monocyte", "lymphocyte", "neutrophil_band", "eosinophil")
SECONDS_AT_MOST = 120


class Submitting(threading.Thread):
    """A reviewer's client: singles and small batches, each sent again under its ids until it is acknowledged."""

    def __init__(self, server: Server, token: str, round_pid: str, number: int) -> None:
        super().__init__()
        self.server, self.token, self.round_pid = server, token, round_pid
        self.random = Random(number)
        self.acknowledged: dict[str, str] = {}
        self.failure: BaseException | None = None
        self.finished = threading.Event()

    def run(self) -> None:
        try:
            self.submit(self.queue())
        except BaseException as error:
            self.failure = error
        self.finished.set()

    def queue(self) -> list[str]:
        found: list[str] = []
        after = 0
        while True:
            path = f"/api/v1/rounds/{self.round_pid}/queue?limit=200&after={after}"
            items = self.insisting("GET", path)["items"]
            if not items:
                return found
            found += [item["assignment_id"] for item in items]
            after = items[-1]["position"]

    def submit(self, places: list[str]) -> None:
        while places:
            size = self.random.choice((1, 1, 1, 4))
            batch = [an_answer(place, self.random.choice(CLASSES), seconds=1.0) for place in places[:size]]
            places = places[size:]
            for item in self.insisting("POST", "/api/v1/reviews", {"reviews": batch})["items"]:
                assert item["status"] in ("recorded", "already_recorded"), item
                self.acknowledged[item["id"]] = next(each["label"] for each in batch if each["id"] == item["id"])

    def insisting(self, method: str, path: str, body: Any = None) -> Any:
        deadline = time.monotonic() + SECONDS_AT_MOST
        while time.monotonic() < deadline:
            try:
                with self.server.client(self.token) as client:
                    answer = client.request(method, path, json=body)
            except httpx.TransportError:
                continue
            assert answer.status_code == 200, answer.text
            return answer.json()
        raise AssertionError("no answer for too long")


@pytest.mark.parametrize("kills", [KILLS])
def test_every_acknowledged_review_is_there_once(
    database: Database, database_address: str, tmp_path: Path, kills: int
) -> None:
    names = [f"reviewer{number}" for number in range(CLIENTS)]
    round_pid, _ = in_one_go(database, [["monocyte"]] * CELLS, reviewers=names, reviews_per_cell=CLIENTS)
    tokens = [token_for(database, name) for name in names]
    with Server(tmp_path / "home", database_address) as server:
        clients = [Submitting(server, token, round_pid, number) for number, token in enumerate(tokens)]
        for client in clients:
            client.start()
        killed = kill_while_they_submit(server, clients, kills)
        for client in clients:
            client.join(SECONDS_AT_MOST)
    assert [client.failure for client in clients] == [None] * CLIENTS
    assert killed == kills
    check_record(database, clients)


def kill_while_they_submit(server: Server, clients: list[Submitting], kills: int) -> int:
    """Kill the server each time that a twentieth of the reviews was acknowledged, so that kills fall on submissions."""
    killed = 0
    total = CELLS * CLIENTS
    while killed < kills:
        said = sum(len(client.acknowledged) for client in clients)
        if said >= (killed + 1) * total // (kills + 2):
            server.kill()
            killed += 1
            server.start()
        elif all(client.finished.wait(0.002) for client in clients):
            break
    return killed


def check_record(database: Database, clients: list[Submitting]) -> None:
    with database.reading() as session:
        recorded = Counter(session.execute(select(Review.uuid)).scalars())
        pending = session.scalar(select(func.count()).select_from(Assignment).where(Assignment.state == "pending"))
        done = session.scalar(select(func.sum(RoundCounter.n)).where(RoundCounter.state == "done"))
    acknowledged = {UUID(id) for client in clients for id in client.acknowledged}
    assert len(acknowledged) == CELLS * CLIENTS
    assert recorded == dict.fromkeys(acknowledged, 1)
    assert (pending, done) == (0, CELLS * CLIENTS)
    assert rebuild(database, None)["changed"] == 0
