"""The passages and source texts of an index, on disk and read one at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.documents import Document
from retrieval.passages import Passage


@dataclass(frozen=True, slots=True)
class Source:
    """One stored version of a document: what quotes are verified against."""

    document_id: str
    version: str
    sha256: str
    text_hash: str
    text: str
    source: str
    media_type: str


class Lines:
    """A growing list of JSON objects; those that were loaded from a file are read from it when asked for."""

    def __init__(self, path: Path | None = None) -> None:
        self._file: Any = b""
        self._starts = np.zeros(1, np.int64)
        self._new: list[dict[str, Any]] = []
        if path is not None:
            self._file = np.memmap(path, np.uint8, "r") if path.stat().st_size else b""
            self._starts = np.load(path.with_suffix(".starts.npy"))

    def __len__(self) -> int:
        return len(self._starts) - 1 + len(self._new)

    def __getitem__(self, row: int) -> dict[str, Any]:
        stored = len(self._starts) - 1
        if row >= stored:
            return self._new[row - stored]
        found: dict[str, Any] = json.loads(bytes(self._file[self._starts[row] : self._starts[row + 1]]))
        return found

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[row] for row in range(len(self)))

    def append(self, row: dict[str, Any]) -> None:
        """Add one object."""
        self._new.append(row)

    def save(self, path: Path) -> None:
        """Write all objects, one a line, and where each begins."""
        starts = [0]
        with path.open("wb") as out:
            for row in self:
                starts.append(starts[-1] + out.write(json.dumps(row, ensure_ascii=False).encode() + b"\n"))
        np.save(path.with_suffix(".starts.npy"), np.array(starts, np.int64))


def passage_row(passage: Passage) -> dict[str, Any]:
    """A passage as JSON."""
    row = asdict(passage)
    for key in ("valid_from", "valid_to"):
        row[key] = row[key].isoformat() if row[key] else None
    return row


_TUPLES = ("heading_path", "law_refs", "pathways")


def row_passage(row: dict[str, Any]) -> Passage:
    """The passage that `passage_row` wrote."""
    values = {field.name: row[field.name] for field in fields(Passage)}
    for key in _TUPLES:
        values[key] = tuple(values[key])
    for key in ("valid_from", "valid_to"):
        values[key] = date.fromisoformat(values[key]) if values[key] else None
    return Passage(**values)


def source_row(document: Document) -> dict[str, Any]:
    """A document's stored version as JSON."""
    return {
        "document_id": document.id,
        "title": document.title,
        "version": document.version,
        "sha256": document.sha256,
        "text_hash": document.text_hash,
        "text": document.text,
        "source": document.source,
        "media_type": document.media_type,
        "law_refs": list(document.law_refs),
        "pathways": list(document.pathways),
        "valid_from": document.valid_from.isoformat() if document.valid_from else None,
        "valid_to": document.valid_to.isoformat() if document.valid_to else None,
        "corpus": document.corpus,
        "asked": list(document.asked),
    }


def content_version(hashes: Iterable[str]) -> str:
    """A short name for exactly this content, whatever the order it came in."""
    whole = "\n".join(sorted(hashes))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def state_hash(row: dict[str, Any]) -> str:
    """The hash of all that a search can show of a document version (the text by its own hash)."""
    shown = {key: value for key, value in row.items() if key != "text"}
    return hashlib.sha256(json.dumps(shown, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
