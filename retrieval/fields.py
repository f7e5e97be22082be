"""From texts to the indexes that are searched: words once, everything else from the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from retrieval.analysis import char_ngrams, stems, words
from retrieval.compounds import CompoundSplitter
from retrieval.lexical import Postings, Saturation, bag_of, build_postings
from retrieval.queries import GRAM

TermsOf = Callable[[Sequence[str]], list[list[str]]]
"""For each word, the terms that stand for it in a field."""


def stem_terms(forms: Sequence[str]) -> list[list[str]]:
    """Each word's stem."""
    return [[stem] for stem in stems(forms)]


def gram_terms(forms: Sequence[str]) -> list[list[str]]:
    """Each word's letter groups; § words and numbers have none."""
    return [[] if form[0] == "§" or form.isdigit() else char_ngrams(form, GRAM, GRAM) for form in forms]


def part_terms(splitter: CompoundSplitter) -> TermsOf:
    """Each word's stem and, for a compound, the stems of its parts."""

    def terms(forms: Sequence[str]) -> list[list[str]]:
        return [[stem, *stems(splitter.parts(form))] for form, stem in zip(forms, stems(forms), strict=True)]

    return terms


def count_words(texts: Iterable[str]) -> tuple[Any, list[str]]:
    """A sparse matrix of counts (texts, words) and the words in the order they appear."""
    from scipy import sparse

    numbers: dict[str, int] = {}
    columns: list[int] = []
    starts = [0]
    for text in texts:
        columns.extend(numbers.setdefault(word, len(numbers)) for word in words(text))
        starts.append(len(columns))
    ones = np.ones(len(columns), np.float32)
    matrix = sparse.csr_matrix((ones, columns, starts), shape=(len(starts) - 1, len(numbers)))
    matrix.sum_duplicates()
    return matrix, list(numbers)


def build_field(counts: Any, forms: Sequence[str], terms_of: TermsOf, kind: Saturation) -> Postings:
    """A field's index from word counts."""
    from scipy import sparse

    terms = terms_of(forms)
    numbers: dict[str, int] = {}
    columns = [numbers.setdefault(term, len(numbers)) for term in chain.from_iterable(terms)]
    starts = np.concatenate([[0], np.cumsum([len(group) for group in terms])])
    ones = np.ones(len(columns), np.float32)
    to_terms = sparse.csr_matrix((ones, columns, starts), shape=(len(forms), len(numbers)))
    return build_postings(counts @ to_terms, numbers, kind)


def bags(texts: Sequence[str], terms_of: TermsOf) -> list[dict[str, int]]:
    """The terms of a few texts with counts, for adding to a field."""
    return [dict(bag_of(chain.from_iterable(terms_of(words(text))))) for text in texts]
