"""From votes to an outcome, as plain functions over plain values.

A ballot is what a standing review says. It counts one vote for its class, a half for each class of a borderline pair,
one for *unusable*, and none where the reviewer was unsure; an unsure one is counted among the ballots all the same.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log

UNUSABLE = -1
"""Stands for *unusable* where votes are counted by class."""

UNSURE = -2
"""Stands for *unsure* where answers are counted by class."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one standing review says: ``verdict`` is label, borderline, unusable or unsure; classes by index."""

    verdict: str
    label: int | None = None
    second_label: int | None = None

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two classes of a borderline answer, the earlier one first."""
        if self.verdict != "borderline" or self.label is None or self.second_label is None:
            return None
        return min(self.label, self.second_label), max(self.label, self.second_label)

    def shares(self) -> dict[int, float]:
        """Votes by class, UNUSABLE among them."""
        if self.pair:
            return dict.fromkeys(self.pair, 0.5)
        if self.verdict == "label" and self.label is not None:
            return {self.label: 1.0}
        return {UNUSABLE: 1.0} if self.verdict == "unusable" else {}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule gives; without an outcome all is None. ``probability`` is the share of ballots behind the outcome, or
    the posterior where a class was found by one."""

    outcome: str | None = None
    label: int | None = None
    second_label: int | None = None
    probability: float | None = None
    dissent: bool = False


def majority(ballots: Sequence[Ballot]) -> Ruling:
    """A pair that more than half of the ballots name; else a class, or *unusable*, with more than half of the votes.

    >>> majority([Ballot("label", 3), Ballot("label", 3), Ballot("label", 4)]).label
    3
    """
    needed = len(ballots) / 2
    pairs = Counter(ballot.pair for ballot in ballots if ballot.pair)
    for pair, named in pairs.items():
        if named > needed:
            return ruled(ballots, "borderline", *pair, behind=named)
    votes: Counter[int] = Counter()
    for ballot in ballots:
        votes.update(ballot.shares())
    for choice, behind in votes.items():
        if behind > needed:
            if choice == UNUSABLE:
                return ruled(ballots, "unusable", None, None, behind)
            return ruled(ballots, "label", choice, None, behind)
    return Ruling()


def unanimous(ballots: Sequence[Ballot]) -> Ruling:
    """What all ballots say, where they say the same and are not unsure."""
    said = {(ballot.verdict, ballot.pair or ballot.label) for ballot in ballots}
    if len(said) != 1 or ballots[0].verdict == "unsure":
        return Ruling()
    first = ballots[0]
    if first.pair:
        return ruled(ballots, "borderline", *first.pair, behind=len(ballots))
    return ruled(ballots, first.verdict, first.label, None, len(ballots))


def dawid_skene(ballots: Sequence[Ballot], posterior: Sequence[float] | None, threshold: float) -> Ruling:
    """*Unusable* and pairs as under majority, else the most probable class, where its posterior reaches the threshold.

    Without a posterior there is no class: no fit was made yet, or nobody named one.

    >>> dawid_skene([Ballot("label", 0), Ballot("label", 1)], [0.93, 0.07], 0.9)
    Ruling(outcome='label', label=0, second_label=None, probability=0.93, dissent=True)
    """
    by_majority = majority(ballots)
    if by_majority.outcome in ("unusable", "borderline"):
        return by_majority
    if posterior is None:
        return Ruling()
    highest = max(posterior)
    if highest < threshold or posterior.count(highest) > 1:
        return Ruling()
    ruling = Ruling("label", posterior.index(highest), None, highest)
    return replace(ruling, dissent=any(dissents(ballot, ruling) for ballot in ballots))


DAWID_SKENE = "dawid-skene"
BY_SHARES: dict[str, Callable[[Sequence[Ballot]], Ruling]] = {"majority": majority, "unanimous": unanimous}
RULES = (*BY_SHARES, DAWID_SKENE)
"""The rules that a dataset can have, by name."""

THRESHOLD = 0.9
"""The posterior that a class has to reach under ``dawid-skene`` where the dataset doesn't say otherwise."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A dataset's way from votes to an outcome. Only ``dawid-skene`` looks at the posterior and at the threshold."""

    name: str
    threshold: float | None = None

    def __call__(self, ballots: Sequence[Ballot], posterior: Sequence[float] | None = None) -> Ruling:
        """What the rule gives for the ballots of a cell."""
        if self.name == DAWID_SKENE:
            return dawid_skene(ballots, posterior, THRESHOLD if self.threshold is None else self.threshold)
        return BY_SHARES[self.name](ballots)


def ruled(
    ballots: Sequence[Ballot], outcome: str, label: int | None, second_label: int | None, behind: float
) -> Ruling:
    """The ruling with its share and with whether somebody dissents."""
    ruling = Ruling(outcome, label, second_label, behind / len(ballots))
    if any(dissents(ballot, ruling) for ballot in ballots):
        return Ruling(outcome, label, second_label, behind / len(ballots), dissent=True)
    return ruling


def dissents(ballot: Ballot, ruling: Ruling) -> bool:
    """Whether a ballot votes wholly for something else. Unsure, and a pair that holds the class, do not."""
    if ballot.verdict == "unsure" or ruling.outcome is None:
        return False
    if ruling.outcome == "unusable":
        return ballot.verdict != "unusable"
    return {ruling.label, ruling.second_label}.isdisjoint(ballot.shares())


def entropy(ballots: Sequence[Ballot]) -> float:
    """How torn the answers are, in nats: Shannon's entropy of their shares, *unsure* being an answer of its own."""
    answers: Counter[int] = Counter()
    for ballot in ballots:
        answers.update(ballot.shares() or {UNSURE: 1.0})
    total = sum(answers.values())
    return max(0.0, -sum(n / total * log(n / total) for n in answers.values())) if total else 0.0
