"""Manifests as spreadsheets, scripts and Windows write them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from app.catalogue import manifests
from app.catalogue.errors import ManifestRefused, MapRefused, NothingToImport
from app.catalogue.labelling import LabelMap, read_map
from app.catalogue.models import Occurrence
from app.catalogue.origins import open_origin
from app.database import Database
from tests.catalogue.cells import MLL23, check_counters, lay, picture, reasons, take

ROWS = "path{0}label{0}slide\r\nfolder/a.TIF{0}basophil{0}S1\r\nfolder/b.TIF{0}eosinophil{0}Süd\r\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay(tmp_path / "data", {f"folder/{letter}.TIF": picture(n) for n, letter in enumerate("abc")})


def given(database: Database) -> dict[str, tuple[str | None, dict[str, str] | None]]:
    """Class and attributes by path."""
    with database.reading() as session:
        rows = session.execute(select(Occurrence.path, Occurrence.given_label, Occurrence.attributes)).all()
    return {path: (None if label is None else MLL23[label].name, attributes) for path, label, attributes in rows}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_encoding_and_delimiter_is_read(
    sqlite_database: Database, root: Path, encoding: str, delimiter: str
) -> None:
    (root / "cells.csv").write_bytes(ROWS.format(delimiter).encode(encoding))
    report = take(sqlite_database, root / "cells.csv")
    assert (report.files, report.cells_new, report.refused) == (2, 2, [])
    assert given(sqlite_database) == {
        "folder/a.TIF": ("basophil", {"slide": "S1"}),
        "folder/b.TIF": ("eosinophil", {"slide": "Süd"}),
    }


def test_json_lines_are_read(database: Database, root: Path) -> None:
    rows = [
        {"path": "folder/a.TIF", "label": "basophil", "slide": 7, "stained": True, "note": None},
        {"path": "folder/b.TIF", "label": None},
    ]
    lines = [json.dumps(row) for row in rows] + ["", "{not json}", '["a list"]', '{"label": "basophil"}']
    (root / "cells.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = take(database, root / "cells.jsonl")
    assert given(database) == {
        "folder/a.TIF": ("basophil", {"slide": "7", "stained": "true"}),
        "folder/b.TIF": (None, None),
    }
    assert set(reasons(report)) == {"cells.jsonl:4", "cells.jsonl:5", "cells.jsonl:6"}


def test_windows_paths_white_space_and_quirks_of_published_tables_are_understood(
    sqlite_database: Database, root: Path
) -> None:
    written = 'Path , Label\u00a0, ,\r\nfolder\\a.TIF\u00a0, basophil\u00a0,,\r\n"./folder/b.TIF",-,,\r\n\r\n'
    (root / "cells.csv").write_text(written, encoding="utf-8", newline="")
    report = take(sqlite_database, root / "cells.csv")
    assert (report.refused, report.unknown_classes) == ([], [])
    assert given(sqlite_database) == {"folder/a.TIF": ("basophil", None), "folder/b.TIF": (None, None)}


def test_paths_that_leave_the_manifests_folder_are_refused(
    sqlite_database: Database, root: Path, tmp_path: Path
) -> None:
    lay(tmp_path / "private", {"a.TIF": picture(9)})
    (root / "out").symlink_to(tmp_path / "private")
    (root / "out.TIF").symlink_to(tmp_path / "private" / "a.TIF")
    bad = {
        "../private/a.TIF": manifests.LEAVES,
        "folder/../../private/b.TIF": manifests.LEAVES,
        "out/a.TIF": manifests.LEAVES,
        str(tmp_path / "private" / "a.TIF"): manifests.ABSOLUTE,
        "C:\\cells\\a.TIF": manifests.ABSOLUTE,
        "\\\\server\\share\\a.TIF": manifests.ABSOLUTE,
        "folder/none.TIF": "There is no such file.",
    }
    lines = ["path;label", *(f"{path};basophil" for path in bad), "out.TIF;basophil", f"{root}/folder/c.TIF;basophil"]
    (root / "cells.csv").write_text("\n".join(lines), encoding="utf-8")
    report = take(sqlite_database, root / "cells.csv")
    refused = reasons(report)
    assert "link to a file outside" in refused.pop("out.TIF")
    assert refused == bad
    assert given(sqlite_database) == {"folder/c.TIF": ("basophil", None)}


def test_a_file_named_twice_is_taken_once_and_a_differing_label_is_reported(
    sqlite_database: Database, root: Path
) -> None:
    rows = "path,label\nfolder/a.TIF,basophil\nfolder\\a.TIF,basophil\nfolder/a.TIF,eosinophil\n"
    (root / "cells.csv").write_text(rows)
    report = take(sqlite_database, root / "cells.csv")
    assert list(reasons(report)) == ["cells.csv:4"]
    assert given(sqlite_database) == {"folder/a.TIF": ("basophil", None)}


def test_a_folder_and_a_manifest_of_it_are_the_same_occurrences(database: Database, root: Path) -> None:
    take(database, root)
    (root / "cells.csv").write_text("path,label,slide\nfolder/a.TIF,basophil,S1\nfolder/b.TIF,,S2\n")
    report = take(database, root / "cells.csv")
    assert (report.cells_new, report.occurrences_new, report.updated) == (0, 0, 2)
    assert take(database, root / "cells.csv").unchanged == 2
    assert given(database)["folder/b.TIF"] == (None, {"slide": "S2"})


def test_a_label_that_is_changed_in_the_manifest_changes_the_given_label(database: Database, root: Path) -> None:
    lay(root, {"folder/again.TIF": picture(0)})
    manifest = root / "cells.csv"
    manifest.write_text("path,label\nfolder/a.TIF,basophil\nfolder/again.TIF,basophil\n")
    take(database, manifest)
    manifest.write_text("path,label\nfolder/a.TIF,basophil\nfolder/again.TIF,eosinophil\n")
    assert (take(database, manifest).born_disputed) == 1
    manifest.write_text("path,label\nfolder/a.TIF,eosinophil\nfolder/again.TIF,eosinophil\n")
    report = take(database, manifest)
    assert (report.updated, report.unchanged, report.born_disputed) == (1, 1, 0)
    with database.reading() as session:
        check_counters(session)
    manifest.write_text("path,label\nfolder/a.TIF,\nfolder/again.TIF,\n")
    assert take(database, manifest).unchanged == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"name,label\na,b\n", "no column \u201cpath\u201d"),
        (b"path\na\n", "no column \u201clabel\u201d"),
        (b"", "no column"),
        (b"path,label,slide,slide\na,b,c,d\n", "two columns"),
        ("path,label\nZ\u00fcrich.TIF,basophil\n".encode("cp1252"), "neither UTF-8 nor UTF-16"),
        (b"path,label\n\0,b\n", "NUL"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused_whole(root: Path, data: bytes, words: str) -> None:
    (root / "cells.csv").write_bytes(data)
    with pytest.raises(ManifestRefused, match=words):
        open_origin(root / "cells.csv")


def test_a_line_that_cannot_be_read_is_refused_by_its_number(sqlite_database: Database, root: Path) -> None:
    (root / "cells.csv").write_text("path,label\nfolder/a.TIF,basophil,x,y\n,basophil\nfolder/b.TIF,basophil\n")
    report = take(sqlite_database, root / "cells.csv")
    assert set(reasons(report)) == {"cells.csv:2", "cells.csv:3"}
    assert report.cells_new == 1


def test_what_is_no_source_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    for name in ("a.pdf", "nothing"):
        with pytest.raises(NothingToImport, match=name):
            open_origin(tmp_path / name)


def test_the_longest_prefix_of_a_map_decides() -> None:
    written = b"folder,prefix,label\nig,M,myelocyte\nig,MM,metamyelocyte\nig,,\na/ig,,basophil\n"
    label_map = read_map(written, MLL23)
    assert label_map.find("ig", "MMY_1.jpg") == (True, MLL23.index("metamyelocyte"))
    assert label_map.find("ig", "MY_1.jpg") == (True, MLL23.index("myelocyte"))
    assert label_map.find("ig", "IG_1.jpg") == (True, None)
    assert label_map.find("a/ig", "x") == (True, MLL23.index("basophil"))
    assert LabelMap().find("ig", "x") == (False, None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"folder,label\nblasts,myeloblst\n", "Line 2 .*nearest class is .myeloblast"),
        (b"folder,label\nblasts,myeloblast\nblasts,basophil\n", "Line 3 .*again"),
        (b"folder,label\n,myeloblast\n", "Line 2 .*no folder"),
        (b"directory,label\n", "no column"),
    ],
)
def test_a_map_that_cannot_be_understood_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(MapRefused, match=words):
        read_map(data, MLL23)
