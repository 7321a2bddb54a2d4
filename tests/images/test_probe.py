"""Which names are taken for pictures."""

from pathlib import Path, PureWindowsPath

import pytest

from app.images.probe import is_picture_name


@pytest.mark.parametrize(
    "name",
    ["cell.tif", "cell.TIF", "a/b.c/cell.Tiff", "cell.png", "cell.jpg", "CELL.JPEG", "x.webp", "x.bmp", "a\\b\\x.TIF"],
)
def test_a_picture_is_told_by_its_ending_in_either_case(name: str) -> None:
    assert is_picture_name(name)
    assert is_picture_name(Path(name))
    assert is_picture_name(PureWindowsPath(name))


@pytest.mark.parametrize(
    "name", ["", "cell", "cell.txt", "cell.tif.txt", "manifest.csv", ".tif", "a.tif/readme", "._cell.tif", "a/._b.png"]
)
def test_everything_else_is_not(name: str) -> None:
    assert not is_picture_name(name)
