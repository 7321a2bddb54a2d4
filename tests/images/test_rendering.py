"""What the browser is shown."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.images.decode import Picture, decode
from app.images.render import display, thumbnail
from tests.images.builders import field, tiff


def drawn(height: int, width: int, seed: int = 1) -> Picture:
    return decode(tiff(field(height, width, seed=seed)))


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    assert image.format == "WEBP"
    return image


@given(st.integers(1, 64), st.integers(1, 64), st.integers(0, 10_000))
def test_the_display_rendition_loses_nothing(height: int, width: int, seed: int) -> None:
    picture = drawn(height, width, seed)
    image = opened(display(picture))
    assert image.mode == "RGB"
    assert image.size == (width, height)
    assert image.tobytes() == picture.rgb
    assert decode(display(picture)).pixel_sha256 == picture.pixel_sha256


def test_the_longest_side_can_be_displayed() -> None:
    for picture in (drawn(16_383, 1), drawn(1, 16_383)):
        assert opened(display(picture)).tobytes() == picture.rgb


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((288, 288), (192, 192)),
        ((400, 300), (192, 144)),
        ((300, 400), (144, 192)),
        ((80, 60), (80, 60)),
        ((1, 16_383), (1, 192)),
    ],
)
def test_a_thumbnail_fits_its_square(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert opened(thumbnail(drawn(size[1], size[0]))).size == expected


def test_a_thumbnail_may_be_of_another_size() -> None:
    assert opened(thumbnail(drawn(288, 288), side=96)).size == (96, 96)


def test_a_thumbnail_looks_like_its_picture_and_is_much_smaller() -> None:
    ramp = np.linspace(0, 255, 288)
    samples = np.dstack(np.broadcast_arrays(ramp, ramp[:, None], 128.0)).astype(np.uint8)
    picture = decode(tiff(samples))
    small = thumbnail(picture)
    assert len(small) < len(picture.rgb) / 20
    with Image.fromarray(samples) as whole:
        near = np.asarray(whole.resize((192, 192)), np.int64)
    assert abs(np.asarray(opened(small).convert("RGB"), np.int64) - near).max() <= 12


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert display(drawn(40, 40)) == display(drawn(40, 40))
    assert thumbnail(drawn(400, 400)) == thumbnail(drawn(400, 400))
