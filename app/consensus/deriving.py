"""What a cell's state and label are, given everything that was said of it: pure, so that it can be made anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from app.consensus.rules import UNUSABLE, Ballot, Rule, Ruling, dissents, entropy
from app.consensus.weighing import Belief

BORN_DISPUTED_ENTROPY = log(2)
"""How torn a cell is that nobody reviewed and that was filed under two classes."""


@dataclass(frozen=True, slots=True)
class StandingBallot:
    """A standing review as far as the consensus needs it. ``order`` grows with recording; ``rater`` is whose it is."""

    ballot: Ballot
    order: int
    flag: bool = False
    rater: int | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The adjudication that stands: what it says, and when in the order of recording it was made."""

    ballot: Ballot
    order: int


@dataclass(frozen=True, slots=True)
class Said:
    """All that counts of what was said of one cell.

    ``awaited``: an open round that has a review of the cell waits for more of them.
    """

    cell: int
    standing: Sequence[StandingBallot] = ()
    settlement: Settlement | None = None
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """The derived columns of a cell."""

    state: str
    outcome: str | None = None
    label: int | None = None
    second_label: int | None = None
    probability: float | None = None
    entropy: float | None = None
    dissent: bool = False
    flagged: bool = False
    reviewed_since: bool = False
    method: str | None = None
    reviews: int = 0
    fit: int | None = None
    costly: bool = False


def classes_named(said: Said) -> set[int]:
    """The classes that somebody's standing review names."""
    return {choice for standing in said.standing for choice in standing.ballot.shares() if choice != UNUSABLE}


def derive(said: Said, born_disputed: bool, rule: Rule, belief: Belief | None = None) -> Derived:
    """The one place that knows the order of states: adjudicated, unreviewed, in review, agreed, disputed.

    ``belief``: the posterior of the cell's votes, where there is a fit and somebody named a class.
    """
    ballots = [standing.ballot for standing in said.standing]
    fit = None if belief is None else belief.fit
    if belief is not None:
        torn: float | None = belief.entropy
    else:
        torn = entropy(ballots) if ballots else (BORN_DISPUTED_ENTROPY if born_disputed else None)
    if said.settlement:
        return adjudicated(said, torn, fit)
    if not ballots:
        return Derived("disputed" if born_disputed else "unreviewed", entropy=torn)
    flagged = any(standing.flag for standing in said.standing)
    if said.awaited:
        return Derived("in_review", entropy=torn, flagged=flagged, reviews=len(ballots), fit=fit)
    ruling = rule(ballots, None if belief is None else belief.values)
    return Derived(
        "agreed" if ruling.outcome else "disputed",
        ruling.outcome,
        ruling.label,
        ruling.second_label,
        ruling.probability,
        torn,
        ruling.dissent,
        flagged,
        method=rule.name if ruling.outcome else None,
        reviews=len(ballots),
        fit=fit,
    )


def adjudicated(said: Said, torn: float | None, fit: int | None) -> Derived:
    """A settled cell; a flag or a different opinion that came later is said beside it."""
    assert said.settlement
    ballot = said.settlement.ballot
    first, second = ballot.pair or (ballot.label, None)
    ruling = Ruling(ballot.verdict, first, second)
    since = [standing for standing in said.standing if standing.order > said.settlement.order]
    return Derived(
        "adjudicated",
        ruling.outcome,
        ruling.label,
        ruling.second_label,
        entropy=torn,
        dissent=any(dissents(standing.ballot, ruling) for standing in said.standing),
        flagged=any(standing.flag for standing in since),
        reviewed_since=any(dissents(standing.ballot, ruling) for standing in since),
        method="adjudication",
        reviews=len(said.standing),
        fit=fit,
    )
