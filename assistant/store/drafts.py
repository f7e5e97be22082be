"""What a user has typed and not yet finished, saved as they type, so that a lost connection loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assistant.store.cipher import Cipher, Json, from_bytes, place, to_bytes
from assistant.store.engine import Database
from assistant.store.errors import StaleDraftError
from assistant.store.tables import checked_id, drafts, utc_now

KEPT = 20
"""How many of the newest versions of a draft are kept, so that typing can be undone."""


@dataclass(frozen=True, slots=True)
class DraftKey:
    """Whose draft of what: `kind` is for example a note, a letter or the facts of a case."""

    case_id: str
    user_id: str
    kind: str = "note"


@dataclass(frozen=True, slots=True)
class Draft:
    """A saved draft; its content is sealed under the key of `subject`."""

    key: DraftKey
    subject: str
    content: Mapping[str, Json]
    version: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class DraftRepository:
    """Autosaves drafts."""

    database: Database
    cipher: Cipher
    now: Callable[[], datetime] = utc_now

    def save(self, key: DraftKey, subject: str, content: Mapping[str, Json], expected_version: int) -> Draft:
        """Save as the version after `expected_version`; 0 when the user has no draft here.

        Raises `StaleDraftError` when the same user saved in another window since.
        """
        for what, value in (("case id", key.case_id), ("user", key.user_id), ("kind", key.kind)):
            checked_id(value, what)
        draft = Draft(key, checked_id(subject, "subject"), content, expected_version + 1, self.now())
        sealed = self.cipher.seal(subject, to_bytes(dict(content)), _place(key, draft.version))
        try:
            with self.database.write() as connection:
                _check_newest(connection, key, expected_version)
                connection.execute(drafts.insert(), {**_row(draft), "sealed": sealed})
                too_old = drafts.c.version <= draft.version - KEPT
                connection.execute(drafts.delete().where(_mine(key), too_old))
        except IntegrityError:
            with self.database.read() as connection:
                _check_newest(connection, key, expected_version)
            raise
        return draft

    def latest(self, key: DraftKey) -> Draft | None:
        """What the user typed last, or None."""
        history = self.history(key, limit=1)
        return history[0] if history else None

    def history(self, key: DraftKey, limit: int = KEPT) -> list[Draft]:
        """The newest versions, newest first."""
        return self._find(_mine(key), limit)

    def of_user(self, user_id: str) -> list[DraftKey]:
        """The user's unfinished drafts, by case and kind."""
        columns = (drafts.c.case_id, drafts.c.user_id, drafts.c.kind)
        query = sa.select(*columns).where(drafts.c.user_id == user_id).distinct().order_by(*columns)
        with self.database.read() as connection:
            return [DraftKey(*row) for row in connection.execute(query)]

    def of_subject(self, subject: str) -> list[Draft]:
        """Everyone's drafts about a person (for access requests), newest first."""
        return self._find(drafts.c.subject == subject, None)

    def discard(self, key: DraftKey) -> None:
        """Forget the draft: it was finished, or thrown away."""
        with self.database.write() as connection:
            connection.execute(drafts.delete().where(_mine(key)))

    def _find(self, which: sa.ColumnElement[bool], limit: int | None) -> list[Draft]:
        order = (drafts.c.version.desc(), drafts.c.case_id, drafts.c.user_id, drafts.c.kind)
        with self.database.read() as connection:
            rows = connection.execute(sa.select(drafts).where(which).order_by(*order).limit(limit)).all()
        return [self._open(row) for row in rows]

    def _open(self, row: sa.Row[Any]) -> Draft:
        key = DraftKey(row.case_id, row.user_id, row.kind)
        content = from_bytes(self.cipher.open_sealed(row.subject, row.sealed, _place(key, row.version)))
        return Draft(key, row.subject, content, row.version, row.saved_at)


def _place(key: DraftKey, version: int) -> bytes:
    return place("draft", key.case_id, key.user_id, key.kind, version)


def _mine(key: DraftKey) -> sa.ColumnElement[bool]:
    table = drafts.c
    return sa.and_(table.case_id == key.case_id, table.user_id == key.user_id, table.kind == key.kind)


def _row(draft: Draft) -> dict[str, Any]:
    key = draft.key
    return {
        "case_id": key.case_id,
        "user_id": key.user_id,
        "kind": key.kind,
        "version": draft.version,
        "subject": draft.subject,
        "saved_at": draft.saved_at,
    }


def _check_newest(connection: sa.Connection, key: DraftKey, expected: int) -> None:
    query = sa.select(drafts.c.version, drafts.c.saved_at).where(_mine(key)).order_by(drafts.c.version.desc()).limit(1)
    newest = connection.execute(query).one_or_none()
    found, at = (0, None) if newest is None else (newest.version, newest.saved_at)
    if found != expected:
        raise StaleDraftError(key.case_id, expected, found, at)
