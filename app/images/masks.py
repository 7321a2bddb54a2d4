"""Regions of a small picture as one integer each: a pixel is a bit, so that morphology is a few shifts.

A region lies in a field of ``SIDE`` × ``SIDE`` pixels whose rows have 8 empty bits between them, so nothing that is
shifted to the side reaches a neighbouring row. Growing and shrinking alternate between 4 and 8 neighbours, which makes
discs eight-sided; what lies outside of the field takes neither side: nothing grows in from there and nothing is worn
away from there.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIDE = 96
_STRIDE = SIDE + 8
FIELD = sum(((1 << SIDE) - 1) << (_STRIDE * row + 8) for row in range(SIDE))
"""The region that is everything."""

Flags = NDArray[np.bool_]


def packed(flags: Flags) -> int:
    """The region of the pixels that are set, from an array of shape (SIDE, SIDE)."""
    rows = np.zeros((SIDE, _STRIDE), np.bool_)
    rows[:, :SIDE] = flags
    return int.from_bytes(np.packbits(rows).tobytes(), "big")


def unpacked(region: int) -> Flags:
    """The pixels of a region as an array of shape (SIDE, SIDE)."""
    rows = np.frombuffer(region.to_bytes(SIDE * _STRIDE // 8, "big"), np.uint8)
    return np.unpackbits(rows).reshape(SIDE, _STRIDE)[:, :SIDE].astype(np.bool_)


def dilated(region: int, radius: int) -> int:
    """The region grown by so many pixels."""
    for step in range(radius):
        region = _grown_once(region, step % 2 == 1)
    return region


def eroded(region: int, radius: int) -> int:
    """The region shrunk by so many pixels."""
    return FIELD & ~dilated(FIELD & ~region, radius)


def opened(region: int, radius: int) -> int:
    """The region without what is narrower than the radius."""
    return dilated(eroded(region, radius), radius)


def closed(region: int, radius: int) -> int:
    """The region with gaps filled that are narrower than the radius."""
    return eroded(dilated(region, radius), radius)


def grown_within(seed: int, region: int, steps: int | None = None) -> int:
    """What is reached from a seed without leaving the region, in any or in so many steps."""
    reached = seed & region
    taken = 0
    while steps is None or taken < steps:
        further = _grown_once(reached, steps is None or taken % 2 == 1) & region
        if further == reached:
            break
        reached = further
        taken += 1
    return reached


def _grown_once(region: int, diagonally: bool) -> int:
    beside = region | region << 1 | region >> 1
    upright = beside if diagonally else region
    return (beside | upright << _STRIDE | upright >> _STRIDE) & FIELD


class Outline(NamedTuple):
    """What the 2 × 2 windows of a region tell: perimeter in pixels, and Euler number (pieces less holes)."""

    perimeter: float
    euler: float


def outline(region: int) -> Outline:
    """Perimeter (Duda's weights) and Euler number with 8 neighbours, both from counts of bit quads.

    S. B. Gray, "Local properties of binary images in two dimensions", IEEE Trans. Comput. C-20 (1971) 551.
    """
    a, b, c, d = region, region << 1, region << _STRIDE, region << (_STRIDE + 1)
    odd = a ^ b ^ c ^ d
    three = odd & ((a & b) | (c & d))
    one = odd & ~three
    diagonal = (a & d & ~(b | c)) | (b & c & ~(a | d))
    two = (a | b | c | d) & ~(a & b & c & d) & ~odd & ~diagonal
    q1, q2, q3, qd = (each.bit_count() for each in (one, two, three, diagonal))
    return Outline(q2 + (q1 + q3 + 2 * qd) / math.sqrt(2), (q1 - q3 - 2 * qd) / 4)
