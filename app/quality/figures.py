"""Agreement of what stands in rounds: the coefficients, and what the page tells of each class beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.consensus.statistics.agreement import pair_tables
from app.consensus.statistics.summary import SAMPLES, Agreement, agreement_of
from app.consensus.statistics.votes import NOBODY, Floats, Ints, Votes, votes
from app.quality.answers import BORDERLINE, LABEL, UNSURE, UNUSABLE, Answers, unit_of
from app.quality.merging import Classes

SEED = 0


@dataclass(frozen=True)
class TakenFor:
    """The class with which a class is confused most often, and in how many pairs of answers."""

    other: int
    pairs: float


@dataclass(frozen=True)
class Both:
    """Of two reviewers: cells to which both gave a class, and to which each of them did."""

    both: float
    first: float
    second: float


@dataclass(frozen=True, eq=False)
class Figures:
    """Agreement with what was counted. An item is a cell in a round.

    ``raters``: the reviewers behind the indexes of ``agreement``. ``cells``: with an answer. ``seen_twice`` and
    ``paired``: items that two people answered, and to which two gave a class. ``taken_for`` and, where there are just
    two reviewers, ``both`` by class.
    """

    agreement: Agreement
    raters: tuple[int, ...]
    cells: int
    seen_twice: int
    paired: int
    borderline: int
    unusable: int
    unsure: int
    taken_for: Mapping[int, TakenFor]
    both: Mapping[int, Both] | None


def figures_of(
    said: Answers, classes: Classes, group_of_cell: Mapping[int, str] | None = None, samples: int = SAMPLES
) -> Figures:
    """The figures of standing answers, with classes counted as they are counted.

    Intervals come from drawing cells, or groups of them, anew; a cell without a group is one by itself.
    """
    unit = unit_of(said)
    has_class = (said.verdict == LABEL) | (said.verdict == BORDERLINE)
    counted = said.at(np.flatnonzero(has_class))
    raters, rater = np.unique(counted.reviewer, return_inverse=True)
    units, first, item = np.unique(unit[has_class], return_index=True, return_inverse=True)
    label, second = counted_classes(counted, classes)
    made = votes(item, rater, label, second, items=len(units), raters=len(raters), classes=len(classes))
    group = groups_of(counted.cell[first], group_of_cell)
    tables = pair_tables(made)
    both_ways = sum((pair.table + pair.table.T for pair in tables), np.zeros((len(classes), len(classes))))
    return Figures(
        agreement=agreement_of(made, ladder_of(classes), group, samples, SEED),
        raters=tuple(raters.tolist()),
        cells=len(np.unique(said.cell)),
        seen_twice=int((np.unique(unit, return_counts=True)[1] > 1).sum()),
        paired=items_with_two(made),
        borderline=int((said.verdict == BORDERLINE).sum()),
        unusable=int((said.verdict == UNUSABLE).sum()),
        unsure=int((said.verdict == UNSURE).sum()),
        taken_for=most_often_taken_for(both_ways),
        both=both_of(tables[0].table) if len(raters) == 2 and tables else None,
    )


def counted_classes(said: Answers, classes: Classes) -> tuple[Ints, Ints]:
    """The class and the second class of each answer, as they are counted. A pair within one merge is one class."""
    of = np.array([*classes.of, NOBODY], np.int64)
    label, second = of[said.label], of[said.second]
    return label, np.where(second == label, NOBODY, second)


def groups_of(cells: Ints, group_of_cell: Mapping[int, str] | None) -> Ints | None:
    """The group of each item; None where every item is a group by itself."""
    if group_of_cell is None:
        several_rounds = len(np.unique(cells)) < len(cells)
        return cells if several_rounds else None
    names = sorted(set(group_of_cell.values()))
    number = {name: -1 - index for index, name in enumerate(names)}
    return np.array([number.get(group_of_cell.get(cell, ""), cell) for cell in cells.tolist()], np.int64)


def ladder_of(classes: Classes) -> Floats | None:
    """The rung of each class, NaN off the ladder; None without one."""
    if classes.rungs is None:
        return None
    return np.array([np.nan if rung is None else float(rung) for rung in classes.rungs])


def items_with_two(made: Votes) -> int:
    """Items with at least two votes."""
    return int((np.diff(np.append(made.starts, len(made))) > 1).sum())


def most_often_taken_for(both_ways: Floats) -> dict[int, TakenFor]:
    """By class, where it is confused with another at all. ``both_ways`` (K, K): pairs of answers, symmetric."""
    apart = both_ways.copy()
    np.fill_diagonal(apart, 0)
    other = apart.argmax(axis=1)
    return {
        label: TakenFor(int(other[label]), float(apart[label, other[label]]))
        for label in range(len(apart))
        if apart[label, other[label]] > 0
    }


def both_of(table: Floats) -> dict[int, Both]:
    """By class, of two reviewers' table (K, K)."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    return {
        label: Both(float(table[label, label]), float(rows[label]), float(columns[label]))
        for label in range(len(table))
    }
