"""What earlier practice did: who got which pathway, beside what the lawful facts would lead one to expect."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import Catalogue
from assistant.core.domain import FieldSpec, ModelUse
from eval.metrics.groups import SMALLEST, Audit, audit
from models.columns import EPOCH, Bools, Choices, Column, Columns, Floats, Items, Numbers, kleene
from models.history import Episode

LEAST_GIVEN = 100
"""A pathway given to fewer people says too little about how it is given."""

QUANTILES = 6


@dataclass(frozen=True, slots=True)
class Practice:
    """One pathway: to how many it was open, who of them got it, and how small a gap could have been seen.

    `could_see[attribute]` is the smallest difference between the largest group and everybody else, in points, that
    would have raised an alarm four times in five.
    """

    pathway: str
    open: int
    given: int
    audit: Audit
    could_see: Mapping[str, float]


def columns_of(episodes: Sequence[Episode], catalogue: Catalogue) -> Columns:
    """The facts of earlier cases as columns, for the catalogue's conditions."""
    columns = Columns(len(episodes))
    for spec in catalogue.fields.values():
        values = [episode.facts.get(spec.id) for episode in episodes]
        if spec.type not in ("text", "string") and any(value is not None for value in values):
            columns.by_name[spec.id] = _column(spec, values)
    return columns


def _column(spec: FieldSpec, values: Sequence[Any]) -> Column:
    if spec.type == "list":
        asked = np.array([value is not None for value in values])
        has = np.array([[label in (value or ()) for label in spec.allowed] for value in values], dtype=bool)
        return Items(has, spec.allowed, asked)
    if spec.type == "enum":
        place = {label: code for code, label in enumerate(spec.allowed)}
        return Choices(np.array([place.get(str(v), -1) if v is not None else -1 for v in values]), spec.allowed)
    return Numbers(np.array([np.nan if v is None else _number(v) for v in values], dtype=np.float64))


def _number(value: Any) -> float:
    if isinstance(value, str):
        return float((np.datetime64(value) - np.datetime64(EPOCH.isoformat())).astype(int))
    return float(value)


def opened(episodes: Sequence[Episode], columns: Columns, catalogue: Catalogue, pathways: Sequence[str]) -> Bools:
    """Where the rules left each pathway open (eligible or undetermined) on the day; shape [n, P]."""
    defaults = {name: spec.default_if_missing for name, spec in catalogue.fields.items()}
    days = np.array([(episode.decided_on - EPOCH).days for episode in episodes])
    found = np.zeros((len(episodes), len(pathways)), dtype=np.bool_)
    for place, key in enumerate(pathways):
        pathway = catalogue.pathways[key]
        open_ = ~kleene(pathway.eligibility, columns, defaults)[1] & (days >= (pathway.valid_from - EPOCH).days)
        if pathway.valid_to is not None:
            open_ &= days <= (pathway.valid_to - EPOCH).days
        if pathway.contraindication_hard is not None:
            open_ &= ~kleene(pathway.contraindication_hard, columns, defaults)[0]
        found[:, place] = open_
    return found


def lawful_design(columns: Columns, catalogue: Catalogue, without: frozenset[str]) -> Floats:
    """What may lawfully lead to one pathway rather than another, as 0/1 columns; unknown is a value of its own."""
    parts = []
    for name, column in columns.by_name.items():
        if name in without or catalogue.fields[name].model_use is ModelUse.AUDIT_ONLY:
            continue
        if isinstance(column, Numbers):
            known = column.values[~np.isnan(column.values)]
            edges = np.unique(np.quantile(known, np.linspace(0, 1, QUANTILES + 1)[1:-1]))
            bins = np.where(np.isnan(column.values), -1, np.searchsorted(edges, column.values, side="right"))
            parts += [bins == value for value in range(len(edges) + 1)]
        elif isinstance(column, Choices):
            parts += [column.codes == value for value in range(len(column.labels))]
        else:
            parts += [column.has[:, place] for place in range(len(column.labels))]
        parts.append(column.known())
    return np.column_stack(parts).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Intensity:
    """Who was given a pathway among the more intrusive ones, beside what lawful facts lead one to expect."""

    n: int
    from_level: int
    audit: Audit


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every comparison of a history stands on: who got what, what was open, what may lawfully explain it."""

    given: NDArray[Any]
    pathways: tuple[str, ...]
    open: Bools
    design: Floats
    half: Bools


def practice(
    episodes: Sequence[Episode],
    catalogue: Catalogue,
    groups: Mapping[str, Sequence[str]],
    *,
    without: frozenset[str],
    level: float,
    seed: int = 0,
) -> tuple[list[Practice], Intensity]:
    """Every pathway that was given often enough, and intensity over all, by group, after what lawful facts explain.

    `groups[attribute][i]` is person i's group, "" for unknown; `without` are the fields that may explain nothing.
    The expected share comes from a logistic model of the lawful facts and of what was open, fitted on other people
    than those it is used for. `level` is the chance of any false alarm over all comparisons together.
    """
    ground = _ground(episodes, catalogue, without, seed)
    counts = {key: int((ground.given == key).sum()) for key in ground.pathways}
    chosen = [key for key in ground.pathways if counts[key] >= LEAST_GIVEN and counts[key] < len(episodes)]
    each = level / (len(chosen) + 1)
    rows = [_one_pathway(ground, key, groups, each) for key in chosen]
    return [row for row in rows if row is not None], _intensity(ground, catalogue, groups, each)


def _ground(episodes: Sequence[Episode], catalogue: Catalogue, without: frozenset[str], seed: int) -> _Ground:
    given = np.array([episode.pathway for episode in episodes])
    pathways = tuple(sorted({episode.pathway for episode in episodes} & catalogue.pathways.keys()))
    columns = columns_of(episodes, catalogue)
    open_ = opened(episodes, columns, catalogue, pathways)
    design = np.column_stack([lawful_design(columns, catalogue, without), open_])
    return _Ground(given, pathways, open_, design, _halves([episode.person_id for episode in episodes], seed))


def _one_pathway(ground: _Ground, key: str, groups: Mapping[str, Sequence[str]], level: float) -> Practice | None:
    of = np.flatnonzero(ground.open[:, ground.pathways.index(key)] | (ground.given == key))
    got = (ground.given[of] == key).astype(np.float64)
    if got.all():
        return None  # nobody to whom it was open went without it: there was no choice to be unfair in
    expected = _expected(ground.design[of], got, ground.half[of])
    own = {name: [values[i] for i in of.tolist()] for name, values in groups.items()}
    result = audit(own, got, expected_selection=expected, level=level)
    seen = {name: _could_see(got - expected, own[name], level / max(1, result.tests)) for name in own}
    return Practice(key, len(of), int(got.sum()), result, {k: v for k, v in seen.items() if v is not None})


def _intensity(ground: _Ground, catalogue: Catalogue, groups: Mapping[str, Sequence[str]], level: float) -> Intensity:
    known = np.isin(ground.given, ground.pathways)
    levels = np.array([catalogue.pathways[key].intrusiveness for key in ground.given[known].tolist()])
    bar = int(np.median(levels)) + 1
    intense = (levels >= bar).astype(np.float64)
    expected = _expected(ground.design[known], intense, ground.half[known])
    own = {name: [values[i] for i in np.flatnonzero(known).tolist()] for name, values in groups.items()}
    return Intensity(len(levels), bar, audit(own, intense, expected_selection=expected, level=level))


def _halves(persons: Sequence[str], seed: int) -> Bools:
    """Two halves of the people; one person is in one half only."""
    rng = np.random.default_rng(seed)
    unique = sorted(set(persons))
    half = dict(zip(unique, rng.random(len(unique)) < 0.5, strict=True))
    return np.array([half[person] for person in persons])


def _expected(design: Floats, got: Floats, half: Bools) -> Floats:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    expected = np.full(len(got), got.mean())
    varies = design.std(axis=0) > 0
    for learn in (half, ~half):
        if 0 < got[learn].sum() < learn.sum() and (~learn).any():
            with threadpool_limits(limits=1):
                model = LogisticRegression(C=0.3, max_iter=300, solver="lbfgs")
                model.fit(design[learn][:, varies], got[learn])
            expected[~learn] = model.predict_proba(design[~learn][:, varies])[:, 1]
    return expected


def _could_see(rest: Floats, values: Sequence[str], level: float) -> float | None:
    """The smallest difference that would be found with 80 % power; None where no two groups are large enough."""
    of = np.array(values, dtype=object)
    names, counts = np.unique(of[of != ""], return_counts=True)
    if len(names) < 2 or counts.max() < SMALLEST or counts.sum() - counts.max() < SMALLEST:
        return None
    inside = of == names[counts.argmax()]
    outside = (of != "") & ~inside
    error = math.sqrt(rest[inside].var() / inside.sum() + rest[outside].var() / outside.sum())
    from scipy.stats import norm

    return round(100 * float(norm.isf(level / 2) + norm.isf(0.2)) * error, 1)
