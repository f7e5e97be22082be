"""The facts of a case as the caseworker reads them: by area, with source and date, what is unknown said so."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from assistant.core.catalogue import Catalogue
from assistant.core.consider import Considered
from assistant.core.domain import Case, FieldSpec, ModelUse
from assistant.core.screening import screen
from ui.words import date, texts


@dataclass(frozen=True, slots=True)
class FactLine:
    """One field in words; `value` is empty when it is unknown."""

    field: str
    label: str
    value: str
    source: str
    observed_on: str
    state: str
    use: str


@dataclass(frozen=True, slots=True)
class FactArea:
    """The facts of one area, the known ones apart from the unknown."""

    id: str
    known: tuple[FactLine, ...]
    unknown: tuple[FactLine, ...]


def editable(catalogue: Catalogue) -> list[FieldSpec]:
    """The fields that a caseworker may fill in: everything but what is kept for audits only."""
    return [spec for spec in catalogue.fields.values() if spec.model_use is not ModelUse.AUDIT_ONLY]


def areas(case: Case, weighed: Considered, catalogue: Catalogue, lang: str) -> list[FactArea]:
    """The facts by area, in the catalogue's order; free texts stand on their own and are left out."""
    found = []
    for area in catalogue.areas:
        specs = [s for s in editable(catalogue) if s.area == area and s.type != "text"]
        lines = [_line(spec, case, weighed, catalogue, lang) for spec in specs]
        found.append(FactArea(area, tuple(x for x in lines if x.value), tuple(x for x in lines if not x.value)))
    return [area for area in found if area.known or area.unknown]


def _line(spec: FieldSpec, case: Case, weighed: Considered, catalogue: Catalogue, lang: str) -> FactLine:
    fact = case.facts.get(spec.id)
    hidden = spec.id in weighed.view.masked
    shown = "" if fact is None or hidden else value_words(catalogue, spec.id, fact.value, lang)
    state = "masked" if hidden else "outdated" if spec.id in weighed.view.outdated else "plain"
    return FactLine(
        field=spec.id,
        label=catalogue.field_label(spec.id, lang),
        value=shown,
        source=(fact.source or "") if fact and not hidden else "",
        observed_on=fact.observed_on.isoformat() if fact and fact.observed_on and not hidden else "",
        state=state,
        use=spec.model_use.value,
    )


def value_words(catalogue: Catalogue, field: str, value: Any, lang: str) -> str:
    """A value in words, dates as dates, with its unit."""
    spec = catalogue.fields[field]
    if spec.type == "date":
        return date(str(value), lang)
    words = catalogue.value_label(field, value, lang)
    unit = "unit-" + re.sub(r"[^a-z]+", "-", spec.unit.lower()).strip("-")
    return f"{words} {texts(lang)(unit)}" if spec.type in ("integer", "number") and texts(lang).has(unit) else words


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A free text with what was found in it marked, and what kinds of finding there were."""

    html: Markup
    kinds: tuple[str, ...]
    withheld: bool


def marked(text: str, weighed: Considered, catalogue: Catalogue, lang: str) -> MarkedText:
    """A note with personal data and instructions marked where they stand; both are hidden from the assistant."""
    findings = screen(text, catalogue.screening).findings
    parts, at = [], 0
    for finding in findings:
        if finding.start >= at:
            parts += [escape(text[at : finding.start]), _mark(finding.kind, text[finding.start : finding.end], lang)]
            at = finding.end
    parts.append(escape(text[at:]))
    return MarkedText(Markup("").join(parts), tuple(dict.fromkeys(f.kind for f in findings)), weighed.note_withheld)


def _mark(kind: str, words: str, lang: str) -> Markup:
    frame = Markup('<mark class="{}">{}<span class="tag">{}</span></mark>')
    return frame.format(kind, words, texts(lang)(f"marked-{kind}"))


def free_texts(case: Case, catalogue: Catalogue) -> dict[str, str]:
    """The free texts of a case by field: the citizen's goal first, then notes."""
    goals = catalogue.ordering.goal_fields
    names = [s.id for s in catalogue.fields.values() if s.model_use is ModelUse.TEXT_SOURCE]
    ordered = [*(n for n in names if n in goals), *(n for n in names if n not in goals)]
    return {name: str(case.facts[name].value) if name in case.facts else "" for name in ordered}


def overdue(day: dt.date | None, today: dt.date) -> str:
    """How near a deadline is: none, past, soon (a week) or later."""
    if day is None:
        return "none"
    if day < today:
        return "past"
    return "soon" if (day - today).days <= 7 else "later"


def due_lines(weighed: Considered, on: dt.date, lang: str) -> list[dict[str, Any]]:
    """The running deadlines, soonest first, with how near each is."""
    return [
        {
            "due": deadline.due,
            "near": overdue(deadline.due, on),
            "text": deadline.rule.text_en if lang == "en" else deadline.rule.text_da,
        }
        for deadline in sorted(weighed.deadlines, key=lambda deadline: deadline.due)
    ]
