"""What the top bar of every page shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.catalogue.models import CellState
from app.database import Database
from app.jobs import queries as jobs
from app.review.blind import sight_of


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
    """What finds the top bar's numbers: a few rows of counters and one of jobs."""

    def of(person: Person) -> Navigation:
        if not person.may(Role.ADJUDICATOR):
            return Navigation(0, None, None)
        with database.reading() as session:
            sight = sight_of(session, person)
            waiting = {
                dataset.slug: catalogue.counts(session, dataset.id).by_state.get(CellState.DISPUTED, 0)
                for dataset in catalogue.datasets(session)
                if dataset.id not in sight.blind_datasets
            }
            running: Any = jobs.running(session) if person.may(Role.ADMIN) else None
        most = max(waiting, key=lambda slug: waiting[slug], default=None)
        return Navigation(
            sum(waiting.values()),
            f"/datasets/{most}/disputes" if most else None,
            RunningJob(running.pid, round(100 * running.done / running.total) if running.total else None)
            if running
            else None,
        )

    return of
