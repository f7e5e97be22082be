"""The explanation game: exact shares of one pathway's margin.

Margin F(p, x) = c + f_P(p) + sum_j g_pj(x_j). The game is interventional and the model additive, so a fact's
Shapley value is phi_j = g_pj(x_j) - mu_pj. The two evidence features are split further: past cases by a closed
form over counts, passages by their exact Shapley values over all subsets. Sources: Shapley (1953); Janzing,
Minorics and Bloebaum (2020) for the interventional game; Jia et al. (2019) for games over neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Curve: TypeAlias = Callable[[Floats], Floats]
"""g_pE as a function of the evidence: an array in, an array of the same shape out (logits)."""

MAX_PASSAGES = 10
"""Passages per pathway; 2^10 subsets are counted exactly."""

SUPPORT_TOP = 3
"""How many of the best passages make up the guidance support."""


@dataclass(frozen=True, slots=True)
class PastShares:
    """How the past cases' contribution splits: `prior`, and one share per case in the order given (logits)."""

    prior: float
    shares: Floats


@dataclass(frozen=True, slots=True)
class GuidanceShares:
    """How the guidance's contribution splits: `baseline`, and one share per passage in the order given (logits)."""

    baseline: float
    shares: Floats


def support(relevances: Sequence[float]) -> float:
    """Guidance support in [0, 1]: the sum of the three highest relevances, divided by three.

    Fewer than three passages count as zeros, so one passage more never lowers the support, and neither does a
    higher relevance. Raises `ValueError` for a relevance outside [0, 1].

    >>> support([0.75, 0.125, 0.5, 0.25])
    0.5
    >>> support([])
    0.0
    """
    top = np.zeros(SUPPORT_TOP)
    best = np.sort(_relevances(relevances))[::-1][:SUPPORT_TOP]
    top[: len(best)] = best
    return float(_in_order(top[None, :])[0])


def past_success(reached: Sequence[bool] | NDArray[np.bool_], alpha: float, prior: float) -> float:
    """The success rate among similar earlier cases, shrunk towards `prior` by `alpha` imagined cases."""
    return (alpha * prior + float(np.sum(np.asarray(reached, dtype=bool)))) / (alpha + len(reached))


def past_case_shares(
    curve: Curve, reached: Sequence[bool] | NDArray[np.bool_], *, alpha: float, prior: float, mean: float
) -> PastShares:
    """Exact Shapley values of u(T) = g(e(T)), e(T) = (alpha*prior + successes in T) / (alpha + |T|).

    Every success is interchangeable with every other, and so is every failure; hence two numbers suffice, each
    a sum over counts: O(k^2) curve points, evaluated in one call.
    """
    if not alpha > 0:
        raise ValueError(f"alpha must be above 0, or the empty set of cases has no rate; it is {alpha}")
    outcome = np.asarray(reached, dtype=bool)
    good, bad = int(outcome.sum()), int((~outcome).sum())
    successes = np.arange(good + 1, dtype=np.float64)[:, None]
    failures = np.arange(bad + 1, dtype=np.float64)[None, :]
    rates = (alpha * prior + successes) / (alpha + (successes + failures))
    u = np.asarray(curve(rates.ravel()), dtype=np.float64).reshape(rates.shape)
    share_good = float(np.sum(_count_weights(good, bad) * np.diff(u, axis=0))) if good else 0.0
    share_bad = float(np.sum(_count_weights(bad, good).T * np.diff(u, axis=1))) if bad else 0.0
    return PastShares(float(u[0, 0]) - mean, np.where(outcome, share_good, share_bad))


def guidance_shares(curve: Curve, relevances: Sequence[float] | Floats, *, mean: float) -> GuidanceShares:
    """Exact Shapley values of u(T) = g(support(T)) over every subset T of at most ten passages."""
    values = _relevances(relevances)
    if len(values) > MAX_PASSAGES:
        raise ValueError(f"{len(values)} passages; at most {MAX_PASSAGES} are split exactly, so pass the best ones")
    order = np.argsort(-values, kind="stable")
    u = np.asarray(curve(_supports(values[order])), dtype=np.float64)
    shares = np.empty(len(values))
    shares[order] = _shapley_matrix(len(values)) @ u
    return GuidanceShares(float(u[0]) - mean, shares)


def exact_shapley(values: Floats) -> Floats:
    """Shapley values of a game given by the value of each subset.

    `values[mask]` is the worth of the players whose bits are set in `mask`; length 2^n, n at most 12.
    """
    players = len(values).bit_length() - 1
    if len(values) != 1 << players or players > 12:
        raise ValueError(f"a game needs 2^n values with n at most 12; got {len(values)}")
    return np.asarray(_shapley_matrix(players) @ values, dtype=np.float64)


def _relevances(relevances: Sequence[float] | Floats) -> Floats:
    values = np.asarray(relevances, dtype=np.float64)
    if not np.all((values >= 0) & (values <= 1)):
        raise ValueError("a relevance lies outside [0, 1]; the index must scale its scores before they are used")
    return values


def _supports(descending: Floats) -> Floats:
    return _in_order(np.append(descending, 0.0)[_top_members(len(descending))])


def _in_order(top: Floats) -> Floats:
    # Added in a fixed order, so that the full set gives bit for bit the feature the model read:
    # a fitted curve has steps, and one unit in the last place may fall on the other side of one.
    total = top[:, 0]
    for column in range(1, SUPPORT_TOP):
        total = total + top[:, column]
    return np.asarray(total / SUPPORT_TOP, dtype=np.float64)


@cache
def _top_members(n: int) -> NDArray[np.intp]:
    """The places of each subset's first three members, `n` standing for none; [2^n, 3]."""
    places = np.where(_members(n), np.arange(n)[None, :], n)
    filled = np.full((1 << n, SUPPORT_TOP), n)
    best = np.sort(places, axis=1)[:, :SUPPORT_TOP]
    filled[:, : best.shape[1]] = best
    return filled


def _members(n: int) -> NDArray[np.bool_]:
    masks = np.arange(1 << n)[:, None]
    return np.asarray((masks >> np.arange(n)[None, :]) & 1, dtype=bool)


@cache
def _shapley_matrix(n: int) -> Floats:
    members = _members(n)
    size = members.sum(axis=1)
    joined = np.array([0.0] + [1 / (n * math.comb(n - 1, t - 1)) for t in range(1, n + 1)])
    absent = np.array([1 / (n * math.comb(n - 1, t)) for t in range(n)] + [0.0])
    return np.asarray(np.where(members, joined[size][:, None], -absent[size][:, None]).T)


@lru_cache(maxsize=4096)
def _count_weights(own: int, other: int) -> Floats:
    """Probability that, in a random order, `a` of one's own kind and `b` of the other stand before one."""
    n = own + other
    before_own = np.array([math.comb(own - 1, a) for a in range(own)], dtype=np.float64)
    before_other = np.array([math.comb(other, b) for b in range(other + 1)], dtype=np.float64)
    ways = np.array([n * math.comb(n - 1, t) for t in range(n)], dtype=np.float64)
    sizes = np.arange(own)[:, None] + np.arange(other + 1)[None, :]
    return np.asarray(before_own[:, None] * before_other[None, :] / ways[sizes])
