"""Fitting a dataset's raters to all that they said: Dawid and Skene's model over the standing votes.

It is run in a process of its own (`app/jobs/apart.py`) and by the command line, because it needs NumPy and a core. It
reads one snapshot and writes one row; that the cells are recounted by it is its caller's part.
"""

from array import array
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import numpy as np
from sqlalchemy import select

from app.accounts.models import User
from app.catalogue import queries as catalogue
from app.catalogue.models import Cell
from app.consensus import service as consensus
from app.consensus.statistics import dawid_skene
from app.consensus.statistics.votes import NOBODY, Floats, votes
from app.consensus.weighing import GIVEN
from app.database import Database, Reading
from app.jobs.apart import Progress, answer
from app.labels import queries as labels
from app.review.refitting import ANSWERED
from app.review.votes import standing_votes

CELLS_BETWEEN_REPORTS = 1000
SMOOTHING = 0.5
"""Cells that are added to each class when its frequency is kept (H. Jeffreys' prior): a class that nobody named yet can
be named after the fit."""


def fit_dataset(
    database: Database, dataset: int, prior: float, progress: Progress, job: str | None = None
) -> int | None:
    """Fit and keep the fit; returns its row's id, None where no standing review names a class.

    ``job``: the job that asks, so that one that was broken off knows what it has done.
    """
    with database.reading(snapshot=True) as session:
        row = catalogue.dataset_by_id(session, dataset)
        classes = len(labels.label_set(session, row.label_set))
        answered = session.scalar(ANSWERED, {"dataset": dataset}) or 0
        total = catalogue.counts(session, dataset).total
        given = given_labels(session, dataset) if row.given_votes else {}
        # Millions of numbers: arrays of the standard library take an eighth of what lists of them do.
        cell, person, label, second = (array("q") for _ in range(4))
        through = cells = 0
        for cells, of_cell in enumerate(standing_votes(session, dataset), start=1):
            for vote in of_cell:
                cell.append(cells - 1)
                person.append(vote.reviewer)
                label.append(vote.label)
                second.append(NOBODY if vote.second_label is None else vote.second_label)
                through = max(through, vote.order)
            if of_cell[0].cell in given:
                cell.append(cells - 1)
                person.append(NOBODY)
                label.append(given[of_cell[0].cell])
                second.append(NOBODY)
            if cells % CELLS_BETWEEN_REPORTS == 0:
                progress(cells, total)
        people = dict(session.execute(select(User.id, User.pid).where(User.id.in_(set(person) - {NOBODY}))).all())
    if not cells:
        return None
    place = {id: at for at, id in enumerate(sorted(people))}
    raters = [people[id] for id in place]
    if NOBODY in person:
        place[NOBODY] = len(raters)
        raters.append(GIVEN)
    made = votes(cell, [place[id] for id in person], label, second, items=cells, raters=len(raters), classes=classes)
    progress(cells, total)
    fitted = dawid_skene.fit(made, prior)
    with database.writing() as writing:
        return consensus.store_fit(
            writing,
            dataset,
            raters,
            packed(smoothed(fitted.marginals, cells), fitted.matrices),
            parameters={"prior": prior, "given_votes": row.given_votes, "answered": answered, "job": job},
            classes=classes,
            through_review=through,
            cells=cells,
            votes=len(made),
            iterations=fitted.iterations,
            converged=fitted.converged,
            log_likelihood=fitted.log_likelihood[-1] if fitted.log_likelihood else None,
        )


def given_labels(session: Reading, dataset: int) -> dict[int, int]:
    """The given label by cell; one that was born disputed has none. Walks ix_cell_dataset_given_label_id."""
    rows = session.execute(
        select(Cell.id, Cell.given_label).where(Cell.dataset == dataset, Cell.given_label.is_not(None))
    )
    return {cell: label for cell, label in rows if label is not None}


def smoothed(marginals: Floats, cells: int) -> Floats:
    """The classes' frequencies with half a cell more of each."""
    counted = marginals * cells + SMOOTHING
    return np.asarray(counted / counted.sum())


def packed(marginals: Floats, matrices: Floats) -> bytes:
    """The arrays as the table of fits keeps them."""
    return marginals.astype("<f8").tobytes() + np.ascontiguousarray(matrices).astype("<f8").tobytes()


def fitted_apart(order: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """What the process of its own does."""
    with closing(Database(order["database"])) as database:
        fit = fit_dataset(database, order["dataset"], order["prior"], progress, order["job"])
        return {} if fit is None else {"fit": fit}


if __name__ == "__main__":
    answer(fitted_apart)
