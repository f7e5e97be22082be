"""What would have come of another way of choosing? Doubly robust value on logged choices, and where it holds.

The value of a policy is the mean outcome if everybody got what it says. It is estimated from outcomes of what
people really got, so it holds only where similar people got each option (overlap). Source: Dudík, Langford & Li
(2011); Robins, Rotnitzky & Zhao (1994).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLIP = 0.02
"""A smaller chance of getting an option counts as this: one person must not stand for fifty others or more."""


class Value(NamedTuple):
    """A policy's value with a 95 % interval, from `n` cases; `effective` is Kish's effective number."""

    value: float
    low: float
    high: float
    n: int
    effective: float


class Overlap(NamedTuple):
    """How comparable the people are: share of cases whose chance of the policy's option is under `CLIP`, and the
    effective number over the number of cases that got what the policy says."""

    thin: float
    effective_share: float
    smallest_propensity: float


def scores(
    chosen: ArrayLike, reached: ArrayLike, policy: ArrayLike, propensity: ArrayLike, expected: ArrayLike
) -> NDArray[np.float64]:
    """Each case's doubly robust score for the policy.

    `chosen[i]` and `policy[i]` are option codes; `propensity[i, a]` is the chance of having got a by what was
    known, `expected[i, a]` the expected outcome under a (both estimated on other people). Shape [n].
    """
    got, says = np.asarray(chosen), np.asarray(policy)
    outcome = np.asarray(reached, dtype=np.float64)
    chance = np.asarray(propensity, dtype=np.float64)
    mean = np.asarray(expected, dtype=np.float64)
    rows = np.arange(len(got))
    weight = (got == says) / np.maximum(chance[rows, says], CLIP)
    return np.asarray(mean[rows, says] + weight * (outcome - mean[rows, got]))


def doubly_robust(
    chosen: ArrayLike, reached: ArrayLike, policy: ArrayLike, propensity: ArrayLike, expected: ArrayLike
) -> Value:
    """The policy's value: right if either the propensities or the expected outcomes are.

    >>> options, people = 2, 4
    >>> doubly_robust([0, 1, 0, 1], [1, 0, 1, 0], [0] * 4, np.full((4, 2), 0.5), np.full((4, 2), 0.5)).value
    1.0
    """
    each = scores(chosen, reached, policy, propensity, expected)
    weight = _weights(chosen, policy, propensity)
    return _interval(each, float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0)


def difference(
    chosen: ArrayLike, reached: ArrayLike, policy: ArrayLike, propensity: ArrayLike, expected: ArrayLike
) -> Value:
    """The policy's value less what really came of the choices made ("as decided"), on the same cases."""
    each = scores(chosen, reached, policy, propensity, expected) - np.asarray(reached, dtype=np.float64)
    weight = _weights(chosen, policy, propensity)
    return _interval(each, float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0)


def overlap(chosen: ArrayLike, policy: ArrayLike, propensity: ArrayLike) -> Overlap:
    """Whether the logged choices can say anything about the policy."""
    says = np.asarray(policy)
    chance = np.asarray(propensity, dtype=np.float64)[np.arange(len(says)), says]
    weight = _weights(chosen, policy, propensity)
    followed = int((np.asarray(chosen) == says).sum())
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0
    return Overlap(
        thin=float((chance < CLIP).mean()),
        effective_share=effective / followed if followed else 0.0,
        smallest_propensity=float(chance.min()),
    )


def _weights(chosen: ArrayLike, policy: ArrayLike, propensity: ArrayLike) -> NDArray[np.float64]:
    got, says = np.asarray(chosen), np.asarray(policy)
    chance = np.asarray(propensity, dtype=np.float64)[np.arange(len(got)), says]
    return np.asarray((got == says) / np.maximum(chance, CLIP), dtype=np.float64)


def _interval(each: NDArray[np.float64], effective: float) -> Value:
    n = len(each)
    if n == 0:
        raise ValueError("no cases to value a policy on")
    mean = float(each.mean())
    half = 1.96 * float(each.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    return Value(mean, mean - half, mean + half, n, effective)


def regret(best: ArrayLike, got: ArrayLike) -> dict[str, float]:
    """How much of the best possible true chance a way of choosing reaches: means and their ratio."""
    top, mine = np.asarray(best, dtype=np.float64), np.asarray(got, dtype=np.float64)
    return {"best": float(top.mean()), "got": float(mine.mean()), "share": float(mine.mean() / top.mean())}
