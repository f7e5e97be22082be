"""One pathway's earlier cases: exact search while it is small, coarse cells beyond."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.case_vectors import Vectors

EXACT_UP_TO = 250_000
"""Cases up to which every one is compared; beyond, cells are searched (recall is measured in the benchmark)."""

CELLS, CELLS_SEARCHED = 1024, 96


_LANES = 16
"""FAISS adds sixteen numbers at a time when the width is a multiple of sixteen, and one at a time when not."""


def _padded(vectors: Vectors) -> NDArray[np.float32]:
    """Vectors as FAISS takes them, zeros added up to the next multiple of `_LANES`."""
    wide = np.zeros((len(vectors), -(-vectors.shape[1] // _LANES) * _LANES), np.float32)
    wide[:, : vectors.shape[1]] = vectors
    return wide


@dataclass(slots=True)
class Partition:
    """Rows in order of id; `known_on` is the day number on which the outcome became known."""

    ids: list[str]
    vectors: Vectors
    known_on: NDArray[np.int32]
    reached: NDArray[np.bool_]
    person: NDArray[np.uint64]
    _index: Any = field(default=None, repr=False)

    def nearest(
        self, vector: NDArray[np.int8], k: int, before: int, person: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows and squared distances, nearest first, ties by id; only outcomes known before, never `person`."""
        allowed = self.known_on < before
        if person:
            allowed &= self.person != np.uint64(person)
        count = min(k, int(allowed.sum()))
        if count == 0:
            return np.empty(0, np.int64), np.empty(0)
        rows, distance = self._search(vector, count, None if allowed.all() else allowed)
        order = np.lexsort((rows, distance))
        return rows[order], distance[order]

    def _search(
        self, vector: NDArray[np.int8], k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        import faiss

        index = self._faiss()
        cells = isinstance(index, faiss.IndexIVF)
        make: Any = faiss.SearchParametersIVF if cells else faiss.SearchParameters
        options: dict[str, Any] = {"nprobe": CELLS_SEARCHED} if cells else {}
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            options["sel"] = faiss.IDSelectorBitmap(len(bits) * 8, faiss.swig_ptr(bits))
        params = make(**options) if options else None
        found, rows = index.search(_padded(vector[None]), k, params=params)
        real = rows[0] >= 0
        return rows[0][real], found[0][real].astype(np.float64)

    def _faiss(self) -> Any:
        """The FAISS index, made when first asked for."""
        if self._index is None:
            import faiss

            faiss.omp_set_num_threads(1)  # one query is too small to share out
            width = -(-self.vectors.shape[1] // _LANES) * _LANES
            kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
            if len(self.ids) <= EXACT_UP_TO:
                self._index = faiss.IndexScalarQuantizer(width, kind, faiss.METRIC_L2)
                self._index.is_trained = True
            else:
                self._index = _cells(self.vectors, width, kind)
            for start in range(0, len(self.vectors), 65_536):
                self._index.add(_padded(self.vectors[start : start + 65_536]))
        return self._index

    def row_of(self, case_id: str) -> int | None:
        """The row of a case; None when it is not here."""
        row = bisect_left(self.ids, case_id)
        return row if row < len(self.ids) and self.ids[row] == case_id else None

    def remove(self, person: int) -> int:
        """Take a person's rows out; how many there were. No trace of them stays in memory or in a later save."""
        gone = self.person == np.uint64(person)
        if not gone.any():
            return 0
        keep = ~gone
        self.ids = [name for name, kept in zip(self.ids, keep, strict=True) if kept]
        self.vectors, self.known_on = self.vectors[keep], self.known_on[keep]
        self.reached, self.person = self.reached[keep], self.person[keep]
        self._index = None
        return int(gone.sum())

    def digest(self) -> bytes:
        """A hash of all rows."""
        digest = hashlib.sha256("\n".join(self.ids).encode())
        for array in (self.vectors, self.known_on, self.reached, self.person):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.digest()

    def save(self, path: Path) -> None:
        """Write the rows."""
        np.savez(
            path,
            ids=np.frombuffer("\n".join(self.ids).encode(), np.uint8),
            vectors=self.vectors,
            known_on=self.known_on,
            reached=self.reached,
            person=self.person,
        )

    @classmethod
    def load(cls, path: Path) -> Partition:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as rows:
            text = rows["ids"].tobytes().decode()
            return cls(
                ids=text.split("\n") if text else [],
                vectors=rows["vectors"],
                known_on=rows["known_on"],
                reached=rows["reached"],
                person=rows["person"],
            )


def _cells(vectors: Vectors, width: int, kind: int) -> Any:
    """Cells around centres learnt from a fixed sample: the same rows give the same cells."""
    import faiss

    quantizer = faiss.IndexFlatL2(width)
    index: Any = faiss.IndexIVFScalarQuantizer(quantizer, width, CELLS, kind, faiss.METRIC_L2, False)
    index.cp.seed = 7
    index.cp.niter = 8
    sample = np.random.default_rng(7).choice(len(vectors), min(len(vectors), 40 * CELLS), replace=False)
    index.train(_padded(vectors[np.sort(sample)]))
    return index
