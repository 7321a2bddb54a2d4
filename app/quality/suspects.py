"""Reading suspicion: the cells worst first, and what they were ranked by."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_

from app.accounts.models import Role
from app.accounts.people import Person
from app.audit.service import record
from app.catalogue import queries as catalogue
from app.catalogue.models import Cell, CellState
from app.catalogue.queries import DatasetRow
from app.catalogue.service import SUSPICION, ask_for_suspicion
from app.database import Database, Reading, Writing
from app.jobs import queries as jobs
from app.jobs.queries import JobView
from app.jobs.service import JobState
from app.labels import queries as labels
from app.quality.queries import readable_dataset
from app.quality.suspicion_schemas import Suspect, SuspectList
from app.review.blind import Sight, sight_of
from app.review.models import Review
from app.review.reasons import reason_in_words, reasons_of
from app.words import Words

JOBS_LOOKED_AT = 20
ROWS_IN_A_BLOCK = 1000
COLUMNS = ("cell_id", "given_label", "suspicion", "suggested", "source", "reason")

Key = Sequence[Any]


@dataclass(frozen=True)
class Standing:
    """How current a dataset's suspicion is: when it was made and of what, the job that makes it anew, and the reason
    why the last one failed."""

    ranked_at: datetime | None = None
    ranked: int | None = None
    sources: dict[str, int] | None = None
    models: list[str] | None = None
    unmeasured: int | None = None
    job: JobView | None = None
    failed: str | None = None


@dataclass(frozen=True)
class FoundSuspect:
    """A cell of the list, its reason not yet in anybody's language."""

    suspect: Suspect
    reason: Words | None


def standing(session: Reading, slug: str) -> Standing:
    """How current a dataset's suspicion is. Walks ix_job_kind_subject_id backwards."""
    found = jobs.jobs_of(session, SUSPICION, slug, JOBS_LOOKED_AT)
    under_way = next((job for job in found if job.state in (JobState.RUNNING, JobState.QUEUED)), None)
    ended = [job for job in found if job.state in (JobState.DONE, JobState.FAILED)]
    failed = ended[0].message if ended and ended[0].state == JobState.FAILED else None
    done = next((job for job in ended if job.state == JobState.DONE), None)
    if done is None:
        return Standing(job=under_way, failed=failed)
    report = done.report or {}
    return Standing(
        done.finished_at,
        report.get("ranked"),
        report.get("sources"),
        report.get("models"),
        report.get("unmeasured"),
        job=under_way,
        failed=failed,
    )


def suspects(
    session: Reading, person: Person, slug: str, language: str, limit: int, after: Key | None
) -> tuple[DatasetRow, list[FoundSuspect], list[Any] | None]:
    """The most suspicious cells of a dataset, as far as this person may know, and the key after which it goes on.

    A reviewer is shown those that they reviewed themselves. Walks ix_cell_dataset_suspicion_id backwards.
    """
    sight = sight_of(session, person)
    dataset = readable_dataset(session, sight, slug)
    label_set = labels.label_set(session, dataset.label_set)
    rows = session.execute(ranked_cells(sight, dataset.id, after).limit(limit + 1)).all()
    reasons = reasons_of(session, [row.id for row in rows[:limit]])
    found = []
    for row in rows[:limit]:
        reason = reasons.get(row.id)
        suspect = Suspect(
            cell_id=row.pid,
            given_label=label_set[row.given_label].name,
            suspicion=row.suspicion,
            suggested=label_set[reason.suggested].name if reason and reason.suggested is not None else None,
            source=reason.source if reason else None,  # type: ignore[arg-type]
            reason="",
            thumbnail_url=f"/api/v1/cells/{row.pid}/image?size=thumbnail",
        )
        found.append(FoundSuspect(suspect, reason_in_words(reason, label_set, language) if reason else None))
    last = rows[limit - 1] if len(rows) > limit else None
    return dataset, found, None if last is None else [last.suspicion, last.id]


def ranked_cells(sight: Sight, dataset: int, after: Key | None) -> Any:
    """The cells in order, from after a key on. What was adjudicated, or filed under a second class, since the
    last ranking is left out already."""
    statement = (
        select(Cell.id, Cell.pid, Cell.given_label, Cell.suspicion)
        .where(
            Cell.dataset == dataset,
            Cell.suspicion.is_not(None),
            Cell.given_label.is_not(None),
            Cell.state != CellState.ADJUDICATED,
            sight.sees_suspicion(),
        )
        .order_by(Cell.suspicion.desc(), Cell.id.desc())
    )
    if after is not None:
        statement = statement.where(tuple_(Cell.suspicion, Cell.id) < (float(after[0]), after[1]))
    if not sight.person.may(Role.ADJUDICATOR):
        own = select(Review.id).where(Review.cell == Cell.id, Review.reviewer == sight.person.id)
        statement = statement.where(own.exists())
    return statement


def suspect_list(session: Reading, person: Person, dataset: DatasetRow, items: list[Suspect]) -> SuspectList:
    """A page of the list, with how current it is for those who look after the dataset."""
    told = standing(session, dataset.slug) if person.may(Role.ADJUDICATOR) else Standing()
    return SuspectList(
        items=items,
        ranked_at=told.ranked_at,
        ranked=told.ranked,
        sources=told.sources,
        models=told.models,
        unmeasured=told.unmeasured,
        job=told.job.pid if told.job else None,
    )


def as_table(database: Database, person: Person, slug: str, say: Any) -> Iterator[str]:
    """The whole list as CSV, block by block; ``say`` puts a reason into somebody's language."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    after: Key | None = None
    while True:
        with database.reading() as session:
            _, found, after = suspects(session, person, slug, say.code, ROWS_IN_A_BLOCK, after)
        for one in found:
            row = one.suspect
            reason = say.phrase(one.reason) if one.reason else ""
            writer.writerow(
                (row.cell_id, row.given_label, row.suspicion, row.suggested or "", row.source or "", reason)
            )
        yield text.getvalue()
        text.seek(0)
        text.truncate()
        if after is None:
            return


def rank_again(session: Writing, slug: str, actor: int) -> str:
    """Have a dataset's suspicion made anew; returns the job."""
    dataset = catalogue.dataset(session, slug)
    record(session, actor, "dataset.suspicion", slug, {})
    return ask_for_suspicion(session, dataset, actor)
