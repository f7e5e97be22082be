"""What a field's values could be, and what the pipeline says when one of them is laid over the case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from assistant.core.catalogue import Catalogue
from assistant.core.domain import FieldSpec, Leaf, Predicate
from assistant.core.predicates import ORDER_OPERATORS
from assistant.core.predicates import leaves as predicate_leaves

Suggestion: TypeAlias = Mapping[str, Any]
Rerun: TypeAlias = Callable[[Mapping[str, Any]], Suggestion]
"""Changed facts by field, laid over the case, to the suggestion the whole pipeline then makes (not recorded)."""

EVERY_WHOLE_NUMBER = 41
"""A whole-number field with at most this many values is tried in full; a wider one at its thresholds."""


def first_place(suggestion: Suggestion) -> str:
    """What stands first: the pathway in the first place, or the kind of result when nothing is ranked."""
    ranked = [item for item in suggestion["assessments"] if 1 in (item.get("order"), item.get("rank"))]
    return str(ranked[0]["pathway"] if ranked else suggestion["outcome"])


def values_to_try(spec: FieldSpec, catalogue: Catalogue, today: str) -> tuple[Any, ...]:
    """The values of a field that can make a difference, in order; empty for free text.

    Numbers: every whole number of a narrow range, otherwise the ends and both sides of each threshold that a rule
    names. Lists: each item alone, and none.
    """
    match spec.type:
        case "boolean":
            return (False, True)
        case "enum":
            return spec.allowed
        case "list":
            return tuple((item,) for item in spec.allowed)
        case "integer" | "number":
            return tuple(sorted(set(_numbers(spec, catalogue))))
        case "date":
            return (today,)
        case _:
            return ()


def _numbers(spec: FieldSpec, catalogue: Catalogue) -> Iterator[float | int]:
    low, high = spec.range or (0, 0)
    if spec.type == "integer" and high - low < EVERY_WHOLE_NUMBER:
        yield from range(int(low), int(high) + 1)
        return
    step = step_of(spec)
    yield from (_typed(spec, low), _typed(spec, high))
    for leaf in _leaves(catalogue, spec.id):
        if leaf.op in (*ORDER_OPERATORS, "==", "!="):
            for value in (leaf.value - step, leaf.value, leaf.value + step):
                if low <= value <= high:
                    yield _typed(spec, value)
    for share in (0.25, 0.5, 0.75):
        yield _typed(spec, low + share * (high - low))


def step_of(spec: FieldSpec) -> float:
    """The smallest difference that counts between two values of a number field."""
    return 1 if spec.type == "integer" else 0.1


def _typed(spec: FieldSpec, value: float) -> float | int:
    return round(value) if spec.type == "integer" else round(float(value), 1)


def _leaves(catalogue: Catalogue, name: str) -> Iterator[Leaf]:
    for pathway in catalogue.pathways.values():
        predicates: list[Predicate | None] = [pathway.eligibility, pathway.contraindication_hard]
        predicates += [pointer.when for pointer in pathway.pointers]
        for predicate in predicates:
            if predicate is not None:
                yield from (leaf for leaf in predicate_leaves(predicate) if leaf.field == name)
