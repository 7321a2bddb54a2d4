"""Outlines as fields of depth: at each pixel how far it lies inside a shape, in px, negative outside.

Fields combine by minimum and maximum, and an edge of any softness is a ramp over the depth, so nothing is jagged.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.demo.noise import Plane

Values = NDArray[np.float64]

FAR_OUTSIDE = np.float32(-1e6)


def ramp(depth: Plane, softness: float) -> Plane:
    """How much of each pixel is covered, 0 to 1, by a shape whose edge is ``softness`` px wide."""
    covered = np.clip(depth * np.float32(1 / softness) + np.float32(0.5), 0, 1)
    return np.asarray(covered * covered * (3 - 2 * covered), dtype=np.float32)


def roundish(x: Plane, y: Plane, radius: float, stretch: float, unevenness: float, rng: np.random.Generator) -> Plane:
    """A closed outline round the origin: an ellipse of mean ``radius`` whose edge swings by ``unevenness`` of it."""
    angle = np.arctan2(y, x)
    edge = np.full_like(angle, radius)
    for waves, swing in ((2, stretch), *((n, unevenness * rng.normal() / (n - 1)) for n in (3, 4, 5))):
        edge += np.float32(radius * swing) * np.cos(waves * angle + np.float32(rng.uniform(0, 2 * np.pi)))
    return edge - np.hypot(x, y)


@dataclass(frozen=True)
class Tube:
    """A bent tube with rounded ends: the one shape behind all nuclei.

    Short and wide it is a round nucleus; bent, a kidney; longer, a band; pinched, a chain of lobes on threads. ``x``,
    ``y`` and ``radius`` run along the spine.
    """

    x: Values
    y: Values
    radius: Values

    @property
    def reach(self) -> float:
        """How far it extends from the origin."""
        return float((np.hypot(self.x, self.y) + self.radius).max())

    def moved(self, x: float, y: float) -> "Tube":
        """The same tube elsewhere."""
        return Tube(self.x + x, self.y + y, self.radius)

    def drawn_in(self, reach: float) -> "Tube":
        """The same tube, smaller where it would extend farther than ``reach``."""
        share = min(1.0, reach / self.reach)
        return Tube(self.x * share, self.y * share, self.radius * share)

    @property
    def touches_itself(self) -> bool:
        """Whether parts that are no neighbours along the spine lie on each other."""
        run = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(self.x), np.diff(self.y)))])
        both = self.radius[:, None] + self.radius[None, :]
        apart = np.hypot(self.x[:, None] - self.x[None, :], self.y[:, None] - self.y[None, :])
        along = np.abs(run[:, None] - run[None, :])
        return bool(((along > both * 1.25) & (apart < both * 0.97)).any())

    def depth(self, x: Plane, y: Plane) -> Plane:
        """Its field over a grid: ``x`` a row, ``y`` a column."""
        depth = np.full((y.size, x.size), FAR_OUTSIDE, dtype=np.float32)
        for spine_x, spine_y, radius in zip(self.x, self.y, self.radius, strict=True):
            squares = np.square(x - np.float32(spine_x)) + np.square(y - np.float32(spine_y))
            np.maximum(depth, np.float32(radius) - np.sqrt(squares, out=squares), out=depth)
        return depth


def tube(
    length: float,
    width: float,
    bend: float,
    lobes: int,
    pinch: float,
    kink: float,
    thread: float,
    rng: np.random.Generator,
) -> Tube:
    """A tube round the origin, turned at random.

    The spine is ``length`` px long and bends by ``bend`` radians from end to end; the tube reaches ``width`` px to each
    side of it. Between ``lobes`` it narrows by the share ``pinch``, but not under ``thread`` px, and turns by about
    ``kink`` radians.
    """
    along = np.linspace(0, 1, max(7, round(length / 3.5)))
    parts = np.cumsum(rng.uniform(0.75, 1.25, lobes))
    heading = rng.uniform(0, 2 * np.pi) + rng.choice((-1, 1)) * bend * (along - 0.5)
    edges = parts / parts[-1]
    for edge in edges[:-1]:
        heading = heading + rng.normal(0, kink) * np.tanh((along - edge) * 12)
    swelling = np.interp(along, np.linspace(0, 1, lobes + 2), rng.uniform(0.88, 1.12, lobes + 2))
    radius = np.maximum(width * swelling * (1 - pinch * (1 - lobed(along, edges))), thread)
    step = length / (len(along) - 1)
    x, y = np.cumsum(np.cos(heading)) * step, np.cumsum(np.sin(heading)) * step
    weight = radius**2 / (radius**2).sum()
    return Tube(x - (x * weight).sum(), y - (y * weight).sum(), radius)


def lobed(along: Values, edges: Values) -> Values:
    """How wide a chain of lobes is along its spine, 0 to 1; ``edges`` are where lobes end. The two ends stay wide."""
    begins = np.concatenate([[0.0], edges[:-1]])
    lobe = np.minimum(np.searchsorted(edges, along), len(edges) - 1)
    within = (along - begins[lobe]) / (edges[lobe] - begins[lobe])
    outer_end = ((lobe == 0) & (within < 0.5)) | ((lobe == len(edges) - 1) & (within > 0.5))
    from_middle = np.where(outer_end, 0, np.abs(within - 0.5) * 2.25)
    return np.asarray(np.sqrt(np.clip(1 - from_middle**2, 0, 1)))


def grains(side: int, x: Values, y: Values, radius: Values) -> Plane:
    """Many small round bodies at once, each 1 in its middle and 0 at its edge; where they overlap the higher counts."""
    field = np.zeros((side, side), dtype=np.float32)
    if not len(radius):
        return field
    reach = int(np.ceil(radius.max())) + 1
    steps = np.arange(-reach, reach + 1)
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    off_x = steps[None, None, :] - (x - column)[:, None, None]
    off_y = steps[None, :, None] - (y - row)[:, None, None]
    bodies = np.clip(1 - (off_x**2 + off_y**2) / (radius**2)[:, None, None], 0, 1).astype(np.float32)
    margin = np.pad(field, reach)
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    for body, top, left in zip(bodies[inside], row[inside], column[inside], strict=True):
        under = margin[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
        np.maximum(under, body, out=under)
    return margin[reach:-reach, reach:-reach]


def strokes(side: int, x: Values, y: Values, to_x: Values, to_y: Values, width: float) -> Plane:
    """The field of straight strokes, ``width`` px thick where they begin and running out to a point."""
    field = np.full((side, side), FAR_OUTSIDE, dtype=np.float32)
    for begin_x, begin_y, end_x, end_y in zip(x, y, to_x, to_y, strict=True):
        left, right = sorted((int(begin_x), int(end_x)))
        top, bottom = sorted((int(begin_y), int(end_y)))
        rows = slice(max(0, top - 4), max(0, bottom + 5))
        columns = slice(max(0, left - 4), max(0, right + 5))
        part = field[rows, columns]
        if not part.size:
            continue
        off_x = np.arange(columns.start, columns.start + part.shape[1])[None, :] - begin_x
        off_y = np.arange(rows.start, rows.start + part.shape[0])[:, None] - begin_y
        run_x, run_y = end_x - begin_x, end_y - begin_y
        share = np.clip((off_x * run_x + off_y * run_y) / max(run_x**2 + run_y**2, 1e-6), 0, 1)
        away = np.hypot(off_x - share * run_x, off_y - share * run_y)
        np.maximum(part, (width / 2 * (1 - 0.7 * share) - away).astype(np.float32), out=part)
    return field
