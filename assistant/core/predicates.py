"""Declarative conditions: read from data, evaluated in Kleene's three-valued logic.

Source: S. C. Kleene, Introduction to Metamathematics (1952), § 64, strong connectives; the operators are
those of the catalogue's `meta.predicate_language`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from assistant.core.domain import NONE_FOUND, All, AnyOf, Leaf, Not, Predicate, Truth

Lookup = Callable[[Leaf], Truth]

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda x, v: bool(x == v),
    "!=": lambda x, v: bool(x != v),
    "<": lambda x, v: bool(x < v),
    "<=": lambda x, v: bool(x <= v),
    ">": lambda x, v: bool(x > v),
    ">=": lambda x, v: bool(x >= v),
    "in": lambda x, v: x in v,
    "not_in": lambda x, v: x not in v,
    "contains_any": lambda x, v: bool(set(x) & set(v)),
    "contains_none": lambda x, v: not set(x) & set(v),
    "is_known": lambda _x, _v: True,
    "nonempty": lambda x, _v: bool(set(x) - {NONE_FOUND}),
}
LIST_OPERATORS = frozenset({"contains_any", "contains_none", "nonempty"})
ORDER_OPERATORS = frozenset({"<", "<=", ">", ">="})
MEMBER_OPERATORS = frozenset({"in", "not_in", "contains_any", "contains_none"})
VALUELESS_OPERATORS = frozenset({"is_known", "nonempty"})


def parse_predicate(data: object) -> Predicate:
    """Read a predicate written as nested mappings.

    Raises `ValueError` with one sentence when it is not one.

    >>> parse_predicate({"field": "age", "op": ">=", "value": 18})
    Leaf(field='age', op='>=', value=18)
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"a condition is a mapping, not {data!r}")
    if "field" in data:
        return _leaf(data)
    if len(data) != 1:
        raise ValueError(f"a condition is a leaf or one of all, any, not; found the keys {sorted(data)}")
    combinator, parts = next(iter(data.items()))
    if combinator == "not":
        return Not(parse_predicate(parts))
    if combinator not in ("all", "any"):
        raise ValueError(f"unknown combinator {combinator!r}; known are all, any, not")
    if not isinstance(parts, list) or not parts:
        raise ValueError(f"{combinator!r} needs a list of at least one condition")
    read = tuple(parse_predicate(part) for part in parts)
    return All(read) if combinator == "all" else AnyOf(read)


def _leaf(data: Mapping[str, Any]) -> Leaf:
    if unknown := sorted(data.keys() - {"field", "op", "value"}):
        raise ValueError(f"unknown keys {unknown} in the condition on {data['field']!r}")
    operator = str(data.get("op"))
    if operator not in OPERATORS:
        raise ValueError(f"unknown operator {operator!r} on {data['field']!r}; known are {', '.join(OPERATORS)}")
    value = data.get("value")
    if operator not in VALUELESS_OPERATORS and value is None:
        raise ValueError(f"the condition {operator!r} on {data['field']!r} needs a value")
    if operator in MEMBER_OPERATORS and not isinstance(value, list):
        raise ValueError(f"the condition {operator!r} on {data['field']!r} needs a list of values")
    return Leaf(str(data["field"]), operator, tuple(value) if isinstance(value, list) else value)


def leaves(predicate: Predicate) -> Iterator[Leaf]:
    """Every leaf, from left to right."""
    match predicate:
        case Leaf():
            yield predicate
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)


def conjunction(values: Iterable[Truth]) -> Truth:
    """Kleene AND: any false is false, else any unknown is unknown.

    >>> conjunction([True, None]), conjunction([None, False])
    (None, False)
    """
    seen = list(values)
    if any(value is False for value in seen):
        return False
    return None if any(value is None for value in seen) else True


def disjunction(values: Iterable[Truth]) -> Truth:
    """Kleene OR: any true is true, else any unknown is unknown.

    >>> disjunction([False, None]), disjunction([None, True])
    (None, True)
    """
    seen = list(values)
    if any(value is True for value in seen):
        return True
    return None if any(value is None for value in seen) else False


def negation(value: Truth) -> Truth:
    """Kleene NOT: unknown stays unknown."""
    return None if value is None else not value


def holds(predicate: Predicate, lookup: Lookup) -> Truth:
    """Whether `predicate` holds, `lookup` telling the truth of each leaf."""
    match predicate:
        case Leaf():
            return lookup(predicate)
        case All(parts):
            return conjunction(holds(part, lookup) for part in parts)
        case AnyOf(parts):
            return disjunction(holds(part, lookup) for part in parts)
        case Not(part):
            return negation(holds(part, lookup))
