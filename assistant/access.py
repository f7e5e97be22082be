"""Everything held and done about one citizen, gathered for an access request (GDPR 15, FVL § 9)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assistant.core.errors import UserError
from assistant.core.screening import Screened, screen
from assistant.store.cases import StoredCase
from assistant.store.drafts import DraftRepository
from assistant.store.history import HistoryRepository
from assistant.store.tables import metadata
from ethics.entry import Entry
from ethics.errors import ErasedError, NotInLogError

if TYPE_CHECKING:
    from assistant.app import Assistant
    from assistant.core.catalogue import Catalogue

Json = dict[str, Any]
DECIDED = "HumanDecision"
SHOWN = "SuggestionShown"
ACCESSED = "DataAccess"


class NothingHeldError(UserError):
    """Nothing is held about the case: it was never here, or it was erased."""

    def __init__(self, case_id: str) -> None:
        super().__init__(
            f"Nothing is held about the case {case_id[:40]!r}: it was never here, or it has been erased; check the id."
        )


@dataclass(slots=True)
class Redactor:
    """Hides other people in free text and counts what a human must still read before it is handed out."""

    catalogue: Catalogue
    seen: dict[str, Screened] = field(default_factory=dict)

    @property
    def hidden(self) -> int:
        """How many places in the texts were hidden."""
        return sum(len(screened.found("personal")) for screened in self.seen.values())

    def text(self, text: str) -> str:
        """The text with names, numbers and addresses hidden; a person must still read it for third parties."""
        if not text.strip():
            return text
        if text not in self.seen:
            self.seen[text] = screen(text, self.catalogue.screening)
        return self.seen[text].text

    def deep(self, value: Any) -> Any:
        """The same for every text of several words inside a JSON value; codes, dates and numbers stay."""
        if isinstance(value, Mapping):
            return {key: self.deep(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.deep(item) for item in value]
        return self.text(value) if isinstance(value, str) and " " in value.strip() else value


@dataclass(frozen=True, slots=True)
class Held:
    """What there is about one person, as plain JSON values, texts of other people hidden.

    `stored` counts rows per table of the store, so that nobody has to trust that nothing was left out.
    """

    case_id: str
    subject: str
    versions: list[Json]
    facts: list[Json]
    suggestions: list[Json]
    decisions: list[Json]
    accesses: list[Json]
    events: list[Json]
    drafts: list[Json]
    earlier_cases: list[Json]
    stored: dict[str, int]
    entries: list[int]
    hidden: int
    to_read: int


def gather(assistant: Assistant, case_id: str) -> Held:
    """Read everything about the person whose case this is. Raises `NothingHeldError`."""
    stored = assistant.cases.of_subject(case_id)
    entries = assistant.log.find(subject=case_id)
    rows = _rows(assistant, case_id)
    if not rows and not entries:
        raise NothingHeldError(case_id)
    redactor = Redactor(assistant.catalogue)
    history = HistoryRepository(assistant.database, assistant.keys)
    drafts = DraftRepository(assistant.database, assistant.keys)
    return Held(
        case_id=case_id,
        subject=case_id,
        versions=list(_versions(stored, redactor)),
        facts=list(_facts(stored, redactor)),
        suggestions=[_suggestion(assistant, entry) for entry in entries if entry.type == SHOWN],
        decisions=[_decision(one, redactor) for one in assistant.decisions.of_subject(case_id)],
        accesses=[_access(entry) for entry in entries if entry.type == ACCESSED],
        events=[_event(assistant, entry, redactor) for entry in entries],
        drafts=[
            {"by": d.key.user_id, "kind": d.key.kind, "at": d.saved_at.isoformat(), "content": redactor.deep(d.content)}
            for d in drafts.of_subject(case_id)
        ],
        earlier_cases=[
            {
                "source": row.source,
                "pathway": row.pathway,
                "decided_on": row.decided_on.isoformat(),
                "reached": row.reached,
                "facts": redactor.deep(row.facts),
                "note": redactor.text(row.note),
            }
            for row in history.of_subject(case_id)
        ],
        stored=rows,
        entries=[entry.index for entry in entries],
        hidden=redactor.hidden,
        to_read=len(redactor.seen),
    )


def _rows(assistant: Assistant, subject: str) -> dict[str, int]:
    """How many rows of each table carry the person."""
    counts = {}
    with assistant.database.read() as connection:
        for table in metadata.sorted_tables:
            if "subject" in table.c:
                query = sa.select(sa.func.count()).select_from(table).where(table.c.subject == subject)
                if found := connection.execute(query).scalar_one():
                    counts[table.name] = int(found)
    return counts


def _facts_of(stored: StoredCase) -> Mapping[str, Any]:
    """The facts of a stored case; it is kept in the form in which a case is handed in."""
    facts = stored.record.facts.get("case", stored.record.facts)
    return facts if isinstance(facts, Mapping) else {}


def _shown(name: str, fact: Any, redactor: Redactor) -> Json:
    given = dict(fact) if isinstance(fact, Mapping) else {"value": fact}
    spec = redactor.catalogue.fields.get(name)
    if spec is not None and spec.type in ("text", "string") and isinstance(given.get("value"), str):
        given["value"] = redactor.text(given["value"])
    return {"field": name, **given}


def _facts(stored: list[StoredCase], redactor: Redactor) -> Iterator[Json]:
    """The newest version of every case, fact by fact, with the version that brought the present value."""
    newest = {one.record.case_id: one for one in stored}
    for case_id, last in newest.items():
        versions = [one for one in stored if one.record.case_id == case_id]
        for name, fact in sorted(_facts_of(last).items()):
            since = next(
                one
                for place, one in enumerate(versions)
                if all(_facts_of(later).get(name) == fact for later in versions[place:])
            )
            yield {"case_id": case_id, **_shown(name, fact, redactor), "since_version": since.version}


def _versions(stored: list[StoredCase], redactor: Redactor) -> Iterator[Json]:
    """Every version of every case: when, by whom, what was new, changed and taken out."""
    before: dict[str, Mapping[str, Any]] = {}
    for one in stored:
        facts, earlier = _facts_of(one), before.get(one.record.case_id, {})
        changed = {name: fact for name, fact in facts.items() if name not in earlier or earlier[name] != fact}
        yield {
            "case_id": one.record.case_id,
            "version": one.version,
            "at": one.changed_at.isoformat(),
            "by": one.changed_by,
            "unit": one.record.unit,
            "status": one.record.status,
            "new": [_shown(n, f, redactor) for n, f in sorted(changed.items()) if n not in earlier],
            "changed": [
                {**_shown(n, f, redactor), "before": _shown(n, earlier[n], redactor).get("value")}
                for n, f in sorted(changed.items())
                if n in earlier
            ],
            "removed": sorted(earlier.keys() - facts.keys()),
            "note": redactor.text(one.record.note),
        }
        before[one.record.case_id] = facts


def _suggestion(assistant: Assistant, entry: Entry) -> Json:
    suggestion = assistant.recorded(str(entry.ref)).suggestion
    ranked = sorted((a for a in suggestion["assessments"] if a["order"] is not None), key=lambda a: a["order"])
    return {
        "suggestion_id": suggestion["suggestion_id"],
        "at": entry.time,
        "as_of": suggestion["as_of"],
        "outcome": suggestion["outcome"],
        "pathways": [item["pathway"] for item in ranked],
        "versions": suggestion["versions"],
        "masked_fields": suggestion["masked_fields"],
        "entry": entry.index,
        "leaf_hash": entry.leaf_hash,
    }


def _decision(recorded: Any, redactor: Redactor) -> Json:
    decision = recorded.decision
    return {
        "suggestion_id": decision.suggestion_id,
        "number": recorded.number,
        "at": recorded.decided_at.isoformat(),
        "pathway": decision.pathway,
        "reason": redactor.text(decision.reason),
        "by": decision.decided_by,
        "details": redactor.deep(decision.details),
    }


def _access(entry: Entry) -> Json:
    body = entry.body
    return {
        "at": entry.time,
        "role": body["role"],
        "area": body["area"],
        "purpose": body["purpose"],
        "fields": body["fields"],
        "masked_fields": body.get("masked_fields") or [],
        "basis": body.get("basis") or body.get("consent"),
        "entry": entry.index,
    }


_OWN_SECTION = (SHOWN, DECIDED, ACCESSED, "RuleTrace")


def _event(assistant: Assistant, entry: Entry, redactor: Redactor) -> Json:
    """One entry of the log with its sealed words where a person wrote or was given them."""
    event: Json = {"at": entry.time, "type": entry.type, "entry": entry.index, "ref": entry.ref, "body": entry.body}
    if entry.payload_sha256 is not None and entry.type not in _OWN_SECTION:
        event["words"] = _words(assistant, entry, redactor)
    return event


def _words(assistant: Assistant, entry: Entry, redactor: Redactor) -> Any:
    """The sealed content; a finished PDF or page is said to exist, its words stand under the suggestion."""
    try:
        content = assistant.log.payload(entry.index)
    except (ErasedError, NotInLogError):
        return None
    if content[:5] == b"%PDF-":
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    try:
        return redactor.deep(json.loads(text))
    except ValueError:
        return None if text.lstrip()[:1] == "<" else redactor.text(text)
