"""Guidance documents as they were imported; a changed document is a new version, and the old one stays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from assistant.store.cipher import Json, from_bytes, to_bytes
from assistant.store.engine import Database
from assistant.store.errors import UnknownRecordError, UnstorableTextError
from assistant.store.tables import checked_id, document_versions, utc_now


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document as it was read: `text` is what passages and quotes are spans of.

    `sha256` is of the source file's bytes, `front_matter` whatever its header says (JSON), `valid_to` the last
    day it applies.
    """

    document_id: str
    name: str
    media_type: str
    text: str
    sha256: str
    front_matter: Mapping[str, Json] = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None
    corpus: str = "guidance"


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """A stored document; `version` counts from 1, `current` is False for replaced and withdrawn ones."""

    document: SourceDocument
    version: int
    current: bool
    imported_at: datetime


class Import(StrEnum):
    """What an import did with one document."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Imported:
    """One document's result; `version` is the version that is current now."""

    document_id: str
    version: int
    result: Import


@dataclass(frozen=True, slots=True)
class DocumentRepository:
    """Keeps documents; they are public texts, so nothing here is sealed."""

    database: Database
    now: Callable[[], datetime] = utc_now

    def put(self, documents: Sequence[SourceDocument]) -> list[Imported]:
        """Import all of them or, when one cannot be stored, none; results in the order given.

        Raises `UnstorableTextError` naming the document.
        """
        for document in documents:
            _check(document)
        imported_at = self.now()
        with self.database.write(alone="documents") as connection:
            return [_put(connection, document, imported_at) for document in documents]

    def get(self, document_id: str, version: int | None = None) -> DocumentVersion:
        """The current version, or the one named. Raises `UnknownRecordError`."""
        table = document_versions.c
        wanted = table.current if version is None else table.version == version
        found = self._find(sa.and_(table.document_id == document_id, wanted))
        if not found:
            raise UnknownRecordError("document" if version is None else f"version {version} of", document_id)
        return found[0]

    def current(self, corpus: str | None = None) -> list[DocumentVersion]:
        """Every current document, by id; of one corpus when named."""
        table = document_versions.c
        return self._find(sa.and_(table.current, sa.true() if corpus is None else table.corpus == corpus))

    def versions(self, document_id: str) -> list[DocumentVersion]:
        """A document's versions, oldest first."""
        return self._find(document_versions.c.document_id == document_id)

    def by_sha256(self, sha256: str) -> list[DocumentVersion]:
        """The versions read from a file with these bytes."""
        return self._find(document_versions.c.sha256 == sha256)

    def withdraw(self, document_id: str) -> None:
        """Take a document out of use; its versions stay for replay. Raises `UnknownRecordError`."""
        table = document_versions.c
        mine = sa.and_(table.document_id == document_id, table.current)
        with self.database.write(alone="documents") as connection:
            if connection.execute(document_versions.update().where(mine).values(current=False)).rowcount == 0:
                raise UnknownRecordError("document", document_id)

    def _find(self, which: sa.ColumnElement[bool]) -> list[DocumentVersion]:
        table = document_versions.c
        query = sa.select(document_versions).where(which).order_by(table.document_id, table.version)
        with self.database.read() as connection:
            return [_document(row) for row in connection.execute(query)]


def _check(document: SourceDocument) -> None:
    checked_id(document.document_id, "document id")
    checked_id(document.corpus, "corpus")
    for what in ("text", "name", "media_type"):
        value = getattr(document, what)
        # Taking the character out would shift every span that retrieval has measured.
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise UnstorableTextError(
                f"The {what} of document {document.document_id!r}",
                "it holds a NUL or half a character; read the file again with the right encoding",
            )


def _fingerprint(document: SourceDocument) -> str:
    dates = [None if day is None else day.isoformat() for day in (document.valid_from, document.valid_to)]
    said = [document.sha256, document.name, document.media_type, document.corpus, document.text, *dates]
    return hashlib.sha256(to_bytes([*said, dict(document.front_matter)])).hexdigest()


def _put(connection: sa.Connection, document: SourceDocument, imported_at: datetime) -> Imported:
    table = document_versions.c
    mine = table.document_id == document.document_id
    newest = connection.execute(
        sa.select(table.version, table.fingerprint, table.current).where(mine).order_by(table.version.desc()).limit(1)
    ).one_or_none()
    fingerprint = _fingerprint(document)
    if newest is not None and newest.current and newest.fingerprint == fingerprint:
        return Imported(document.document_id, newest.version, Import.UNCHANGED)
    version = 1 if newest is None else newest.version + 1
    connection.execute(document_versions.update().where(mine, table.current).values(current=False))
    connection.execute(
        document_versions.insert(),
        {
            "document_id": document.document_id,
            "version": version,
            "corpus": document.corpus,
            "name": document.name,
            "media_type": document.media_type,
            "sha256": document.sha256,
            "fingerprint": fingerprint,
            "text": document.text,
            "front_matter": to_bytes(dict(document.front_matter)).decode("ascii"),
            "valid_from": document.valid_from,
            "valid_to": document.valid_to,
            "current": True,
            "imported_at": imported_at,
        },
    )
    return Imported(document.document_id, version, Import.NEW if version == 1 else Import.CHANGED)


def _document(row: sa.Row[Any]) -> DocumentVersion:
    document = SourceDocument(
        row.document_id,
        row.name,
        row.media_type,
        row.text,
        row.sha256,
        from_bytes(row.front_matter.encode("ascii")),
        row.valid_from,
        row.valid_to,
        row.corpus,
    )
    return DocumentVersion(document, row.version, row.current, row.imported_at)
