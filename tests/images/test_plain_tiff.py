"""The plainest TIFF is read without Pillow, and exactly as Pillow reads it."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.images.decode import decode
from app.images.tiff import plain_pixels
from tests.images.builders import field, saved, tiff


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    rows=st.integers(1, 50),
    order=st.sampled_from("<>"),
    seed=st.integers(0, 1000),
)
def test_it_gives_what_pillow_gives(height: int, width: int, rows: int, order: str, seed: int) -> None:
    samples = field(height, width, seed=seed)
    data = tiff(samples, order=order, rows_per_strip=rows)
    plain = plain_pixels(data)
    with Image.open(BytesIO(data)) as image:
        assert plain == (*image.size, image.tobytes())
    assert decode(data).rgb == samples.tobytes()


def test_it_takes_what_pillow_writes() -> None:
    samples = field(288, 288)
    assert plain_pixels(saved(Image.fromarray(samples), "TIFF")) == (288, 288, samples.tobytes())


def test_strips_may_lie_apart_and_out_of_order() -> None:
    samples = field(3, 4)
    row = 3 * 4
    bottom, top = 8, 8 + 2 * row
    strips = {257: (4, (2,)), 273: (4, (top, bottom)), 279: (4, (row, row))}
    data = tiff(samples, rows_per_strip=1, tags=strips)
    with Image.open(BytesIO(data)) as image:
        assert image.tobytes() == samples[::-2].tobytes()
    assert plain_pixels(data) == (4, 2, samples[::-2].tobytes())


@pytest.mark.parametrize(
    "options",
    [
        {"deflate": True},
        {"planar": True},
        {"pages": 2},
        {"tags": {274: (3, (6,))}},
        {"tags": {266: (3, (2,))}},
        {"tags": {700: (3, (1,))}},
        {"tags": {34675: (3, (1,))}},
        {"tags": {34665: (4, (8,))}},
        {"tags": {254: (4, (1,))}},
        {"tags": {262: (3, (6,))}},
        {"tags": {258: (3, (8,))}},
        {"tags": {279: (4, (5,))}},
        {"tags": {273: (4, (1 << 31,))}},
        {"tags": {256: (4, (0,))}},
        {"tags": {257: (4, (0,))}},
        {"tags": {257: (4, (0xFFFFFFFF,)), 278: (4, (1,))}},
        {"sample_format": 2},
        {"extra": (0,)},
    ],
)
def test_anything_else_is_left_to_pillow(options: dict[str, Any]) -> None:
    assert plain_pixels(tiff(field(), **options)) is None


def test_deep_colour_and_alpha_are_left_to_pillow() -> None:
    assert plain_pixels(tiff(field(dtype=np.uint16))) is None
    assert plain_pixels(tiff(field(channels=4), extra=(2,))) is None
    assert plain_pixels(tiff(field(channels=1), photometric=1)) is None
