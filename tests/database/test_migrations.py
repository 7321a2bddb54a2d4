"""The schema: what migrations make is what the tables say, and start-up knows which one it needs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

import app.accounts.models
import app.audit.models
import app.catalogue.models
import app.consensus.models
import app.jobs.models
import app.labels.models
import app.releases.models
import app.review.models
from app.accounts.models import User
from app.catalogue.models import Cell, Dataset
from app.database import SCHEMA_REVISION, Base, Database, new_pid, now, parsed
from app.errors import Invalid, Unavailable
from app.jobs.models import Job
from app.review.models import Assignment, Review, Round, RoundCell
from tests.conftest import BACKENDS, PostgresTemplates


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


MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MAIN_JOB_ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("label_set", {"name": "mll23", "version": 1, "document": {}, "digest": bytes(32)}),
    ("user", {"name": "reviewer1", "role": "reviewer", "settings": {}}),
    ("dataset", {"slug": "smears", "name": "Smears", "label_set": 1, "rule": "majority"}),
    ("cell", {"dataset": 1, "pixel_sha256": bytes(32), "width": 288, "height": 288, "state": "unreviewed"}),
    (
        "round",
        {
            "dataset": 1,
            "name": "A round",
            "state": "open",
            "presentation": "blind",
            "order": "shuffled",
            "reviews_per_cell": 1,
            "filter": {},
            "seed": 7,
            "created_by": 1,
        },
    ),
    ("round_cell", {"round": 1, "cell": 1}),
    ("assignment", {"round": 1, "reviewer": 1, "position": 1, "cell": 1, "kind": "first", "state": "done"}),
    (
        "review",
        {
            "kind": "first",
            "assignment": 1,
            "round": 1,
            "cell": 1,
            "reviewer": 1,
            "verdict": "label",
            "label": 3,
            "mode": "single",
        },
    ),
)
"""A laboratory as the first schema held it; what isn't named is nothing, no or empty."""


@pytest.fixture
def main_job_database(request: pytest.FixtureRequest, backend: str, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind with the first schema and rows in it."""
    templates: PostgresTemplates | None = None
    if backend == "sqlite":
        address = f"sqlite:///{tmp_path}/older.db"
    else:
        templates = request.getfixturevalue("postgres")
        templates.run("create database older")
        address = templates.address("older")
    database = Database(address)
    database.upgrade("0001")
    with database.writing() as session:
        tables = MetaData()
        tables.reflect(session._connection)
        for name, row in MAIN_JOB_ROWS:
            session.execute(insert(tables.tables[name]), filled(tables.tables[name], row))
    yield database
    database.close()
    if templates is not None:
        templates.drop("older")


def filled(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row with something in every column that needs it."""
    nothing: dict[type, Any] = {str: "", int: 0, bool: False, float: 0.0, datetime: MOMENT, UUID: UUID(int=1)}
    needed = [column for column in table.columns if not column.nullable and column.name not in row]
    return {column.name: 1 if column.name == "id" else nothing[column.type.python_type] for column in needed} | row


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_an_older_database_is_upgraded_with_what_is_in_it(main_job_database: Database) -> None:
    main_job_database.upgrade()
    with main_job_database.reading() as session:
        round = session.execute(select(Round.__table__)).mappings().one()
        assert (round["name"], round["presentation"], round["seed"]) == ("A round", "blind", 7)
        assert (round["repeat_share"], round["trap_share"], round["audit_share"]) == (0, 0, 0)
        assert (round["target_probability"], round["suggestions"]) == (None, "none")
        assert session.execute(select(Dataset.given_votes, Dataset.refit_after)).one() == (False, 500)
        assert session.execute(select(RoundCell.rank, RoundCell.audit)).one() == (None, False)
        assert session.execute(select(Cell.fit, Cell.predicted_label, Cell.suspicion)).one() == (None, None, None)
        assert session.execute(select(Assignment.position, Assignment.transform)).one() == (1, None)
        assert session.scalar(select(Review.label)) == 3


def test_an_upgrade_asks_for_the_features_of_the_cells_that_are_there(main_job_database: Database) -> None:
    main_job_database.upgrade()
    with main_job_database.reading() as session:
        asked = session.execute(select(Job.kind, Job.subject, Job.arguments, Job.state, Job.created_at)).all()
        dataset = session.scalar(select(Cell.dataset))
    assert [tuple(row[:4]) for row in asked] == [("features", "smears", {"dataset": dataset}, "queued")]
    assert asked[0].created_at.tzinfo is not None


def test_cells_that_were_measured_before_hashes_were_are_measured_again(main_job_database: Database) -> None:
    main_job_database.upgrade("0004")
    with main_job_database.writing() as session:
        session.execute(text("update job set state = 'done'"))
    main_job_database.upgrade()
    with main_job_database.reading() as session:
        asked = session.execute(select(Job.kind, Job.state).order_by(Job.id)).all()
    assert asked == [("features", "done"), ("features", "queued")]


@pytest.mark.parametrize(
    "change",
    [
        "update round set presentation = 'shown'",
        "update round set presentation = 'reveal', \"order\" = 'import'",
        "update round set \"order\" = 'by class'",
        "update round set reviews_per_cell = 0",
        "update round set state = 'ajar'",
        "update round set repeat_share = 0.6",
        "update round set trap_share = 0.1",
        "update round set audit_share = 0.02",
        "update round set target_probability = 1",
        "update round set suggestions = 'all'",
        "update dataset set rule = 'loudest'",
        "update dataset set refit_after = 0",
        "update assignment set transform = 8",
        "update assignment set round = 2",
        "delete from round",
    ],
)
def test_an_upgraded_database_refuses_what_a_new_one_refuses(main_job_database: Database, change: str) -> None:
    main_job_database.upgrade()
    with pytest.raises(IntegrityError), main_job_database.writing() as session:
        session.execute(text(change))
    with main_job_database.writing() as session:
        session.execute(text("update round set presentation = 'reveal', repeat_share = 0.5"))
        session.execute(text("update round set \"order\" = 'suspicion', audit_share = 0.5, target_probability = 0.95"))
        session.execute(text("update dataset set rule = 'dawid-skene'"))


@pytest.mark.parametrize("address", ["mysql://a@b/c", "sqlite://", "sqlite:///:memory:", "nonsense", "postgresql"])
def test_an_address_of_no_database_is_refused_with_what_to_write(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        parsed(address)
    assert refused.value.field == "CYTOREVIEW_DATABASE_URL"
    assert "sqlite:////" in refused.value.message
