"""Choosing the cells of which a round shows a wrong label on purpose."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from app.catalogue.models import Cell, CellState, Outcome
from app.database import Reading
from app.review.blind import OPENED
from app.review.models import Assignment, Kind, Presentation, Review, Round, RoundCell, RoundReviewer
from app.review.plan import Place, how_many, wrong_label

CELLS_AT_ONCE = 500


class Settled(NamedTuple):
    """A cell whose class is known, with all classes that its files and its consensus name."""

    cell: int
    given_label: int
    label: int | None
    second_label: int | None


def set_traps(
    session: Reading,
    dataset: int,
    queues: Mapping[int, Sequence[int]],
    shown: Mapping[int, int | None],
    trap_share: float,
    seed: int,
    round_id: int | None = None,
    may_be_told: ColumnElement[bool] | None = None,
) -> dict[int, list[Place]]:
    """Every reviewer's traps: settled cells that the round doesn't give them, each with a label that nothing names of
    it and that their queue shows of other cells. There are fewer where there are too few such cells.

    ``may_be_told`` leaves cells out of which who asks for a plan may know nothing. Walks ix_cell_dataset_state_id.
    """
    if not trap_share:
        return {}
    settled = settled_cells(session, dataset, may_be_told)
    traps = {}
    for reviewer, queue in queues.items():
        random = Random(f"{seed}:traps:{reviewer}")
        labels = Counter(label for label in (shown.get(cell) for cell in queue) if label is not None)
        kept_from = {*queue, *cells_kept_from(session, reviewer, round_id)}
        pool = [each for each in settled if each.cell not in kept_from]
        random.shuffle(pool)
        found: list[Place] = []
        wanted = how_many(trap_share, len(queue))
        for each, named in with_names(session, pool) if wanted else ():
            label = wrong_label(named, labels, random)
            if label is not None:
                found.append(Place(each.cell, Kind.TRAP, None, label))
            if len(found) == wanted:
                break
        traps[reviewer] = found
    return traps


def settled_cells(session: Reading, dataset: int, may_be_told: ColumnElement[bool] | None) -> list[Settled]:
    """Agreed and adjudicated cells with a class for an outcome and one given label, in order of id."""
    statement = (
        select(Cell.id, Cell.given_label, Cell.label, Cell.second_label)
        .where(
            Cell.dataset == dataset,
            Cell.state.in_((CellState.AGREED, CellState.ADJUDICATED)),
            Cell.outcome == Outcome.LABEL,
            Cell.given_label.is_not(None),
            Cell.born_disputed.is_(False),
        )
        .order_by(Cell.id)
    )
    if may_be_told is not None:
        statement = statement.where(may_be_told)
    return [
        Settled(id, given_label, label, second_label)
        for id, given_label, label, second_label in session.execute(statement)
        if given_label is not None
    ]


def cells_kept_from(session: Reading, reviewer: int, round_id: int | None) -> Iterator[int]:
    """Cells that the round gives, or gave, this reviewer, and those of the blind rounds that they review in.

    Walks ix_assignment_reviewer_cell and round_cell's primary key.
    """
    if round_id is not None:
        given = select(Assignment.cell).where(Assignment.round == round_id, Assignment.reviewer == reviewer)
        yield from session.execute(given).scalars()
    blind = (
        select(RoundCell.cell)
        .join(Round, RoundCell.round == Round.id)
        .join(RoundReviewer, RoundReviewer.round == Round.id)
        .where(
            RoundReviewer.reviewer == reviewer,
            RoundReviewer.left_at.is_(None),
            Round.state.in_(OPENED),
            Round.presentation != Presentation.SIGHTED,
        )
    )
    yield from session.execute(blind).scalars()


def with_names(session: Reading, cells: Sequence[Settled]) -> Iterator[tuple[Settled, frozenset[int]]]:
    """Cells with every class that a file, a review or the consensus names of them. Walks ix_review_cell_id."""
    for start in range(0, len(cells), CELLS_AT_ONCE):
        chunk = cells[start : start + CELLS_AT_ONCE]
        said: dict[int, set[int | None]] = defaultdict(set)
        rows = session.execute(
            select(Review.cell, Review.label, Review.second_label).where(
                Review.cell.in_([each.cell for each in chunk]),
                or_(Review.label.is_not(None), Review.second_label.is_not(None)),
            )
        )
        for cell, label, second_label in rows:
            said[cell] |= {label, second_label}
        for each in chunk:
            named = {each.given_label, each.label, each.second_label, *said[each.cell]}
            yield each, frozenset(label for label in named if label is not None)
