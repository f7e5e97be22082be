"""Who explains: ours, and the peers that stand beside it in the same run. Each gives attributions per field."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features import EVIDENCE, Feature
from models.train import HeldOut, TrainedModel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Explainer:
    """A way to explain: attributions [n, fields] for rows under their pathways, and the margins it speaks of."""

    name: str
    attribute: Callable[[Floats, Ints], Floats]
    margin: Callable[[Floats, Ints], Floats]
    note: str = ""


def fields_of(features: Sequence[Feature]) -> tuple[str, ...]:
    """The catalogue fields the model reads, in order; evidence is none."""
    return tuple(dict.fromkeys(feature.field for feature in features if feature.field))


def summed_by_field(values: Floats, features: Sequence[Feature]) -> Floats:
    """Attributions per feature [n, J] to attributions per field [n, fields]."""
    fields = fields_of(features)
    columns = [[j for j, f in enumerate(features) if f.field == name] for name in fields]
    return np.column_stack([values[:, places].sum(axis=1) for places in columns])


def ours(trained: TrainedModel) -> Explainer:
    """The glass-box model, explained by its own terms."""
    model, features = trained.model, trained.model.content.features

    def terms(rows: Floats, pathway: Ints) -> Floats:
        values = np.empty(rows.shape)
        for p in np.unique(pathway):
            name, here = model.pathways[p], pathway == p
            for j, feature in enumerate(features):
                curve = model.curve(name, feature.name)
                values[here, j] = curve(rows[here, j]) - model.content.mean[p, j]
        return summed_by_field(values, features)

    def margin(rows: Floats, pathway: Ints) -> Floats:
        return np.asarray(model.scores(rows, None, None)[np.arange(len(rows)), pathway])

    return Explainer("vejviser", terms, margin)


def boosted_shap(trained: TrainedModel, seed: int) -> Explainer:
    """A boosted challenger on the same rows, explained by shap's TreeExplainer (path-dependent, its default)."""
    import lightgbm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap's own import warns under today's matplotlib
        import shap
    learn, features = trained.train, trained.model.content.features
    booster = lightgbm.LGBMClassifier(
        n_estimators=200, learning_rate=0.05, num_leaves=15, random_state=seed, n_jobs=1, verbose=-1
    )
    booster.fit(_with_pathway(learn.rows, learn.pathway), learn.reached)
    explainer = shap.TreeExplainer(booster.booster_)

    def attribute(rows: Floats, pathway: Ints) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # shap announces a change of its output's shape
            found = explainer.shap_values(_with_pathway(rows, pathway))
        values = np.asarray(found[-1] if isinstance(found, list) else found)
        return summed_by_field(values[:, 1:], features)

    def margin(rows: Floats, pathway: Ints) -> Floats:
        raw = booster.booster_.predict(_with_pathway(rows, pathway), raw_score=True)
        return np.asarray(raw, dtype=np.float64)

    return Explainer("shap TreeExplainer on LightGBM", attribute, margin)


def lime_tabular(trained: TrainedModel, box: Explainer, seed: int, samples: int = 500) -> Explainer | None:
    """LIME over our model as a black box; None where the package is not installed (it is no dependency)."""
    if importlib.util.find_spec("lime") is None:
        return None
    tabular = importlib.import_module("lime.lime_tabular")
    features = trained.model.content.features
    learn = _filled(trained.train.rows)
    explainer = tabular.LimeTabularExplainer(
        learn,
        mode="regression",
        discretize_continuous=True,
        random_state=seed,
        feature_names=[f.name for f in features],
    )

    def attribute(rows: Floats, pathway: Ints) -> Floats:
        values = np.zeros(rows.shape)
        for i, p in enumerate(pathway):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # scikit-learn's ridge warns of LIME's own near-singular samples
                found = explainer.explain_instance(
                    _filled(rows[i : i + 1])[0],
                    lambda table, p=p: box.margin(_unfilled(table), np.full(len(table), p)),
                    num_features=len(features),
                    num_samples=samples,
                )
            for j, weight in next(iter(found.as_map().values())):
                values[i, j] = weight
        return summed_by_field(values, features)

    return Explainer("LIME on our model", attribute, box.margin, f"{samples} samples a case")


def at_random(trained: TrainedModel, box: Explainer, seed: int) -> Explainer:
    """Attributions drawn from a hat: what any measure must beat."""
    rng = np.random.default_rng(seed)
    width = len(fields_of(trained.model.content.features))
    return Explainer("random", lambda rows, _: rng.normal(size=(len(rows), width)), box.margin)


def explainers(trained: TrainedModel, seed: int) -> tuple[Explainer, ...]:
    """Ours first, then the peers that are installed."""
    own = ours(trained)
    peers: list[Any] = [boosted_shap(trained, seed), lime_tabular(trained, own, seed), at_random(trained, own, seed)]
    return (own, *(peer for peer in peers if peer is not None))


def evidence_columns(features: Sequence[Feature]) -> list[int]:
    """Where the evidence features stand."""
    return [j for j, feature in enumerate(features) if feature.name in EVIDENCE]


def chosen(held: HeldOut, n: int, seed: int) -> Ints:
    """`n` cases of those held out, at random but the same each time."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.permutation(len(held.rows))[:n])


_UNKNOWN = -1.0
"""What stands for an unknown fact where a peer cannot take NaN; no fact has this value."""


def _filled(rows: Floats) -> Floats:
    return np.where(np.isnan(rows), _UNKNOWN, rows)


def _unfilled(rows: Floats) -> Floats:
    return np.where(rows <= _UNKNOWN / 2, np.nan, rows)


def _with_pathway(rows: Floats, pathway: Ints) -> Floats:
    return np.column_stack([pathway.astype(np.float64), rows])
