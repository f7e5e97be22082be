"""What every room shares: the open assistant, the accounts, the letters' codes and the drafts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.app import Assistant
from assistant.core.cases import Located
from assistant.core.consider import Considered, consider
from assistant.core.domain import Case, Mode
from assistant.store.access_codes import AccessCodeRepository
from assistant.store.accounts import AccountRepository
from assistant.store.cases import CaseRecord, StoredCase
from assistant.store.drafts import DraftRepository
from assistant.workspace import Workspace

UNIT = "fælles"
"""The unit of a small set-up, where everybody works on everything."""

CaseDocument = dict[str, Any]
"""A case in CONTRACT's form: `case_id`, `today`, `caller_area`, `role` and `case` with its facts."""


@dataclass(frozen=True, slots=True)
class House:
    """The parts that the pages use."""

    assistant: Assistant
    accounts: AccountRepository
    codes: AccessCodeRepository
    drafts: DraftRepository

    @property
    def trial(self) -> bool:
        """Whether only invented people are in here."""
        return self.assistant.settings.mode is Mode.TRIAL


def open_house(workspace: Workspace) -> House:
    """Open the workspace and load what a suggestion needs, so that the first one is not slow."""
    assistant = Assistant(workspace)
    house = House(
        assistant,
        AccountRepository(assistant.database),
        AccessCodeRepository(assistant.database),
        DraftRepository(assistant.database, assistant.keys),
    )
    _ = (assistant.log, assistant.cases, assistant.guidance, assistant.history, assistant.model)
    return house


def today() -> dt.date:
    """The day that rules are read for."""
    return dt.date.today()


def document_of(stored: StoredCase, on: dt.date) -> CaseDocument:
    """The stored case as a document of the day asked about."""
    facts = stored.record.facts
    return {
        "case_id": stored.record.case_id,
        "today": on.isoformat(),
        "caller_area": str(facts.get("caller_area") or "alle"),
        "role": str(facts.get("role") or "caseworker"),
        "case": dict(_facts(facts)),
    }


def _facts(document: Mapping[str, Any]) -> Mapping[str, Any]:
    facts = document.get("case")
    return facts if isinstance(facts, Mapping) else {}


def read(house: House, document: CaseDocument) -> Case:
    """The document as a case. Raises `CaseError`."""
    return house.assistant.read_case(Located(document["case_id"], document))


def considered(house: House, document: CaseDocument) -> Considered:
    """What the rules make of the document; nothing is searched, scored or saved."""
    return consider(read(house, document), house.assistant.catalogue)


def save(house: House, stored: StoredCase, document: CaseDocument, by: str) -> StoredCase:
    """Save a changed case with its first running deadline. Raises `StaleCaseError`, `CaseError`."""
    weighed = considered(house, document)
    dates = [deadline.due for deadline in weighed.deadlines if deadline.due >= weighed.case.today]
    old = stored.record
    record = CaseRecord(
        case_id=old.case_id,
        subject=old.subject,
        unit=old.unit,
        facts=document,
        note=old.note,
        owner=old.owner,
        stand_in=old.stand_in,
        status=old.status,
        deadline=min(dates, default=None),
        next_date=old.next_date,
    )
    return house.assistant.cases.save(record, stored.version, by)
