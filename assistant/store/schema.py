"""Bring a database to the schema this program knows, by numbered migrations."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from assistant.store.errors import SchemaTooNewError

VERSION_TABLE = "store_schema"
"""Holds the schema's revision; named so that other rooms may keep tables in the same database."""


@cache
def _scripts() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", "assistant.store:migrations")
    return config, ScriptDirectory.from_config(config)


def revision_of(connection: sa.Connection) -> str | None:
    """The revision the database stands at; None for a blank one."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def newest_revision() -> str:
    """The revision this program works with."""
    head = _scripts()[1].get_current_head()
    assert head is not None, "the migrations are packaged with the program"
    return head


def check_known(revision: str | None, name: str) -> None:
    """Refuse a database that a newer program has changed (`SchemaTooNewError`)."""
    known = {script.revision for script in _scripts()[1].walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaTooNewError(name, revision)


def upgrade(connection: sa.Connection, name: str, to: str = "head") -> None:
    """Apply the migrations still missing, inside the caller's transaction: all of them or none."""
    check_known(revision_of(connection), name)
    config, scripts = _scripts()

    def steps(revision: Any, _: MigrationContext) -> Any:
        return scripts._upgrade_revs(to, revision)  # the call that alembic's own manual shows for this

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, version_table=VERSION_TABLE)
        environment.run_migrations()
