"""Writing a release in a process of its own, so that it takes no turn from the threads that answer reviewers.

Putting tens of thousands of rows into words is work for one core. In a thread of the server it would hold the
interpreter's lock for most of that time, and every answer would wait for its turn several times over; a second process
with a lower priority costs 0.3 s to start and leaves the answers alone. It reads its own snapshot and writes into a
folder; what becomes of the files is the caller's business. If the caller dies, the next line breaks the pipe and ends
it.
"""

import gc
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from app.database import Database
from app.errors import CytoreviewError
from app.releases.errors import WritingFailed
from app.releases.files import WrittenFile
from app.releases.freezing import Frozen, Progress, write_files

SITE = Path(__file__).parents[2]
"""The folder that holds this package; the other process finds it there whatever folder it starts in."""

PRIORITY = 10
"""How much the other process stands back, in nice levels."""


def write_files_apart(database: Database, release: int, version: str, folder: Path, progress: Progress) -> Frozen:
    """What :func:`write_files` does, in another process. An exception from ``progress`` ends it."""
    order = {
        "database": database.url.render_as_string(hide_password=False),
        "release": release,
        "version": version,
        "folder": str(folder),
    }
    with subprocess.Popen(
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SITE)},
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        try:
            with suppress(BrokenPipeError):  # It is gone already; that it told nothing is seen below.
                json.dump(order, other.stdin)
                other.stdin.close()
            told = listen(other.stdout, progress)
        except BaseException:
            other.kill()
            raise
    if "error" in told:
        raise WritingFailed(told["error"])
    if "files" not in told:
        raise WritingFailed(
            f"The files could not be written: the process that writes them ended with code {other.returncode}. The "
            "server's log says more; freezing another release tries again."
        )
    return Frozen(tuple(written_file(file) for file in told["files"]), told["counts"])


def listen(lines: IO[str], progress: Progress) -> dict[str, Any]:
    """Pass progress on until the last line, which says what came of it."""
    told: dict[str, Any] = {}
    for line in lines:
        told = json.loads(line)
        if "done" in told:
            progress(told["done"], told["total"])
    return told


def written_file(told: dict[str, Any]) -> WrittenFile:
    columns = told["columns"]
    return WrittenFile(
        told["name"],
        told["size"],
        bytes.fromhex(told["sha256"]),
        told["rows"],
        None if columns is None else tuple(columns),
    )


def tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """The other process: an order on standard input, lines of JSON on standard output."""
    order = json.load(sys.stdin)
    os.nice(PRIORITY)
    gc.disable()  # Every block is freed by reference counting; looking for cycles would take a fifth of the time.
    database = Database(order["database"])
    try:
        with database.reading(snapshot=True) as session:
            frozen = write_files(
                session,
                order["release"],
                order["version"],
                Path(order["folder"]),
                lambda done, total: tell(done=done, total=total),
            )
    except CytoreviewError as error:
        tell(error=error.message)
        sys.exit(1)
    finally:
        database.close()
    tell(files=[asdict(file) | {"sha256": file.sha256.hex()} for file in frozen.files], counts=frozen.counts)


if __name__ == "__main__":
    main()
