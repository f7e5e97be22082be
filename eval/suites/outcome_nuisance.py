"""What people would have got, and how it would have gone, by everything on file: the parts of a doubly robust value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import Catalogue
from assistant.core.domain import ModelUse
from models.features import Feature, allowed_features

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

PENALTIES = (10.0, 30.0, 100.0, 300.0)


def lawful_facts(catalogue: Catalogue) -> tuple[Feature, ...]:
    """Everything on file but audit facts and text: what a caseworker may have chosen by."""
    fields = {
        name: replace(spec, model_use=ModelUse.ALLOWED, protected=False, value_model_use={})
        for name, spec in catalogue.fields.items()
        if spec.model_use not in (ModelUse.AUDIT_ONLY, ModelUse.TEXT_SOURCE)
    }
    return allowed_features(replace(catalogue, fields=fields))


class Standardised(NamedTuple):
    """A table with columns centred and scaled, and by what."""

    table: Floats
    centre: Floats
    scale: Floats


def standardised(table: Floats, centre: Floats | None = None, scale: Floats | None = None) -> Standardised:
    """Columns centred and scaled, unknown as 0, and a column per feature that says whether it is known."""
    known = ~np.isnan(table)
    filled = np.where(known, table, 0.0)
    counts = np.maximum(known.sum(axis=0), 1)
    if centre is None or scale is None:
        centre = filled.sum(axis=0) / counts
        spread = np.where(known, table - centre, 0.0)
        scale = np.sqrt((spread**2).sum(axis=0) / counts) + 1e-9
    scaled = np.where(known, np.clip((filled - centre) / scale, -3, 3), 0.0)
    return Standardised(np.column_stack([scaled, known.astype(np.float64)]), centre, scale)


def propensities(
    learnt: Floats,
    code: Ints,
    learnt_open: Bools,
    asked: Floats,
    asked_open: Bools,
    penalties: Sequence[float] = PENALTIES,
) -> Floats:
    """The chance of each open option: a ridge multinomial logit in which closed options cannot be chosen.

    Of several penalties the one is used that says most of the other half of the learning people.
    """
    half = np.arange(len(code)) % 2 == 0
    losses = []
    for penalty in penalties if len(penalties) > 1 else ():
        weights = _logit(learnt[half], code[half], learnt_open[half], penalty)
        chance = _softmax(_with_one(learnt[~half]) @ weights, learnt_open[~half])
        losses.append(-np.log(np.maximum(chance[np.arange(len(chance)), code[~half]], 1e-9)).mean())
    chosen = penalties[int(np.argmin(losses))] if losses else penalties[0]
    weights = _logit(learnt, code, learnt_open, chosen)
    return _softmax(_with_one(asked) @ weights, asked_open)


def _with_one(table: Floats) -> Floats:
    return np.column_stack([np.ones(len(table)), table])


def _softmax(z: Floats, opened: Bools) -> Floats:
    z = np.where(opened, z, -np.inf)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _logit(learnt: Floats, code: Ints, opened: Bools, strength: float) -> Floats:
    from scipy.optimize import minimize

    options = opened.shape[1]
    table = _with_one(learnt)
    penalty = np.full((table.shape[1], options), strength)
    penalty[0] = 0.01
    target = np.eye(options)[code]

    def objective(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(penalty.shape)
        chance = _softmax(table @ weights, opened)
        loss = -np.log(chance[np.arange(len(code)), code]).sum() + 0.5 * (penalty * weights**2).sum()
        return float(loss), (table.T @ (chance - target) + penalty * weights).ravel()

    found = minimize(objective, np.zeros(penalty.size), jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return np.asarray(found.x.reshape(penalty.shape))


def expected_outcomes(learnt: Floats, code: Ints, reached: Bools, asked: Floats, options: int) -> Floats:
    """A ridge logistic regression with option, facts and option × facts."""
    from sklearn.linear_model import LogisticRegression

    def crossed(table: Floats, option: Ints) -> Floats:
        own = np.zeros((len(table), options, table.shape[1]))
        own[np.arange(len(table)), option] = table
        return np.column_stack([table, np.eye(options)[option] * 3.0, own.reshape(len(table), -1)])

    model = LogisticRegression(C=0.01, max_iter=300).fit(crossed(learnt, code), reached)
    columns = [model.predict_proba(crossed(asked, np.full(len(asked), option)))[:, 1] for option in range(options)]
    return np.column_stack(columns)
