"""Columns written out as one mapping of facts per person, in the catalogue's own types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.core.domain import NONE_FOUND, FieldSpec, Value
from models.columns import EPOCH, Choices, Column, Columns, Items, Numbers


def rows_of_facts(columns: Columns, fields: Sequence[FieldSpec]) -> list[dict[str, Value | None]]:
    """One mapping per person, holding the known facts only."""
    rows: list[dict[str, Value | None]] = [{} for _ in range(columns.n)]
    for spec in fields:
        column = columns.by_name[spec.id]
        values = _values(column, spec)
        for place in np.flatnonzero(column.known()):
            rows[place][spec.id] = values[place]
    return rows


def _values(column: Column, spec: FieldSpec) -> list[Any]:
    match column:
        case Choices(codes, labels):
            return [labels[code] if code >= 0 else None for code in codes]
        case Items(has, labels, _):
            return [_items(row, labels) for row in has]
        case Numbers(values, _, _):
            return [None if np.isnan(value) else _number(float(value), spec) for value in values]


def _items(row: Any, labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(labels[place] for place in np.flatnonzero(row)) or (NONE_FOUND,)


def _number(value: float, spec: FieldSpec) -> Value:
    if spec.type == "boolean":
        return bool(value)
    if spec.type == "date":
        return (EPOCH + dt.timedelta(days=int(value))).isoformat()
    return int(value) if spec.type == "integer" else round(value, 2)
