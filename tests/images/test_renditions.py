"""A rendition is made once, from an original that still is what it was."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from app.errors import Conflict
from app.images.decode import Picture, decode
from app.images.errors import AlteredOriginal
from app.images.render import display, thumbnail
from app.images.service import keep_renditions, rendition
from app.images.store import BlobStore, Size, rendition_key
from tests.images.builders import field, tiff

ORIGINAL = tiff(field(288, 280))
PICTURE = decode(ORIGINAL)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "blobs").as_uri())


def of(store: BlobStore, picture: Picture, size: Size, original: bytes | None) -> bytes:
    def load() -> bytes:
        if original is None:
            raise AssertionError("the original was read though the rendition is there")
        return original

    return rendition(store, picture.pixel_sha256, picture.width, picture.height, size, load)


def test_the_first_request_makes_both_sizes_and_the_next_ones_read_no_original(store: BlobStore) -> None:
    assert of(store, PICTURE, Size.THUMBNAIL, ORIGINAL) == thumbnail(PICTURE)
    assert of(store, PICTURE, Size.DISPLAY, None) == display(PICTURE)
    assert of(store, PICTURE, Size.THUMBNAIL, None) == thumbnail(PICTURE)
    assert len(list(store.list("renditions"))) == 2


def test_an_import_may_make_them_ahead(store: BlobStore) -> None:
    keep_renditions(store, PICTURE)
    assert of(store, PICTURE, Size.DISPLAY, None) == display(PICTURE)


def test_another_file_with_the_same_pixels_will_do(store: BlobStore) -> None:
    assert of(store, PICTURE, Size.DISPLAY, tiff(field(288, 280), deflate=True)) == display(PICTURE)


@pytest.mark.parametrize(
    "now",
    [tiff(field(288, 280, seed=2)), ORIGINAL[:-5000], b"", b"a text by now"],
    ids=["another picture", "cut off", "empty", "no picture"],
)
def test_an_original_that_has_changed_is_not_shown(store: BlobStore, now: bytes) -> None:
    with pytest.raises(AlteredOriginal) as caught:
        of(store, PICTURE, Size.DISPLAY, now)
    assert isinstance(caught.value, Conflict)
    assert caught.value.message == "This picture can't be shown. The file doesn't match its digest."
    assert list(store.list()) == []


def test_the_same_bytes_in_another_shape_are_another_picture(store: BlobStore) -> None:
    wide, tall = (decode(tiff(field(2, 12).reshape(shape))) for shape in ((2, 12, 3), (12, 2, 3)))
    assert wide.pixel_sha256 == tall.pixel_sha256
    with pytest.raises(AlteredOriginal):
        of(store, wide, Size.DISPLAY, tiff(field(2, 12).reshape(12, 2, 3)))
    assert rendition_key(wide.pixel_sha256, wide.width, wide.height, Size.DISPLAY) != (
        rendition_key(tall.pixel_sha256, tall.width, tall.height, Size.DISPLAY)
    )


def test_what_keeps_the_original_from_being_read_is_passed_on(store: BlobStore) -> None:
    def gone() -> bytes:
        raise FileNotFoundError("cell_0001.tif")

    with pytest.raises(FileNotFoundError):
        rendition(store, PICTURE.pixel_sha256, PICTURE.width, PICTURE.height, Size.DISPLAY, gone)


def test_two_requests_at_once_are_harmless(store: BlobStore) -> None:
    together = Barrier(4)

    def load() -> bytes:
        together.wait(timeout=30)
        return ORIGINAL

    def ask(size: Size) -> bytes:
        return rendition(store, PICTURE.pixel_sha256, PICTURE.width, PICTURE.height, size, load)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, [Size.DISPLAY, Size.THUMBNAIL] * 2))
    assert answers == [display(PICTURE), thumbnail(PICTURE)] * 2
    assert len(list(store.list())) == 2
