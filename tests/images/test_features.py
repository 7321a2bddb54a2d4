"""What a cell's numbers say of known shapes, and what they don't depend on."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.images.decode import decode
from app.images.features import NAMES, VERSION, features
from tests.images.shapes import CYTOPLASM, NUCLEUS, a_cell, a_picture, disc

SCALE = 11.52


def vector(picture: NDArray[np.uint8], px_per_um: float | None = SCALE) -> NDArray[np.float64]:
    height, width, _ = picture.shape
    return features(width, height, np.ascontiguousarray(picture).tobytes(), px_per_um).astype(np.float64)


def measured(picture: NDArray[np.uint8], px_per_um: float | None = SCALE) -> Mapping[str, Any]:
    return dict(zip(NAMES, vector(picture, px_per_um), strict=True))


def turned(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The picture in the seven other ways in which it can lie."""
    ways = [np.rot90(one, quarter) for one in (picture, picture[:, ::-1]) for quarter in range(4)]
    return [np.ascontiguousarray(one) for one in ways[1:]]


def test_every_value_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(vector(a_cell()))
    assert VERSION == 1


def test_a_disc_has_the_measures_of_a_disc() -> None:
    found = measured(a_cell(lobes=1))
    assert found["nucleus.area_um2"] == pytest.approx(math.pi * (40 / SCALE) ** 2, rel=0.15)
    assert found["cell.area_um2"] == pytest.approx(math.pi * (80 / SCALE) ** 2, rel=0.15)
    assert found["nucleus.major_um"] == pytest.approx(80 / SCALE, rel=0.08)
    assert found["nucleus.elongation"] < 0.02
    assert found["nucleus.circularity"] > 0.85
    assert found["nucleus.euler"] == 1
    assert found["cell.nucleus_off_centre_um"] < 0.1
    assert max(found[f"nucleus.mass_harmonic{k}"] for k in range(1, 9)) < 0.05


@pytest.mark.parametrize("lobes", [2, 3, 4])
def test_lobes_are_counted_and_seen_in_the_spectrum(lobes: int) -> None:
    found = measured(a_cell(lobes))
    assert found["nucleus.eroded2.euler"] == lobes
    harmonics = {k: found[f"nucleus.mass_harmonic{k}"] for k in range(1, 7)}
    assert max(harmonics, key=lambda k: harmonics[k]) == lobes


def test_an_ellipse_is_as_elongated_as_it_was_drawn() -> None:
    rows, columns = np.indices((288, 288)) - 143.5
    ellipse = (columns / 60) ** 2 + (rows / 30) ** 2 <= 1
    found = measured(a_picture((ellipse, NUCLEUS)))
    assert found["nucleus.major_um"] == pytest.approx(120 / SCALE, rel=0.05)
    assert found["nucleus.minor_um"] == pytest.approx(60 / SCALE, rel=0.05)


def test_a_nucleus_at_the_cell_s_side_is_off_its_centre() -> None:
    found = measured(a_picture((disc(288, 288, 143, 143, 80), CYTOPLASM), (disc(288, 288, 175, 143, 40), NUCLEUS)))
    assert 1 < found["cell.nucleus_off_centre_um"] < 3


@pytest.mark.parametrize("lobes", [1, 2, 3])
def test_drawn_cells_keep_their_numbers_however_they_lie(lobes: int) -> None:
    upright = vector(a_cell(lobes))
    for other in turned(a_cell(lobes)):
        apart = np.abs(vector(other) - upright) / (0.1 + np.abs(upright))
        assert np.quantile(apart, 0.99) < 0.05
        assert apart.max() < 0.3


def test_the_scale_decides_and_not_the_number_of_pixels() -> None:
    large = a_cell(3, side=288)
    small = large[::2, ::2]
    apart = np.abs(vector(large, SCALE) - vector(small, SCALE / 2))
    assert np.mean(apart) < 0.1
    assert measured(small, SCALE / 2)["nucleus.area_um2"] == pytest.approx(
        measured(large)["nucleus.area_um2"], rel=0.05
    )


def test_without_a_scale_the_shorter_side_counts_as_25_um() -> None:
    np.testing.assert_array_equal(vector(a_cell(), None), vector(a_cell(), SCALE))


def test_the_same_pixels_give_the_same_numbers() -> None:
    np.testing.assert_array_equal(vector(a_cell(2)), vector(a_cell(2)))


def test_a_picture_without_anything_in_it_has_no_nucleus() -> None:
    for colour in (0, 128, 255):
        found = measured(np.full((288, 288, 3), colour, np.uint8))
        assert found["nucleus.area_um2"] == found["cell.area_um2"] == 0
        assert found["nucleus.r.mean"] == found["cytoplasm.lbp1.0"] == 0


@pytest.mark.parametrize(
    ("width", "height", "px_per_um"),
    [
        (1, 1, None),
        (1, 1, 11.52),
        (1, 300, None),
        (300, 2, 0.5),
        (7, 5, 11.52),
        (4000, 3000, None),
        (3000, 3000, 11.52),
    ],
)
def test_any_picture_has_finite_numbers(width: int, height: int, px_per_um: float | None) -> None:
    noise = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    for picture in (noise, np.zeros_like(noise), np.repeat(noise[..., :1], 3, axis=2)):
        assert np.isfinite(vector(picture, px_per_um)).all()


def cells_in(sample: Path) -> list[tuple[str, NDArray[np.uint8]]]:
    cells = []
    for path in sorted(sample.glob("*/*.TIF")):
        picture = decode(path.read_bytes())
        cells.append((path.parent.name, np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3)))
    return cells


@pytest.mark.shared
def test_real_cells_keep_their_numbers_however_they_lie(shared_folder: Path) -> None:
    cells = cells_in(shared_folder / "data" / "wbc-sample")
    vectors = np.array([vector(picture) for _, picture in cells])
    spread = vectors.std(axis=0) + 1e-6
    apart = [
        np.abs(vector(other) - upright) / spread
        for (_, picture), upright in zip(cells[::4], vectors[::4], strict=True)
        for other in turned(picture)
    ]
    assert np.mean(apart) < 0.03
    # A threshold that moves by one tone may move a whole cell's edge: rarely, and never far.
    assert np.quantile(apart, 0.99) < 0.5


@pytest.mark.shared
def test_real_cells_lie_nearer_to_their_own_class(shared_folder: Path) -> None:
    cells = cells_in(shared_folder / "data" / "wbc-sample")
    labels = np.array([label for label, _ in cells])
    vectors = np.array([vector(picture) for _, picture in cells])
    standard = np.clip((vectors - vectors.mean(axis=0)) / (vectors.std(axis=0) + 1e-6), -6, 6)
    distance = ((standard[:, None] - standard[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    agree = float(np.mean(labels[distance.argmin(axis=1)] == labels))
    by_chance = float(np.mean([np.mean(labels == label) for label in labels]))
    assert agree > 0.55 > 4 * by_chance
