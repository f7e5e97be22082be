"""Draw one variable of a synthetic person from the variables before it, as the recipe says.

A *weight table* is a mapping from terms (see `models.columns.Columns.term`) to weights; `base` is the constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assistant.core.domain import NONE_FOUND, FieldSpec
from models.columns import Bools, Choices, Column, Columns, Floats, Items, Numbers

KINDS = ("normal", "number", "chance", "choice", "items", "days_before", "by")


def linear(weights: Mapping[str, float], columns: Columns, rows: Bools) -> Floats:
    """The weighted sum of terms for the chosen rows."""
    total = np.full(int(rows.sum()), float(weights.get("base", 0.0)))
    for term, weight in weights.items():
        if term not in ("base", "share"):
            total += float(weight) * columns.term(term)[rows]
    return total


def draw(spec: Mapping[str, Any], field: FieldSpec | None, columns: Columns, rng: np.random.Generator) -> Column:
    """One variable for everybody.

    `when` limits it to the people for whom a term holds; for the others it is unknown, or `otherwise`.
    """
    rows = columns.term(spec["when"]) > 0 if "when" in spec else np.ones(columns.n, bool)
    column = _blank(spec, field, columns.n)
    _fill(column, spec, columns, rows, rng)
    if "otherwise" in spec:
        _set(column, ~rows, spec["otherwise"])
    return column


def _blank(spec: Mapping[str, Any], field: FieldSpec | None, n: int) -> Column:
    kind = _kind(spec)
    while kind == "by":
        spec = next(iter(spec["of"].values()))
        kind = _kind(spec)
    if kind == "choice":
        return Choices(np.full(n, -1, dtype=np.int64), _labels(spec, field))
    if kind == "items":
        labels = tuple(label for label in _labels(spec, field) if label != NONE_FOUND)
        return Items(np.zeros((n, len(labels)), bool), labels, np.zeros(n, bool))
    return Numbers(np.full(n, np.nan), float(spec.get("centre", 0.0)), float(spec.get("scale", 1.0)))


def _labels(spec: Mapping[str, Any], field: FieldSpec | None) -> tuple[str, ...]:
    if field is not None and field.allowed:
        return field.allowed
    return tuple(str(label) for label in spec["labels"]) if "labels" in spec else tuple(spec[_kind(spec)])


def _kind(spec: Mapping[str, Any]) -> str:
    found = [kind for kind in KINDS if kind in spec]
    if len(found) != 1:
        raise ValueError(f"a variable has exactly one of {', '.join(KINDS)}; found {found}")
    return found[0]


def _fill(column: Column, spec: Mapping[str, Any], columns: Columns, rows: Bools, rng: np.random.Generator) -> None:
    kind = _kind(spec)
    if kind == "by":
        _fill_by(column, spec, columns, rows, rng)
    elif isinstance(column, Choices):
        column.codes[rows] = _choices(spec["choice"], column.labels, columns, rows, rng)
    elif isinstance(column, Items):
        _fill_items(column, spec["items"], columns, rows, rng)
    elif kind == "chance":
        chance = 1 / (1 + np.exp(-linear(spec["chance"], columns, rows)))
        column.values[rows] = rng.random(chance.size) < chance
    elif kind == "days_before":
        column.values[rows] = columns.by_name["date"].values[rows] - _numbers(  # type: ignore[union-attr]
            spec["days_before"], columns, rows, rng
        )
    else:
        column.values[rows] = _numbers(spec[kind], columns, rows, rng)


def _fill_by(column: Column, spec: Mapping[str, Any], columns: Columns, rows: Bools, rng: np.random.Generator) -> None:
    rest = rows.copy()
    for value, inner in spec["of"].items():
        if value == "else":
            continue
        part = rows & (columns.term(f"{spec['by']}={value}") > 0)
        rest &= ~part
        if part.any():
            _fill(column, inner, columns, part, rng)
    if "else" in spec["of"] and rest.any():
        _fill(column, spec["of"]["else"], columns, rest, rng)


def _numbers(weights: Mapping[str, Any], columns: Columns, rows: Bools, rng: np.random.Generator) -> Floats:
    special = ("sd", "min", "max", "digits")
    mean = linear({k: v for k, v in weights.items() if k not in special}, columns, rows)
    values = mean + float(weights.get("sd", 0.0)) * rng.standard_normal(mean.size)
    values = np.clip(values, weights.get("min", -np.inf), weights.get("max", np.inf))
    return np.round(values, int(weights["digits"])) if "digits" in weights else values


def _choices(
    options: Mapping[str, Any],
    labels: Sequence[str],
    columns: Columns,
    rows: Bools,
    rng: np.random.Generator,
) -> np.ndarray[Any, np.dtype[np.int64]]:
    scores = np.full((int(rows.sum()), len(labels)), -np.inf)
    for label, weight in options.items():
        table = weight if isinstance(weight, Mapping) else {"share": weight}
        share = float(table.get("share", 1.0))
        if share > 0:
            scores[:, labels.index(str(label))] = np.log(share) + linear(table, columns, rows)
    return np.asarray((scores + rng.gumbel(size=scores.shape)).argmax(axis=1), dtype=np.int64)


def _fill_items(
    column: Items, items: Mapping[str, Any], columns: Columns, rows: Bools, rng: np.random.Generator
) -> None:
    column.asked[rows] = True
    for label, weights in items.items():
        table = weights if isinstance(weights, Mapping) else {"base": weights}
        chance = 1 / (1 + np.exp(-linear(table, columns, rows)))
        column.has[rows, column.labels.index(label)] = rng.random(chance.size) < chance


def _set(column: Column, rows: Bools, value: Any) -> None:
    if isinstance(column, Choices):
        column.codes[rows] = column.labels.index(value)
    elif isinstance(column, Items):
        column.asked[rows] = True
        for label in value:
            if label != NONE_FOUND:
                column.has[rows, column.labels.index(label)] = True
    else:
        column.values[rows] = float(value)


def forget(column: Column, rows: Bools) -> Column:
    """The column as it stands on file, when the chosen people were never asked."""
    if isinstance(column, Choices):
        return Choices(np.where(rows, -1, column.codes), column.labels)
    if isinstance(column, Items):
        return Items(column.has & ~rows[:, None], column.labels, column.asked & ~rows)
    return Numbers(np.where(rows, np.nan, column.values), column.centre, column.scale)
