"""Learn the weights of fusion from labelled queries: a listwise fit with no negative weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import CHANNELS, Fusion

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One query's candidates: ids, a column per channel (each at most 1), which are relevant, and its group.

    `length` is the number of different words, `weight` how much the query counts in the fit. Queries of one
    group are never split between learning and judging.
    """

    ids: tuple[str, ...]
    columns: Floats
    relevant: NDArray[np.bool_]
    length: int
    group: str
    weight: float = 1.0


def fit(examples: Sequence[Labelled], ridge: float, short_to: int = 6, long_from: int = 16) -> Fusion:
    """The weights that make the relevant candidates likeliest (ListNet's softmax), kept small by `ridge`.

    Queries without a relevant candidate teach nothing and are passed over. Raises `ValueError` when none is left.
    """
    from scipy.optimize import minimize

    usable = [example for example in examples if example.relevant.any()]
    if not usable:
        raise ValueError("no query has a relevant candidate to learn from")
    shares = [_share(example.length, short_to, long_from) for example in usable]
    total = sum(example.weight for example in usable)

    def loss(flat: Floats) -> tuple[float, Floats]:
        short, long = flat[: len(CHANNELS)], flat[len(CHANNELS) :]
        value, slope = ridge * float(flat @ flat), 2 * ridge * flat
        for example, share in zip(usable, shares, strict=True):
            cost, back = _one(example, (1 - share) * short + share * long)
            part = example.weight / total
            value += part * cost
            slope = slope + part * np.concatenate([(1 - share) * back, share * back])
        return value, slope

    start = np.ones(2 * len(CHANNELS))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start))
    short, long = found.x[: len(CHANNELS)], found.x[len(CHANNELS) :]
    return Fusion(_rounded(short), _rounded(long), short_to, long_from)


def _share(length: int, short_to: int, long_from: int) -> float:
    return min(1.0, max(0.0, (length - short_to) / (long_from - short_to)))


def _one(example: Labelled, weights: Floats) -> tuple[float, Floats]:
    """Minus the mean log share of the relevant candidates, and its slope by weight."""
    scores = example.columns @ weights
    scores = scores - scores.max()
    shares = np.exp(scores)
    shares /= shares.sum()
    target = example.relevant / example.relevant.sum()
    cost = -float(target @ np.log(shares + 1e-300))
    return cost, example.columns.T @ (shares - target)


def _rounded(weights: Floats) -> tuple[float, ...]:
    """Weights with the largest at 1, in thousandths: no digit more than the data carry."""
    return tuple(float(weight) for weight in np.round(weights / max(float(weights.max()), 1e-9), 3))


def rank(example: Labelled, fusion: Fusion) -> list[str]:
    """The candidates' ids, best first, ties by id."""
    scores = example.columns @ fusion.weights(example.length)
    return [example.ids[place] for place in sorted(range(len(scores)), key=lambda p: (-scores[p], example.ids[p]))]


def folds(groups: Sequence[str], count: int, seed: int) -> list[list[int]]:
    """Split places into `count` parts that keep groups whole and are about equally large."""
    sizes: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        sizes.setdefault(group, []).append(place)
    order = sorted(sizes)
    np.random.default_rng(seed).shuffle(order)
    parts: list[list[int]] = [[] for _ in range(count)]
    for group in sorted(order, key=lambda name: -len(sizes[name])):
        min(parts, key=len).extend(sizes[group])
    return [sorted(part) for part in parts]
