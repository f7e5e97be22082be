"""How well a ranking of reasons fits the model it explains, and the truth: pure functions of numbers.

Sources: deletion and insertion (Petsiuk et al. 2018), sufficiency and comprehensiveness (DeYoung et al. 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Worth = Callable[[Collection[str]], float]
"""The margin with these parts as they are and every other replaced by the background's mean effect."""


def curve(worth: Worth, ranking: Sequence[str], *, insert: bool = False) -> Floats:
    """The margin after 0, 1, 2 ... of the ranked parts are taken away, or put in when `insert`."""
    points = []
    for k in range(len(ranking) + 1):
        first = ranking[:k]
        points.append(worth(first if insert else [name for name in ranking if name not in set(first)]))
    return np.array(points, dtype=np.float64)


def area(points: Floats) -> float:
    """How fast the curve leaves its first value: the mean distance from it, as a share of the largest; 0 when flat.

    A ranking that puts first what matters most has a larger area.

    >>> area(np.array([0.0, 3.0, 4.0])), area(np.array([0.0, 1.0, 4.0]))
    (0.625, 0.375)
    """
    away = np.abs(points - points[0])
    largest = float(away.max())
    if largest == 0:
        return 0.0
    return float(((away[1:] + away[:-1]) / 2).mean() / largest)


def comprehensiveness(worth: Worth, ranking: Sequence[str], k: int = 3) -> float:
    """How far the margin moves when the first `k` are taken away; larger is better."""
    return abs(worth(ranking) - worth(ranking[k:]))


def sufficiency(worth: Worth, ranking: Sequence[str], k: int = 3) -> float:
    """How far the margin is from the whole when only the first `k` are kept; smaller is better."""
    return abs(worth(ranking) - worth(ranking[:k]))


def recovered(true: Sequence[str], ranking: Sequence[str], k: int = 3) -> float:
    """The share of the true drivers among the first `k` of the ranking; `ValueError` when there is none.

    >>> recovered(["pain", "work"], ["work", "home", "age", "pain"])
    0.5
    """
    if not true:
        raise ValueError("a case without a true driver has none to recover; leave it out")
    return len(set(true) & set(ranking[:k])) / len(set(true))


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's correlation of two attributions of the same parts; NaN when one is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    ranks = [np.argsort(np.argsort(values)).astype(np.float64) for values in (first, second)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
