"""Drawn blood cells: synthetic pictures in MLL23's form, for a first look at the product without anybody's data.

Each is a field of 25 × 25 µm with one nucleated cell among red cells, coloured as the Pappenheim stain colours it. They
are told apart by what tells real ones apart, and prove nothing about those.
"""

import numpy as np
from numpy.typing import NDArray

from app.demo.canvas import PX_PER_UM, SIDE, developed, glass
from app.demo.cell import laid_out, paint_cell
from app.demo.looks import LOOKS, Look, between
from app.demo.surroundings import platelet, red_cells
from app.labels.labelset import load_builtin


def draw_cell(
    label: str, rng: np.random.Generator, other: str | None = None, share: float = 0.5
) -> NDArray[np.uint8]:
    """One cell of a class, (288, 288, 3); with ``other`` one that stands ``share`` of the way to that class."""
    look = look_of(label) if other is None else between(look_of(label), look_of(other), share)
    canvas = glass(rng)
    x, y = SIDE / 2 + rng.normal(0, 4, 2)
    radius = look.radius * PX_PER_UM * float(np.clip(rng.normal(1, 0.06), 0.86, 1.14))
    around = red_cells(canvas, x, y, radius * (1 - 0.16 * look.moulded) + look.hairs / 5, rng)
    if rng.random() < 0.3:
        platelet(canvas, x, y, radius, rng)
    paint_cell(canvas, laid_out(look, x, y, radius, around, rng), rng)
    return developed(canvas, rng)


def look_of(label: str) -> Look:
    """The look of a class; :class:`app.labels.errors.UnknownClass` names the nearest one."""
    label_set = load_builtin("mll23")
    return LOOKS[label_set[label_set.index(label)].name]
