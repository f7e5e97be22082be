"""Say why a passage was found, in words that a reader can check against the passage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.core.texts import Texts
from retrieval.analysis import char_ngrams, stems, words
from retrieval.compounds import CompoundSplitter
from retrieval.law_refs import LawRef, read_labels, same_place
from retrieval.passages import Passage
from retrieval.queries import GRAM, Query

MOST = 8
"""Reasons shown for one hit."""

ALIKE = 0.5
"""Share of a typed word's letter groups that a word must have to count as resembling it."""

CLEAR_MEANING = 0.3
"""Cosine from which the encoder's nearness is worth telling."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One way a passage matched: `said` in the query, `meant` in the passage."""

    kind: str
    said: str
    meant: str = ""
    percent: int = 0

    def text(self, texts: Texts) -> str:
        """The reason as a phrase for people."""
        return texts(f"matched-{self.kind}", said=self.said, meant=self.meant, percent=self.percent)


def reasons(query: Query, passage: Passage, splitter: CompoundSplitter, nearness: float) -> list[Reason]:
    """At most `MOST` reasons, the surest first; `nearness` is the encoder's cosine (0 without one)."""
    forms = words(passage.text)
    there = dict(zip(stems(forms), forms, strict=True))
    head_forms = words(" ".join((passage.document_title, *passage.heading_path)))
    head = set(stems(head_forms))
    found = [Reason("ref", ref.label) for ref in query.refs if _points_to(passage.law_refs, ref)]
    found += [Reason("heading", query.forms[stem]) for stem in query.stems if stem in head]
    found += [Reason("word", query.forms[stem]) for stem in query.stems if stem in there and stem not in head]
    found += _expansions(query, there.keys() | head)
    found += _parts(query, there.keys(), head, forms, splitter)
    missing = [query.forms[stem] for stem in query.stems if stem not in there and stem not in head]
    found += list(_spellings(missing, forms))
    if nearness >= CLEAR_MEANING:
        found.append(Reason("meaning", "", percent=round(100 * min(nearness, 1.0))))
    return list(dict.fromkeys(found))[:MOST]


def _points_to(labels: Sequence[str], ref: LawRef) -> bool:
    return any(same_place(ref, other) for label in labels for other in read_labels(label))


def _expansions(query: Query, there: set[str]) -> list[Reason]:
    return [
        Reason("expansion", expansion.said, expansion.meant)
        for expansion in query.expansions
        if set(stems(words(expansion.meant))) <= there
    ]


def _parts(
    query: Query, there: Collection[str], head: set[str], forms: Sequence[str], splitter: CompoundSplitter
) -> Iterator[Reason]:
    wanted = query.parts.keys() - there - head
    pieces = {stem for form in set(forms) for stem in stems(splitter.parts(form))} if wanted else set()
    seen = set(there) | head
    for part in query.parts:
        whole = part in query.stems
        if (whole and part not in seen and part in pieces) or (not whole and part in seen | pieces):
            yield Reason("part", part if whole else query.forms[part])


def _spellings(missing: Sequence[str], forms: Sequence[str]) -> Iterator[Reason]:
    there = dict.fromkeys(form for form in forms if len(form) >= GRAM)
    for word in missing:
        own = _grams(word)
        if len(own) < 3:
            continue
        shared = [(len(own & _grams(form)) / len(own), form) for form in there]
        best = max(shared, default=(0.0, ""))
        if best[0] >= ALIKE:
            yield Reason("spelling", word, best[1])


@lru_cache(maxsize=50_000)
def _grams(word: str) -> frozenset[str]:
    return frozenset(char_ngrams(word, GRAM, GRAM))
