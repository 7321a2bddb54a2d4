"""How reliable each reviewer is: arrays of answers in, plain figures out.

Nobody is compared with themself. What a cell is *held to be*, for one answer, is

1. what an adjudicator settled it as, unless the adjudicator is the same person;
2. else what majority makes of the standing reviews of the others (`app/consensus/rules.py`): a pair that more than half
   of them name, else a class or *unusable* with more than half as many votes as they are;
3. else nothing, and the answer counts neither as right nor as wrong.

An answer is right where it is no dissent: it names the class, or one of a pair's two. *Unsure* is neither right nor
wrong; it counts where a class's cells are counted, of which it found none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.consensus.statistics.intervals import wilson
from app.consensus.statistics.votes import rows_of
from app.quality.answers import (
    BORDERLINE,
    LABEL,
    REPEAT,
    REVEAL,
    UNSURE,
    UNUSABLE,
    VOTING,
    WITHDRAWN,
    Answers,
    Ints,
    last_answers,
    last_of_each,
)
from app.quality.packing import KINDS, PRESENTATIONS, VERDICTS
from app.review.models import Kind, Presentation

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

NONE = -1
"""Stands where a cell isn't held to be anything."""

NOT_USABLE = 255
"""Stands for *unusable* among the classes, of which there are at most 200."""

CHOICES = 256
REVIEWS_A_STRETCH = 200
"""Answers by which pace and agreement are followed over time."""

FEWEST_IN_A_STRETCH = 50
"""A last stretch with fewer belongs to the one before."""

TRAP = KINDS.index(Kind.TRAP)
BLIND = PRESENTATIONS.index(Presentation.BLIND)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's 95 % interval where there are any."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        return self.n / self.of if self.of else None

    @property
    def low(self) -> float | None:
        return wilson(self.n, self.of).low if self.of else None

    @property
    def high(self) -> float | None:
        return wilson(self.n, self.of).high if self.of else None


@dataclass(frozen=True, slots=True)
class OfClass:
    """``said``: of the answers that name the class, those that were right. ``found``: of the cells that are held to be
    it, those that the reviewer called so. ``label`` is NOT_USABLE for *unusable*."""

    label: int
    said: Share
    found: Share


@dataclass(frozen=True, slots=True)
class Stretch:
    """Answers in the order in which they were given: the first and last row, median seconds, agreement."""

    first: int
    last: int
    answers: int
    seconds: float | None
    right: Share


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One reviewer's figures. ``answers`` are standing reviews, by verdict beside it."""

    id: int
    answers: int
    labels: int
    borderline: int
    unusable: int
    unsure: int
    right: Share
    classes: tuple[OfClass, ...]
    same_again: Share
    same_again_blind: Share
    same_again_sighted: Share
    caught: Share
    anchored: Share
    seconds: float | None
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """The standing adjudication of a cell: by whom, and what it says; ``second`` NONE without a pair."""

    by: int
    label: int
    second: int = NONE


@dataclass(frozen=True, eq=False)
class Beside:
    """What else is known of N reviews, in their order: the label shown and active milliseconds, -1 for none."""

    shown: Ints
    millis: Ints


def figures_of(
    given: Answers, beside: Beside, settled: Mapping[int, Settled], hidden: Bools | None = None
) -> dict[int, Reviewer]:
    """Everybody's figures. ``hidden``: reviews of which it may not be told whether they were repeats or traps."""
    standing = standing_reviews(given)
    judged = Judged(standing, *held_to_be(standing, settled))
    told_given, told_beside = given, beside
    if hidden is not None and hidden.any():
        told = np.flatnonzero(~hidden)
        told_given, told_beside = given.at(told), Beside(beside.shown[told], beside.millis[told])
    again, again_is_blind = same_again(told_given)
    caught = caught_traps(told_given, told_beside)
    changed = anchored(told_given, told_beside)
    # A hidden repeat or trap would lengthen a stretch.
    looks = first_looks(given, range(len(KINDS)))
    if hidden is not None:
        looks = looks[~hidden[looks] | np.isin(given.kind[looks], VOTING)]
    found = {}
    for reviewer in np.unique(given.reviewer).tolist():
        rows = np.flatnonzero(standing.reviewer == reviewer)
        own = looks[given.reviewer[looks] == reviewer]
        said = np.bincount(standing.verdict[rows], minlength=len(VERDICTS)).tolist()
        found[reviewer] = Reviewer(
            reviewer,
            len(rows),
            labels=said[LABEL],
            borderline=said[BORDERLINE],
            unusable=said[UNUSABLE],
            unsure=said[UNSURE],
            right=judged.share(rows),
            classes=judged.by_class(rows),
            same_again=again.share(reviewer),
            same_again_blind=again.share(reviewer, again_is_blind),
            same_again_sighted=again.share(reviewer, ~again_is_blind),
            caught=caught.share(reviewer),
            anchored=changed.share(reviewer),
            seconds=median_seconds(beside.millis[own]),
            stretches=tuple(followed(given.id[own], beside.millis[own], judged, rows)),
        )
    return found


def judged(given: Answers, settled: Mapping[int, Settled]) -> dict[int, tuple[OfClass, ...]]:
    """The figures by class alone."""
    standing = standing_reviews(given)
    of_all = Judged(standing, *held_to_be(standing, settled))
    return {
        reviewer: of_all.by_class(np.flatnonzero(standing.reviewer == reviewer))
        for reviewer in np.unique(standing.reviewer).tolist()
    }


def standing_reviews(given: Answers) -> Answers:
    """The last review of every reviewer and cell, whatever the round, as app.review.verdicts.standing has it."""
    last = last_answers(given, VOTING, "all")
    return last.at(last_of_each(last.cell * (int(last.reviewer.max(initial=0)) + 1) + last.reviewer))


def first_looks(given: Answers, kinds: Sequence[int]) -> Ints:
    """The rows of what was answered before any label was revealed: the last of each assignment, unless taken back."""
    rows = np.flatnonzero(np.isin(given.kind, kinds) & (given.presentation != REVEAL))
    last = rows[last_of_each(given.assignment[rows])]
    kept: Ints = last[given.verdict[last] != WITHDRAWN]
    return kept


# What cells are held to be


def held_to_be(standing: Answers, settled: Mapping[int, Settled]) -> tuple[Ints, Ints]:
    """What the cell of each standing review is held to be without that review: class and second class, NONE for none.

    A pair has its earlier class first; *unusable* is NOT_USABLE.
    """
    first, second = np.full(len(standing), NONE), np.full(len(standing), NONE)
    if not len(standing):
        return first, second
    _, cell = np.unique(standing.cell, return_inverse=True)
    rows, choices = outvoting(cell, *votes_of(standing))
    first[rows] = choices
    torn = np.flatnonzero(standing.verdict == BORDERLINE)
    pair = np.minimum(standing.label, standing.second) * CHOICES + np.maximum(standing.label, standing.second)
    rows, pairs = outvoting(cell, torn, pair[torn], np.ones(len(torn)))
    first[rows], second[rows] = pairs // CHOICES, pairs % CHOICES
    if settled:
        known = np.array(sorted(settled))
        at = np.minimum(np.searchsorted(known, standing.cell), len(known) - 1)
        by, label, other = np.array([(one.by, one.label, one.second) for one in map(settled.__getitem__, known)]).T
        outranked = (known[at] == standing.cell) & (by[at] != standing.reviewer)
        first[outranked], second[outranked] = label[at][outranked], other[at][outranked]
    return first, second


def votes_of(standing: Answers) -> tuple[Ints, Ints, Floats]:
    """Rows, choices and weights: one vote for a class or *unusable*, a half for each of a pair, none for *unsure*."""
    one = np.flatnonzero(np.isin(standing.verdict, (LABEL, UNUSABLE)))
    two = np.flatnonzero(standing.verdict == BORDERLINE)
    choice = np.where(standing.verdict == UNUSABLE, NOT_USABLE, standing.label)
    return (
        np.concatenate((one, two, two)),
        np.concatenate((choice[one], standing.label[two], standing.second[two])),
        np.concatenate((np.ones(len(one)), np.full(2 * len(two), 0.5))),
    )


def outvoting(cell: Ints, row: Ints, choice: Ints, weight: Floats) -> tuple[Ints, Ints]:
    """The rows for which more than half of their cell's other rows chose one thing, and what that is.

    ``cell``: the cell of each of N rows, numbered from 0. ``row``, ``choice``, ``weight``: what was chosen. Each thing
    that was chosen of a cell meets all rows of that cell, and is counted without the row's own weight.
    """
    if not len(row):
        return row, row
    chosen, of_vote = np.unique(cell[row] * CHOICES**2 + choice, return_inverse=True)
    total = np.bincount(of_vote, weight, len(chosen))
    size = np.bincount(cell)
    of_chosen = chosen // CHOICES**2
    places, meets = rows_of((np.cumsum(size) - size)[of_chosen], size[of_chosen])
    met = np.argsort(cell, kind="stable")[places]
    # A row has one vote, or two of the same weight: the first and the last of its votes are all.
    first, last, own_weight = np.full(len(cell), NONE), np.full(len(cell), NONE), np.zeros(len(cell))
    first[row[::-1]], last[row], own_weight[row] = of_vote[::-1], of_vote, weight
    own = np.where((first[met] == meets) | (last[met] == meets), own_weight[met], 0.0)
    wins = total[meets] - own > (size[cell[met]] - 1) / 2
    return met[wins], chosen[meets[wins]] % CHOICES**2


class Judged:
    """Standing reviews beside what their cells are held to be."""

    def __init__(self, standing: Answers, first: Ints, second: Ints) -> None:
        said = np.where(standing.verdict == UNUSABLE, NOT_USABLE, standing.label)
        pair = np.where(standing.verdict == BORDERLINE, standing.second, said)
        held = first != NONE
        self.id = standing.id
        self.counts = held & (standing.verdict != UNSURE)
        self.right = self.counts & ((said == first) | (said == second) | (pair == first) | (pair == second))
        self._said = np.where(self.counts & (standing.verdict != BORDERLINE), said, NONE)
        self._held = np.where(held & (second == NONE), first, NONE)
        self._names_held = (standing.verdict != UNSURE) & ((said == first) | (pair == first))

    def share(self, rows: Ints) -> Share:
        """Right answers of those that can be right or wrong."""
        return Share(int(self.right[rows].sum()), int(self.counts[rows].sum()))

    def by_class(self, rows: Ints) -> tuple[OfClass, ...]:
        """The same by class, *unusable* last; classes that nobody named are left out."""
        said, said_right = counted(self._said[rows]), counted(self._said[rows][self.right[rows]])
        held, found = counted(self._held[rows]), counted(self._held[rows][self._names_held[rows]])
        return tuple(
            OfClass(label, Share(int(said_right[label]), int(said[label])), Share(int(found[label]), int(held[label])))
            for label in np.flatnonzero(said + held).tolist()
        )


def counted(labels: Ints) -> Ints:
    """How often each class occurs."""
    return np.bincount(labels[labels != NONE], minlength=CHOICES)


# What was said twice, or of a wrong label


@dataclass(frozen=True, slots=True)
class Tally:
    """Whose answer, and whether it was what is counted."""

    reviewer: Ints
    hit: Bools

    def share(self, reviewer: int, among: Bools | None = None) -> Share:
        """One reviewer's, of some answers."""
        own = self.reviewer == reviewer if among is None else (self.reviewer == reviewer) & among
        return Share(int(self.hit[own].sum()), int(own.sum()))


def same_again(given: Answers) -> tuple[Tally, Bools]:
    """Whether the answer to a cell that was shown again was the same, and whether no label was shown with it.

    In rounds that reveal labels the answers before are compared.
    """
    again = first_looks(given, REPEAT)
    first = first_looks(given, VOTING) if len(again) else again
    most = 1 + max(int(given.reviewer.max(initial=0)), int(given.round.max(initial=0)))

    def keys(rows: Ints) -> Ints:
        return (given.cell[rows] * most + given.round[rows]) * most + given.reviewer[rows]

    known, at = np.unique(keys(first), return_index=True)
    if not len(known):
        again = again[:0]
    place = np.minimum(np.searchsorted(known, keys(again)), max(len(known) - 1, 0))
    again, place = again[known[place] == keys(again)], place[known[place] == keys(again)]
    before = first[at[place]]
    same = given.verdict[before] == given.verdict[again]
    for side in (np.minimum, np.maximum):
        same &= side(given.label, given.second)[before] == side(given.label, given.second)[again]
    return Tally(given.reviewer[again], same), given.presentation[again] == BLIND


def caught_traps(given: Answers, beside: Beside) -> Tally:
    """Whether a wrong label that was shown on purpose was not confirmed."""
    rows = first_looks(given, [TRAP])
    confirmed = (given.verdict[rows] == LABEL) & (given.label[rows] == beside.shown[rows])
    return Tally(given.reviewer[rows], ~confirmed)


def anchored(given: Answers, beside: Beside) -> Tally:
    """Of blind answers that named something else than the label that was then shown: whether that label took its place.

    Answers whose second look is missing, or was taken back, are left out.
    """
    seen = np.flatnonzero(np.isin(given.kind, VOTING) & (given.presentation == REVEAL))
    blind = first_looks(given, VOTING) if len(seen) else seen
    last = seen[last_of_each(given.assignment[seen])]
    last = last[given.verdict[last] != WITHDRAWN]
    known, at = np.unique(given.assignment[blind], return_index=True)
    has_first = np.isin(given.assignment[last], known)
    last = last[has_first]
    first = blind[at[np.searchsorted(known, given.assignment[last])]]
    shown = beside.shown[last]
    named = np.isin(given.verdict[first], (LABEL, BORDERLINE))
    differs = named & (given.label[first] != shown) & (given.second[first] != shown) & (shown != NONE)
    changed = (given.verdict[last] == LABEL) & (given.label[last] == shown)
    return Tally(given.reviewer[last][differs], changed[differs])


# Pace, and how both go on


def median_seconds(millis: Ints) -> float | None:
    """The median of active seconds, None where none were recorded."""
    known = millis[millis >= 0]
    return float(np.median(known)) / 1000 if len(known) else None


def followed(id: Ints, millis: Ints, judged: Judged, rows: Ints) -> Iterator[Stretch]:
    """One reviewer's answers by two hundreds, in order; ``rows`` are those of them that stand."""
    starts = list(range(0, len(id), REVIEWS_A_STRETCH))
    if len(starts) > 1 and len(id) - starts[-1] < FEWEST_IN_A_STRETCH:
        starts.pop()
    ends = [*starts[1:], len(id)][: len(starts)]
    # What stands may have been said after the first look, so a stretch goes on until the next one begins.
    borders = np.searchsorted(judged.id[rows], [*(int(id[start]) for start in starts[1:]), np.iinfo(np.int64).max])
    before = 0
    for start, end, border in zip(starts, ends, borders.tolist(), strict=False):
        seconds = median_seconds(millis[start:end])
        yield Stretch(int(id[start]), int(id[end - 1]), end - start, seconds, judged.share(rows[before:border]))
        before = border
