"""Laboratories for the tests of this room."""

from pathlib import Path

import pytest

from app.database import Database
from tests.browse.laboratory import Laboratory


@pytest.fixture
def lab(database: Database, tmp_path: Path) -> Laboratory:
    """The whole application over each kind of database."""
    return Laboratory(database, tmp_path)
