"""How well do the facts the model reads give away what it may not read, and what would dropping the worst cost?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.core.catalogue import Catalogue
from eval.metrics.probability import auc
from models.bands import protected_groups
from models.columns import Bools, Floats
from models.ebm import FitSettings
from models.features import bin_counts, bins_of
from models.history import Episode
from models.train import TrainedModel, train

SMALLEST = 100


@dataclass(frozen=True, slots=True)
class Giveaway:
    """How well the model's facts tell one protected group from the others on held-out people (AUC; 0.5 is not at all).

    `by_field` is how much of it is lost when one field is hidden, the worst proxy first.
    """

    attribute: str
    group: str
    n: int
    auc: float
    by_field: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What leaving a field out costs: held-out AUC with and without it, same people and seed."""

    field: str
    auc_with: float
    auc_without: float


def giveaways(trained: TrainedModel, catalogue: Catalogue, shown: int = 3) -> list[Giveaway]:
    """One entry per protected group with at least 100 people to learn from and to try on, worst first."""
    from sklearn.linear_model import LogisticRegression

    learnt, asked = _cells(trained, trained.train.rows), _cells(trained, trained.test.rows)
    known = protected_groups([episode.facts for episode in trained.train.episodes], catalogue)
    tried = protected_groups([episode.facts for episode in trained.test.episodes], catalogue)
    fields = [feature.field for feature in trained.model.content.features]
    found = []
    for attribute, groups in known.items():
        of = np.array(groups, dtype=object)
        there = np.array(tried.get(attribute, [""] * len(asked)), dtype=object)
        for group in sorted(set(groups) - {""}):
            inside: Bools = of == group
            if min(inside.sum(), (~inside).sum()) < SMALLEST or (there == group).sum() < SMALLEST // 4:
                continue
            model = LogisticRegression(C=0.1, max_iter=200).fit(learnt, inside)
            whole = auc(there == group, model.decision_function(asked))
            lost = {}
            for field in sorted(set(fields) - {""}):
                hidden = asked.copy()
                hidden[:, _columns_of(trained, field)] = 0.0
                lost[field] = whole - auc(there == group, model.decision_function(hidden))
            worst = sorted(lost.items(), key=lambda item: (-item[1], item[0]))[:shown]
            found.append(Giveaway(attribute, group, int(inside.sum()), whole, tuple(worst)))
    return sorted(found, key=lambda one: (-one.auc, one.attribute, one.group))


def _cells(trained: TrainedModel, rows: Floats) -> Floats:
    parts = []
    for j, feature in enumerate(trained.model.content.features):
        if feature.field:
            parts.append(np.eye(bin_counts(feature) + 1)[bins_of(feature, rows[:, j])])
    return np.column_stack(parts)


def _columns_of(trained: TrainedModel, field: str) -> list[int]:
    places: list[int] = []
    start = 0
    for feature in trained.model.content.features:
        if feature.field:
            width = bin_counts(feature) + 1
            if feature.field == field:
                places.extend(range(start, start + width))
            start += width
    return places


def cost_without(
    trained: TrainedModel,
    episodes: Sequence[Episode],
    catalogue: Catalogue,
    fields: Sequence[str],
    settings: FitSettings | None = None,
) -> list[Cost]:
    """What leaving each field out would cost, by training again without it; for the variable review.

    `episodes` must be the history that `trained` learnt from. Raises `UserError` for a field that is not used.
    """
    before = auc(trained.test.reached, trained.test.probability)
    costs = []
    for field in fields:
        other = train(episodes, catalogue, trained.seed, without=[field], settings=settings)
        costs.append(Cost(field, before, auc(other.test.reached, other.test.probability)))
    return costs
