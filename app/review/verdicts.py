"""What a review may say, and which reviews stand: pure, over plain values."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from app.consensus.deriving import Settlement, StandingBallot
from app.consensus.rules import Ballot
from app.review.errors import UnusableAnswer

VOTING_KINDS = ("first", "escalation")
in_order = attrgetter("order")


class Said(NamedTuple):
    """A review as far as it matters for what stands. ``order`` is the row's id: it grows with recording.

    A tuple, because a release makes one of every review, and a frozen dataclass takes nine times as long to make.
    """

    order: int
    kind: str
    assignment: int | None
    round: int | None
    cell: int
    reviewer: int
    verdict: str
    label: int | None
    second_label: int | None
    flag: bool = False
    presentation: str | None = None


def takes_back_all(verdict: str, presentation: str | None) -> bool:
    """Whether a review leaves its assignment unanswered. In a reveal round, once the label was told, a withdrawal takes
    back the second look alone: the blind answer can't be given again, so it stays."""
    return verdict == "withdrawn" and presentation != "reveal"


def check_verdict(verdict: str, label: str | None, second_label: str | None, supersedes: UUID | None) -> None:
    """Refuse an answer whose parts don't fit together."""
    if verdict == "label" and (label is None or second_label is not None):
        raise UnusableAnswer("The verdict label names one class in `label` and none in `second_label`.", "label")
    if verdict == "borderline" and (label is None or second_label is None or label == second_label):
        raise UnusableAnswer("The verdict borderline names two different classes.", "second_label")
    if verdict in ("unsure", "unusable", "withdrawn") and (label is not None or second_label is not None):
        raise UnusableAnswer("The verdict {verdict} names no class.", "label", verdict=verdict)
    if verdict == "withdrawn" and supersedes is None:
        raise UnusableAnswer("The verdict withdrawn names in `supersedes` the review that it takes back.", "supersedes")


def standing(reviews: Iterable[Said]) -> list[Said]:
    """The last review of every reviewer and cell, whatever the round, in order of recording.

    Of an assignment only the last of its chain counts, and none where that is a withdrawal, but the blind answer where
    a second look was taken back; repeats, traps and adjudications never do.
    """
    last_of_assignment: dict[int | None, Said] = {}
    last_blind: dict[int | None, Said] = {}
    for review in sorted(reviews, key=in_order):
        if review.kind in VOTING_KINDS:
            if review.presentation == "reveal":
                again = review.verdict == "withdrawn"
                last_of_assignment[review.assignment] = last_blind[review.assignment] if again else review
            else:
                last_of_assignment[review.assignment] = last_blind[review.assignment] = review
    last_of_reviewer: dict[tuple[int, int], Said] = {}
    for review in sorted(last_of_assignment.values(), key=in_order):
        if review.verdict != "withdrawn":
            last_of_reviewer[review.cell, review.reviewer] = review
    return sorted(last_of_reviewer.values(), key=in_order)


def standing_adjudication(reviews: Iterable[Said]) -> Said | None:
    """The last adjudication of a cell, None where there is none or it was withdrawn."""
    last = max(
        (review for review in reviews if review.kind == "adjudication"),
        key=in_order,
        default=None,
    )
    return last if last is not None and last.verdict != "withdrawn" else None


def ballot(review: Said) -> Ballot:
    """What a review counts for."""
    return Ballot(review.verdict, review.label, review.second_label)


def standing_ballots(reviews: Iterable[Said]) -> list[StandingBallot]:
    """The ballots of one cell."""
    return [StandingBallot(ballot(review), review.order, review.flag, review.reviewer) for review in standing(reviews)]


def settlement(reviews: Iterable[Said]) -> Settlement | None:
    """The settlement of one cell."""
    last = standing_adjudication(reviews)
    return Settlement(ballot(last), last.order) if last else None


def is_awaited(pending_rounds: Iterable[int], reviews: Iterable[Said]) -> bool:
    """Whether an open round that has a review of the cell waits for another one of it."""
    last: Mapping[int | None, Said] = {
        review.assignment: review for review in sorted(reviews, key=in_order) if review.assignment
    }
    answered = {
        review.round
        for review in last.values()
        if review.kind in VOTING_KINDS and not takes_back_all(review.verdict, review.presentation)
    }
    return not answered.isdisjoint(pending_rounds)
