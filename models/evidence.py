"""What earlier cases say: the shrunken success rate among the people most alike, without looking ahead.

For an earlier case, only *other* people's cases whose outcome was known before its decision date count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.columns import EPOCH, Bools, Floats, Ints
from models.features import Feature
from models.history import Episode, Facts

ALPHA = 10.0
"""How many imagined cases at the pathway's own rate the prior weighs."""

NEIGHBOURS = 50
BLOCK = 512
LATEST = 5000
"""How many of a pathway's earlier cases a batch search looks among: similar ones are close in time as well."""


GuidanceSupport: TypeAlias = Callable[[Facts, str], float]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Who got what and when it became known how it went: codes and days since 1970, one entry per case."""

    pathway: Ints
    decided: Ints
    known_on: Ints
    reached: Bools
    person: Ints


class Nearest(Protocol):
    """A search for the earlier cases most alike, as `retrieval.cases` offers it."""

    def __call__(
        self, facts: Facts, pathway: str, k: int, known_before: dt.date, exclude_person: str | None
    ) -> tuple[Sequence[str], NDArray[np.bool_]]:
        """The ids and outcomes of at most `k` cases that got `pathway`, nearest first."""
        ...


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """Where a training's evidence comes from.

    `nearest` finds similar earlier cases (None: a batch search over the model's own features);
    `guidance_support` gives the guidance evidence (None: unknown for everybody).
    """

    nearest: Nearest | None = None
    guidance_support: GuidanceSupport | None = None


def shrunken_rate(successes: Any, k: Any, prior: Any, alpha: float = ALPHA) -> Any:
    """(α · prior + successes) / (α + k): the prior where nobody is alike, the rate where many are.

    >>> shrunken_rate(0, 0, 0.4), round(shrunken_rate(50, 50, 0.4), 2)
    (0.4, 0.9)
    """
    return (alpha * prior + successes) / (alpha + k)


def search_evidence(
    episodes: Sequence[Episode],
    nearest: Nearest,
    priors: Floats,
    k: int = NEIGHBOURS,
    alpha: float = ALPHA,
) -> Floats:
    """Each case's `evidence:past_cases` by a search handed in, one query per case."""
    rates = np.empty(len(episodes))
    for i, episode in enumerate(episodes):
        _, reached = nearest(episode.facts, episode.pathway, k, episode.decided_on, episode.person_id)
        rates[i] = shrunken_rate(float(np.sum(reached)), len(reached), priors[i], alpha)
    return rates


def as_of_priors(cases: Timeline, pathways: int) -> Floats:
    """π of each case's pathway from what others' cases had shown before its decision day; shape [n].

    A pathway's rate is shrunk (10 cases) towards the rate of all pathways, that towards one half.
    """
    overall_k, overall_s = _earlier(cases.decided, cases.known_on, cases.reached)
    own_k, own_s = np.zeros(len(cases.decided)), np.zeros(len(cases.decided))
    for p in range(pathways):
        rows = np.flatnonzero(cases.pathway == p)
        own_k[rows], own_s[rows] = _earlier(cases.decided[rows], cases.known_on[rows], cases.reached[rows])
    for rows in _same_person(cases.person):
        for i in rows:
            earlier = rows[cases.known_on[rows] < cases.decided[i]]
            overall_k[i] -= len(earlier)
            overall_s[i] -= cases.reached[earlier].sum()
            same = earlier[cases.pathway[earlier] == cases.pathway[i]]
            own_k[i] -= len(same)
            own_s[i] -= cases.reached[same].sum()
    overall = shrunken_rate(overall_s, overall_k, 0.5)
    return np.asarray(shrunken_rate(own_s, own_k, overall))


def _earlier(decided: Ints, known_on: Ints, reached: Bools) -> tuple[Floats, Floats]:
    """For each decision day, how many outcomes were known before it, and how many were successes."""
    order = np.argsort(known_on, kind="stable")
    running = np.concatenate([[0], np.cumsum(reached[order])])
    k = np.searchsorted(known_on[order], decided, side="left")
    return k.astype(np.float64), running[k].astype(np.float64)


def _same_person(person: Ints) -> list[NDArray[np.int64]]:
    order = np.argsort(person, kind="stable")
    borders = np.flatnonzero(np.diff(person[order])) + 1
    return [rows for rows in np.split(order, borders) if len(rows) > 1]


def batch_evidence(
    vectors: NDArray[np.float32],
    cases: Timeline,
    priors: Floats,
    k: int = NEIGHBOURS,
    alpha: float = ALPHA,
) -> Floats:
    """Each case's `evidence:past_cases`, all cases at once; shape [n].

    Within each pathway the cases are taken by decision day in blocks; each block looks among the `LATEST` cases
    that became known last before its end, less those not yet known to the case itself. Ties go to the case known
    longest.
    """
    rates = priors.copy()
    for p in np.unique(cases.pathway):
        rows = np.flatnonzero(cases.pathway == p)
        by_day = rows[np.argsort(cases.decided[rows], kind="stable")]
        by_known = rows[np.argsort(cases.known_on[rows], kind="stable")]
        known_on = cases.known_on[by_known]
        for start in range(0, len(rows), BLOCK):
            block = by_day[start : start + BLOCK]
            end = int(np.searchsorted(known_on, cases.decided[block].max(), side="left"))
            near_by = by_known[max(0, end - LATEST) : end]
            if len(near_by):
                successes, found = nearest_successes(vectors, cases, block, near_by, k)
                rates[block] = shrunken_rate(successes, found, priors[block], alpha)
    return rates


def nearest_successes(
    vectors: NDArray[np.float32], cases: Timeline, block: Ints, rows: Ints, k: int = NEIGHBOURS
) -> tuple[Ints, Ints]:
    """For each case of the block, the successes among its k nearest usable `rows`, and how many those are."""
    norms = (vectors[rows] ** 2).sum(axis=1, dtype=np.float64)
    # Whole-number distances: adding the row's rank as a fraction breaks ties and nothing else.
    rank = np.arange(len(rows)) / (len(rows) + 1)
    distance = norms + rank - 2.0 * (vectors[block] @ vectors[rows].T)
    distance[_closed(cases, block, rows)] = np.inf
    near = _smallest(distance, k)
    usable = np.isfinite(np.take_along_axis(distance, near, axis=1))
    return (cases.reached[rows][near] & usable).sum(axis=1), usable.sum(axis=1)


def _closed(cases: Timeline, block: Ints, rows: Ints) -> Bools:
    """Which cases may not be looked at: outcome not known before the decision day, or the same person."""
    late = cases.known_on[rows][None, :] >= cases.decided[block][:, None]
    return np.asarray(late | (cases.person[rows][None, :] == cases.person[block][:, None]))


def _smallest(distance: Floats, k: int) -> NDArray[np.int64]:
    if distance.shape[1] <= k:
        return np.broadcast_to(np.arange(distance.shape[1]), distance.shape)
    return np.argpartition(distance, k, axis=1)[:, :k]


def vectors_of(features: Sequence[Feature], table: Floats) -> NDArray[np.float32]:
    """Whole-number vectors whose squared distance says how unlike two people are.

    A number spans 0…8 over its middle 90 %; categories and items that differ are as far apart as numbers half
    the span apart; where one is unknown the distance is half of that; evidence features are left out.
    """
    parts: list[NDArray[np.float64]] = []
    for feature, column in zip(features, table.T, strict=True):
        if feature.field:
            parts.extend(_parts(feature, column))
    return np.column_stack(parts).astype(np.float32) if parts else np.zeros((len(table), 1), np.float32)


def _parts(feature: Feature, column: Floats) -> list[NDArray[np.float64]]:
    known = ~np.isnan(column)
    if feature.kind == "category":
        return [3.0 * (column == code) for code in range(len(feature.labels))]
    if feature.kind in ("flag", "item"):
        return [np.where(known, np.where(column > 0, 2.0, -2.0), 0.0)]
    if not known.any():
        return []
    low, high = np.quantile(column[known], [0.05, 0.95])
    spread = np.clip((column - low) / max(high - low, 1e-9), 0, 1) * 8 - 4
    return [np.where(known, np.round(spread), 0.0), np.where(known, 0.0, 2.0)]


def days(dates: Sequence[dt.date]) -> Ints:
    """Dates as days since 1970."""
    return np.array([(date - EPOCH).days for date in dates], dtype=np.int64)


def numbered(names: Sequence[str]) -> Ints:
    """The same small number for the same name, in order of first appearance."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names], dtype=np.int64)
