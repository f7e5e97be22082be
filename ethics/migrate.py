"""Bring a log file to the newest schema: numbered steps, applied once, in order, never edited after release."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from ethics.errors import LogBrokenError
from ethics.storage import Files

NEWEST = "0001"
"""The revision this code reads and writes."""


def revision(connection: Connection) -> str | None:
    """The revision a file is at; None for a file that holds no log."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(connection: Connection) -> None:
    """Apply every step that is missing, in the transaction of `connection`."""
    # Alembic takes a third of a second to load, and is needed only when a file is made or upgraded.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    with resources.as_file(resources.files("ethics") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        script = ScriptDirectory.from_config(config)

        def steps(current: Any, _context: Any) -> Any:
            return script._upgrade_revs("head", current)

        with EnvironmentContext(config, script, fn=steps) as environment:
            environment.configure(connection=connection, transactional_ddl=False)
            environment.run_migrations()


def ensure_newest(path: Path) -> None:
    """Upgrade the log file if it is older; raises `LogBrokenError` when it is no log or cannot be read."""
    files = Files(path)
    try:
        with files.engine.begin() as connection:
            found = revision(connection)
            if found is None:
                raise LogBrokenError(path, "it is no ethics log")
            if found > NEWEST:
                raise LogBrokenError(path, f"it is of revision {found}, newer than this program ({NEWEST})")
            if found < NEWEST:
                upgrade(connection)
    except (DBAPIError, sqlite3.DatabaseError) as error:
        raise LogBrokenError(path, f"it cannot be read: {getattr(error, 'orig', error)}") from error
    finally:
        files.close()
