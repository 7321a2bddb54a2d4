"""Two ways of saying what a cell is, against each other: how often each answer of the one met each of the other.

Pure: an answer is a code, a class that is counted or one of the three after the last of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.quality.errors import UnusableField
from app.quality.merging import Classes

BEYOND = ("borderline", "unusable", "unsure")
"""Answers that are no single class, in the order in which they stand after the classes."""


@dataclass(frozen=True)
class Codes:
    """Answers by code: the classes that are counted, and then those of ``BEYOND``."""

    classes: Classes

    @property
    def borderline(self) -> int:
        return len(self.classes)

    @property
    def unusable(self) -> int:
        return len(self.classes) + 1

    @property
    def unsure(self) -> int:
        return len(self.classes) + 2

    def name(self, code: int) -> str:
        """A code's name over REST and in addresses."""
        return self.classes.names[code] if code < len(self.classes) else BEYOND[code - len(self.classes)]

    def code(self, name: str, field: str) -> int:
        """The code of a name; ``field`` is the parameter that named it."""
        if name in self.classes.names:
            return self.classes.names.index(name)
        if name in BEYOND:
            return len(self.classes) + BEYOND.index(name)
        raise UnusableField("There is no answer “{name}” in this matrix.", field, name=name)

    def of(self, verdict: str, label: int | None, second: int | None) -> int | None:
        """The code of an answer, None where there is none; a pair within one merge is one class."""
        if verdict in ("unusable", "unsure"):
            return len(self.classes) + BEYOND.index(verdict)
        if label is None:
            return None
        shown = self.classes.of[label]
        return shown if second is None or self.classes.of[second] == shown else self.borderline


@dataclass(frozen=True)
class Matrix:
    """How many cells have each pair of answers; fields that aren't there have none."""

    codes: Codes
    counts: Mapping[tuple[int, int], int]

    @cached_property
    def rows(self) -> Mapping[int, int]:
        """Cells by the answer of the row."""
        return sums((row, n) for (row, _), n in self.counts.items())

    @cached_property
    def columns(self) -> Mapping[int, int]:
        """Cells by the answer of the column."""
        return sums((column, n) for (_, column), n in self.counts.items())

    @property
    def total(self) -> int:
        """All cells."""
        return sum(self.counts.values())

    @property
    def same(self) -> int:
        """Cells on the diagonal: both say the same."""
        return sum(n for (row, column), n in self.counts.items() if row == column)

    def shown_codes(self, most: int) -> tuple[list[int], list[int]]:
        """Which rows and columns are shown: every class, unless there are more of them than ``most``; then those that
        occur, as the answers that are no class do."""
        classes = range(len(self.codes.classes))
        beyond = range(len(classes), len(classes) + len(BEYOND))
        if len(classes) <= most:
            shown: Sequence[int] = classes
        else:
            shown = [code for code in classes if self.rows.get(code) or self.columns.get(code)]
        return (
            [*shown, *(code for code in beyond if self.rows.get(code))],
            [*shown, *(code for code in beyond if self.columns.get(code))],
        )


def sums(parts: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Numbers added up by key."""
    found: dict[int, int] = {}
    for key, n in parts:
        found[key] = found.get(key, 0) + n
    return found
