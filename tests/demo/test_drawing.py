"""The drawn dataset: the same every time, told apart by class, and as untidy as a real folder."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from app.demo.drawing import CONTRADICTING, FEWEST, Drawn, DrawnDataset, draw_cell, draw_dataset, shared_out
from app.demo.looks import LOOKS, between
from app.errors import Invalid
from app.labels.errors import UnknownClass
from app.labels.labelset import load_builtin

CELLS = 160


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn") / "cells"


@pytest.fixture(scope="module")
def drawn(folder: Path) -> DrawnDataset:
    return draw_dataset(folder, cells=CELLS)


def pixels(path: Path) -> bytes:
    with Image.open(path) as picture:
        return picture.tobytes()


def test_every_class_has_a_look_and_no_look_is_without_a_class() -> None:
    assert tuple(LOOKS) == load_builtin("mll23").names


@pytest.mark.parametrize("label", LOOKS)
def test_a_cell_has_the_form_of_mll23s_pictures(label: str) -> None:
    picture = draw_cell(label, np.random.default_rng(1))
    assert picture.shape == (288, 288, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("label", LOOKS)
def test_the_same_seed_draws_the_same_cell(label: str) -> None:
    one, again, other = (draw_cell(label, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize("label", LOOKS)
def test_the_cell_lies_dark_in_the_middle_of_a_light_field(label: str) -> None:
    pictures = [draw_cell(label, np.random.default_rng(seed)).astype(float) for seed in range(6)]
    green = np.mean([picture[..., 1] for picture in pictures], axis=0)
    assert green[124:164, 124:164].mean() < 140
    assert green[:24].mean() > 170


def test_granules_show_the_class_in_its_colour() -> None:
    def redness(label: str) -> float:
        picture = draw_cell(label, np.random.default_rng(3)).astype(float)
        middle = picture[64:224, 64:224]
        return float((middle[..., 0] - middle[..., 2]).mean())

    assert redness("eosinophil") > redness("neutrophil_segmented") + 20


def test_sizes_follow_the_maturation_of_the_red_line_and_the_white() -> None:
    assert LOOKS["promyelocyte"].radius > LOOKS["myeloblast"].radius > LOOKS["metamyelocyte"].radius
    assert LOOKS["normoblast"].radius < LOOKS["monocyte"].radius


def test_a_borderline_cell_has_a_look_between_two_classes() -> None:
    band, segmented = LOOKS["neutrophil_band"], LOOKS["neutrophil_segmented"]
    half = between(band, segmented, 0.5)
    assert half.pinch == pytest.approx((band.pinch + segmented.pinch) / 2)
    assert half.cytoplasm[0] == pytest.approx((band.cytoplasm[0] + segmented.cytoplasm[0]) / 2)
    assert between(band, segmented, 0.0) == band
    assert between(band, segmented, 1.0) == segmented


def test_an_unknown_class_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownClass, match="myeloblast"):
        draw_cell("myeloblasts", np.random.default_rng(1))
    with pytest.raises(UnknownClass, match="monocyte"):
        draw_cell("myeloblast", np.random.default_rng(1), other="monocytes")


def test_files_stand_in_mll23s_layout_and_the_summary_names_all_of_them(folder: Path, drawn: DrawnDataset) -> None:
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    told = [path for cell in drawn.cells for path in cell.paths] + list(drawn.broken)
    assert on_disk == set(told)
    assert len(told) == drawn.files == CELLS + 6 + 2 + 2
    assert all(Path(path).match(f"{Path(path).parent}/{Path(path).parent}_[0-9][0-9][0-9][0-9].TIF") for path in told)


def test_distinct_cells_have_distinct_pixels(folder: Path, drawn: DrawnDataset) -> None:
    digests = [hashlib.sha256(pixels(folder / cell.paths[0])).digest() for cell in drawn.cells]
    assert len(set(digests)) == len(drawn.cells) == CELLS


def test_six_pictures_contradict_themselves_under_confusable_classes(drawn: DrawnDataset) -> None:
    contradicting = [cell for cell in drawn.cells if len({Path(path).parent for path in cell.paths}) > 1]
    assert [(cell.label, cell.other) for cell in contradicting] == list(CONTRADICTING)
    pairs = {frozenset(each.pair) for each in load_builtin("mll23").confusable_pairs}
    assert {frozenset(pair) for pair in CONTRADICTING} <= pairs


def test_two_pictures_stand_twice_in_one_class(drawn: DrawnDataset) -> None:
    twice = [cell for cell in drawn.cells if len(cell.paths) == 2 and cell.other is None]
    assert [cell.label for cell in twice] == ["neutrophil_segmented", "lymphocyte"]


def test_copies_have_the_same_pixels_in_different_files(folder: Path, drawn: DrawnDataset) -> None:
    copies = [cell for cell in drawn.cells if len(cell.paths) == 2]
    for cell in copies:
        one, other = (folder / path for path in cell.paths)
        assert pixels(one) == pixels(other)
        assert one.read_bytes() != other.read_bytes()
    assert len(copies) == 8


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_two_files_cannot_be_read(folder: Path, drawn: DrawnDataset) -> None:
    assert len(drawn.broken) == 2
    for path in drawn.broken:
        with pytest.raises((OSError, UnidentifiedImageError)):
            pixels(folder / path)


def test_some_cells_stand_in_a_wrong_but_plausible_folder(drawn: DrawnDataset) -> None:
    label_set = load_builtin("mll23")
    wrong = [cell for cell in drawn.cells if Path(cell.paths[0]).parent.name != cell.label]
    assert 1 <= len(wrong) <= CELLS / 20
    for cell in wrong:
        folder = label_set.index(Path(cell.paths[0]).parent.name)
        assert folder in label_set.confusable(label_set.index(cell.label))


def test_the_same_seed_writes_the_same_bytes(folder: Path, drawn: DrawnDataset, tmp_path: Path) -> None:
    assert draw_dataset(tmp_path, cells=CELLS) == drawn
    for path in folder.rglob("*.TIF"):
        assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_classes_are_uneven_and_none_is_missing() -> None:
    counts = shared_out(394)
    assert sum(counts.values()) == 394
    assert min(counts.values()) >= FEWEST
    assert max(counts.values()) > 4 * min(counts.values())


def test_progress_counts_up_to_all_cells(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    draw_dataset(tmp_path, cells=FEWEST * 18, progress=lambda done, of: told.append((done, of)))
    assert told == [(number, 144) for number in range(1, 145)]


def test_too_few_cells_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="at least 144 cells"):
        draw_dataset(tmp_path, cells=143)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Invalid, match="not an empty folder"):
        draw_dataset(tmp_path)
    with pytest.raises(Invalid, match="not an empty folder"):
        draw_dataset(tmp_path / "notes.txt")


def test_a_drawn_picture_opens_as_rgb(folder: Path, drawn: DrawnDataset) -> None:
    first: Drawn = drawn.cells[0]
    with Image.open(io.BytesIO((folder / first.paths[0]).read_bytes())) as picture:
        assert (picture.format, picture.mode, picture.size) == ("TIFF", "RGB", (288, 288))
