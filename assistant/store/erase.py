"""Take a person out of the database, and out of the bytes the database leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from assistant.store.engine import Database
from assistant.store.errors import DatabaseBusyError, EraseIncompleteError
from assistant.store.tables import metadata


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows were deleted, by table; tables that held nothing are left out."""

    rows: dict[str, int]


def erase_subject(database: Database, subject: str) -> Erased:
    """Delete every row that carries `subject`, then clean free pages and write-ahead log.

    Shred the person's key as well: what backups, replicas and PostgreSQL's own log still hold is ciphertext
    that opens with nothing else. May be repeated, also for a subject that is gone.

    Raises `EraseIncompleteError` when the rows are gone but other programs kept the file from being compacted
    for as long as the database was opened to wait.
    """
    rows: dict[str, int] = {}
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if "subject" in table.c:
                gone = connection.execute(table.delete().where(table.c.subject == subject)).rowcount
                if gone:
                    rows[table.name] = gone
    compact(database)
    return Erased(rows)


def compact(database: Database) -> None:
    """Rewrite the tables without what was deleted. Raises `EraseIncompleteError`."""
    try:
        if database.is_sqlite:
            _compact_sqlite(database)
        else:
            _compact_postgres(database)
    except DatabaseBusyError:
        raise EraseIncompleteError(database.name) from None


def _compact_sqlite(database: Database) -> None:
    with database.outside_transactions() as connection:
        connection.exec_driver_sql("VACUUM")
        # The new file's pages come through the write-ahead log, which still holds the old ones until it is emptied.
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            raise DatabaseBusyError(database.name)


def _compact_postgres(database: Database) -> None:
    with database.outside_transactions() as connection:
        for table in _personal_tables():
            # FULL writes a new file: a plain VACUUM only marks the room as free and leaves the bytes in it.
            connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")


def _personal_tables() -> list[sa.Table]:
    """The tables with rows about a citizen, and those whose rows go with them."""
    personal: list[sa.Table] = []
    for table in metadata.sorted_tables:  # a table comes after those it refers to
        if "subject" in table.c or any(key.column.table in personal for key in table.foreign_keys):
            personal.append(table)
    return personal
