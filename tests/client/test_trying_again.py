"""A connection that breaks, a server that is busy or dies: reviews arrive, and once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from app.database import Database
from cytoreview_client import Client, CytoreviewError, Review, TooMany, Unreachable
from tests.factories import in_one_go
from tests.serving import Server, token_for

HANG_UP = "hang up"
Trouble = tuple[int, dict[str, str]] | str


class Between(ThreadingHTTPServer):
    """Stands between client and server and makes trouble, one piece a request, before it lets everything through.

    A status is answered instead of asking the server; ``HANG_UP`` asks it and loses its answer.
    """

    daemon_threads = True

    def __init__(self, behind: str, troubles: list[Trouble]) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.behind = behind
        self.troubles = troubles
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Passing(BaseHTTPRequestHandler):
    """One request on its way."""

    server: Between

    def handle_one(self) -> None:
        self.server.seen.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trouble = self.server.troubles.pop(0) if self.server.troubles else None
        if isinstance(trouble, tuple):
            self.answer(*trouble, b"busy")
            return
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        answer = httpx.request(self.command, self.server.behind + self.path, content=body, headers=kept)
        if trouble == HANG_UP:
            self.close_connection = True
            return
        passed = {name: answer.headers[name] for name in ("content-type", "link") if name in answer.headers}
        self.answer(answer.status_code, passed, answer.content)

    do_GET = do_POST = do_DELETE = handle_one  # noqa: N815 -- the names are the library's

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing."""


@contextmanager
def between(server: Server, *troubles: Trouble) -> Iterator[Between]:
    with Between(server.url, list(troubles)) as standing:
        thread = threading.Thread(target=standing.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield standing
        finally:
            standing.shutdown()
            thread.join()


def reviews_of(client: Client, round_id: str) -> list[Review]:
    return [
        Review(assignment_id=item.assignment_id, verdict="label", label="monocyte") for item in client.queue(round_id)
    ]


def recorded(server: Server, token: str) -> int:
    with Client(server.url, token) as client:
        return len(list(client.reviews()))


def test_a_review_whose_acknowledgement_was_lost_is_recorded_once(server: Server, database: Database) -> None:
    round_id, _ = in_one_go(database, [["monocyte"]] * 3)
    token = token_for(database, "reviewer1")
    with between(server) as standing, Client(standing.url, token, sleep=lambda _: None) as client:
        answers = reviews_of(client, round_id)
        standing.troubles = [HANG_UP, HANG_UP]
        results = client.submit(answers)
        assert [result.status for result in results] == ["already_recorded"] * 3
        assert all(result.durable for result in results)
    assert recorded(server, token) == 3


def test_a_busy_server_is_given_the_time_that_it_asks_for(server: Server, database: Database) -> None:
    round_id, _ = in_one_go(database, [["monocyte"]])
    token = token_for(database, "reviewer1")
    waited: list[float] = []
    with between(server) as standing, Client(standing.url, token, sleep=waited.append) as client:
        answers = reviews_of(client, round_id)
        standing.troubles = [(503, {"Retry-After": "7"}), (429, {"Retry-After": "3"})]
        assert [result.status for result in client.submit(answers)] == ["recorded"]
    assert waited == [7, 3]


def test_a_server_that_asks_for_more_than_our_patience_gets_the_error(server: Server, database: Database) -> None:
    with (
        between(server, (429, {"Retry-After": "3600"})) as standing,
        Client(standing.url, token_for(database, "reviewer1"), patience=5) as client,
        pytest.raises(TooMany) as raised,
    ):
        client.tokens()
    assert raised.value.retry_after == 3600


def test_a_write_without_an_id_of_ours_is_not_sent_again(server: Server, database: Database) -> None:
    with (
        between(server, HANG_UP) as standing,
        Client(standing.url, token_for(database, "admin", "admin"), sleep=lambda _: None) as client,
    ):
        with pytest.raises(Unreachable):
            client.create_dataset("Smears")
        assert standing.seen == ["POST /api/v1/datasets"]
        assert [dataset.slug for dataset in client.datasets()] == ["smears"]


def test_what_stands_before_the_server_may_answer_without_a_problem_document(
    server: Server, database: Database
) -> None:
    with (
        between(server, (502, {"Content-Type": "text/html"})) as standing,
        Client(standing.url, token_for(database, "reviewer1")) as client,
        pytest.raises(CytoreviewError) as raised,
    ):
        client.tokens()
    assert (raised.value.status, raised.value.title, raised.value.detail) == (502, "Bad Gateway", "busy")


def test_reviews_arrive_although_the_server_was_killed(server: Server, database: Database) -> None:
    round_id, _ = in_one_go(database, [["monocyte"]] * 2)
    token = token_for(database, "reviewer1")

    def start_again(_: float) -> None:
        if server.process is None:
            server.start()

    with Client(server.url, token, sleep=start_again) as client:
        answers = reviews_of(client, round_id)
        server.kill()
        assert [result.status for result in client.submit(answers)] == ["recorded", "recorded"]


def test_no_more_than_500_go_in_one_batch(server: Server, database: Database) -> None:
    token = token_for(database, "reviewer1")
    with between(server) as standing, Client(standing.url, token) as client:
        unknown = [Review(assignment_id="a" * 16, verdict="unsure") for _ in range(501)]
        results = client.submit(unknown)
        assert [result.id for result in results] == [review.id for review in unknown]
        assert standing.seen == ["POST /api/v1/reviews"] * 2
