"""What lies round the cell: red cells, and now and then a platelet."""

import numpy as np

from app.demo.canvas import PX_PER_UM, SIDE, Canvas, paint, shade
from app.demo.noise import Plane, window
from app.demo.shapes import FAR_OUTSIDE, grains, ramp, roundish

RED_CELL_PASSES = (0.815, 0.70, 0.765)
"""What haemoglobin stained with eosin lets through of red, green and blue."""

ATTEMPTS = 90


def red_cells(canvas: Canvas, x: float, y: float, room: float, rng: np.random.Generator) -> Plane:
    """Lay red cells round a cell at ``x``, ``y`` that needs ``room``; returns their field, for cells that give way."""
    everywhere = np.full((SIDE, SIDE), FAR_OUTSIDE, dtype=np.float32)
    usual, pallor = rng.normal(3.6, 0.12) * PX_PER_UM, rng.uniform(0.35, 1.0)
    crowding, wanted = rng.uniform(0.8, 1.05), int(rng.integers(6, 16))
    placed: list[tuple[float, float, float]] = []
    for _ in range(ATTEMPTS):
        centre_x, centre_y = rng.uniform(-32, SIDE + 32, 2)
        radius = usual * float(np.clip(rng.normal(1, 0.06), 0.85, 1.15))
        clear = np.hypot(centre_x - x, centre_y - y) > room + radius * 1.0
        apart = all(np.hypot(centre_x - px, centre_y - py) > (radius + pr) * crowding for px, py, pr in placed)
        if clear and apart and len(placed) < wanted:
            placed.append((centre_x, centre_y, radius))
            red_cell(canvas, everywhere, centre_x, centre_y, radius, pallor, rng)
    return everywhere


def red_cell(
    canvas: Canvas,
    everywhere: Plane,
    x: float,
    y: float,
    radius: float,
    pallor: float,
    rng: np.random.Generator,
) -> None:
    """One red cell: a disc thicker at its rim, so paler in its middle."""
    reach = int(radius * 1.35) + 4
    rows = slice(max(0, int(y) - reach), max(0, int(y) + reach))
    columns = slice(max(0, int(x) - reach), max(0, int(x) + reach))
    part = canvas[:, rows, columns]
    if not part[0].size:
        return
    height, width = part[0].shape
    across = (np.arange(columns.start, columns.start + width)[None, :] - x).astype(np.float32)
    down = (np.arange(rows.start, rows.start + height)[:, None] - y).astype(np.float32)
    across, down = np.broadcast_arrays(across, down)
    depth = roundish(across, down, radius, abs(rng.normal(0, 0.05)), 0.045, rng)
    outward = np.clip(1 - depth / np.float32(radius), 0, 1)
    own = pallor * rng.uniform(0.6, 1.2)
    middle = ramp(np.float32(rng.uniform(0.3, 0.46)) - outward, rng.uniform(0.3, 0.5)) * np.float32(min(own, 1))
    body = ramp(depth, 2.4) * (0.94 + 0.12 * outward - 0.8 * middle)
    shade(part, body, RED_CELL_PASSES)
    light_round_it = np.exp(-np.square((depth + 2.5) / 2.0)) * np.float32(0.16)
    paint(part, light_round_it, (255, 246, 234))
    np.maximum(everywhere[rows, columns], depth, out=everywhere[rows, columns])


def platelet(canvas: Canvas, x: float, y: float, room: float, rng: np.random.Generator) -> None:
    """A small granular body somewhere outside the cell."""
    angle, distance = rng.uniform(0, 2 * np.pi), room + rng.uniform(16, 50)
    centre_x, centre_y = x + distance * np.cos(angle), y + distance * np.sin(angle)
    size = rng.uniform(8, 13)
    blobs = rng.normal(0, size * 0.3, (2, 5))
    field = grains(SIDE, centre_x + blobs[0], centre_y + blobs[1], np.full(5, size))
    paint(canvas, np.clip(field * 1.6, 0, 1) * np.float32(0.55), (196, 170, 206))
    specks = np.clip(window(rng, 1.4, SIDE, SIDE) - 0.2, 0, 1)
    paint(canvas, np.clip(field * 1.8, 0, 1) * specks * np.float32(0.8), (122, 58, 140))
