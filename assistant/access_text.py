"""What is held about a citizen, written as a plain document for that citizen."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.access import ACCESSED, DECIDED, SHOWN, Held
from assistant.core.catalogue import Catalogue
from assistant.core.settings import Settings
from assistant.core.texts import Texts
from explain.complaints import complaint_bodies, presentation
from explain.document import Block, Document, Sentence, Style, Table
from explain.phrases import Phrases

OUTSIDE = ("RuleTrace", "ValidityCheck", "PIIRedacted", "InjectionDetected", "ScreenOrder")
"""Checks on the way to a suggestion: counted in one line, so that they do not hide what people did."""

RAISED = (
    "ObjectionRegistered",
    "HumanRouteChosen",
    "ComplaintReceived",
    "ComplaintForwarded",
    "ComplaintOutcome",
    "ConsentGiven",
    "ConsentWithdrawn",
    "DecisionCorrected",
    "UnderstandingCheck",
)
GIVEN = ("NoticeGiven", "ExplanationGiven", "OutputRendered", "AccessGiven")


class AccessText:
    """Writes the document in one language."""

    def __init__(self, held: Held, catalogue: Catalogue, settings: Settings, language: str, today: dt.date) -> None:
        self.held, self.catalogue, self.settings, self.today = held, catalogue, settings, today
        self.texts = Texts.of("assistant", language)
        self.phrases = Phrases.of(catalogue, language)

    def document(self, citizen_texts: Mapping[str, Document]) -> Document:
        """The whole document; `citizen_texts` holds each suggestion's own explanation by its id."""
        blocks = [block for block in self._blocks(citizen_texts) if not block.empty]
        return Document(
            reader="citizen",
            language=self.texts.language,
            title=self.texts("access-title"),
            blocks=tuple(blocks),
            suggestion_id=self.held.case_id,
            meta={"date": self.phrases.date(self.today)},
        )

    def _blocks(self, citizen_texts: Mapping[str, Document]) -> Iterator[Block]:
        held = self.held
        if held.to_read:
            yield self._block(
                "access-redaction",
                [self._say("access-redaction-text", texts=held.to_read, hidden=held.hidden)],
                "banner",
            )
        yield self._block("access-about", list(self._about()))
        yield self._table("access-facts", ("fact", "value", "source", "date"), self._facts())
        yield self._table("access-versions", ("version", "date", "who", "changes"), self._versions())
        yield self._block("access-timeline", list(self._timeline()), "list")
        for number, suggestion in enumerate(held.suggestions, start=1):
            yield from self._suggestion(number, suggestion, citizen_texts.get(suggestion["suggestion_id"]))
        yield self._block("access-decisions", list(self._decisions()), "list")
        yield self._table("access-data", ("date", "who", "purpose", "fields"), self._accesses())
        yield self._block(
            "access-given", [self._event(e) for e in self._of(GIVEN)] or [self._say("access-none")], "list"
        )
        raised = [self._event(e) for e in self._of(RAISED)]
        yield self._block("access-raised", raised or [self._say("access-none")], "list")
        yield self._block("access-drafts", list(self._drafts()), "list")
        yield self._block("access-earlier", list(self._earlier()), "list")
        yield self._block("access-correct", [self._say(f"access-correct-{n}") for n in (1, 2, 3)], "list")
        yield self._block("access-complain", list(self._complain()), "list")
        yield self._block("access-proof", list(self._proof()))

    # ---------------------------------------------------------------- parts

    def _about(self) -> Iterator[Sentence]:
        yield self._say("access-about-1", municipality=self.settings.municipality, date=self.phrases.date(self.today))
        yield self._say("access-about-2", case=self.held.case_id)
        if self.settings.mode == "trial":
            yield self._say("access-trial")
        rows = ", ".join(f"{self._store(name)}: {count}" for name, count in sorted(self.held.stored.items()))
        yield self._say("access-about-3", rows=rows or self.texts("access-nothing"), entries=len(self.held.entries))
        yield self._say("access-about-4")

    def _store(self, table: str) -> str:
        key = f"access-store-{table}"
        return self.texts(key) if self.texts.has(key) else table

    def _facts(self) -> Iterator[tuple[str, ...]]:
        for fact in self.held.facts:
            yield (
                self._plain(fact["field"]),
                self._value(fact["field"], fact.get("value")),
                str(fact.get("source") or fact.get("recorded_by") or self.texts("access-source-none")),
                self._day(fact.get("observed_on")) or self.texts("access-since", version=fact["since_version"]),
            )

    def _versions(self) -> Iterator[tuple[str, ...]]:
        for one in self.held.versions:
            said = []
            if one["new"]:
                names = ", ".join(self._plain(fact["field"]) for fact in one["new"])
                said.append(self.texts("access-new", count=len(one["new"]), fields=names))
            if one["changed"]:
                names = "; ".join(map(self._change, one["changed"]))
                said.append(self.texts("access-changed", count=len(one["changed"]), fields=names))
            if one["removed"]:
                said.append(self.texts("access-removed", fields=", ".join(map(self._plain, one["removed"]))))
            if one["note"]:
                said.append(self.texts("access-note", text=one["note"]))
            changes = " ".join(said) or self.texts("access-unchanged")
            yield str(one["version"]), self._moment(one["at"]), self._role(one["by"]), changes

    def _change(self, fact: Mapping[str, Any]) -> str:
        name = fact["field"]
        before, now = (self._value(name, fact.get(key)) for key in ("before", "value"))
        return self.texts("access-change", field=self._plain(name), before=before, now=now)

    def _timeline(self) -> Iterator[Sentence]:
        checks: Counter[str] = Counter()
        for event in self.held.events:
            if event["type"] in OUTSIDE:
                checks[event["type"]] += 1
            else:
                yield self._event(event)
        if checks:
            words = ", ".join(f"{self._event_name(name)}: {count}" for name, count in sorted(checks.items()))
            yield self._say("access-checks", checks=words)

    def _suggestion(self, number: int, suggestion: Mapping[str, Any], text: Document | None) -> Iterator[Block]:
        lead = [
            self._say("access-suggestion-when", date=self._moment(suggestion["at"]), id=suggestion["suggestion_id"]),
            self._say(
                "access-suggestion-order",
                pathways=", ".join(map(self.phrases.plain_pathway, suggestion["pathways"]))
                or self.texts("access-nothing"),
            ),
            self._say("access-suggestion-text"),
        ]
        heading = self.texts("access-suggestion", number=number)
        yield Block(f"access-suggestion-{number}", heading, "paragraph", tuple(lead))
        for block in () if text is None else text.blocks:
            if block.id not in ("trial", "receipt"):
                name = self.texts("access-suggestion-part", number=number, heading=block.heading)
                yield replace(block, id=f"access-suggestion-{number}-{block.id}", heading=name)

    def _decisions(self) -> Iterator[Sentence]:
        if not self.held.decisions:
            yield self._say("access-decision-none")
        for one in self.held.decisions:
            key = "access-decision-nothing" if one["pathway"] is None else "access-decision"
            name = "" if one["pathway"] is None else self.phrases.plain_pathway(one["pathway"])
            yield self._say(
                key, date=self._moment(one["at"]), who=one["by"], pathway=name, reason=one["reason"].rstrip(". ")
            )

    def _accesses(self) -> Iterator[tuple[str, ...]]:
        for one in self.held.accesses:
            fields = ", ".join(map(self._plain, one["fields"]))
            if one["masked_fields"]:
                fields += ". " + self.texts("access-masked", fields=", ".join(map(self._plain, one["masked_fields"])))
            area = self.texts("access-area-all") if one["area"] == "alle" else self.phrases.area(one["area"])
            who = self.texts("access-who", role=self._role(one["role"]), area=area)
            purpose = self._named("access-purpose", one["purpose"])
            basis = one["basis"]
            yield (
                self._moment(one["at"]),
                who,
                purpose if basis is None else self.texts("access-basis", purpose=purpose, basis=basis),
                fields,
            )

    def _drafts(self) -> Iterator[Sentence]:
        for one in self.held.drafts:
            yield self._say("access-draft", date=self._moment(one["at"]), who=one["by"], kind=one["kind"])

    def _earlier(self) -> Iterator[Sentence]:
        for one in self.held.earlier_cases:
            name = (
                self.phrases.plain_pathway(one["pathway"])
                if one["pathway"] in self.catalogue.pathways
                else one["pathway"]
            )
            result = {True: "yes", False: "no", None: "unknown"}[one["reached"]]
            yield self._say(
                "access-earlier-one",
                date=self._day(one["decided_on"]) or "",
                pathway=name,
                facts=len(one["facts"]),
                result=self.texts(f"access-reached-{result}"),
            )

    def _complain(self) -> Iterator[Sentence]:
        ids = {p for s in self.held.suggestions for p in s["pathways"]} | {d["pathway"] for d in self.held.decisions}
        names = {
            b.name(self.texts.language)
            for p in sorted(ids - {None})
            for b in complaint_bodies(self.catalogue.pathways[p])
        }
        if not names:
            names = {body.name(self.texts.language) for body in presentation().bodies.values()}
        yield self._say("access-complain-decision", bodies=self.phrases.listing(sorted(names)))
        yield self._say("access-complain-data")
        yield self._say("access-complain-human")
        contact = [self.settings.contact_name, self.settings.contact_telephone]
        if all(contact):
            yield self._say("access-contact", name=contact[0], telephone=contact[1])
        else:
            yield self._say("access-contact-general", municipality=self.settings.municipality)

    def _proof(self) -> Iterator[Sentence]:
        entries = self.held.entries
        if entries:
            yield self._say("access-proof-1", entries=", ".join(map(str, entries)))
            yield self._say("access-proof-2")

    # ---------------------------------------------------------------- words

    def _of(self, kinds: Sequence[str]) -> list[Mapping[str, Any]]:
        return [event for event in self.held.events if event["type"] in kinds]

    def _event(self, event: Mapping[str, Any]) -> Sentence:
        body = event["body"]
        detail = ""
        if event["type"] in (SHOWN,):
            detail = self._named("access-outcome", body["outcome"])
        elif event["type"] == DECIDED:
            detail = self._named("access-decided", body["outcome"])
        elif event["type"] == ACCESSED:
            detail = self.texts("access-fields-read", count=len(body["fields"]))
        elif event["type"] == "DeadlineComputed" and body.get("due"):
            detail = self._day(body["due"]) or ""
        elif event["type"] in ("ExplanationGiven", "NoticeGiven", "OutputRendered", "AccessGiven"):
            named = [
                self._named("access-code", str(body[k]))
                for k in ("audience", "format", "channel", "language")
                if body.get(k)
            ]
            detail = ", ".join(named)
        elif isinstance(event.get("words"), str):
            detail = event["words"]
        elif event["type"] in RAISED:
            detail = ", ".join(self._named("access-code", str(v)) for v in body.values() if isinstance(v, str))
        said = self._event_name(event["type"]) + (f": {detail.rstrip('. ')}" if detail else "")
        return self._say("access-event", date=self._moment(event["at"]), what=said)

    def _event_name(self, kind: str) -> str:
        return self.texts(f"event-{kind}") if self.texts.has(f"event-{kind}") else kind

    def _named(self, prefix: str, code: str) -> str:
        key = f"{prefix}-{code.replace('.', '-')}"
        return self.texts(key) if self.texts.has(key) else code.replace("_", " ")

    def _role(self, role: str) -> str:
        return self._named("access-role", role)

    def _plain(self, name: str) -> str:
        return self.phrases.plain(name) if name in self.catalogue.fields else name

    def _value(self, name: str, value: Any) -> str:
        return self.phrases.value(name, value) if name in self.catalogue.fields else str(value)

    def _day(self, day: str | None) -> str | None:
        return None if day is None else self.phrases.date(dt.date.fromisoformat(day))

    def _moment(self, at: str) -> str:
        moment = dt.datetime.fromisoformat(at)
        return self.texts("access-moment", date=self.phrases.date(moment.date()), time=f"{moment:%H:%M}")

    def _say(self, key: str, **values: Any) -> Sentence:
        return Sentence(self.texts(key, **values), key, (), values)

    def _block(self, name: str, sentences: Sequence[Sentence], style: Style = "paragraph") -> Block:
        return Block(name, self.texts(f"{name}-heading"), style, tuple(sentences))

    def _table(self, name: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Block:
        heads = tuple(self.texts(f"access-column-{column}") for column in columns)
        heading, found = self.texts(f"{name}-heading"), tuple(rows)
        if not found:
            return Block(name, heading, "list", (self._say("access-none"),))
        return Block(name, heading, "table", table=Table(heads, found, heading))
