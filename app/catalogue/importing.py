"""An import from end to end: what a source names is compared with what the dataset has, and only the rest is opened.

Nothing is kept between runs but the rows themselves. Each batch is one transaction, so an import that was killed has
taken some batches and not the others; the next run finds those files known and goes on with the rest.
"""

import os
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from app.audit.service import record
from app.catalogue import queries
from app.catalogue.decoding import Refusal, Result, Work, decoded
from app.catalogue.files import Found, Origin, Pictures, in_chunks
from app.catalogue.intake import Arrival, Known, Place, known_occurrences, ours, relabel, take_in
from app.catalogue.labelling import Labelling, LabelMap
from app.catalogue.queries import DatasetRow
from app.catalogue.service import ask_for_features, ask_for_recount, find_or_make_source
from app.database import Database
from app.labels.labelset import LabelSet

FILES_A_CHUNK = 16
BYTES_A_CHUNK = 16_000_000
FILES_A_LOOK = (100, 500)
"""Files that are compared with the dataset at a time: few at first, so that the first cells come soon."""

FILES_A_RELABELLING = 100
FIRST_BATCH = 16
LARGEST_BATCH = {"sqlite": 150, "postgresql": 500}
SECONDS_A_BATCH = {"sqlite": 0.006, "postgresql": 0.2}
"""What a transaction's statements should take. On SQLite reviewers wait for it, and its commit comes on top."""
SECONDS_UNTIL_COMMIT = 0.5

FILES_WORTH_PROCESSES = 150
BYTES_WORTH_PROCESSES = 50_000_000
MOST_PROCESSES = 16


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; ``bytes_read`` counts what was opened, not what was known."""

    files: int
    files_total: int
    size: int
    size_total: int
    bytes_read: int
    cells_new: int
    refused: int


@dataclass(slots=True)
class Report:
    """What an import did. ``updated`` files were known, and their source says something else of them now."""

    files: int
    cells_new: int = 0
    cells_total: int = 0
    occurrences_new: int = 0
    born_disputed: int = 0
    unchanged: int = 0
    updated: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    unknown_classes: list[dict[str, object]] = field(default_factory=list)
    ignored: int = 0
    normalised: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The report as ``import --json`` prints it."""
        return {name: getattr(self, name) for name in self.__slots__}


def import_files(
    database: Database,
    origin: Origin,
    dataset: DatasetRow,
    label_set: LabelSet,
    *,
    label_map: LabelMap | None = None,
    blobs_url: str,
    actor: int | None = None,
    processes: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Take everything that a source names into a dataset.

    ``on_progress`` may raise to break off; what was committed stays. ``processes`` is the number of decoding processes,
    by default as many as there are cores, none where there is one core or little to do.
    """
    with database.writing() as session:
        source, name = find_or_make_source(session, dataset.id, origin.root, origin.name, origin.copied)
    place = Place(dataset.id, source, name, label_set)
    run = Import(database, origin, place, Labelling(label_set, label_map or LabelMap()), on_progress)
    run.take_all(Work(origin.reader, blobs_url if origin.copied else None), processes)
    with database.writing() as session:
        report = run.report(queries.counts(session, dataset.id))
        record(session, actor, "dataset.imported", dataset.slug, event_body(origin, report))
        if report.cells_new:
            ask_for_features(session, dataset, actor)
        if dataset.given_votes:
            ask_for_recount(session, dataset, actor)
    return report


class Import:
    """One run over one source."""

    def __init__(
        self,
        database: Database,
        origin: Origin,
        place: Place,
        labelling: Labelling,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._database = database
        self._origin = origin
        self._listing = origin.listing
        self._place = place
        self._labelling = labelling
        self._on_progress = on_progress
        self._begun = time.monotonic()
        self._size_total = self._listing.pictures.size
        self._files = len(self._listing.refused)
        self._size = self._bytes_read = 0
        self._normalised: Tally[str] = Tally()
        self._report = Report(self._listing.files, ignored=self._listing.ignored)
        for path, reason in self._listing.refused:
            self._refuse(path, reason)

    def report(self, counts: queries.CellCounts) -> Report:
        """What was done, and what the dataset is like now."""
        report = self._report
        report.cells_total, report.born_disputed = counts.total, counts.born_disputed
        report.refused.sort(key=lambda one: one["path"])
        report.unknown_classes = self._labelling.unknown_classes()
        report.normalised = dict(self._normalised.most_common())
        report.seconds = round(time.monotonic() - self._begun, 3)
        return report

    def take_all(self, work: Work, processes: int | None) -> None:
        """Open what isn't known, in batches that grow as long as they are quick."""
        self._tell()
        unknown = self._unknown()
        if processes is None:
            first = list(islice(unknown, FILES_WORTH_PROCESSES))
            is_worth_it = len(first) == FILES_WORTH_PROCESSES or size_of(first) > BYTES_WORTH_PROCESSES
            processes = processes_here() if is_worth_it else 0
            unknown = chain(first, unknown)
        labels: dict[str, int | None] = {}
        chunks = self._remembered(unknown, labels)
        asked: list[list[Found]] = []
        batch, batch_size, committed_at = list[Arrival](), FIRST_BATCH, time.monotonic()
        with closing(decoded(work, paths_of(chunks, asked), processes)) as results:
            for chunk in results:
                batch += self._arrivals(asked.pop(0), chunk, labels)
                if len(batch) >= batch_size or time.monotonic() - committed_at > SECONDS_UNTIL_COMMIT:
                    batch_size = self._commit(batch, batch_size)
                    batch, committed_at = [], time.monotonic()
                    self._tell()
        if batch:
            self._commit(batch, batch_size)
        self._tell()

    def _unknown(self) -> Iterator[tuple[Found, int | None]]:
        """The files that have to be opened, with their classes; the others are counted or given their new label."""
        changes: list[tuple[Known, int | None, Mapping[str, str] | None]] = []
        for founds in looks(self._listing.pictures):
            with self._database.reading() as session:
                known = known_occurrences(session, self._place, founds)
            for found in founds:
                label = self._labelling.label(found.path, found.label)
                occurrence = ours(known, self._place, found.path)
                if occurrence is None or not occurrence.is_as_found(self._place, found, self._origin.immutable):
                    yield found, label
                    continue
                if occurrence.says_less_than(label, found.attributes):
                    changes.append((occurrence, label, found.attributes))
                else:
                    self._report.unchanged += 1
                self._files += 1
                self._size += found.size
            for start in range(0, len(changes), FILES_A_RELABELLING):
                self._relabel(changes[start : start + FILES_A_RELABELLING])
            changes = []
            self._tell()

    def _remembered(
        self, unknown: Iterator[tuple[Found, int | None]], labels: dict[str, int | None]
    ) -> Iterator[list[Found]]:
        """The files in chunks for the decoders; their classes wait here."""

        def founds() -> Iterator[Found]:
            for found, label in unknown:
                labels[found.path] = label
                yield found

        return in_chunks(founds(), FILES_A_CHUNK, BYTES_A_CHUNK)

    def _arrivals(
        self, founds: Sequence[Found], results: Sequence[Result], labels: dict[str, int | None]
    ) -> list[Arrival]:
        arrivals = []
        for found, result in zip(founds, results, strict=True):
            label = labels.pop(found.path)
            self._files += 1
            self._size += found.size
            self._bytes_read += found.size
            if isinstance(result, Refusal):
                self._refuse(found.path, result.reason)
            else:
                self._normalised.update(result.normalised)
                arrivals.append(Arrival(found, label, result))
        return arrivals

    def _commit(self, batch: Sequence[Arrival], batch_size: int) -> int:
        """Take a batch in; returns how large the next one may be."""
        if not batch:
            return batch_size
        with self._database.writing() as session:
            begun = time.monotonic()
            taken = take_in(session, self._place, batch)
            took = time.monotonic() - begun
        self._report.cells_new += taken.cells_new
        self._report.occurrences_new += taken.occurrences_new
        self._report.updated += taken.updated
        self._report.unchanged += taken.unchanged
        for path, reason in taken.refused:
            self._refuse(path, reason)
        fitting = int(len(batch) * SECONDS_A_BATCH[session.dialect] / max(took, 1e-6))
        return max(FIRST_BATCH, min(LARGEST_BATCH[session.dialect], 2 * batch_size, fitting))

    def _relabel(self, changes: Sequence[tuple[Known, int | None, Mapping[str, str] | None]]) -> None:
        with self._database.writing() as session:
            relabel(session, self._place, changes)
        self._report.updated += len(changes)

    def _refuse(self, path: str, reason: str) -> None:
        self._report.refused.append({"path": path, "reason": reason})

    def _tell(self) -> None:
        self._on_progress(
            Progress(
                self._files,
                self._listing.files,
                self._size,
                self._size_total,
                self._bytes_read,
                self._report.cells_new,
                len(self._report.refused),
            )
        )


def looks(pictures: Pictures) -> Iterator[list[Found]]:
    """The files in portions that are compared with the dataset in one query each."""
    first, size = FILES_A_LOOK
    yield list(pictures.part(0, first))
    for start in range(first, len(pictures), size):
        yield list(pictures.part(start, start + size))


def paths_of(chunks: Iterator[list[Found]], asked: list[list[Found]]) -> Iterator[list[str]]:
    """What goes to the decoders; the chunks wait in ``asked`` for their results, which come in the same order."""
    for chunk in chunks:
        asked.append(chunk)
        yield [found.path for found in chunk]


def size_of(unknown: Sequence[tuple[Found, int | None]]) -> int:
    return sum(found.size for found, _ in unknown)


def processes_here() -> int:
    """A decoding process for each core; none where there is one core, which would only be passed to and fro."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 0 if cores == 1 else min(cores, MOST_PROCESSES)


def event_body(origin: Origin, report: Report) -> dict[str, Any]:
    """What the audit trail keeps of an import: figures and where from, no lists."""
    figures = ("files", "cells_new", "occurrences_new", "unchanged", "updated", "ignored")
    return {"from": origin.root, "refused": len(report.refused)} | {name: getattr(report, name) for name in figures}
