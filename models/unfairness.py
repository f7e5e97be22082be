"""Unfairness put into a synthetic history on purpose, of a known size, so that the audit can be tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.columns import Bools, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """Against whom, how and how much.

    `selection`: members of the group who would have got `pathway` get another open one instead, so that their
    rate of getting it falls by `points` percentage points. `error`: successes of the group are recorded as
    failures, so that the recorded success rate falls by `points`.
    """

    kind: Literal["selection", "error"]
    field: str
    group: str
    points: float
    pathway: str | None = None


def shift_choices(
    injection: Injection,
    group: Bools,
    pathways: Sequence[str],
    eligible: Bools,
    chosen: Ints,
    rng: np.random.Generator,
) -> Ints:
    """The choices after the group was kept from `injection.pathway` (the most given one if None).

    The rate falls by fewer points only where too few in the group have another open pathway.
    """
    target = (
        pathways.index(injection.pathway)
        if injection.pathway is not None
        else int(np.bincount(chosen[group], minlength=len(pathways)).argmax())
    )
    others = eligible.copy()
    others[:, target] = False
    movable = np.flatnonzero(group & (chosen == target) & others.any(axis=1))
    wanted = round(injection.points / 100 * int((group & eligible[:, target]).sum()))
    moved = rng.permutation(movable)[:wanted]
    shifted = chosen.copy()
    for row in moved:
        shifted[row] = rng.choice(np.flatnonzero(others[row]))
    return shifted


def flip_outcomes(injection: Injection, group: Bools, reached: Bools, rng: np.random.Generator) -> Bools:
    """The recorded outcomes after successes of the group were recorded as failures."""
    successes = rng.permutation(np.flatnonzero(group & reached))
    wanted = round(injection.points / 100 * int(group.sum()))
    recorded = reached.copy()
    recorded[successes[:wanted]] = False
    return recorded
