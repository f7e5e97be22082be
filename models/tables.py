"""The fitted model as plain arrays: every number that a score is made of, and nothing else.

Bins are laid out as `models.features.bins_of` counts them: 0 unknown, 1…B the values, B + 1 a value never seen
(always 0: nothing is known of it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models import joints
from models.columns import Floats, Ints
from models.features import Feature, bin_counts, bins_of
from models.joints import Joint, mean_shares, settled

BinTable: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """F(p, x) = intercept + pathway[p] + Σ_j (main[j][x_j] + pair[j][p, x_j]) + Σ joint terms.

    `main[j]` has shape [B_j + 2], `pair[j]` [P, B_j + 2], `pathway` [P]; all in log-odds.
    """

    intercept: float
    pathway: Floats
    main: tuple[Floats, ...]
    pair: tuple[Floats, ...]
    joint: tuple[Joint, ...] = ()

    def summed(self) -> tuple[Floats, ...]:
        """g_pj = f_j + f_Pj for every feature, shape [P, B_j + 2] each."""
        return tuple(main[None, :] + pair for main, pair in zip(self.main, self.pair, strict=True))


def binned(features: Sequence[Feature], table: Floats) -> BinTable:
    """The bin of every value; shape like `table`."""
    return np.stack([bins_of(f, table[:, j]) for j, f in enumerate(features)], axis=1)


def margins(tables: Tables, pathway: Ints, bins: BinTable) -> Floats:
    """F for rows that each belong to one pathway; shape [n]."""
    total = tables.intercept + tables.pathway[pathway]
    for j, summed in enumerate(tables.summed()):
        total = total + summed[pathway, bins[:, j]]
    for joint in tables.joint:
        total = total + joint.of(bins)
    return total


def cell_counts(feature: Feature, pathway: Ints, bins: NDArray[np.int64], pathways: int) -> NDArray[np.int64]:
    """How many training people each pathway has in each bin; shape [P, B + 2]."""
    width = bin_counts(feature) + 2
    flat = np.bincount(pathway * width + bins, minlength=pathways * width)
    return flat.reshape(pathways, width)


def pool_small_cells(pair: Floats, counts: NDArray[np.int64], ordered: bool, smallest: int) -> Floats:
    """The pathway × bin table after cells with fewer than `smallest` people were joined with others.

    Ordered bins are joined with their neighbours, categories with the other small ones; what stays small takes
    the pathway's mean. Weighted means are kept.
    """
    pooled = pair.copy()
    for p in range(pair.shape[0]):
        for group in _groups(counts[p], ordered, smallest):
            weight = counts[p, group]
            total = weight.sum()
            pooled[p, group] = (pair[p, group] * weight).sum() / total if total else 0.0
    pooled[:, -1] = 0.0
    return pooled


def _groups(counts: NDArray[np.int64], ordered: bool, smallest: int) -> list[NDArray[np.int64]]:
    values = np.arange(1, len(counts) - 1)
    if ordered:
        groups = _runs(counts, values, smallest)
    else:
        small = values[counts[values] < smallest]
        groups = [np.array([value]) for value in values if counts[value] >= smallest]
        groups += [small] if len(small) else []
    short = [group for group in groups if counts[group].sum() < smallest]
    if counts[0] < smallest:
        short.append(np.array([0]))
    else:
        groups.append(np.array([0]))
    if not short:
        return groups
    kept = [group for group in groups if counts[group].sum() >= smallest]
    left = np.concatenate(short)
    if counts[left].sum() >= smallest or not kept:
        return [*kept, left]
    nearest = min(range(len(kept)), key=lambda g: (-int(counts[kept[g]].sum()), g))
    joined = np.concatenate([kept.pop(nearest), left])
    return [*kept, joined]


def _runs(counts: NDArray[np.int64], values: NDArray[np.int64], smallest: int) -> list[NDArray[np.int64]]:
    runs: list[list[int]] = [[]]
    held = 0
    for value in values:
        if held >= smallest:
            runs.append([])
            held = 0
        runs[-1].append(int(value))
        held += int(counts[value])
    if held < smallest and len(runs) > 1:
        last = runs.pop()
        runs[-1].extend(last)
    return [np.array(run) for run in runs if run]


def make_monotone(summed: Floats, counts: NDArray[np.int64], direction: int) -> Floats:
    """Each pathway's summed term projected to the nearest one that rises (or falls) over the value bins.

    Weighted by people; bins without anyone weigh next to nothing, so they follow their neighbours. The bins for
    unknown and never seen stay. Source: isotonic regression (pool adjacent violators), scikit-learn.
    """
    from sklearn.isotonic import isotonic_regression

    projected = summed.copy()
    inner = slice(1, summed.shape[1] - 1)
    for p in range(summed.shape[0]):
        weight = counts[p, inner] + 1e-6
        projected[p, inner] = isotonic_regression(summed[p, inner], sample_weight=weight, increasing=direction > 0)
    return projected


def refine(tables: Tables, features: Sequence[Feature], pathway: Ints, bins: BinTable, smallest: int) -> Tables:
    """Pool cells with few people, then project the features that demand a direction."""
    pathways = len(tables.pathway)
    pair = []
    for j, feature in enumerate(features):
        counts = cell_counts(feature, pathway, bins[:, j], pathways)
        ordered = feature.kind != "category"
        table = pool_small_cells(tables.pair[j], counts, ordered, smallest)
        if feature.monotone:
            summed = make_monotone(tables.main[j][None, :] + table, counts, feature.monotone)
            table = summed - tables.main[j][None, :]
            table[:, -1] = 0.0
        pair.append(table)
    joint = tuple(settled(h.first, h.second, h.table, bins, features, smallest) for h in tables.joint)
    return replace(tables, pair=tuple(pair), joint=joint)


def calibrated(tables: Tables, slope: float, shift: float) -> Tables:
    """The tables of slope · F + shift: the affine calibration folded into every term."""
    return Tables(
        intercept=slope * tables.intercept + shift,
        pathway=slope * tables.pathway,
        main=tuple(slope * main for main in tables.main),
        pair=tuple(slope * pair for pair in tables.pair),
        joint=tuple(joint.scaled(slope) for joint in tables.joint),
    )


def means(tables: Tables, features: Sequence[Feature], bins: BinTable) -> Floats:
    """μ_pj: the mean over all training rows of g_pj and the feature's share of joint terms; shape [P, J]."""
    columns = []
    for j, summed in enumerate(tables.summed()):
        share = np.bincount(bins[:, j], minlength=bin_counts(features[j]) + 2) / len(bins)
        columns.append(summed @ share)
    return np.stack(columns, axis=1) + mean_shares(tables.joint, len(features))


def as_mapping(tables: Tables) -> dict[str, Any]:
    """Plain JSON values; floats round-trip exactly."""
    return {
        "intercept": tables.intercept,
        "pathway": tables.pathway.tolist(),
        "main": [table.tolist() for table in tables.main],
        "pair": [table.tolist() for table in tables.pair],
        "joint": [joints.as_mapping(joint) for joint in tables.joint],
    }


def from_mapping(data: dict[str, Any]) -> Tables:
    """The reverse of `as_mapping`."""
    return Tables(
        intercept=float(data["intercept"]),
        pathway=np.array(data["pathway"], dtype=np.float64),
        main=tuple(np.array(table, dtype=np.float64) for table in data["main"]),
        pair=tuple(np.array(table, dtype=np.float64) for table in data["pair"]),
        joint=tuple(joints.from_mapping(joint) for joint in data["joint"]),
    )
