"""Opening a database: settings, migrations, and one plain sentence for each thing that can go wrong."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import IntegrityError, OperationalError

from assistant.core.errors import UserError
from assistant.store import schema
from assistant.store.engine import Database, DatabaseUrlError, _use_wal, open_database, sqlite_url
from assistant.store.errors import (
    DatabaseBusyError,
    DiskFullError,
    InputOutputError,
    MissingDatabaseError,
    NotADatabaseError,
    ReadOnlyDatabaseError,
    SchemaTooNewError,
    UnreachableDatabaseError,
    UnstorableTextError,
    told_plainly,
)
from assistant.store.tables import checked_id, metadata, users

USER = {"user_id": "u-1", "name": "", "roles": "[]", "active": True, "failures": 0}
MOMENT = datetime(2026, 11, 22, 12, 30, 15, 250_000, tzinfo=UTC)


def add_user(database: Database, user_id: str, created_at: datetime = MOMENT) -> None:
    with database.write() as connection:
        connection.execute(users.insert(), {**USER, "user_id": user_id, "created_at": created_at})


def count_users(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(users)).scalar_one()


def test_a_blank_database_is_brought_to_the_schema_the_program_describes(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
        differences = compare_metadata(context, metadata)
        revision = schema.revision_of(connection)

    assert differences == []
    assert revision == schema.newest_revision()


def test_opening_again_keeps_what_was_stored(blank_url: str) -> None:
    first = open_database(blank_url)
    add_user(first, "u-1")
    first.close()

    second = open_database(blank_url, create=False)

    assert count_users(second) == 1
    second.close()


def test_eight_programs_opening_a_blank_database_at_once_all_succeed(blank_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_database(blank_url), range(8)))

    for number, database in enumerate(opened):
        add_user(database, f"u-{number}")
    assert count_users(opened[0]) == 8
    for database in opened:
        database.close()


def test_a_migration_that_fails_leaves_the_database_blank(blank_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(connection: sa.Connection, name: str, to: str = "head") -> None:
        real(connection, name, to)
        raise KeyboardInterrupt

    real = schema.upgrade
    monkeypatch.setattr(schema, "upgrade", fails)
    with pytest.raises(KeyboardInterrupt):
        open_database(blank_url)
    monkeypatch.undo()

    with pytest.raises(MissingDatabaseError):
        open_database(blank_url, create=False)
    open_database(blank_url).close()


def test_sqlite_is_set_to_lose_nothing_and_to_wipe_what_is_deleted(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "store.db"), patience=7)
    with database.read() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "busy_timeout")
        }
    database.close()

    assert said == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "busy_timeout": 7000,
    }


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "store.db"))
    add_user(database, "u-1")

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.close()

    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}


def test_a_path_with_spaces_and_signs_is_opened_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sager & svar?#æ%20.db"

    open_database(sqlite_url(path)).close()

    assert path.is_file()


def test_where_there_is_no_database_yet_it_says_so(blank_url: str, tmp_path: Path) -> None:
    with pytest.raises(MissingDatabaseError, match="vejviser init"):
        open_database(blank_url, create=False)

    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize("content", [b"navn;alder\nen anden fil", b"%PDF-1.7", b"SQLite format 3\x00" + b"\xff" * 4096])
def test_another_kind_of_file_is_refused_and_left_as_it_was(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)

    with pytest.raises(NotADatabaseError, match="is not a database that can be read"):
        open_database(sqlite_url(path))

    assert path.read_bytes() == content


def test_a_database_from_a_newer_program_is_refused(blank_url: str) -> None:
    newer = open_database(blank_url)
    with newer.write() as connection:
        connection.execute(sa.text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))
    newer.close()

    with pytest.raises(SchemaTooNewError, match="9999"):
        open_database(blank_url)


def test_a_missing_folder_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreachableDatabaseError, match="cannot be reached"):
        open_database(sqlite_url(tmp_path / "nowhere" / "store.db"))


@pytest.mark.parametrize("url", ["", "store.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "postgresql://"])
def test_an_address_that_names_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlError, match="sqlite:///FILE"):
        open_database(url)


def test_an_unreachable_server_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://someone:hemmelig@/vejviser?host={tmp_path}"

    with pytest.raises(UnreachableDatabaseError) as caught:
        open_database(url)

    assert "vejviser" in str(caught.value)
    assert "hemmelig" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_full_database_gives_one_sentence_and_keeps_the_old_state(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "store.db"))
    add_user(database, "u-1")

    def fill() -> None:
        with database.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            for number in range(2_000):
                row = {**USER, "user_id": f"more-{number}", "name": "x" * 500, "created_at": MOMENT}
                connection.execute(users.insert(), row)

    with pytest.raises(DiskFullError, match="full, so nothing was saved"):
        fill()
    assert count_users(database) == 1
    database.close()


def test_a_database_locked_for_too_long_gives_one_sentence(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "store.db"), patience=0.1)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusyError, match="try again"):
        add_user(database, "u-1")
    other.execute("ROLLBACK")
    other.close()

    add_user(database, "u-1")
    assert count_users(database) == 1
    database.close()


def test_a_quota_that_is_used_up_gives_one_sentence_and_keeps_the_old_state(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "store.db")
    script = f"""
import resource, signal
from datetime import UTC, datetime
from assistant.core.errors import VejviserError
from assistant.store.engine import open_database
from assistant.store.tables import users
database = open_database({url!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
row = {{"name": "x" * 2_000, "roles": "[]", "active": True, "failures": 0, "created_at": datetime.now(UTC)}}
try:
    with database.write() as connection:
        for number in range(2_000):
            connection.execute(users.insert(), {{**row, "user_id": str(number)}})
except VejviserError as error:
    print(type(error).__name__)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) in {("InputOutputError", ""), ("DiskFullError", "")}
    again = open_database(url)
    assert count_users(again) == 0
    again.close()


def test_programs_that_set_up_the_write_ahead_log_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """SQLite itself does not: without our waiting, about one blank file in six was "locked" for somebody."""

    def set_up(path: Path, together: threading.Barrier) -> None:
        connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        together.wait()
        _use_wal(connection, patience=10)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            together = threading.Barrier(8)
            path = tmp_path / f"{number}.db"
            list(pool.map(lambda _, path=path, together=together: set_up(path, together), range(8)))


class Fault(psycopg.Error):
    """A driver's error with a state of the server's."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self.sqlstate = state


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("53100", DiskFullError),
        ("53300", DatabaseBusyError),
        ("55P03", DatabaseBusyError),
        ("40P01", DatabaseBusyError),
        ("25006", ReadOnlyDatabaseError),
        ("42501", ReadOnlyDatabaseError),
        ("08006", UnreachableDatabaseError),
        ("28P01", UnreachableDatabaseError),
        ("3D000", UnreachableDatabaseError),
        ("57P01", UnreachableDatabaseError),
        ("58030", InputOutputError),
        ("23505", type(None)),
        ("42P01", type(None)),
    ],
)
def test_each_fault_of_a_server_has_its_sentence_and_ours_have_none(state: str, sentence: type) -> None:
    told = told_plainly(OperationalError("SELECT", {}, Fault(state)), "here")

    assert type(told) is sentence


def test_a_writer_waits_for_the_lock_of_another_on_a_server(postgres_url: str) -> None:
    first, second = open_database(postgres_url), open_database(postgres_url, patience=0.2)
    add_user(first, "u-1")

    with first.write() as connection:
        connection.execute(users.update().values(name="x"))
        with pytest.raises(DatabaseBusyError), second.write() as other:
            other.execute(users.update().values(name="y"))

    first.close()
    second.close()


def test_a_failed_block_is_undone_whole(database: Database) -> None:
    def fails() -> None:
        with database.write() as connection:
            connection.execute(users.insert(), {**USER, "created_at": MOMENT})
            raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        fails()

    assert count_users(database) == 0


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    add_user(database, "u-1")

    with database.read() as connection:
        query = sa.select(sa.func.count()).select_from(users)
        before = connection.execute(query).scalar_one()
        add_user(database, "u-2")
        after = connection.execute(query).scalar_one()

    assert (before, after) == (1, 1)
    assert count_users(database) == 2


def test_a_reader_cannot_write_on_a_server(postgres_url: str) -> None:
    database = open_database(postgres_url)

    with pytest.raises(ReadOnlyDatabaseError), database.read() as connection:
        connection.execute(users.insert(), {**USER, "created_at": MOMENT})
    database.close()


def test_a_drivers_error_that_is_our_fault_shows_no_values(database: Database) -> None:
    add_user(database, "u-hemmelig")

    with pytest.raises(IntegrityError) as caught:
        add_user(database, "u-hemmelig")

    statement = str(caught.value).split("[SQL")[1]
    assert "u-hemmelig" not in statement


def test_moments_come_back_in_utc_to_the_microsecond(database: Database) -> None:
    danish = MOMENT.astimezone(timezone(timedelta(hours=1)))
    add_user(database, "u-1", danish)

    with database.read() as connection:
        found = connection.execute(sa.select(users.c.created_at)).scalar_one()

    assert found == MOMENT
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        add_user(database, "u-1", MOMENT.replace(tzinfo=None))


@pytest.mark.parametrize("bad", ["", " C-1", "C-1\n", "C\x00", "x" * 201, "\ud800", "C\u202e1"])
def test_an_id_that_cannot_be_found_again_is_refused(bad: str) -> None:
    with pytest.raises(UnstorableTextError, match="case id") as caught:
        checked_id(bad, "case id")

    assert isinstance(caught.value, UserError)
    str(caught.value).encode("utf-8")
