"""A ZIP is checked as a whole before anything is taken, and bad entries are refused one by one."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.catalogue import archives, originals
from app.catalogue.errors import ArchiveRefused
from app.catalogue.models import Cell, Occurrence
from app.catalogue.origins import open_origin
from app.catalogue.queries import picture_source
from app.database import Database
from app.images.store import BlobStore
from tests.catalogue.cells import MLL23, contents, lay, picture, reasons, take

LINK = 0o120777 << 16
ENCRYPTED = 0x1


def pack(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            # Written by hand, because ZipInfo would tidy the name up.
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, method
            archive.writestr(info, data)
    return path


def test_a_zip_becomes_cells_whose_files_are_kept_in_the_store(database: Database, tmp_path: Path) -> None:
    files = {"basophil/a.TIF": picture(1), "eosinophil/b.TIF": picture(1), "basophil/c.png": picture(2, "PNG")}
    packed = pack(tmp_path / "cells.zip", {**files, "readme.txt": b"words"})
    report = take(database, packed)
    assert (report.files, report.cells_new, report.born_disputed, report.ignored) == (3, 2, 1, 1)
    packed.unlink()
    store = BlobStore((tmp_path / "blobs").as_uri())
    with database.reading() as session:
        cell = session.execute(select(Occurrence.cell).where(Occurrence.path == "basophil/c.png")).scalar_one()
        source = picture_source(session, cell)
    assert originals.load(source, store)[0] == files["basophil/c.png"]


def test_the_same_zip_under_another_name_adds_nothing(database: Database, tmp_path: Path) -> None:
    packed = pack(tmp_path / "cells.zip", {"basophil/a.TIF": picture(1), "basophil/b.TIF": picture(2)})
    take(database, packed)
    report = take(database, packed.rename(tmp_path / "copy of cells.zip"))
    assert (report.cells_new, report.occurrences_new, report.unchanged) == (0, 0, 2)


def test_a_zip_and_the_folder_that_it_was_packed_from_give_the_same_cells(database: Database, tmp_path: Path) -> None:
    files = {"basophil/a.TIF": picture(1), "eosinophil/b.TIF": picture(2)}
    take(database, lay(tmp_path / "data", files))
    with database.reading() as session:
        expected = contents(session)
    report = take(database, pack(tmp_path / "cells.zip", files))
    assert (report.cells_new, report.occurrences_new, report.unchanged) == (0, 0, 2)
    with database.reading() as session:
        assert contents(session) == expected


def test_a_manifest_in_a_zip_says_what_its_folders_do_not(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(
        tmp_path / "cells.zip",
        {
            "manifest.csv": b"path,label,slide\nflat/a.TIF,basophil,S1\n",
            "flat/a.TIF": picture(1),
            "eosinophil/b.TIF": picture(2),
        },
    )
    report = take(sqlite_database, packed)
    assert (report.files, report.ignored, report.unknown_classes) == (2, 1, [])
    with sqlite_database.reading() as session:
        rows = session.execute(select(Occurrence.given_label, Occurrence.attributes).order_by(Occurrence.id)).all()
    assert {(MLL23[row.given_label or 0].name, str(row.attributes)) for row in rows} == {
        ("basophil", "{'slide': 'S1'}"),
        ("eosinophil", "None"),
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/basophil.TIF", archives.ABSOLUTE),
        ("C:/cells/a.TIF", archives.ABSOLUTE),
        ("../a.TIF", archives.LEAVES),
        ("basophil/../../a.TIF", archives.LEAVES),
        ("../../etc/passwd", archives.LEAVES),
        ("basophil\\a.TIF", archives.BACKSLASH),
        ("basophil/a\n.TIF", archives.CONTROL),
    ],
)
def test_an_entry_that_is_not_safe_is_refused_and_the_rest_goes_in(
    sqlite_database: Database, tmp_path: Path, name: str, reason: str
) -> None:
    packed = pack(tmp_path / "cells.zip", {name: picture(1), "basophil/good.TIF": picture(2)})
    report = take(sqlite_database, packed)
    assert (report.cells_new, report.occurrences_new) == (1, 1)
    assert reasons(report) == {name: reason}


def test_links_and_encrypted_entries_are_refused(sqlite_database: Database, tmp_path: Path) -> None:
    packed = tmp_path / "cells.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("basophil/link.TIF")
        link.external_attr = LINK
        archive.writestr(link, "/etc/passwd")
        archive.writestr("basophil/secret.TIF", picture(1))
        archive.writestr("basophil/good.TIF", picture(2))
    raw = bytearray(packed.read_bytes())
    # The flag of encryption, in the entry's own header and in the directory's.
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := raw.find(signature, at + 1)) >= 0:
            if b"secret" in raw[at : at + 70].split(b"PK", 2)[1]:
                raw[at + flags] |= ENCRYPTED
    packed.write_bytes(raw)
    report = take(sqlite_database, packed)
    assert reasons(report) == {"basophil/link.TIF": archives.LINK, "basophil/secret.TIF": archives.ENCRYPTED}
    assert report.cells_new == 1


def test_an_entry_that_does_not_match_its_checksum_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(
        tmp_path / "cells.zip",
        {"basophil/a.TIF": picture(1), "basophil/b.TIF": picture(2)},
        zipfile.ZIP_STORED,
    )
    raw = bytearray(packed.read_bytes())
    raw[raw.index(picture(1)) + 20] ^= 0xFF
    packed.write_bytes(raw)
    report = take(sqlite_database, packed)
    assert reasons(report) == {"basophil/a.TIF": archives.DAMAGED}
    assert report.cells_new == 1


def refused_whole(database: Database, path: Path) -> str:
    """The reason, and that nothing came in."""
    with pytest.raises(ArchiveRefused) as refusal:
        take(database, path)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Cell)) == 0
    assert not (path.parent / "blobs" / "originals").exists()
    return refusal.value.message


def test_a_zip_that_is_cut_off_is_refused_whole(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(tmp_path / "cells.zip", {f"basophil/{n}.TIF": picture(n) for n in range(9)})
    whole = packed.read_bytes()
    for length in (len(whole) // 2, len(whole) - 10, 3, 0):
        packed.write_bytes(whole[:length])
        assert "damaged or cut off" in refused_whole(sqlite_database, packed)


def test_a_zip_with_a_hole_in_it_is_refused_whole(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(tmp_path / "cells.zip", {f"basophil/{n}.TIF": picture(n) for n in range(9)})
    whole = packed.read_bytes()
    packed.write_bytes(whole[:300] + whole[500:])
    assert "amaged" in refused_whole(sqlite_database, packed)


def test_a_bomb_is_refused_whole(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(tmp_path / "bomb.zip", {"basophil/a.TIF": bytes(60_000_000), "basophil/b.TIF": picture(1)})
    assert "grow" in refused_whole(sqlite_database, packed)


def test_a_bomb_of_many_small_entries_is_refused_whole(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(tmp_path / "bomb.zip", {f"basophil/{n}.TIF": bytes(30_000_000) for n in range(9)})
    assert "grow" in refused_whole(sqlite_database, packed)


def test_entries_that_lie_over_one_another_are_refused_whole(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(tmp_path / "cells.zip", {"basophil/a.TIF": picture(1), "basophil/b.TIF": picture(2)})
    raw = bytearray(packed.read_bytes())
    first, second = (raw.index(b"PK\x01\x02"), raw.rindex(b"PK\x01\x02"))
    # The second entry's place becomes the first one's.
    raw[second + 42 : second + 46] = raw[first + 42 : first + 46]
    packed.write_bytes(raw)
    assert "over one another" in refused_whole(sqlite_database, packed)


def test_an_entry_that_reaches_beyond_the_data_is_refused_whole(sqlite_database: Database, tmp_path: Path) -> None:
    packed = pack(tmp_path / "cells.zip", {"basophil/a.TIF": picture(1)}, zipfile.ZIP_STORED)
    raw = bytearray(packed.read_bytes())
    directory = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, directory + 20, len(raw) * 2)
    packed.write_bytes(raw)
    assert "beyond" in refused_whole(sqlite_database, packed)


def test_a_name_that_stands_twice_is_taken_once(sqlite_database: Database, tmp_path: Path) -> None:
    packed = tmp_path / "cells.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("basophil/a.TIF", picture(1))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("basophil/a.TIF", picture(2))
    report = take(sqlite_database, packed)
    assert reasons(report) == {"basophil/a.TIF": archives.TWICE}
    assert report.cells_new == 1


def test_pictures_at_the_top_of_a_zip_have_its_name_as_their_class(tmp_path: Path) -> None:
    packed = pack(tmp_path / "x.zip", {"a.TIF": picture(1)})
    assert [found.label for found in open_origin(packed, name="basophil.zip").listing.pictures] == ["basophil"]
