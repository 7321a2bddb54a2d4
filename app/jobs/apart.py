"""Long calculations in a process of their own, so that they take no turn and no memory from who answers reviewers.

The other process runs a module that calls :func:`answer`: it is told what to do in one line of JSON, tells how far it
is in others, and in the last one what came of it. If the caller dies, the next line breaks the pipe and ends it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.errors import CytoreviewError, Unavailable

SITE = Path(__file__).parents[2]
"""The folder that holds this package; the other process finds it there whatever folder it starts in."""

PRIORITY = 10
"""How much the other process stands back, in nice levels."""

Progress = Callable[[int, int | None], None]


def run_apart(module: str, order: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """What a module of ours answers to an order. An exception from ``progress`` ends it."""
    told: dict[str, Any] = {}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # One core a process: what multiplies matrices would take all of them.
        env=os.environ | {"PYTHONPATH": str(SITE), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        try:
            with suppress(BrokenPipeError):  # It is gone already; that it told nothing is seen below.
                json.dump(dict(order), other.stdin)
                other.stdin.close()
            for line in other.stdout:
                told = json.loads(line)
                if "done" in told:
                    progress(told["done"], told["total"])
        except BaseException:
            other.kill()
            raise
    if "error" in told:
        raise Unavailable(told["error"])
    if "report" not in told:
        raise Unavailable(
            f"The process that does it ended with code {other.returncode}. The server's log says more. Try again: "
            "nothing is lost."
        )
    report: dict[str, Any] = told["report"]
    return report


def answer(work: Callable[[Mapping[str, Any], Progress], Mapping[str, Any]]) -> None:
    """The other process: an order on standard input, lines of JSON on standard output."""
    order = json.load(sys.stdin)
    os.nice(PRIORITY)
    try:
        report = work(order, lambda done, total: tell(done=done, total=total))
    except CytoreviewError as error:
        tell(error=error.message)
        sys.exit(1)
    tell(report=dict(report))


def tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
