"""The kinds of entry that the log accepts, each with its versions; a body that does not fit is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ethics.errors import RecordError
from ethics.screen import personal_data, personal_number

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, or None."""

_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one kind of entry."""

    name: str
    version: int
    doc: str
    subject: str
    payload: str
    body: Mapping[str, str]
    required: frozenset[str]
    checks: Mapping[str, Check]


@cache
def records() -> dict[tuple[str, int], Record]:
    """Every kind and version that was ever in use."""
    text = (resources.files("ethics") / "data" / "records.yaml").read_text(encoding="utf-8")
    read = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {
        (name, version): _record(name, version, spec)
        for name, versions in read.items()
        for version, spec in versions.items()
    }


@cache
def newest() -> dict[str, int]:
    """The version that new entries of each kind get."""
    found: dict[str, int] = {}
    for name, version in records():
        found[name] = max(version, found.get(name, 0))
    return found


def check_entry(
    name: str, version: int | None, body: Mapping[str, Any], has_subject: bool, has_payload: bool
) -> Record:
    """The record that an entry fits; raises `RecordError` naming the key that does not."""
    record = records().get((name, version or newest().get(name, 0)))
    if record is None:
        known = f"; its newest version is {newest()[name]}" if name in newest() else ""
        raise RecordError(name, f"the log knows no such type and version{known}")
    for what, rule, given in (("subject", record.subject, has_subject), ("payload", record.payload, has_payload)):
        if (rule == "required" and not given) or (rule == "none" and given):
            raise RecordError(name, f"its {what} is {'missing' if rule == 'required' else 'not allowed'}")
    checks = record.checks
    for key, value in body.items():
        if (check := checks.get(key)) is None:
            raise RecordError(name, f"the key `{key}` is unknown; it knows {', '.join(sorted(checks))}")
        if problem := check(value):
            raise RecordError(name, f"the key `{key}` {problem}")
    if missing := record.required - body.keys():
        raise RecordError(name, f"the key `{min(missing)}` is missing")
    return record


def _record(name: str, version: int, spec: Mapping[str, Any]) -> Record:
    body: dict[str, str] = spec["body"]
    return Record(
        name,
        version,
        spec["doc"],
        spec["subject"],
        spec["payload"],
        body,
        frozenset(key for key, kind in body.items() if not kind.endswith("?")),
        {key: _check(kind) for key, kind in body.items()},
    )


def _check(kind: str) -> Check:
    """The check for a kind as records.yaml spells it."""
    if kind.endswith("?"):
        inner = _check(kind[:-1])
        return lambda value: None if value is None else inner(value)
    if kind.startswith("list "):
        item = _check(kind[5:])
        return lambda value: _first(map(item, value)) if isinstance(value, list | tuple) else "is not a list"
    if kind.startswith("map "):
        item = _check(kind[4:])
        return lambda value: (
            _first(_id(key) or item(entry) for key, entry in value.items())
            if isinstance(value, Mapping)
            else "is not a map"
        )
    if kind.startswith("code("):
        allowed = frozenset(kind[5:-1].split("|"))
        names = ", ".join(sorted(allowed))
        return lambda value: None if isinstance(value, str) and value in allowed else f"is none of {names}"
    return _KINDS[kind]


def _first(problems: Any) -> str | None:
    return next((problem for problem in problems if problem), None)


def _pattern(expression: str, meaning: str, screen: Callable[[str], str | None] | None) -> Check:
    matches = re.compile(expression).fullmatch

    def check(value: Any) -> str | None:
        if not isinstance(value, str) or not matches(value):
            return f"is not {meaning}"
        if screen and (found := screen(value)):
            return f"holds a {found}; the clear part of the log holds no personal data"
        return None

    return check


def _int(value: Any) -> str | None:
    if type(value) is not int or abs(value) >= 2**53:
        return "is not a whole number"
    return "holds a cpr number" if value > 10**8 and personal_number(f"{value:010d}") else None


def _number(value: Any) -> str | None:
    if type(value) is int:
        return _int(value)
    # A larger one would be read back as a whole number that JSON cannot hold exactly.
    return None if type(value) is float and abs(value) < 2**53 else "is not a number below 2**53"


def _bool(value: Any) -> str | None:
    return None if type(value) is bool else "is not true or false"


def _date(value: Any) -> str | None:
    try:
        return None if date.fromisoformat(value).isoformat() == value else "is not a date like 2026-11-22"
    except (TypeError, ValueError):
        return "is not a date like 2026-11-22"


_id = _pattern(r"[\w.:/=+@|-]{1,200}", "an id of letters, digits and . : / = + - _", personal_number)
_KINDS: dict[str, Check] = {
    "text": _pattern(rf"(?s).{{1,{_LONGEST_TEXT}}}", f"a text of 1 to {_LONGEST_TEXT} letters", personal_data),
    "id": _id,
    "code": _pattern(r"[a-zæøå0-9_.-]{1,60}", "a code of small letters, digits, _ . -", personal_number),
    "law": _pattern(r"[\w§ .,()/-]{1,80}", "a reference to a law", personal_number),
    "hash": _pattern(r"[0-9a-f]{64}", "a SHA-256 hash in hex", None),
    "vkey": _pattern(r"[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}", "a public key name+id+base64", None),
    "time": _pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "a time like 2026-11-22T10:00:00Z", None),
    "date": _date,
    "int": _int,
    "number": _number,
    "bool": _bool,
}
