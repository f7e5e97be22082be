"""What the law opens for a citizen: three-valued, with a trace that names every leaf, its fact and its law.

"Eligible" means that the statutory conditions a machine can check are met. It never means "granted".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from assistant.core.cases import fact_to_json
from assistant.core.catalogue import Catalogue
from assistant.core.domain import All, AnyOf, Eligibility, Leaf, Pathway, Predicate, Truth, View
from assistant.core.gates import condition, leaf_truth, validity_block
from assistant.core.predicates import conjunction, disjunction, leaves, negation

Trace = dict[str, Any]
"""JSON: a leaf `{field, op, value, truth, state, fact, law}` or `{all|any: [...], truth}` or `{not: ..., truth}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the rules say of one pathway."""

    pathway: Pathway
    eligibility: Eligibility
    blocked_by: str | None
    missing_fields: tuple[str, ...]
    clearance_fields: tuple[str, ...]
    warning: bool
    trace: Trace

    @property
    def open(self) -> bool:
        """Whether it may be suggested as far as the rules go."""
        return self.eligibility in (Eligibility.ELIGIBLE, Eligibility.UNDETERMINED)


def assess(pathway: Pathway, view: View, catalogue: Catalogue, today: dt.date) -> Assessment:
    """Evaluate one pathway in a view.

    An unknown hard contraindication keeps the eligibility and names the fields that would clear it; a true one
    blocks. A scheme closed to new citizens is never guessed: unknown counts as not eligible there.
    """
    law = [str(ref) for ref in pathway.legal_basis]
    trace = _trace(pathway.eligibility, view, catalogue, law)
    truth: Truth = trace["truth"]
    hard = pathway.contraindication_hard
    contra = condition(hard, view, catalogue) if hard is not None else False
    soft = pathway.contraindication_soft
    eligibility, blocked_by = _verdict(pathway, truth, contra, today)
    if hard is not None:
        trace = {**trace, "contraindication": _trace(hard, view, catalogue, law)}
    unknown = sorted(
        {leaf.field for leaf in leaves(pathway.eligibility) if leaf_truth(leaf, view, catalogue.fields) is None}
    )
    return Assessment(
        pathway=pathway,
        eligibility=eligibility,
        blocked_by=blocked_by,
        missing_fields=tuple(unknown) if eligibility is Eligibility.UNDETERMINED else (),
        clearance_fields=_unknown_fields(hard, view, catalogue) if contra is None and hard is not None else (),
        warning=soft is not None and condition(soft, view, catalogue) is True,
        trace=trace,
    )


def _verdict(pathway: Pathway, truth: Truth, contra: Truth, today: dt.date) -> tuple[Eligibility, str | None]:
    if truth is False or (truth is None and not pathway.new_entrants):
        return Eligibility.NOT_ELIGIBLE, None
    if contra is True:
        return Eligibility.BLOCKED, "contraindication"
    if (closed := validity_block(pathway, today)) is not None:
        return Eligibility.BLOCKED, closed
    return (Eligibility.ELIGIBLE if truth else Eligibility.UNDETERMINED), None


def _unknown_fields(predicate: Predicate, view: View, catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(sorted({leaf.field for leaf in leaves(predicate) if leaf_truth(leaf, view, catalogue.fields) is None}))


def blocked_everywhere(pathway: Pathway, view: View, catalogue: Catalogue, gate: str) -> Assessment:
    """The assessment of a pathway when a gate has stopped the whole case."""
    trace = _trace(pathway.eligibility, view, catalogue, [str(ref) for ref in pathway.legal_basis])
    return Assessment(
        pathway=pathway,
        eligibility=Eligibility.BLOCKED,
        blocked_by=gate,
        missing_fields=(),
        clearance_fields=(),
        warning=False,
        trace=trace,
    )


def _trace(predicate: Predicate, view: View, catalogue: Catalogue, law: list[str]) -> Trace:
    match predicate:
        case Leaf():
            return _leaf_trace(predicate, view, catalogue, law)
        case All(parts):
            traced = [_trace(part, view, catalogue, law) for part in parts]
            return {"all": traced, "truth": conjunction(part["truth"] for part in traced)}
        case AnyOf(parts):
            traced = [_trace(part, view, catalogue, law) for part in parts]
            return {"any": traced, "truth": disjunction(part["truth"] for part in traced)}
        case _:
            inner = _trace(predicate.part, view, catalogue, law)
            return {"not": inner, "truth": negation(inner["truth"])}


def _leaf_trace(leaf: Leaf, view: View, catalogue: Catalogue, law: list[str]) -> Trace:
    fact = view.facts.get(leaf.field)
    value = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    return {
        "field": leaf.field,
        "op": leaf.op,
        "value": value,
        "truth": leaf_truth(leaf, view, catalogue.fields),
        "state": _state(leaf.field, view, catalogue),
        "fact": fact_to_json(fact) if fact else None,
        "law": law,
    }


def _state(field: str, view: View, catalogue: Catalogue) -> str:
    if field in view.masked:
        return "masked"
    if field in view.outdated:
        return "outdated"
    if field in view.facts:
        return "partly_masked" if field in view.partly_masked else "known"
    return "default" if catalogue.fields[field].default_if_missing is not None else "missing"
