"""How good probabilities are: do they rank, are they sharp, and do they mean what they say?"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Metric: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], float]


class Interval(NamedTuple):
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def _arrays(reached: ArrayLike, probability: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, p = np.asarray(reached, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if y.shape != p.shape or y.ndim != 1:
        raise ValueError(f"outcomes and probabilities must be two equally long lists; got {y.shape} and {p.shape}")
    if y.size == 0:
        raise ValueError("no cases to measure on")
    return y, p


def auc(reached: ArrayLike, probability: ArrayLike) -> float:
    """The chance that someone who reached the goal scores above someone who did not; ties count half.

    NaN when all outcomes are the same. Source: Mann & Whitney (1947), by mid-ranks.

    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    y, p = _arrays(reached, probability)
    positives = int(y.sum())
    negatives = y.size - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    mid = np.cumsum(counts) - (counts - 1) / 2
    return float((mid[inverse][y == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def brier_score(reached: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared distance between probability and outcome; 0 is perfect, lower is better.

    >>> brier_score([1, 0], [0.5, 0.5])
    0.25
    """
    y, p = _arrays(reached, probability)
    return float(np.mean((p - y) ** 2))


def log_loss(reached: ArrayLike, probability: ArrayLike) -> float:
    """Mean negative log-likelihood in nats; a certain probability that is wrong costs what 1e-12 would."""
    y, p = _arrays(reached, probability)
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def expected_calibration_error(reached: ArrayLike, probability: ArrayLike, bins: int = 10) -> float:
    """Mean distance between stated and real rate over `bins` equally filled bins, weighted by size.

    Equal probabilities stay in one bin. Source: Naeini et al. (2015), with equal-mass bins.

    >>> expected_calibration_error([1, 1, 0, 0], [1.0, 1.0, 0.0, 0.0], bins=2)
    0.0
    """
    y, p = _arrays(reached, probability)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, p, side="left")
    sizes = np.bincount(place, minlength=len(edges) + 1)
    gaps = np.bincount(place, weights=p - y, minlength=len(edges) + 1)
    return float(np.abs(gaps).sum() / sizes.sum())


def calibration_line(reached: ArrayLike, probability: ArrayLike) -> tuple[float, float]:
    """Slope and intercept of the outcome's log-odds on the stated log-odds; (1, 0) is perfect.

    A slope under 1 says that the probabilities are too extreme. Source: Cox (1958), logistic recalibration.
    (NaN, NaN) when all outcomes or all probabilities are the same.
    """
    y, p = _arrays(reached, probability)
    p = np.clip(p, 1e-12, 1 - 1e-12)
    margin = np.log(p / (1 - p))
    if y.min() == y.max() or np.ptp(margin) == 0:
        return float("nan"), float("nan")
    design = np.column_stack([margin, np.ones_like(margin)])
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        q = 1 / (1 + np.exp(-design @ weights))
        step = np.linalg.lstsq((design * (q * (1 - q))[:, None]).T @ design, design.T @ (y - q), rcond=None)[0]
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    return float(weights[0]), float(weights[1])


def bootstrap(
    metric: Metric,
    reached: ArrayLike,
    probability: ArrayLike,
    *,
    rounds: int = 200,
    seed: int = 0,
) -> Interval:
    """`metric` with the 2.5 and 97.5 percentiles over resampled cases; rounds where it is undefined are left out."""
    y, p = _arrays(reached, probability)
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        rows = rng.integers(0, y.size, size=y.size)
        value = metric(y[rows], p[rows])
        if np.isfinite(value):
            values.append(value)
    low, high = np.percentile(values, [2.5, 97.5]) if values else (np.nan, np.nan)
    return Interval(metric(y, p), float(low), float(high))


def paired_difference(
    metric: Metric,
    reached: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    rounds: int = 200,
    seed: int = 0,
) -> Interval:
    """metric(first) − metric(second) on the same cases, with its interval from resampling cases, not models."""
    y, a = _arrays(reached, first)
    _, b = _arrays(reached, second)
    rng = np.random.default_rng(seed)
    differences = []
    for _ in range(rounds):
        rows = rng.integers(0, y.size, size=y.size)
        difference = metric(y[rows], a[rows]) - metric(y[rows], b[rows])
        if np.isfinite(difference):
            differences.append(difference)
    low, high = np.percentile(differences, [2.5, 97.5]) if differences else (np.nan, np.nan)
    return Interval(metric(y, a) - metric(y, b), float(low), float(high))


def reliability(reached: ArrayLike, probability: ArrayLike, bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean stated, real rate, size) per equally filled bin, from low to high: a reliability diagram's points."""
    y, p = _arrays(reached, probability)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, p, side="left")
    return [
        (float(p[place == b].mean()), float(y[place == b].mean()), int((place == b).sum())) for b in np.unique(place)
    ]
