"""The glass under the cell and the camera over it: background, paint, and how light becomes a picture."""

import numpy as np
from numpy.typing import NDArray

from app.demo.noise import Plane, window

SIDE = 288
PX_PER_UM = 11.52
BLANK = (251.0, 238.0, 222.0)
"""Empty glass under the lamp of the microscope."""

Canvas = NDArray[np.float32]
"""(3, SIDE, SIDE): red, green and blue planes, 0 to 255."""
Colour = tuple[float, float, float]


def glass(rng: np.random.Generator) -> Canvas:
    """An empty field, lit a little unevenly."""
    tint = np.array(BLANK) + np.array((1.0, 3.0, 7.0)) * rng.normal(0, 0.7)
    slope = np.linspace(-1, 1, SIDE, dtype=np.float32)
    light = rng.normal(0, 1.6) * slope[None, :] + rng.normal(0, 1.6) * slope[:, None]
    return np.asarray(tint[:, None, None] + light, dtype=np.float32)


def paint(canvas: Canvas, cover: Plane, colour: Colour | Canvas) -> None:
    """Lay a colour, or a coloured texture, over the canvas where ``cover`` is above 0."""
    for plane, value in zip(canvas, colour, strict=True):
        plane += (np.float32(value) - plane) * cover


def shade(canvas: Canvas, strength: Plane, passing: Colour) -> None:
    """Let only the share ``passing`` of each colour through where ``strength`` is 1: stain laid on stain darkens."""
    for plane, share in zip(canvas, passing, strict=True):
        plane *= 1 - strength * np.float32(1 - share)


def softened(plane: Plane, share: float) -> Plane:
    """A slight blur: each pixel gives ``share`` to either neighbour, along rows and along columns."""
    padded = np.pad(plane, 1, mode="edge")
    rows = padded[1:-1] * np.float32(1 - 2 * share) + (padded[:-2] + padded[2:]) * np.float32(share)
    both = rows[:, 1:-1] * np.float32(1 - 2 * share) + (rows[:, :-2] + rows[:, 2:]) * np.float32(share)
    return np.asarray(both, dtype=np.float32)


def developed(canvas: Canvas, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture that a camera takes: a little soft, the stain stronger or weaker than usual, with grain."""
    passes = 1 + int(rng.random() < 0.25) + 5 * int(rng.random() < 0.015)
    share = float(rng.uniform(0.14, 0.25))
    stain = rng.normal(1, 0.09) * np.exp(rng.normal(0, 0.025, 3))
    grain = window(rng, 0.8, SIDE, SIDE)
    picture = np.empty((SIDE, SIDE, 3), dtype=np.float32)
    for channel, (plane, strength) in enumerate(zip(canvas, stain, strict=True)):
        for _ in range(passes):
            plane = softened(plane, share)
        blank = np.float32(BLANK[channel])
        kept = blank * np.power(np.clip(plane, 1, None) / blank, np.float32(strength))
        picture[..., channel] = kept + grain * 1.1 + window(rng, 0.5, SIDE, SIDE) * 1.3
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
