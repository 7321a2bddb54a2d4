"""What a cell looks like, as numbers that a turned or mirrored picture shares.

:func:`features` takes a picture's pixels and gives one vector, whose values are called :data:`NAMES`, in that order.
What they are made of, step by step (lengths in µm; colours as shares of the background's, so 1 is empty ground):

1. The middle 25 × 25 µm are brought to 96 × 96 pixels (:data:`WORK_SCALE`). Where the scale isn't known, the shorter
   side is taken for 25 µm. Each channel is divided by its background, the 90th percentile.
2. The *nucleus* is what Otsu's threshold finds dark in the smoothed red channel, the darker part of that where a second
   threshold parts two clearly different tones, and of it what hangs together with the middle. The *cell* is the
   nucleus grown by 14 pixels within what differs from the background, the *cytoplasm* is the cell without the nucleus,
   and the *ring* is what lies within 4 pixels around the nucleus.
3. Colour: mean, standard deviation, skewness and five percentiles of R, G, B and their three differences in nucleus,
   cytoplasm and ring. Texture: gradient and Laplacian of red and green there. Shape: areas, perimeters, moments
   (M.-K. Hu, IRE Trans. Inf. Theory 8 (1962) 179) and what is left, and in how many pieces, after erosions, openings
   and closings, which counts lobes. Angular spectra: Fourier magnitudes of what lies in each direction from the
   nucleus's centre. Profile: mean red and green by distance from it. Local binary patterns, uniform and rotation
   invariant (T. Ojala et al., IEEE Trans. PAMI 24 (2002) 971, eqs. 9 to 11), at distances of 1, 2 and 3 pixels.

N. Otsu's threshold is from IEEE Trans. SMC 9 (1979) 62. A part of the cell that isn't there has zeros. The same
pixels give the same numbers; turning by quarters and mirroring changes them by rounding only. A vector is stored as
16-bit floats; change :data:`VERSION` with anything that changes a number.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.images.masks import (
    SIDE,
    Flags,
    closed,
    dilated,
    eroded,
    grown_within,
    opened,
    outline,
    packed,
    unpacked,
)

__all__ = ["NAMES", "VERSION", "WORK_SCALE", "features"]

VERSION = 1
"""Which recipe made a vector; only vectors of one version may be compared."""

WORK_SCALE = 3.84
"""Pixels per µm of the pictures that are measured."""

Floats = NDArray[np.float32]

_FIELD_UM = SIDE / WORK_SCALE
_BACKGROUND = 0.9
_DIFFERS = 0.1
_CYTOPLASM = 14
_RING = 4
_MIDDLE = 14
_PERCENTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_TWO_TONES = 0.72
_TONES_APART = 0.12

_REGIONS = ("nucleus", "cytoplasm", "ring")
_COLOURS = ("r", "g", "b", "r_less_b", "r_less_g", "g_less_b")
_COLOUR_MEASURES = ("mean", "sd", "skew", *(f"p{share * 100:02.0f}" for share in _PERCENTILES))
_TEXTURES = ("r_gradient", "g_gradient", "r_laplacian", "g_laplacian")
_TEXTURE_MEASURES = ("mean", "sd", "p50", "p95")
_EROSIONS = tuple(range(1, 9))
_OPENINGS = (2, 4, 6, 8)
_CLOSINGS = (2, 4, 6, 8)
_ANGLES = 64
_RADII = 30
_HARMONICS = tuple(range(1, 9))
_LAYERS = 3
_LAYER_HARMONICS = tuple(range(1, 7))
_PROFILE = 15
_LBP_DISTANCES = (1, 2, 3)
_LBP_PATTERNS = 10
_LBP_TIE = 1e-3

NAMES: tuple[str, ...] = (
    *(f"{region}.{colour}.{measure}" for region in _REGIONS for colour in _COLOURS for measure in _COLOUR_MEASURES),
    *(f"{region}.{map}.{measure}" for region in _REGIONS for map in _TEXTURES for measure in _TEXTURE_MEASURES),
    "nucleus.area_um2",
    "cell.area_um2",
    "nucleus.share_of_cell",
    "cell.share_at_edge",
    "cell.nucleus_off_centre_um",
    *(
        f"{region}.{measure}"
        for region in ("nucleus", "cell")
        for measure in ("perimeter_um", "circularity", "major_um", "minor_um", "elongation")
    ),
    *(f"nucleus.hu{number}" for number in range(1, 5)),
    "nucleus.euler",
    *(f"nucleus.eroded{radius}.{what}" for radius in _EROSIONS for what in ("share", "euler")),
    *(f"nucleus.opened{radius}.{what}" for radius in _OPENINGS for what in ("share", "euler")),
    *(f"nucleus.closed{radius}.{what}" for radius in _CLOSINGS for what in ("share", "euler")),
    *(f"nucleus.mass_harmonic{k}" for k in _HARMONICS),
    *(f"nucleus.reach_harmonic{k}" for k in _HARMONICS),
    *(f"layer{layer}.dark_harmonic{k}" for layer in range(_LAYERS) for k in _LAYER_HARMONICS),
    *(f"profile.{colour}{at}" for colour in "rg" for at in range(_PROFILE)),
    *(
        f"{region}.lbp{distance}.{pattern}"
        for region in ("nucleus", "cytoplasm")
        for distance in _LBP_DISTANCES
        for pattern in range(_LBP_PATTERNS)
    ),
)
"""What the values of a vector are, in order."""


def features(width: int, height: int, rgb: bytes, px_per_um: float | None = None) -> NDArray[np.float16]:
    """The vector of a picture: ``len(NAMES)`` 16-bit floats, all of them finite.

    ``rgb`` has ``3 * width * height`` bytes, row by row; ``px_per_um`` is the picture's scale where it is known.
    """
    colours = _against_background(_work_picture(width, height, rgb, px_per_um))
    nucleus = _nucleus(colours[0])
    cell = _cell(colours, nucleus)
    around = dilated(nucleus, _RING) & ~nucleus
    regions = [unpacked(region) for region in (nucleus, cell & ~nucleus, around)]
    values = np.concatenate(
        [
            _colour(colours, regions),
            _texture(colours, regions),
            _shape(nucleus, cell),
            _angular(colours, regions[0]),
            _patterns(colours[1], regions[:2]),
        ]
    )
    vector: NDArray[np.float16] = np.nan_to_num(values).clip(-60_000, 60_000).astype(np.float16)
    return vector


# The picture, brought to one size and one ground


def _work_picture(width: int, height: int, rgb: bytes, px_per_um: float | None) -> NDArray[np.uint8]:
    """The middle of the picture, of shape (SIDE, SIDE, 3). Where it is smaller than that, its border is drawn out."""
    scale = WORK_SCALE / px_per_um if px_per_um else SIDE / min(width, height)
    # An even number of pixels in each direction, so that the middle stays the middle however it is turned.
    columns, rows = (max(2, min(SIDE, 2 * round(side * scale / 2))) for side in (width, height))
    across, down = (min(side, pixels / scale) for side, pixels in ((width, columns), (height, rows)))
    left, top = (width - across) / 2, (height - down) / 2
    picture = Image.frombytes("RGB", (width, height), rgb).resize(
        (columns, rows), Image.Resampling.BICUBIC, (left, top, left + across, top + down), reducing_gap=3.0
    )
    beside, above = (SIDE - columns) // 2, (SIDE - rows) // 2
    return np.pad(np.asarray(picture), ((above, above), (beside, beside), (0, 0)), mode="edge")


def _against_background(work: NDArray[np.uint8]) -> Floats:
    """Red, green and blue as shares of the background, of shape (3, SIDE, SIDE)."""
    colours = np.moveaxis(work, 2, 0).astype(np.float32)
    ground = [
        np.searchsorted(np.cumsum(np.bincount(work[..., at].ravel(), minlength=256)), _BACKGROUND * SIDE * SIDE)
        for at in range(3)
    ]
    shares: Floats = (colours / np.maximum(ground, 1)[:, None, None]).astype(np.float32)
    return shares


# Where nucleus and cell are


def _nucleus(red: Floats) -> int:
    """The region of the nucleus; empty where nothing is darker than the rest."""
    smooth = _smoothed(_smoothed(red))
    tones = np.minimum(smooth * 200, 255).astype(np.uint8)
    threshold, parted = _otsu(tones)
    if parted == 0:
        return 0
    dark = tones <= threshold
    inner, parted = _otsu(tones[dark])
    darker = tones <= inner
    if parted > _TWO_TONES and _means_apart(tones, dark, darker) > 200 * _TONES_APART:
        dark = darker
    return _what_hangs_with_the_middle(packed(dark))


def _means_apart(tones: NDArray[np.uint8], dark: Flags, darker: Flags) -> float:
    lighter = dark & ~darker
    return float(tones[lighter].mean() - tones[darker].mean()) if lighter.any() and darker.any() else 0.0


def _otsu(tones: NDArray[np.uint8]) -> tuple[int, float]:
    """The last tone of the darker class, and which share of the variance lies between the classes (0 for one tone)."""
    counts = np.bincount(tones.ravel(), minlength=256).astype(np.float64)
    n = counts.sum()
    below = np.cumsum(counts)
    mass = np.cumsum(counts * np.arange(256))
    if n == 0:
        return 0, 0.0
    variance = float((counts * np.arange(256) ** 2).sum() / n - (mass[-1] / n) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nan_to_num((mass[-1] * below / n - mass) ** 2 / (below * (n - below)) / n, posinf=0.0)
    # Between two tones every threshold parts equally well: the middle one doesn't depend on which way is up.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return int(best[len(best) // 2]), float(between.max() / variance) if variance > 1e-9 else 0.0


def _what_hangs_with_the_middle(dark: int) -> int:
    """The dark pixels near the middle with all that they touch, across gaps of a few pixels, where filaments are."""
    seed = _DISC & dark
    radius = _MIDDLE
    while not seed and radius < SIDE:
        radius += _MIDDLE
        seed = dilated(_DISC, radius - _MIDDLE) & dark
    return grown_within(seed, dilated(dark, 2)) & dark


def _cell(colours: Floats, nucleus: int) -> int:
    """The region of the cell: nucleus and what is around it, as far as it differs from the background."""
    differs = np.abs(1 - _smoothed(colours)).max(axis=0) > _DIFFERS
    return grown_within(nucleus, packed(differs) | nucleus, _CYTOPLASM)


def _smoothed(image: Floats) -> Floats:
    """Weighted 1, 2, 1 in both directions, over the last two axes."""
    rows = np.concatenate([image[..., :1, :], image, image[..., -1:, :]], axis=-2)
    image = (rows[..., :-2, :] + rows[..., 2:, :]) * np.float32(0.25) + rows[..., 1:-1, :] * np.float32(0.5)
    columns = np.concatenate([image[..., :1], image, image[..., -1:]], axis=-1)
    smooth: Floats = (columns[..., :-2] + columns[..., 2:]) * np.float32(0.25) + columns[..., 1:-1] * np.float32(0.5)
    return smooth


# What is measured


def _colour(colours: Floats, regions: list[Flags]) -> Floats:
    red, green, blue = colours
    maps = np.stack([red, green, blue, red - blue, red - green, green - blue]).reshape(len(_COLOURS), -1)
    return np.concatenate([_moments_and_percentiles(maps[:, np.flatnonzero(region)]) for region in regions])


def _moments_and_percentiles(values: Floats) -> Floats:
    """Each row's mean, standard deviation, skewness and percentiles, row by row in one vector."""
    if values.shape[1] == 0:
        return np.zeros(len(values) * len(_COLOUR_MEASURES), np.float32)
    mean = values.mean(axis=1, keepdims=True)
    apart = values - mean
    sd = np.sqrt((apart**2).mean(axis=1, keepdims=True))
    skew = (apart**3).mean(axis=1, keepdims=True) / np.maximum(sd, 1e-3) ** 3
    return np.concatenate([mean, sd, skew, _percentiles(values, _PERCENTILES)], axis=1).ravel()


def _percentiles(values: Floats, shares: tuple[float, ...]) -> Floats:
    ordered = np.sort(values, axis=1)
    at = np.array(shares) * (values.shape[1] - 1)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, values.shape[1] - 1)
    rest = (at - low).astype(np.float32)
    between: Floats = ordered[:, low] * (1 - rest) + ordered[:, high] * rest
    return between


def _texture(colours: Floats, regions: list[Flags]) -> Floats:
    pair = colours[:2]
    across, down = np.gradient(pair, axis=2), np.gradient(pair, axis=1)
    maps = np.concatenate([np.hypot(across, down), np.abs(pair - _smoothed(pair))]).reshape(len(_TEXTURES), -1)
    measured = []
    for region in regions:
        values = maps[:, np.flatnonzero(region)]
        if values.shape[1] == 0:
            measured.append(np.zeros(len(_TEXTURES) * len(_TEXTURE_MEASURES), np.float32))
            continue
        moments = [values.mean(axis=1, keepdims=True), values.std(axis=1, keepdims=True)]
        measured.append(np.concatenate([*moments, _percentiles(values, (0.5, 0.95))], axis=1).ravel())
    return 10 * np.concatenate(measured)


def _shape(nucleus: int, cell: int) -> Floats:
    area, cell_area = nucleus.bit_count(), cell.bit_count()
    of_nucleus, of_cell = _moments(unpacked(nucleus)), _moments(unpacked(cell))
    off_centre = math.dist(of_nucleus.centre, of_cell.centre) / WORK_SCALE
    values = [
        area / WORK_SCALE**2,
        cell_area / WORK_SCALE**2,
        area / max(cell_area, 1),
        (cell & _EDGE).bit_count() / _EDGE.bit_count(),
        off_centre,
    ]
    for region, moments in ((nucleus, of_nucleus), (cell, of_cell)):
        perimeter = outline(region).perimeter
        circularity = 4 * math.pi * region.bit_count() / perimeter**2 if perimeter else 0.0
        values += [perimeter / WORK_SCALE, circularity, moments.major, moments.minor, moments.elongation]
    values += [*of_nucleus.hu, outline(nucleus).euler]
    for worn in (
        *(eroded(nucleus, radius) for radius in _EROSIONS),
        *(opened(nucleus, radius) for radius in _OPENINGS),
    ):
        values += [worn.bit_count() / max(area, 1), outline(worn).euler]
    for radius in _CLOSINGS:
        filled = closed(nucleus, radius)
        values += [area / max(filled.bit_count(), 1), outline(filled).euler]
    return np.array(values, np.float32)


class _Moments:
    """Where a region lies, how long and wide it is (µm), and the first four of Hu's invariants, each to its root."""

    def __init__(self, area: float, centre: tuple[float, float], second: list[float], third: list[float]) -> None:
        self.centre = centre
        xx, yy, xy = second
        spread = math.hypot(xx - yy, 2 * xy)
        # Four standard deviations of an ellipse are its axes.
        self.major = 4 * math.sqrt(max(0.0, (xx + yy + spread) / 2)) / WORK_SCALE
        self.minor = 4 * math.sqrt(max(0.0, (xx + yy - spread) / 2)) / WORK_SCALE
        self.elongation = 1 - self.minor / self.major if self.major else 0.0
        if area == 0:
            self.hu = (0.0, 0.0, 0.0, 0.0)
            return
        xx, yy, xy = (each / area for each in second)
        xxx, xxy, xyy, yyy = (each / area**1.5 for each in third)
        self.hu = (
            xx + yy,
            math.hypot(xx - yy, 2 * xy),
            math.hypot(xxx - 3 * xyy, 3 * xxy - yyy),
            math.hypot(xxx + xyy, xxy + yyy),
        )


def _moments(flags: Flags) -> _Moments:
    rows, columns = np.nonzero(flags)
    if len(rows) == 0:
        return _Moments(0, (SIDE / 2 - 0.5, SIDE / 2 - 0.5), [0.0] * 3, [0.0] * 4)
    x, y = columns - columns.mean(), rows - rows.mean()
    # A pixel is a square, not a point: its own twelfth keeps a line of one pixel from having no width.
    second = [float((x * x).mean()) + 1 / 12, float((y * y).mean()) + 1 / 12, float((x * y).mean())]
    third = [float(each.mean()) for each in (x * x * x, x * x * y, x * y * y, y * y * y)]
    return _Moments(len(rows), (float(columns.mean()), float(rows.mean())), second, third)


def _angular(colours: Floats, nucleus: Flags) -> Floats:
    """Spectra over the directions from the nucleus's centre, and the profile over the distances from it."""
    around = _around(np.concatenate([colours[:2], nucleus[None].astype(np.float32)]), _moments(nucleus).centre)
    red, green, within = around
    mass = within.sum(axis=1)
    reach = np.where(within >= 0.5, np.arange(1, _RADII + 1, dtype=np.float32), 0).max(axis=1)
    dark = (1 - red).reshape(_ANGLES, _LAYERS, -1).mean(axis=2)
    values = [_harmonics(mass, len(_HARMONICS)), _harmonics(reach, len(_HARMONICS))]
    values += [_harmonics(dark[:, layer], len(_LAYER_HARMONICS), relative=False) for layer in range(_LAYERS)]
    values += [colour.mean(axis=0).reshape(_PROFILE, -1).mean(axis=1) for colour in (red, green)]
    return np.concatenate(values)


def _harmonics(by_angle: Floats, count: int, relative: bool = True) -> Floats:
    """The first Fourier magnitudes, which no turn changes, as shares of the mean where that is asked for."""
    magnitudes = np.abs(np.fft.rfft(by_angle))
    ground = max(float(magnitudes[0]), 1e-3) if relative else _ANGLES
    return (2 * magnitudes[1 : count + 1] / ground).astype(np.float32)


def _around(maps: Floats, centre: tuple[float, float]) -> Floats:
    """The maps around a point, of shape (maps, _ANGLES, _RADII), interpolated between pixels."""
    x = np.clip(centre[0] + _RAY_X, 0, SIDE - 1.001)
    y = np.clip(centre[1] + _RAY_Y, 0, SIDE - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right_share, low_share = (x - left).astype(np.float32), (y - top).astype(np.float32)
    flat = maps.reshape(len(maps), -1)
    at = top * SIDE + left
    above = flat[:, at] * (1 - right_share) + flat[:, at + 1] * right_share
    below = flat[:, at + SIDE] * (1 - right_share) + flat[:, at + SIDE + 1] * right_share
    between: Floats = above * (1 - low_share) + below * low_share
    return between


def _patterns(green: Floats, regions: list[Flags]) -> Floats:
    """Shares of the ten uniform rotation-invariant patterns of eight neighbours, by region and distance."""
    places = [np.flatnonzero(region) for region in regions]
    found = [_patterns_at(green, distance).ravel() for distance in _LBP_DISTANCES]
    return np.concatenate(
        [
            (np.bincount(patterns[place], minlength=_LBP_PATTERNS) / max(len(place), 1)).astype(np.float32)
            for place in places
            for patterns in found
        ]
    )


def _patterns_at(green: Floats, distance: int) -> NDArray[np.intp]:
    """Each pixel's pattern: how many neighbours are as light, 9 where those don't stand side by side."""
    padded = np.pad(green, distance, mode="edge")

    def shifted(down: int, across: int) -> Floats:
        top, left = distance + down, distance + across
        return padded[top : top + SIDE, left : left + SIDE]

    # On the circle the diagonal neighbours lie between four pixels.
    near = math.floor(distance * math.sqrt(0.5))
    share = np.float32(distance * math.sqrt(0.5) - near)
    one, both = share * (1 - share), share * share

    def diagonal(down: int, across: int) -> Floats:
        far = near + 1
        between: Floats = (
            shifted(down * near, across * near) * ((1 - share) ** 2)
            + (shifted(down * far, across * near) + shifted(down * near, across * far)) * one
            + shifted(down * far, across * far) * both
        )
        return between

    ring = np.stack(
        [
            shifted(-distance, 0),
            diagonal(-1, 1),
            shifted(0, distance),
            diagonal(1, 1),
            shifted(distance, 0),
            diagonal(1, -1),
            shifted(0, -distance),
            diagonal(-1, -1),
        ]
    )
    # Interpolated neighbours of an even ground are equal up to rounding.
    lighter = ring >= green - np.float32(_LBP_TIE)
    changes = (lighter != np.roll(lighter, 1, axis=0)).sum(axis=0)
    return np.where(changes <= 2, lighter.sum(axis=0), _LBP_PATTERNS - 1).astype(np.intp)


def _disc() -> int:
    rows, columns = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    return packed(np.hypot(rows, columns) <= _MIDDLE)


_DISC = _disc()
_EDGE = packed(np.pad(np.zeros((SIDE - 2, SIDE - 2), np.bool_), 1, constant_values=True))
_ANGLE = 2 * np.pi * np.arange(_ANGLES)[:, None] / _ANGLES
_RAY_X = np.cos(_ANGLE) * np.arange(1, _RADII + 1)
_RAY_Y = np.sin(_ANGLE) * np.arange(1, _RADII + 1)
