"""Every cell's suspicion and the reason for it, made of all that is known: looks, predictions and votes.

It is run in a process of its own (`app/jobs/apart.py`) over one snapshot of the database, and writes what has changed
in short transactions, so a run that was killed is simply done again.

A cell without a given label, or with several, has no suspicion. Neither has one whose question is answered: it was
adjudicated, or it is held to be something else than its given label, or unusable. One that was reviewed and confirmed
keeps what doubt its looks and the models leave.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from app.catalogue import queries as catalogue
from app.catalogue.models import (
    Cell,
    CellFeature,
    CellState,
    CellSuspicion,
    Occurrence,
    Outcome,
    Prediction,
    PredictionModel,
)
from app.catalogue.queries import DatasetRow
from app.consensus.models import ConsensusFit, Posterior
from app.consensus.statistics.votes import Votes, votes
from app.database import Database, Reading, Writing
from app.images.features import NAMES, VERSION
from app.jobs.apart import Progress, answer
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.quality.suspicion.arrays import Floats, Ints
from app.quality.suspicion.combining import Suspicions, combined
from app.quality.suspicion.folds import FOLDS, joined
from app.quality.suspicion.from_neighbours import Looks, looks
from app.quality.suspicion.from_predictions import Told, from_labels, from_probabilities
from app.quality.suspicion.from_votes import REVIEWER_RIGHT, Said, said
from app.quality.suspicion.noise import labelling, suspicion
from app.review.models import Review
from app.review.recounting import said_of
from app.review.verdicts import standing

CELLS_A_LOOK = 500
CELLS_A_CHUNK = 100
BLOCK = 2000

GROUPS = ("patient", "patient_id", "case", "case_id", "slide", "slide_id")
"""Attributes whose cells tell nothing of each other, because they share more than their class; the first that there
is counts."""

SETTLED = (CellState.AGREED, CellState.ADJUDICATED)
STEP = 1e-12
"""By how much the suspicion of cells differs that would round to one number: their order stays."""


@dataclass(frozen=True)
class Known:
    """What is known of a dataset's N cells that have one given label, at one moment.

    ``cell`` (N,) are their rows in order, ``asked`` (N,) whether the label is still in question. ``vectors`` are the
    features of the cells ``measured``, ``group`` (N,) what shares a number is compared with nothing of its own.
    ``counts`` is how many cells the dataset has in all.
    """

    dataset: DatasetRow
    label_set: LabelSet
    cell: Ints
    given: Ints
    asked: NDArray[np.bool_]
    group: Ints
    measured: Ints
    vectors: NDArray[np.float16]
    models: list[tuple[str, str]]
    told: list[Told]
    said: Said
    through_review: int
    counts: int

    @property
    def matrix(self) -> Floats:
        """How labels go wrong."""
        return labelling(len(self.label_set), pairs_of(self.label_set))


@dataclass(frozen=True)
class Found:
    """A cell's suspicion and its reasons: without votes and, where it has some, with them; each as its row has it."""

    suspicion: float | None
    reasons: tuple[tuple[Any, ...], ...]


NOTHING = Found(None, ())


def rank(database: Database, dataset: int, progress: Progress) -> dict[str, Any]:
    """Make a dataset's suspicion anew.

    The report: ``cells`` in all, ``ranked`` ones, how many each of the ``sources`` speaks of, the ``models`` that were
    heard, how many cells have no features yet (``unmeasured``), how many rows ``changed``, and the last review that was
    heard.
    """
    with database.reading(snapshot=True) as session:
        known = what_is_known(session, dataset)
    found, speaking = ranked(known, progress)
    changed = write(database, dataset, found, progress)
    return {
        "cells": known.counts,
        "ranked": sum(one.suspicion is not None for one in found.values()),
        "sources": speaking,
        "models": [f"{name} {version}".strip() for name, version in known.models],
        "unmeasured": len(known.cell) - len(known.measured),
        "changed": changed,
        "through_review": known.through_review,
    }


# What is known


def what_is_known(session: Reading, dataset_id: int) -> Known:
    """Everything that bears on a dataset's labels. Walks ix_cell_dataset_id and, cell by cell, the keys of the rest."""
    dataset = catalogue.dataset_by_id(session, dataset_id)
    label_set = labels.label_set(session, dataset.label_set)
    rows = session.execute(
        select(Cell.id, Cell.given_label, Cell.state, Cell.outcome, Cell.label, Cell.reviews)
        .where(Cell.dataset == dataset_id, Cell.given_label.is_not(None))
        .order_by(Cell.id)
    ).all()
    cell = np.array([row.id for row in rows], np.int64)
    given = np.array([row.given_label for row in rows], np.int64)
    asked = np.array([is_in_question(row) for row in rows], bool)
    reviewed = [row.id for row in rows if row.reviews]
    matrix = labelling(len(label_set), pairs_of(label_set))
    measured, vectors = features_of(session, dataset_id, cell)
    models, told = told_by_models(session, dataset_id, cell, given, label_set, matrix)
    return Known(
        dataset,
        label_set,
        cell,
        given,
        asked,
        groups_of(session, dataset_id, cell),
        measured,
        vectors,
        models,
        told,
        said_by_reviewers(session, dataset, cell, reviewed, label_set),
        session.scalar(select(func.max(Review.id))) or 0,
        catalogue.counts(session, dataset_id).total,
    )


def is_in_question(row: Any) -> bool:
    """Whether a cell's given label may still be doubted."""
    if row.state == CellState.ADJUDICATED:
        return False
    if row.state != CellState.AGREED:
        return True
    return bool(row.outcome == Outcome.LABEL and row.label == row.given_label)


def pairs_of(label_set: LabelSet) -> list[tuple[int, int]]:
    """Which classes are confused, by number."""
    return [(label_set.index(each.pair[0]), label_set.index(each.pair[1])) for each in label_set.confusable_pairs]


def features_of(session: Reading, dataset: int, cell: Ints) -> tuple[Ints, NDArray[np.float16]]:
    """Which of the cells have features of this version, by their place, and those features (M, F)."""
    rows = session.stream(
        select(Cell.id, CellFeature.vector)
        .join(CellFeature, CellFeature.cell == Cell.id)
        .where(Cell.dataset == dataset, Cell.given_label.is_not(None), CellFeature.version == VERSION)
        .order_by(Cell.id),
        BLOCK,
    )
    ids: list[int] = []
    vectors: list[bytes] = []
    for row in rows:
        ids.append(row.id)
        vectors.append(row.vector)
    measured = np.searchsorted(cell, np.array(ids, np.int64))
    return measured, np.frombuffer(b"".join(vectors), "<f2").reshape(-1, len(NAMES)).astype(np.float16)


def groups_of(session: Reading, dataset: int, cell: Ints) -> Ints:
    """A number for each patient, case or slide; a cell of which none is known, and every cell where there are fewer of
    them than folds, stands alone."""
    alone = np.full(len(cell), -1, np.int64)
    rows = session.stream(
        select(Occurrence.cell, Occurrence.attributes)
        .where(Occurrence.dataset == dataset, Occurrence.attributes.is_not(None))
        .order_by(Occurrence.id),
        BLOCK,
    )
    numbers: dict[tuple[str, str], int] = {}
    for row in rows:
        attributes = {name.casefold(): value for name, value in (row.attributes or {}).items()}
        name = next((name for name in GROUPS if attributes.get(name)), None)
        at = int(np.searchsorted(cell, row.cell))
        if name is not None and at < len(cell) and cell[at] == row.cell:
            alone[at] = numbers.setdefault((name, str(attributes[name])), len(numbers))
    return joined(alone if len(numbers) >= FOLDS else np.full(len(cell), -1, np.int64))


def told_by_models(
    session: Reading, dataset: int, cell: Ints, given: Ints, label_set: LabelSet, matrix: Floats
) -> tuple[list[tuple[str, str]], list[Told]]:
    """What each model says, in the version of it that was loaded last: two versions would err alike."""
    newest: dict[str, Any] = {}
    for row in session.execute(
        select(PredictionModel.id, PredictionModel.name, PredictionModel.version)
        .where(PredictionModel.dataset == dataset)
        .order_by(PredictionModel.loaded_at, PredictionModel.id)
    ):
        newest[row.name] = row
    told: list[Told] = []
    heard = []
    for row in newest.values():
        label, probabilities = said_by_model(session, row.id, cell, len(label_set))
        stated = probabilities.any(axis=1)
        if stated.any():
            told.append(from_probabilities(probabilities, given, matrix))
        bare = np.where(stated, -1, label)
        if (bare >= 0).any():
            reviewer = labelling(len(label_set), pairs_of(label_set), REVIEWER_RIGHT)
            told.append(from_labels(bare, given, len(label_set), reviewer))
        if stated.any() or (bare >= 0).any():
            heard.append((row.name, row.version))
    return heard, told


def said_by_model(session: Reading, model: int, cell: Ints, classes: int) -> tuple[Ints, Floats]:
    """The labels (N,), -1 for none, and the probabilities (N, K), zeros for none. Walks prediction's key."""
    label = np.full(len(cell), -1, np.int64)
    probabilities = np.zeros((len(cell), classes))
    rows = session.stream(
        select(Prediction.cell, Prediction.label, Prediction.probabilities)
        .where(Prediction.model == model)
        .order_by(Prediction.cell),
        BLOCK,
    )
    for block in rows.partitions():
        at = np.searchsorted(cell, [row.cell for row in block])
        for place, row in zip(at, block, strict=True):
            if place < len(cell) and cell[place] == row.cell:
                label[place] = row.label
                if row.probabilities is not None:
                    # A model from before the label set got further classes says nothing of those.
                    stated = np.frombuffer(row.probabilities, "<f4")
                    probabilities[place, : len(stated)] = stated
    return label, probabilities


def said_by_reviewers(
    session: Reading, dataset: DatasetRow, cell: Ints, reviewed: Sequence[int], label_set: LabelSet
) -> Said:
    """What standing reviews say, with the posterior of the dataset's fit where it has one that heard votes alone."""
    rows: list[tuple[int, int, int, int]] = []
    for start in range(0, len(reviewed), CELLS_A_LOOK):
        of_cells = said_of(session, reviewed[start : start + CELLS_A_LOOK])
        rows += [
            (one.cell, one.reviewer, one.label, -1 if one.second_label is None else one.second_label)
            for reviews in of_cells.values()
            for one in standing(reviews)
            if one.label is not None
        ]
    columns = np.array(rows, np.int64).reshape(-1, 4)
    _, rater = np.unique(columns[:, 1], return_inverse=True)
    item = np.searchsorted(cell, columns[:, 0])
    cast = votes(item, rater, columns[:, 2], columns[:, 3], items=len(cell), classes=len(label_set))
    posterior, prevalence = fitted(session, dataset, cell, cast)
    reviewer = labelling(len(label_set), pairs_of(label_set), REVIEWER_RIGHT)
    return said(cast, reviewer, posterior, prevalence)


def fitted(session: Reading, dataset: DatasetRow, cell: Ints, cast: Votes) -> tuple[Floats | None, Floats | None]:
    """The posterior (M, K) of the cells with a vote and the prevalence (K,) that it holds, by the newest fit; neither
    where the given labels voted in it, for their word is what is judged, nor where some cell isn't reckoned yet."""
    voted = cell[cast.item[cast.starts]]
    fit = session.execute(
        select(ConsensusFit.id, ConsensusFit.raters, ConsensusFit.classes, ConsensusFit.arrays)
        .where(ConsensusFit.dataset == dataset.id)
        .order_by(ConsensusFit.id.desc())
        .limit(1)
    ).one_or_none()
    if fit is None or fit.classes != cast.classes or "given" in fit.raters or not len(voted):
        return None, None
    posterior = np.zeros((len(voted), cast.classes))
    known = np.zeros(len(voted), bool)
    for start in range(0, len(voted), CELLS_A_LOOK):
        some = voted[start : start + CELLS_A_LOOK]
        rows = session.execute(POSTERIORS, {"cells": some.tolist(), "fit": fit.id})
        for row in rows:
            at = start + int(np.searchsorted(some, row.cell))
            posterior[at] = np.frombuffer(row.values, "<f4")
            known[at] = True
    if not known.all():
        return None, None
    return posterior, np.frombuffer(fit.arrays, "<f8", cast.classes)


POSTERIORS: Select[int, bytes] = select(Posterior.cell, Posterior.values.label("values")).where(
    Posterior.cell.in_(bindparam("cells", expanding=True)), Posterior.fit == bindparam("fit")
)


# What is made of it

Row = tuple[str, int | None, float | None, float | None, float | None]
"""A reason as its table has it: source, suggested, said, of, probability."""


def ranked(known: Known, progress: Progress) -> tuple[dict[int, Found], dict[str, int]]:
    """The suspicion and the reasons of every cell with a given label, and how many cells each source speaks of."""
    n = len(known.cell)
    voted = known.said.counts.sum(axis=1) > 0
    predicted = np.zeros(n, bool)
    for one in known.told:
        predicted |= one.known
    is_measured = np.zeros(n, bool)
    is_measured[known.measured] = True
    log_odds = np.zeros(n)
    reasons: dict[bool, list[Row | None]] = {False: [None] * n, True: [None] * n}
    for rows, seen in parts(known, progress):
        for with_votes in (False, True):
            judged = heard(known, rows, seen, with_votes)
            for place, row in enumerate(rows):
                reasons[with_votes][row] = row_of(judged, place)
            log_odds[rows] = judged.log_odds
    kept = np.flatnonzero(known.asked & (is_measured | voted | predicted))
    by_row = dict(zip(kept.tolist(), apart(log_odds[kept]).tolist(), strict=True))
    found = {}
    for row, cell in enumerate(known.cell.tolist()):
        if row not in by_row:
            found[cell] = NOTHING
            continue
        own = [(False, reasons[False][row])] + ([(True, reasons[True][row])] if voted[row] else [])
        found[cell] = Found(by_row[row], tuple((votes, *reason) for votes, reason in own if reason is not None))
    speaking = {"votes": int(voted.sum()), "predictions": int(predicted.sum()), "looks": len(known.measured)}
    return found, speaking


def parts(known: Known, progress: Progress) -> Iterator[tuple[Ints, Looks | None]]:
    """The cells whose features are known, with what they look like, and the others, by their places."""
    if len(known.measured):
        given, group = known.given[known.measured], known.group[known.measured]
        yield known.measured, looks(known.vectors, given, len(known.label_set), group, progress=progress)
    others = np.setdiff1d(np.arange(len(known.cell)), known.measured)
    if len(others):
        yield others, None


def heard(known: Known, rows: Ints, seen: Looks | None, with_votes: bool) -> Suspicions:
    """What comes of some cells, with what reviewers say of them or without."""
    told = [
        Told(one.log_p[rows], one.known[rows], None if one.stated is None else one.stated[rows], one.label[rows])
        for one in known.told
    ]
    votes = Said(known.said.log_p[rows], known.said.counts[rows]) if with_votes else None
    return combined(known.given[rows], known.matrix, seen, told, votes)


def row_of(judged: Suspicions, place: int) -> Row | None:
    """The reason of a cell as its table has it, None where nobody speaks of it."""
    reason = judged.reasons.of_cell(place)
    if reason is None:
        return None
    return reason.source.value, reason.suggested, reason.said, reason.of, reason.probability


def apart(log_odds: Floats) -> Floats:
    """Log-odds as probabilities, no two of them the same until they come to 0: their order is what matters."""
    order = np.argsort(-log_odds, kind="stable")
    steps = STEP * np.arange(len(order))
    values = np.minimum.accumulate(suspicion(log_odds[order]) + steps) - steps
    found = np.empty(len(order))
    found[order] = np.maximum(values, 0)
    return found


# What is written


def write(database: Database, dataset: int, found: Mapping[int, Found], progress: Progress) -> int:
    """Write what differs from what is stored, in short transactions in order of id; returns how many cells that were.

    Cells that have lost their given label lose their suspicion.
    """
    changes: list[tuple[int, Found]] = []
    with database.reading(snapshot=True) as session:
        stored = stored_reasons(session, dataset)
        for row in session.stream(select(Cell.id, Cell.suspicion).where(Cell.dataset == dataset).order_by(Cell.id)):
            new = found.get(row.id, NOTHING)
            if new != Found(row.suspicion, tuple(stored.get(row.id, ()))):
                changes.append((row.id, new))
    for start in range(0, len(changes), CELLS_A_CHUNK):
        progress(start, len(changes))
        chunk = changes[start : start + CELLS_A_CHUNK]
        with database.writing() as writing:
            write_some(writing, chunk)
    return len(changes)


def stored_reasons(session: Reading, dataset: int) -> dict[int, list[tuple[Any, ...]]]:
    """The reasons of a dataset's cells as they are. Walks ix_cell_dataset_id and cell_suspicion's key."""
    stored: dict[int, list[tuple[Any, ...]]] = {}
    rows = session.stream(
        select(
            CellSuspicion.cell,
            CellSuspicion.votes,
            CellSuspicion.source,
            CellSuspicion.suggested,
            CellSuspicion.said,
            CellSuspicion.of,
            CellSuspicion.probability,
        )
        .join(Cell, Cell.id == CellSuspicion.cell)
        .where(Cell.dataset == dataset)
        .order_by(CellSuspicion.cell, CellSuspicion.votes),
        BLOCK,
    )
    for cell, *reason in rows:
        stored.setdefault(cell, []).append(tuple(reason))
    return stored


def write_some(session: Writing, changes: Sequence[tuple[int, Found]]) -> None:
    """Write the suspicion and the reasons of some cells."""
    cells = [cell for cell, _ in changes]
    session.lock(Cell.id, cells)
    session.execute(SUSPECT, [{"cell_id": cell, "new": one.suspicion} for cell, one in changes])
    session.execute(FORGET, {"cells": cells})
    rows = [dict(zip(REASON, (cell, *reason), strict=True)) for cell, one in changes for reason in one.reasons]
    if rows:
        session.execute(insert(CellSuspicion), rows)


REASON = ("cell", "votes", "source", "suggested", "said", "of", "probability")
SUSPECT = (
    update(Cell.__table__)  # type: ignore[arg-type]
    .where(Cell.id == bindparam("cell_id"))
    .values(suspicion=bindparam("new"))
)
FORGET = delete(CellSuspicion).where(CellSuspicion.cell.in_(bindparam("cells", expanding=True)))


def ranked_apart(order: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """What the process of its own does."""
    gc.disable()  # Rows are freed by reference counting; looking for cycles among them takes longer than reading them.
    with closing(Database(order["database"])) as database:
        return rank(database, order["dataset"], progress)


if __name__ == "__main__":
    answer(ranked_apart)
