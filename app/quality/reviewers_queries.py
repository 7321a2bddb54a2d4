"""Reading what reviewers' figures need beside their answers: labels shown, seconds, and how cells were settled."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, cast, func, select

from app.accounts.models import User
from app.catalogue.models import Cell, Dataset
from app.consensus.models import ConsensusFit
from app.database import Reading
from app.quality.queries import BLOCK, in_one_text
from app.review.blind import Sight
from app.review.errors import UnknownCell
from app.review.models import Review, RoundCell, Verdict

BESIDE = select(
    in_one_text(
        (
            Review.id.expression,
            func.coalesce(Review.shown_label, -1),
            cast(func.coalesce(func.round(Review.seconds * 1000), -1), BigInteger),
        )
    )
).where(
    Review.round.in_(bindparam("rounds", expanding=True)),
    Review.id > bindparam("after"),
    Review.id <= bindparam("until"),
)
"""Row, label shown and active milliseconds of every review of a block in one text, -1 for none."""


def beside(session: Reading, rounds: Collection[int], until: int) -> Iterator[str]:
    """What stands beside the rounds' reviews up to a row, in blocks and in no order. Walks ix_review_round_id."""
    for start in range(0, until, BLOCK):
        asked = {"rounds": sorted(rounds), "after": start, "until": min(start + BLOCK, until)}
        text = session.scalar(BESIDE, asked)
        if text:
            yield text


@dataclass(frozen=True, slots=True)
class Settlement:
    """The adjudication of a cell that stands."""

    by: int
    verdict: str
    label: int | None
    second_label: int | None


def settlements(session: Reading, dataset: int) -> tuple[dict[int, Settlement], int]:
    """The standing adjudications of a dataset by cell, and the last one's row.

    Adjudications alone have no assignment: one range of ix_review_assignment_id.
    """
    last: dict[int, Settlement] = {}
    newest = 0
    rows = session.execute(
        select(Review.id, Review.cell, Review.reviewer, Review.verdict, Review.label, Review.second_label)
        .join(Cell, Review.cell == Cell.id)
        .where(Review.assignment.is_(None), Cell.dataset == dataset)
        .order_by(Review.id)
    )
    for id, cell, by, verdict, label, second_label in rows:
        last[cell] = Settlement(by, verdict, label, second_label)
        newest = id
    return {cell: one for cell, one in last.items() if one.verdict != Verdict.WITHDRAWN}, newest


@dataclass(frozen=True, slots=True)
class SeenCell:
    """A cell of whose reviews somebody may be told, and its dataset."""

    id: int
    dataset: int
    slug: str


def seen_cell(session: Reading, sight: Sight, pid: str) -> SeenCell:
    """The cell with a public id (unique index)."""
    row = session.execute(
        select(Cell.id, Cell.dataset, Dataset.slug)
        .join(Dataset, Cell.dataset == Dataset.id)
        .where(Cell.pid == pid, sight.sees_consensus())
    ).one_or_none()
    if row is None:
        raise UnknownCell("There is no such cell, or you review it in an open blind round.")
    return SeenCell(*row)


def uuid_of(session: Reading, review: int) -> UUID:
    """The id under which a review is known (primary key)."""
    return session.execute(select(Review.uuid).where(Review.id == review)).scalar_one()


def cells_of_rounds(session: Reading, rounds: Collection[int]) -> list[int]:
    """The cells that some rounds cover. Walks round_cell's primary key."""
    return list(session.execute(select(RoundCell.cell).where(RoundCell.round.in_(sorted(rounds)))).scalars())


def recorded_at(session: Reading, reviews: Collection[int]) -> dict[int, datetime]:
    """When some reviews were recorded (primary key)."""
    return dict(session.execute(select(Review.id, Review.recorded_at).where(Review.id.in_(sorted(reviews)))).all())


@dataclass(frozen=True, slots=True)
class FittedRaters:
    """A fit's raters and their matrices, packed as app/consensus/models.py says."""

    id: int
    raters: list[str]
    classes: int
    arrays: bytes
    created_at: datetime


def newest_fit(session: Reading, dataset: int) -> FittedRaters | None:
    """The fit of a dataset that is in use. Walks ix_consensus_fit_dataset_id backwards."""
    row = session.execute(
        select(ConsensusFit.id, ConsensusFit.raters, ConsensusFit.classes, ConsensusFit.arrays, ConsensusFit.created_at)
        .where(ConsensusFit.dataset == dataset)
        .order_by(ConsensusFit.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else FittedRaters(row.id, row.raters, row.classes, bytes(row.arrays), row.created_at)


def public_ids(session: Reading, reviewers: Collection[int]) -> dict[int, str]:
    """The public ids of people (primary key)."""
    return dict(session.execute(select(User.id, User.pid).where(User.id.in_(sorted(reviewers)))).all())
