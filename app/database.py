"""The only maker of engines and transactions.

Two types of session keep reading and writing apart: what takes a :class:`Reading` cannot write by mistake, neither for
the type checker nor for the database (SQLite's ``query_only``, PostgreSQL's ``READ ONLY``). Both are thin wrappers over
one Core connection; a block of ``writing()`` commits at its end and an exception rolls it back, so what a route answers
after the block is durable.

On SQLite there is one writer at a time, across threads (a lock) and processes (``flock`` on a file beside the
database); every transaction begins with an explicit BEGIN, because the driver's own transactions keep rows that were
rolled back. On PostgreSQL transactions are READ COMMITTED and :meth:`Writing.lock` takes row locks in order of id.
"""

import base64
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, TypeVarTuple, cast, overload

from pydantic import AfterValidator
from sqlalchemy import (
    CompoundSelect,
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    MetaData,
    QueuePool,
    Select,
    String,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, MappedColumn, mapped_column
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlalchemy.types import TypeDecorator

from app.errors import Invalid, Unavailable

SCHEMA_REVISION = "0005"
"""The newest migration: start-up compares it with the database's without importing Alembic."""

READERS = 64
"""Connections that read at the same time on SQLite: more than there are threads, so nobody ever waits for one."""

Columns = TypeVarTuple("Columns")
Value = TypeVar("Value")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The tables of all rooms. Classes are used as typed columns in Core statements; no entity is ever loaded.

    Migrations make the schema. So a partial index names its condition here for SQLite alone: naming it for PostgreSQL
    too would load that dialect at every start.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def storable(words: str) -> str:
    """Text that both databases can keep: no NUL, no half of a surrogate pair."""
    if "\x00" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
        raise ValueError("the text holds a character that can't be stored (NUL or half a surrogate pair): remove it")
    return words


Text = Annotated[str, AfterValidator(storable)]
"""Free text in what a caller sends."""


def now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)


def new_pid() -> str:
    """A public id: 16 random characters of a–z and 2–7 (80 bits), so that their order tells nothing."""
    return new_pids(1)[0]


def new_pids(count: int) -> list[str]:
    """``count`` public ids from one read of the system's randomness."""
    random = os.urandom(10 * count)
    return [base64.b32encode(random[at : at + 10]).decode().lower() for at in range(0, len(random), 10)]


def public_id() -> MappedColumn[str]:
    """The column of a public id."""
    return mapped_column(String(16), unique=True)


class Reading:
    """One transaction that only reads. On SQLite it sees one snapshot from its first statement on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._connection.dialect.name

    @overload
    def execute(self, statement: Select[*Columns], parameters: Parameters | None = None) -> CursorResult[*Columns]: ...

    @overload
    def execute(
        self, statement: CompoundSelect[*Columns], parameters: Parameters | None = None
    ) -> CursorResult[*Columns]: ...

    def execute(self, statement: Any, parameters: Parameters | None = None) -> CursorResult[Any]:
        """The rows of a select."""
        return self._connection.execute(statement, parameters)

    def scalar(self, statement: Select[Value], parameters: Parameters | None = None) -> Value | None:
        """The first column of the first row, None where there is no row."""
        return self._connection.execute(statement, parameters).scalar()

    def stream(self, statement: Select[*Columns], block: int = 1000) -> CursorResult[*Columns]:
        """Rows that the database hands over block by block instead of all at once."""
        return self._connection.execute(statement, execution_options={"yield_per": block})


class Writing(Reading):
    """One transaction that may write. Who opened it commits it; services never do."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._after_commit: list[Callable[[], None]] = []

    def after_commit(self, act: Callable[[], None]) -> None:
        """Have something done as soon as others can see what this transaction wrote; not if it rolls back."""
        self._after_commit.append(act)

    def committed(self) -> None:
        """Do what was asked for; who commits calls this."""
        for act in self._after_commit:
            act()

    @overload
    def execute(  # type: ignore[overload-overlap]
        self, statement: TypedReturnsRows[*Columns], parameters: Parameters | None = None
    ) -> CursorResult[*Columns]: ...

    @overload
    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]: ...

    def execute(self, statement: Any, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run any statement; a list of parameters runs it once for each."""
        return self._connection.execute(statement, parameters)

    def lock(
        self, key: InstrumentedAttribute[int], ids: Iterable[int] | Select[int], parameters: Parameters | None = None
    ) -> None:
        """Lock rows in order of id until the transaction ends; two writers that share rows cannot deadlock.

        The lock lets others refer to the rows by foreign keys, which they do in any order. On SQLite nothing is to be
        done: BEGIN IMMEDIATE lets one writer in at a time.
        """
        if self.dialect == "postgresql":
            chosen = key.in_(ids if isinstance(ids, Select) else sorted(set(ids)))
            self._connection.execute(
                select(key).where(chosen).order_by(key).with_for_update(key_share=True), parameters
            )

    def take_turn(self, what: str) -> None:
        """Wait until nobody else does the same thing, and keep others from it until this transaction ends.

        On SQLite nothing is to be done: BEGIN IMMEDIATE lets one writer in at a time. Who takes several turns takes
        them in one order, and before it changes what others change while they have theirs.
        """
        if self.dialect == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))

    def claims(self, what: str) -> bool:
        """Whether this transaction may do what one of all that are under way is enough for; it never waits.

        On SQLite there is no other. Who claims looks afterwards whether another has done it by now.
        """
        if self.dialect == "postgresql":
            claimed = select(func.pg_try_advisory_xact_lock(func.hashtext(what)))
            return bool(self._connection.execute(claimed).scalar())
        return True

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What an exception inside undoes without ending the transaction."""
        with self._connection.begin_nested():
            yield


class WriterLock:
    """One writer at a time on one SQLite file: a lock for the threads, ``flock`` for the processes."""

    def __init__(self, database: Path) -> None:
        self._threads = threading.Lock()
        self._path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(self, *_: object) -> None:
        try:
            if self._file is not None:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Give the lock file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class NoLock:
    """PostgreSQL locks rows by itself."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None: ...


class Database:
    """Engines for one address, and the only way to a transaction."""

    def __init__(self, address: str) -> None:
        self.url = parsed(address)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock: WriterLock | NoLock = WriterLock(path)
            self._writer = sqlite_engine(self.url, begin="BEGIN IMMEDIATE", pool_size=1, read_only=False)
            self._reader = sqlite_engine(self.url, begin="BEGIN", pool_size=READERS, read_only=True)
        else:
            self._lock = NoLock()
            self._writer = create_engine(self.url, pool_size=20, max_overflow=20, pool_pre_ping=True)
            self._reader = self._writer

    @contextmanager
    def reading(self, snapshot: bool = False) -> Iterator[Reading]:
        """A transaction that can't write. ``snapshot``: every statement sees the same state, also on PostgreSQL."""
        with self._reader.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(
                    postgresql_readonly=True,
                    isolation_level="REPEATABLE READ" if snapshot else "READ COMMITTED",
                )
            connection.begin()  # giving the connection back rolls back
            yield Reading(connection)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        with self._lock, self._writer.connect() as connection, connection.begin():
            session = Writing(connection)
            yield session
        session.committed()

    def revision(self) -> str | None:
        """The schema's migration, None for an empty database."""
        try:
            with self.reading() as session:
                return session.scalar(select(text("version_num")).select_from(text("alembic_version")))
        except OperationalError as error:
            if self.is_sqlite and "no such table" in str(error):
                return None
            raise unreachable(self.url, error) from error
        except DBAPIError as error:
            if "alembic_version" in str(error):
                return None
            raise

    def ready(self) -> None:
        """Make sure that the schema is the one this code knows.

        An empty or older SQLite file is upgraded, keeping a copy of the older one beside it; PostgreSQL is upgraded by
        `cytoreview migrate` alone, because other processes may be using it.
        """
        revision = self.revision()
        if revision == SCHEMA_REVISION:
            return
        if not self.is_sqlite:
            found = (
                "is empty" if revision is None else f"has the schema {revision}, this version needs {SCHEMA_REVISION}"
            )
            raise Unavailable(f"The database {found}: run `cytoreview migrate` first.")
        if revision is not None:
            self.keep_copy(Path(f"{self.url.database}.{revision}"))
        self.upgrade()

    def keep_copy(self, kept: Path) -> None:
        """Copy a SQLite file as it is now, while others may be writing to it; a copy that is there stays."""
        if kept.exists():
            return
        part = kept.with_name(kept.name + ".part")
        with closing(sqlite3.connect(self.url.database or "")) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        part.rename(kept)

    def upgrade(self, revision: str = "head") -> None:
        """Create or upgrade the schema. The one place that needs Alembic."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
        with self._lock, self._writer.connect() as connection, self._unbound(connection), connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            if self.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise RuntimeError("The upgrade would leave rows that refer to nothing, so it was taken back.")

    @contextmanager
    def _unbound(self, connection: Connection) -> Iterator[None]:
        """Let a migration make a SQLite table anew under other tables' feet; its transaction can't say so itself."""
        if not self.is_sqlite:
            yield
            return
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield
        finally:
            driver.execute("PRAGMA foreign_keys=ON")

    def close(self) -> None:
        """Give all connections back."""
        self._reader.dispose()
        self._writer.dispose()
        self._lock.close()


def parsed(address: str) -> URL:
    """The address of a database, or an error that says what is wrong with it."""
    try:
        url = make_url(address)
    except Exception as error:
        raise Invalid(
            "The database's address can't be read: use sqlite:////folder/file.db or "
            "postgresql://user:password@host/name",
            "CYTOREVIEW_DATABASE_URL",
        ) from error
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise Invalid(
        f"{url.drivername}: the database is a SQLite file (sqlite:////folder/file.db) or PostgreSQL "
        "(postgresql://user:password@host/name)",
        "CYTOREVIEW_DATABASE_URL",
    )


def sqlite_engine(url: URL, begin: str, pool_size: int, read_only: bool) -> Engine:
    """An engine whose transactions begin explicitly and survive a power cut."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": 30, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-16000",
            "temp_store=MEMORY",
            f"query_only={'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_explicitly(connection: Connection) -> None:
        if read_only:  # it takes no lock and can't fail: what would wrap it costs ten times as much
            cast(sqlite3.Connection, connection.connection.driver_connection).execute(begin)
        else:
            connection.exec_driver_sql(begin)

    return engine


def unreachable(url: URL, error: Exception) -> Unavailable:
    """The error for a database that doesn't answer, without its password."""
    shown = url.render_as_string(hide_password=True)
    return Unavailable(f"The database {shown} can't be reached: {str(error).splitlines()[0]}")
