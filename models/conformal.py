"""Does success lie in the prediction set? Mondrian (class-conditional) split conformal, per pathway.

The claim holds for people like those who got the pathway: of those who did reach the goal, at least the nominal
share is inside the set that says "success is possible".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.columns import Bools, Floats, Ints

NOMINAL = 0.9
FEWEST = 1000
"""A pathway with fewer calibration cases shares the cut of its goal type."""

SHORTFALL = 0.05
"""How often the calibration sample may happen to give a cut that keeps less than the nominal share."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Success is in the set when P ≥ `success`; failure when P ≤ `failure`; from `n` cases, `pooled` or not."""

    success: float
    failure: float
    n: int
    pooled: bool


def fit_cuts(
    probability: Floats,
    reached: Bools,
    pathway: Ints,
    goal_types: Sequence[str],
    nominal: float = NOMINAL,
    fewest: int = FEWEST,
) -> tuple[Cut, ...]:
    """One cut per pathway; `goal_types[p]` names whom a small pathway is pooled with.

    Where even the goal type has too few of a class for the nominal share, that class is always in the set.
    """
    types = np.array([goal_types[p] for p in pathway], dtype=object)
    cuts = []
    for p, goal_type in enumerate(goal_types):
        own = pathway == p
        pooled = int(own.sum()) < fewest
        rows = types == goal_type if pooled else own
        cuts.append(
            Cut(
                success=_low_cut(probability[rows & reached], nominal),
                failure=-_low_cut(-probability[rows & ~reached], nominal),
                n=int(rows.sum()),
                pooled=pooled,
            )
        )
    return tuple(cuts)


def _low_cut(scores: Floats, nominal: float) -> float:
    """The largest cut that keeps the nominal share of future scores at or above it, in 95 of 100 calibrations.

    The plain split-conformal cut keeps it on average over calibration samples only; the one in use would fall
    short half the time. Source: Vovk (2012), training-conditional validity.
    """
    from scipy.stats import binom

    tails = binom.cdf(np.arange(len(scores)), len(scores), 1 - nominal)
    place = int(np.searchsorted(tails, SHORTFALL, side="right"))
    return float(np.sort(scores)[place - 1]) if place >= 1 else -np.inf


def coverage(probability: Floats, reached: Bools, pathway: Ints, cuts: Sequence[Cut]) -> Bools:
    """Whether each case's real outcome was inside its prediction set."""
    success = np.array([cut.success for cut in cuts])[pathway]
    failure = np.array([cut.failure for cut in cuts])[pathway]
    return np.asarray(np.where(reached, probability >= success, probability <= failure), dtype=np.bool_)


def as_mapping(cut: Cut) -> dict[str, Any]:
    """Plain JSON values; "always in the set" is null."""
    return {
        "success": cut.success if np.isfinite(cut.success) else None,
        "failure": cut.failure if np.isfinite(cut.failure) else None,
        "n": cut.n,
        "pooled": cut.pooled,
    }


def from_mapping(data: Mapping[str, Any]) -> Cut:
    """The reverse of `as_mapping`."""
    success, failure = data["success"], data["failure"]
    return Cut(
        -np.inf if success is None else float(success),
        np.inf if failure is None else float(failure),
        int(data["n"]),
        bool(data["pooled"]),
    )
