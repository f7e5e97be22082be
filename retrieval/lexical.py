"""Sparse word and letter-group indexes: BM25 postings that grow and shrink without being rebuilt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Terms = Mapping[str, float]
"""Query terms with their weights."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """BM25's two constants: how fast repeats stop counting (k1), how much length counts (b)."""

    k1: float = 1.2
    b: float = 0.6


@dataclass(slots=True)
class Postings:
    """An inverted index of one field over `size` rows.

    For term number t the rows are `rows[starts[t]:starts[t + 1]]`, ascending, and `weights` there holds BM25's
    term-frequency part; the rarity part is taken from `found_in` when a query comes, so that adding a row
    changes no stored weight. `mean_length` is fixed when the field is first built, for the same reason.
    """

    vocabulary: dict[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    found_in: NDArray[np.int64]
    size: int
    live: int
    mean_length: float
    saturation: Saturation = field(default_factory=Saturation)

    def score(self, terms: Terms) -> Floats:
        """BM25 of every row for the weighted terms; unknown terms count for nothing. Shape (size,)."""
        known = [
            (number, weight) for term, weight in terms.items() if (number := self.vocabulary.get(term)) is not None
        ]
        if not known:
            return np.zeros(self.size)
        numbers = np.array([number for number, _ in known])
        weights = np.array([weight for _, weight in known]) * self.rarities(numbers)
        lows, sizes = self.starts[numbers], self.starts[numbers + 1] - self.starts[numbers]
        places = np.arange(int(sizes.sum())) + np.repeat(lows - np.cumsum(sizes) + sizes, sizes)
        values = self.weights[places] * np.repeat(weights, sizes)
        return np.bincount(self.rows[places], weights=values, minlength=self.size).astype(np.float64, copy=False)

    def rarities(self, numbers: NDArray[np.int64]) -> Floats:
        """BM25's inverse document frequency of terms; never negative."""
        found = self.found_in[numbers].astype(np.float64)
        inverse: Floats = np.log1p((self.live - found + 0.5) / (found + 0.5))
        return inverse

    def add(self, bags: Sequence[Mapping[str, int]]) -> None:
        """Append rows, each a bag of terms with counts."""
        for term in sorted({term for bag in bags for term in bag} - self.vocabulary.keys()):
            self.vocabulary[term] = len(self.vocabulary)
        grown = len(self.vocabulary) - len(self.found_in)
        self.starts = np.concatenate([self.starts, np.full(grown, self.starts[-1])])
        self.found_in = np.concatenate([self.found_in, np.zeros(grown, np.int64)])
        counts = counts_of(bags, self.vocabulary)
        ends, rows, weights = _weighted(counts, self.size, self.mean_length, self.saturation)
        added = np.diff(ends)
        places = np.repeat(self.starts[1:], added)
        self.rows = np.insert(self.rows, places, rows)
        self.weights = np.insert(self.weights, places, weights)
        self.starts = self.starts + np.concatenate([[0], np.cumsum(added)])
        self.found_in = self.found_in + added
        self.size += len(bags)
        self.live += len(bags)

    def forget(self, gone: Sequence[int]) -> None:
        """Take rows out; their numbers are not used again."""
        keep = ~np.isin(self.rows, np.asarray(gone, np.int32))
        numbers = np.repeat(np.arange(len(self.found_in)), np.diff(self.starts))[keep]
        counts = np.bincount(numbers, minlength=len(self.found_in))
        self.rows, self.weights = self.rows[keep], self.weights[keep]
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self.found_in = counts
        self.live -= len(gone)

    def save(self, folder: Path) -> None:
        """Write the field into a folder of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("starts", "rows", "weights", "found_in"):
            np.save(folder / f"{name}.npy", getattr(self, name))
        numbers = np.array([self.size, self.live, self.mean_length, self.saturation.k1, self.saturation.b])
        np.save(folder / "numbers.npy", numbers)
        (folder / "vocabulary.txt").write_text("\n".join(self.vocabulary), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """Read what `save` wrote; the large arrays stay on disk until they are used."""
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("rows", "weights")} | {
            name: np.load(folder / f"{name}.npy") for name in ("starts", "found_in")
        }
        size, live, mean_length, k1, b = np.load(folder / "numbers.npy")
        text = (folder / "vocabulary.txt").read_text(encoding="utf-8")
        vocabulary = {term: number for number, term in enumerate(text.split("\n"))} if text else {}
        return cls(
            vocabulary, arrays["starts"], arrays["rows"], arrays["weights"], arrays["found_in"],
            int(size), int(live), float(mean_length), Saturation(float(k1), float(b)),
        )  # fmt: skip


def build_postings(counts: Any, vocabulary: dict[str, int], saturation: Saturation | None = None) -> Postings:
    """An index over a sparse matrix of counts (rows, terms), its columns numbered as `vocabulary` says.

    >>> names = {"fleksjob": 0, "mentor": 1}
    >>> index = build_postings(counts_of([{"fleksjob": 2}, {"fleksjob": 1, "mentor": 1}], names), names)
    >>> index.score({"mentor": 1.0}).round(2).tolist()
    [0.0, 0.69]
    """
    kind = saturation or Saturation()
    mean = float(counts.sum() / max(counts.shape[0], 1)) or 1.0
    starts, rows, weights = _weighted(counts, 0, mean, kind)
    size = counts.shape[0]
    return Postings(vocabulary, starts, rows, weights, np.diff(starts), size, size, mean, kind)


def counts_of(bags: Sequence[Mapping[str, int]], vocabulary: Mapping[str, int]) -> Any:
    """Bags of terms as a sparse matrix (bags, vocabulary)."""
    from scipy import sparse

    sizes = np.fromiter((len(bag) for bag in bags), np.int64, len(bags))
    total = int(sizes.sum())
    terms = np.fromiter((vocabulary[term] for bag in bags for term in bag), np.int64, total)
    counts = np.fromiter((count for bag in bags for count in bag.values()), np.float32, total)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_matrix((counts, terms, starts), shape=(len(bags), len(vocabulary)))


def _weighted(
    counts: Any, first_row: int, mean_length: float, kind: Saturation
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Where each term begins, rows and weights, ordered by term and then row."""
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    norm = kind.k1 * (1 - kind.b + kind.b * lengths / mean_length)
    by_term = counts.tocsc()
    by_term.sort_indices()
    weights = by_term.data
    weights *= (kind.k1 + 1) / (weights + norm[by_term.indices].astype(np.float32))
    rows = by_term.indices.astype(np.int32, copy=False)
    return by_term.indptr.astype(np.int64), rows + np.int32(first_row) if first_row else rows, weights


def bag_of(terms: Iterable[str]) -> Counter[str]:
    """How often each term stands there."""
    return Counter(terms)
