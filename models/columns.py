"""Facts of many people as columns, so that conditions and weights are worked out for all of them at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assistant.core.domain import NONE_FOUND, All, AnyOf, Leaf, Not, Predicate

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A numeric, boolean (0/1) or date (days since 1970) column; NaN is unknown.

    `centre` and `scale` say how a bare name of the column reads as a weight's input.
    """

    values: Floats
    centre: float = 0.0
    scale: float = 1.0

    def known(self) -> Bools:
        """Where the value is known."""
        return ~np.isnan(self.values)


@dataclass(frozen=True, slots=True)
class Choices:
    """A column with one of `labels` per person, as its index; −1 is unknown."""

    codes: Ints
    labels: tuple[str, ...]

    def known(self) -> Bools:
        """Where the value is known."""
        return self.codes >= 0


@dataclass(frozen=True, slots=True)
class Items:
    """A list column: which of `labels` each person has, and where the list was asked at all."""

    has: Bools
    labels: tuple[str, ...]
    asked: Bools

    def known(self) -> Bools:
        """Where the list is known."""
        return self.asked


Column: TypeAlias = Numbers | Choices | Items

TERM = re.compile(r"^([\w:]+)\s*(?:(!=|>=|<=|=|>|<)\s*(\S+))?$")


@dataclass(slots=True)
class Columns:
    """Named columns of the same `n` people, and the terms already worked out over them."""

    n: int
    by_name: dict[str, Column] = field(default_factory=dict)
    terms: dict[str, Floats] = field(default_factory=dict)

    def term(self, text: str) -> Floats:
        """The weight input that `text` names, per person; unknown counts as 0.

        `age` is the centred and scaled number; `gop_level=ingen|almen_basal` 1 where one of them holds;
        `pain_nrs=4..7`, `pain_nrs>=4` ranges; `?pain_nrs` 1 where it is known; `a & b` the product.
        Raises `KeyError` for an unknown name and `ValueError` for what is not a term.
        """
        if text not in self.terms:
            parts = [self._single(part.strip()) for part in text.split("&")]
            self.terms[text] = np.prod(parts, axis=0) if len(parts) > 1 else parts[0]
        return self.terms[text]

    def _single(self, text: str) -> Floats:
        if text.startswith("?"):
            return self.by_name[text[1:]].known().astype(np.float64)
        match = TERM.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not a term")
        name, operator, value = match.groups()
        column = self.by_name[name]
        if operator is None:
            if not isinstance(column, Numbers):
                raise ValueError(f"{name!r} is no number; write {name}=value")
            return np.nan_to_num((column.values - column.centre) / column.scale)
        hit = _number_hit(column, operator, value) if isinstance(column, Numbers) else _label_hit(column, value)
        if operator == "!=":
            hit = ~hit & column.known()
        return hit.astype(np.float64)


def _number_hit(column: Numbers, operator: str, value: str) -> Bools:
    x = column.values
    if operator in ("=", "!="):
        low, _, high = value.partition("..")
        return (x >= _number(low)) & (x <= _number(high or low))
    bound = _number(value)
    hits = {">=": x >= bound, "<=": x <= bound, ">": x > bound, "<": x < bound}
    return hits[operator]


def _label_hit(column: Choices | Items, value: str) -> Bools:
    wanted = value.split("|")
    if unknown := [label for label in wanted if label not in column.labels]:
        raise ValueError(f"unknown value {unknown[0]!r}; known are {', '.join(column.labels)}")
    places = [column.labels.index(label) for label in wanted]
    if isinstance(column, Items):
        return np.asarray(column.has[:, places].any(axis=1) & column.asked)
    return np.isin(column.codes, places)


def _number(text: str) -> float:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return float((dt.date.fromisoformat(text) - EPOCH).days)
    return float({"true": 1, "false": 0}.get(text, text))


def kleene(predicate: Predicate, columns: Columns, defaults: Mapping[str, Any]) -> tuple[Bools, Bools]:
    """Where `predicate` is true and where it is false; where neither, it is unknown."""
    match predicate:
        case Leaf(name, op, value):
            return _leaf(columns.by_name.get(name), op, value, defaults.get(name), columns.n)
        case All(parts):
            true, false = zip(*(kleene(part, columns, defaults) for part in parts), strict=True)
            return np.all(true, axis=0), np.any(false, axis=0)
        case AnyOf(parts):
            true, false = zip(*(kleene(part, columns, defaults) for part in parts), strict=True)
            return np.any(true, axis=0), np.all(false, axis=0)
        case Not(part):
            is_true, is_false = kleene(part, columns, defaults)
            return is_false, is_true


def _leaf(column: Column | None, op: str, value: Any, default: Any, n: int) -> tuple[Bools, Bools]:
    if column is None:
        known = np.full(n, default is not None)
        hit = np.full(n, _plain(op, default, value)) if default is not None else np.zeros(n, bool)
        return (hit & known, ~hit & known) if op != "is_known" else (known, np.zeros(n, bool))
    known = column.known()
    if op == "is_known":
        return known, np.zeros(n, bool)
    hit = _hit(column, op, value)
    if default is not None:
        hit = np.where(known, hit, _plain(op, default, value))
        known = np.ones(n, bool)
    return hit & known, ~hit & known


def _plain(op: str, value: Any, wanted: Any) -> bool:
    from assistant.core.predicates import OPERATORS

    return OPERATORS[op](value, wanted)


def _hit(column: Column, op: str, value: Any) -> Bools:
    if isinstance(column, Items):
        if op == "nonempty":
            return np.asarray(
                column.has[:, [label != NONE_FOUND for label in column.labels]].any(axis=1), dtype=np.bool_
            )
        overlap = column.has[:, [label in value for label in column.labels]].any(axis=1)
        return np.asarray(overlap if op == "contains_any" else ~overlap, dtype=np.bool_)
    if isinstance(column, Choices):
        wanted = value if isinstance(value, tuple) else (value,)
        places = [column.labels.index(label) for label in wanted if label in column.labels]
        inside = np.isin(column.codes, places)
        return inside if op in ("==", "in") else ~inside
    return _compare(column.values, op, value)


def _compare(x: Floats, op: str, value: Any) -> Bools:
    if op in ("in", "not_in"):
        inside = np.isin(x, [_as_number(item) for item in value])
        return inside if op == "in" else ~inside
    bound = _as_number(value)
    with np.errstate(invalid="ignore"):
        hits = {
            "==": x == bound,
            "!=": x != bound,
            "<": x < bound,
            "<=": x <= bound,
            ">": x > bound,
            ">=": x >= bound,
        }
    return np.asarray(hits[op], dtype=np.bool_)


def _as_number(value: Any) -> float:
    return _number(value) if isinstance(value, str) else float(value)
