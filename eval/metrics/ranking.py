"""How good a ranking is, given what is relevant; and whether one system is better than another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np


def _checked(relevant: Collection[str]) -> frozenset[str]:
    if not relevant:
        raise ValueError("a ranking metric needs a relevant id; label the query or drop it")
    return frozenset(relevant)


def ndcg_at_k(relevant: Collection[str], ranked: Sequence[str], k: int) -> float:
    """Normalised discounted cumulative gain with gains of 0 and 1; 1.0 is a perfect first `k`.

    >>> round(ndcg_at_k({"a", "b"}, ["x", "a", "b"], 10), 4)
    0.6934
    """
    gold = _checked(relevant)
    gain = sum(1 / log2(place + 2) for place, name in enumerate(ranked[:k]) if name in gold)
    return gain / sum(1 / log2(place + 2) for place in range(min(k, len(gold))))


def recall_at_k(relevant: Collection[str], ranked: Sequence[str], k: int) -> float:
    """Share of the relevant ids among the first `k`.

    >>> recall_at_k({"LAB § 6", "LAB § 17"}, ["LAB § 6", "LAS § 11"], k=2)
    0.5
    """
    gold = _checked(relevant)
    return len(gold & set(ranked[:k])) / len(gold)


def mrr_at_k(relevant: Collection[str], ranked: Sequence[str], k: int) -> float:
    """One over the place of the first relevant id; 0 when none is among the first `k`.

    >>> mrr_at_k({"b"}, ["a", "b"], 10)
    0.5
    """
    gold = _checked(relevant)
    return next((1 / place for place, name in enumerate(ranked[:k], start=1) if name in gold), 0.0)


def hit_at_k(relevant: Collection[str], ranked: Sequence[str], k: int) -> float:
    """1.0 when a relevant id is among the first `k`, else 0.0."""
    return float(not _checked(relevant).isdisjoint(ranked[:k]))


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of one system's figures less another's, its 95 % bootstrap interval, and a one-sided p."""

    mean: float
    low: float
    high: float
    p: float
    """Share of resamples in which the first system is not better."""


def paired_bootstrap(
    first: Sequence[float], second: Sequence[float], resamples: int = 10_000, seed: int = 0
) -> Difference:
    """Compare two systems query by query, drawing queries with replacement.

    Raises `ValueError` when the lists are empty or of different length.

    >>> paired_bootstrap([1.0, 0.9, 0.8], [0.5, 0.4, 0.3]).p
    0.0
    """
    if not first or len(first) != len(second):
        raise ValueError("both systems need a figure for each of the same queries")
    gaps = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(gaps), (resamples, len(gaps)))
    means = gaps[drawn].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Difference(float(gaps.mean()), float(low), float(high), float((means <= 0).mean()))


def mean_interval(figures: Sequence[float], resamples: int = 2_000, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean."""
    values = np.asarray(figures, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(values), (resamples, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
