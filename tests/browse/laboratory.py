"""The whole application over a database, asked as a client or a browser would ask it."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, select

from app.catalogue.models import Cell, Occurrence
from app.database import Database, Reading, Writing
from app.images.store import BlobStore
from app.main import create_application
from app.settings import Settings
from tests.serving import token_for

API = "/api/v1"


class Laboratory:
    """Somebody asks, by name; who isn't known is made."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.application = create_application(Settings(home=home), database, BlobStore((home / "blobs").as_uri()))
        self.tokens: dict[str, str] = {}

    def get(self, path: str, person: str = "admin", role: str | None = None, **headers: str) -> httpx.Response:
        """What a person is answered. Without a role it is the name without its number."""
        if person not in self.tokens:
            self.tokens[person] = token_for(self.database, person, role or re.sub(r"\d+$", "", person))
        headers = {"Authorization": f"Bearer {self.tokens[person]}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.send(path, headers)

    def send(self, path: str, headers: dict[str, str]) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.application)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())

    def read(self, path: str, person: str = "admin") -> Any:
        """The JSON that a person is answered, which has to be there."""
        answer = self.get(API + path, person)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, path: str, person: str = "admin") -> str:
        """The page that a person is shown, which has to be there."""
        answer = self.get(path, person)
        assert answer.status_code == 200, answer.text
        return answer.text

    def listed(self, query: str, person: str = "admin") -> list[str]:
        """The ids of a list of cells, followed from page to page."""
        ids: list[str] = []
        path: str | None = f"{API}/cells?{query}"
        while path:
            answer = self.get(path, person)
            assert answer.status_code == 200, answer.text
            items = answer.json()["items"]
            assert items or not ids, "a page that a Link leads to is never empty"
            ids += [item["id"] for item in items]
            path = answer.links["next"]["url"] if "next" in answer.links else None
        return ids


def pid_of(session: Reading, cell: int) -> str:
    """A cell's public id."""
    return session.execute(select(Cell.pid).where(Cell.id == cell)).scalar_one()


def another_file(session: Writing, cell: int, path: str) -> None:
    """File a cell once more under the label that it has."""
    first = session.execute(select(Occurrence.__table__).where(Occurrence.cell == cell).limit(1)).mappings().one()
    copied = {name: first[name] for name in first if name not in ("id", "path")}
    session.execute(insert(Occurrence).values(path=path, **copied))
