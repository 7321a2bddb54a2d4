"""The cell itself, painted from the cytoplasm up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.demo.canvas import PX_PER_UM, SIDE, Canvas, paint, shade
from app.demo.looks import LILAC, PURPLE, RED, Look
from app.demo.noise import Plane, window
from app.demo.shapes import Tube, Values, grains, ramp, roundish, strokes, tube

THREAD = 1.7
"""Half the width of the thread between two lobes, px."""

RETRIES = 8
"""For a nucleus whose lobes came to lie on each other."""

COLUMNS = np.arange(SIDE, dtype=np.float32)[None, :]
ROWS = np.arange(SIDE, dtype=np.float32)[:, None]


@dataclass(frozen=True)
class Cell:
    """Where everything of one cell lies; ``body`` and ``nucleus`` are fields of depth."""

    look: Look
    x: float
    y: float
    radius: float
    body: Plane
    spine: Tube
    nucleus: Plane


def laid_out(look: Look, x: float, y: float, radius: float, red_cells: Plane, rng: np.random.Generator) -> Cell:
    """Choose the outlines of a cell and of its nucleus."""
    across, down = np.broadcast_arrays(COLUMNS - np.float32(x), ROWS - np.float32(y))
    body = roundish(across, down, radius, look.stretch * rng.uniform(0.3, 1.7), look.unevenness, rng)
    body += window(rng, 9, SIDE, SIDE) * np.float32(28 * look.unevenness) + window(rng, 3, SIDE, SIDE) * 0.5
    if look.moulded > 0.3:
        body = np.minimum(body, -red_cells - 2)
    spine = spine_of(look, radius, rng).moved(x, y)
    uneven = window(rng, 8, SIDE, SIDE) * np.float32(look.ruggedness) + window(rng, 3.2, SIDE, SIDE) * 0.5
    nucleus = np.minimum(spine.depth(COLUMNS, ROWS) + uneven, body - 2.5)
    return Cell(look, x, y, radius, body, spine, nucleus)


def spine_of(look: Look, radius: float, rng: np.random.Generator) -> Tube:
    """The nucleus' tube, off centre where there is room for it."""
    spine = varied_tube(look, radius, rng)
    for _ in range(RETRIES):
        if not spine.touches_itself:
            break
        spine = varied_tube(look, radius, rng)
    angle, room = rng.uniform(0, 2 * np.pi), max(0.0, radius * 0.96 - spine.reach)
    offset = room * look.eccentric * rng.uniform(0.7, 1.1)
    return spine.moved(offset * np.cos(angle), offset * np.sin(angle))


def varied_tube(look: Look, radius: float, rng: np.random.Generator) -> Tube:
    """One try at a nucleus as the look wants it."""
    return tube(
        length=look.length * radius * rng.uniform(0.88, 1.12),
        width=look.nucleus * radius * float(np.clip(rng.normal(1, 0.06), 0.85, 1.15)),
        bend=look.bend * rng.uniform(0.8, 1.2),
        lobes=max(1, round(look.lobes + (rng.normal(0, 0.6) if look.lobes > 2 else 0))),
        pinch=look.pinch * (1 if look.pinch > 0.8 else rng.uniform(0.6, 1.4)),
        kink=look.kink,
        thread=THREAD,
        rng=rng,
    ).drawn_in(radius * 0.93)


def paint_cell(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Lay the whole cell on the canvas."""
    paint_hairs(canvas, cell, rng)
    paint_cytoplasm(canvas, cell, rng)
    paint_light_zone(canvas, cell)
    paint_fine_granules(canvas, cell, rng)
    paint_nucleus(canvas, cell, rng)
    paint_nucleoli(canvas, cell, rng)
    paint_granules(canvas, cell, rng)
    paint_rods(canvas, cell, rng)
    paint_vacuoles(canvas, cell, rng)


def paint_cytoplasm(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """A wash that changes towards the edge, clouded, with a fine border."""
    look = cell.look
    inward = np.clip(cell.body / np.float32(cell.radius * 0.42), 0, 1)
    clouds = window(rng, 1.3, SIDE, SIDE) * 2.5 + window(rng, 2.6, SIDE, SIDE) * 5 + window(rng, 8, SIDE, SIDE) * 3
    clouds *= np.float32(0.45 + look.mottle)
    border = np.exp(-np.square((cell.body - 1.5) / 1.6)) * 9
    shift = rng.normal(0, 3) + rng.normal(0, 1.5, 3)
    texture = np.stack(
        [
            np.float32(edge + change) + np.float32(inner - edge) * inward + clouds * weight - border
            for inner, edge, change, weight in zip(look.cytoplasm, look.edge, shift, (1.0, 1.0, 0.55), strict=True)
        ]
    )
    softness = 1.8 + 1.5 * min(1.0, look.hairs / 50)
    paint(canvas, ramp(cell.body, softness) * np.float32(0.94 * (1 - look.smeared)), texture)


def paint_hairs(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Fine projections all round."""
    count = round(cell.look.hairs * rng.uniform(0.8, 1.2))
    if count < 8:
        return
    angle = rng.uniform(0, 2 * np.pi, count)
    column = np.clip(np.rint(cell.x + cell.radius * np.cos(angle)), 0, SIDE - 1).astype(int)
    row = np.clip(np.rint(cell.y + cell.radius * np.sin(angle)), 0, SIDE - 1).astype(int)
    edge = cell.radius + cell.body[row, column]
    length = rng.gamma(2.2, 3.6, count)
    lean = angle + rng.normal(0, 0.45, count)
    x, y = cell.x + (edge - 4) * np.cos(angle), cell.y + (edge - 4) * np.sin(angle)
    field = strokes(SIDE, x, y, x + (length + 4) * np.cos(lean), y + (length + 4) * np.sin(lean), 4.2)
    paint(canvas, ramp(field, 2) * np.float32(0.8), cell.look.edge)


def paint_light_zone(canvas: Canvas, cell: Cell) -> None:
    """The Golgi zone: a pale spot in the cytoplasm beside the nucleus, on the side of the cell's middle."""
    if cell.look.golgi < 0.05:
        return
    centre_x, centre_y = middle_of(cell.spine)
    away_x, away_y = cell.x - centre_x, cell.y - centre_y
    distance = max(float(np.hypot(away_x, away_y)), 1e-3)
    beside = cell.look.nucleus * cell.radius * 1.12
    x, y = centre_x + away_x / distance * beside, centre_y + away_y / distance * beside
    spread = np.float32(1 / (cell.radius * 0.27) ** 2)
    zone = np.exp(-(np.square(COLUMNS - np.float32(x)) + np.square(ROWS - np.float32(y))) * spread)
    paint(canvas, zone * ramp(cell.body - 4, 4) * np.float32(0.72 * cell.look.golgi), (236, 220, 232))


def paint_fine_granules(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Granules at the limit of what the microscope shows: specks, denser here and there."""
    if cell.look.fine < 0.03:
        return
    inside = ramp(cell.body - 3, 3) * np.float32(cell.look.fine)
    density = window(rng, 8, SIDE, SIDE) * 0.25
    paint(canvas, np.clip(window(rng, 1.9, SIDE, SIDE) * 0.5 + density, 0, 0.7) * inside, LILAC)
    paint(canvas, np.clip(window(rng, 1.15, SIDE, SIDE) * 1.1 - 1.3 + density, 0, 1.6) * inside, PURPLE)


def paint_nucleus(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Chromatin: a dark ground with lighter gaps, fine or clumped, darker along the membrane."""
    look, coarse = cell.look, np.float32(cell.look.coarse)
    pattern = (
        window(rng, 1.5, SIDE, SIDE) * (0.85 - 0.65 * coarse)
        + window(rng, 2.6, SIDE, SIDE) * (0.5 + 0.2 * coarse)
        + window(rng, 4.4, SIDE, SIDE) * (0.9 * coarse)
    )
    if look.wheel > 0.05:
        pattern += wheel(cell, rng) * np.float32(look.wheel)
    gaps = np.clip(0.4 + 0.42 * pattern, 0, 1.2) * (1 - coarse) + np.clip(0.75 * pattern - 0.05, -0.25, 1.2) * coarse
    gaps *= np.float32(look.contrast * rng.uniform(1.0, 1.3))
    if look.folds > 0.05:
        crease = np.exp(-np.square(window(rng, 10, SIDE, SIDE) / 0.16)) * ramp(cell.nucleus - 5, 6)
        gaps *= 1 - crease * np.float32(0.9 * look.folds)
    else:
        crease = None
    cover = ramp(cell.nucleus, 1.7)
    if look.smeared > 0.05:
        threads = window(rng, 3.2, SIDE, SIDE) * 0.7 + window(rng, 8, SIDE, SIDE)
        torn = cell.nucleus - 5 + threads * np.float32(8 * look.smeared)
        cover = ramp(torn, 1.7 + 38 * look.smeared) * np.float32(1 - 0.1 * look.smeared)
        gaps = np.clip(gaps + np.abs(threads) * np.float32(0.25 * look.smeared), 0, 1)
    else:
        gaps *= np.clip(cell.nucleus / 4, 0.1, 1)
    shift = rng.normal(0, 3) + rng.normal(0, 1.5, 3)
    texture = np.stack(
        [
            np.float32(dark + change) + np.float32(light - dark) * gaps
            for dark, light, change in zip(look.chromatin, look.light, shift, strict=True)
        ]
    )
    paint(canvas, cover * np.float32(0.97), texture)
    if crease is not None:
        shade(canvas, crease * cover * np.float32(0.7 * look.folds), (0.76, 0.62, 0.86))


def wheel(cell: Cell, rng: np.random.Generator) -> Plane:
    """Spokes: gaps between clumps that sit along the nucleus' edge."""
    x, y = middle_of(cell.spine)
    angle = np.arctan2(ROWS - np.float32(y), COLUMNS - np.float32(x))
    outward = np.clip(1.15 - cell.nucleus / np.float32(cell.look.nucleus * cell.radius), 0, 1)
    spokes = int(rng.integers(6, 9))
    return np.asarray(
        np.cos(spokes * angle + np.float32(rng.uniform(0, 2 * np.pi))) * outward * np.float32(1.5), dtype=np.float32
    )


def paint_nucleoli(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Round paler spots in the nucleus, each with a darker hem."""
    count = round(cell.look.nucleoli + rng.uniform(-0.5, 0.6)) if cell.look.nucleoli > 0.1 else 0
    x, y = scattered(cell, cell.nucleus > 9, count, rng)
    radius = rng.uniform(0.55, 0.9, len(x)) * PX_PER_UM
    spots = grains(SIDE, x, y, radius * 1.4)
    spots *= 1 + window(rng, 4, SIDE, SIDE) * 0.15
    shade(canvas, ramp(spots - 0.2, 0.4) * np.float32(0.4), (0.84, 0.76, 0.94))
    paint(canvas, ramp(spots - 0.55, 0.6) * np.float32(0.6), (146, 112, 192))


def paint_granules(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Granules large enough to be counted; each is a little body with light on one side."""
    look = cell.look
    count = round(look.granules * rng.uniform(0.8, 1.2))
    if count < 1:
        return
    size = look.granule * PX_PER_UM
    outside = (cell.body > size * 1.2) & (cell.nucleus < -1)
    x, y = scattered(cell, outside, round(count * (1 - look.over_nucleus * 0.5)), rng)
    over_x, over_y = scattered(cell, cell.nucleus > -2, round(count * look.over_nucleus * 0.6), rng)
    x, y = np.concatenate([x, over_x]), np.concatenate([y, over_y])
    radius = size * rng.uniform(0.75, 1.3, len(x)) * 1.25
    bodies = grains(SIDE, x, y, radius)
    light = (bodies - np.roll(bodies, (1, 1), (0, 1))) * np.float32(22)
    tone = bodies * 10 + window(rng, 3, SIDE, SIDE) * 5
    texture = np.stack([np.float32(value) + light + tone for value in look.granule_colour])
    paint(canvas, ramp(bodies - 0.22, 0.4) * np.float32(0.9), texture)


def paint_rods(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Auer rods: thin red needles, in bundles where there are many."""
    wanted = cell.look.rods
    count = round(wanted * rng.uniform(0, 2)) if wanted >= 1 else int(rng.random() < wanted)
    x, y = scattered(cell, (cell.body > 8) & (cell.nucleus < 1), count, rng)
    angle = rng.uniform(0, np.pi) + rng.normal(0, 0.35, len(x))
    half = rng.uniform(0.6, 1.6, len(x)) * PX_PER_UM / 1.4
    run_x, run_y = half * np.cos(angle), half * np.sin(angle)
    field = np.minimum(strokes(SIDE, x - run_x, y - run_y, x + run_x, y + run_y, 3.0), cell.body - 3)
    paint(canvas, ramp(field, 1.3) * np.float32(0.85), RED)


def paint_vacuoles(canvas: Canvas, cell: Cell, rng: np.random.Generator) -> None:
    """Holes in the cytoplasm, as bright as the glass."""
    count = int(rng.poisson(cell.look.vacuoles)) if cell.look.vacuoles > 0.3 else 0
    x, y = scattered(cell, (cell.body > 5) & (cell.nucleus < -2), count, rng)
    holes = grains(SIDE, x, y, rng.uniform(0.25, 0.75, len(x)) * PX_PER_UM)
    paint(canvas, ramp(holes - 0.3, 0.5) * np.float32(0.75), (246, 234, 226))


def scattered(cell: Cell, where: NDArray[np.bool], count: int, rng: np.random.Generator) -> tuple[Values, Values]:
    """Up to ``count`` random points of the cell at which ``where`` holds."""
    if count < 1:
        return np.empty(0), np.empty(0)
    reach = cell.radius * 1.15
    x = cell.x + rng.uniform(-reach, reach, count * 6)
    y = cell.y + rng.uniform(-reach, reach, count * 6)
    column, row = np.clip(x, 0, SIDE - 1).astype(int), np.clip(y, 0, SIDE - 1).astype(int)
    good = np.flatnonzero(where[row, column])[:count]
    return x[good], y[good]


def middle_of(spine: Tube) -> tuple[float, float]:
    """The centre of a nucleus, its wide parts weighing more."""
    weight = spine.radius**2 / (spine.radius**2).sum()
    return float((spine.x * weight).sum()), float((spine.y * weight).sum())
