"""Guidance documents as they were read: what they say, whose they are and when they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path

from assistant.core.errors import UserError

BUILT_IN = "indbygget"
"""The corpus name of the guidance that comes with the program."""

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes beyond which a file is refused: reading it would take the memory of the machine."""


@dataclass(frozen=True, slots=True)
class Section:
    """A marked place in a document's text: a page or a heading path that begins at `start` (an offset)."""

    start: int
    heading_path: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One guidance text.

    `text` is what passages and quotes are spans of; `sha256` is the hex digest of the bytes it was read from.
    `group` names the larger work it belongs to (a statute for one of its sections); it is the document itself
    when there is none. `sections` are marks that a reader found (pages, headings); empty means that
    `retrieval.passages` finds the structure in the text.
    """

    id: str
    title: str
    text: str
    sha256: str
    source: str
    law_refs: tuple[str, ...] = ()
    pathways: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    version: str = "1"
    confidence: float | None = None
    media_type: str = "text/plain"
    corpus: str = ""
    group: str = ""
    sections: tuple[Section, ...] = ()
    asked: tuple[str, ...] = ()
    """What people say when they mean this document; searched, never shown as its text."""
    whole: bool = False
    """Whether the text is one passage already (a row of a corpus) and must not be split."""

    @property
    def text_hash(self) -> str:
        """Hex SHA-256 of the stored text: what a quote is verified against."""
        return hashlib.sha256(self.text.encode()).hexdigest()


Reader = Callable[[Path, bytes], list[Document]]


def readers() -> Mapping[str, Reader]:
    """The reader of each file ending (lower case, with the dot)."""
    from retrieval.readers import docx, html, jsonl, lexdania, markdown, pdf, plain

    table: dict[str, Reader] = {".md": markdown.read, ".markdown": markdown.read, ".pdf": pdf.read}
    table |= {".docx": docx.read, ".html": html.read, ".htm": html.read, ".xml": lexdania.read}
    table |= {".txt": plain.read, ".text": plain.read, ".jsonl": jsonl.read, ".ndjson": jsonl.read}
    return table


def read_documents(path: Path, corpus: str = "") -> list[Document]:
    """Read one file: one document, or one for each row of a JSONL corpus.

    Raises `UserError` naming the file (and the line) when it is missing, empty, too large, of a kind that
    cannot be read or wrongly written.
    """
    from dataclasses import replace

    if not path.exists():
        raise UserError(f"{path}: there is no such file; check the path.")
    table = readers()
    reader = table.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(table))
        raise UserError(f"{path}: files ending in {path.suffix or 'nothing'!r} cannot be read; use one of {known}.")
    size = path.stat().st_size
    if size == 0:
        raise UserError(f"{path}: the file is empty (0 bytes); export it again.")
    if size > LARGEST_FILE:
        raise UserError(f"{path}: {size // 2**20} MB is more than {LARGEST_FILE // 2**20} MB; split the file.")
    documents = reader(path, path.read_bytes())
    return [replace(document, corpus=corpus) for document in documents] if corpus else documents


def read_document(path: Path, corpus: str = "") -> Document:
    """Read a file that holds one document; `UserError` when it holds several."""
    documents = read_documents(path, corpus)
    if len(documents) != 1:
        raise UserError(f"{path}: holds {len(documents)} documents where one was expected; use read_documents.")
    return documents[0]


def files_under(path: Path) -> list[Path]:
    """The readable files of a folder, in order of name; a file stands for itself.

    Raises `UserError` for a folder in which nothing can be read.
    """
    if path.is_file() or not path.exists():
        return [path]
    endings = readers().keys()
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in endings)
    if not files:
        raise UserError(f"{path}: the folder holds no file that can be read ({', '.join(sorted(endings))}).")
    return files


def built_in_guidance() -> list[Document]:
    """The demonstration guidance that comes with the program, in order of id."""
    folder = resources.files("retrieval") / "guidance"
    with resources.as_file(folder) as root:
        found = [read_document(file, BUILT_IN) for file in sorted(Path(root).rglob("*.md"))]
    from retrieval.asked import with_everyday

    return with_everyday(sorted(found, key=lambda document: document.id))


def decode(path: Path, data: bytes) -> str:
    """The text of a file in UTF-8 (a byte order mark is dropped, line ends become \\n).

    Raises `UserError` with the line of the first byte that is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(
            f"{path}: line {line} is not UTF-8 (perhaps Latin-1 or Windows-1252); save the file as UTF-8."
        ) from None
    if "\x00" in text:
        raise UserError(f"{path}: holds zero bytes, so it is no text file; export it as text, Markdown or PDF.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UserError(f"{path}: holds nothing but white space; export it again.")
    return text


def digest(data: bytes) -> str:
    """Hex SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def as_date(value: object, where: str, field: str) -> date | None:
    """A date from front matter or a row: a date, an ISO 8601 text or nothing; else a `UserError`."""
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UserError(f"{where}: {field} is {value!r}, which is no date; write it as 2026-11-22.") from None


def as_texts(value: object, where: str, field: str) -> tuple[str, ...]:
    """A tuple of texts from a list or one text; else a `UserError`."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return tuple(str(item) for item in value)
    raise UserError(f"{where}: {field} must be a list of texts, not {value!r}.")
