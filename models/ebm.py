"""The explainable boosting machine: fit one, read its tables out, and put tables back into one.

The tables are changed after fitting (small cells, monotone fields, calibration) and written back, so that the
library's own `decision_function` *is* the model and every explanation can be checked against it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from models.columns import Bools, Floats, Ints
from models.features import Feature, bin_counts
from models.joints import barred, how_many, in_order, unsettled
from models.tables import Tables

SMALL = 5000
"""With fewer rows, starting helper processes takes longer than the fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How the boosting runs; the defaults were measured on 20,000 synthetic cases (see `models/recipe/README.md`).

    `outer_bags` is how many boosted models are averaged; None: 4, or 14 where rows are few and each fit is noisy.
    `joints` is the number of terms over two facts; None: as many as the rows support (see `models.joints`).
    """

    outer_bags: int | None = None
    learning_rate: float = 0.02
    max_rounds: int = 4000
    min_samples_leaf: int = 10
    smoothing_rounds: int = 50
    interaction_smoothing_rounds: int = 50
    early_stopping_rounds: int = 50
    cat_smooth: float = 10.0
    joints: int | None = None
    jobs: int = 2


def live(features: Sequence[Feature], table: Floats) -> list[int]:
    """The features that differ between people at all; the others cannot carry a term."""
    places = []
    for j in range(len(features)):
        column = table[:, j]
        known = column[~np.isnan(column)]
        if known.size and (known.size < column.size or known.min() < known.max()):
            places.append(j)
    return places


def fit_tables(
    features: Sequence[Feature],
    pathways: int,
    table: Floats,
    pathway: Ints,
    reached: Bools,
    seed: int,
    settings: FitSettings,
) -> Tables:
    """Boost one EBM with the pathway, every feature and every pathway × feature pair; its tables."""
    places = live(features, table)
    types: list[Any] = ["nominal"] if pathways > 1 else []
    types += [_type(features[j]) for j in places]
    columns = [pathway.astype(np.float64)] if pathways > 1 else []
    rows = np.column_stack([*columns, table[:, places]]) if places or columns else np.zeros((len(table), 1))
    pairs = [(0, place + 1) for place in range(len(places))] if pathways > 1 else []
    number = how_many(len(table), pathways) if settings.joints is None else settings.joints
    fit = partial(_fit, rows, types, reached, seed, settings)
    together = _strongest(fit, features, places, len(columns), number) if number else []
    pairs += [(places.index(a) + len(columns), places.index(b) + len(columns)) for a, b in together]
    model = fit(interactions=pairs)
    return _read(model, features, places, pathways, together)


def _strongest(
    fit: Callable[..., Any], features: Sequence[Feature], places: list[int], first: int, number: int
) -> list[tuple[int, int]]:
    """The pairs of facts that the library's own FAST search picks beside the main terms."""
    own = [(0, place + 1) for place in range(len(places))] if first else []
    excluded = own + [(a + first, b + first) for a, b in barred(features, places)]
    scout = fit(interactions=number, exclude=excluded, outer_bags=2)
    pairs = [term for term in scout.term_features_ if len(term) == 2]
    return [(places[a - first], places[b - first]) for a, b in pairs]


def _fit(rows: Floats, types: list[Any], reached: Bools, seed: int, settings: FitSettings, **changed: Any) -> Any:
    from interpret.glassbox import ExplainableBoostingClassifier

    chosen = {
        "feature_types": types or None,
        "outer_bags": settings.outer_bags or (4 if len(rows) > SMALL else 14),
        "learning_rate": settings.learning_rate,
        "max_rounds": settings.max_rounds,
        "min_samples_leaf": settings.min_samples_leaf,
        "smoothing_rounds": settings.smoothing_rounds,
        "interaction_smoothing_rounds": settings.interaction_smoothing_rounds,
        "early_stopping_rounds": settings.early_stopping_rounds,
        "cat_smooth": settings.cat_smooth,
        "n_jobs": settings.jobs if len(rows) > SMALL else 1,
        "random_state": seed,
    }
    model = ExplainableBoostingClassifier(**{**chosen, **changed})
    with warnings.catch_warnings():
        # Unknown is a value here and has its own bin; the library only says that its plots do not show it.
        warnings.filterwarnings("ignore", message="Missing values detected")
        model.fit(rows, reached)
    return model


def _type(feature: Feature) -> Any:
    if feature.kind == "category":
        return "nominal"
    return list(feature.cuts) if feature.kind == "number" and feature.cuts else [0.5]


def _read(
    model: Any,
    features: Sequence[Feature],
    places: list[int],
    pathways: int,
    together: list[tuple[int, int]],
) -> Tables:
    first = 1 if pathways > 1 else 0
    scores = {tuple(term): scores for term, scores in zip(model.term_features_, model.term_scores_, strict=True)}
    rows = _order(model.bins_[0][0], pathways) if first else np.zeros(0, dtype=np.int64)
    main: list[Floats] = []
    pair: list[Floats] = []
    for j, feature in enumerate(features):
        width = bin_counts(feature) + 2
        main_j, pair_j = np.zeros(width), np.zeros((pathways, width))
        if j in places:
            column = places.index(j) + first
            order = _bin_order(model.bins_[column][0], feature)
            main_j[:-1] = scores[(column,)][order]
            if first:
                pair_j[:, :-1] = scores[(0, column)][np.ix_(rows, _bin_order(model.bins_[column][-1], feature))]
        main.append(main_j)
        pair.append(pair_j)
    own = scores[(0,)][rows] if first else np.zeros(pathways)
    joint = []
    for a, b in together:
        columns = [places.index(a) + first, places.index(b) + first]
        orders = [_bin_order(model.bins_[c][-1], features[j]) for c, j in zip(columns, (a, b), strict=True)]
        table = in_order(scores[(columns[0], columns[1])], orders[0], orders[1])
        joint.append(unsettled(a, b, table))
    return Tables(
        intercept=float(np.ravel(model.intercept_)[0]),
        pathway=own,
        main=tuple(main),
        pair=tuple(pair),
        joint=tuple(joint),
    )


def _order(bins: Any, count: int) -> Ints:
    """Our codes' places in the library's table; a category never seen takes its last place."""
    return np.array([bins.get(str(code), -1) for code in range(count)], dtype=np.int64)


def _bin_order(bins: Any, feature: Feature) -> Ints:
    if isinstance(bins, dict):
        return np.concatenate([[0], _order(bins, len(feature.labels))])
    return np.arange(bin_counts(feature) + 1)


def build_ebm(features: Sequence[Feature], tables: Tables) -> Any:
    """The library's own classifier over (pathway code, features…) holding exactly these tables.

    Only the attributes that its `decision_function` reads are set: no counts, no bounds, no people.
    """
    from interpret.glassbox import ExplainableBoostingClassifier

    pathways = len(tables.pathway)
    model = ExplainableBoostingClassifier()
    model.feature_names_in_ = ["pathway", *(feature.name for feature in features)]
    kinds = ["nominal" if f.kind == "category" else "continuous" for f in features]
    model.feature_types_in_ = ["nominal", *kinds]
    model.bins_ = [[_codes(pathways)], *([_bins(feature)] for feature in features)]
    columns = range(1, len(features) + 1)
    together = [(joint.first + 1, joint.second + 1) for joint in tables.joint]
    model.term_features_ = [(0,), *((j,) for j in columns), *((0, j) for j in columns), *together]
    own = np.concatenate([[0.0], tables.pathway, [0.0]])
    joint = [joint.table for joint in tables.joint]
    model.term_scores_ = [own, *tables.main, *(_padded(pair) for pair in tables.pair), *joint]
    model.intercept_ = np.array([tables.intercept])
    model.link_, model.link_param_ = "logit", np.nan
    model.classes_ = np.array([False, True])
    model.n_features_in_ = len(features) + 1
    model.has_fitted_ = True
    return model


def _codes(count: int) -> dict[str, int]:
    return {str(code): code + 1 for code in range(count)}


def _bins(feature: Feature) -> Any:
    if feature.kind == "category":
        return _codes(len(feature.labels))
    if feature.kind == "number":
        return np.asarray(feature.cuts, dtype=np.float64)
    return np.array([0.5])


def _padded(pair: Floats) -> Floats:
    edge = np.zeros((1, pair.shape[1]))
    return np.concatenate([edge, pair, edge])
