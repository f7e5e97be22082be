"""Split a document where its own structure says so; every passage is an exact span of the stored text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from retrieval.documents import Document, Section
from retrieval.law_refs import LawNames, find_law_refs, read_labels

LONGEST = 1400
"""Characters a passage aims to stay under; one paragraph alone may be longer, up to twice this."""

SHORTEST = 350
"""Characters below which a paragraph is joined with the next one under the same heading."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document that can be found and quoted: `text` is the stored text's [start:end]."""

    id: str
    document_id: str
    document_title: str
    heading_path: tuple[str, ...]
    text: str
    start: int
    end: int
    page: int | None = None
    law_refs: tuple[str, ...] = ()
    pathways: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    corpus: str = ""
    group: str = ""
    source: str = ""
    version: str = "1"

    def holds_on(self, day: date) -> bool:
        """Whether the passage is valid on `day` (both ends included; no end means no limit)."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.M)
_STATUTE = re.compile(r"^§\s*\d+\s?[a-zæø]?\.\s", re.M)
_BLANK = re.compile(r"\n[ \t]*\n+")
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-ZÆØÅ§])")


def split(document: Document, laws: LawNames) -> list[Passage]:
    """The passages in order; ids are the document's id and a number (a whole row keeps its id)."""
    if document.whole:
        return [_passage(document, laws, document.id, (0, len(document.text)), Section(0))]
    spans = [
        span
        for mark, start, end in _sections(document)
        for span in _blocks(document.text, mark, start, end)
        if not _only_a_note(document, span[1], span[2])
    ]
    return [
        _passage(document, laws, f"{document.id}#{number}", (start, end), mark)
        for number, (mark, start, end) in enumerate(spans, start=1)
    ]


def _passage(document: Document, laws: LawNames, name: str, span: tuple[int, int], mark: Section) -> Passage:
    text = document.text[span[0] : span[1]]
    default = laws.short(document.group) if document.group else None
    own = [ref.label for ref in find_law_refs(" — ".join((*mark.heading_path, text)), laws, default)]
    given = [label for text_label in document.law_refs for label in normal_labels(text_label, laws)]
    # A statute's own section stands first, what it mentions after it; in guidance the passage's own come first.
    labels = dict.fromkeys([*given, *own] if document.whole else [*own, *given])
    return Passage(
        id=name,
        document_id=document.id,
        document_title=document.title,
        heading_path=mark.heading_path,
        text=text,
        start=span[0],
        end=span[1],
        page=mark.page,
        law_refs=tuple(labels),
        pathways=document.pathways,
        valid_from=document.valid_from,
        valid_to=document.valid_to,
        corpus=document.corpus,
        group=document.group or document.id,
        source=document.source,
        version=document.version,
    )


def _only_a_note(document: Document, start: int, end: int) -> bool:
    """Whether a span is nothing but Markdown quotation: a note about the document, no guidance."""
    lines = document.text[start:end].splitlines()
    return document.media_type == "text/markdown" and all(line.startswith(">") or not line for line in lines)


def normal_labels(label: str, laws: LawNames) -> list[str]:
    """Law references in the one way to write them; left alone when they cannot be read.

    >>> names = LawNames.of({"SUL": {"aliases": ["sundhedsloven"]}})
    >>> normal_labels("sundhedsloven §140a", names), normal_labels("ældreloven som helhed", names)
    (['SUL § 140 a'], ['ældreloven som helhed'])
    """
    refs = [replace(ref, law=laws.short(ref.law) or ref.law) for ref in read_labels(label)]
    return [ref.label for ref in refs] or [label]


def _sections(document: Document) -> Iterator[tuple[Section, int, int]]:
    marks = list(document.sections) or list(_found_marks(document))
    if not marks or marks[0].start > 0:
        marks.insert(0, Section(0))
    ends = [mark.start for mark in marks[1:]] + [len(document.text)]
    for mark, end in zip(marks, ends, strict=True):
        yield mark, mark.start, end


def _found_marks(document: Document) -> Iterator[Section]:
    if document.media_type == "text/markdown":
        path: list[str] = []
        for match in _HEADING.finditer(document.text):
            level = len(match[1])
            path = [*path[: level - 1], match[2].strip()]
            yield Section(match.start(), tuple(path))
    else:
        for match in _STATUTE.finditer(document.text):
            yield Section(match.start(), (match[0].strip().rstrip("."),))


def _blocks(text: str, mark: Section, start: int, end: int) -> Iterator[tuple[Section, int, int]]:
    """Spans of about `SHORTEST` to `LONGEST` characters within one section, cut between paragraphs."""
    heading = _HEADING.match(text, start)
    begin = heading.end() if heading and heading.end() <= end else start
    open_at: int | None = None
    last = begin
    for low, high in _paragraphs(text, begin, end):
        if open_at is not None and high - open_at > LONGEST and last - open_at >= SHORTEST:
            yield mark, open_at, last
            open_at = None
        open_at = low if open_at is None else open_at
        last = high
    if open_at is not None:
        yield mark, open_at, last


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraphs of [start:end] without white space around; one that is too long is cut at sentences."""
    place = start
    for stop in [match.start() for match in _BLANK.finditer(text, start, end)] + [end]:
        yield from _pieces(text, *_trim(text, place, stop))
        place = stop


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > 2 * LONGEST:
        cuts = [match.end() for match in _SENTENCE.finditer(text, start, start + LONGEST)]
        cut = cuts[-1] if cuts else start + LONGEST
        yield _trim(text, start, cut)
        start = cut
    if end > start:
        yield _trim(text, start, end)
