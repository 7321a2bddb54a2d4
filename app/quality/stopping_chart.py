"""The yield of a round as a drawing and as a table: where its points lie, pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from app.consensus.statistics.intervals import Interval, wilson
from app.quality.stopping_schemas import CurvePoint, StoppingView

SIDE = 100.0
ROWS = 10
NICE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Tick:
    """A figure at an axis, and where it stands, in percent of the axis."""

    at: float
    value: int


@dataclass(frozen=True, slots=True)
class YieldChart:
    """A line of wrong ones by number read, in a square of SIDE that is drawn as wide and as high as there is room.

    ``chance``: how high the straight line ends that cells in any order would follow, by the audit, and
    ``chance_wrong`` how many that is; None without an audit.
    """

    path: str
    chance: float | None
    chance_wrong: float | None
    across: list[Tick]
    up: list[Tick]


@dataclass(frozen=True, slots=True)
class Step:
    """A part of what was read in order of suspicion: ``wrong`` of the ``cells`` up to ``until`` in all."""

    until: int
    cells: int
    wrong: int
    wrong_until: int
    share: float
    interval: Interval


def yield_chart(told: StoppingView) -> YieldChart | None:
    """The curve as it is drawn; None where nothing was read."""
    read, wrong = told.curve[-1].read, told.curve[-1].wrong
    if not read:
        return None
    share = told.audit.share
    by_chance = share.value * read if share else None
    top = max(wrong, ceil(by_chance or 0), 1)
    across, up = ticks(read), ticks(top)
    points = [f"{point.read / read * SIDE:.2f} {SIDE - point.wrong / top * SIDE:.2f}" for point in told.curve]
    return YieldChart(
        path="M" + "L".join(points),
        chance=None if by_chance is None else round(SIDE - by_chance / top * SIDE, 2),
        chance_wrong=by_chance,
        across=[Tick(round(value / read * SIDE, 2), value) for value in across],
        up=[Tick(round(SIDE - value / top * SIDE, 2), value) for value in up],
    )


def ticks(end: int) -> list[int]:
    """Round figures from nothing up to an end, four to eight of them where there are so many."""
    step = next(nice * 10**power for power in range(12) for nice in NICE if nice * 10**power * 6 >= end)
    return list(range(0, end + 1, step))


def steps(curve: Sequence[CurvePoint]) -> list[Step]:
    """The curve in at most ROWS parts of about the same length."""
    last = len(curve) - 1
    ends = sorted({round(at * last / ROWS) for at in range(ROWS + 1)})
    found = []
    for start, end in pairwise(ends):
        cells = curve[end].read - curve[start].read
        wrong = curve[end].wrong - curve[start].wrong
        found.append(Step(curve[end].read, cells, wrong, curve[end].wrong, wrong / cells, wilson(wrong, cells)))
    return found
