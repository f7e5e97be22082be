"""shap as an independent check: it sees a black box and must find the same facts."""

from __future__ import annotations

import numpy as np
import pytest

from explain.game import Floats
from explain.shap_bridge import largest_gap, shap_values, to_shap

TABLES = [np.array([0.3, -0.5, 0.9]), np.array([-0.2, 0.6]), np.array([1.0, 0.0, -1.0, 0.4]), np.array([0.1, -0.1])]


def margin(rows: Floats) -> Floats:
    """An additive model read as a black box: one table of steps per fact, and a context."""
    return 0.25 + sum(table[rows[:, j].astype(int)] for j, table in enumerate(TABLES))


@pytest.fixture(scope="module")
def background() -> Floats:
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, len(table), 40) for table in TABLES]).astype(float)


def ours(rows: Floats, background: Floats) -> Floats:
    means = [table[background[:, j].astype(int)].mean() for j, table in enumerate(TABLES)]
    return np.column_stack([table[rows[:, j].astype(int)] - means[j] for j, table in enumerate(TABLES)])


@pytest.mark.parametrize("explainer", ["exact", "permutation"])
def test_shaps_own_explainers_agree_on_the_facts(background: Floats, explainer: str) -> None:
    rows = background[:5]

    theirs = shap_values(margin, background, rows, explainer=explainer)  # type: ignore[arg-type]

    assert largest_gap(ours(rows, background), theirs) <= 1e-6


def test_a_wrong_contribution_is_seen(background: Floats) -> None:
    rows = background[:3]
    wrong = ours(rows, background)
    wrong[1, 2] += 0.4

    assert largest_gap(wrong, shap_values(margin, background, rows)) == pytest.approx(0.4, abs=1e-6)


def test_logged_explanations_become_a_shap_explanation_whose_rows_sum_to_their_margins() -> None:
    logged = [
        {
            "base": 0.2,
            "margin": 0.2 + a + b,
            "contributions": [
                {"id": "fact:barriers", "kind": "fact", "value": a},
                {"id": "fact:barriers=smerter", "kind": "fact", "value": a, "parent": "fact:barriers"},
                {"id": "pathway", "kind": "pathway", "value": b},
            ],
        }
        for a, b in ((0.5, -0.1), (-0.3, 0.2))
    ]

    found = to_shap(logged, [{"fact:barriers": "smerter"}, {}])

    assert found.feature_names == ["fact:barriers", "pathway"]
    assert (found.base_values + found.values.sum(axis=1)).tolist() == pytest.approx([e["margin"] for e in logged])
    assert found.data[0][0] == "smerter"
