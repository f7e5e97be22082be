"""Which unknown facts could change the first place, and exactly for which values: found by re-running everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.domain import FieldSpec
from explain.reruns import Rerun, Suggestion, first_place, step_of, values_to_try


@dataclass(frozen=True, slots=True)
class Span:
    """Values that lead to the same first place: a range of a number, or the values one by one."""

    values: tuple[Any, ...]
    low: float | int | None
    high: float | int | None
    first: str


@dataclass(frozen=True, slots=True)
class MissingFact:
    """An unknown field that could change the first place; `spans` cover every value tried, in order."""

    field: str
    first_now: str
    spans: tuple[Span, ...]

    @property
    def changing(self) -> tuple[Span, ...]:
        """The spans that put something else first than stands there now."""
        return tuple(span for span in self.spans if span.first != self.first_now)


def missing_that_matter(
    suggestion: Suggestion,
    known: Mapping[str, Any],
    catalogue: Catalogue,
    rerun: Rerun,
    fields: Sequence[str] | None = None,
) -> tuple[MissingFact, ...]:
    """The unknown fields whose value could change the first place, most decisive first.

    `known` are the facts in view; `fields` limits what is tried, by default to what the open pathways lack. Masked
    and sensitive fields are never tried: absence is no reason to ask. A number's borders are found by halving, so
    they are exact as long as the first place turns once between two neighbouring values tried.
    """
    now = first_place(suggestion)
    names = fields if fields is not None else _lacking(suggestion)
    hidden = set(suggestion.get("masked_fields") or ())
    found = []
    for name in dict.fromkeys(names):
        spec = catalogue.fields[name]
        if name in known or name in hidden or spec.sensitive:
            continue
        fact = MissingFact(name, now, _spans(spec, catalogue, rerun, str(suggestion["as_of"])))
        if fact.changing:
            found.append(fact)
    return tuple(sorted(found, key=lambda fact: (-_share(fact), fact.field)))


def _lacking(suggestion: Suggestion) -> list[str]:
    return [name for item in suggestion["assessments"] for name in item.get("missing_fields") or ()]


def _share(fact: MissingFact) -> float:
    total = sum(len(span.values) for span in fact.spans)
    return sum(len(span.values) for span in fact.changing) / total


def _spans(spec: FieldSpec, catalogue: Catalogue, rerun: Rerun, today: str) -> tuple[Span, ...]:
    tried = {value: first_place(rerun({spec.id: value})) for value in values_to_try(spec, catalogue, today)}
    if spec.type in ("integer", "number"):
        _refine(tried, spec, lambda value: first_place(rerun({spec.id: value})))
        groups = [
            (first, [value for value, _ in group])
            for first, group in groupby(sorted(tried.items()), key=lambda item: item[1])
        ]
        return tuple(Span(tuple(values), values[0], values[-1], first) for first, values in groups)
    by_first: dict[str, list[Any]] = {}
    for value, first in tried.items():
        by_first.setdefault(first, []).append(value)
    return tuple(Span(tuple(values), None, None, first) for first, values in by_first.items())


def _refine(tried: dict[Any, str], spec: FieldSpec, ask: Callable[[Any], str]) -> None:
    """Halve between neighbours that differ until the border is one step wide."""
    step = step_of(spec)
    waiting = list(zip(sorted(tried), sorted(tried)[1:], strict=False))
    while waiting:
        low, high = waiting.pop()
        if tried[low] == tried[high] or high - low <= step * 1.001:
            continue
        middle = (low + high) // 2 if spec.type == "integer" else round((low + high) / 2, 1)
        if middle in (low, high):
            continue
        tried[middle] = ask(middle)
        waiting += [(low, middle), (middle, high)]
