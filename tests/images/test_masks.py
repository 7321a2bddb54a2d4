"""Regions as integers: what morphology and bit quads make of known shapes."""

import math

import numpy as np
import pytest

from app.images.masks import FIELD, SIDE, closed, dilated, eroded, grown_within, opened, outline, packed, unpacked
from tests.images.shapes import at, disc


def region(*discs: tuple[float, float, float]) -> int:
    flags = np.zeros((SIDE, SIDE), np.bool_)
    for across, down, radius in discs:
        flags |= disc(SIDE, SIDE, across, down, radius)
    return packed(flags)


def test_a_region_is_unpacked_as_it_was_packed() -> None:
    flags = np.random.default_rng(1).random((SIDE, SIDE)) < 0.5
    assert (unpacked(packed(flags)) == flags).all()
    assert unpacked(FIELD).all()


def test_nothing_grows_from_one_row_into_the_next() -> None:
    corner = np.zeros((SIDE, SIDE), np.bool_)
    corner[10, SIDE - 1] = True
    assert not unpacked(dilated(packed(corner), 6))[:, :40].any()


def test_what_fills_the_field_is_not_worn_away_from_its_edge() -> None:
    assert eroded(FIELD, 5) == FIELD


def test_growing_and_shrinking_change_a_disc_s_radius() -> None:
    middle = (SIDE - 1) / 2
    for changed, radius in (
        (dilated(region((middle, middle, 20)), 5), 25),
        (eroded(region((middle, middle, 20)), 5), 15),
    ):
        assert changed.bit_count() == pytest.approx(math.pi * radius**2, rel=0.08)


def test_opening_takes_a_thread_away_and_closing_fills_a_slit() -> None:
    flags = disc(SIDE, SIDE, 30, 48, 12) | disc(SIDE, SIDE, 66, 48, 12)
    threaded = flags | at(SIDE, SIDE, slice(47, 49), slice(30, 66))
    assert outline(packed(threaded)).euler == 1
    assert outline(opened(packed(threaded), 3)).euler == 2
    slit = disc(SIDE, SIDE, 48, 48, 20) & ~at(SIDE, SIDE, slice(47, 49), slice(0, SIDE))
    assert outline(packed(slit)).euler == 2
    assert outline(closed(packed(slit), 3)).euler == 1


def test_the_euler_number_is_pieces_less_holes() -> None:
    ring = packed(disc(SIDE, SIDE, 40, 40, 20) & ~disc(SIDE, SIDE, 40, 40, 8))
    assert outline(ring).euler == 0
    assert outline(ring | region((80, 80, 6))).euler == 1
    assert outline(0) == (0, 0)


def test_the_perimeter_of_a_disc_is_nearly_its_circle_s() -> None:
    assert outline(region((47.5, 47.5, 25))).perimeter == pytest.approx(2 * math.pi * 25, rel=0.06)


def test_what_is_reached_stays_within_the_region() -> None:
    two = region((30, 48, 10), (70, 48, 10))
    assert grown_within(region((30, 48, 2)), two) == region((30, 48, 10))
    assert grown_within(region((30, 48, 2)), two, steps=3).bit_count() < region((30, 48, 10)).bit_count()
