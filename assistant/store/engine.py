"""Open the database: one SQLite file by default, PostgreSQL by giving another URL."""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from assistant.core.errors import UserError
from assistant.store import schema
from assistant.store.errors import (
    MissingDatabaseError,
    NotADatabaseError,
    UnreachableDatabaseError,
    told_plainly,
)

_MAGIC = b"SQLite format 3\x00"


class DatabaseUrlError(UserError):
    """The setting that names the database is no address we can use."""

    def __init__(self) -> None:
        super().__init__(
            "The database address in the settings is not understood; write sqlite:///FILE "
            "or postgresql+psycopg://USER@HOST/DATABASE."
        )


@dataclass(frozen=True, slots=True)
class Database:
    """An open database at the newest schema; safe to share between threads, not across a fork."""

    name: str
    engine: sa.Engine
    reader: sa.Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded single file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A read-only transaction that sees one moment of the database, whatever others write meanwhile."""
        with plain_errors(self.name), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self, alone: str | None = None) -> Iterator[sa.Connection]:
        """A transaction, durable once the block ends; an exception undoes all of it.

        Args:
            alone: a name; only one transaction of that name runs at a time (SQLite has one writer anyway).
        """
        with plain_errors(self.name), self.engine.begin() as connection:
            if alone is not None and not self.is_sqlite:
                key = zlib.crc32(f"vejviser/{alone}".encode())
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
            yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[sa.Connection]:
        """For the few statements that no transaction may hold, such as VACUUM."""
        with plain_errors(self.name), self.engine.connect() as connection:
            # For SQLite our own BEGIN is left out; the driver's level would come back changed to the pool.
            apart = {"no_begin": True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
            yield connection.execution_options(**apart)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file, whatever characters its path has.

    >>> sqlite_url(Path("/data/sager og svar.db"))
    'sqlite:////data/sager og svar.db'
    """
    return sa.URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def open_database(url: str | sa.URL, *, create: bool = True, patience: float = 15.0) -> Database:
    """Open a database, making it if it is blank and bringing an older one up to date.

    Args:
        url: `sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`.
        create: False raises `MissingDatabaseError` where there is none yet.
        patience: seconds to wait for another program's lock before `DatabaseBusyError`.

    Raises: `NotADatabaseError`, `SchemaTooNewError`, `DiskFullError`, `ReadOnlyDatabaseError`,
    `UnreachableDatabaseError`, `DatabaseUrlError`; each says what to do.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        database = _sqlite(address, create, patience)
    else:
        database = _postgres(address, patience)
    try:
        _bring_up_to_date(database, create)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Turn a driver's error into our sentence; its own text may hold statements, so it is not chained."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        sentence = told_plainly(error, name)
        if sentence is None:
            raise
        raise sentence from None


def _address(url: str | sa.URL) -> sa.URL:
    try:
        address = sa.make_url(url)
    except ArgumentError:
        raise DatabaseUrlError() from None
    backend = address.get_backend_name()
    if backend not in {"sqlite", "postgresql"} or not address.database or address.database == ":memory:":
        raise DatabaseUrlError()
    return address.set(drivername="postgresql+psycopg") if backend == "postgresql" else address


def _bring_up_to_date(database: Database, create: bool) -> None:
    with database.read() as connection:
        revision = schema.revision_of(connection)
    if revision is None and not create:
        raise MissingDatabaseError(database.name)
    if revision != schema.newest_revision():
        with database.write(alone="schema") as connection:
            schema.upgrade(connection, database.name)


def _sqlite(address: sa.URL, create: bool, patience: float) -> Database:
    path = Path(str(address.database))
    _check_file(path, create)
    engine = sa.create_engine(address, hide_parameters=True, connect_args={"timeout": patience})

    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, of the kind each use needs
        _use_wal(connection, patience)
        for pragma in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}").close()

    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("no_begin"):
            return
        # A writer takes the write lock at once: one that had read first could not be given it later.
        kind = "DEFERRED" if connection.get_execution_options().get("reads_only") else "IMMEDIATE"
        connection.exec_driver_sql(f"BEGIN {kind}")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
    return Database(path.name, engine, engine.execution_options(reads_only=True))


def _check_file(path: Path, create: bool) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        if not create:
            raise MissingDatabaseError(path.name) from None
        _make_private(path)
        return
    except OSError:
        raise UnreachableDatabaseError(path.name) from None
    if start not in {b"", _MAGIC}:
        raise NotADatabaseError(path.name)


def _make_private(path: Path) -> None:
    """An empty file that only its owner may read; SQLite gives its side files the same rights."""
    with suppress(FileExistsError):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise
        except OSError:
            raise UnreachableDatabaseError(path.name) from None


def _use_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to the write-ahead log; SQLite does not wait here when two do so at once, so we do."""
    give_up = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            busy = (getattr(error, "sqlite_errorcode", 0) & 0xFF) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not busy or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _postgres(address: sa.URL, patience: float) -> Database:
    engine = sa.create_engine(address, hide_parameters=True, pool_pre_ping=True)

    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(patience * 1000)}")
            cursor.execute("SET TIME ZONE 'UTC'")
        connection.autocommit = False

    sa.event.listen(engine, "connect", prepare)
    where = f"{address.host or address.query.get('host') or 'localhost'}/{address.database}"
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(where, engine, reader)
