"""The floor: a FastAPI application that does nothing but what every one must, on the same SQLite settings.

Its routes have one Core insert or one indexed select and no person behind them; it runs on the same uvicorn, with the
same parser and event loop. ``python -m bench.bare FOLDER`` serves it on a free port and prints the address. A file
``picture`` in the folder is served from memory by a plain Starlette route.
"""

import socket
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import uvicorn
from fastapi import Body, FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Uuid, insert, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.database import Database, UtcDateTime, new_pids, now

METADATA = MetaData()
ANSWER = Table(
    "answer",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("uuid", Uuid, unique=True),
    Column("item", String(16), index=True),
    Column("verdict", String(10)),
    Column("label", String(40)),
    Column("seconds", Float),
    Column("recorded_at", UtcDateTime),
)
ITEM = Table(
    "item",
    METADATA,
    Column("reviewer", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("pid", String(16)),
    Column("label", String(40)),
)
REVIEWERS, ITEMS = 8, 10_000


class Given(BaseModel):
    """What a client sends."""

    id: UUID
    assignment_id: str
    verdict: str
    label: str
    seconds: float


class Recorded(BaseModel):
    """What it gets back."""

    id: UUID
    recorded_at: datetime


class Item(BaseModel):
    """One of the rows that a select finds."""

    position: int
    pid: str
    label: str


def create_application(database: Database, picture: bytes) -> FastAPI:
    """The application over a database whose tables are there."""
    application = FastAPI(openapi_url=None)

    @application.post("/insert")
    def add(given: Annotated[Given, Body()]) -> Recorded:
        recorded_at = now()
        with database.writing() as session:
            session.execute(
                insert(ANSWER).values(
                    uuid=given.id,
                    item=given.assignment_id,
                    verdict=given.verdict,
                    label=given.label,
                    seconds=given.seconds,
                    recorded_at=recorded_at,
                )
            )
        return Recorded(id=given.id, recorded_at=recorded_at)

    @application.get("/select")
    def find(reviewer: int, after: int, limit: int) -> list[Item]:
        with database.reading() as session:
            rows = session.execute(
                select(ITEM.c.position, ITEM.c.pid, ITEM.c.label)
                .where(ITEM.c.reviewer == reviewer, ITEM.c.position > after)
                .order_by(ITEM.c.position)
                .limit(limit)
            )
            return [Item(position=position, pid=pid, label=label) for position, pid, label in rows]

    @application.get("/readyz")
    def ready() -> dict[str, str]:
        with database.reading() as session:
            session.execute(select(ITEM.c.pid).limit(1)).all()
        return {"status": "ok"}

    async def show(_: Request) -> Response:
        return Response(picture, media_type="image/webp")

    application.router.routes.append(Route("/picture", show))
    return application


def make_tables(database: Database, with_items: bool) -> None:
    """The tables, and rows to find where they are wanted."""
    with database.writing() as session:
        METADATA.create_all(session._connection)
        if with_items and not session.execute(select(ITEM.c.pid).limit(1)).all():
            pids = iter(new_pids(REVIEWERS * ITEMS))
            session.execute(
                insert(ITEM),
                [
                    {"reviewer": reviewer, "position": position, "pid": next(pids), "label": "neutrophil_segmented"}
                    for reviewer in range(REVIEWERS)
                    for position in range(1, ITEMS + 1)
                ],
            )


def main() -> None:
    folder = Path(sys.argv[1])
    picture = folder / "picture"
    database = Database(f"sqlite:///{folder / 'bare.db'}")
    make_tables(database, with_items=picture.exists())
    application = create_application(database, picture.read_bytes() if picture.exists() else b"")
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"bare is at http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(application, log_config=None, access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])
    database.close()


if __name__ == "__main__":
    main()
