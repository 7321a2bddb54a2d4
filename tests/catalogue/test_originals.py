"""A cell's original is read where it lies, and only believed when it is what it was."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.catalogue import originals
from app.catalogue.errors import OriginalUnavailable
from app.catalogue.models import Cell, Occurrence
from app.database import Database
from app.images.errors import AlteredOriginal
from app.images.service import Size, rendition
from app.images.store import BlobStore
from tests.catalogue.cells import SIDE, lay, picture, take


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "blobs").as_uri())


def the_cell(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(Cell.id)).scalar_one()


def test_the_first_cells_of_an_import_can_be_shown_at_once(
    sqlite_database: Database, tmp_path: Path, store: BlobStore
) -> None:
    take(sqlite_database, lay(tmp_path / "basophil", {"a.TIF": picture(1)}))
    with sqlite_database.reading() as session:
        cell = session.execute(select(Cell.id, Cell.pixel_sha256)).one()
    load = originals.loader(sqlite_database, store, cell.id)
    assert load() == picture(1)
    assert rendition(store, bytes(cell.pixel_sha256), SIDE, SIDE, Size.DISPLAY, load).startswith(b"RIFF")


def test_another_occurrence_stands_in_for_a_file_that_is_gone(
    sqlite_database: Database, tmp_path: Path, store: BlobStore
) -> None:
    root = lay(tmp_path / "basophil", {"a.TIF": picture(1), "b.png": picture(1, "PNG")})
    take(sqlite_database, root)
    load = originals.loader(sqlite_database, store, the_cell(sqlite_database))
    (root / "a.TIF").unlink()
    assert load() == picture(1, "PNG")
    (root / "b.png").unlink()
    with pytest.raises(OriginalUnavailable):
        load()
    lay(root, {"a.TIF": picture(2)})
    with pytest.raises(AlteredOriginal):
        load()


def test_a_file_under_its_sources_name_is_found(sqlite_database: Database, tmp_path: Path, store: BlobStore) -> None:
    for number, scanner in enumerate(("scanner1", "scanner2")):
        take(sqlite_database, lay(tmp_path / scanner, {"basophil/a.TIF": picture(number)}))
    with sqlite_database.reading() as session:
        statement = select(Occurrence.cell).where(Occurrence.path == "scanner2/basophil/a.TIF")
        cell = session.execute(statement).scalar_one()
    assert originals.loader(sqlite_database, store, cell)() == picture(1)


def test_a_link_that_was_put_in_a_files_place_is_not_followed(
    sqlite_database: Database, tmp_path: Path, store: BlobStore
) -> None:
    root = lay(tmp_path / "basophil", {"a.TIF": picture(1)})
    take(sqlite_database, root)
    (root / "a.TIF").rename(tmp_path / "elsewhere.TIF")
    (root / "a.TIF").symlink_to(tmp_path / "elsewhere.TIF")
    with pytest.raises(OriginalUnavailable):
        originals.loader(sqlite_database, store, the_cell(sqlite_database))()


def test_copied_files_outlive_their_folder(sqlite_database: Database, tmp_path: Path, store: BlobStore) -> None:
    root = lay(tmp_path / "basophil", {"a.TIF": picture(1)})
    take(sqlite_database, root, copied=True)
    (root / "a.TIF").unlink()
    assert originals.loader(sqlite_database, store, the_cell(sqlite_database))() == picture(1)
