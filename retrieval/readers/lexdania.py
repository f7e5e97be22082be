"""Danish statutes as retsinformation serves them in XML (LexDania)."""

from __future__ import annotations

import re
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from assistant.core.errors import UserError
from retrieval.documents import Document, as_date, digest
from retrieval.readers.builder import TextBuilder

_LEVELS = {"Bog": 1, "Afsnit": 2, "Kapitel": 3, "ParagrafGruppe": 4}
_SECTION_LEVEL = 5
_PASSED_OVER = {"Nota", "Ikraft", "UnderskriftGruppe", "Meta", "Hymne"}


def read(path: Path, data: bytes) -> list[Document]:
    """One document: a section per §, under its chapter and heading; validity from the document's own data.

    Raises `UserError` for XML that is broken or is no LexDania document.
    """
    etree: Any = import_module("lxml.etree")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UserError(f"{path}: line {error.lineno or 1} is not valid XML; download it again.") from None
    if _name(root) != "Dokument":
        raise UserError(f"{path}: is XML but no statute in LexDania form (root {_name(root)!r}); import it as HTML.")
    meta = {_name(item): _text(item) for part in root if _name(part) == "Meta" for item in part}
    builder = TextBuilder()
    for part in root:
        _walk(part, builder)
    if not builder.parts:
        raise UserError(f"{path}: holds no sections; only its description was published. Import the HTML or PDF.")
    title = meta.get("DocumentTitle") or path.stem
    number = f"{meta.get('Year', '')}:{meta.get('Number', '')}".strip(":")
    return [
        Document(
            id=meta.get("AccessionNumber") or path.stem,
            title=meta.get("PopularTitle") or title,
            text=builder.text,
            sha256=digest(data),
            source=number or path.name,
            valid_from=_date(meta, "StartDate", path),
            # EndDate of an act in force is the next change that was known then, not its end.
            valid_to=_date(meta, "EndDate", path) if meta.get("Status") == "Historic" else None,
            version=meta.get("Number") or "1",
            media_type="application/xml",
            group=meta.get("PopularTitle") or re.sub(r"^Bekendtgørelse af ", "", title),
            sections=tuple(builder.sections),
        )
    ]


def _date(meta: dict[str, str], field: str, path: Path) -> date | None:
    value = meta.get(field, "")[:10]
    return as_date(value, str(path), field)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    """All text but notes, with single spaces."""
    parts = [element.text or ""]
    for child in element:
        if _name(child) not in _PASSED_OVER:
            parts += [_text(child)]
        parts.append(child.tail or "")
    return " ".join(" ".join(parts).split())


def _own(element: Any, name: str) -> str:
    return " ".join(_text(child) for child in element if _name(child) == name)


def _walk(element: Any, builder: TextBuilder) -> None:
    name = _name(element)
    if name in _PASSED_OVER:
        return
    if name == "Paragraf":
        _section(element, builder)
        return
    if name in _LEVELS:
        heading = " ".join(part for part in (_own(element, "Explicatus"), _own(element, "Rubrica")) if part)
        if heading:
            builder.under(_LEVELS[name], heading)
    elif name in ("Titel", "Indledning", "Bilag"):
        builder.block(_text(element))
        return
    for child in element:
        _walk(child, builder)


def _section(element: Any, builder: TextBuilder) -> None:
    """One §: its first stk. begins with the number, as in print."""
    number = _own(element, "Explicatus").rstrip(".")
    builder.under(_SECTION_LEVEL, number)
    lead = f"{number}." if number else ""
    parts = [child for child in element if _name(child) != "Explicatus" and _text(child)]
    for part in parts:
        builder.block(f"{lead} {_text(part)}")
        lead = ""
