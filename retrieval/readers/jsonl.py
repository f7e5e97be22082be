"""A JSONL corpus: one row, one document, one passage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.core.errors import UserError
from retrieval.documents import Document, as_date, as_texts, decode, digest


def read(path: Path, data: bytes) -> list[Document]:
    """The rows `{"_id" or "id", "title", "text", law?, section?, url?, valid_from?, valid_to?}` in order.

    Raises `UserError` with the line of the first row that is wrong: no JSON, no or a repeated id, no text.
    """
    documents: list[Document] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(decode(path, data).split("\n"), start=1):
        if not line.strip():
            continue
        document = read_row(line, f"{path}: line {number}")
        if document.id in lines:
            raise UserError(f"{path}: line {number} repeats the id {document.id!r} of line {lines[document.id]}.")
        lines[document.id] = number
        documents.append(document)
    return documents


def read_row(line: str, where: str) -> Document:
    """One row as a document; `where` names file and line in errors."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{where} is not valid JSON ({error.msg}); each line must be one JSON object.") from None
    if not isinstance(row, dict):
        raise UserError(f"{where} is not a JSON object with _id, title and text.")
    identity = row.get("_id", row.get("id"))
    if identity is None or not str(identity).strip():
        raise UserError(f"{where} has no _id; give each row one.")
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise UserError(f"{where} ({identity}) has no text; fill it in or leave the row out.")
    law = str(row.get("law") or "")
    return Document(
        id=str(identity),
        title=str(row.get("title") or ""),
        text=text,
        sha256=digest(line.encode()),
        source=str(row.get("url") or row.get("source") or ""),
        law_refs=_law_refs(row, law, where),
        pathways=as_texts(row.get("pathways"), where, "pathways"),
        valid_from=as_date(row.get("valid_from"), where, "valid_from"),
        valid_to=as_date(row.get("valid_to"), where, "valid_to"),
        version=str(row.get("version") or "1"),
        media_type="application/jsonl",
        group=law,
        whole=True,
    )


def _law_refs(row: Mapping[str, Any], law: str, where: str) -> tuple[str, ...]:
    given = as_texts(row.get("law_refs"), where, "law_refs")
    section = str(row.get("section") or "").strip()
    if not (law and section):
        return given
    spaced = f"{section[:-1].strip()} {section[-1]}" if section[-1].isalpha() and len(section) > 1 else section
    return (f"{law} § {spaced.removeprefix('§').strip()}", *given)
