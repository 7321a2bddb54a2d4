"""Looking something up from a coroutine."""

from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from app.database import Database, Reading

Found = TypeVar("Found")


async def glance(database: Database, look: Callable[[Reading], Found]) -> Found:
    """What a step or two in an index find.

    On SQLite those pages are in memory and a reader never waits for a writer, so they are taken at once: handing the
    step to a thread and back takes several times as long. PostgreSQL answers over a network, and no event loop can wait
    for that.
    """

    def looked() -> Found:
        with database.reading() as session:
            return look(session)

    return looked() if database.is_sqlite else await run_in_threadpool(looked)
