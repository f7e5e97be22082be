"""What the model makes of each fact, pathway by pathway, as arrays to read or plot."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.columns import Floats
from models.features import Feature
from models.pathway_model import PathwayModel


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature under one pathway: `effect` in log-odds against the mean person, per bin.

    `labels` name the bins in the order of `effect`; the first is "unknown" (""). For a number `edges` are the
    borders between the bins that follow it, ascending; empty otherwise. The shape is exact: it is the model.
    """

    pathway: str
    feature: str
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    effect: Floats


def shape(model: PathwayModel, pathway: str, feature: str) -> Shape:
    """The shape of one feature; `KeyError` for a pathway or feature the model does not have."""
    p, j = model.pathways.index(pathway), model.features.index(feature)
    spec = model.content.features[j]
    effect = model.content.tables.summed()[j][p, :-1] - model.content.mean[p, j]
    return Shape(pathway, feature, ("", *_labels(spec)), spec.cuts, effect)


def shapes(model: PathwayModel, pathway: str) -> list[Shape]:
    """Every feature's shape under one pathway, those that move scores most first."""
    if pathway not in model.pathways:
        raise KeyError(pathway)
    found = [shape(model, pathway, feature) for feature in model.features]
    return sorted(found, key=lambda one: (-float(np.ptp(one.effect)), one.feature))


def _labels(feature: Feature) -> tuple[str, ...]:
    if feature.kind == "category":
        return feature.labels
    if feature.kind in ("flag", "item"):
        return ("0", "1")
    edges = [f"{cut:g}" for cut in feature.cuts]
    if not edges:
        return ("*",)
    inner = [f"{low}–{high}" for low, high in pairwise(edges)]
    return (f"<{edges[0]}", *inner, f"≥{edges[-1]}")
