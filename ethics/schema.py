"""The tables of the log file, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

entry = Table(
    "entry",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("time", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("type_version", Integer, nullable=False),
    Column("ref", Text),
    Column("subject", Text),
    Column("body", Text, nullable=False),
    Column("payload_sha256", Text),
    Column("salt", Text),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("mac", LargeBinary),
)
Index("entry_type", entry.c.type)
Index("entry_ref", entry.c.ref, sqlite_where=entry.c.ref.is_not(None))
Index("entry_subject", entry.c.subject, sqlite_where=entry.c.subject.is_not(None))

payload = Table(
    "payload",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

node = Table(
    "node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)
