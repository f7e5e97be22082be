"""Would the score be the same for another kind of person? One attribute swapped, everything else as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.core.catalogue import Catalogue
from assistant.core.domain import Case, Fact, FieldSpec, Value
from ethics.entry import NewEntry

if TYPE_CHECKING:
    from assistant.app import Assistant

NUMBER_STEPS = (-15.0, 15.0)
"""How far a number such as an age is moved, in the field's unit, within its range."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A pathway that the law opened or closed when the attribute was swapped, in how many swaps, under which law."""

    pathway: str
    times: int
    law: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swapped:
    """One attribute over all cases. `score_changes` counts scores that moved in any bit, and must be 0."""

    attribute: str
    cases: int
    swaps: int
    scores: int
    score_changes: int
    largest_change: float
    rule_changes: tuple[RuleChange, ...]

    def entry(self, release: str) -> NewEntry:
        """What to log about the run."""
        body = {
            "attribute": self.attribute,
            "release": release,
            "cases": self.cases,
            "score_changes": self.score_changes,
            "largest_change": self.largest_change,
            "rule_changes": sum(change.times for change in self.rule_changes),
            "law": sorted({law[:80] for change in self.rule_changes for law in change.law}),
        }
        return NewEntry("CounterfactualRun", body)


def swap_all(assistant: Assistant, cases: Sequence[Case], attributes: Sequence[str]) -> list[Swapped]:
    """Swap every attribute to every other value in every case; nothing is recorded."""
    before = [assistant.suggest(case, record=False) for case in cases]
    catalogue = assistant.catalogue
    return [_swap_one(assistant, cases, before, catalogue.fields[name], catalogue) for name in attributes]


def _swap_one(
    assistant: Assistant, cases: Sequence[Case], before: Sequence[Any], spec: FieldSpec, catalogue: Catalogue
) -> Swapped:
    swaps = scores = moved = 0
    largest = 0.0
    ruled: Counter[str] = Counter()
    for case, first in zip(cases, before, strict=True):
        for value in other_values(spec, case.facts.get(spec.id)):
            other = replace(case, facts={**case.facts, spec.id: _fact(case, spec, value)})
            again = _by_pathway(assistant.suggest(other, record=False))
            swaps += 1
            for key, item in _by_pathway(first).items():
                if item["eligibility"] != again[key]["eligibility"]:
                    ruled[key] += 1
                if item["scored"] and again[key]["scored"]:
                    change = moved_by(item["explanation"], again[key]["explanation"])
                    scores, moved, largest = scores + 1, moved + (change != 0.0), max(largest, change)
    law = {key: tuple(map(str, catalogue.pathways[key].legal_basis)) for key in ruled}
    changes = tuple(RuleChange(key, times, law[key]) for key, times in sorted(ruled.items()))
    return Swapped(spec.id, len(cases), swaps, scores, moved, largest, changes)


def _by_pathway(suggestion: Mapping[str, Any]) -> dict[str, Any]:
    return {item["pathway"]: item for item in suggestion["assessments"]}


def moved_by(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """How far a score moved: the largest difference in base, margin or any contribution; 0.0 only where no bit did."""
    first, second = ({part["id"]: part["value"] for part in one["contributions"]} for one in (before, after))
    parts: list[float] = [abs(first.get(key, 0.0) - second.get(key, 0.0)) for key in first.keys() | second.keys()]
    return float(max([abs(before[key] - after[key]) for key in ("base", "margin")] + parts))


def _fact(case: Case, spec: FieldSpec, value: Value) -> Fact:
    given = case.facts.get(spec.id)
    return Fact(field=spec.id, value=value) if given is None else replace(given, value=value)


def other_values(spec: FieldSpec, fact: Fact | None) -> Iterator[Value]:
    """The values to swap to: every other one of a choice, the opposite, or a number some way up and down."""
    value = None if fact is None else fact.value
    if spec.type == "boolean":
        yield from (other for other in (False, True) if other is not value)
    elif spec.type == "enum":
        yield from (other for other in spec.allowed if other != value)
    elif spec.type in ("integer", "number") and isinstance(value, int | float):
        low, high = spec.range or (float("-inf"), float("inf"))
        for step in NUMBER_STEPS:
            other = min(high, max(low, value + step))
            if other != value:
                yield int(other) if spec.type == "integer" else other
