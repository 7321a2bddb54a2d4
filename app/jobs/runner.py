"""Threads that do the waiting jobs, on both databases.

A job is claimed in one short transaction, done without one, and finished in another. While it is done, a second thread
gives signs of life; a job whose worker has fallen silent is claimed by the next runner that looks, so handlers resume
where they stopped and may run twice without harm.
"""

import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import OperationalError

from app.database import Database
from app.errors import CytoreviewError
from app.jobs import queries, service
from app.jobs.bell import bell
from app.jobs.errors import JobInterrupted, JobLost
from app.jobs.service import Claim
from app.log import Log

log = Log("jobs")

SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_BETWEEN_BEATS = 3.0
SECONDS_OF_SILENCE = 20.0
SECONDS_BETWEEN_REPORTS = 0.3


class RunningJob:
    """What a handler is given: what it is asked to do, and how it says how far it is."""

    def __init__(self, database: Database, claimed: Claim, stopping: threading.Event) -> None:
        self.database = database
        self.pid = claimed.pid
        self.subject = claimed.subject
        self.arguments = claimed.arguments
        self.actor = claimed.actor
        self._claimed = claimed
        self._stopping = stopping
        self._lost = threading.Event()
        self._reported_at = 0.0

    def report(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far it is; call it as often as you like, it is written a few times a second at most.

        Raises :class:`JobInterrupted` when the runner stops and :class:`JobLost` when another worker has the job; a
        handler lets both pass, outside of any transaction of its own.
        """
        if self._stopping.is_set():
            raise JobInterrupted
        if self._lost.is_set():
            raise JobLost
        moment = time.monotonic()
        if moment - self._reported_at >= SECONDS_BETWEEN_REPORTS:
            self._reported_at = moment
            with self.database.writing() as session:
                service.progress(session, self._claimed, done, total, message)

    def beat(self) -> None:
        """A sign of life, from the thread that watches over the handler."""
        try:
            with self.database.writing() as session:
                service.beat(session, self._claimed)
        except JobLost:
            self._lost.set()


Handler = Callable[[RunningJob], Mapping[str, Any] | None]
"""Does a job and returns its report. A :class:`CytoreviewError` becomes the reason for which it failed."""


class Runner:
    """Does the jobs of the kinds that it has handlers for.

    ``slow`` names kinds that may take hours: each has a thread of its own, so that nothing needs to wait for it.
    ``seconds_of_silence``: after how long a worker is taken for dead.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        slow: tuple[str, ...] = (),
        seconds_of_silence: float = SECONDS_OF_SILENCE,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._lanes = [
            lane
            for lane in (
                tuple(kind for kind in handlers if kind not in slow),
                *((kind,) for kind in slow if kind in handlers),
            )
            if lane
        ]
        self._seconds_of_silence = seconds_of_silence
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.name = f"{platform.node()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"

    def start(self) -> None:
        """Begin to look for jobs."""
        for number, lane in enumerate(self._lanes):
            thread = threading.Thread(target=self._serve, args=(lane,), name=f"jobs-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait(self, seconds: float) -> None:
        """Until something rings the bell, or for so many seconds."""
        bell.wait(bell.strokes, seconds)

    def stop(self, seconds: float = 10.0) -> bool:
        """Have running jobs broken off at their next report and put back; whether all threads ended in time."""
        self._stopping.set()
        bell.ring()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def run_waiting(self) -> int:
        """Do what waits, in this thread, and return how many jobs that were."""
        done = 0
        for lane in self._lanes:
            while not self._stopping.is_set() and self._do_one(lane):
                done += 1
        return done

    def _serve(self, lane: tuple[str, ...]) -> None:
        while not self._stopping.is_set():
            heard = bell.strokes
            try:
                while not self._stopping.is_set() and self._do_one(lane):
                    pass
            except Exception:
                log.exception("jobs can't be claimed", kinds=lane)
            if not self._stopping.is_set():
                bell.wait(heard, SECONDS_BETWEEN_LOOKS)

    def _do_one(self, lane: tuple[str, ...]) -> bool:
        silent_since = service.silence(self._seconds_of_silence)
        with self._database.reading() as session:
            if not queries.is_waiting(session, lane, silent_since):
                return False
        with self._database.writing() as session:
            claimed = service.claim(session, lane, self.name, silent_since)
        if claimed is None:
            return False
        self._do(claimed)
        return True

    def _do(self, claimed: Claim) -> None:
        running = RunningJob(self._database, claimed, self._stopping)
        about = log.bind(job=claimed.pid, kind=claimed.kind, subject=claimed.subject, start=claimed.starts)
        about.info("job started")
        try:
            with SignsOfLife(running):
                report = self._handlers[claimed.kind](running)
            with self._database.writing() as session:
                service.finish(session, claimed, report)
            about.info("job done")
        except JobInterrupted:
            with self._database.writing() as session:
                service.put_back(session, claimed)
            about.info("job put back")
        except JobLost:
            about.warning("job lost to another worker")
        except CytoreviewError as error:
            self._fail(claimed, error.message)
            about.warning("job failed", reason=error.message)
        except Exception as error:
            # Of two writers that waited for each other the database breaks one off.
            if isinstance(error, OperationalError) and claimed.starts < service.MOST_STARTS:
                about.exception("job broken off by the database")
                with self._database.writing() as session:
                    service.try_again(session, claimed)
                return
            about.exception("job failed")
            self._fail(claimed, f"Something went wrong on the server. Its log has it under {claimed.pid}.")

    def _fail(self, claimed: Claim, reason: str) -> None:
        with self._database.writing() as session:
            service.fail(session, claimed, reason)


class SignsOfLife:
    """While a handler works, however long it is silent, others can see that its worker lives."""

    def __init__(self, running: RunningJob) -> None:
        self._running = running
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="jobs-beat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_BEATS):
            try:
                self._running.beat()
            except Exception:
                log.exception("a sign of life could not be written")
