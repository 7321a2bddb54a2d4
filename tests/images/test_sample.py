"""Real cells have the digests that were published with them."""

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.images.decode import decode
from app.images.render import display

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def sample(shared_folder: Path) -> Path:
    return shared_folder / "data" / "wbc-sample"


def published(sample: Path) -> list[dict[str, str]]:
    with (sample / "manifest.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_picture_decodes_to_its_published_digest(sample: Path) -> None:
    rows = published(sample)
    assert {row["compression"] for row in rows} == {"deflate", "lzw", "none"}
    for row in rows:
        picture = decode((sample / row["path"]).read_bytes())
        assert picture.pixel_sha256.hex() == row["pixels_sha256"], row["path"]
        assert (picture.width, picture.height, picture.normalised) == (288, 288, ())


def test_decoding_in_several_threads_gives_the_same(sample: Path) -> None:
    rows = published(sample)
    with ThreadPoolExecutor(4) as threads:
        pictures = list(threads.map(lambda row: decode((sample / row["path"]).read_bytes()), rows))
    assert [picture.pixel_sha256.hex() for picture in pictures] == [row["pixels_sha256"] for row in rows]


def test_their_renditions_lose_nothing(sample: Path) -> None:
    for row in published(sample)[::10]:
        picture = decode((sample / row["path"]).read_bytes())
        assert decode(display(picture)).pixel_sha256 == picture.pixel_sha256
