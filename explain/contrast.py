"""Why this pathway rather than that one, exactly; and for a closed one, which condition closed it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from assistant.core.errors import UserError
from explain.pathway import TOLERANCE, ExplanationRefused
from explain.trace import RuleLeaf, decisive

Basis: TypeAlias = Literal["order", "score", "gentleness", "closed", "gate"]
Aspect: TypeAlias = Literal["pointed", "law", "goal", "eligible", "evidence"]
"""What the order looks at before any score, the heaviest first."""


class NotInSuggestion(UserError):  # noqa: N818 - read as a sentence where it is raised
    """A contrast was asked for with a pathway the suggestion does not hold."""

    def __init__(self, pathway: str) -> None:
        super().__init__(f"There is no pathway {pathway!r} in this suggestion; name one of its assessments.")


@dataclass(frozen=True, slots=True)
class ContrastPart:
    """One contribution on both sides; `difference` is the first's less the second's, in logits."""

    id: str
    kind: str
    first: float
    second: float
    difference: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """Why `first` stands before `second`.

    `basis` says what settled it: a heavier reason (`order`, with the `aspect` in which they first differ), the
    score (`score`, where `parts` sum to the margins' difference), that it is less intrusive (`gentleness`), the law
    (`closed`, with the leaves that closed it) or a gate (`gate`).
    """

    first: str
    second: str
    basis: Basis
    aspect: Aspect | None
    parts: tuple[ContrastPart, ...]
    difference: float | None
    closed_by: tuple[RuleLeaf, ...]
    gate: str | None


def contrast(suggestion: Mapping[str, Any], first: str, second: str) -> Contrast:
    """Why `first` rather than `second`, from the suggestion as it was logged.

    Raises `NotInSuggestion` for an unknown pathway, `ExplanationRefused` when the parts miss the margins'
    difference.
    """
    items = {item["pathway"]: item for item in suggestion["assessments"]}
    for name in (first, second):
        if name not in items:
            raise NotInSuggestion(name)
    a, b = items[first], items[second]
    gate, leaves = _closed(b)
    aspect = _aspect(a, b)
    parts, difference = _parts(a, b)
    return Contrast(
        first, second, _basis(a, b, gate, leaves, aspect, difference), aspect, parts, difference, leaves, gate
    )


def _weights(item: Mapping[str, Any]) -> dict[Aspect, int]:
    """What the order looks at, as numbers of which more comes first."""
    reason = item.get("rank_reason")
    tiers = [str(r["tier"]) for r in reason.get("reasons") or ()] if isinstance(reason, Mapping) else []
    return {
        "pointed": int(bool(reason)),
        "law": int("law" in tiers),
        "goal": int("goal" in tiers),
        "eligible": int(item["eligibility"] == "eligible"),
        "evidence": tiers.count("evidence"),
    }


def _aspect(a: Mapping[str, Any], b: Mapping[str, Any]) -> Aspect | None:
    """The heaviest aspect in which the first weighs more; None when nothing but score or gentleness is left."""
    left, right = _weights(a), _weights(b)
    return next((name for name in left if left[name] != right[name]), None)


def _closed(item: Mapping[str, Any]) -> tuple[str | None, tuple[RuleLeaf, ...]]:
    if item["eligibility"] == "not_eligible":
        return None, decisive(item["trace"])
    if item["eligibility"] != "blocked":
        return None, ()
    gate = str(item.get("blocked_by"))
    contra = item["trace"].get("contraindication")
    return gate, decisive(contra) if gate == "contraindication" and contra else ()


def _basis(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    gate: str | None,
    leaves: tuple[RuleLeaf, ...],
    aspect: Aspect | None,
    difference: float | None,
) -> Basis:
    if leaves:
        return "closed"
    if gate is not None:
        return "gate"
    if aspect is not None:
        return "order"
    comparable = a.get("goal_type") == b.get("goal_type") and difference is not None
    return "score" if comparable else "gentleness"


def _parts(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[tuple[ContrastPart, ...], float | None]:
    if not a.get("explanation") or not b.get("explanation"):
        return (), None
    left, right = (_top(item["explanation"]) for item in (a, b))
    parts = [
        ContrastPart(
            key,
            str((left.get(key) or right[key])["kind"]),
            _value(left, key),
            _value(right, key),
            _value(left, key) - _value(right, key),
        )
        for key in dict.fromkeys((*left, *right))
    ]
    difference = float(a["explanation"]["margin"]) - float(b["explanation"]["margin"])
    bases = float(a["explanation"]["base"]) - float(b["explanation"]["base"])
    missed = abs(math.fsum(part.difference for part in parts) + bases - difference)
    if not missed <= 2 * TOLERANCE:
        raise ExplanationRefused(str(a["pathway"]), f"the contrast with {b['pathway']!r} does not add up", missed)
    return tuple(sorted(parts, key=lambda part: (-abs(part.difference), part.id))), difference


def _top(explanation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {part["id"]: part for part in explanation["contributions"] if part.get("parent") is None}


def _value(parts: Mapping[str, Mapping[str, Any]], key: str) -> float:
    return float(parts[key]["value"]) if key in parts else 0.0
