"""Pace and agreement over time as drawings: where their points lie, pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.quality.reviewers import Stretch

NICE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Point:
    """A stretch in a drawing, in percent of its width and height, and its interval where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DriftChart:
    """A line by stretch. ``top``: the value at the upper edge; the lower one is 0. ``runs``: stretches that follow each
    other without a gap, as the points of lines."""

    top: float
    points: list[Point]
    runs: list[str]


def pace_chart(stretches: "Sequence[Stretch]") -> DriftChart | None:
    """Median seconds by stretch; None where there are fewer than two to compare."""
    known = [one.seconds for one in stretches if one.seconds is not None]
    return drawn(stretches, lambda one: (one.seconds, None, None), nice(max(known))) if len(known) > 1 else None


def agreement_chart(stretches: "Sequence[Stretch]") -> DriftChart | None:
    """The share of right answers by stretch, with its interval; None where there are fewer than two to compare."""
    known = [one for one in stretches if one.right.of]
    shares = drawn(stretches, lambda one: (one.right.value, one.right.low, one.right.high), 1.0)
    return shares if len(known) > 1 else None


Values = tuple[float | None, float | None, float | None]


def drawn(stretches: "Sequence[Stretch]", values_of: "Callable[[Stretch], Values]", top: float) -> DriftChart:
    """A value, and where its interval ends, for each stretch that has one."""
    step = 100 / max(1, len(stretches) - 1)
    points: list[Point] = []
    runs: list[list[Point]] = [[]]
    for at, stretch in enumerate(stretches):
        value, low, high = values_of(stretch)
        if value is None:
            runs.append([])
            continue
        point = Point(at * step, height(value, top), low and height(low, top), high and height(high, top))
        points.append(point)
        runs[-1].append(point)
    lines = [" ".join(f"{one.x:.2f},{one.y:.2f}" for one in run) for run in runs if len(run) > 1]
    return DriftChart(top, points, lines)


def height(value: float, top: float) -> float:
    """How far below the upper edge a value lies, in percent."""
    return 100 - 100 * value / top


def nice(most: float) -> float:
    """The next round number: 1, 2 or 5 times a power of ten."""
    power = 0.01
    while True:
        for digit in NICE:
            if digit * power >= most:
                return digit * power
        power *= 10
