"""Reading fits. A fit is never changed, so its arrays are fetched once a process, known by their digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, select

from app.accounts.models import User
from app.catalogue.models import Cell
from app.consensus.models import ConsensusFit, Posterior
from app.consensus.weighing import GIVEN, Weights, unpacked
from app.database import Reading

MOST_KEPT = 16
"""Fits that are kept unpacked; a server has a few datasets that people review at the same time."""

NEWEST_OF_CELL = (
    select(func.max(ConsensusFit.id)).where(ConsensusFit.dataset == Cell.dataset).correlate(Cell).scalar_subquery()
)
"""The fit in use for a cell. Walks ix_consensus_fit_dataset_id."""

ARRAYS = select(ConsensusFit.classes, ConsensusFit.raters, ConsensusFit.arrays).where(
    ConsensusFit.id == bindparam("fit")
)
_unpacked: dict[tuple[int, bytes], Weights] = {}


def weights_of(session: Reading, fit: int, sha256: bytes) -> Weights:
    """How far the raters of a fit are to be believed. No statement but the first time."""
    known = _unpacked.get((fit, sha256))
    if known is None:
        classes, raters, arrays = session.execute(ARRAYS, {"fit": fit}).one()
        place = {rater: at for at, rater in enumerate(raters)}
        people = session.execute(select(User.pid, User.id).where(User.pid.in_([pid for pid in place if pid != GIVEN])))
        known = Weights(fit, classes, {id: place[pid] for pid, id in people}, place.get(GIVEN), arrays)
        while len(_unpacked) >= MOST_KEPT:
            _unpacked.pop(next(iter(_unpacked)), None)
        _unpacked[fit, sha256] = known
    return known


@dataclass(frozen=True, slots=True)
class FitRow:
    """A fit as its table has it, without its arrays. ``raters``: users' public ids, and *given*."""

    id: int
    dataset: int
    method: str
    parameters: dict[str, Any]
    raters: list[str]
    classes: int
    sha256: bytes
    through_review: int
    cells: int
    votes: int
    iterations: int
    converged: bool
    log_likelihood: float | None
    created_at: datetime

    @property
    def prior(self) -> float:
        """Pseudo-answers of each rater for each true class."""
        return float(self.parameters["prior"])

    @property
    def given_votes(self) -> bool:
        """Whether the given labels were asked to vote."""
        return bool(self.parameters["given_votes"])


ROW = [getattr(ConsensusFit, name) for name in FitRow.__slots__]


def newest_fit(session: Reading, dataset: int) -> FitRow | None:
    """The fit in use, None where there is none yet. Walks ix_consensus_fit_dataset_id backwards."""
    found = fits(session, dataset, 1)
    return found[0] if found else None


def newest_weights(session: Reading, dataset: int) -> Weights | None:
    """How far a dataset's raters are to be believed now, None before the first fit."""
    fit = newest_fit(session, dataset)
    return None if fit is None else weights_of(session, fit.id, fit.sha256)


def fits(session: Reading, dataset: int, limit: int, before: int | None = None) -> Sequence[FitRow]:
    """A dataset's fits, newest first, from before a row on. Walks ix_consensus_fit_dataset_id backwards."""
    statement = select(*ROW).where(ConsensusFit.dataset == dataset).order_by(ConsensusFit.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(ConsensusFit.id < before)
    return [FitRow(*row) for row in session.execute(statement)]


def posteriors_of(session: Reading, cells: Sequence[int]) -> dict[int, tuple[float, ...]]:
    """The posteriors of the cells that have one, a value a class. Walks posterior's primary key."""
    if not cells:
        return {}
    rows = session.execute(select(Posterior.cell, Posterior.values).where(Posterior.cell.in_(cells)))
    return {cell: unpacked(values) for cell, values in rows}


def is_fitted(session: Reading, dataset: int) -> bool:
    """Whether a dataset has a fit. Walks ix_consensus_fit_dataset_id."""
    return bool(session.scalar(select(exists().where(ConsensusFit.dataset == dataset))))
