"""What a search filters on, one number per passage row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.passages import Passage

_FIRST, _LAST = 0, 2**31 - 1
_ARRAYS = ("valid_from", "valid_to", "alive", "corpus", "group", "document")


@dataclass(slots=True)
class Rows:
    """Columns over passages: validity as day numbers (both ends included), and codes into `names`."""

    ids: list[str] = field(default_factory=list)
    valid_from: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    valid_to: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    alive: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    corpus: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    group: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    document: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    names: list[str] = field(default_factory=list)
    _rank: NDArray[np.int64] | None = field(default=None, repr=False)

    def rank(self) -> NDArray[np.int64]:
        """Each row's place among all ids in order: what settles a tie."""
        if self._rank is None or len(self._rank) != len(self.ids):
            self._rank = np.empty(len(self.ids), np.int64)
            self._rank[sorted(range(len(self.ids)), key=self.ids.__getitem__)] = np.arange(len(self.ids))
        return self._rank

    def add(self, passages: Sequence[Passage]) -> None:
        """Append passages as live rows."""
        codes = {name: number for number, name in enumerate(self.names)}

        def code(name: str) -> int:
            number = codes.setdefault(name, len(codes))
            if number == len(self.names):
                self.names.append(name)
            return number

        self.ids.extend(passage.id for passage in passages)
        columns: dict[str, list[Any]] = {
            "valid_from": [_number(passage.valid_from, _FIRST) for passage in passages],
            "valid_to": [_number(passage.valid_to, _LAST) for passage in passages],
            "alive": [True] * len(passages),
            "corpus": [code(passage.corpus) for passage in passages],
            "group": [code(f"{passage.corpus}\t{passage.group}") for passage in passages],
            "document": [code(passage.document_id) for passage in passages],
        }
        for name, values in columns.items():
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.array(values, old.dtype)]))

    def code(self, name: str) -> int:
        """The code of a corpus, group or document; -1 for one that is not there."""
        return self.names.index(name) if name in self.names else -1

    def allowed(self, day: date | None, corpus: str | None) -> NDArray[np.bool_]:
        """The rows that live, hold on `day` and belong to `corpus` (None: any)."""
        keep = self.alive.copy()
        if day is not None:
            keep &= (self.valid_from <= day.toordinal()) & (self.valid_to >= day.toordinal())
        if corpus is not None:
            keep &= self.corpus == self.code(corpus)
        return keep

    def save(self, folder: Path) -> None:
        """Write the columns."""
        for name in _ARRAYS:
            np.save(folder / f"row_{name}.npy", getattr(self, name))
        (folder / "row_ids.txt").write_text("\n".join(self.ids), encoding="utf-8")
        (folder / "row_names.txt").write_text("\n".join(self.names), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Rows:
        """Read what `save` wrote."""
        texts = [(folder / f"row_{name}.txt").read_text(encoding="utf-8").split("\n") for name in ("ids", "names")]
        arrays = {name: np.load(folder / f"row_{name}.npy") for name in _ARRAYS}
        return cls(ids=texts[0] if len(arrays["alive"]) else [], names=texts[1], **arrays)


def _number(day: date | None, without: int) -> int:
    return day.toordinal() if day else without
