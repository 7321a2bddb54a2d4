"""The ways to lay a picture without changing a pixel: turned by quarters, mirrored, or both.

They are numbered ``4 * mirrored + quarter turns clockwise``, the mirroring left to right and before the turning; what
would be 0 is the picture as it is, which has no number.
"""

from random import Random

ALL = (1, 2, 3, 4, 5, 6, 7)
"""What may be done to a square."""

KEEPING_SHAPE = (2, 4, 6)
"""What may be done to an oblong: no quarter turn, or width and height would tell."""


def any_transform(square: bool, random: Random) -> int:
    """One of those that fit the picture's shape."""
    return random.choice(ALL if square else KEEPING_SHAPE)
