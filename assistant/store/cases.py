"""Cases: every version kept, the newest found fast, nothing personal in the clear."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assistant.store.cipher import Cipher, Json, from_bytes, place, to_bytes
from assistant.store.engine import Database
from assistant.store.errors import StaleCaseError, SubjectChangedError, UnknownRecordError
from assistant.store.tables import case_versions, case_views, cases, checked_id, utc_now


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What a case says.

    `facts` and `note` are sealed; everything else lies in the clear and must say nothing about the person:
    `subject` names the person's key, `deadline` is the first running deadline, `next_date` when to look again.
    """

    case_id: str
    subject: str
    unit: str
    facts: Mapping[str, Json] = field(default_factory=dict)
    note: str = ""
    owner: str | None = None
    stand_in: str | None = None
    status: str = "open"
    deadline: date | None = None
    next_date: date | None = None


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as it was saved: which version, when and by whom."""

    record: CaseRecord
    version: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class CaseVersion:
    """One line of a case's history, without its content."""

    version: int
    changed_at: datetime
    changed_by: str
    owner: str | None
    status: str


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One line of a work list; `changed_since_seen` is about the viewer the list was made for."""

    case_id: str
    unit: str
    owner: str | None
    stand_in: str | None
    status: str
    deadline: date | None
    next_date: date | None
    version: int
    changed_at: datetime
    changed_by: str
    changed_since_seen: bool


class WorkOrder(StrEnum):
    """What comes first in a work list; ties go by case id."""

    DEADLINE = "deadline"
    NEXT_DATE = "next_date"
    CHANGED = "changed"
    CASE_ID = "case_id"


_CLEAR = ("unit", "owner", "stand_in", "status", "deadline", "next_date")
_ORDER: dict[WorkOrder, tuple[sa.ColumnElement[Any], ...]] = {
    WorkOrder.DEADLINE: (cases.c.deadline.asc().nulls_last(),),
    WorkOrder.NEXT_DATE: (cases.c.next_date.asc().nulls_last(),),
    WorkOrder.CHANGED: (cases.c.changed_at.desc(),),
    WorkOrder.CASE_ID: (),
}


@dataclass(frozen=True, slots=True)
class CaseRepository:
    """Saves and finds cases."""

    database: Database
    cipher: Cipher
    now: Callable[[], datetime] = utc_now

    def save(self, record: CaseRecord, expected_version: int, by: str) -> StoredCase:
        """Save as the version after `expected_version`; 0 for a case that is new.

        Raises `StaleCaseError` when someone saved in between (nothing is changed), `UnknownRecordError` when
        the case is gone, `SubjectChangedError` when the case belongs to another person.
        """
        _check(record, by)
        stored = StoredCase(record, expected_version + 1, self.now(), by)
        content = to_bytes({"facts": dict(record.facts), "note": record.note})
        # Sealed before the transaction: the keys may lie in the same file, which has one writer.
        sealed = self.cipher.seal(record.subject, content, _place(record.case_id, stored.version))
        with self.database.write() as connection:
            _advance(connection, stored)
            connection.execute(case_versions.insert(), {**_row(stored), "sealed": sealed})
        return stored

    def get(self, case_id: str, version: int | None = None) -> StoredCase:
        """The newest version, or the one named. Raises `UnknownRecordError`."""
        wanted = cases.c.version if version is None else version
        query = (
            sa.select(case_versions)
            .join(cases, cases.c.case_id == case_versions.c.case_id)
            .where(case_versions.c.case_id == case_id, case_versions.c.version == wanted)
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownRecordError("case" if version is None else f"version {version} of case", case_id)
        return self._open(row)

    def versions(self, case_id: str) -> list[CaseVersion]:
        """The case's history, oldest first; empty for an unknown case."""
        columns = [case_versions.c[name] for name in CaseVersion.__dataclass_fields__]
        query = sa.select(*columns).where(case_versions.c.case_id == case_id).order_by(case_versions.c.version)
        with self.database.read() as connection:
            return [CaseVersion(*row) for row in connection.execute(query)]

    def of_subject(self, subject: str) -> list[StoredCase]:
        """Every version of every case of one person, by case and version (for access requests)."""
        query = (
            sa.select(case_versions)
            .where(case_versions.c.subject == subject)
            .order_by(case_versions.c.case_id, case_versions.c.version)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [self._open(row) for row in rows]

    def work_list(
        self,
        unit: str,
        *,
        viewer: str | None = None,
        owners: Collection[str] | None = None,
        status: str | None = "open",
        search: str = "",
        order: WorkOrder = WorkOrder.DEADLINE,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[WorkItem]:
        """The unit's cases, from clear columns only.

        Args:
            unit: the only unit whose cases are read.
            viewer: whose last look counts for `changed_since_seen`; without one it is False.
            owners: keep cases owned by, or lent to (`stand_in`), one of these.
            status: keep cases of this status; None keeps all.
            search: keep cases whose id contains this, whatever the case of its letters.
        """
        query = _work_query(viewer).where(cases.c.unit == unit)
        if status is not None:
            query = query.where(cases.c.status == status)
        if owners is not None:
            query = query.where(sa.or_(cases.c.owner.in_(owners), cases.c.stand_in.in_(owners)))
        if search:
            query = query.where(cases.c.case_id.icontains(search, autoescape=True))
        query = query.order_by(*_ORDER[order], cases.c.case_id).limit(limit).offset(offset)
        with self.database.read() as connection:
            return [_work_item(row, viewer) for row in connection.execute(query)]

    def mark_seen(self, case_id: str, user_id: str, version: int) -> None:
        """Remember that this user has looked at this version; an older one than before changes nothing."""
        mine = sa.and_(case_views.c.case_id == case_id, case_views.c.user_id == user_id)
        with self.database.write(alone="case_views") as connection:
            seen = connection.execute(sa.select(case_views.c.version).where(mine)).scalar_one_or_none()
            if seen is not None and seen >= version:
                return
            if connection.execute(sa.select(cases.c.version).where(cases.c.case_id == case_id)).first() is None:
                raise UnknownRecordError("case", case_id)
            connection.execute(case_views.delete().where(mine))
            row = {"case_id": case_id, "user_id": user_id, "version": version, "seen_at": self.now()}
            connection.execute(case_views.insert(), row)

    def _open(self, row: sa.Row[Any]) -> StoredCase:
        content = from_bytes(self.cipher.open_sealed(row.subject, row.sealed, _place(row.case_id, row.version)))
        clear = {name: getattr(row, name) for name in _CLEAR}
        record = CaseRecord(row.case_id, row.subject, facts=content["facts"], note=content["note"], **clear)
        return StoredCase(record, row.version, row.changed_at, row.changed_by)


def _place(case_id: str, version: int) -> bytes:
    return place("case", case_id, version)


def _check(record: CaseRecord, by: str) -> None:
    for what, value in (
        ("case id", record.case_id),
        ("subject", record.subject),
        ("unit", record.unit),
        ("status", record.status),
        ("user", by),
    ):
        checked_id(value, what)
    for what, optional in (("owner", record.owner), ("stand-in", record.stand_in)):
        if optional is not None:
            checked_id(optional, what)


def _row(stored: StoredCase) -> dict[str, Any]:
    record = stored.record
    clear = {name: getattr(record, name) for name in ("case_id", "subject", *_CLEAR)}
    return {
        **clear,
        "version": stored.version,
        "changed_at": stored.changed_at,
        "changed_by": stored.changed_by,
    }


def _advance(connection: sa.Connection, stored: StoredCase) -> None:
    """Move the case from the version before to this one, or say who was first."""
    row, expected = _row(stored), stored.version - 1
    if expected == 0:
        try:
            with connection.begin_nested():
                connection.execute(cases.insert(), row)
        except IntegrityError:
            _refuse(connection, stored)
        return
    same = sa.and_(
        cases.c.case_id == stored.record.case_id,
        cases.c.version == expected,
        cases.c.subject == stored.record.subject,
    )
    if connection.execute(cases.update().where(same).values(row)).rowcount != 1:
        _refuse(connection, stored)


def _refuse(connection: sa.Connection, stored: StoredCase) -> None:
    case_id = stored.record.case_id
    found = connection.execute(sa.select(cases).where(cases.c.case_id == case_id)).one_or_none()
    if found is None:
        raise UnknownRecordError("case", case_id)
    if found.subject != stored.record.subject:
        raise SubjectChangedError(case_id)
    raise StaleCaseError(case_id, stored.version - 1, found.version, found.changed_by, found.changed_at)


def _work_query(viewer: str | None) -> sa.Select[Any]:
    columns = [cases.c[name] for name in WorkItem.__dataclass_fields__ if name != "changed_since_seen"]
    seen = sa.and_(case_views.c.case_id == cases.c.case_id, case_views.c.user_id == (viewer or ""))
    return sa.select(*columns, case_views.c.version.label("seen")).select_from(cases.outerjoin(case_views, seen))


def _work_item(row: sa.Row[Any], viewer: str | None) -> WorkItem:
    changed = viewer is not None and row.changed_by != viewer and (row.seen is None or row.version > row.seen)
    clear = {name: value for name, value in row._mapping.items() if name != "seen"}
    return WorkItem(**clear, changed_since_seen=changed)
