"""Databases for tests: SQLite and PostgreSQL, migrated once and copied for each test that must see commits."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from app.database import Database, Writing

pytest_plugins = ["tests.serving"]

BACKENDS = ("sqlite", "postgresql")
LONG = ("whole", "browser", "demo")
"""Folders whose files take minutes, the longest first."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: of two processes none is left alone with it in the end."""
    items.sort(key=lambda item: LONG.index(item.path.parent.name) if item.path.parent.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that tests copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.writing() as session:
        session.execute(text("pragma optimize"))
    database.close()
    return path


class PostgresTemplates:
    """Databases on the test server: a migrated template, copied by the server itself."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        self.template = f"template_{secrets.token_hex(6)}"
        self.run(f"create database {self.template}")
        database = Database(self.address(self.template))
        database.upgrade()
        database.close()

    def run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement))

    def address(self, name: str) -> str:
        return self.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def copy(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"create database {name} template {self.template} strategy file_copy")
        return name

    def drop(self, name: str) -> None:
        self.run(f"drop database if exists {name} with (force)")


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[PostgresTemplates]:
    """The test server with its template."""
    templates = PostgresTemplates(postgres_url)
    yield templates
    templates.drop(templates.template)
    templates.engine.dispose()


@pytest.fixture(params=BACKENDS)
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "cytoreview.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    templates: PostgresTemplates = request.getfixturevalue("postgres")
    name = templates.copy()
    yield templates.address(name)
    templates.drop(name)


@pytest.fixture
def database(database_address: str) -> Iterator[Database]:
    """A migrated, empty database of each kind, whose commits are real."""
    made = Database(database_address)
    yield made
    made.close()


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """Only SQLite, for what is about SQLite or not about databases at all."""
    path = tmp_path / "only.db"
    shutil.copy(migrated_sqlite, path)
    made = Database(f"sqlite:///{path}")
    yield made
    made.close()


@pytest.fixture
def postgres_database(postgres: PostgresTemplates) -> Iterator[Database]:
    """Only PostgreSQL, for what its writers do at the same time."""
    name = postgres.copy()
    made = Database(postgres.address(name))
    yield made
    made.close()
    postgres.drop(name)


@pytest.fixture(scope="session", params=BACKENDS)
def shared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database of each kind for all tests that roll back."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("shared") / "shared.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        made = Database(f"sqlite:///{path}")
        yield made
        made.close()
        return
    templates: PostgresTemplates = request.getfixturevalue("postgres")
    name = templates.copy()
    made = Database(templates.address(name))
    yield made
    made.close()
    templates.drop(name)


class RolledBack(Exception):
    """Ends a test's transaction."""


@pytest.fixture
def session(shared_database: Database) -> Iterator[Writing]:
    """A transaction that is rolled back after the test: for services, which never commit."""
    try:
        with shared_database.writing() as writing:
            yield writing
            raise RolledBack
    except RolledBack:
        pass
