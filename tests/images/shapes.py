"""Drawn shapes whose measures are known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

GROUND = (230, 214, 220)
CYTOPLASM = (190, 170, 214)
NUCLEUS = (96, 40, 150)


def disc(width: int, height: int, across: float, down: float, radius: float) -> Flags:
    """The pixels within a radius of a point."""
    rows, columns = np.indices((height, width))
    within: Flags = np.hypot(columns - across, rows - down) <= radius
    return within


def at(width: int, height: int, rows: slice, columns: slice) -> Flags:
    """The pixels of a rectangle."""
    flags = np.zeros((height, width), np.bool_)
    flags[rows, columns] = True
    return flags


def a_picture(*layers: tuple[Any, tuple[int, int, int]], side: int = 288) -> NDArray[np.uint8]:
    """Plain colours laid on the ground, one over the other."""
    picture = np.empty((side, side, 3), np.uint8)
    picture[:] = GROUND
    for flags, colour in layers:
        picture[flags] = colour
    return picture


def a_cell(lobes: int = 1, side: int = 288) -> NDArray[np.uint8]:
    """A cell of 14 µm at 11.52 px/µm whose nucleus has so many separate lobes, all in all 38 µm²."""
    middle = (side - 1) / 2
    radius = 40 / np.sqrt(lobes)
    orbit = 0 if lobes == 1 else 46
    nucleus = np.zeros((side, side), np.bool_)
    for lobe in range(lobes):
        angle = 2 * np.pi * lobe / lobes + 0.3
        nucleus |= disc(side, side, middle + orbit * np.cos(angle), middle + orbit * np.sin(angle), radius)
    return a_picture((disc(side, side, middle, middle, 80), CYTOPLASM), (nucleus, NUCLEUS), side=side)
