"""Why a passage was found: its relevance shared out over the parts of the query, exactly.

This is about what a caseworker should read. It is never part of a score and is shown apart from one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from explain.game import exact_shapley
from explain.pathway import TOLERANCE, ExplanationRefused

Relevance: TypeAlias = Callable[[Sequence[str]], float]
"""Query parts, in their order, to the passage's relevance for a query made of them alone."""

MOST_PARTS = 10
"""Parts told apart; 2^10 queries are asked. What comes after is one part together."""


@dataclass(frozen=True, slots=True)
class FoundShare:
    """What one part of the query did for a passage's relevance; `kind` is `term`, `sentence` or `rest`."""

    part: str
    kind: str
    share: float


@dataclass(frozen=True, slots=True)
class WhyFound:
    """A passage's relevance: `without` any part, plus the shares. `matched` are the index's own words for it."""

    passage_id: str
    relevance: float
    without: float
    shares: tuple[FoundShare, ...]
    matched: tuple[str, ...]


def why_found(
    passage_id: str, parts: Sequence[str], relevance: Relevance, *, kind: str = "sentence", matched: Sequence[str] = ()
) -> WhyFound:
    """Share a passage's relevance over the parts (terms of a query, or sentences of a note) by Shapley's value.

    Every subset of the first ten parts is asked; later parts stand together as `rest`. Raises
    `ExplanationRefused` when the shares do not sum to the relevance of the whole query (the search is not steady).
    """
    told, rest = list(parts[:MOST_PARTS]), list(parts[MOST_PARTS:])
    if rest:
        told, rest = told[: MOST_PARTS - 1], [*told[MOST_PARTS - 1 :], *rest]
    players = [[part] for part in told] + ([rest] if rest else [])
    worth = np.array([relevance(_chosen(players, mask)) for mask in range(1 << len(players))], dtype=np.float64)
    values = exact_shapley(worth)
    whole = relevance(list(parts))
    missed = abs(float(worth[0]) + math.fsum(values.tolist()) - whole)
    if not missed <= TOLERANCE:
        raise ExplanationRefused(passage_id, "the search gives another relevance when it is asked again", missed)
    names = [(part, kind) for part in told] + ([(" ".join(rest), "rest")] if rest else [])
    shares = [FoundShare(part, what, value) for (part, what), value in zip(names, values.tolist(), strict=True)]
    ordered = sorted(shares, key=lambda share: (-abs(share.share), share.part))
    return WhyFound(passage_id, whole, float(worth[0]), tuple(ordered), tuple(matched))


def _chosen(players: Sequence[Sequence[str]], mask: int) -> list[str]:
    return [part for i, group in enumerate(players) if mask >> i & 1 for part in group]
