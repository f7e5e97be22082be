"""Cases as whole-number vectors whose squared distance says how unlike two people's facts are.

Per feature, fully different / one side unknown / both unknown or equal:
numbers and dates at most 32, in 8 equal steps / 17 / 0; yes-no and list items 16 / 8 / 0; categories 18 / 9 / 0.
So an unknown fact is always about half as far away as the opposite fact, whatever the known value is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assistant.core.domain import FieldSpec, ModelUse, Value

Facts: TypeAlias = Mapping[str, Value | None]
Vectors: TypeAlias = NDArray[np.int8]

LEVELS = 8
"""Steps of a number: each is one component, +1 when the value lies beyond it and -1 when not."""

FLAG, MISSING_FLAG, MISSING_NUMBER, CATEGORY = 2, 2, 3, 3


@dataclass(frozen=True, slots=True)
class Column:
    """How one field becomes components; `values` are a category's values or a list's items, `edges` a number's."""

    field: str
    kind: Literal["number", "date", "flag", "category", "list"]
    values: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Components of the vector."""
        sizes = {"flag": 2, "category": len(self.values), "list": len(self.values) + 1}
        return sizes.get(self.kind, len(self.edges) + 1)


@dataclass(frozen=True, slots=True)
class CaseSpec:
    """The columns that are compared, in order; only fields a score may read."""

    columns: tuple[Column, ...]

    @property
    def width(self) -> int:
        """Components of a vector."""
        return sum(column.width for column in self.columns)

    def slices(self) -> list[tuple[Column, slice]]:
        """Each column with its place in the vector."""
        ends = np.cumsum([column.width for column in self.columns]).tolist()
        return [(column, slice(end - column.width, end)) for column, end in zip(self.columns, ends, strict=True)]


def spec_of(fields: Iterable[FieldSpec], facts: Sequence[Facts], days: Sequence[dt.date]) -> CaseSpec:
    """The columns for a catalogue's fields; a number's steps are spread over its middle 90 % in `facts`.

    Fields and list items whose `model_use` is not `allowed` are left out, and so is free text.
    """
    columns = []
    for field in fields:
        if field.model_use is ModelUse.ALLOWED and (column := _column(field, facts, days)):
            columns.append(column)
    return CaseSpec(tuple(columns))


def _column(field: FieldSpec, facts: Sequence[Facts], days: Sequence[dt.date]) -> Column | None:
    if field.type == "boolean":
        return Column(field.id, "flag")
    if field.type == "enum":
        return Column(field.id, "category", field.allowed)
    if field.type == "list":
        items = tuple(item for item in field.allowed if field.use_of(item) is ModelUse.ALLOWED)
        return Column(field.id, "list", items) if items else None
    kinds: dict[str, Literal["number", "date"]] = {"integer": "number", "number": "number", "date": "date"}
    if field.type not in kinds:
        return None
    column = Column(field.id, kinds[field.type])
    numbers = _numbers(column, [row.get(field.id) for row in facts], days)
    known = numbers[~np.isnan(numbers)]
    low, high = np.quantile(known, [0.05, 0.95]) if len(known) else (0.0, 1.0)
    steps = np.linspace(low, max(high, low + 1e-6), LEVELS + 1)
    edges = (steps[:-1] + steps[1:]) / 2
    return Column(field.id, column.kind, edges=tuple(round(float(edge), 6) for edge in edges))


def vectors_of(spec: CaseSpec, facts: Sequence[Facts], days: Sequence[dt.date]) -> Vectors:
    """The vectors of cases, shape (cases, spec.width); `days` are the days they were looked at."""
    found = np.zeros((len(facts), spec.width), np.int8)
    for column, place in spec.slices():
        values = [row.get(column.field) for row in facts]
        found[:, place] = _ENCODE[column.kind](column, values, days)
    return found


def _numbers(column: Column, values: Sequence[Any], days: Sequence[dt.date]) -> NDArray[np.float64]:
    """Numbers as they are, dates as days before the case was looked at; unknown as NaN."""
    if column.kind == "number":
        return np.array([np.nan if value is None else float(value) for value in values])
    return np.array([_days_before(value, day) for value, day in zip(values, days, strict=True)])


def _days_before(value: Any, day: dt.date) -> float:
    try:
        return float((day - dt.date.fromisoformat(str(value))).days) if value is not None else float("nan")
    except ValueError:
        return float("nan")


def _encode_number(column: Column, values: Sequence[Any], days: Sequence[dt.date]) -> Vectors:
    numbers = _numbers(column, values, days)
    beyond = np.where(numbers[:, None] > np.array(column.edges), 1, -1)
    unknown = np.isnan(numbers)
    beyond[unknown] = 0
    return np.column_stack([beyond, np.where(unknown, MISSING_NUMBER, 0)]).astype(np.int8)


def _encode_flag(column: Column, values: Sequence[Any], days: Sequence[dt.date]) -> Vectors:
    rows = [(0, MISSING_FLAG) if value is None else (FLAG if value else -FLAG, 0) for value in values]
    return np.array(rows, np.int8).reshape(len(values), 2)


def _encode_category(column: Column, values: Sequence[Any], days: Sequence[dt.date]) -> Vectors:
    places = {name: place for place, name in enumerate(column.values)}
    found = np.zeros((len(values), len(places)), np.int8)
    for row, value in enumerate(values):
        if value is not None and str(value) in places:
            found[row, places[str(value)]] = CATEGORY
    return found


def _encode_list(column: Column, values: Sequence[Any], days: Sequence[dt.date]) -> Vectors:
    """Each item as a yes-no; an unknown list is 8 away for each item, all in one component too large to split."""
    found = np.zeros((len(values), len(column.values) + 1), np.int8)
    for row, value in enumerate(values):
        if value is None:
            found[row, -1] = round((4 * len(column.values)) ** 0.5)
            continue
        items = set(value) if not isinstance(value, str) else {value}
        found[row, :-1] = [FLAG if item in items else -FLAG for item in column.values]
    return found


_ENCODE: dict[str, Callable[[Column, Sequence[Any], Sequence[dt.date]], Vectors]] = {
    "number": _encode_number,
    "date": _encode_number,
    "flag": _encode_flag,
    "category": _encode_category,
    "list": _encode_list,
}


def alike(spec: CaseSpec, one: Vectors, other: Vectors) -> tuple[list[str], list[str]]:
    """The fields in which two cases are alike and in which they differ; unknown in either is in neither list.

    Numbers are alike when at most one step apart; lists when they share an item or both are empty.
    """
    same: list[str] = []
    differing: list[str] = []
    for column, place in spec.slices():
        a, b = one[place].astype(int), other[place].astype(int)
        if _unknown(column, a) or _unknown(column, b):
            continue
        (same if _is_alike(column, a, b) else differing).append(column.field)
    return same, differing


def _unknown(column: Column, part: NDArray[Any]) -> bool:
    return not part.any() if column.kind == "category" else bool(part[-1] > 0) and not part[:-1].any()


def _is_alike(column: Column, a: NDArray[Any], b: NDArray[Any]) -> bool:
    if column.kind in ("number", "date"):
        return int((a != b).sum()) <= 1
    if column.kind == "list":
        here, there = a[:-1] > 0, b[:-1] > 0
        return bool((here & there).any()) or not (here.any() or there.any())
    return bool((a == b).all())
