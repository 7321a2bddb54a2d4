"""The schema: what migrations make is what the tables say, and start-up knows which one it needs."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text

import app.accounts.models
import app.audit.models
import app.catalogue.models
import app.jobs.models
import app.labels.models
import app.releases.models
import app.review.models
from app.accounts.models import User
from app.database import SCHEMA_REVISION, Base, Database, new_pid, now, parsed
from app.errors import Invalid, Unavailable
from tests.conftest import PostgresTemplates


def test_migrations_make_exactly_the_tables_of_the_rooms(database: Database) -> None:
    with database.writing() as session:
        context = MigrationContext.configure(session._connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert [each for each in differences if not is_reflected_only(each)] == []


def is_reflected_only(difference: Any) -> bool:
    """Alembic can't compare partial indexes' conditions; their names and columns are compared all the same."""
    return bool(difference[0] == "remove_table" and difference[1].name == "alembic_version")


def test_the_revision_that_start_up_wants_is_the_newest_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(app.accounts.models.__file__).parents[2] / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_REVISION]


def test_an_empty_sqlite_file_is_made_ready(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.db")
    assert database.revision() is None
    database.ready()
    assert database.revision() == SCHEMA_REVISION
    database.ready()
    database.close()


def test_an_empty_postgresql_says_what_to_run(postgres: PostgresTemplates) -> None:
    postgres.run("create database empty_one")
    database = Database(postgres.address("empty_one"))
    with pytest.raises(Unavailable) as refused:
        database.ready()
    assert "cytoreview migrate" in refused.value.message
    database.upgrade()
    database.ready()
    database.close()
    postgres.drop("empty_one")


def test_a_copy_of_an_older_file_holds_its_rows(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.writing() as session:
        session.execute(insert(User).values(pid=new_pid(), name="admin", role="admin", settings={}, created_at=now()))
    kept = tmp_path / "kept.db"
    sqlite_database.keep_copy(kept)
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("select name from user").fetchall() == [("admin",)]


def test_an_upgrade_keeps_the_rows(database: Database) -> None:
    with database.writing() as session:
        session.execute(insert(User).values(pid=new_pid(), name="admin", role="admin", settings={}, created_at=now()))
    database.upgrade()
    with database.reading() as session:
        assert session.scalar(select(User.name)) == "admin"
        assert session.scalar(select(text("version_num")).select_from(text("alembic_version"))) == SCHEMA_REVISION


@pytest.mark.parametrize("address", ["mysql://a@b/c", "sqlite://", "sqlite:///:memory:", "nonsense", "postgresql"])
def test_an_address_of_no_database_is_refused_with_what_to_write(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        parsed(address)
    assert refused.value.field == "CYTOREVIEW_DATABASE_URL"
    assert "sqlite:////" in refused.value.message
