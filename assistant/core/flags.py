"""What the caseworker must not overlook, raised by facts, by words, or by how the pathways came out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from assistant.core.catalogue import Catalogue
from assistant.core.deadlines import Deadline
from assistant.core.domain import Case, Pathway, View
from assistant.core.gates import condition, gates_with
from assistant.core.rules import FlagRule
from assistant.core.screening import Screened
from assistant.core.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One thing to look at, in both languages, with the law it rests on and a date where there is one."""

    id: str
    text_da: str
    text_en: str
    due: dt.date | None = None
    law_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a flag rule may look at: the view, the screened texts, which pathways came out eligible."""

    case: Case
    view: View
    texts: Mapping[str, Screened]
    eligible: Collection[str]
    note_withheld: bool


def rule_flags(sight: Sight, catalogue: Catalogue) -> list[Flag]:
    """The flags of the catalogue's own rules."""
    return [
        Flag(id=rule.id, text_da=rule.text_da, text_en=rule.text_en, law_refs=rule.law_refs)
        for rule in catalogue.flags
        if all(_parts(rule, sight, catalogue))
    ]


def _parts(rule: FlagRule, sight: Sight, catalogue: Catalogue) -> Iterator[bool]:
    """Each part of the rule that stands, and whether it holds."""
    known = sight.view.facts
    if rule.areas:
        yield sight.case.area in rule.areas
    if rule.when is not None:
        yield condition(rule.when, sight.view, catalogue) is True
    if rule.missing:
        yield not any(name in known or name in sight.view.masked for name in rule.missing)
    if rule.eligible:
        yield bool(set(rule.eligible) & set(sight.eligible))
    if rule.screened:
        yield any(finding.pattern in rule.screened for text in sight.texts.values() for finding in text.findings)
    if rule.withheld_note:
        yield sight.note_withheld
    if rule.words:
        yield any(word.search(text.text) for word in rule.words for text in sight.texts.values())


def gate_flags(case: Case, view: View, catalogue: Catalogue) -> list[Flag]:
    """A flag for each gate that bit: the whole case stopped, other areas masked, a minor."""
    whole = View(case.facts)
    flags = []
    for gate in catalogue.gates:
        if gate.when is None:
            continue
        bit = bool(view.masked) if gate.effect == "mask_other_areas" else condition(gate.when, whole, catalogue) is True
        if bit:
            flags.append(Flag(id=gate.id, text_da=gate.message_da, text_en=gate.message_en))
    return flags


def screening_flags(screened: Iterable[Screened], catalogue: Catalogue) -> list[Flag]:
    """Personal data that was hidden, and text that reads like an instruction."""
    findings = [finding for text in screened for finding in text.findings]
    flags: list[Flag] = []
    for effect, kind in (("mask_text", "personal"), ("treat_as_data_and_flag", "instruction")):
        if any(finding.kind == kind for finding in findings):
            flags.extend(
                Flag(id=gate.id, text_da=gate.message_da, text_en=gate.message_en)
                for gate in gates_with(catalogue, effect)
            )
    return flags


def deadline_flags(deadlines: Iterable[Deadline]) -> list[Flag]:
    """A flag for each running deadline."""
    return [
        Flag(
            id=deadline.flag_id,
            text_da=deadline.rule.text_da,
            text_en=deadline.rule.text_en,
            due=deadline.due,
            law_refs=deadline.rule.law_refs,
        )
        for deadline in deadlines
    ]


def outdated_flags(view: View, case: Case, catalogue: Catalogue) -> list[Flag]:
    """A flag for each measurement that is too old to count."""
    da, en = Texts.of("assistant.core", "da"), Texts.of("assistant.core", "en")
    flags = []
    for name in sorted(view.outdated):
        on = case.facts[name].observed_on
        flags.append(
            Flag(
                id=f"maaling_foraeldet_{name}",
                text_da=da("flag-outdated", field=catalogue.field_label(name, "da"), date=str(on)),
                text_en=en("flag-outdated", field=catalogue.field_label(name, "en"), date=str(on)),
            )
        )
    return flags


def authority_flags(pathways: Iterable[Pathway], today: dt.date, days_ahead: int = 92) -> list[Flag]:
    """A flag for each suggested pathway that another authority takes over soon, or has taken over."""
    da, en = Texts.of("assistant.core", "da"), Texts.of("assistant.core", "en")
    flags = []
    for pathway in pathways:
        change = pathway.authority_change
        if change is None or change.date - today > dt.timedelta(days=days_ahead):
            continue
        values = {"date": change.date.isoformat(), "to": change.to}
        flags.append(
            Flag(
                id=f"myndighedsskifte_{change.date.isoformat()}_{pathway.id}",
                text_da=da("flag-authority-change", pathway=pathway.name_da, **values),
                text_en=en("flag-authority-change", pathway=pathway.name_en, **values),
                due=change.date,
            )
        )
    return flags
