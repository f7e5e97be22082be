"""The tables, as the newest migration leaves them.

Every table that holds anything about a citizen has a column `subject` (the name of the person's key, never an
identity): erasing a person means deleting the rows that carry it. Columns named `sealed` hold ciphertext only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

from assistant.store.errors import UnstorableTextError

ID_LENGTH = 200
"""The longest id, in characters."""


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def checked_id(value: str, what: str) -> str:
    """`value`, if every database can hold it and find it again.

    Raises `UnstorableTextError` naming `what`.
    """
    if not value or value != value.strip() or not value.isprintable():
        raise UnstorableTextError(f"The {what} {value[:ID_LENGTH]!a}", "it must be visible characters on one line")
    if len(value) > ID_LENGTH:
        raise UnstorableTextError(f"The {what}", f"it has {len(value)} characters and may have {ID_LENGTH}")
    return value


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; a time without a zone is refused, for nobody knows which moment it is."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """Keep the zone where the database can."""
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """As UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> TypeEngine[str]:
    # "C" sorts by code point, as SQLite does: the same rows come in the same order from either database.
    return sa.String(ID_LENGTH).with_variant(sa.String(ID_LENGTH, collation="C"), "postgresql")


def _serial() -> TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # only INTEGER counts up by itself in SQLite


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("case_id", _id(), primary_key=True),
    sa.Column("subject", _id(), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("unit", _id(), nullable=False),
    sa.Column("owner", _id()),
    sa.Column("stand_in", _id()),
    sa.Column("status", _id(), nullable=False),
    sa.Column("deadline", sa.Date),
    sa.Column("next_date", sa.Date),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("changed_by", _id(), nullable=False),
    sa.Index("ix_cases_work_list", "unit", "status", "deadline"),
)

case_versions = sa.Table(
    "case_versions",
    metadata,
    sa.Column("case_id", _id(), sa.ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("subject", _id(), nullable=False, index=True),
    sa.Column("unit", _id(), nullable=False),
    sa.Column("owner", _id()),
    sa.Column("stand_in", _id()),
    sa.Column("status", _id(), nullable=False),
    sa.Column("deadline", sa.Date),
    sa.Column("next_date", sa.Date),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("changed_by", _id(), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

case_views = sa.Table(
    "case_views",
    metadata,
    sa.Column("case_id", _id(), sa.ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", _id(), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("suggestion_id", _id(), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("case_id", _id(), nullable=False, index=True),
    sa.Column("subject", _id(), nullable=False, index=True),
    sa.Column("pathway", _id()),
    sa.Column("decided_by", _id(), nullable=False),
    sa.Column("decided_at", UtcDateTime, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

document_versions = sa.Table(
    "document_versions",
    metadata,
    sa.Column("document_id", _id(), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("corpus", _id(), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("front_matter", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("imported_at", UtcDateTime, nullable=False),
    sa.Index(
        "ix_document_versions_one_current",
        "document_id",
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    ),
)

earlier_cases = sa.Table(
    "earlier_cases",
    metadata,
    sa.Column("id", _serial(), primary_key=True),
    sa.Column("source", _id(), nullable=False),
    sa.Column("external_key", _id(), nullable=False),
    sa.Column("subject", _id(), nullable=False, index=True),
    sa.Column("pathway", _id(), nullable=False),
    sa.Column("goal_type", _id(), nullable=False),
    sa.Column("decided_on", sa.Date, nullable=False),
    sa.Column("outcome_on", sa.Date),
    sa.Column("reached", sa.Boolean),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("source", "external_key"),
    sa.Index("ix_earlier_cases_known", "pathway", "outcome_on"),
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("case_id", _id(), primary_key=True),
    sa.Column("user_id", _id(), primary_key=True),
    sa.Column("kind", _id(), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("subject", _id(), nullable=False, index=True),
    sa.Column("saved_at", UtcDateTime, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("user_id", _id(), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("unit", _id(), index=True),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("subject", _id(), index=True),
    sa.Column("password_hash", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", _id(), sa.ForeignKey("users.user_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

absences = sa.Table(
    "absences",
    metadata,
    sa.Column("user_id", _id(), sa.ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("first_day", sa.Date, primary_key=True),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("stand_in", _id(), sa.ForeignKey("users.user_id", ondelete="CASCADE"), nullable=False, index=True),
)

access_codes = sa.Table(
    "access_codes",
    metadata,
    sa.Column("locator", sa.String(16), primary_key=True),
    sa.Column("subject", _id(), nullable=False, index=True),
    sa.Column("case_id", _id(), nullable=False, index=True),
    sa.Column("ref", _id(), nullable=False),
    sa.Column("secret_hash", sa.Text, nullable=False),
    sa.Column("attempts_left", sa.Integer, nullable=False),
    sa.Column("issued_at", UtcDateTime, nullable=False),
    sa.Column("issued_by", _id(), nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("withdrawn_at", UtcDateTime),
    sa.Column("last_used_at", UtcDateTime),
)
