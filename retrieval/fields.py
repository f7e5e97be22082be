"""From texts to the indexes that are searched: words once, everything else from the words."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.analysis import char_ngrams, content, stems, stop_words, words
from retrieval.compounds import CompoundSplitter
from retrieval.lexical import Postings, Saturation, bag_of, build_postings
from retrieval.queries import GRAM
from retrieval.sequences import Sequences

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


@dataclass(frozen=True, slots=True)
class Words:
    """The words of texts: `forms` in the order they appear, and each text's words in order as numbers of forms."""

    forms: list[str]
    numbers: NDArray[np.int32]
    starts: NDArray[np.int64]

    def counts(self) -> Any:
        """How often each text has each word: a sparse matrix (texts, forms)."""
        from scipy import sparse

        ones = np.ones(len(self.numbers), np.float32)
        shape = (len(self.starts) - 1, len(self.forms))
        matrix = sparse.csr_matrix((ones, self.numbers.copy(), self.starts.copy()), shape=shape)
        matrix.sum_duplicates()
        return matrix


def read_words(texts: Iterable[str]) -> Words:
    """The words of texts."""
    numbers: dict[str, int] = {}
    flat = array("i")  # four bytes a word: a list would take ten times as much
    starts = [0]
    for text in texts:
        flat.extend(numbers.setdefault(word, len(numbers)) for word in words(text))
        starts.append(len(flat))
    return Words(
        list(numbers), np.frombuffer(flat, np.int32) if flat else np.empty(0, np.int32), np.array(starts, np.int64)
    )


def count_words(texts: Iterable[str]) -> tuple[Any, list[str]]:
    """A sparse matrix of counts (texts, words) and the words in the order they appear."""
    read = read_words(texts)
    return read.counts(), read.forms


def build_sequences(read: Words, vocabulary: Mapping[str, int]) -> Sequences:
    """The stem numbers of content words in order; `vocabulary` numbers the stems."""
    drop = stop_words()
    number = np.array(
        [
            -1 if form in drop or form[0] == "§" else vocabulary[stem]
            for form, stem in zip(read.forms, stems(read.forms), strict=True)
        ],
        np.int32,
    )
    terms = number[read.numbers] if len(number) else np.empty(0, np.int32)
    kept = terms >= 0
    before = np.concatenate([[0], np.cumsum(kept)])
    return Sequences(before[read.starts].astype(np.int64), terms[kept])


def sequence_of(text: str, vocabulary: Mapping[str, int]) -> list[int]:
    """One text's content stems as numbers."""
    kept = [form for form in content(words(text)) if form[0] != "§"]
    return [vocabulary[stem] for stem in stems(kept)]


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
