"""Readability: LIX and sentence lengths.

LIX = words / sentences + 100 * long words / words, long meaning more than six letters (C. H. Björnsson, Läsbarhet,
1968). A sentence ends at `.`, `!`, `?`, `:` or the end of a line, which counts list items and headings as sentences,
as Björnsson's own rule (period, colon, capital after them) does. Under 25 is easy for all, 35 is what everyday
prose has, over 45 is hard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONG_WORD = 6
"""A word with more letters than this is long."""

_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
# A full stop inside a date or an abbreviation ("18. november", "stk. 1") ends no sentence: what follows is no capital.
_LIX_END = re.compile(r"[.!?:](?=\s+[^a-zæøå0-9§]|\s*$)|:|\n")
_SENTENCE_END = re.compile(r"[.!?](?=[»«\"”’)]*\s+[^a-zæøå0-9§]|[»«\"”’)]*\s*$)|\n")


@dataclass(frozen=True, slots=True)
class Readability:
    """How a text reads: LIX, words, sentences, the longest sentence in words."""

    lix: float
    words: int
    sentences: int
    longest: int


def words_of(text: str) -> list[str]:
    """The words of a text; a hyphenated word is one.

    >>> words_of("KOL-rehabilitering, § 119: 4 gange.")
    ['KOL-rehabilitering', '119', '4', 'gange']
    """
    return _WORD.findall(text)


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a line end is a sentence end.

    >>> sentences_of("Du kom hjem 18. november. Ring til os!\\nTak")
    ['Du kom hjem 18. november', 'Ring til os', 'Tak']
    """
    return [part.strip() for part in _SENTENCE_END.split(text) if words_of(part)]


def lix(text: str) -> float:
    """The text's LIX; `ValueError` for a text without words.

    >>> round(lix("Du kan klage. Ring til kommunen."), 1)
    19.7
    """
    return readability(text).lix


def readability(text: str) -> Readability:
    """LIX, words, sentences and longest sentence of a text; `ValueError` for a text without words."""
    words = words_of(text)
    if not words:
        raise ValueError("a text without words has no readability")
    counted = sum(1 for part in _LIX_END.split(text) if words_of(part))
    long = sum(1 for word in words if sum(letter.isalpha() for letter in word) > LONG_WORD)
    spoken = sentences_of(text)
    return Readability(
        lix=len(words) / counted + 100 * long / len(words),
        words=len(words),
        sentences=counted,
        longest=max(len(words_of(sentence)) for sentence in spoken),
    )


def mean_lix(texts: Iterable[str]) -> float:
    """The mean LIX of several texts; `ValueError` when there is none."""
    values = [lix(text) for text in texts]
    if not values:
        raise ValueError("no texts, so no mean readability")
    return sum(values) / len(values)
