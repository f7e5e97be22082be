"""Our contributions as a `shap.Explanation`, and shap's own explainers as an independent check of the facts.

shap never explains for us: it re-reads models and has been silently wrong (its additivity check compares with its
own copy of the model). Here it sees only a black-box margin, so it can disagree with us and with nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from explain.game import Floats

if TYPE_CHECKING:
    import shap

Margin = Callable[[Floats], Floats]
"""Rows of encoded facts in, margins (logits) of one pathway out: the model as a black box."""


def to_shap(
    explanations: Sequence[Mapping[str, Any]], values: Sequence[Mapping[str, Any]] | None = None
) -> shap.Explanation:
    """Logged explanations of one pathway (CONTRACT's form) as one `shap.Explanation`, one row each.

    Columns are the top-level contributions in the first explanation's order; `values` gives each row's facts as
    shown. The base values are the base, so that base plus a row's values is that row's margin.
    """
    shap = _shap()
    names = [part["id"] for part in explanations[0]["contributions"] if part.get("parent") is None]
    rows = [{part["id"]: part["value"] for part in item["contributions"]} for item in explanations]
    shown = values if values is not None else [{} for _ in rows]
    data = np.array([[str(row.get(name, "")) for name in names] for row in shown])
    return shap.Explanation(
        values=np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float64),
        base_values=np.array([item["base"] for item in explanations], dtype=np.float64),
        data=data,
        feature_names=names,
    )


def shap_values(
    margin: Margin,
    background: Floats,
    rows: Floats,
    *,
    explainer: Literal["exact", "permutation"] = "exact",
    seed: int = 0,
) -> NDArray[np.float64]:
    """shap's own Shapley values of the black box over the background rows, [rows, features].

    `exact` counts every coalition and serves up to about 15 features; `permutation` walks orders there and back,
    which is exact for an additive margin.
    """
    shap = _shap()
    masker = shap.maskers.Independent(background, max_samples=len(background))
    with warnings.catch_warnings():
        # shap 0.51 calls names that numpy and numba are about to drop; nothing of ours is silenced.
        warnings.filterwarnings("ignore", module=r"shap|numba|numpy")
        if explainer == "exact":
            found = shap.explainers.Exact(margin, masker)(rows)
        else:
            found = shap.explainers.Permutation(margin, masker, seed=seed)(
                rows, max_evals=10 * (2 * rows.shape[1] + 1), silent=True
            )
    return np.asarray(found.values, dtype=np.float64)


def _shap() -> Any:
    """shap, without the warnings that its own import raises under today's matplotlib and numba."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    return shap


def largest_gap(ours: Floats, theirs: Floats) -> float:
    """The largest absolute difference between our contributions and shap's, in logits."""
    return float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs)))) if np.size(ours) else 0.0
