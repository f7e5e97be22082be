"""Read a query as a caseworker or citizen types it: words, parts of words, other names, law references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.core.errors import UserError
from retrieval.analysis import char_ngrams, content, stems, words
from retrieval.compounds import CompoundSplitter
from retrieval.law_refs import LawNames, LawRef, find_law_refs
from retrieval.lexical import bag_of
from retrieval.sequences import pair_counts
from retrieval.thesaurus import Expansion, Thesaurus, expansion_terms

GRAM = 5
"""Letters in a letter group: the length that did best alone on Danish statutes, at a third of the postings of 4-6."""

_LETTERED = re.compile(r"\d+[a-zæø]")
"""A section number with its letter, typed without §: "83a"."""

LONGEST_QUERY = 2000
"""Words of a query that are read; the rest is passed over, and the reader of the answer is told."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for, one bag of weighted terms per way of looking."""

    text: str
    stems: Mapping[str, float]
    grams: Mapping[str, float]
    parts: Mapping[str, float]
    pairs: Mapping[tuple[str, str], int]
    expanded: Mapping[str, float]
    expansions: tuple[Expansion, ...]
    refs: tuple[LawRef, ...]
    forms: Mapping[str, str]
    """The word as it was typed, for each stem and part."""
    cut: bool = False

    @property
    def length(self) -> int:
        """Different words that are searched for."""
        return len(self.stems)


def read_query(text: str, thesaurus: Thesaurus, splitter: CompoundSplitter, laws: LawNames) -> Query:
    """Analyse a query.

    Raises `UserError` when it has no word to search for.
    """
    tokens = words(text)
    tokens += [f"§{token}" for token in tokens if _LETTERED.fullmatch(token)]
    if not tokens:
        raise UserError("The query is empty; write what you look for, for example: frist for genoptræning.")
    cut = len(tokens) > LONGEST_QUERY
    tokens = tokens[:LONGEST_QUERY]
    kept = content(tokens)
    if not kept:
        raise UserError(
            f"The query {text.strip()[:60]!r} holds only words that stand in every text; add a word for the subject."
        )
    roots = stems(kept)
    pieces = [(form, part) for form in kept for part in splitter.parts(form)]
    part_roots = stems([part for _, part in pieces])
    expansions = tuple(thesaurus.expand(tokens))
    grams = bag_of(gram for word in kept for gram in char_ngrams(word, GRAM, GRAM))
    forms = dict(zip(part_roots, (form for form, _ in pieces), strict=True)) | dict(zip(roots, kept, strict=True))
    return Query(
        text=text,
        stems={term: float(count) for term, count in bag_of(roots).items()},
        grams={term: float(count) for term, count in grams.items()},
        parts={term: float(count) for term, count in bag_of([*roots, *part_roots]).items()},
        pairs=pair_counts([root for root in roots if root[0] != "§"]),
        expanded=expansion_terms(expansions, roots),
        expansions=expansions,
        refs=tuple(find_law_refs(text, laws, typed=True)) if len(text) < 20_000 else (),
        forms=forms,
        cut=cut,
    )
