"""A job's way: ``queued → running → done`` or ``failed``, and back to ``queued`` when its runner stops.

Every change while a job runs names the worker that runs it: one that lost its job to another is told so and writes
nothing any more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Update, and_, insert, or_, select, update

from app.database import Writing, new_pid, now
from app.jobs.bell import bell
from app.jobs.errors import JobLost
from app.jobs.models import Job

MOST_STARTS = 5
"""A job that was broken off so often takes its worker down with it: it is not tried again."""

LONGEST_MESSAGE = 1000


class JobState(StrEnum):
    """Where a job is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that one worker has to itself, as long as it gives signs of life."""

    id: int
    pid: str
    kind: str
    subject: str
    arguments: Mapping[str, Any]
    actor: int | None
    starts: int
    worker: str


def enqueue(session: Writing, kind: str, subject: str, arguments: Mapping[str, Any], actor: int | None = None) -> str:
    """Ask for long work; it begins when this transaction has committed. Returns the job's public id."""
    pid = new_pid()
    session.execute(
        insert(Job).values(
            pid=pid,
            kind=kind,
            subject=subject,
            arguments=dict(arguments),
            state=JobState.QUEUED,
            created_by=actor,
            created_at=now(),
        )
    )
    session.after_commit(bell.ring)
    return pid


def claim(session: Writing, kinds: Collection[str], worker: str, silent_since: datetime) -> Claim | None:
    """The oldest job of these kinds that waits, or whose worker has given no sign of life since then.

    One that was left behind too often is given up instead.
    """
    session.execute(
        update(Job)
        .where(
            Job.state == JobState.RUNNING,
            Job.kind.in_(kinds),
            Job.beat_at < silent_since,
            Job.starts >= MOST_STARTS,
        )
        .values(
            state=JobState.FAILED,
            message=f"Given up: the server ended {MOST_STARTS} times while it did this. Its log says more.",
            finished_at=now(),
            worker=None,
        )
    )
    chosen = session.execute(
        select(Job.id, Job.pid, Job.kind, Job.subject, Job.arguments, Job.created_by, Job.starts)
        .where(Job.kind.in_(kinds), waits_or_is_orphaned(silent_since))
        .order_by(Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if chosen is None:
        return None
    claimed = Claim(
        id=chosen.id,
        pid=chosen.pid,
        kind=chosen.kind,
        subject=chosen.subject,
        arguments=chosen.arguments,
        actor=chosen.created_by,
        starts=chosen.starts + 1,
        worker=worker,
    )
    moment = now()
    session.execute(
        update(Job)
        .where(Job.id == claimed.id)
        .values(
            state=JobState.RUNNING,
            worker=worker,
            beat_at=moment,
            started_at=moment,
            starts=claimed.starts,
        )
    )
    return claimed


def waits_or_is_orphaned(silent_since: datetime) -> Any:
    """The condition under which a job may be claimed (walks ix_job_state_id)."""
    return or_(
        Job.state == JobState.QUEUED,
        and_(Job.state == JobState.RUNNING, Job.beat_at < silent_since),
    )


def beat(session: Writing, claimed: Claim) -> None:
    """A sign of life."""
    change(session, held(claimed).values(beat_at=now()))


def progress(session: Writing, claimed: Claim, done: int, total: int | None, message: str) -> None:
    """How far it is; also a sign of life."""
    change(
        session,
        held(claimed).values(done=done, total=total, message=message[:LONGEST_MESSAGE], beat_at=now()),
    )


def finish(session: Writing, claimed: Claim, report: Mapping[str, Any] | None) -> None:
    """It is done, and this came of it."""
    change(
        session,
        held(claimed).values(
            state=JobState.DONE,
            report=None if report is None else dict(report),
            finished_at=now(),
            worker=None,
        ),
    )


def note_done(
    session: Writing, kind: str, subject: str, arguments: Mapping[str, Any], report: Mapping[str, Any]
) -> None:
    """Long work that was done without a runner, by a command: what came of it stands among the jobs."""
    moment = now()
    session.execute(
        insert(Job).values(
            pid=new_pid(),
            kind=kind,
            subject=subject,
            arguments=dict(arguments),
            state=JobState.DONE,
            report=dict(report),
            created_at=moment,
            finished_at=moment,
        )
    )


def fail(session: Writing, claimed: Claim, reason: str) -> None:
    """It can't be done; the reason takes the message's place."""
    change(
        session,
        held(claimed).values(state=JobState.FAILED, message=reason[:LONGEST_MESSAGE], finished_at=now(), worker=None),
    )


def put_back(session: Writing, claimed: Claim) -> None:
    """The runner stops in good order: the start doesn't count."""
    change(
        session,
        held(claimed).values(state=JobState.QUEUED, worker=None, starts=claimed.starts - 1),
    )


def try_again(session: Writing, claimed: Claim) -> None:
    """The database broke the work off, as when two writers waited for each other: it goes on from where it was, but not
    for ever."""
    change(session, held(claimed).values(state=JobState.QUEUED, worker=None))


def rename_subject(session: Writing, before: str, after: str) -> None:
    """What jobs are about has a new name."""
    session.execute(update(Job).where(Job.subject == before).values(subject=after))


def held(claimed: Claim) -> Update:
    """A change of a job by the worker that still has it."""
    return update(Job).where(Job.id == claimed.id, Job.worker == claimed.worker, Job.state == JobState.RUNNING)


def change(session: Writing, statement: Update) -> None:
    if session.execute(statement).rowcount == 0:
        raise JobLost


def silence(seconds: float) -> datetime:
    """The moment before which a worker's last sign of life is too old."""
    return now() - timedelta(seconds=seconds)
