"""The words of each passage in order, to see which of a query's neighbouring words stand together there too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.lexical import Postings

WINDOW = 4
"""Content words within which two words stand together."""

K1, B = 1.2, 0.6


@dataclass(slots=True)
class Sequences:
    """Stem numbers of content words: row r's are `terms[starts[r]:starts[r + 1]]`."""

    starts: NDArray[np.int64]
    terms: NDArray[np.int32]

    def add(self, rows: Sequence[Sequence[int]]) -> None:
        """Append rows."""
        ends = self.starts[-1] + np.cumsum([len(row) for row in rows])
        flat = np.array([term for row in rows for term in row], np.int32)
        self.terms = np.concatenate([self.terms, flat])
        self.starts = np.concatenate([self.starts, ends]).astype(np.int64)

    def save(self, folder: Path) -> None:
        """Write both arrays."""
        np.save(folder / "sequence_starts.npy", self.starts)
        np.save(folder / "sequence_terms.npy", self.terms)

    @classmethod
    def load(cls, folder: Path) -> Sequences:
        """Read what `save` wrote; the words stay on disk until they are used."""
        return cls(np.load(folder / "sequence_starts.npy"), np.load(folder / "sequence_terms.npy", mmap_mode="r"))


def pair_counts(order: Sequence[str]) -> Mapping[tuple[str, str], int]:
    """The ordered pairs of different stems at most `WINDOW` apart, with counts.

    >>> sorted(pair_counts(["frist", "genoptræning", "frist"]))
    [('frist', 'genoptræning'), ('genoptræning', 'frist')]
    """
    return Counter(
        (first, second)
        for place, first in enumerate(order)
        for second in order[place + 1 : place + 1 + WINDOW]
        if first != second
    )


def pair_scores(
    sequences: Sequences,
    stems: Postings,
    pairs: Mapping[tuple[str, str], int],
    rows: NDArray[np.int64],
) -> NDArray[np.float64]:
    """For each row, BM25 over the query's pairs; a pair is as rare as its commoner word. Shape (rows,)."""
    known = {pair: count for pair, count in pairs.items() if all(term in stems.vocabulary for term in pair)}
    if not known or not len(rows):
        return np.zeros(len(rows))
    numbers = np.array(sorted({stems.vocabulary[term] for pair in known for term in pair}))
    rarity = stems.rarities(numbers)
    local = np.full(len(stems.found_in), -1, np.int16)
    local[numbers] = np.arange(len(numbers))
    table = np.full((len(numbers), len(numbers)), -1, np.int64)
    weights = np.empty(len(known))
    for place, ((first, second), count) in enumerate(known.items()):
        one, two = local[stems.vocabulary[first]], local[stems.vocabulary[second]]
        table[one, two] = place
        weights[place] = count * min(rarity[one], rarity[two])
    counts = _counts(sequences, rows, local, table, len(known))
    lengths = np.diff(sequences.starts)
    norm = K1 * (1 - B + B * lengths[rows] / max(float(lengths.mean()), 1.0))
    scores: NDArray[np.float64] = (counts * (K1 + 1) / (counts + norm[:, None])) @ weights
    return scores


def _counts(
    sequences: Sequences,
    rows: NDArray[np.int64],
    local: NDArray[np.int16],
    table: NDArray[np.int64],
    pairs: int,
) -> NDArray[np.float64]:
    """How often each pair stands in each row, shape (rows, pairs)."""
    starts, ends = sequences.starts[rows], sequences.starts[rows + 1]
    sizes = ends - starts
    owner = np.repeat(np.arange(len(rows)), sizes)
    inside = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    words = local[sequences.terms[np.repeat(starts, sizes) + inside]]
    found = np.zeros(len(rows) * pairs)
    for step in range(1, WINDOW + 1):
        first, second = words[:-step], words[step:]
        at = np.flatnonzero((first >= 0) & (second >= 0) & (owner[:-step] == owner[step:]))
        codes = table[first[at], second[at]]
        real = codes >= 0
        keys = owner[at][real] * pairs + codes[real]
        found += np.bincount(keys, minlength=len(found))
    return found.reshape(len(rows), pairs)
