"""A real server for tests: a process of its own over a database, on a free port of this machine."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import pytest

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.database import Database
from tests.forking import Command

SECONDS_TO_START = 30
SECONDS_TO_END = 30
SECONDS_BETWEEN_LOOKS = 0.02
CLEARED = ("CYTOREVIEW_", "COV_")


class Server:
    """A ``cytoreview serve`` that is started, ended and, where a test wants it, killed."""

    def __init__(self, home: Path, database_address: str, port: int = 0, **settings: str) -> None:
        self.home = home
        self.database_address = database_address
        self.port = port
        self.settings = settings
        self.url = ""
        self.process: Command | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it can do its work. A server that is started again takes the same port."""
        self.home.mkdir(parents=True, exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(CLEARED)}
        environment |= {
            "CYTOREVIEW_HOME": str(self.home),
            "CYTOREVIEW_DATABASE_URL": self.database_address,
            "CYTOREVIEW_PORT": str(self.port),
            **{f"CYTOREVIEW_{name.upper()}": value for name, value in self.settings.items()},
        }
        self.process = Command(["serve"], environment, self.home / "server.log")
        first = self.process.said.readline()
        if "http://" not in first:
            raise AssertionError(f"the server didn't start: {first}{(self.home / 'server.log').read_text()}")
        self.url = first.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise AssertionError("the server didn't get ready")
            assert self.process is not None
            if self.process.ended_within(SECONDS_BETWEEN_LOOKS):
                raise AssertionError(f"the server ended: {(self.home / 'server.log').read_text()}")

    def stop(self) -> None:
        """End it in good order."""
        if self.process is not None:
            self.process.terminate()
            self._gone()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self._gone()

    def _gone(self) -> None:
        assert self.process is not None
        assert self.process.ended_within(SECONDS_TO_END), "the server didn't end"
        self.process.close()
        self.process = None

    def client(self, token: str | None = None) -> httpx.Client:
        """An HTTP client for it, with a token if one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)


@contextmanager
def running_server(home: Path, database_address: str, **settings: str) -> Iterator[Server]:
    """A server for a ``with`` block."""
    with Server(home, database_address, 0, **settings) as server:
        yield server


def token_for(database: Database, name: str, role: str = "reviewer") -> str:
    """A token of a person, who is made where there is none."""
    with database.writing() as session:
        if name not in {user.name for user in accounts.users(session)}:
            account_service.create_user(session, name, role)
        person = accounts.person_by_name(session, name)
        return account_service.create_token(session, person.id, "a test", 1).secret


@contextmanager
def signed_in(server: Server, database: Database, name: str, role: str = "reviewer") -> Iterator[httpx.Client]:
    """A client that carries a browser's cookie and, for writes, the page's token."""
    token_for(database, name, role)
    with database.writing() as session:
        person = accounts.person_by_name(session, name)
        secret = account_service.issue_link(session, "sign-in", person.id, 1)
    with server.client() as client:
        answer = client.post(f"/setup/{secret}")
        assert answer.status_code == 303
        with database.reading() as session:
            known = accounts.person_by_session(session, client.cookies["cytoreview_session"])
        assert known is not None
        client.headers["X-CSRF-Token"] = known.csrf
        yield client


@pytest.fixture
def server(database: Database, database_address: str, tmp_path: Path) -> Iterator[Server]:
    """A server over each kind of database."""
    with running_server(tmp_path / "home", database_address) as started:
        yield started
