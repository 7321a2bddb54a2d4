"""What every statistic takes: the answers of raters to items, as aligned arrays."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

NOBODY = -1
"""Stands in ``second`` for no second class."""


@dataclass(frozen=True, eq=False)
class Votes:
    """N answers: ``rater[n]`` said ``label[n]`` of ``item[n]``, or, where ``second[n]`` isn't -1, half of each class.

    All four have shape (N,) and hold indexes from 0: items below ``items``, raters below ``raters``, classes below
    ``classes``, the number of classes that *could* be said. A vote that is missing has no row; *unsure* and *unusable*
    are missing votes unless the caller makes a class of them. The rows stand in order of item, as :func:`votes` puts
    them. A rater may have answered an item more than once: each answer is a vote.
    """

    item: Ints
    rater: Ints
    label: Ints
    second: Ints
    items: int
    raters: int
    classes: int

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def starts(self) -> Ints:
        """Shape (M,): the first row of each of the M items that have an answer."""
        if not len(self):
            return np.zeros(0, np.int64)
        return np.flatnonzero(np.concatenate(([True], self.item[1:] != self.item[:-1])))

    @cached_property
    def patterns(self) -> "Patterns":
        """The items by what was said of them, whoever said it."""
        return patterns_of(self)


def votes(
    item: ArrayLike,
    rater: ArrayLike,
    label: ArrayLike,
    second: ArrayLike | None = None,
    *,
    items: int | None = None,
    raters: int | None = None,
    classes: int | None = None,
) -> Votes:
    """Votes in order of item; counts that aren't given are one more than the largest index.

    Raises ValueError where the arrays don't fit together or an index lies outside.
    """
    columns = [np.asarray(column, np.int64) for column in (item, rater, label)]
    columns.append(np.full(len(columns[0]), NOBODY, np.int64) if second is None else np.asarray(second, np.int64))
    if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
        raise ValueError("item, rater, label and second must be arrays of one length")
    counts = []
    for name, column, count in zip(("item", "rater", "label"), columns, (items, raters, classes), strict=False):
        most = int(column.max(initial=-1))
        counts.append(most + 1 if count is None else count)
        if column.min(initial=0) < 0 or most >= counts[-1]:
            raise ValueError(f"a {name} lies outside of 0 to {counts[-1] - 1}")
    if columns[3].max(initial=NOBODY) >= counts[2] or columns[3].min(initial=NOBODY) < NOBODY:
        raise ValueError(f"a second class lies outside of 0 to {counts[2] - 1}")
    if np.any(columns[3] == columns[2]):
        raise ValueError("the two classes of an answer must differ")
    order = np.argsort(columns[0], kind="stable")
    item, rater, label, second = (column[order] for column in columns)
    return Votes(item, rater, label, second, items=counts[0], raters=counts[1], classes=counts[2])


def indexed(values: Sequence[Hashable]) -> tuple[Ints, list[Hashable]]:
    """Names as indexes in order of first appearance, and the names by index."""
    known: dict[Hashable, int] = {}
    index = np.fromiter((known.setdefault(value, len(known)) for value in values), np.int64, len(values))
    return index, list(known)


@dataclass(frozen=True, eq=False)
class Patterns:
    """P different multisets of answers, of which each item with an answer has one.

    ``counts`` (P, K): votes by class, halves among them. ``own`` (P, K): the sum over answers of the squared vote, so
    that ``counts ** 2 - own`` counts ordered pairs of different answers. ``torn`` (P, K, K) would be large, so the
    pairs inside borderline answers are kept as rows: ``torn_pattern``, ``torn_first``, ``torn_second`` (T,).
    ``items`` (P,): how many items have the pattern; ``of_item`` (M,): the pattern of each item with an answer.
    """

    counts: Floats
    own: Floats
    torn_pattern: Ints
    torn_first: Ints
    torn_second: Ints
    items: Floats
    of_item: Ints

    @cached_property
    def size(self) -> Floats:
        """Shape (P,): how many answers."""
        return np.asarray(self.counts.sum(axis=1))


def patterns_of(given: Votes) -> Patterns:
    """Items with the same answers are one pattern: a million items of three votes have a few thousand."""
    if not len(given):
        empty = np.zeros((0, given.classes))
        none = np.zeros(0, np.int64)
        return Patterns(empty, empty, none, none, none, np.zeros(0), none)
    # A sum of random 64-bit numbers, one an answer, names a multiset: two of n patterns collide with n² / 2⁶⁵.
    random = np.random.default_rng(20_190_601)
    names = random.integers(0, 2**63, (given.classes, given.classes + 1), dtype=np.uint64)
    low = np.where(given.second == NOBODY, given.label, np.minimum(given.label, given.second))
    high = np.where(given.second == NOBODY, NOBODY, np.maximum(given.label, given.second))
    name = np.add.reduceat(names[low, high + 1], given.starts)
    _, first, of_item, items = np.unique(name, return_index=True, return_inverse=True, return_counts=True)
    lengths = np.diff(np.append(given.starts, len(given)))
    rows, pattern = rows_of(given.starts[first], lengths[first])
    shape = (len(first), given.classes)
    label, second = given.label[rows], given.second[rows]
    torn = second != NOBODY
    vote = np.where(torn, 0.5, 1.0)
    counts = spread(shape, pattern, label, vote) + spread(shape, pattern[torn], second[torn], vote[torn])
    own = spread(shape, pattern, label, vote**2) + spread(shape, pattern[torn], second[torn], vote[torn] ** 2)
    return Patterns(counts, own, pattern[torn], label[torn], second[torn], items.astype(float), of_item)


def rows_of(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """The rows of several runs one after the other, and for each the number of its run."""
    run = np.repeat(np.arange(len(starts)), lengths)
    within = np.arange(len(run)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return starts[run] + within, run


def spread(shape: tuple[int, int], row: Ints, column: Ints, weight: Floats) -> Floats:
    """A matrix with the weights added up at their places."""
    added = np.bincount(row * shape[1] + column, weights=weight, minlength=shape[0] * shape[1])
    return np.asarray(added, np.float64).reshape(shape)
