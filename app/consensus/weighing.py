"""What a cell most probably is, by a fit that was made before: plain Python, for the transaction that records a vote.

The same formula as :func:`app.consensus.statistics.dawid_skene.posterior`, over one cell's votes and without NumPy,
which takes longer to load than a server to start. Somebody whom the fit doesn't know is taken for the mean of those
whom it knows, until the next fit.
"""

import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Protocol

GIVEN = "given"
"""Stands among a fit's raters for the given labels."""

PRIOR = 5.0
"""The pseudo-answers of each rater for each true class that a fit takes unless told otherwise."""

DIGITS = 9
"""To how many digits a posterior is kept: the last bits differ between machines, and mean nothing."""

TINY = 1e-300


class Vote(Protocol):
    """What somebody says of a cell, as far as it is weighed."""

    @property
    def verdict(self) -> str: ...
    @property
    def label(self) -> int | None: ...
    @property
    def second_label(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Belief:
    """How probable each class is for a cell, by a fit."""

    fit: int
    values: tuple[float, ...]

    @property
    def entropy(self) -> float:
        """How torn the votes leave us, in nats."""
        return round(max(0.0, -sum(p * log(p) for p in self.values if p > 0)), DIGITS)

    def packed(self) -> bytes:
        """The values as the table of posteriors keeps them."""
        return struct.pack(f"<{len(self.values)}f", *self.values)


def unpacked(values: bytes) -> tuple[float, ...]:
    """A row of the table of posteriors, one value a class."""
    return struct.unpack(f"<{len(values) // 4}f", values)


class Weights:
    """How far each rater of a fit is to be believed.

    ``raters``: the place of each person's matrix; ``given``: the place of the given labels', None where they don't
    vote. The arrays are packed as the table has them; a column of a matrix is taken out when its first vote comes.
    """

    def __init__(
        self, fit: int, classes: int, raters: Mapping[int, int], given: int | None, packed_arrays: bytes
    ) -> None:
        self.fit = fit
        self.classes = classes
        self.raters = dict(raters)
        self.given = given
        self._arrays = array("d", packed_arrays)
        if sys.byteorder == "big":
            self._arrays.byteswap()
        self._prevalence = [log(p + TINY) for p in self._arrays[:classes]]
        self._columns: dict[tuple[int | None, int], list[float]] = {}

    def belief(self, votes: Iterable[tuple[int | None, Vote]], given_label: int | None) -> Belief | None:
        """The posterior of a cell's votes, each with the person whose it is; None where none of them names a class, or
        one that came into the label set after the fit."""
        named = [(rater, *part) for rater, vote in votes for part in parts(vote)]
        if not named or any(label >= self.classes for _, label, _ in named):
            return None
        logs = list(self._prevalence)
        for rater, label, weight in named:
            place = None if rater is None else self.raters.get(rater)
            add(logs, self._column(place, label), weight)
        if self.given is not None and given_label is not None and given_label < self.classes:
            add(logs, self._column(self.given, given_label), 1.0)
        highest = max(logs)
        likely = [exp(value - highest) for value in logs]
        whole = sum(likely)
        return Belief(self.fit, tuple(round(value / whole, DIGITS) for value in likely))

    def marginals(self) -> list[float]:
        """How frequent each class is."""
        return list(self._arrays[: self.classes])

    def matrix(self, place: int) -> list[list[float]]:
        """A rater's confusion matrix: of each true class how often each class is said."""
        size = self.classes
        start = size + place * size * size
        return [list(self._arrays[start + true * size : start + (true + 1) * size]) for true in range(size)]

    def _column(self, place: int | None, label: int) -> list[float]:
        """For each true class the logarithm of how often it is called ``label``: by one rater, or by people's mean."""
        known = self._columns.get((place, label))
        if known is None:
            if place is None:
                people = sorted(self.raters.values())
                columns = [self._rates(one, label) for one in people]
                rates: Sequence[float] = [sum(said) / len(people) for said in zip(*columns, strict=True)]
            else:
                rates = self._rates(place, label)
            known = self._columns[place, label] = [log(rate + TINY) for rate in rates]
        return known

    def _rates(self, place: int, label: int) -> Sequence[float]:
        size = self.classes
        start = size + place * size * size + label
        return self._arrays[start : start + size * size : size]


def parts(vote: Vote) -> tuple[tuple[int, float], ...]:
    """The classes that a vote names with their weights; *unsure* and *unusable* name none."""
    if vote.verdict == "label" and vote.label is not None:
        return ((vote.label, 1.0),)
    if vote.verdict == "borderline" and vote.label is not None and vote.second_label is not None:
        return ((vote.label, 0.5), (vote.second_label, 0.5))
    return ()


def add(logs: list[float], column: Sequence[float], weight: float) -> None:
    """Add a vote's log-likelihoods."""
    for true, value in enumerate(column):
        logs[true] += weight * value
