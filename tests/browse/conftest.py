"""Laboratories for the tests of this room."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database import Database
from tests.browse.laboratory import Laboratory
from tests.conftest import BACKENDS, PostgresTemplates


@pytest.fixture
def lab(database: Database, tmp_path: Path) -> Laboratory:
    """The whole application over each kind of database."""
    return Laboratory(database, tmp_path)


@pytest.fixture(scope="module", params=BACKENDS)
def reading_room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """One application over each kind of database for all tests of a file: they read, and change nothing."""
    home = tmp_path_factory.mktemp("reading")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), home / "cytoreview.db")
        database = Database(f"sqlite:///{home / 'cytoreview.db'}")
        yield Laboratory(database, home)
        database.close()
        return
    templates: PostgresTemplates = request.getfixturevalue("postgres")
    name = templates.copy()
    database = Database(templates.address(name))
    yield Laboratory(database, home)
    database.close()
    templates.drop(name)
