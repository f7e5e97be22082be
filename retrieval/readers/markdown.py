"""Markdown with YAML front matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from assistant.core.errors import UserError
from retrieval.documents import Document, as_date, as_texts, decode, digest


def read(path: Path, data: bytes) -> list[Document]:
    """One document; front matter may name id, title, law_refs, pathways, validity, version and confidence.

    The text begins after the front matter. Raises `UserError` with the line of a fault in it.
    """
    whole = decode(path, data)
    meta, text = split_front_matter(path, whole)
    title = meta.get("title") or first_heading(text) or path.stem
    confidence = meta.get("confidence")
    if confidence is not None and not isinstance(confidence, int | float):
        raise UserError(f"{path}: confidence is {confidence!r}; write a number from 0 to 1.")
    return [
        Document(
            id=str(meta.get("id") or path.stem),
            title=str(title),
            text=text,
            sha256=digest(data),
            source=str(meta.get("source") or path.name),
            law_refs=as_texts(meta.get("law_refs"), str(path), "law_refs"),
            pathways=as_texts(meta.get("pathways"), str(path), "pathways"),
            valid_from=as_date(meta.get("valid_from"), str(path), "valid_from"),
            valid_to=as_date(meta.get("valid_to"), str(path), "valid_to"),
            version=str(meta.get("version") or "1"),
            confidence=None if confidence is None else float(confidence),
            media_type="text/markdown",
            corpus=str(meta.get("corpus") or ""),
            group=str(meta.get("group") or ""),
            asked=as_texts(meta.get("asked"), str(path), "asked"),
        )
    ]


def split_front_matter(path: Path, whole: str) -> tuple[dict[str, Any], str]:
    """The front matter as a mapping, and the text after it."""
    if not whole.startswith("---\n"):
        return {}, whole
    end = whole.find("\n---", 3)
    if end < 0:
        raise UserError(f"{path}: line 1 opens front matter with --- but no later line closes it.")
    body = whole[whole.find("\n", end + 1) + 1 :] if "\n" in whole[end + 1 :] else ""
    try:
        meta = yaml.safe_load(whole[4 : end + 1]) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise UserError(f"{path}: line {line} of the front matter is not valid YAML; check its quotes.") from None
    if not isinstance(meta, dict):
        raise UserError(f"{path}: the front matter must be `key: value` lines.")
    if not body.strip():
        raise UserError(f"{path}: there is no text after the front matter.")
    return meta, body


def first_heading(text: str) -> str | None:
    """The text of the first `# heading`, if there is one."""
    for line in text.splitlines():
        if line.startswith("# "):
            return line[2:].strip()
    return None
