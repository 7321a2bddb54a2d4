"""Pictures that are turned or mirrored: no pixel is lost, and each way is another one."""

from io import BytesIO
from pathlib import Path
from random import Random

import numpy
import pytest
from PIL import Image

from app.images.decode import decode
from app.images.service import rendition, rendition_at_hand
from app.images.store import BlobStore, Size
from app.images.transforms import ALL, KEEPING_SHAPE, any_transform
from tests.images.builders import field, tiff

ORIGINAL = tiff(field(240, 280))
PICTURE = decode(ORIGINAL)
PIXELS = numpy.frombuffer(PICTURE.rgb, numpy.uint8).reshape(PICTURE.height, PICTURE.width, 3)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "blobs").as_uri())


def laid(store: BlobStore, transform: int | None, size: Size = Size.DISPLAY) -> bytes:
    return rendition(
        store, PICTURE.pixel_sha256, PICTURE.width, PICTURE.height, size, lambda: ORIGINAL, transform=transform
    )


def pixels(data: bytes) -> numpy.ndarray:
    with Image.open(BytesIO(data)) as image:
        return numpy.asarray(image.convert("RGB"))


@pytest.mark.parametrize("transform", ALL)
def test_a_transform_is_what_its_number_says_to_the_pixel(store: BlobStore, transform: int) -> None:
    mirrored, quarters = divmod(transform, 4)
    expected = PIXELS[:, ::-1] if mirrored else PIXELS
    assert numpy.array_equal(pixels(laid(store, transform)), numpy.rot90(expected, -quarters))


def test_each_way_is_another_one(store: BlobStore) -> None:
    assert len({laid(store, transform) for transform in (None, *ALL)}) == 8
    assert len({laid(store, transform, Size.THUMBNAIL) for transform in (None, *ALL)}) == 8


def test_an_oblong_keeps_its_width_and_height(store: BlobStore) -> None:
    assert {pixels(laid(store, transform)).shape for transform in KEEPING_SHAPE} == {PIXELS.shape}
    assert {any_transform(False, Random(seed)) for seed in range(100)} == set(KEEPING_SHAPE)
    assert {any_transform(True, Random(seed)) for seed in range(200)} == set(ALL)


def test_a_transformed_picture_is_made_once_and_found_again(store: BlobStore) -> None:
    made = laid(store, 5, Size.THUMBNAIL)
    key = (PICTURE.pixel_sha256, PICTURE.width, PICTURE.height)
    for size in Size:
        assert rendition_at_hand(store, *key, size, 5) == laid(store, 5, size)
    assert laid(store, 5, Size.THUMBNAIL) == made
