"""Release gates: a candidate that fails one is not put to use, and every figure is kept.

Each gate is a pure function of what the model said about people it never learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from assistant.core.catalogue import Catalogue
from eval.metrics.groups import Audit, audit
from eval.metrics.probability import auc, expected_calibration_error, paired_difference
from models.bands import protected_groups
from models.columns import Bools, Floats, Ints
from models.conformal import coverage
from models.features import PAST_CASES
from models.train import HeldOut, TrainedModel

CALIBRATION_LIMIT = 0.02
WORSE_LIMIT = 0.005
RESIDUAL_LIMIT = 1e-9
GAP_LIMIT = 0.05
PROXY_LIMIT = 0.25
COVERAGE_LEVEL = 0.05

Challenger = Callable[[HeldOut, HeldOut, HeldOut, int], Floats]
"""(train, calibrate, test, seed) → the challenger's probabilities on test."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: its `figure` must keep to `limit`; `detail` holds what the figure was made of."""

    name: str
    passed: bool
    figure: float
    limit: float
    detail: Mapping[str, Any]

    def as_mapping(self) -> dict[str, Any]:
        """Plain values for JSON and the ethics log."""
        return asdict(self)


class Decision(NamedTuple):
    """All gates, and whether the candidate may be promoted."""

    gates: tuple[Gate, ...]
    passed: bool


def decide(trained: TrainedModel, catalogue: Catalogue, challenger: Challenger | None = None) -> Decision:
    """Run every gate on the candidate's held-out cases; the default challenger is scikit-learn's boosted trees."""
    gates = (
        calibration_gate(trained.test, trained.seed),
        coverage_gate(trained),
        fairness_gate(trained.test, catalogue),
        additivity_gate(trained),
        proxy_gate(trained, catalogue),
        challenger_gate(trained, challenger or boosted_trees),
    )
    return Decision(gates, all(gate.passed for gate in gates))


def calibration_gate(test: HeldOut, seed: int) -> Gate:
    """The calibration error is at most 0.02, or no more than a perfect model of this size shows by chance (99 %)."""
    figure = expected_calibration_error(test.reached, test.probability)
    rng = np.random.default_rng(seed)
    by_chance = [
        expected_calibration_error(rng.random(len(test.probability)) < test.probability, test.probability)
        for _ in range(200)
    ]
    limit = max(CALIBRATION_LIMIT, float(np.quantile(by_chance, 0.99)))
    return Gate("calibration", figure <= limit, figure, limit, {"n": len(test.probability)})


def coverage_gate(trained: TrainedModel) -> Gate:
    """No pathway's (or, where pooled, goal type's) sets hold the truth less often than promised.

    One-sided binomial test per outcome and set, 5 % by Bonferroni; the figure is the smallest adjusted p.
    """
    content, test = trained.model.content, trained.test
    inside = coverage(test.probability, test.reached, test.pathway, content.cuts)
    names = np.array(
        [
            content.goal_types[p] if content.cuts[p].pooled else content.pathways[p]
            for p in range(len(content.pathways))
        ],
        dtype=object,
    )[test.pathway]
    rows = []
    for name in sorted(set(names)):
        for outcome in (True, False):
            of = (names == name) & (test.reached == outcome)
            if of.any():
                hits, n = int(inside[of].sum()), int(of.sum())
                rows.append((name, outcome, hits, n, _too_few_p(hits, n, content.nominal)))
    smallest = min((row[4] for row in rows), default=1.0) * max(1, len(rows))
    detail = {f"{name}/{'reached' if y else 'missed'}": [round(h / n, 4), n] for name, y, h, n, _ in rows}
    return Gate("coverage", smallest >= COVERAGE_LEVEL, min(1.0, smallest), COVERAGE_LEVEL, detail)


def _too_few_p(hits: int, n: int, nominal: float) -> float:
    from scipy.stats import binom

    return float(binom.cdf(hits, n, nominal))


def held_out_audit(test: HeldOut, catalogue: Catalogue) -> Audit:
    """Every protected group's figures on the held-out cases; "selected" is the third with the highest chances.

    Only a gap between stated and real rates may alarm: who stands in the highest third follows from lawful facts
    (health, work) that differ between groups, and is shown rather than judged.
    """
    groups = protected_groups([episode.facts for episode in test.episodes], catalogue)
    selected = test.probability >= np.quantile(test.probability, 2 / 3)
    return audit(groups, selected, test.reached, test.probability, compared=("gap",))


def fairness_gate(test: HeldOut, catalogue: Catalogue) -> Gate:
    """No protected group's stated chances are off by more than 5 points beyond chance, compared with the others'."""
    found = held_out_audit(test, catalogue)
    gaps = [alarm for alarm in found.alarms if alarm.figure == "gap"]
    worst = max((abs(alarm.difference) for alarm in gaps), default=0.0)
    detail = {f"{alarm.attribute}={alarm.group}": alarm.difference for alarm in gaps}
    return Gate("fairness", worst <= GAP_LIMIT, worst, GAP_LIMIT, {"alarms": detail, "tests": found.tests})


def additivity_gate(trained: TrainedModel, people: int = 300) -> Gate:
    """Terms and context add up to the library's own margin for real held-out cases, all pathways."""
    model, test = trained.model, trained.test
    place = model.features.index(PAST_CASES)
    worst = 0.0
    for row, episode in enumerate(test.episodes[:people]):
        past = dict.fromkeys(model.pathways, float(test.rows[row, place]))
        terms = model.terms(episode.facts, past, {})
        residual = np.abs(terms.context + terms.values.sum(axis=1) - terms.margin).max()
        worst = max(worst, float(residual))
    return Gate("additivity", worst <= RESIDUAL_LIMIT, worst, RESIDUAL_LIMIT, {"people": people})


def proxy_gate(trained: TrainedModel, catalogue: Catalogue) -> Gate:
    """No field marked as a stand-in for a protected attribute moves that attribute's groups apart.

    The figure is the largest difference, in log-odds, between a group's mean contribution of such a field and
    everybody else's, on held-out cases under the pathway each was given.
    """
    test, content = trained.test, trained.model.content
    groups = protected_groups([episode.facts for episode in test.episodes], catalogue)
    detail: dict[str, float] = {}
    for field, spec in catalogue.fields.items():
        columns = [j for j, feature in enumerate(content.features) if feature.field == field]
        attributes = [name for name in spec.proxy_risk if name in groups]
        if columns and attributes:
            moved = contributions(trained, test.rows, test.pathway, columns)
            for attribute in attributes:
                detail[f"{field}~{attribute}"] = _largest_gap(moved, groups[attribute])
    worst = max(detail.values(), default=0.0)
    return Gate("proxy", worst <= PROXY_LIMIT, worst, PROXY_LIMIT, detail)


def contributions(trained: TrainedModel, rows: Floats, pathway: Ints, columns: Sequence[int]) -> Floats:
    """Σ over `columns` of g_pj for rows under their own pathway; shape [n]."""
    from models.features import bins_of

    content = trained.model.content
    summed = content.tables.summed()
    total = np.zeros(len(rows))
    for j in columns:
        total += summed[j][pathway, bins_of(content.features[j], rows[:, j])]
    return total


def _largest_gap(values: Floats, groups: Sequence[str], smallest: int = 100) -> float:
    of = np.array(groups, dtype=object)
    gaps = [0.0]
    for group in sorted(set(groups) - {""}):
        inside, outside = of == group, (of != group) & (of != "")
        if inside.sum() >= smallest and outside.sum() >= smallest:
            gaps.append(abs(float(values[inside].mean() - values[outside].mean())))
    return round(max(gaps), 4)


def challenger_gate(trained: TrainedModel, challenger: Challenger) -> Gate:
    """AUC at most 0.005 under the challenger's on the same people and columns, or not to be told apart from it."""
    probability = challenger(trained.train, trained.calibrate, trained.test, trained.seed)
    reached: Bools = trained.test.reached
    difference = paired_difference(auc, reached, trained.test.probability, probability)
    passed = difference.value >= -WORSE_LIMIT or difference.low <= 0 <= difference.high
    detail = {
        "auc": auc(reached, trained.test.probability),
        "challenger_auc": auc(reached, probability),
        "interval": [difference.low, difference.high],
    }
    return Gate("challenger", bool(passed), difference.value, -WORSE_LIMIT, detail)


def boosted_trees(learn: HeldOut, judge: HeldOut, test: HeldOut, seed: int) -> Floats:
    """The default challenger: histogram gradient boosting on the same columns, pathway included."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    columns: Bools = np.asarray(~np.isnan(learn.rows).all(axis=0))
    best, loss = None, np.inf
    for leaves in (8, 31):
        model = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=200,
            max_leaf_nodes=leaves,
            min_samples_leaf=20,
            early_stopping=False,
            categorical_features=[0],
            random_state=seed,
        )
        # Its threads wait by spinning: on a busy machine two are many times slower than one.
        with threadpool_limits(limits=1):
            model.fit(_with_pathway(learn, columns), learn.reached)
        chance = np.clip(model.predict_proba(_with_pathway(judge, columns))[:, 1], 1e-6, 1 - 1e-6)
        now = float(-np.mean(np.where(judge.reached, np.log(chance), np.log(1 - chance))))
        if now < loss:
            best, loss = model, now
    assert best is not None
    return np.asarray(best.predict_proba(_with_pathway(test, columns))[:, 1])


def _with_pathway(held: HeldOut, columns: Bools) -> Floats:
    return np.column_stack([held.pathway.astype(np.float64), held.rows[:, columns]])
