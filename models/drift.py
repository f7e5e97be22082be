"""Has the world moved away from what the model learnt? Facts, scores, outcomes and coverage, then and now.

A warning says what changed, by how much, and is raised only for changes that are both large and beyond chance.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from eval.metrics.groups import holm
from models.columns import Floats
from models.conformal import coverage
from models.features import bin_counts, bins_of
from models.train import HeldOut, TrainedModel

What: TypeAlias = Literal["fact", "unknown", "score", "outcome", "coverage", "mix"]

LARGE_PSI = 0.1
"""A population stability index over this is worth a look by the industry's rule of thumb."""

LARGE_POINTS = 0.05
LEVEL = 0.01
SMALLEST = 100


@dataclass(frozen=True, slots=True)
class Change:
    """What changed: `name` is the feature or pathway, `then` and `now` its figure, `p` adjusted over all checks."""

    what: What
    name: str
    then: float
    now: float
    p: float


def drift(trained: TrainedModel, people: HeldOut, since: dt.date) -> list[Change]:
    """Compare the cases decided before `since` with those after, most changed first.

    Facts and the mix of pathways by their distribution (χ² and stability index; `now` is the index), the rate of
    unknown, the mean score, outcomes less stated chances, and how often prediction sets held the truth.
    """
    late = np.array([episode.decided_on >= since for episode in people.episodes])
    if min(late.sum(), (~late).sum()) < SMALLEST:
        return []
    content = trained.model.content
    checks: list[tuple[Change, bool]] = []
    for j, feature in enumerate(content.features):
        bins = bins_of(feature, people.rows[:, j])
        checks.append(_distribution("fact", feature.name, bins[bins > 0], late[bins > 0], bin_counts(feature) + 1))
        checks.append(_rate("unknown", feature.name, (bins == 0).astype(float), late))
    checks.append(_distribution("mix", "pathway", people.pathway, late, len(content.pathways)))
    checks.append(_rate("score", "probability", people.probability, late))
    for p, pathway in enumerate(content.pathways):
        own = people.pathway == p
        if min((own & late).sum(), (own & ~late).sum()) >= SMALLEST:
            rest = (people.reached - people.probability)[own]
            checks.append(_rate("outcome", pathway, rest, late[own]))
    inside = coverage(people.probability, people.reached, people.pathway, content.cuts)
    checks.append(_rate("coverage", "prediction_set", inside.astype(float), late))
    adjusted = holm([warning.p for warning, _ in checks])
    found = [
        Change(warning.what, warning.name, warning.then, warning.now, p)
        for (warning, large), p in zip(checks, adjusted, strict=True)
        if large and p < LEVEL
    ]
    return sorted(found, key=lambda warning: (warning.p, warning.what, warning.name))


def _rate(
    what: What, name: str, values: Floats, late: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[Change, bool]:
    then, now = values[~late], values[late]
    difference = float(now.mean() - then.mean())
    error = math.sqrt(then.var() / len(then) + now.var() / len(now))
    p = math.erfc(abs(difference) / (error * math.sqrt(2))) if error > 0 else float(difference == 0)
    return Change(what, name, float(then.mean()), float(now.mean()), p), abs(difference) >= LARGE_POINTS


def _distribution(
    what: What,
    name: str,
    codes: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]],
    late: np.ndarray[tuple[int], np.dtype[np.bool_]],
    width: int,
) -> tuple[Change, bool]:
    from scipy.stats import chi2

    of = np.asarray(codes, dtype=np.int64)
    counts = np.stack([np.bincount(of[~late], minlength=width), np.bincount(of[late], minlength=width)])
    counts = counts[:, counts.sum(axis=0) >= 10]
    sizes = counts.sum(axis=1)
    if counts.shape[1] < 2 or sizes.min() < SMALLEST:
        return Change(what, name, 0.0, 0.0, 1.0), False
    expected = sizes[:, None] * counts.sum(axis=0) / counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    share = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    index = float(((share[1] - share[0]) * np.log(share[1] / share[0])).sum())
    return Change(what, name, 0.0, index, float(chi2.sf(statistic, counts.shape[1] - 1))), index >= LARGE_PSI
