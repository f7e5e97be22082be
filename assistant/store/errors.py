"""What can go wrong with stored things: one class per cause, each one sentence without personal data."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from assistant.core.errors import CheckFailedError, MissingError, UserError, VejviserError


class MissingDatabaseError(MissingError):
    """No database where one was expected."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No database at {name}; make a workspace with `vejviser init`.")


class NotADatabaseError(UserError):
    """The file is something else, or damaged beyond reading."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not a database that can be read (another kind of file, or damaged); "
            "restore it from a backup or name another workspace."
        )


class SchemaTooNewError(UserError):
    """A newer program made this database."""

    def __init__(self, name: str, revision: str) -> None:
        super().__init__(
            f"The database {name} was made by a newer Vejviser (schema {revision}); "
            "install that version or newer, for this one would misread it."
        )


class DiskFullError(UserError):
    """No room left where the database lies."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The disk that holds {name} is full, so nothing was saved; free some space, try again.")


class DatabaseBusyError(UserError):
    """Someone else held the database for longer than we wait."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Another program kept {name} locked for too long, so nothing was saved; try again in a moment."
        )


class ReadOnlyDatabaseError(UserError):
    """The database may be read but not changed by this user."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} cannot be written to, so nothing was saved; give the account that runs Vejviser "
            "the right to write the file and its folder."
        )


class UnreachableDatabaseError(UserError):
    """The file's folder or the server does not answer."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The database {name} cannot be reached; check that the folder exists or the server runs, "
            "and that its address and password in the settings are right."
        )


class InputOutputError(UserError):
    """The disk refused to read or write for another reason than being full."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The disk refused to read or write {name}, so nothing was saved; check the disk and its quota."
        )


class EraseIncompleteError(CheckFailedError):
    """Rows are gone, but free pages or the write-ahead log may still hold their bytes."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The rows were deleted, but {name} could not be compacted because another program is using it; "
            "close the other programs and erase again."
        )


class UnstorableTextError(UserError):
    """A text that no database of ours can hold or find again."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} cannot be stored: {why}.")


class UnknownRecordError(UserError):
    """Nothing stored under that id."""

    def __init__(self, kind: str, record_id: str) -> None:
        super().__init__(f"There is no {kind} {record_id!r} here; check the id.")


class StaleCaseError(UserError):
    """Someone else saved the case after it was read."""

    def __init__(self, case_id: str, expected: int, found: int, by: str, at: datetime) -> None:
        self.case_id, self.expected, self.found, self.by, self.at = case_id, expected, found, by, at
        super().__init__(
            f"Case {case_id!r} was changed by {by} at {at:%Y-%m-%d %H:%M} UTC (you have version {expected}, "
            f"it is now at {found}), so nothing was saved; read it again and repeat your change."
        )


class SubjectChangedError(UserError):
    """A case cannot move to another person: its earlier versions are sealed for the first."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"Case {case_id!r} belongs to another person; make a new case instead.")


class AlreadyDecidedError(UserError):
    """The suggestion has a decision, or a newer one than the corrector saw."""

    def __init__(self, suggestion_id: str, number: int, by: str, at: datetime) -> None:
        self.suggestion_id, self.number, self.by, self.at = suggestion_id, number, by, at
        super().__init__(
            f"Suggestion {suggestion_id!r} was decided by {by} at {at:%Y-%m-%d %H:%M} UTC (decision {number}); "
            "read that decision, and correct it if it is wrong."
        )


class StaleDraftError(UserError):
    """The same user saved a newer draft from another window."""

    def __init__(self, case_id: str, expected: int, found: int, at: datetime | None) -> None:
        self.case_id, self.expected, self.found, self.at = case_id, expected, found, at
        when = "was discarded" if at is None else f"was saved at {at:%Y-%m-%d %H:%M} UTC"
        super().__init__(
            f"Your draft on case {case_id!r} {when} in another window (version {found}, you have {expected}), "
            "so this one was not saved over it; open the newer one first."
        )


_SQLITE: dict[int, type[VejviserError]] = {
    sqlite3.SQLITE_FULL: DiskFullError,
    sqlite3.SQLITE_BUSY: DatabaseBusyError,
    sqlite3.SQLITE_LOCKED: DatabaseBusyError,
    sqlite3.SQLITE_NOTADB: NotADatabaseError,
    sqlite3.SQLITE_CORRUPT: NotADatabaseError,
    sqlite3.SQLITE_READONLY: ReadOnlyDatabaseError,
    sqlite3.SQLITE_PERM: ReadOnlyDatabaseError,
    sqlite3.SQLITE_CANTOPEN: UnreachableDatabaseError,
    sqlite3.SQLITE_IOERR: InputOutputError,
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html; the first two letters are the class.
_POSTGRES: dict[str, type[VejviserError]] = {
    "53100": DiskFullError,
    "53": DatabaseBusyError,
    "55P03": DatabaseBusyError,
    "40": DatabaseBusyError,
    "25006": ReadOnlyDatabaseError,
    "42501": ReadOnlyDatabaseError,
    "08": UnreachableDatabaseError,
    "28": UnreachableDatabaseError,
    "3D": UnreachableDatabaseError,
    "57": UnreachableDatabaseError,
    "58": InputOutputError,
    "XX": NotADatabaseError,
}


def told_plainly(error: Exception, name: str) -> VejviserError | None:
    """The sentence for a database driver's error, or None when it is a fault of ours.

    Args:
        error: what SQLAlchemy or the driver raised.
        name: the database as people know it, without a password.
    """
    if isinstance(error, PoolTimeoutError):
        return DatabaseBusyError(name)
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        kind = None if code is None else _SQLITE.get(code & 0xFF)  # the low byte is the primary code
        return None if kind is None else kind(name)
    return _told_of_postgres(error, original, name)


def _told_of_postgres(error: Exception, original: BaseException | None, name: str) -> VejviserError | None:
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        kind = _POSTGRES.get(state) or _POSTGRES.get(state[:2])
        return None if kind is None else kind(name)
    lost = isinstance(error, DBAPIError) and type(original).__name__ == "OperationalError"
    return UnreachableDatabaseError(name) if lost else None
