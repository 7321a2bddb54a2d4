"""What became of the cells of a round, for the question when to stop."""

from dataclasses import dataclass

from sqlalchemy import case, func, select

from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.catalogue.models import Cell
from app.database import Reading
from app.quality.errors import FiguresWait
from app.quality.stopping import Looked, is_wrong
from app.review.blind import Sight, sight_of
from app.review.models import Assignment, AssignmentState, Mode, Review, Round, RoundCell, RoundState
from app.review.queries import round_view
from app.review.schemas import RoundView
from app.review.verdicts import VOTING_KINDS
from app.words import msg


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The cells of a round that have one given label, how many have none or two, and whether all that was read came in
    the order of the queues, not class by class in the grid."""

    cells: list[Looked]
    without_label: int
    in_order: bool


def readable_round(session: Reading, person: Person, pid: str) -> tuple[RoundView, str | None]:
    """A round of which this person may know, and why its figures wait for them, None where they don't."""
    view = round_view(session, person, pid)
    return view, held_back(sight_of(session, person), catalogue.dataset(session, view.dataset).id)


def check_figures(session: Reading, person: Person, pid: str) -> RoundView:
    """The same, but waiting is an error."""
    view, reason = readable_round(session, person, pid)
    if reason:
        raise FiguresWait(reason)
    return view


def held_back(sight: Sight, dataset: int) -> str | None:
    """Why figures of a dataset wait for this person: they tell of cells that they review blind, and to who only reviews
    what colleagues said."""
    if dataset in sight.blind_datasets:
        return msg(
            "You review cells of this dataset in an open blind round, so its figures wait until that round closes."
        )
    if dataset in sight.secret_datasets and not sight.person.may(Role.ADJUDICATOR):
        return msg("You review cells of this dataset in an open round, so its figures wait until that round closes.")
    return None


def looked_at(session: Reading, round_pid: str) -> LookedAt:
    """Every cell of an opened round with what became of it: three statements whatever its size.

    Walks round_cell's key, the unique (round, reviewer, position) of assignments and ix_review_round_id.
    """
    id, state = session.execute(select(Round.id, Round.state).where(Round.pid == round_pid)).one()
    read, in_order = order_of_reading(session, id, waits=state != RoundState.CLOSED)
    rows = session.execute(
        select(
            RoundCell.cell,
            RoundCell.wave,
            RoundCell.rank,
            RoundCell.audit,
            Cell.given_label,
            Cell.outcome,
            Cell.label,
            Cell.second_label,
        )
        .join(Cell, RoundCell.cell == Cell.id)
        .where(RoundCell.round == id)
        .order_by(RoundCell.wave, RoundCell.rank, RoundCell.cell)
    ).all()
    cells = []
    for cell, wave, rank, audit, given, outcome, label, second_label in rows:
        if given is not None:
            wrong = is_wrong(given, outcome, label, second_label) if cell in read else None
            cells.append(Looked(wave, rank or 0, audit, read.get(cell), wrong))
    return LookedAt(cells, len(rows) - len(cells), in_order)


def order_of_reading(session: Reading, round_id: int, waits: bool) -> tuple[dict[int, int], bool]:
    """The cells that were read, each with the row of the answer with which it was: the last of its planned reviews.
    Also whether none of them was answered in the grid. ``waits``: whether pending reviews are still waited for."""
    answered = func.sum(case((Assignment.state == AssignmentState.DONE, 1), else_=0))
    pending = func.sum(case((Assignment.state == AssignmentState.PENDING, 1), else_=0))
    complete = (
        select(Assignment.cell)
        .where(Assignment.round == round_id, Assignment.kind.in_(VOTING_KINDS))
        .group_by(Assignment.cell)
        .having(answered > 0, *([pending == 0] if waits else []))
    )
    is_complete = set(session.execute(complete).scalars())
    firsts = session.execute(
        select(Review.cell, func.max(Review.id), func.max(case((Review.mode == Mode.GRID, 1), else_=0)))
        .where(Review.round == round_id, Review.kind.in_(VOTING_KINDS), Review.supersedes.is_(None))
        .group_by(Review.cell)
    ).all()
    read = {cell: last for cell, last, _ in firsts if cell in is_complete}
    return read, not any(in_grid for _, _, in_grid in firsts)
