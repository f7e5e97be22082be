"""Earlier cases with their pathway and outcome: what the model learns from and neighbours are found in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from assistant.core.errors import UserError
from assistant.store.cipher import Cipher, Json, MakesManyKeys, from_bytes, place, to_bytes
from assistant.store.engine import Database
from assistant.store.errors import DatabaseBusyError
from assistant.store.tables import checked_id, earlier_cases

_CHUNK = 5_000  # ids per query: SQLite takes at most 32,766 values in one
_TRIES = 50  # each failed try means that another import got on


class RepeatedKeyError(UserError):
    """Two rows of one import claim to be the same earlier case."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(
            f"Rows {first} and {second} of the import (counted from 1) have the same source and key, "
            "so nothing was imported; give each earlier case its own key."
        )


@dataclass(frozen=True, slots=True)
class EarlierCase:
    """One earlier case; `facts` and `note` are sealed under the key of `subject`, the rest is in the clear.

    `external_key` names the case in `source`; `reached` is None while the outcome is unknown, `outcome_on` the
    day it became known.
    """

    source: str
    external_key: str
    subject: str
    pathway: str
    goal_type: str
    decided_on: date
    outcome_on: date | None = None
    reached: bool | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """What an import did: rows that are new, that replaced an older form, and that were there already."""

    new: int
    changed: int
    unchanged: int


class _Plan(NamedTuple):
    rows: list[dict[str, Any]]
    replaced: list[int]
    unchanged: int
    seen: dict[tuple[str, str], int]


_CLEAR = ("source", "external_key", "subject", "pathway", "goal_type", "decided_on", "outcome_on", "reached")


@dataclass(frozen=True, slots=True)
class HistoryRepository:
    """Keeps earlier cases."""

    database: Database
    cipher: Cipher

    def add(self, rows: Sequence[EarlierCase]) -> Added:
        """Import all rows or none; doing it again changes nothing, a row that differs replaces the one before.

        Raises `RepeatedKeyError` when two rows share source and key, `UnstorableTextError` for an unusable id.
        """
        _check(rows)
        for _ in range(_TRIES):
            plan = self._plan(rows)
            if self._carry_out(rows, plan):
                return Added(len(plan.rows) - len(plan.replaced), len(plan.replaced), plan.unchanged)
        raise DatabaseBusyError(self.database.name)

    def load(self, *, pathway: str | None = None, known_before: date | None = None) -> Iterator[EarlierCase]:
        """Every earlier case by source and key, read as a stream from one moment of the database.

        Args:
            pathway: keep only cases that got this pathway.
            known_before: keep only cases whose outcome was known before this day.
        """
        table = earlier_cases.c
        query = sa.select(earlier_cases).order_by(table.source, table.external_key)
        if pathway is not None:
            query = query.where(table.pathway == pathway)
        if known_before is not None:
            query = query.where(table.outcome_on < known_before)
        with self.database.read() as connection, _stream(connection, query) as result:
            for row in result:
                yield self._open(row)

    def get(self, source: str, external_key: str) -> EarlierCase | None:
        """One earlier case, or None."""
        table = earlier_cases.c
        found = self._find(sa.and_(table.source == source, table.external_key == external_key))
        return found[0] if found else None

    def of_subject(self, subject: str) -> list[EarlierCase]:
        """A person's earlier cases (for access requests)."""
        return self._find(earlier_cases.c.subject == subject)

    def count(self) -> int:
        """How many earlier cases there are."""
        with self.database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(earlier_cases)).scalar_one()

    def version(self) -> str:
        """A name for exactly this content of this store (64 hex digits): any row added, changed or erased
        gives another.

        It is over the ciphertext, so the same people imported elsewhere give another name: a hash of the facts
        themselves would let an outsider test guesses against it.
        """
        table = earlier_cases.c
        columns = (table.source, table.external_key, table.sealed)  # a row that changes is sealed anew
        digest = hashlib.sha256()
        query = sa.select(*columns).order_by(table.source, table.external_key)
        with self.database.read() as connection, _stream(connection, query) as result:
            for row in result:
                digest.update(place(row.source, row.external_key, row.sealed.hex()))
        return digest.hexdigest()

    def delete_subject(self, subject: str) -> int:
        """Delete a person's rows; how many there were. `erase_subject` also cleans what is left on disk."""
        with self.database.write() as connection:
            return connection.execute(earlier_cases.delete().where(earlier_cases.c.subject == subject)).rowcount

    def _find(self, which: sa.ColumnElement[bool]) -> list[EarlierCase]:
        table = earlier_cases.c
        query = sa.select(earlier_cases).where(which).order_by(table.source, table.external_key)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [self._open(row) for row in rows]

    def _plan(self, rows: Sequence[EarlierCase]) -> _Plan:
        """What to insert and replace; sealed before the transaction, for the keys may lie in the same file."""
        with self.database.read() as connection:
            there = {(row.source, row.external_key): row for row in _there(connection, rows, earlier_cases)}
        if isinstance(self.cipher, MakesManyKeys):
            self.cipher.ensure_keys({row.subject for row in rows})
        plan = _Plan([], [], 0, {key: row.id for key, row in there.items()})
        same = 0
        for row in rows:
            known = there.get((row.source, row.external_key))
            if known is not None and self._open(known) == row:
                same += 1
                continue
            if known is not None:
                plan.replaced.append(known.id)
            clear = {name: getattr(row, name) for name in _CLEAR}
            content = to_bytes({"facts": dict(row.facts), "note": row.note})
            sealed = self.cipher.seal(row.subject, content, _place(row.source, row.external_key))
            plan.rows.append({**clear, "sealed": sealed})
        return plan._replace(unchanged=same)

    def _carry_out(self, rows: Sequence[EarlierCase], plan: _Plan) -> bool:
        """Whether it was done; not when somebody else has touched these rows since the plan was made."""
        table = earlier_cases.c
        with self.database.write(alone="earlier_cases") as connection:
            now = _there(connection, rows, table.source, table.external_key, table.id)
            if {(row.source, row.external_key): row.id for row in now} != plan.seen:
                return False
            for start in range(0, len(plan.replaced), _CHUNK):
                ids = plan.replaced[start : start + _CHUNK]
                connection.execute(earlier_cases.delete().where(table.id.in_(ids)))
            if plan.rows:
                connection.execute(earlier_cases.insert(), plan.rows)
        return True

    def _open(self, row: sa.Row[Any]) -> EarlierCase:
        where = _place(row.source, row.external_key)
        content = from_bytes(self.cipher.open_sealed(row.subject, row.sealed, where))
        clear = {name: getattr(row, name) for name in _CLEAR}
        return EarlierCase(**clear, facts=content["facts"], note=content["note"])


def _stream(connection: sa.Connection, query: sa.Select[Any]) -> sa.CursorResult[Any]:
    return connection.execution_options(yield_per=1_000).execute(query)


def _there(
    connection: sa.Connection,
    rows: Sequence[EarlierCase],
    *columns: sa.FromClause | sa.ColumnElement[Any],
) -> Iterator[sa.Row[Any]]:
    """The stored rows with the keys of these."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row.source, []).append(row.external_key)
    table = earlier_cases.c
    for source, names in keys.items():
        for start in range(0, len(names), _CHUNK):
            some = table.external_key.in_(names[start : start + _CHUNK])
            yield from connection.execute(sa.select(*columns).where(table.source == source, some))


def _place(source: str, external_key: str) -> bytes:
    return place("earlier_case", source, external_key)


def _check(rows: Sequence[EarlierCase]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, start=1):
        for what in ("source", "subject", "pathway", "goal_type"):
            checked_id(getattr(row, what), what)
        checked_id(row.external_key, "external key")
        first = seen.setdefault((row.source, row.external_key), number)
        if first != number:
            raise RepeatedKeyError(first, number)
