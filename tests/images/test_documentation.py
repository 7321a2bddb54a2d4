"""What people are told about pictures is what the code does."""

from pathlib import Path

import pytest

from app.images.decode import MAX_BYTES, MAX_PIXELS
from app.images.errors import PictureRefused
from app.images.formats import MAX_SIDE
from app.images.probe import PICTURE_SUFFIXES


@pytest.fixture
def page(pytestconfig: pytest.Config) -> str:
    return (pytestconfig.rootpath / Path("docs/reference/pictures.md")).read_text(encoding="utf-8")


def test_every_reason_for_a_refusal_is_listed(page: str) -> None:
    for kind in PictureRefused.__subclasses__():
        assert f"| {kind.reason} |" in page


def test_the_limits_and_names_are_these(page: str) -> None:
    assert f"{MAX_PIXELS // 1_000_000} megapixels, {MAX_SIDE:,} pixels a side and {MAX_BYTES // 1_000_000} MB" in page
    assert all(f"`{suffix}`" in page for suffix in PICTURE_SUFFIXES)
