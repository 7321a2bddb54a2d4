"""Reading what a release freezes, and the releases that there are."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Row, Select, func, select, type_coerce

from app.accounts.models import User
from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.catalogue.errors import UnknownDataset
from app.catalogue.models import Cell, Dataset, Occurrence, Outcome
from app.catalogue.queries import DatasetRow
from app.catalogue.service import RECOUNT
from app.consensus.queries import FitRow, newest_fit
from app.consensus.rules import DAWID_SKENE, THRESHOLD
from app.database import Reading
from app.jobs import queries as jobs
from app.jobs.models import Job
from app.jobs.service import JobState
from app.labels.labelset import LabelSet
from app.labels.models import LabelSetRow
from app.labels.queries import label_set
from app.releases.errors import ReleasesWait, UnknownRelease
from app.releases.layout import CellRow, ReviewRow, Words
from app.releases.manifest import MANIFEST, DatasetFacts, Facts, FitFacts, LabelSetFacts
from app.releases.models import Release, ReleaseFile, ReleaseState
from app.review.blind import Sight, sight_of
from app.review.models import Review, Round
from app.review.recounting import SAID_COLUMNS
from app.review.refitting import FIT
from app.review.verdicts import Said
from app.words import msg

BLOCK = 1000
"""Cells that are read and written together."""

REVIEW_COLUMNS = (
    Review.shown_label,
    Review.presentation,
    Review.mode,
    type_coerce(Review.recorded_at, DateTime(timezone=True)),
    Review.seconds,
    Review.reason,
    Review.comment,
)
"""What a :class:`ReviewRow` has beside what was said. Moments are taken as the driver gives them: making each of them
aware on the way would take a third of the time that reading all of it does.
"""

FAILED = "failed"
"""The state of a release whose job failed."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a release, and where its bytes are."""

    name: str
    size: int
    sha256: bytes
    key: str


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as a person sees it. ``error`` is the reason of a failed one."""

    id: int
    number: int
    state: str
    error: str | None
    job: str
    rule: str
    threshold: float | None
    formats: list[str]
    names: bool
    counts: dict[str, Any] | None
    created_by: str | None
    created_at: datetime
    frozen_at: datetime | None


def readable_dataset(session: Reading, person: Person, slug: str) -> DatasetRow:
    """A dataset whose releases this person may read now: not while they review it blind, whatever their role."""
    found = catalogue.dataset(session, slug)
    sight = sight_of(session, person)
    if not sight.may_see_dataset(found.id):
        raise UnknownDataset
    reason = held_back(sight, found.id)
    if reason:
        raise ReleasesWait(reason)
    return found


def held_back(sight: Sight, dataset: int) -> str | None:
    """Why this person may not see releases of a dataset now, None where they may."""
    if dataset not in sight.blind_datasets:
        return None
    return msg("You review cells of this dataset in an open blind round, so its releases wait until that round closes.")


def releases(session: Reading, dataset: int, limit: int, before: int | None = None) -> list[ReleaseRow]:
    """Releases, newest first, from below a number on. Walks uq_release_dataset_number backwards."""
    statement = release_rows().where(Release.dataset == dataset).order_by(Release.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Release.number < before)
    return [release_row(row) for row in session.execute(statement)]


def release(session: Reading, dataset: int, number: int) -> ReleaseRow:
    """One release. Walks uq_release_dataset_number."""
    row = session.execute(release_rows().where(Release.dataset == dataset, Release.number == number)).one_or_none()
    if row is None:
        raise UnknownRelease("This dataset has no release {number}.", number=number)
    return release_row(row)


def frozen_before(session: Reading, dataset: int, number: int) -> ReleaseRow | None:
    """The last frozen release before a number. Walks uq_release_dataset_number backwards."""
    row = session.execute(
        release_rows()
        .where(Release.dataset == dataset, Release.number < number, Release.state == ReleaseState.FROZEN)
        .order_by(Release.number.desc())
        .limit(1)
    ).one_or_none()
    return release_row(row) if row else None


def release_of_job(session: Reading, job: str) -> ReleaseRow:
    """The release that a job writes."""
    return release_row(session.execute(release_rows().where(Release.job == job)).one())


def release_rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Release.id,
            Release.number,
            Release.state,
            Job.state.label("job_state"),
            Job.message,
            Release.job,
            Release.rule,
            Release.threshold,
            Release.formats,
            Release.names,
            Release.counts,
            User.name,
            Release.created_at,
            Release.frozen_at,
        )
        .join_from(Release, Job, Release.job == Job.pid)
        .join(User, Release.created_by == User.id, isouter=True)
    )


def release_row(row: Row[*tuple[Any, ...]]) -> ReleaseRow:
    release, number, state, job_state, message, *rest = row
    failed = state == ReleaseState.WRITING and job_state == JobState.FAILED
    return ReleaseRow(release, number, FAILED if failed else state, message if failed else None, *rest)


def files(session: Reading, releases: Collection[int]) -> dict[int, list[FileRow]]:
    """The files by release, the manifest last. Walks release_file's primary key."""
    found: dict[int, list[FileRow]] = defaultdict(list)
    rows = session.execute(
        select(ReleaseFile.release, ReleaseFile.name, ReleaseFile.size, ReleaseFile.sha256, ReleaseFile.key)
        .where(ReleaseFile.release.in_(releases))
        .order_by(ReleaseFile.release, ReleaseFile.name == MANIFEST, ReleaseFile.name)
    )
    for release, name, size, sha256, key in rows:
        found[release].append(FileRow(name, size, sha256, key))
    return found


def frozen_files(session: Reading, dataset: int, number: int) -> list[FileRow]:
    """The files of a release that is frozen."""
    found = release(session, dataset, number)
    if found.state != ReleaseState.FROZEN:
        raise UnknownRelease(
            "Release {number} isn't frozen ({state}), so it has no files.", number=number, state=found.state
        )
    return files(session, [found.id])[found.id]


def file(session: Reading, dataset: int, number: int, name: str) -> FileRow:
    """One file of a release that is frozen."""
    for file in frozen_files(session, dataset, number):
        if file.name == name:
            return file
    raise UnknownRelease("Release {number} has no file {name}.", number=number, name=name)


def facts_of(session: Reading, release: int) -> Facts:
    """What is fixed about a release before its files are written. Walks the primary keys."""
    row = session.execute(
        select(
            Release.number,
            Release.rule,
            Release.threshold,
            Release.formats,
            Release.names,
            Release.dataset,
            Dataset.label_set,
            Dataset.rule.label("rule_of_dataset"),
            Dataset.rule_threshold,
            Dataset.slug,
            Dataset.name,
            Dataset.px_per_um,
            Dataset.stain,
            Dataset.source,
            Dataset.license,
            Dataset.citation,
            Dataset.url,
        )
        .join_from(Release, Dataset, Release.dataset == Dataset.id)
        .where(Release.id == release)
    ).one()
    labels = label_set(session, row.label_set)
    weighs = row.rule == DAWID_SKENE
    fit = newest_fit(session, row.dataset) if weighs else None
    same = row.rule == row.rule_of_dataset
    if fit is not None:
        older = select(Cell.id).where(Cell.dataset == row.dataset, Cell.fit != fit.id)
        same = (
            same and row.threshold == (row.rule_threshold or THRESHOLD) and not session.scalar(select(older.exists()))
        )
    return Facts(
        dataset_id=row.dataset,
        rule_is_the_datasets=same and not any(jobs.under_way(session, kind, row.slug) for kind in (RECOUNT, FIT)),
        number=row.number,
        dataset=DatasetFacts(
            row.slug, row.name, row.px_per_um, row.stain, row.source, row.license, row.citation, row.url
        ),
        label_set=LabelSetFacts(labels.name, labels.version, labels.digest().hex(), labels.names),
        rule=row.rule,
        threshold=row.threshold,
        formats=tuple(row.formats),
        names=row.names,
        fit=None if fit is None else fit_facts(fit),
    )


def fit_facts(fit: FitRow) -> FitFacts:
    """What a manifest says of a fit."""
    return FitFacts(
        prior=fit.prior,
        given_votes=fit.given_votes,
        cells=fit.cells,
        votes=fit.votes,
        raters=len(fit.raters),
        iterations=fit.iterations,
        converged=fit.converged,
        log_likelihood=fit.log_likelihood,
        sha256=fit.sha256.hex(),
    )


def words_of(session: Reading, facts: Facts) -> Words:
    """How the dataset's numbers are written. Pseudonyms count reviewers by their first review in it."""
    rounds = session.execute(select(Round.id, Round.pid).where(Round.dataset == facts.dataset_id))
    reviewers = session.execute(
        select(Review.reviewer, User.name)
        .join_from(Review, Cell, Review.cell == Cell.id)
        .join(User, Review.reviewer == User.id)
        .where(Cell.dataset == facts.dataset_id)
        .group_by(Review.reviewer, User.name)
        .order_by(func.min(Review.id))
    )
    shown = {
        reviewer: name if facts.names else f"reviewer-{number}"
        for number, (reviewer, name) in enumerate(reviewers, start=1)
    }
    return Words(facts.label_set.classes, dict(rounds.all()), shown)


def cells_in_order(session: Reading, dataset: int) -> Iterator[list[CellRow]]:
    """All cells of a dataset by pixel digest, in blocks. Walks uq_cell_dataset_pixel_sha256_width_height."""
    cells = session.stream(
        select(*(getattr(Cell, name) for name in CellRow._fields))
        .where(Cell.dataset == dataset)
        .order_by(Cell.pixel_sha256, Cell.width, Cell.height),
        BLOCK,
    )
    for block in cells.partitions():
        yield [CellRow._make(row) for row in block]


def files_of(session: Reading, cells: Collection[int]) -> tuple[dict[int, list[str]], dict[int, set[int]]]:
    """Paths and given labels by cell. Walks ix_occurrence_cell."""
    paths: dict[int, list[str]] = defaultdict(list)
    given_labels: dict[int, set[int]] = defaultdict(set)
    occurrences = session.execute(
        select(Occurrence.cell, Occurrence.path, Occurrence.given_label).where(Occurrence.cell.in_(cells))
    )
    for cell, path, given_label in occurrences.all():
        paths[cell].append(path)
        if given_label is not None:
            given_labels[cell].add(given_label)
    return paths, given_labels


def reviews_of(session: Reading, cells: Collection[int]) -> dict[int, list[ReviewRow]]:
    """Every review and adjudication by cell, in order of recording. Walks ix_review_cell_id."""
    reviews: dict[int, list[ReviewRow]] = defaultdict(list)
    statement = select(*SAID_COLUMNS, *REVIEW_COLUMNS).where(Review.cell.in_(cells)).order_by(Review.cell, Review.id)
    rows: Sequence[Sequence[Any]] = session.execute(statement).all()
    for row in rows:
        said = Said(*row[: len(SAID_COLUMNS)])
        reviews[said.cell].append(ReviewRow(said, *row[len(SAID_COLUMNS) :]))
    return reviews


def label_set_of(session: Reading, facts: Mapping[str, Any]) -> LabelSet:
    """The label set that a manifest names; the dataset may have a newer one (unique index on name and version)."""
    row = session.execute(
        select(LabelSetRow.id).where(LabelSetRow.name == facts["name"], LabelSetRow.version == facts["version"])
    ).scalar_one()
    return label_set(session, row)


def count_labels(session: Reading, dataset: int) -> int:
    """How many cells have a class for an outcome now. Walks ix_cell_dataset_label_id."""
    labelled = select(func.count()).where(
        Cell.dataset == dataset, Cell.label.is_not(None), Cell.outcome == Outcome.LABEL
    )
    return session.scalar(labelled) or 0


def count_cells(session: Reading, dataset: int) -> int:
    """How many cells a dataset has. Walks ix_cell_dataset_id."""
    return session.scalar(select(func.count()).select_from(Cell).where(Cell.dataset == dataset)) or 0


def last_number(session: Reading, dataset: int) -> int:
    """The highest number that was given, 0 where there is none. Walks uq_release_dataset_number."""
    return session.scalar(select(func.max(Release.number)).where(Release.dataset == dataset)) or 0
