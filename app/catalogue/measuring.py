"""What a dataset's cells look like, found out after their import: features, the space to compare them in, signatures,
and the perceptual hashes by which near-duplicates are found.

It is run in a process of its own (`app/jobs/apart.py`), measures in more of them, and writes in short transactions.
What was written stays: a run that was killed is gone on with, and a second one over the same cells does nothing.
A cell whose picture can't be read now is left out and tried again by the next run.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, select, update

from app.catalogue import queries
from app.catalogue.decoding import Refusal, decoded
from app.catalogue.errors import OriginalUnavailable
from app.catalogue.models import Cell, CellFeature, CellHash, CellSignature, FeatureSpace
from app.catalogue.originals import load
from app.catalogue.queries import Unmeasured
from app.database import Database, Reading, Writing, now
from app.images.decode import decode
from app.images.errors import AlteredOriginal, PictureRefused
from app.images.features import NAMES, VERSION, features
from app.images.hashes import Hash
from app.images.likeness import Space, fitted, unpacked
from app.images.perceptual import perceptual_hash
from app.images.store import BlobStore
from app.jobs.apart import Progress, answer

CELLS_A_LOOK = 512
CELLS_A_CHUNK = 16
CELLS_A_BLOCK = 500
CELLS_WORTH_PROCESSES = 64
MOST_PROCESSES = 8
SAMPLE = 10_000
"""Vectors that a space is fitted on."""

GROWN = 2
"""A space serves until the dataset has so many times the cells that it was fitted for."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out of a cell. ``vector``: its features, None where they were known."""

    vector: bytes | None
    hash: Hash


@dataclass(slots=True)
class Measuring:
    """What a measuring process does with each cell."""

    store_url: str
    px_per_um: float | None
    _store: BlobStore | None = field(default=None, init=False, repr=False, compare=False)

    def take(self, item: Unmeasured, /) -> Measured | Refusal:
        """What isn't known of a cell whose file still is what it was."""
        self._store = self._store or BlobStore(self.store_url)
        source = item.source
        try:
            picture = decode(load(source, self._store)[0])
        except (PictureRefused, AlteredOriginal, OriginalUnavailable) as error:
            return Refusal(error.message)
        if (picture.pixel_sha256, picture.width, picture.height) != (source.pixel_sha256, source.width, source.height):
            return Refusal(AlteredOriginal().message)
        pixels = (picture.width, picture.height, picture.rgb)
        vector = None if item.has_features else features(*pixels, self.px_per_um).tobytes()
        return Measured(vector, perceptual_hash(*pixels))


def measure(
    database: Database, store_url: str, dataset: int, progress: Progress, processes: int | None = None
) -> dict[str, Any]:
    """Find out what isn't known. The report: ``cells``, ``measured`` now, ``left_out``, ``version``, ``buckets``."""
    with database.reading() as session:
        row = queries.dataset_by_id(session, dataset)
        total = queries.counts(session, dataset).total
        done = measured_cells(session, dataset)
    begun = done
    left_out = 0
    progress(done, total)
    for cells, found in results(database, Measuring(store_url, row.px_per_um), dataset, total - done, processes):
        kept = [(one.cell, what) for one, what in zip(cells, found, strict=True) if isinstance(what, Measured)]
        left_out += len(cells) - len(kept)
        if kept:
            with database.writing() as writing:
                keep(writing, dataset, kept)
            done += len(kept)
        progress(done, total)
    buckets = make_comparable(database, dataset, total)
    return {"cells": total, "measured": done - begun, "left_out": left_out, "version": VERSION, "buckets": buckets}


def keep(session: Writing, dataset: int, found: Sequence[tuple[int, Measured]]) -> None:
    """Write what was found out of cells, in the place of what an older recipe found."""
    vectors = [{"cell": cell, "version": VERSION, "vector": one.vector} for cell, one in found if one.vector]
    if vectors:
        session.execute(delete(CellFeature).where(CellFeature.cell.in_([each["cell"] for each in vectors])))
        session.execute(insert(CellFeature), vectors)
    session.execute(delete(CellHash).where(CellHash.cell.in_([cell for cell, _ in found])))
    session.execute(
        insert(CellHash),
        [
            {"cell": cell, "dataset": dataset} | {f"part{at}": part for at, part in enumerate(one.hash)}
            for cell, one in found
        ],
    )


def measured_cells(session: Reading, dataset: int) -> int:
    """How many cells of a dataset have features of this version, and a hash."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Cell)
            .join(CellFeature, CellFeature.cell == Cell.id)
            .join(CellHash, CellHash.cell == Cell.id)
            .where(Cell.dataset == dataset, CellFeature.version == VERSION)
        )
        or 0
    )


def results(
    database: Database, work: Measuring, dataset: int, missing: int, processes: int | None
) -> Iterator[tuple[Sequence[Unmeasured], list[Measured | Refusal]]]:
    """The cells that aren't measured, chunk by chunk in order of id, with what came of them."""
    if processes is None:
        processes = processes_here() if missing >= CELLS_WORTH_PROCESSES else 0
    asked: list[Sequence[Unmeasured]] = []

    def chunks() -> Iterator[Sequence[Unmeasured]]:
        after = 0
        while True:
            with database.reading() as session:
                cells = queries.unmeasured(session, dataset, VERSION, after, CELLS_A_LOOK)
            if not cells:
                return
            after = cells[-1].cell
            for start in range(0, len(cells), CELLS_A_CHUNK):
                asked.append(cells[start : start + CELLS_A_CHUNK])
                yield asked[-1]

    with closing(decoded(work, chunks(), processes)) as found:
        for chunk in found:
            yield asked.pop(0), chunk


def processes_here() -> int:
    """A process for each core; none where there is one core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 0 if cores == 1 else min(cores, MOST_PROCESSES)


def make_comparable(database: Database, dataset: int, total: int) -> int:
    """Give every measured cell its signature, in a new space where the old one doesn't fit; returns its buckets."""
    with database.reading() as session:
        newest = queries.newest_space(session, dataset)
    if newest is None or newest.version != VERSION or newest.cells * GROWN < total:
        with database.reading() as session:
            vectors = sampled(session, dataset, total)
        if not vectors:
            return 0
        space = fitted(np.frombuffer(b"".join(vectors), "<f2").reshape(-1, len(NAMES)).astype(np.float32), total)
        with database.writing() as writing:
            id = writing.execute(
                insert(FeatureSpace)
                .values(
                    dataset=dataset,
                    version=VERSION,
                    cells=total,
                    arrays=space.packed(),
                    ready=False,
                    created_at=now(),
                )
                .returning(FeatureSpace.id)
            ).scalar_one()
    else:
        id, space = newest.id, unpacked(newest.arrays)
    sign(database, dataset, id, space)
    with database.writing() as writing:
        writing.execute(update(FeatureSpace).where(FeatureSpace.id == id).values(ready=True))
    remove_older(database, dataset, id)
    return len(space.centres)


def sampled(session: Reading, dataset: int, total: int) -> list[bytes]:
    """Vectors of cells that lie evenly in a dataset, in order of id. Walks ix_cell_dataset_id."""
    every = max(1, total // SAMPLE)
    return list(
        session.execute(
            select(CellFeature.vector)
            .join(Cell, Cell.id == CellFeature.cell)
            .where(Cell.dataset == dataset, Cell.id % every == 0, CellFeature.version == VERSION)
            .order_by(Cell.id)
        ).scalars()
    )


def sign(database: Database, dataset: int, space_id: int, space: Space) -> None:
    """Write the signatures that are missing, block by block in order of id."""
    signed = select(CellSignature.cell).where(CellSignature.cell == Cell.id, CellSignature.space == space_id).exists()
    after = 0
    while True:
        with database.reading() as session:
            rows = session.execute(
                select(Cell.id, CellFeature.vector)
                .join(CellFeature, CellFeature.cell == Cell.id)
                .where(Cell.dataset == dataset, Cell.id > after, CellFeature.version == VERSION, ~signed)
                .order_by(Cell.id)
                .limit(CELLS_A_BLOCK)
            ).all()
        if not rows:
            return
        after = rows[-1].id
        vectors = np.frombuffer(b"".join(row.vector for row in rows), "<f2").reshape(len(rows), -1)
        points = space.placed(vectors.astype(np.float32))
        placed = zip(rows, space.buckets(points), space.signatures(points), strict=True)
        with database.writing() as writing:
            writing.execute(
                insert(CellSignature),
                [
                    {"space": space_id, "bucket": int(bucket), "cell": row.id, "signature": signature.tobytes()}
                    for row, bucket, signature in placed
                ],
            )


def remove_older(database: Database, dataset: int, kept: int) -> None:
    """Remove the spaces that nobody reads any more, bucket by bucket."""
    with database.reading() as session:
        older = session.execute(
            select(FeatureSpace.id, FeatureSpace.arrays).where(FeatureSpace.dataset == dataset, FeatureSpace.id < kept)
        ).all()
    for id, arrays in older:
        for bucket in range(len(unpacked(arrays).centres)):
            with database.writing() as writing:
                writing.execute(delete(CellSignature).where(CellSignature.space == id, CellSignature.bucket == bucket))
        with database.writing() as writing:
            writing.execute(delete(FeatureSpace).where(FeatureSpace.id == id))


def measured_apart(order: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """What the process of its own does."""
    database = Database(order["database"])
    try:
        return measure(database, order["blobs"], order["dataset"], progress)
    finally:
        database.close()


if __name__ == "__main__":
    answer(measured_apart)
