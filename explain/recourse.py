"""What the citizen or the municipality could change, the least that is enough, verified by re-running everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.domain import NONE_FOUND, FieldSpec
from explain.reruns import Rerun, Suggestion, first_place, values_to_try

Reached = Callable[[Suggestion], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """One field from what it is now (None for unknown) to what it would have to be."""

    field: str
    now: Any
    then: Any


@dataclass(frozen=True, slots=True)
class Recourse:
    """The fewest changes that lead to `target`, and what stands first afterwards; found by a real re-run."""

    target: str
    changes: tuple[Change, ...]
    first: str


def opens(target: str) -> Reached:
    """Whether the pathway's conditions are met."""
    return lambda suggestion: any(
        item["pathway"] == target and item["eligibility"] == "eligible" for item in suggestion["assessments"]
    )


def comes_first(target: str) -> Reached:
    """Whether the pathway stands first."""
    return lambda suggestion: first_place(suggestion) == target


def recourse(
    suggestion: Suggestion,
    known: Mapping[str, Any],
    catalogue: Catalogue,
    rerun: Rerun,
    target: str,
    *,
    reached: Reached | None = None,
    most_changes: int = 2,
    most_runs: int = 400,
) -> tuple[Recourse, ...]:
    """Every way of the fewest changes to reach `target` (by default: its conditions are met).

    Only fields the catalogue marks `actionable` are changed, never one that is protected, and only to values the
    field allows; each answer has been re-run. Empty when it is reached already, or when nothing within
    `most_changes` changes and `most_runs` re-runs leads there.
    """
    done = reached or opens(target)
    if done(suggestion):
        return ()
    options = {
        spec.id: tuple(_changes(spec, known.get(spec.id), catalogue, str(suggestion["as_of"])))
        for spec in catalogue.fields.values()
        if spec.actionable and not spec.protected and not spec.sensitive
    }
    relevant = _fields_of(suggestion, target)
    order = sorted(options, key=lambda name: (name not in relevant, name))
    runs = 0
    for size in range(1, most_changes + 1):
        found: list[Recourse] = []
        for fields in combinations(order, size):
            if size > 1 and not set(fields) <= relevant:
                continue
            for changes in product(*(options[name] for name in fields)):
                if runs >= most_runs:
                    return _least(found)
                runs += 1
                after = rerun({change.field: change.then for change in changes})
                if done(after):
                    found.append(Recourse(target, changes, first_place(after)))
        if found:
            return _least(found)
    return ()


def _least(found: list[Recourse]) -> tuple[Recourse, ...]:
    """Of several new values for the same number, only the one nearest to what it is now."""
    kept: dict[Any, Recourse] = {}
    for way in found:
        numeric = all(isinstance(c.then, int | float) and not isinstance(c.then, bool) for c in way.changes)
        key = tuple(c.field for c in way.changes) if numeric else way.changes
        if key not in kept or _distance(way) < _distance(kept[key]):
            kept[key] = way
    return tuple(kept.values())


def _distance(way: Recourse) -> float:
    return sum(abs(float(c.then) - float(c.now or 0)) for c in way.changes if isinstance(c.then, int | float))


def _changes(spec: FieldSpec, now: Any, catalogue: Catalogue, today: str) -> Iterator[Change]:
    if spec.type == "list":
        have = tuple(item for item in now or () if item != NONE_FOUND)
        for item in spec.allowed:
            if item == NONE_FOUND:
                continue
            rest = tuple(other for other in have if other != item)
            yield Change(spec.id, now, rest or (NONE_FOUND,)) if item in have else Change(spec.id, now, (*have, item))
        return
    for value in values_to_try(spec, catalogue, today):
        if value != now:
            yield Change(spec.id, now, value)


def _fields_of(suggestion: Suggestion, target: str) -> set[str]:
    """The fields that the target's rule reads."""
    return {name for item in suggestion["assessments"] if item["pathway"] == target for name in _names(item["trace"])}


def _names(trace: Mapping[str, Any]) -> Iterator[str]:
    if "field" in trace:
        yield str(trace["field"])
    for part in (*trace.get("all", ()), *trace.get("any", ()), *([trace["not"]] if "not" in trace else ())):
        yield from _names(part)
