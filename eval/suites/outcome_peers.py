"""The boosted trees that the transparent model is measured against, tuned on the same calibration people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.train import HeldOut

Floats: TypeAlias = NDArray[np.float64]
Peer: TypeAlias = Callable[[HeldOut, HeldOut, HeldOut, int], Floats]


def _columns(learn: HeldOut) -> tuple[NDArray[np.bool_], int]:
    return np.asarray(~np.isnan(learn.rows).all(axis=0)), int(learn.pathway.max()) + 1


def _one_hot(held: HeldOut, columns: NDArray[np.bool_], pathways: int) -> Floats:
    codes = np.eye(pathways)[held.pathway] if pathways > 1 else np.zeros((len(held.pathway), 0))
    return np.column_stack([codes, held.rows[:, columns]])


def xgboost(learn: HeldOut, judge: HeldOut, test: HeldOut, seed: int) -> Floats:
    """XGBoost's chances on `test`: pathway one-hot, depth 2 to 6 and number of trees picked on `judge`."""
    import xgboost as xgb

    columns, pathways = _columns(learn)
    tables = [_one_hot(held, columns, pathways) for held in (learn, judge, test)]
    best: Any = None
    for depth in (2, 3, 4, 6):
        model = xgb.XGBClassifier(
            n_estimators=2000,
            learning_rate=0.05,
            max_depth=depth,
            min_child_weight=5,
            subsample=0.8,
            colsample_bytree=0.8,
            early_stopping_rounds=50,
            eval_metric="logloss",
            n_jobs=1,  # its threads wait by spinning: slower than one on a busy machine
            random_state=seed,
        )
        model.fit(tables[0], learn.reached, eval_set=[(tables[1], judge.reached)], verbose=False)
        if best is None or model.best_score < best.best_score:
            best = model
    return np.asarray(best.predict_proba(tables[2])[:, 1], dtype=np.float64)


def logistic(learn: HeldOut, judge: HeldOut, test: HeldOut, seed: int) -> Floats:
    """Plain logistic regression: standardised columns, median for unknown with a flag, pathway one-hot."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    columns, pathways = _columns(learn)
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(max_iter=500, random_state=seed),
    )
    model.fit(_one_hot(learn, columns, pathways), learn.reached)
    return np.asarray(model.predict_proba(_one_hot(test, columns, pathways))[:, 1], dtype=np.float64)


PEERS: dict[str, Peer] = {"xgboost": xgboost, "logistic": logistic}
"""Every peer, by name, in the order they are shown."""
