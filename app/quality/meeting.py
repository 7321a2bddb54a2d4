"""Which answers meet in a confusion matrix, where people gave them: arrays of codes and cells, aligned."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from app.quality.answers import BORDERLINE, LABEL, UNSURE, UNUSABLE, Answers, Ints, key_of, unit_of
from app.quality.confusion import Codes, Matrix
from app.quality.figures import counted_classes


@dataclass(frozen=True, eq=False)
class Meetings:
    """N pairs of answers to the same cell, by code: ``row`` and ``column`` (N,), and the cell (N,)."""

    row: Ints
    column: Ints
    cell: Ints

    def matrix(self, codes: Codes) -> Matrix:
        """How often each pair occurs."""
        wide = codes.unsure + 1
        key, n = np.unique(self.row * wide + self.column, return_counts=True)
        return Matrix(
            codes, {(pair // wide, pair % wide): count for pair, count in zip(key.tolist(), n.tolist(), strict=True)}
        )

    def cells(self, row: int, column: int) -> list[int]:
        """The different cells of a field, in order of row."""
        found: list[int] = np.unique(self.cell[(self.row == row) & (self.column == column)]).tolist()
        return found

    def turned(self) -> "Meetings":
        """Rows for columns."""
        return Meetings(self.column, self.row, self.cell)


def codes_of(said: Answers, codes: Codes) -> Ints:
    """The code of each answer (N,)."""
    label, second = counted_classes(said, codes.classes)
    found = np.where(second >= 0, codes.borderline, label)
    for verdict, code in ((UNUSABLE, codes.unusable), (UNSURE, codes.unsure)):
        found = np.where(said.verdict == verdict, code, found)
    assert np.isin(said.verdict, (LABEL, BORDERLINE, UNUSABLE, UNSURE)).all()
    return found


def joined(one: Answers, other: Answers) -> Answers:
    """Both, one after the other, so that their keys can be compared."""
    return Answers(*(np.concatenate((getattr(one, each.name), getattr(other, each.name))) for each in fields(Answers)))


def between_reviewers(standing: Answers, row: int, column: int, codes: Codes) -> Meetings:
    """What two reviewers say of the cells that both answered in the same round."""
    unit, code = unit_of(standing), codes_of(standing, codes)
    first, second = (np.flatnonzero(standing.reviewer == reviewer) for reviewer in (row, column))
    _, at_first, at_second = np.intersect1d(unit[first], unit[second], assume_unique=True, return_indices=True)
    first, second = first[at_first], second[at_second]
    return Meetings(code[first], code[second], standing.cell[first])


def with_oneself(standing: Answers, repeated: Answers, codes: Codes) -> Meetings:
    """What people said of a cell at first, and when it was shown to them again."""
    both = joined(standing, repeated)
    key, code = key_of(both), codes_of(both, codes)
    firsts = len(standing)
    order = np.argsort(key[:firsts])
    place = np.searchsorted(key[:firsts][order], key[firsts:])
    again = np.flatnonzero(np.append(key[:firsts][order], -1)[place] == key[firsts:])
    first, again = order[place[again]], again + firsts
    return Meetings(code[first], code[again], both.cell[first])


def with_cells(standing: Answers, reviewer: int, of_cell: Mapping[int, int], codes: Codes) -> Meetings:
    """What a reviewer says of cells in each round, and what else is known of them by code."""
    own = standing.at(np.flatnonzero(standing.reviewer == reviewer))
    known = np.array([of_cell.get(cell, -1) for cell in own.cell.tolist()], np.int64)
    rows = np.flatnonzero(known >= 0)
    return Meetings(codes_of(own, codes)[rows], known[rows], own.cell[rows])
