"""Smooth noise: what gives drawn cells their texture and their uneven outlines.

A sheet of noise is made once per grain size and process; a picture takes a random window of it, so texture costs a copy
instead of a filter.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

SHEET = 900


@cache
def sheet(grain: float) -> Plane:
    """White noise, blurred with a Gaussian of ``grain`` px standard deviation, with mean 0 and deviation 1."""
    white = np.random.default_rng(round(grain * 100)).standard_normal((SHEET, SHEET))
    rows = np.fft.fftfreq(SHEET)[:, None]
    columns = np.fft.rfftfreq(SHEET)[None, :]
    low_pass = np.exp(-2 * (np.pi * grain) ** 2 * (rows**2 + columns**2))
    smooth = np.fft.irfft2(np.fft.rfft2(white) * low_pass, s=white.shape)
    return np.asarray((smooth - smooth.mean()) / smooth.std(), dtype=np.float32)


def window(rng: np.random.Generator, grain: float, height: int, width: int) -> Plane:
    """A random window of a sheet, mirrored and turned at random."""
    whole = sheet(grain)
    turn, flip = rng.integers(0, 2, 2)
    if turn:
        whole = whole.T
    if flip:
        whole = whole[::-1]
    top, left = rng.integers(0, SHEET - height + 1), rng.integers(0, SHEET - width + 1)
    return whole[top : top + height, left : left + width]
