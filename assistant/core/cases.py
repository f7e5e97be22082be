"""Parse a case at the edge, once; outside this module everything is a `Case`."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from assistant.core.catalogue import Catalogue
from assistant.core.domain import EVERY_AREA, Case, CaseId, Fact, FieldSpec, Value
from assistant.core.errors import UserError

_FACT_KEYS = frozenset({"value", "source", "observed_on", "recorded_by"})
_CASE_ID = re.compile(r"[\w.:-]{1,64}")
_ROLE = re.compile(r"[^\W\d][\w-]{0,31}")
_YEARS = range(1900, 2201)
_FIELD_NAME = re.compile(r"[a-zA-ZæøåÆØÅ_][\w.]{0,63}")
_PLAIN = re.compile(r"(?!.*\d{4})[a-zA-ZæøåÆØÅ_]\w{0,39}|\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?")
"""The texts an error may repeat: a code word or a date. Anything else may be personal."""


class CaseError(UserError):
    """A case cannot be read: where, which field, what is wrong and what is expected."""

    def __init__(self, where: str, field: str, problem: str) -> None:
        name = repr(field) if _FIELD_NAME.fullmatch(field) else "with a name not shown here"
        super().__init__(f"{where}, field {name}: {problem}." if field else f"{where}: {problem}.")


def _shown(raw: object) -> str:
    """The value as an error may show it: a number, a code word or a date, never free text."""
    if raw is None or isinstance(raw, bool):
        return "null" if raw is None else str(raw).lower()
    if isinstance(raw, int | float):
        return f"{raw:g}" if abs(raw) < 1e6 else "the number"
    return repr(raw) if isinstance(raw, str) and _PLAIN.fullmatch(raw) else "the value"


class Located(NamedTuple):
    """A piece of input and where it stands."""

    where: str
    data: Any


def read_case_file(path: Path) -> Iterator[Located]:
    """The JSON documents of a `.json` file (one case) or a `.jsonl` file (one case a line).

    Raises `CaseError` for a missing, empty or unreadable file, with the line where JSON goes wrong.
    """
    text = _read_utf8(path)
    if not text.strip():
        raise CaseError(str(path), "", "the file is empty; expected a case as JSON")
    if path.suffix.lower() == ".jsonl":
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield Located(f"{path}, line {number}", _json(f"{path}, line {number}", line))
    else:
        yield Located(str(path), _json(str(path), text, with_line=True))


def _read_utf8(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CaseError(str(path), "", "there is no such file") from None
    except IsADirectoryError:
        raise CaseError(str(path), "", "is a folder; give a file") from None
    except PermissionError:
        raise CaseError(str(path), "", "may not be read by this user") from None
    except UnicodeDecodeError as error:
        raise CaseError(
            str(path), "", f"is not UTF-8 (byte {error.start}, perhaps Latin-1); save it as UTF-8"
        ) from None


def _json(where: str, text: str, *, with_line: bool = False) -> Any:
    def refuse(name: str) -> None:
        raise CaseError(where, "", f"{name} is not a number that a case may hold")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}" if with_line else where
        raise CaseError(place, "", f"not valid JSON at column {error.colno} ({error.msg})") from None
    except RecursionError:
        raise CaseError(where, "", "the JSON is nested too deeply to be a case") from None
    except ValueError:  # Python refuses to read a whole number of more than 4300 digits
        raise CaseError(where, "", "holds a number with too many digits to be a fact") from None


def parse_case(
    located: Located,
    catalogue: Catalogue,
    *,
    today: dt.date,
    area: str | None = None,
    fallback_id: str,
    role: str = "caseworker",
) -> Case:
    """Turn one JSON document into a `Case`; other keys than CONTRACT's are ignored.

    `today` and `area` from the caller win over the document's own only where the document has none, except
    that an `area` given by the caller always counts. Raises `CaseError`.
    """
    where, data = located
    if not isinstance(data, Mapping):
        raise CaseError(where, "", "a case is a JSON object")
    facts = data.get("case")
    if not isinstance(facts, Mapping):
        raise CaseError(where, "case", 'is missing; a case is {"case": {field: value, ...}}')
    case_id = str(data.get("case_id") or data.get("id") or fallback_id)
    if not _CASE_ID.fullmatch(case_id):
        raise CaseError(where, "case_id", "may hold 1 to 64 letters, digits and . _ : - only")
    if any(p.identifies and p.pattern.search(case_id) for p in catalogue.screening.patterns):
        raise CaseError(where, "case_id", "looks like personal data; use a pseudonymous id")
    on = _date(where, "today", data["today"]) if data.get("today") else today
    seen = area or data.get("caller_area") or EVERY_AREA
    known = [*(a for a in catalogue.areas if a != catalogue.shared_area), EVERY_AREA]
    if seen not in known:
        raise CaseError(where, "caller_area", f"there is no area {_shown(seen)}; known are {', '.join(known)}")
    asked_by = data.get("role") or role
    if not isinstance(asked_by, str) or not _ROLE.fullmatch(asked_by):
        raise CaseError(where, "role", "must be a word such as caseworker or therapist")
    return Case(
        id=CaseId(case_id),
        today=on,
        area=seen,
        role=asked_by,
        facts=parse_facts(where, facts, catalogue, today=on),
    )


def parse_facts(where: str, data: Mapping[str, Any], catalogue: Catalogue, *, today: dt.date) -> dict[str, Fact]:
    """Check every value against its field; an explicit null is the same as leaving the field out."""
    facts = {}
    for name, raw in data.items():
        field = catalogue.fields.get(name)
        if field is None:
            raise CaseError(where, str(name), "there is no such field in the catalogue")
        fact = _fact(where, field, raw, today)
        if fact is not None:
            facts[name] = fact
    return facts


def _fact(where: str, field: FieldSpec, raw: Any, today: dt.date) -> Fact | None:
    if not isinstance(raw, Mapping):
        return None if raw is None else Fact(field=field.id, value=_value(where, field, raw))
    if unknown := sorted(raw.keys() - _FACT_KEYS):
        names = ", ".join(map(_shown, unknown))
        raise CaseError(where, field.id, f"unknown keys {names}; known are {', '.join(sorted(_FACT_KEYS))}")
    if raw.get("value") is None:
        return None
    observed = raw.get("observed_on")
    on = _date(where, f"{field.id}.observed_on", observed) if observed else None
    if on is not None and on > today:
        raise CaseError(where, f"{field.id}.observed_on", f"{on} is later than the case's today, {today}")
    return Fact(
        field=field.id,
        value=_value(where, field, raw["value"]),
        source=_words(where, field, raw, "source"),
        observed_on=on,
        recorded_by=_words(where, field, raw, "recorded_by"),
    )


def _words(where: str, field: FieldSpec, raw: Mapping[str, Any], key: str) -> str | None:
    text = raw.get(key)
    if text is None or (isinstance(text, str) and _storable(text)):
        return text
    raise CaseError(where, f"{field.id}.{key}", "must be a text")


def _storable(text: str) -> bool:
    """Whether the text can be written as UTF-8; JSON can hold half a character (a lone surrogate)."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _value(where: str, field: FieldSpec, raw: Any) -> Value:
    match field.type:
        case "boolean":
            return _require(where, field, raw, isinstance(raw, bool), "must be true or false")
        case "integer" | "number":
            return _number(where, field, raw)
        case "list":
            return _list(where, field, raw)
        case "date":
            return _date(where, field.id, raw).isoformat()
        case "enum":
            _require(where, field, raw, isinstance(raw, str), "must be a text")
            return _require(where, field, raw, raw in field.allowed, f"is not one of {', '.join(field.allowed)}")
        case "string" | "text":
            _require(where, field, raw, isinstance(raw, str), "must be a text")
            _require(where, field, raw, _storable(raw), "holds half a character; write it again")
            fits = field.pattern is None or re.fullmatch(field.pattern.strip("^$"), raw) is not None
            return _require(where, field, raw, fits, f"does not have the form {field.pattern}")


def _require(where: str, field: FieldSpec, raw: Value, fits: bool, problem: str) -> Value:
    if not fits:
        shown = "the text" if isinstance(raw, str) and field.type in ("text", "string") else _shown(raw)
        raise CaseError(where, field.id, f"{shown} {problem}")
    return raw


def _number(where: str, field: FieldSpec, raw: Any) -> int | float:
    _require(where, field, raw, isinstance(raw, int | float) and not isinstance(raw, bool), "must be a number")
    whole = field.type == "number" or isinstance(raw, int) or raw.is_integer()
    _require(where, field, raw, whole, "must be a whole number")
    low, high = field.range or (float("-inf"), float("inf"))
    _require(where, field, raw, low <= raw <= high, f"is outside {low:g} to {high:g} {field.unit}".rstrip())
    return int(raw) if field.type == "integer" else raw


def _list(where: str, field: FieldSpec, raw: Any) -> tuple[str, ...]:
    _require(where, field, raw, isinstance(raw, list), "must be a list")
    for item in raw:
        _require(where, field, item, item in field.allowed, f"is not one of {', '.join(field.allowed)}")
    return tuple(dict.fromkeys(raw))


def _date(where: str, field: str, raw: Any) -> dt.date:
    try:
        day = dt.date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise CaseError(where, field, f"{_shown(raw)} is not a date; write it as 2026-11-23") from None
    if day.year not in _YEARS:
        raise CaseError(where, field, f"{day} lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
    return day


def case_to_json(case: Case) -> dict[str, Any]:
    """The case in CONTRACT's form, facts with their source and date; `parse_case` reads it back."""
    return {
        "case_id": case.id,
        "today": case.today.isoformat(),
        "caller_area": case.area,
        "role": case.role,
        "case": {name: fact_to_json(fact) for name, fact in sorted(case.facts.items())},
    }


def fact_to_json(fact: Fact) -> dict[str, Any]:
    """A fact as a JSON object; keys without a value are left out."""
    value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
    full = {
        "value": value,
        "source": fact.source,
        "observed_on": fact.observed_on.isoformat() if fact.observed_on else None,
        "recorded_by": fact.recorded_by,
    }
    return {key: item for key, item in full.items() if item is not None}
