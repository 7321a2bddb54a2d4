"""Writing a release in a process of its own, so that it takes no turn from the threads that answer reviewers.

Putting tens of thousands of rows into words is work for one core. In a thread of the server it would hold the
interpreter's lock for most of that time, and every answer would wait for its turn several times over; a second process
with a lower priority costs 0.3 s to start and leaves the answers alone. It reads its own snapshot and writes into a
folder; what becomes of the files is the caller's business.
"""

import gc
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.database import Database
from app.errors import Unavailable
from app.jobs.apart import Progress, answer, run_apart
from app.releases.errors import WritingFailed
from app.releases.files import WrittenFile
from app.releases.freezing import Frozen, write_files


def write_files_apart(database: Database, release: int, version: str, folder: Path, progress: Progress) -> Frozen:
    """What :func:`write_files` does, in another process. An exception from ``progress`` ends it."""
    order = {
        "database": database.url.render_as_string(hide_password=False),
        "release": release,
        "version": version,
        "folder": str(folder),
    }
    try:
        told = run_apart(__name__, order, progress)
    except Unavailable as error:
        raise WritingFailed(f"The files could not be written. {error.message}") from error
    return Frozen(tuple(written_file(file) for file in told["files"]), told["counts"])


def written_file(told: dict[str, Any]) -> WrittenFile:
    columns = told["columns"]
    return WrittenFile(
        told["name"],
        told["size"],
        bytes.fromhex(told["sha256"]),
        told["rows"],
        None if columns is None else tuple(columns),
    )


def written(order: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """What the other process does: every file from one snapshot."""
    gc.disable()  # Every block is freed by reference counting; looking for cycles would take a fifth of the time.
    with closing(Database(order["database"])) as database, database.reading(snapshot=True) as session:
        frozen = write_files(session, order["release"], order["version"], Path(order["folder"]), progress)
    return {"files": [asdict(file) | {"sha256": file.sha256.hex()} for file in frozen.files], "counts": frozen.counts}


if __name__ == "__main__":
    answer(written)
