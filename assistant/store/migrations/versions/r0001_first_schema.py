"""First schema: cases, decisions, documents, earlier cases, drafts, accounts and access codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _access_codes()
    _cases()
    _decisions()
    _document_versions()
    _drafts()
    _earlier_cases()
    _users()
    _absences()
    _case_versions()
    _case_views()
    _sessions()


def _access_codes() -> None:
    op.create_table(
        "access_codes",
        sa.Column("locator", sa.String(length=16), nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("ref", ID, nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("attempts_left", sa.Integer(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("locator", name=op.f("pk_access_codes")),
    )
    op.create_index(op.f("ix_access_codes_case_id"), "access_codes", ["case_id"], unique=False)
    op.create_index(op.f("ix_access_codes_subject"), "access_codes", ["subject"], unique=False)


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("owner", ID, nullable=True),
        sa.Column("stand_in", ID, nullable=True),
        sa.Column("status", ID, nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("next_date", sa.Date(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", ID, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_subject"), "cases", ["subject"], unique=False)
    op.create_index("ix_cases_work_list", "cases", ["unit", "status", "deadline"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("suggestion_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("pathway", ID, nullable=True),
        sa.Column("decided_by", ID, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("suggestion_id", "number", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_case_id"), "decisions", ["case_id"], unique=False)
    op.create_index(op.f("ix_decisions_subject"), "decisions", ["subject"], unique=False)


def _document_versions() -> None:
    op.create_table(
        "document_versions",
        sa.Column("document_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("corpus", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("front_matter", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("document_id", "version", name=op.f("pk_document_versions")),
    )
    op.create_index(
        "ix_document_versions_one_current",
        "document_versions",
        ["document_id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_index(op.f("ix_document_versions_sha256"), "document_versions", ["sha256"], unique=False)


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "user_id", "kind", "version", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_subject"), "drafts", ["subject"], unique=False)


def _earlier_cases() -> None:
    op.create_table(
        "earlier_cases",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("source", ID, nullable=False),
        sa.Column("external_key", ID, nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("pathway", ID, nullable=False),
        sa.Column("goal_type", ID, nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_cases")),
        sa.UniqueConstraint("source", "external_key", name=op.f("uq_earlier_cases_source")),
    )
    op.create_index("ix_earlier_cases_known", "earlier_cases", ["pathway", "outcome_on"], unique=False)
    op.create_index(op.f("ix_earlier_cases_subject"), "earlier_cases", ["subject"], unique=False)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", ID, nullable=True),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("subject", ID, nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
    )
    op.create_index(op.f("ix_users_subject"), "users", ["subject"], unique=False)
    op.create_index(op.f("ix_users_unit"), "users", ["unit"], unique=False)


def _absences() -> None:
    op.create_table(
        "absences",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("stand_in", ID, nullable=False),
        sa.ForeignKeyConstraint(["stand_in"], ["users.user_id"], name=op.f("fk_absences_stand_in"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_absences_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "first_day", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_stand_in"), "absences", ["stand_in"], unique=False)


def _case_versions() -> None:
    op.create_table(
        "case_versions",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("owner", ID, nullable=True),
        sa.Column("stand_in", ID, nullable=True),
        sa.Column("status", ID, nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("next_date", sa.Date(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.case_id"], name=op.f("fk_case_versions_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "version", name=op.f("pk_case_versions")),
    )
    op.create_index(op.f("ix_case_versions_subject"), "case_versions", ["subject"], unique=False)


def _case_views() -> None:
    op.create_table(
        "case_views",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_views_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "user_id", name=op.f("pk_case_views")),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
