"""Handing what was said of cells to the consensus, which knows no table of reviews."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import bindparam, select

from app.consensus import service as consensus
from app.consensus.deriving import Said as SaidOfCell
from app.database import Reading, Writing
from app.review.models import Assignment, AssignmentState, Review, Round, RoundState
from app.review.verdicts import VOTING_KINDS, Said, is_awaited, settlement, standing_ballots

SAID_COLUMNS = (
    Review.id,
    Review.kind,
    Review.assignment,
    Review.round,
    Review.cell,
    Review.reviewer,
    Review.verdict,
    Review.label,
    Review.second_label,
    Review.flag,
    Review.presentation,
)
SAID = select(*SAID_COLUMNS).where(Review.cell.in_(bindparam("cells", expanding=True))).order_by(Review.cell, Review.id)
PENDING = (
    select(Assignment.cell, Assignment.round)
    .join_from(Assignment, Round, Assignment.round == Round.id)
    .where(
        Assignment.cell.in_(bindparam("cells", expanding=True)),
        Assignment.state == AssignmentState.PENDING,
        Assignment.kind.in_(VOTING_KINDS),
        Round.state == RoundState.OPEN,
    )
)


def said_of(session: Reading, cells: Collection[int]) -> dict[int, list[Said]]:
    """Every review of the cells, by cell, in order of recording. Walks ix_review_cell_id."""
    said: dict[int, list[Said]] = defaultdict(list)
    for row in session.execute(SAID, {"cells": list(cells)}):
        said[row.cell].append(Said(*tuple(row)))
    return said


def pending_rounds(session: Reading, cells: Collection[int]) -> dict[int, set[int]]:
    """The open rounds in which a vote on the cell is pending, by cell. Walks ix_assignment_cell_round."""
    waiting: dict[int, set[int]] = defaultdict(set)
    for cell, round_id in session.execute(PENDING, {"cells": list(cells)}):
        waiting[cell].add(round_id)
    return waiting


def recount_cells(session: Writing, cells: Iterable[int], said: Mapping[int, Sequence[Said]] | None = None) -> int:
    """Derive the consensus of these cells anew; returns how many changed. The caller holds their locks.

    ``said``: every review of the cells, from who has read them already.
    """
    cells = sorted(set(cells))
    if said is None:
        said = said_of(session, cells)
    waiting = pending_rounds(session, [cell for cell in cells if said.get(cell)])
    return consensus.recount(session, [heard(cell, said.get(cell, ()), waiting[cell]) for cell in cells])


def heard(cell: int, said: Sequence[Said], waiting: Iterable[int] = ()) -> SaidOfCell:
    """What counts of what was said of a cell."""
    return SaidOfCell(cell, standing_ballots(said), settlement(said), is_awaited(waiting, said))
