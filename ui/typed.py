"""From what a person typed to a fact: Danish and ISO dates, decimal commas; a sentence when it is no such value."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from assistant.core.cases import CaseError, parse_facts
from assistant.core.catalogue import Catalogue
from assistant.core.domain import FieldSpec
from ui.words import number, texts

Widget = Literal["choice", "several", "line", "area"]
UNKNOWN = "__unknown__"
"""The choice that stands for "we do not know"; no catalogue value begins with underscores."""
_DANISH_DATE = re.compile(r"^(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4})$")
LONGEST = 20_000
"""Letters in a free text; a note of 50 MB is a mistake."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in the editor: the widget of the field's type holds the value, the other three are empty."""

    choice: str | None = None
    several: tuple[str, ...] = ()
    line: str = ""
    area: str = ""
    source: str = ""
    observed_on: str = ""


class TypedError(ValueError):
    """What was typed is no value of the field: the sentence to show beside it, in the reader's language."""

    def __init__(self, sentence: str, *, about_date: bool = False) -> None:
        self.about_date = about_date
        super().__init__(sentence)


def widget_of(spec: FieldSpec) -> Widget:
    """Which widget asks for the field."""
    if spec.type in ("enum", "boolean"):
        return "choice"
    return {"list": "several", "text": "area"}.get(spec.type, "line")  # type: ignore[return-value]


def as_fact(typed: Typed, spec: FieldSpec, catalogue: Catalogue, today: dt.date, by: str, lang: str) -> Any:
    """The fact as a case document holds it; None for unknown. Raises `TypedError`."""
    value = _value(typed, spec, lang)
    if value is None:
        return None
    observed = iso_date(typed.observed_on.strip())
    if typed.observed_on.strip() and observed is None:
        raise TypedError(texts(lang)("error-date"), about_date=True)
    if observed is not None and observed > today.isoformat():
        raise TypedError(texts(lang)("error-future"), about_date=True)
    fact = {"value": value, "source": typed.source.strip()[:200] or None, "observed_on": observed, "recorded_by": by}
    fact = {key: item for key, item in fact.items() if item is not None}
    try:
        parse_facts("input", {spec.id: fact}, catalogue, today=today)
    except CaseError:
        raise TypedError(expected(spec, lang)) from None
    return fact


def _value(typed: Typed, spec: FieldSpec, lang: str) -> Any:
    match widget_of(spec):
        case "choice":
            if typed.choice in (None, UNKNOWN):
                return None
            return {"true": True, "false": False}.get(typed.choice or "") if spec.type == "boolean" else typed.choice
        case "several":
            return list(typed.several) or None
        case "area":
            if len(typed.area) > LONGEST:
                raise TypedError(texts(lang)("error-long", most=number(LONGEST, lang, 0)))
            return typed.area.strip() or None
        case _:
            return _line(typed.line.strip(), spec, lang)


def _line(text: str, spec: FieldSpec, lang: str) -> Any:
    if not text:
        return None
    if spec.type == "date":
        day = iso_date(text)
        if day is None:
            raise TypedError(texts(lang)("error-date"))
        return day
    if spec.type in ("integer", "number"):
        try:
            read = float(text.replace("−", "-").replace(",", "."))
        except ValueError:
            raise TypedError(expected(spec, lang)) from None
        return int(read) if read.is_integer() else read
    return text


def iso_date(text: str) -> str | None:
    """A date written the Danish or the ISO way, as ISO; None when it is no date.

    >>> iso_date("3-11-2026"), iso_date("2026-11-03"), iso_date("31-02-2026")
    ('2026-11-03', '2026-11-03', None)
    """
    if found := _DANISH_DATE.match(text):
        text = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def expected(spec: FieldSpec, lang: str) -> str:
    """One sentence that says what the field takes."""
    t = texts(lang)
    if spec.type in ("integer", "number"):
        low, high = spec.range or (0.0, 0.0)
        return t(f"error-{spec.type}", low=number(low, lang, 0), high=number(high, lang, 0))
    return t("error-date") if spec.type == "date" else t("error-form")


def typed_from(fact: Any, spec: FieldSpec, lang: str) -> Typed:
    """What to put in the editor for the fact as it stands."""
    held = fact if isinstance(fact, dict) else {"value": fact}
    value = held.get("value")
    empty = Typed(source=str(held.get("source") or ""), observed_on=str(held.get("observed_on") or ""))
    match widget_of(spec):
        case "choice":
            shown = UNKNOWN if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            return replace(empty, choice=shown)
        case "several":
            return replace(empty, several=tuple(value or ()))
        case "area":
            return replace(empty, area=str(value or ""))
        case _:
            written = "" if value is None else str(value)
            decimal = lang == "da" and spec.type == "number"
            return replace(empty, line=written.replace(".", ",") if decimal else written)
