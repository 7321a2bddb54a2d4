"""The space in which cells are compared: what is near there looks alike, and it is the same every time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.images.likeness import DIRECTIONS, distances, fitted, unpacked

Floats = NDArray[np.float32]
WIDTH = 80


def kinds(cells: int, each: int = 1, seed: int = 7) -> Floats:
    """Vectors of so many kinds of cells, ``each`` of a kind side by side."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(cells, WIDTH)) * 5
    return (np.repeat(middles, each, axis=0) + random.normal(size=(cells * each, WIDTH))).astype(np.float32)


def test_cells_of_a_kind_are_nearer_than_others() -> None:
    vectors = kinds(12, 20)
    space = fitted(vectors, len(vectors))
    points = space.placed(vectors)
    signatures = space.signatures(points)
    for at in (0, 57, 239):
        nearest = np.argsort(distances(points[at], signatures))[:20]
        assert set(nearest // 20) == {at // 20}


def test_a_signature_keeps_distances() -> None:
    vectors = kinds(200)
    space = fitted(vectors, len(vectors))
    points = space.placed(vectors)
    exact = np.sqrt(((points - points[0]) ** 2).sum(axis=1))
    assert np.abs(distances(points[0], space.signatures(points)) - exact).max() < 6


def test_buckets_hold_some_250_cells_and_the_near_ones_hold_the_look_alikes() -> None:
    vectors = kinds(40, 64)
    space = fitted(vectors, len(vectors))
    points = space.placed(vectors)
    assert len(space.centres) == 10
    own = space.buckets(points)
    for at in range(0, len(vectors), 331):
        near = space.near(points[at], 3)
        assert near[0] == own[at]
        look_alikes = np.argsort(distances(points[at], space.signatures(points)))[:20]
        assert np.isin(own[look_alikes], near).mean() > 0.9


def test_the_same_vectors_give_the_same_space_and_packing_keeps_it() -> None:
    vectors = kinds(300)
    assert fitted(vectors, 300).packed() == fitted(vectors, 300).packed()
    space = fitted(vectors, 300)
    kept = unpacked(space.packed())
    np.testing.assert_array_equal(kept.placed(vectors), space.placed(vectors))
    np.testing.assert_array_equal(kept.centres, space.centres)


@pytest.mark.parametrize("vectors", [kinds(1), np.zeros((5, WIDTH), np.float32), kinds(3)])
def test_few_cells_and_cells_that_are_all_alike_have_a_space_too(vectors: Floats) -> None:
    space = fitted(vectors, len(vectors))
    points = space.placed(vectors)
    assert points.shape == (len(vectors), DIRECTIONS)
    assert np.isfinite(points).all()
    assert (space.buckets(points) < len(space.centres)).all()
