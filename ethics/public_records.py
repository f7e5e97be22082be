"""Public registers and assessments, written from the live system; what it cannot know is a marked blank.

The texts lie in `data/public/*.yaml`. `facts` are plain values that the application gathers; `log_facts` gathers
those that the ethics log holds. Nothing is invented: a text that needs a value that is missing becomes a blank with
the question to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml
from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from assistant.core.errors import UserError

FORMATS = ("atrs", "fria", "dpia", "art30", "quarter")
"""The documents there are: UK ATRS v3, AI Act art. 27, GDPR art. 35 and 30, and the quarterly public page."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a document must say; `text` is None for a blank, and then `ask` is the question."""

    id: str
    name: str
    text: str | None
    ask: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """Some items under a heading."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A register entry or assessment as of now."""

    format: str
    language: str
    title: str
    sections: tuple[Section, ...]

    @property
    def blanks(self) -> tuple[Item, ...]:
        """What a person still has to write."""
        return tuple(item for section in self.sections for item in section.items if item.text is None)


_PARTS: Mapping[str, Any] = {
    "system": {},
    "organisation": {},
    "period": {},
    "pathways": (),
    "fields": {},
    "guidance": {},
    "legal": {},
    "retention": (),
    "model": {"version": None},
    "log": {},
    "use": {},
    "answers": {},
    "harms": {},
    "not_built": (),
    "omissions": (),
}
"""The parts that facts have; one that is not given is empty, and no model is none in use."""


class _UnknownError(Exception):
    """A text needs a value that the system does not know."""


def document(format: str, facts: Mapping[str, Any], language: str = "da") -> Document:  # noqa: A002 - the CLI's word
    """Write a document from what is known; raises `UserError` for a format that there is not."""
    if format not in FORMATS:
        raise UserError(f"There is no public record in format {format!r}; there is {', '.join(FORMATS)}.")
    spec, facts = _template(format), {**_PARTS, **facts}
    sections = tuple(
        Section(section["title"][language], tuple(_item(item, facts, language) for item in section["items"]))
        for section in spec["sections"]
    )
    return Document(format, language, _written(spec["title"][language], facts) or format, sections)


def as_mapping(document: Document) -> dict[str, Any]:
    """Plain values, ready for JSON."""
    return {
        "format": document.format,
        "language": document.language,
        "title": document.title,
        "blanks": len(document.blanks),
        "sections": [
            {
                "title": section.title,
                "items": [
                    {"id": item.id, "name": item.name, "text": item.text, "ask": item.ask} for item in section.items
                ],
            }
            for section in document.sections
        ],
    }


def as_markdown(document: Document, blank: str) -> str:
    """The document as Markdown; `blank` marks what is missing, with `{ask}` for the question."""
    lines = [f"# {document.title}", ""]
    for section in document.sections:
        lines += [f"## {section.title}", ""]
        for item in section.items:
            text = item.text or blank.format(ask=item.ask)
            lines += [f"### {item.id} {item.name}", "", text, ""]
    return "\n".join(lines)


@cache
def _template(format: str) -> Mapping[str, Any]:  # noqa: A002 - the CLI's word
    text = (resources.files("ethics") / "data" / "public" / f"{format}.yaml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = yaml.safe_load(text)
    return read


def _item(item: Mapping[str, Any], facts: Mapping[str, Any], language: str) -> Item:
    text = _written(item["say"][language], facts)
    ask = item.get("ask", item["name"])[language] if text is None else None
    return Item(item["id"], item["name"][language], text, ask)


def _written(template: str, facts: Mapping[str, Any]) -> str | None:
    """The text with its values, or None when a value it needs is not known."""
    try:
        text = _environment().from_string(template).render({**facts, "unknown": None})
    except (UndefinedError, _UnknownError):
        return None
    return " ".join(text.split()) or None


def _known(value: Any) -> Any:
    """Refuse to write a value that is not known."""
    if value is None or value == "":
        raise _UnknownError
    return value


@cache
def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(undefined=StrictUndefined, finalize=_known, autoescape=False)
    environment.filters["join"] = _join
    return environment


def _join(values: Sequence[Any] | None, separator: str) -> str:
    """A list in words; an empty or unknown one is a value that is not known."""
    if not values:
        raise _UnknownError
    return separator.join(str(value) for value in values)
