"""Reading jobs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from app.database import Reading
from app.jobs.errors import UnknownJob
from app.jobs.models import Job
from app.jobs.service import JobState, waits_or_is_orphaned


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a person sees it. ``message`` is the reason where it failed."""

    pid: str
    kind: str
    subject: str
    state: str
    done: int
    total: int | None
    message: str
    report: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


VIEW = (
    Job.pid,
    Job.kind,
    Job.subject,
    Job.state,
    Job.done,
    Job.total,
    Job.message,
    Job.report,
    Job.created_at,
    Job.started_at,
    Job.finished_at,
)


def job(session: Reading, pid: str) -> JobView:
    """A job by its public id (unique index)."""
    row = session.execute(select(*VIEW).where(Job.pid == pid)).one_or_none()
    if row is None:
        raise UnknownJob("There is no such job.")
    return JobView(*row)


def jobs_of(session: Reading, kind: str, subject: str, limit: int = 50) -> list[JobView]:
    """The newest jobs of a kind about one subject (walks ix_job_kind_subject_id backwards)."""
    rows = session.execute(
        select(*VIEW).where(Job.kind == kind, Job.subject == subject).order_by(Job.id.desc()).limit(limit)
    )
    return [JobView(*row) for row in rows]


def under_way(session: Reading, kind: str, subject: str) -> bool:
    """Whether such a job waits or runs (walks ix_job_kind_subject_id)."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Job.kind == kind,
                    Job.subject == subject,
                    Job.state.in_((JobState.QUEUED, JobState.RUNNING)),
                )
            )
        )
    )


def is_queued(session: Reading, kind: str, subject: str) -> bool:
    """Whether such a job waits to start (walks ix_job_kind_subject_id)."""
    waiting = exists().where(Job.kind == kind, Job.subject == subject, Job.state == JobState.QUEUED)
    return bool(session.scalar(select(waiting)))


def queued(session: Reading, kind: str, subject: str) -> str | None:
    """Such a job that waits to start, None where there is none (walks ix_job_kind_subject_id)."""
    return session.scalar(
        select(Job.pid).where(Job.kind == kind, Job.subject == subject, Job.state == JobState.QUEUED).limit(1)
    )


def is_waiting(session: Reading, kinds: Collection[str], silent_since: datetime) -> bool:
    """Whether there is something to claim: asked before the writer's lock is taken (walks ix_job_state_id)."""
    waiting = exists().where(Job.kind.in_(kinds), waits_or_is_orphaned(silent_since))
    return bool(session.scalar(select(waiting)))


def running(session: Reading) -> JobView | None:
    """A job that runs now, the newest one (walks ix_job_state_id)."""
    row = session.execute(
        select(*VIEW).where(Job.state == JobState.RUNNING).order_by(Job.id.desc()).limit(1)
    ).one_or_none()
    return JobView(*row) if row else None
