"""The log file: connections with the settings that make a commit durable and an erasure final."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Any
from weakref import finalize

from sqlalchemy import Engine, create_engine, event

from ethics.entry import Row
from ethics.errors import LogBusyError, LogWriteError
from ethics.forking import closed_across_forks
from ethics.merkle import Node

BUSY_SECONDS = 30
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
)
COLUMNS = "idx, time, type, type_version, ref, subject, body, payload_sha256, salt, leaf_hash, mac"


def open_engine(path: Path) -> Engine:
    """An engine on the log file; a transaction begins when it is asked to, so that readers see one state."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_size=8,
        pool_reset_on_return=None,  # every transaction here is ended by whoever began it
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would else begin and commit on its own
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


class Files:
    """An open log file; closed across forks, and opened again when it is next used."""

    def __init__(self, path: Path) -> None:
        self.path, self.engine = path, open_engine(path)
        self._writing = RLock()
        closed_across_forks(self)
        finalize(self, self.engine.dispose)  # a file that was merely dropped must not stay open until a fork

    def before_fork(self) -> None:
        """Finish the write under way and close every connection; reads of other threads must be at rest."""
        self._writing.acquire()
        self.engine.dispose()

    def after_fork(self) -> None:
        """Let writers in again."""
        self._writing.release()

    def read(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run `work` on one consistent state of the file, whatever is appended meanwhile."""
        pooled = self.engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            driver.execute("BEGIN")
            try:
                return work(driver)
            finally:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
        finally:
            pooled.close()

    def write(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run `work` alone on the file and make it durable, or leave everything as it was."""
        with self._writing:
            return self._write(work)

    def _write(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        pooled = self.engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            try:
                driver.execute("BEGIN IMMEDIATE")
                try:
                    done = work(driver)
                    driver.execute("COMMIT")
                except BaseException:
                    if driver.in_transaction:
                        driver.execute("ROLLBACK")
                    raise
                return done
            except sqlite3.OperationalError as error:
                if "locked" in str(error) or "busy" in str(error):
                    raise LogBusyError(self.path) from error
                raise LogWriteError(self.path, str(error)) from error
            except sqlite3.DatabaseError as error:
                raise LogWriteError(self.path, str(error)) from error
        finally:
            pooled.close()

    def compact(self) -> None:
        """Rebuild the file and empty the write-ahead log, so that no page keeps what was removed."""
        with self._writing:
            self._compact()

    def _compact(self) -> None:
        pooled = self.engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            try:
                driver.execute("VACUUM")
                busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError as error:
                raise LogBusyError(self.path) from error
            if busy:
                raise LogBusyError(self.path)
        finally:
            pooled.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def stored_nodes(driver: sqlite3.Connection, wanted: Sequence[Node]) -> Mapping[Node, bytes]:
    """Tree nodes by level and index; level 0 stands with the entries."""
    found: dict[Node, bytes] = {}
    for level, index in dict.fromkeys(wanted):
        if level:
            row = driver.execute("SELECT hash FROM node WHERE level = ? AND idx = ?", (level, index)).fetchone()
        else:
            row = driver.execute("SELECT leaf_hash FROM entry WHERE idx = ?", (index,)).fetchone()
        if row:
            found[level, index] = row[0]
    return found


def stored_row(driver: sqlite3.Connection, index: int) -> Row | None:
    """One entry as stored."""
    row = driver.execute(f"SELECT {COLUMNS} FROM entry WHERE idx = ?", (index,)).fetchone()
    return Row(*row) if row else None


def head_note(driver: sqlite3.Connection) -> tuple[int, str] | None:
    """Size and note of the newest checkpoint."""
    row: tuple[int, str] | None = driver.execute(
        "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return row
