"""Score every passage in each way of looking, pick candidates and fuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.asked import Asked
from retrieval.dense import Vectors
from retrieval.fusion import CHANNELS, Fusion, one_at_most
from retrieval.law_refs import LawRef, same_place
from retrieval.lexical import Postings
from retrieval.queries import Query

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

CANDIDATES = 150
"""Passages that the words alone put first and that are then looked at in every way."""

NEAREST = 50
"""Passages that the encoder adds to them."""

_DENSE, _PAIRS = CHANNELS.index("dense"), CHANNELS.index("pairs")


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidate rows with one column per channel (each at most 1) and the fused score in [0, 1]."""

    rows: Numbers
    columns: Floats
    scores: Floats
    nearness: Floats
    """The encoder's cosine; zero without an encoder."""


def lexical_columns(
    fields: Mapping[str, Postings],
    group_of_row: Numbers,
    query: Query,
    ref_rows: Sequence[Numbers],
    asked: Asked,
    documents: NDArray[np.int32],
) -> dict[str, Floats]:
    """Raw scores of all rows by channel, save the encoder's and `pairs`, which score candidates only."""
    size = fields["stem"].size
    refs = np.zeros(size)
    for rows in ref_rows:
        refs[rows] += 1.0 / len(ref_rows)
    return {
        "stem": fields["stem"].score(query.stems),
        "gram": fields["gram"].score(query.grams),
        "head": fields["head"].score(query.parts),
        "parts": fields["parts"].score(query.parts),
        "expanded": fields["stem"].score(query.expanded),
        "group": fields["group"].score(query.stems)[group_of_row],
        "refs": refs,
        "asked": asked.spelling(query.grams, documents),
    }


def score(
    raw: Mapping[str, Floats],
    weights: Floats,
    allowed: NDArray[np.bool_],
    vectors: Vectors | None,
    vector: NDArray[np.int8] | None,
    within: Numbers | None = None,
    pairs: Callable[[Numbers], Floats] | None = None,
) -> Scored:
    """Fuse; `within` names the rows to score (None: the best candidates among those allowed).

    Every channel is divided by its best allowed row, those of the encoder and of `pairs` (which scores given rows) by
    their best candidate, so 1 is the best there is.
    """
    everything = bool(allowed.all())
    total = np.zeros(len(allowed))
    scaled: dict[str, Floats] = {}
    for place, channel in enumerate(CHANNELS):
        if channel in raw:
            column = raw[channel] if everything else np.where(allowed, raw[channel], 0.0)
            largest = column.max(initial=0.0)
            scaled[channel] = column / largest if largest > 0 else column
            total += weights[place] * scaled[channel]
    rows = within if within is not None else _candidates(total, allowed, vectors, vector)
    columns = np.stack([scaled[c][rows] if c in scaled else np.zeros(len(rows)) for c in CHANNELS], axis=1)
    if pairs is not None:
        columns[:, _PAIRS] = one_at_most(pairs(rows)[:, None])[:, 0]
    nearness = np.zeros(len(rows))
    if vectors is not None and vector is not None:
        nearness = vectors.cosines(vector, rows)
        columns[:, _DENSE] = one_at_most(np.maximum(nearness, 0.0)[:, None])[:, 0]
    used = np.array([c not in raw or bool(scaled[c].any()) for c in CHANNELS])
    scores = columns @ weights / (float(weights[used].sum()) or 1.0)
    return Scored(rows, columns, scores, nearness)


def _candidates(
    total: Floats, allowed: NDArray[np.bool_], vectors: Vectors | None, vector: NDArray[np.int8] | None
) -> Numbers:
    if len(total) > CANDIDATES:
        best = np.argpartition(-total, CANDIDATES)[:CANDIDATES]
        # A tie at the border is taken in whole: which of equals argpartition keeps is not said anywhere.
        border = total[best].min()
        best = (
            np.flatnonzero(total > border)
            if (total >= border).sum() > 4 * CANDIDATES
            else np.flatnonzero(total >= border)
        )
    else:
        best = np.arange(len(total))
    best = best[total[best] > 0]
    if vectors is not None and vector is not None and vector.any():
        best = np.union1d(best, vectors.nearest(vector, NEAREST, None if allowed.all() else allowed))
    return best[allowed[best]].astype(np.int64)


class RefRows:
    """Which rows carry which law references."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[LawRef, list[int]]] = {}

    def add(self, row: int, refs: Sequence[LawRef]) -> None:
        """Note a row's references."""
        self.add_rows(refs, [row])

    def add_rows(self, refs: Sequence[LawRef], rows: Sequence[int]) -> None:
        """Note rows that all carry the same references."""
        for ref in refs:
            self._rows.setdefault((ref.law, ref.kind), {}).setdefault(ref, []).extend(rows)

    def labels(self) -> dict[str, list[int]]:
        """The rows by label, for saving."""
        return {ref.label: rows for refs in self._rows.values() for ref, rows in refs.items()}

    def find(self, ref: LawRef) -> Numbers:
        """The rows that point to a common place with `ref`, ascending."""
        known = self._rows.get((ref.law, ref.kind), {})
        found = {row for other, rows in known.items() if same_place(ref, other) for row in rows}
        return np.array(sorted(found), np.int64)


def weights_for(fusion: Fusion, query: Query, has_encoder: bool) -> Floats:
    """The weights for a query; the encoder's is zero when there is none."""
    weights = fusion.weights(query.length)
    if not has_encoder:
        weights[_DENSE] = 0.0
    return weights
