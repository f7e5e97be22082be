"""The caseworker's acts, each from plain values to plain values: what the screen of `ui.caseworker` calls."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.app import NO_PATHWAY, Recorded
from assistant.core.domain import Case
from assistant.store.cases import StoredCase, WorkOrder
from assistant.store.decisions import RecordedDecision
from assistant.store.drafts import DraftKey
from assistant.store.errors import UnknownRecordError
from ui import facts, typed
from ui.house import UNIT, CaseDocument, House, considered, document_of, read, save, today
from ui.typed import Typed
from ui.visitors import Visitor

Json = Mapping[str, Any]
MOST_LINES = 50
"""Cases on one screen of the work list; search finds the rest."""


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One case in the work list."""

    case_id: str
    goal: str
    deadline: dt.date | None
    near: str
    days: int
    next_date: dt.date | None
    changed: bool
    state: str


def work_lines(house: House, visitor: Visitor, search: str, order: WorkOrder, on: dt.date) -> list[WorkLine]:
    """The unit's open cases whose id or goal holds the words searched for, in the order asked for."""
    wanted, lines = search.strip().casefold(), []
    for item in house.assistant.cases.work_list(visitor.user.unit or UNIT, viewer=visitor.id, order=order, limit=400):
        goal = goal_of(house, house.assistant.cases.get(item.case_id), on)
        if wanted and wanted not in item.case_id.casefold() and wanted not in goal.casefold():
            continue
        days = (item.deadline - on).days if item.deadline else 0
        near = facts.overdue(item.deadline, on)
        changed, state = item.changed_since_seen, _state(house, item.case_id)
        lines.append(WorkLine(item.case_id, goal, item.deadline, near, days, item.next_date, changed, state))
        if len(lines) == MOST_LINES:
            break
    return lines


@dataclass(frozen=True, slots=True)
class Voice:
    """Something the citizen has said about the suggestion: what kind, when, and their words, if any."""

    kind: str
    on: str
    words: str


def voices(house: House, case_id: str) -> list[Voice]:
    """What the citizen has said, newest first."""
    log = house.assistant.log
    entries = [e for kind in ("ObjectionRegistered", "HumanRouteChosen") for e in log.find(type=kind, subject=case_id)]
    entries.sort(key=lambda entry: -entry.index)
    found = []
    for entry in entries:
        words = json.loads(log.payload(entry.index)).get("words", "") if entry.payload_sha256 else ""
        found.append(Voice(str(entry.body.get("against", "human")), entry.time, words))
    return found


def goal_of(house: House, stored: StoredCase, on: dt.date) -> str:
    """The citizen's goal with personal data hidden, as the work list shows it."""
    weighed = considered(house, document_of(stored, on))
    names = house.assistant.catalogue.ordering.goal_fields
    return " · ".join(weighed.texts[name].text for name in names if name in weighed.texts)


def _state(house: House, case_id: str) -> str:
    if house.assistant.decisions.of_case(case_id):
        return "decided"
    return "suggested" if house.assistant.log.find(type="SuggestionShown", subject=case_id) else ""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case on the screen, with the suggestion it has, if any."""

    stored: StoredCase
    document: CaseDocument
    case: Case
    suggestion: Json | None
    recorded: Recorded | None
    decision: RecordedDecision | None

    @property
    def stale(self) -> bool:
        """Whether the facts have changed since the suggestion was made."""
        return self.recorded is not None and dict(self.recorded.case.get("case", {})) != self.document["case"]


def open_case(house: House, case_id: str, visitor: Visitor) -> OpenCase | None:
    """The case as it stands, marked as seen; None when there is none in the visitor's unit."""
    try:
        stored = house.assistant.cases.get(case_id)
    except UnknownRecordError:
        return None
    if stored.record.unit != (visitor.user.unit or UNIT):
        return None
    house.assistant.cases.mark_seen(case_id, visitor.id, stored.version)
    document = document_of(stored, today())
    entries = house.assistant.log.find(type="SuggestionShown", subject=case_id)
    newest = entries[-1].ref if entries else None
    if newest is None:
        return OpenCase(stored, document, read(house, document), None, None, None)
    recorded = house.assistant.recorded(newest)
    decision = house.assistant.decisions.latest(newest)
    return OpenCase(stored, document, read(house, document), house.assistant.shown(newest), recorded, decision)


def save_fact(
    house: House, opened: OpenCase, field: str, given: Typed, version: int, visitor: Visitor, lang: str
) -> None:
    """Save one fact, or that it is unknown. Raises `TypedError`, `StaleCaseError`."""
    changed, _ = _with(house, opened, field, given, visitor, lang)
    expected = StoredCase(opened.stored.record, version, opened.stored.changed_at, opened.stored.changed_by)
    save(house, expected, changed, visitor.id)


def _with(
    house: House, opened: OpenCase, field: str, given: Typed, visitor: Visitor, lang: str
) -> tuple[CaseDocument, Any]:
    """The case with one field as typed, and the field's value; None when it is unknown."""
    catalogue = house.assistant.catalogue
    fact = typed.as_fact(given, catalogue.fields[field], catalogue, today(), visitor.id, lang)
    kept = {name: held for name, held in opened.document["case"].items() if name != field}
    changed = {**opened.document, "case": kept if fact is None else {**kept, field: fact}}
    return changed, None if fact is None else fact["value"]


def suggest(house: House, opened: OpenCase, visitor: Visitor) -> Json:
    """A logged suggestion for the case as it stands today, noted as shown after the citizen's goal."""
    if dict(opened.stored.record.facts) != opened.document:
        save(house, opened.stored, opened.document, visitor.id)
    suggestion = house.assistant.suggest(opened.case)
    goal = any(facts.free_texts(opened.case, house.assistant.catalogue).values())
    house.assistant.note_event("GoalShown", {"before_suggestion": goal}, suggestion["suggestion_id"])
    return suggestion


def what_if(
    house: House, opened: OpenCase, field: str, given: Typed, visitor: Visitor, lang: str
) -> tuple[Json, Json, Any]:
    """The suggestion as it stands and as it would be with one fact changed; nothing is saved or logged."""
    changed, value = _with(house, opened, field, given, visitor, lang)
    before = house.assistant.suggest(opened.case, record=False)
    return before, house.assistant.suggest(read(house, changed), record=False), value


def wants_own_assessment(house: House, case_id: str, version: int) -> bool:
    """Whether this is one of the cases where the caseworker says what they think first.

    Drawn from the case's id and version, so that looking again does not change the draw.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{case_id}/{version}".encode()).digest()[:4], "big") / 2**32
    return drawn < house.assistant.settings.own_assessment_share


def may_choose(suggestion: Json, lang: str) -> list[tuple[str, str]]:
    """The pathways that a person may choose: name and id, those suggested first, then the others open, by name."""
    opened = [a for a in suggestion["assessments"] if a["eligibility"] in ("eligible", "undetermined")]
    opened.sort(key=lambda a: (a["order"] or 99, a[f"name_{lang}"]))
    return [(a[f"name_{lang}"], a["pathway"]) for a in opened if not a["duty"]]


def first_of(suggestion: Json) -> str | None:
    """The pathway that stands first, if any."""
    return next((a["pathway"] for a in suggestion["assessments"] if a["order"] == 1), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the caseworker chose and why; `kind` is accept, change, reject or none."""

    kind: str
    pathway: str | None
    reason: str
    own: str | None
    step: str | None


def problem_with(choice: Choice, suggestion: Json) -> str:
    """The key of the sentence that says what is missing, or nothing."""
    if not choice.kind:
        return "decide-choose"
    if choice.kind == "accept" and first_of(suggestion) is None:
        return "decide-nothing-to-accept"
    if choice.kind == "change" and not choice.pathway:
        return "decide-which"
    return "" if choice.reason.strip() else "decide-reason-missing"


def decide(house: House, suggestion: Json, choice: Choice, version: int, visitor: Visitor) -> Json:
    """Log the human decision under the visitor's own name. Raises the store's errors when someone was first."""
    first = first_of(suggestion)
    pathway = {"accept": first, "change": choice.pathway}.get(choice.kind) or NO_PATHWAY
    details: dict[str, Any] = {"choice": choice.kind, "name": visitor.name}
    if choice.own:
        details |= {"own_assessment": choice.own, "agreed_before": choice.own == first}
    if choice.step:
        details["step"] = choice.step
    return house.assistant.decide(
        suggestion["suggestion_id"], pathway, choice.reason.strip(), visitor.id, if_version=version, details=details
    )


def keep_draft(house: House, case_id: str, visitor: Visitor, kind: str, text: str) -> None:
    """Remember what is being typed; an empty text forgets it."""
    key = DraftKey(case_id, visitor.id, kind)
    if not text:
        house.drafts.discard(key)
        return
    before = house.drafts.latest(key)
    subject = house.assistant.cases.get(case_id).record.subject
    house.drafts.save(key, subject, {"text": text[: typed.LONGEST]}, before.version if before else 0)


def draft(house: House, case_id: str, visitor: Visitor, kind: str) -> str:
    """What was being typed, or nothing."""
    found = house.drafts.latest(DraftKey(case_id, visitor.id, kind))
    return str(found.content.get("text", "")) if found else ""


def act_of(text: str) -> Json:
    """What a button inside the page asks for; empty when it is not understood."""
    try:
        read_ = json.loads(text or "{}")
    except ValueError:
        return {}
    return read_ if isinstance(read_, dict) else {}
