"""Why a cell is suspected, or isn't: the numbers that a sentence about it needs."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.quality.suspicion.arrays import Floats, Ints


class Source(StrEnum):
    """Who speaks about a cell. The order is that of trust: of equals the first gives the reason."""

    VOTES = "votes"
    PREDICTIONS = "predictions"
    LOOKS = "looks"


SOURCES = tuple(Source)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one cell's label is in doubt, or why not.

    ``suggested`` is the class that the source holds for likelier than the given one, None where it finds none; the
    numbers are about that class, or about the given one. ``said`` of ``of`` votes (halves among them) or look-alikes
    are for it; ``probability`` is the model's own, or that of the classifiers that compared looks. A model that gave a
    label alone has none.
    """

    source: Source
    suggested: int | None
    said: float | None
    of: float | None
    probability: float | None


@dataclass(frozen=True, eq=False)
class Reasons:
    """One reason a cell, column by column, each (N,): ``source`` is an index in SOURCES and -1 where nobody speaks,
    ``suggested`` is -1 for none; ``said``, ``of`` and ``probability`` are NaN where there is no such number."""

    source: Ints
    suggested: Ints
    said: Floats
    of: Floats
    probability: Floats

    def __len__(self) -> int:
        return len(self.source)

    def of_cell(self, cell: int) -> Reason | None:
        """The reason of a cell; None where nobody speaks about it."""
        if self.source[cell] < 0:
            return None
        suggested = int(self.suggested[cell])
        return Reason(
            source=SOURCES[self.source[cell]],
            suggested=None if suggested < 0 else suggested,
            said=_number(self.said[cell]),
            of=_number(self.of[cell]),
            probability=_number(self.probability[cell]),
        )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
