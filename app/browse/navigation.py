"""What the top bar of every page shows."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import and_, func, select

from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue.models import CellState, Counter, Dataset
from app.database import Database, Reading
from app.jobs import queries as jobs
from app.review.blind import Sight, sight_of


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that runs now, and how far it is."""

    pid: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class Navigation:
    """Disputes to settle, and a job that runs; None where they aren't this person's."""

    disputes: int
    disputes_url: str | None
    job: RunningJob | None


def navigation(database: Database) -> Callable[[Person], Navigation]:
    """What finds the top bar's numbers: a few rows of counters and one of jobs; for a reviewer nothing is asked."""

    def of(person: Person) -> Navigation:
        if not person.may(Role.ADJUDICATOR):
            return Navigation(0, None, None)
        with database.reading() as session:
            waiting = disputes_by_dataset(session, sight_of(session, person))
            job = running_job(session) if person.may(Role.ADMIN) else None
        most = max(waiting, key=lambda slug: waiting[slug], default=None)
        return Navigation(sum(waiting.values()), f"/datasets/{most}/disputes" if most else None, job)

    return of


def disputes_by_dataset(session: Reading, sight: Sight) -> dict[str, int]:
    """Disputed cells by dataset, of those whose counts this person may see. Walks counter's primary key."""
    rows = session.execute(
        select(Dataset.slug, func.coalesce(func.sum(Counter.n), 0))
        .join(Counter, and_(Counter.dataset == Dataset.id, Counter.state == CellState.DISPUTED), isouter=True)
        .where(Dataset.archived_at.is_(None), Dataset.id.not_in(sorted(sight.blind_datasets)))
        .group_by(Dataset.id, Dataset.slug)
        .order_by(Dataset.id)
    )
    return dict(rows.all())


def running_job(session: Reading) -> RunningJob | None:
    """The newest job that runs now. Walks ix_job_state_id."""
    job = jobs.running(session)
    if job is None:
        return None
    return RunningJob(job.pid, round(100 * job.done / job.total) if job.total else None)
