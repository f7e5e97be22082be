"""Decisions that named people made about suggestions; a correction is a new one, the old one stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assistant.store.cipher import Cipher, Json, from_bytes, place, to_bytes
from assistant.store.engine import Database
from assistant.store.errors import AlreadyDecidedError, StaleCaseError, UnknownRecordError
from assistant.store.tables import cases, checked_id, decisions, utc_now


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided; `pathway` None means none of them. `reason` and `details` are sealed."""

    suggestion_id: str
    case_id: str
    subject: str
    pathway: str | None
    reason: str
    decided_by: str
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A decision on file; `number` counts from 1 per suggestion, and above 1 it corrects the one before."""

    decision: Decision
    number: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionRepository:
    """Records decisions and finds them."""

    database: Database
    cipher: Cipher
    now: Callable[[], datetime] = utc_now

    def record(self, decision: Decision, *, if_case_version: int | None = None) -> RecordedDecision:
        """The first decision about a suggestion.

        Args:
            decision: what was decided.
            if_case_version: the version of the case the decider saw.

        Raises `AlreadyDecidedError`, or `StaleCaseError` when the case has changed meanwhile, or
        `UnknownRecordError` when a version was named and the case is not stored.
        """
        return self._add(decision, 1, if_case_version)

    def correct(
        self, decision: Decision, expected_number: int, *, if_case_version: int | None = None
    ) -> RecordedDecision:
        """A correction of decision `expected_number`, which must be the latest (else `AlreadyDecidedError`)."""
        latest = self.latest(decision.suggestion_id)
        if latest is None or expected_number < 1:
            raise UnknownRecordError("decision about suggestion", decision.suggestion_id)
        if latest.number != expected_number:
            raise _already(latest)
        return self._add(decision, expected_number + 1, if_case_version)

    def latest(self, suggestion_id: str) -> RecordedDecision | None:
        """The decision that stands, or None while nobody has decided."""
        history = self.history(suggestion_id)
        return history[-1] if history else None

    def history(self, suggestion_id: str) -> list[RecordedDecision]:
        """The decision and its corrections, oldest first."""
        return self._find(decisions.c.suggestion_id == suggestion_id)

    def of_case(self, case_id: str) -> list[RecordedDecision]:
        """Every decision about a case, by suggestion and number."""
        return self._find(decisions.c.case_id == case_id)

    def of_subject(self, subject: str) -> list[RecordedDecision]:
        """Every decision about a person (for access requests)."""
        return self._find(decisions.c.subject == subject)

    def _add(self, decision: Decision, number: int, if_case_version: int | None) -> RecordedDecision:
        _check(decision)
        recorded = RecordedDecision(decision, number, self.now())
        content = to_bytes({"reason": decision.reason, "details": dict(decision.details)})
        sealed = self.cipher.seal(decision.subject, content, _place(decision.suggestion_id, number))
        try:
            with self.database.write() as connection:
                if if_case_version is not None:
                    _check_case(connection, decision.case_id, if_case_version)
                connection.execute(decisions.insert(), {**_row(recorded), "sealed": sealed})
        except IntegrityError:
            latest = self.latest(decision.suggestion_id)
            if latest is None:
                raise
            raise _already(latest) from None
        return recorded

    def _find(self, which: sa.ColumnElement[bool]) -> list[RecordedDecision]:
        query = sa.select(decisions).where(which).order_by(decisions.c.suggestion_id, decisions.c.number)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [self._open(row) for row in rows]

    def _open(self, row: sa.Row[Any]) -> RecordedDecision:
        sealed_at = _place(row.suggestion_id, row.number)
        content = from_bytes(self.cipher.open_sealed(row.subject, row.sealed, sealed_at))
        decision = Decision(
            row.suggestion_id,
            row.case_id,
            row.subject,
            row.pathway,
            content["reason"],
            row.decided_by,
            content["details"],
        )
        return RecordedDecision(decision, row.number, row.decided_at)


def _place(suggestion_id: str, number: int) -> bytes:
    return place("decision", suggestion_id, number)


def _already(latest: RecordedDecision) -> AlreadyDecidedError:
    decision = latest.decision
    return AlreadyDecidedError(decision.suggestion_id, latest.number, decision.decided_by, latest.decided_at)


def _check(decision: Decision) -> None:
    checked_id(decision.suggestion_id, "suggestion id")
    checked_id(decision.case_id, "case id")
    checked_id(decision.subject, "subject")
    checked_id(decision.decided_by, "user")
    if decision.pathway is not None:
        checked_id(decision.pathway, "pathway")


def _row(recorded: RecordedDecision) -> dict[str, Any]:
    decision = recorded.decision
    return {
        "suggestion_id": decision.suggestion_id,
        "number": recorded.number,
        "case_id": decision.case_id,
        "subject": decision.subject,
        "pathway": decision.pathway,
        "decided_by": decision.decided_by,
        "decided_at": recorded.decided_at,
    }


def _check_case(connection: sa.Connection, case_id: str, expected: int) -> None:
    # The row stays locked until the decision is in: a change of the case comes before it or after, not during.
    query = sa.select(cases).where(cases.c.case_id == case_id).with_for_update(read=True)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise UnknownRecordError("case", case_id)
    if found.version != expected:
        raise StaleCaseError(case_id, expected, found.version, found.changed_by, found.changed_at)
