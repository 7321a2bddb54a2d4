"""A perceptual hash: 64 bits that nearly the same picture shares, in whatever file it was saved.

The picture's green channel, in which a stained nucleus stands out most, is averaged down to 32 × 32 and goes through
the discrete cosine transform (N. Ahmed et al., IEEE Trans. Comput. 23 (1974) 90). Of its coefficients those of the
frequencies 1 to 8 in both directions are taken, 8 × 8, and each gives one bit: whether it is positive. What a
re-encoded, slightly resized or evenly brightened copy changes are coefficients near zero, hence a few bits at most.

:mod:`app.images.hashes` compares them, and knows how a turned or mirrored copy is found.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.images.hashes import FREQUENCIES, PLACES, Hash, parted, place

SIDE = 32

Floats = NDArray[np.float64]


def perceptual_hash(width: int, height: int, rgb: bytes) -> Hash:
    """The hash of a picture of 8-bit RGB pixels."""
    green = np.frombuffer(rgb, np.uint8).reshape(height, width, 3)[:, :, 1]
    small = Image.fromarray(green).resize((SIDE, SIDE), Image.Resampling.BOX)
    found = COSINES @ np.asarray(small, np.float64) @ COSINES.T
    # A flat picture has coefficients that rounding alone makes, which would be bits by chance.
    positive = found > ROUNDING
    return parted(sum(1 << place(down, across) for down, across in PLACES if positive[down, across]))


def cosines() -> Floats:
    """The rows of the transform for the frequencies 1 to 8."""
    at, frequency = np.arange(SIDE), np.arange(1, FREQUENCIES + 1)
    waves: Floats = np.cos(np.pi * frequency[:, None] * (2 * at + 1) / (2 * SIDE))
    return waves


COSINES = cosines()
ROUNDING = 1e-6
