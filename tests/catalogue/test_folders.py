"""A folder of pictures becomes cells; a second run adds nothing, and nothing is silently exchanged."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.catalogue.intake import CHANGED
from app.catalogue.labelling import read_map
from app.catalogue.models import Cell, CellState, Occurrence, Source
from app.database import Database
from tests.catalogue.cells import MLL23, check_counters, contents, lay, picture, reasons, take

BASOPHIL, EOSINOPHIL, BAND = (MLL23.index(name) for name in ("basophil", "eosinophil", "neutrophil_band"))


@pytest.mark.shared
def test_the_real_sample_is_134_files_132_cells_and_one_born_disputed(database: Database, shared_folder: Path) -> None:
    sample = shared_folder / "data" / "wbc-sample"
    report = take(database, sample)
    assert (report.files, report.cells_new, report.cells_total, report.occurrences_new) == (134, 132, 132, 134)
    assert (report.born_disputed, report.ignored, report.refused, report.unknown_classes) == (1, 2, [], [])
    with database.reading() as session:
        disputed = session.execute(select(Cell.id, Cell.given_label).where(Cell.born_disputed)).one()
        twice = [len(one[-1]) for one in contents(session).values() if len(one[-1]) > 1]
        labels = session.execute(select(Occurrence.given_label).where(Occurrence.cell == disputed.id)).scalars()
        assert set(labels) == {EOSINOPHIL, BAND}
        check_counters(session)
    assert twice == [2, 2]
    assert disputed.given_label is None
    again = take(database, sample)
    assert (again.cells_new, again.occurrences_new, again.unchanged, again.cells_total) == (0, 0, 134, 132)


def test_the_class_is_the_name_of_the_folder_that_a_picture_lies_in(database: Database, tmp_path: Path) -> None:
    root = lay(
        tmp_path / "data",
        {
            "basophil/a.TIF": picture(1),
            "slide 7/eosinophil/b.png": picture(2, "PNG"),
            "AML/NGB/c.tiff": picture(3),
            "ig/MY_1.jpg": picture(4, "JPEG"),
            "ig/IG_1.jpg": picture(5, "JPEG"),
            "myeloblasts/d.bmp": picture(6, "BMP"),
            "readme.txt": b"words",
            ".thumbnails/basophil/a.TIF": picture(7),
            "basophil/._a.TIF": b"not ours",
        },
    )
    report = take(database, root)
    assert (report.files, report.cells_new, report.ignored) == (6, 6, 3)
    assert report.unknown_classes == [
        {"folder": "ig", "files": 1, "nearest": MLL23.nearest("ig")},
        {"folder": "myeloblasts", "files": 1, "nearest": "myeloblast"},
    ]
    with database.reading() as session:
        given = dict(session.execute(select(Occurrence.path, Occurrence.given_label)).all())
    assert {path: label is None or MLL23[label].name for path, label in given.items()} == {
        "basophil/a.TIF": "basophil",
        "slide 7/eosinophil/b.png": "eosinophil",
        "AML/NGB/c.tiff": "neutrophil_band",
        "ig/MY_1.jpg": "myelocyte",
        "ig/IG_1.jpg": True,
        "myeloblasts/d.bmp": True,
    }


def test_pictures_that_lie_in_the_folder_itself_have_its_name_as_their_class(
    database: Database, tmp_path: Path
) -> None:
    take(database, lay(tmp_path / "basophil", {"a.TIF": picture(1)}))
    with database.reading() as session:
        assert session.scalar(select(Cell.given_label)) == BASOPHIL


def test_one_picture_in_two_folders_is_one_cell_that_is_born_disputed(database: Database, tmp_path: Path) -> None:
    root = lay(
        tmp_path / "data",
        {
            "basophil/a.TIF": picture(1),
            "basophil/again.png": picture(1, "PNG"),
            "eosinophil/b.TIF": picture(1),
            "eosinophil/c.TIF": picture(2),
        },
    )
    report = take(database, root)
    assert (report.cells_new, report.occurrences_new, report.born_disputed) == (2, 4, 1)
    with database.reading() as session:
        row = session.execute(select(Cell.given_label, Cell.state, Cell.entropy).where(Cell.born_disputed)).one()
        check_counters(session)
    assert (row.given_label, row.state) == (None, CellState.DISPUTED)
    assert row.entropy == pytest.approx(0.6931471805599453)


def test_pictures_of_the_same_bytes_but_another_shape_are_two_cells(database: Database, tmp_path: Path) -> None:
    import io

    from PIL import Image

    def flat(width: int, height: int) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (width, height), "white").save(file, "TIFF")
        return file.getvalue()

    report = take(database, lay(tmp_path / "basophil", {"a.tif": flat(4, 9), "b.tif": flat(9, 4)}))
    assert report.cells_new == 2


def test_a_file_that_comes_later_with_another_label_makes_an_unreviewed_cell_disputed(
    database: Database, tmp_path: Path
) -> None:
    root = lay(tmp_path / "data", {"basophil/a.TIF": picture(1)})
    take(database, root)
    lay(root, {"eosinophil/b.TIF": picture(1)})
    report = take(database, root)
    assert (report.cells_new, report.occurrences_new, report.unchanged, report.born_disputed) == (0, 1, 1, 1)
    with database.reading() as session:
        assert session.scalar(select(Cell.state)) == CellState.DISPUTED
        check_counters(session)


def test_a_reviewed_cell_keeps_its_state_when_another_label_comes(database: Database, tmp_path: Path) -> None:
    root = lay(tmp_path / "data", {"basophil/a.TIF": picture(1), "basophil/b.TIF": picture(2)})
    take(database, root)
    with database.writing() as session:
        session.execute(
            update(Cell).values(state=CellState.AGREED, outcome="label", label=BASOPHIL, reviews=2, entropy=0.0)
        )
        from app.catalogue.counting import count_cells

        count_cells(session, {(1, BASOPHIL, "unreviewed"): -2, (1, BASOPHIL, "agreed"): 2})
    take(database, lay(root, {"eosinophil/c.TIF": picture(1)}))
    with database.reading() as session:
        rows = session.execute(
            select(Cell.state, Cell.label, Cell.given_label, Cell.born_disputed, Cell.entropy).order_by(Cell.id)
        ).all()
        check_counters(session)
    assert [tuple(row) for row in rows] == [
        (CellState.AGREED, BASOPHIL, None, True, 0.0),
        (CellState.AGREED, BASOPHIL, BASOPHIL, False, 0.0),
    ]


def test_broken_files_are_refused_one_by_one_with_their_reasons(database: Database, tmp_path: Path) -> None:
    good = picture(1)
    root = lay(
        tmp_path / "basophil",
        {
            "good.TIF": good,
            "really_a.TIF": picture(2, "PNG"),
            "empty.TIF": b"",
            "half.TIF": good[: len(good) // 2],
            "words.TIF": b"not a picture",
        },
    )
    (root / "folder.TIF").mkdir()
    os.mkfifo(root / "pipe.TIF")
    (root / "gone.TIF").symlink_to("nowhere.TIF")
    (root / "inside.TIF").symlink_to("good.TIF")
    (tmp_path / "outside.TIF").write_bytes(picture(3))
    (root / "outside.TIF").symlink_to(tmp_path / "outside.TIF")
    (root / "elsewhere").symlink_to(tmp_path)
    report = take(database, root)
    assert report.cells_new == 2
    assert report.occurrences_new == 3
    refused = reasons(report)
    assert set(refused) == {
        "empty.TIF",
        "half.TIF",
        "words.TIF",
        "pipe.TIF",
        "gone.TIF",
        "outside.TIF",
        "elsewhere",
    }
    assert all(reason.endswith(".") for reason in refused.values())
    assert "0 bytes" in refused["empty.TIF"]
    assert "link to a file outside" in refused["outside.TIF"]


def test_a_name_that_is_not_utf_8_is_refused_and_shown_readably(sqlite_database: Database, tmp_path: Path) -> None:
    root = lay(tmp_path / "basophil", {"good.TIF": picture(1)})
    (root / os.fsdecode(b"z\xfcrich.TIF")).write_bytes(picture(2))
    report = take(sqlite_database, root)
    assert reasons(report) == {r"z\xfcrich.TIF": "The file's name isn't valid UTF-8. Rename it."}


def test_a_file_that_shows_another_picture_now_is_refused(database: Database, tmp_path: Path) -> None:
    root = lay(tmp_path / "basophil", {"a.TIF": picture(1)})
    take(database, root)
    lay(root, {"a.TIF": picture(2)})
    os.utime(root / "a.TIF", ns=(1, 1))
    report = take(database, root)
    assert reasons(report) == {"a.TIF": CHANGED}
    assert (report.cells_total, report.occurrences_new) == (1, 0)


def test_a_file_with_the_same_pixels_in_other_bytes_stays_the_same_occurrence(
    database: Database, tmp_path: Path
) -> None:
    root = lay(tmp_path / "basophil", {"a.TIF": picture(1)})
    take(database, root)
    lay(root, {"a.TIF": picture(1, compression="tiff_deflate")})
    report = take(database, root)
    assert (report.unchanged, report.occurrences_new, report.refused) == (1, 0, [])
    with database.reading() as session:
        size = session.scalar(select(Occurrence.size))
    assert size == (root / "a.TIF").stat().st_size
    assert take(database, root).unchanged == 1


def test_a_folder_that_was_moved_is_found_again(database: Database, tmp_path: Path) -> None:
    root = lay(tmp_path / "data", {"basophil/a.TIF": picture(1), "eosinophil/b.TIF": picture(2)})
    take(database, root)
    root.rename(tmp_path / "moved")
    report = take(database, tmp_path / "moved")
    assert (report.occurrences_new, report.unchanged) == (0, 2)
    with database.reading() as session:
        roots = session.execute(select(Source.root).join(Occurrence, Occurrence.source == Source.id)).scalars()
        assert set(roots) == {str(tmp_path / "moved")}


def test_two_folders_may_have_different_pictures_under_the_same_path(database: Database, tmp_path: Path) -> None:
    first = lay(tmp_path / "scanner1", {"basophil/1.TIF": picture(1), "basophil/2.TIF": picture(2)})
    second = lay(tmp_path / "scanner2", {"basophil/1.TIF": picture(3), "basophil/3.TIF": picture(4)})
    take(database, first)
    report = take(database, second)
    assert (report.cells_new, report.occurrences_new, report.refused) == (2, 2, [])
    with database.reading() as session:
        paths = set(session.execute(select(Occurrence.path)).scalars())
    assert paths == {"basophil/1.TIF", "basophil/2.TIF", "scanner2/basophil/1.TIF", "basophil/3.TIF"}
    assert [take(database, root).unchanged for root in (first, second, first)] == [2, 2, 2]


def test_a_map_gives_classes_to_folders_that_had_none(database: Database, tmp_path: Path) -> None:
    root = lay(
        tmp_path / "data",
        {"blasts/a.TIF": picture(1), "mixed/x_1.TIF": picture(2), "mixed/y_1.TIF": picture(3)},
    )
    assert len(take(database, root).unknown_classes) == 2
    written = b"folder;prefix;label\r\nblasts;;myeloblast\r\nmixed;x_;basophil\r\nmixed;;eosinophil\r\n"
    report = take(database, root, label_map=read_map(written, MLL23))
    assert (report.updated, report.unchanged, report.unknown_classes) == (3, 0, [])
    with database.reading() as session:
        given = session.execute(select(Cell.given_label).order_by(Cell.id)).scalars().all()
        check_counters(session)
    assert [MLL23[label or 0].name for label in given] == ["myeloblast", "basophil", "eosinophil"]
    # Without the map nothing is taken away.
    assert take(database, root).unchanged == 3
