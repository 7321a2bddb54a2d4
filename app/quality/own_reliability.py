"""What somebody's home says of their reliability: the same counts as the page of reviewers, over all their datasets.

They are of closed rounds, so few rows are read, and NumPy isn't loaded for the page that everybody begins with.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from app.accounts.people import Person
from app.catalogue.models import Dataset
from app.consensus.statistics.intervals import Interval, wilson
from app.database import Reading
from app.review.models import (
    Assignment,
    AssignmentState,
    Kind,
    Presentation,
    Review,
    Round,
    RoundReviewer,
    RoundState,
    Verdict,
)
from app.review.verdicts import VOTING_KINDS


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of so many; the interval where there are any."""

    n: int
    of: int

    @property
    def interval(self) -> Interval | None:
        return wilson(self.n, self.of) if self.of else None


@dataclass(frozen=True, slots=True)
class OwnReliability:
    """``rounds``: the closed ones that it is from, newest first, each with its dataset's slug. ``waits``: whether an
    open round of theirs has repeats or traps that are told when it closes."""

    same_again: Counted
    caught: Counted
    rounds: list[tuple[str, str]]
    waits: bool


class Look(NamedTuple):
    """What was answered before a label was revealed."""

    kind: str
    place: tuple[int, int]
    verdict: str
    labels: frozenset[int | None]
    confirms: bool


def own_reliability(session: Reading, person: Person) -> OwnReliability | None:
    """Repeats and traps of somebody's closed rounds; None where they never reviewed in an opened round.

    Walks ix_round_reviewer_reviewer, the unique (round, reviewer, position) of assignment, and ix_review_assignment_id.
    """
    rounds = session.execute(
        select(Round.id, Round.name, Round.state, Round.repeat_share, Round.trap_share, Dataset.slug)
        .join_from(RoundReviewer, Round, RoundReviewer.round == Round.id)
        .join(Dataset, Round.dataset == Dataset.id)
        .where(RoundReviewer.reviewer == person.id, Round.state.in_((RoundState.OPEN, RoundState.CLOSED)))
        .order_by(Round.id.desc())
    ).all()
    if not rounds:
        return None
    closed = [row for row in rounds if row.state == RoundState.CLOSED]
    told = [row.id for row in closed if row.repeat_share or row.trap_share]
    again = looks(session, person, told, (Kind.REPEAT, Kind.TRAP)) if told else []
    repeats = [look for look in again if look.kind == Kind.REPEAT]
    traps = [look for look in again if look.kind == Kind.TRAP]
    first = {}
    if repeats:
        cells = {look.place[1] for look in repeats}
        first = {look.place: look for look in looks(session, person, told, VOTING_KINDS, cells)}
    pairs = [(first[look.place], look) for look in repeats if look.place in first]
    return OwnReliability(
        Counted(sum(one[2:4] == other[2:4] for one, other in pairs), len(pairs)),
        Counted(sum(not look.confirms for look in traps), len(traps)),
        [(row.name, row.slug) for row in closed],
        any(row.state == RoundState.OPEN and (row.repeat_share or row.trap_share) for row in rounds),
    )


def looks(
    session: Reading, person: Person, rounds: list[int], kinds: Iterable[str], cells: set[int] | None = None
) -> list[Look]:
    """The last answer to each assignment of these kinds, unless taken back; that after a label was revealed is none."""
    statement = (
        select(
            Assignment.id,
            Assignment.kind,
            Assignment.round,
            Assignment.cell,
            Review.verdict,
            Review.label,
            Review.second_label,
            Review.shown_label,
        )
        .join_from(Assignment, Review, Review.assignment == Assignment.id)
        .where(
            Assignment.round.in_(rounds),
            Assignment.reviewer == person.id,
            Assignment.kind.in_(list(kinds)),
            Assignment.state != AssignmentState.PENDING,
            Review.presentation != Presentation.REVEAL,
        )
        .order_by(Review.id)
    )
    if cells is not None:
        statement = statement.where(Assignment.cell.in_(sorted(cells)))
    last: dict[int, Any] = {row.id: row for row in session.execute(statement)}
    return [
        Look(
            row.kind,
            (row.round, row.cell),
            row.verdict,
            frozenset({row.label, row.second_label}),
            row.verdict == Verdict.LABEL and row.label == row.shown_label,
        )
        for row in last.values()
        if row.verdict != Verdict.WITHDRAWN
    ]
