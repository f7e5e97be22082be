"""PDF: text in reading order, one or two columns, page numbers kept."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from assistant.core.errors import UserError
from retrieval.documents import Document, digest
from retrieval.readers.builder import TextBuilder

LARGER = 1.15
"""How many times the usual letter size a heading has at least."""

_LONGEST_HEADING = 140


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its words' text, left and right edge, top and letter size in points."""

    text: str
    left: float
    right: float
    top: float
    size: float


def read(path: Path, data: bytes) -> list[Document]:
    """One document with a section per page and heading.

    Raises `UserError` for an encrypted file, one that is no PDF, and one without text (a scan).
    """
    pages = [_in_order(_lines(words), width) for words, width in _words(path, data)]
    sizes = Counter(round(line.size, 1) for page in pages for line in page for _ in line.text.split())
    if not sizes:
        raise UserError(f"{path}: holds pictures of text but no text (a scan); run text recognition (OCR) on it first.")
    usual = sizes.most_common(1)[0][0]
    repeated = _repeated(pages)
    builder = TextBuilder()
    for number, page in enumerate(pages, start=1):
        builder.turn(number)
        for heading, text in _blocks([line for line in page if _shape(line.text) not in repeated], usual):
            if heading:
                builder.heading(1, text)
            else:
                builder.block(text)
    title = next((section.heading_path[0] for section in builder.sections if section.heading_path), path.stem)
    return [
        Document(
            path.stem, title, builder.text, digest(data), path.name,
            media_type="application/pdf", sections=tuple(builder.sections),
        )
    ]  # fmt: skip


def _words(path: Path, data: bytes) -> Iterator[tuple[list[dict[str, Any]], float]]:
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            for page in pdf.pages:
                yield page.extract_words(extra_attrs=["size"], use_text_flow=False), float(page.width)
                page.close()
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
            raise UserError(f"{path}: is encrypted; save it without a password.") from None
        raise UserError(f"{path}: is no readable PDF; export it again.") from None


def _lines(words: Sequence[dict[str, Any]]) -> list[Line]:
    """Words on one height, cut where a gap is wider than words stand apart: a column's edge."""
    rows: list[list[dict[str, Any]]] = []
    for word in sorted(words, key=lambda w: (round(w["bottom"]), w["x0"])):
        if rows and abs(rows[-1][-1]["bottom"] - word["bottom"]) <= 2.5:
            rows[-1].append(word)
        else:
            rows.append([word])
    lines = []
    for row in rows:
        row.sort(key=lambda w: w["x0"])
        part = [row[0]]
        for before, word in pairwise(row):
            if word["x0"] - before["x1"] > 1.2 * word["size"]:
                lines.append(_line(part))
                part = []
            part.append(word)
        lines.append(_line(part))
    return lines


def _line(words: Sequence[dict[str, Any]]) -> Line:
    return Line(
        " ".join(word["text"] for word in words),
        float(words[0]["x0"]),
        float(words[-1]["x1"]),
        float(min(word["top"] for word in words)),
        float(max(word["size"] for word in words)),
    )


def _in_order(lines: Sequence[Line], width: float) -> list[Line]:
    """Reading order: between lines that cross the middle, the left column first and then the right."""
    middle = width / 2
    crossing = [line for line in lines if line.left < middle - 5 and line.right > middle + 5]
    right = [line for line in lines if line.left >= middle - 5]
    left = [line for line in lines if line.right <= middle + 5]
    if len(right) < 4 or len(left) < 4 or len(crossing) > len(lines) / 2:
        return sorted(lines, key=lambda line: (round(line.top), line.left))
    ordered: list[Line] = []
    borders = [*sorted(line.top for line in crossing), float("inf")]
    above = float("-inf")
    for border in borders:
        for column in (left, right):
            ordered += sorted((line for line in column if above <= line.top < border), key=lambda line: line.top)
        ordered += [line for line in crossing if line.top == border]
        above = border
    return ordered


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text.strip())


def _repeated(pages: Sequence[Sequence[Line]]) -> set[str]:
    """First and last lines that stand on most of at least three pages: running heads and page numbers."""
    if len(pages) < 3:
        return set()
    edges = Counter(shape for page in pages if page for shape in {_shape(page[0].text), _shape(page[-1].text)})
    return {shape for shape, count in edges.items() if count > len(pages) / 2}


def _blocks(lines: Sequence[Line], usual: float) -> Iterator[tuple[bool, str]]:
    """Headings (larger letters) and paragraphs; words cut at a line's end are put together."""
    text, before = "", None
    for line in lines:
        large = line.size >= LARGER * usual and len(line.text) <= _LONGEST_HEADING
        gap = before is not None and (line.top - before.top > 1.7 * before.size or line.top < before.top)
        was_large = before is not None and before.size >= LARGER * usual
        if text and ((gap and not _goes_on(text, line)) or large != was_large):
            yield was_large, text
            text = ""
        text = _joined(text, line.text)
        before = line
    if text and before is not None:
        yield before.size >= LARGER * usual, text


def _goes_on(text: str, line: Line) -> bool:
    """Whether a paragraph runs on over a column's or page's end."""
    return text[-1] not in ".:;?!" and line.text[:1].islower()


def _joined(text: str, more: str) -> str:
    if not text:
        return more
    if re.search(r"[a-zæøå]-$", text) and more[:1].islower():
        return text[:-1] + more
    return f"{text} {more}"
