"""Vectors of whole numbers in FAISS: sums are exact, so single, batched and replayed answers are the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import UserError

Encoder = Callable[[Sequence[str]], NDArray[Any]]
"""Texts to vectors, shape (texts, dimension), any length."""

LARGEST = 127
"""Numbers lie in [-127, 127]."""

MOST_DIMENSIONS = 1024
"""1024 · 127² < 2²⁴: up to here a float32 sum of products is exact."""

SPREAD = 4.0
"""Standard deviations of a unit vector's components that fit into the whole numbers."""


class VectorIndex(Protocol):
    """What may stand in FAISS's place: nearest rows by inner product among the rows `allowed`."""

    def add(self, vectors: NDArray[np.int8]) -> None:
        """Append rows."""

    def search(
        self, vector: NDArray[np.int8], k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """At most `k` rows and their inner products, best first."""


def whole_numbers(vectors: NDArray[Any]) -> NDArray[np.int8]:
    """Unit vectors as whole numbers in [-127, 127]; a zero vector stays zero.

    >>> whole_numbers(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[27, 36], [0, 0]]
    """
    if vectors.ndim != 2 or vectors.shape[1] > MOST_DIMENSIONS:
        raise UserError(
            f"The encoder gives vectors of shape {vectors.shape}; use one with at most {MOST_DIMENSIONS} dimensions."
        )
    wide = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    unit = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    numbers: NDArray[np.int8] = np.clip(np.rint(unit * scale(vectors.shape[1])), -LARGEST, LARGEST).astype(np.int8)
    return numbers


def scale(dimension: int) -> float:
    """What a unit vector is multiplied with before rounding."""
    return LARGEST * math.sqrt(dimension) / SPREAD


def cosine(products: NDArray[Any], dimension: int) -> NDArray[np.float64]:
    """Inner products of whole-number vectors as cosines (within rounding)."""
    return np.asarray(products, np.float64) / scale(dimension) ** 2


class FaissIndex:
    """Exact search in FAISS over eight-bit numbers."""

    def __init__(self, dimension: int) -> None:
        import faiss

        faiss.omp_set_num_threads(1)  # one query is too small to share out; threads only wait for one another
        self._faiss = faiss
        self._index = faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        self._index.is_trained = True

    def add(self, vectors: NDArray[np.int8]) -> None:
        """Append rows."""
        if len(vectors):
            self._index.add(vectors.astype(np.float32))

    def search(
        self, vector: NDArray[np.int8], k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """At most `k` rows, best first."""
        params = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = self._faiss.IDSelectorBitmap(len(bits) * 8, self._faiss.swig_ptr(bits))
            make: Any = self._faiss.SearchParameters
            params = make(sel=selector)
        found, rows = self._index.search(vector.astype(np.float32)[None], min(k, self._index.ntotal), params=params)
        real = rows[0] >= 0
        return rows[0][real], found[0][real]


class Vectors:
    """The stored vectors and the index over them."""

    def __init__(self, numbers: NDArray[np.int8], index: VectorIndex | None = None) -> None:
        self.numbers = numbers
        self.index: VectorIndex = index or FaissIndex(numbers.shape[1])
        self.index.add(numbers)

    @property
    def dimension(self) -> int:
        """Numbers per vector."""
        return int(self.numbers.shape[1])

    def add(self, numbers: NDArray[np.int8]) -> None:
        """Append rows."""
        self.numbers = np.concatenate([self.numbers, numbers])
        self.index.add(numbers)

    def nearest(self, query: NDArray[np.int8], k: int, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """The rows nearest to a query vector, best first."""
        return self.index.search(query, k, allowed)[0]

    def cosines(self, query: NDArray[np.int8], rows: NDArray[Any]) -> NDArray[np.float64]:
        """The cosine of a query vector with given rows; exact sums of whole numbers."""
        products = self.numbers[rows].astype(np.float32) @ query.astype(np.float32)
        return cosine(products, self.dimension)

    def save(self, path: Path) -> None:
        """Write the numbers."""
        np.save(path, self.numbers)


def encode(encoder: Encoder, texts: Sequence[str], batch: int = 512) -> NDArray[np.int8]:
    """Texts as whole-number vectors, in batches."""
    parts = [whole_numbers(encoder(texts[i : i + batch])) for i in range(0, len(texts), batch)]
    return np.concatenate(parts) if parts else np.empty((0, 1), np.int8)
