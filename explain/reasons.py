"""From one assessment to its ordered reasons; the same order stands in every text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.domain import Fact, ModelUse
from assistant.core.predicates import leaves as predicate_leaves
from explain.pathway import GUIDANCE, PAST_CASES
from explain.trace import RuleLeaf, decisive, rule_leaves
from explain.view import Reason, ReasonKind

SMALLEST = 0.01
"""A contribution below this (logits) moves a probability by under a quarter of a point and is no reason in a text."""

Shown = Callable[[str, Any], Any]
"""(field, value) -> the value as a text may show it; None when nothing of it may stand there."""


def reasons_of(
    assessment: Mapping[str, Any],
    facts: Mapping[str, Fact],
    catalogue: Catalogue,
    spread: Mapping[str, int],
) -> tuple[Reason, ...]:
    """Why it stands where it stands, then the rules, then the score's reasons; each kind in order of weight.

    `spread` is `spreads(catalogue)`: among rules, the condition that fewest pathways share comes first, and what
    protected traits say comes last.
    """
    pathway = str(assessment["pathway"])
    return (
        *_order(pathway, assessment.get("rank_reason")),
        *_rules(pathway, assessment, catalogue, spread),
        *_score(pathway, assessment, facts, catalogue),
    )


def _order(pathway: str, reason: Any) -> tuple[Reason, ...]:
    """The reasons for the place: what points to the pathway, heaviest first, then what broke a tie.

    `rank_reason` is `{"placed_by", "text_da", "text_en", "reasons": [{"tier", "because_da",
    "because_en"}]}`; a text alone counts as one reason.
    """
    if not reason:
        return ()
    data = reason if isinstance(reason, Mapping) else {"reasons": [{"because_da": str(reason)}]}
    found = [
        (item.get("tier"), str(item["because_da"]), str(item.get("because_en") or item["because_da"]))
        for item in data.get("reasons") or ()
    ]
    placed = data.get("placed_by") or data.get("tier")
    if placed and placed not in {tier for tier, _, _ in found}:
        text_da = str(data.get("text_da") or data.get("because_da") or "")
        found.append((placed, text_da, str(data.get("text_en") or data.get("because_en") or text_da)))
    return tuple(
        Reason(
            id=f"order:{place}",
            kind="order",
            pathway=pathway,
            sign=1,
            rank=place,
            tier=None if tier is None else str(tier),
            text_da=text_da,
            text_en=text_en,
        )
        for place, (tier, text_da, text_en) in enumerate(found, start=1)
    )


def _rules(
    pathway: str, assessment: Mapping[str, Any], catalogue: Catalogue, spread: Mapping[str, int]
) -> tuple[Reason, ...]:
    trace = assessment["trace"]
    if assessment.get("blocked_by") == "contraindication" and trace.get("contraindication"):
        # A contraindication that holds speaks against: the leaf is true, the pathway is not open.
        found = [(leaf, -leaf.sign, "contraindication:") for leaf in decisive(trace["contraindication"])]
    else:
        found = [(leaf, leaf.sign, "") for leaf in _telling(assessment["eligibility"], trace)]
    ordered = sorted(
        found,
        key=lambda item: (catalogue.fields[item[0].field].protected, spread.get(item[0].field, 0), item[0].index),
    )
    counts: dict[int, int] = {}
    reasons = []
    for leaf, sign, prefix in ordered:
        counts[sign] = counts.get(sign, 0) + 1
        reasons.append(_rule_reason(pathway, leaf, sign, counts[sign], prefix, catalogue))
    return tuple(reasons)


def _telling(eligibility: str, trace: Mapping[str, Any]) -> list[RuleLeaf]:
    """What carried the result; while it is open, what is met and what is unknown."""
    if eligibility in ("eligible", "not_eligible"):
        return list(decisive(trace))
    return [leaf for leaf in rule_leaves(trace) if leaf.sign >= 0]


def _rule_reason(pathway: str, leaf: RuleLeaf, sign: int, rank: int, prefix: str, catalogue: Catalogue) -> Reason:
    value = leaf.fact.get("value") if leaf.fact else None
    if value is None and leaf.state == "default":
        value = catalogue.fields[leaf.field].default_if_missing
    return Reason(
        id=f"rule:{prefix}{leaf.index}",
        kind="rule",
        pathway=pathway,
        sign=sign,
        rank=rank,
        field=leaf.field,
        value=shown_value(catalogue, leaf.field, value),
        law=leaf.law,
        op=leaf.op,
        limit=leaf.value,
        state=leaf.state,
    )


def _score(
    pathway: str, assessment: Mapping[str, Any], facts: Mapping[str, Fact], catalogue: Catalogue
) -> tuple[Reason, ...]:
    explanation = assessment.get("explanation")
    if not explanation:
        return ()
    past = (assessment.get("evidence") or {}).get("past_cases") or {}
    counts: dict[tuple[str, int], int] = {}
    reasons = []
    for part in top_level(explanation["contributions"]):
        kind = _kind(part)
        if kind is None:
            continue
        sign = 1 if part["value"] > 0 else -1
        counts[kind, sign] = counts.get((kind, sign), 0) + 1
        name = str(part["id"]).removeprefix("fact:") if kind == "fact" else None
        value = facts[name].value if name is not None and name in facts else None
        n, reached = past.get("n"), past.get("reached_goal")
        reasons.append(
            Reason(
                id=str(part["id"]),
                kind=kind,
                pathway=pathway,
                sign=sign,
                rank=counts[kind, sign],
                field=name,
                value=None if name is None else shown_value(catalogue, name, value),
                weight=float(part["value"]),
                state="known" if value is not None or name is None else "missing",
                counts=(int(reached), int(n)) if kind == "past_cases" and n and reached is not None else None,
            )
        )
    return tuple(reasons)


def top_level(contributions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The contributions that have no parent and are large enough to be a reason, the largest first; ties by id."""
    big = [c for c in contributions if c.get("parent") is None and abs(c["value"]) >= SMALLEST]
    return sorted(big, key=lambda c: (-abs(c["value"]), str(c["id"])))


def _kind(part: Mapping[str, Any]) -> ReasonKind | None:
    name = str(part["id"])
    if name == PAST_CASES:
        return "past_cases"
    if name == GUIDANCE:
        return "guidance"
    # The pathway's own leaf says how it fares in general; it is no reason about this person.
    return "fact" if part["kind"] == "fact" else None


def shown_value(catalogue: Catalogue, name: str, value: Any) -> Any:
    """The value without items that no text may hold; None when nothing is left."""
    hidden = (ModelUse.DISPLAY_ONLY, ModelUse.AUDIT_ONLY)
    spec = catalogue.fields.get(name)
    if spec is None or value is None or spec.model_use in hidden:
        return None
    if isinstance(value, tuple | list):
        kept = tuple(item for item in value if spec.use_of(str(item)) not in hidden)
        return kept or None
    if isinstance(value, str) and spec.use_of(value) in hidden:
        return None
    return value


def suppressed_items(catalogue: Catalogue, name: str, value: Any) -> tuple[Any, ...]:
    """What `shown_value` took away."""
    items = value if isinstance(value, tuple | list) else (value,)
    shown = shown_value(catalogue, name, value)
    kept = shown if isinstance(shown, tuple | list) else (shown,)
    return tuple(item for item in items if item is not None and item not in kept)


def spreads(catalogue: Catalogue) -> Mapping[str, int]:
    """By field, how many pathways' rules read it: what few of them ask is what says most about one."""
    counts: dict[str, int] = {}
    for pathway in catalogue.pathways.values():
        for name in {leaf.field for leaf in predicate_leaves(pathway.eligibility)}:
            counts[name] = counts.get(name, 0) + 1
    return counts
