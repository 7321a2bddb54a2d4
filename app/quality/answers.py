"""What was said in rounds, as arrays: which of it stands, and which of it was said twice.

``standing`` gives what :func:`app.review.verdicts.standing` gives, but for each round by itself, and at once for all
cells: the figures of a round that was closed don't change when the same people see its cells again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.quality.packing import (
    KIND_BITS,
    KINDS,
    LABEL_BITS,
    PRESENTATION_BITS,
    PRESENTATIONS,
    VERDICT_BITS,
    VERDICTS,
)
from app.review.models import Kind, Presentation, Verdict
from app.review.verdicts import VOTING_KINDS

Ints: TypeAlias = NDArray[np.int64]
COLUMNS = 6
LABEL_MASK = (1 << LABEL_BITS) - 1
WITHDRAWN = VERDICTS.index(Verdict.WITHDRAWN)
LABEL = VERDICTS.index(Verdict.LABEL)
BORDERLINE = VERDICTS.index(Verdict.BORDERLINE)
UNUSABLE = VERDICTS.index(Verdict.UNUSABLE)
UNSURE = VERDICTS.index(Verdict.UNSURE)
REVEAL = PRESENTATIONS.index(Presentation.REVEAL)
VOTING = [KINDS.index(Kind(kind)) for kind in VOTING_KINDS]
REPEAT = [KINDS.index(Kind.REPEAT)]


@dataclass(frozen=True, eq=False)
class Answers:
    """N reviews in order of recording; every field has shape (N,). ``label`` and ``second`` are -1 where there is none;
    ``verdict``, ``kind`` and ``presentation`` are places in the tuples of :mod:`app.quality.packing`."""

    id: Ints
    assignment: Ints
    round: Ints
    cell: Ints
    reviewer: Ints
    packed: Ints

    def __len__(self) -> int:
        return len(self.id)

    @property
    def label(self) -> Ints:
        return (self.packed & LABEL_MASK) - 1

    @property
    def second(self) -> Ints:
        return (self.packed >> LABEL_BITS & LABEL_MASK) - 1

    @property
    def verdict(self) -> Ints:
        return self.packed >> VERDICT_BITS & 7

    @property
    def kind(self) -> Ints:
        return self.packed >> KIND_BITS & 7

    @property
    def presentation(self) -> Ints:
        return self.packed >> PRESENTATION_BITS & 7

    @cached_property
    def first_of_reviewers(self) -> dict[int, int]:
        """The row of everybody's first review."""
        reviewers, first = np.unique(self.reviewer, return_index=True)
        return dict(zip(reviewers.tolist(), self.id[first].tolist(), strict=True))

    def at(self, rows: Ints) -> "Answers":
        """Some of the rows."""
        return Answers(*(getattr(self, field.name)[rows] for field in fields(self)))

    def of_rounds(self, rounds: Collection[int]) -> "Answers":
        """Those of some rounds."""
        return self.at(np.flatnonzero(np.isin(self.round, np.array(sorted(rounds), np.int64))))


def read(blocks: Iterable[str], before: Answers | None = None) -> Answers:
    """Reviews from blocks in any order, six numbers each, after those that were read before."""
    parts = [np.fromstring(block, np.int64, sep=" ").reshape(-1, COLUMNS) for block in blocks]
    table = np.concatenate(parts) if parts else np.zeros((0, COLUMNS), np.int64)
    table = table[np.argsort(table[:, 0], kind="stable")]
    columns = [np.ascontiguousarray(column) for column in table.T]
    if before is not None:
        known = [getattr(before, field.name) for field in fields(Answers)]
        columns = [np.concatenate(pair) for pair in zip(known, columns, strict=True)]
    return Answers(*columns)


def last_of_each(keys: Ints) -> Ints:
    """The last row of each different key, in order of row."""
    _, at = np.unique(keys[::-1], return_index=True)
    return np.sort(len(keys) - 1 - at)


def last_answers(given: Answers, kinds: Sequence[int], presentation: str) -> Answers:
    """The last review of each assignment of these kinds, none where that was taken back.

    Of an assignment whose label is revealed after the answer, ``all`` takes the last review, but the blind answer where
    a second look was taken back; ``blind`` takes the blind answer.
    """
    of_kind = np.isin(given.kind, kinds)
    if presentation != "all":
        shown = PRESENTATIONS.index(Presentation(presentation))
        rows = np.flatnonzero(of_kind & (given.presentation == shown))
        last = rows[last_of_each(given.assignment[rows])]
        return given.at(last[given.verdict[last] != WITHDRAWN])
    rows = np.flatnonzero(of_kind)
    last = rows[last_of_each(given.assignment[rows])]
    taken_back = (given.presentation[last] == REVEAL) & (given.verdict[last] == WITHDRAWN)
    first_look = np.flatnonzero(of_kind & (given.presentation != REVEAL))
    blind = first_look[last_of_each(given.assignment[first_look])]
    again = blind[np.isin(given.assignment[blind], given.assignment[last[taken_back]])]
    rows = np.sort(np.concatenate((last[~taken_back], again)))
    return given.at(rows[given.verdict[rows] != WITHDRAWN])


def standing(given: Answers, presentation: str) -> Answers:
    """The last review of every reviewer and cell in each round; repeats and traps are left out."""
    last = last_answers(given, VOTING, presentation)
    return last.at(last_of_each(key_of(last)))


def side_by_side_with(reviewer: int, standing: Answers) -> Answers:
    """What everybody says of the cells that one of them answered in the same round."""
    unit = unit_of(standing)
    return standing.at(np.flatnonzero(np.isin(unit, unit[standing.reviewer == reviewer])))


def repeated(given: Answers, presentation: str) -> Answers:
    """The answers to cells that were shown again."""
    return last_answers(given, REPEAT, presentation)


def key_of(given: Answers) -> Ints:
    """A number for each round, cell and reviewer."""
    return unit_of(given) * (int(given.reviewer.max(initial=0)) + 1) + given.reviewer


def unit_of(given: Answers) -> Ints:
    """A number for each round and cell: what people answered side by side."""
    return given.cell * (int(given.round.max(initial=0)) + 1) + given.round
