"""A command of the product in a process of its own, forked from one that has imported the product already.

It is all that a new process is, and can be killed like one; only importing, most of a start, was done once for all.
"""

import atexit
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).parent.parent

FROM = multiprocessing.get_context("forkserver")
FROM.set_forkserver_preload(["app.cli", "app.serving", __name__])


RUNNING: set[ForkServerProcess] = set()


@atexit.register
def end_what_is_left() -> None:
    """Whatever a test that failed left running, so that nothing waits for it."""
    for process in RUNNING:
        process.kill()


class Command:
    """``cytoreview`` with arguments: what it prints can be read line by line, its errors go to the end of a file."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], errors: Path) -> None:
        ours, theirs = FROM.Pipe(duplex=False)
        order = (list(arguments), dict(environment), str(errors), theirs)
        # No daemon, which may have no processes of its own: a server decodes in some.
        self.process: ForkServerProcess = FROM.Process(target=run, args=order)
        self.process.start()
        RUNNING.add(self.process)
        theirs.close()
        self.said = os.fdopen(os.dup(ours.fileno()))
        ours.close()

    def ended_within(self, seconds: float) -> bool:
        """Whether it is gone by then."""
        self.process.join(seconds)
        return self.process.exitcode is not None

    def terminate(self) -> None:
        """Ask it to end in good order."""
        self.process.terminate()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()

    def close(self) -> None:
        """Let go of what is left of it."""
        RUNNING.discard(self.process)
        self.said.close()
        self.process.close()


def run(arguments: list[str], environment: dict[str, str], errors: str, said: Connection) -> None:
    """The other process: what a shell would do before it starts a command, then the command."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    with open(errors, "ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    os.dup2(said.fileno(), sys.stdout.fileno())
    said.close()
    sys.argv = ["cytoreview", *arguments]
    from cytoreview import main

    main()
