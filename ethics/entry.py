"""An entry of the log and the exact bytes of its leaf."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from ethics.errors import RecordError
from ethics.merkle import leaf_hash
from ethics.screen import personal_number

LEAF_VERSION = 1
Columns = tuple[int, str, str, int, str | None, str | None, str, str | None, str | None]
"""Index, time, type, type version, reference, subject, body, payload commitment and salt."""
_BEFORE_BODY = '{"body":'
_REFERENCE = re.compile(r"[A-Za-z0-9._:/=+@-]{1,200}")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is to be logged.

    `body` is the clear part and holds no personal data; `ref` is an opaque id such as that of a suggestion;
    `subject` is the case or person, kept out of the log and stood for by an opaque id; `payload` is sealed
    under the subject's key. `version` is that of the record type, the newest when None.
    """

    type: str
    body: Mapping[str, Any] = field(default_factory=dict)
    ref: str | None = None
    subject: str | None = None
    payload: bytes | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is stored; every column but the last two is committed to by the leaf hash."""

    index: int
    time: str
    type: str
    type_version: int
    ref: str | None
    subject: str | None
    body: str
    payload_sha256: str | None
    salt: str | None
    leaf_hash: bytes
    mac: bytes | None = None

    @property
    def leaf(self) -> bytes:
        """The leaf data: RFC 8785 JSON."""
        return render_leaf(self.columns).encode()

    @property
    def columns(self) -> Columns:
        """The columns that the leaf is made of."""
        about = (self.index, self.time, self.type, self.type_version, self.ref, self.subject)
        return (*about, self.body, self.payload_sha256, self.salt)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is read back."""

    index: int
    time: str
    type: str
    type_version: int
    ref: str | None
    subject: str | None
    """The opaque id of the person, 32 hex digits."""
    body: dict[str, Any]
    payload_sha256: str | None
    leaf_hash: str


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an entry now stands, durably."""

    index: int
    leaf_hash: str
    checkpoint: str
    time: str


def render_leaf(columns: Columns) -> str:
    """The RFC 8785 JSON of a leaf, written from its stored columns; the body is canonical JSON already.

    The columns hold no character that JSON would escape, and the keys stand in their canonical order.
    """
    index, time, kind, version, ref, subject, body, payload_sha256, salt = columns
    # Written out, because a check of the whole log does nothing more often.
    payload = "null" if payload_sha256 is None else f'"{payload_sha256}"'
    ref = "null" if ref is None else f'"{ref}"'
    salt = "null" if salt is None else f'"{salt}"'
    subject = "null" if subject is None else f'"{subject}"'
    return (
        f'{_BEFORE_BODY}{body},"index":{index},"payload_sha256":{payload},"ref":{ref},"salt":{salt},'
        f'"subject":{subject},"time":"{time}","type":"{kind}","type_version":{version},"v":{LEAF_VERSION}}}'
    )


def entry_of(row: Row) -> Entry:
    """The stored row as people read it."""
    return Entry(
        row.index,
        row.time,
        row.type,
        row.type_version,
        row.ref,
        row.subject,
        json.loads(row.body),
        row.payload_sha256,
        row.leaf_hash.hex(),
    )


def row_of_leaf(leaf: bytes) -> Row:
    """Take leaf data apart again; raises `ValueError` when it is not the leaf of this format, byte for byte."""
    text = leaf.decode()
    read = json.loads(text)
    if not isinstance(read, dict):
        raise ValueError("the leaf is no JSON object")
    try:
        about = (read["index"], read["time"], read["type"], read["type_version"], read["ref"], read["subject"])
        committed = (read["payload_sha256"], read["salt"])
    except KeyError as error:
        raise ValueError(f"the leaf lacks {error}") from error
    # The body is cut out as it stands: reading it and writing it again would turn 1e17 into an integer.
    frame = render_leaf((*about, "", *committed))
    body = text[len(_BEFORE_BODY) : len(text) - len(frame) + len(_BEFORE_BODY)]
    row = Row(*about, body, *committed, leaf_hash(leaf))
    if row.leaf != leaf:
        raise ValueError("the leaf is not in its canonical form")
    return row


def payload_commitment(salt: bytes, sealed: bytes) -> str:
    """What the leaf says about a sealed payload: the SHA-256 of salt and ciphertext."""
    return sha256(salt + sealed).hexdigest()


def payload_aad(origin: str, kind: str, salt: str) -> bytes:
    """What a payload is bound to when sealed: this log, this type, this entry's salt."""
    return f"{origin}\n{kind}\n{salt}".encode()


def check_reference(kind: str, ref: str | None) -> None:
    """Refuse a reference that could carry more than an opaque id."""
    if ref is None:
        return
    if not _REFERENCE.fullmatch(ref):
        raise RecordError(kind, "its `ref` is not an id of letters, digits and . : / = + @ - _")
    if found := personal_number(ref):
        raise RecordError(kind, f"its `ref` holds a {found}; use an opaque id")


def timestamp(moment: datetime) -> str:
    """UTC to the second; finer would measure people at work."""
    if moment.tzinfo is None:
        raise ValueError("the clock must give times with a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
