"""What is looked at before any pathway: whose case it is, what may be seen, what is too old, what may be scored."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.domain import (
    EVERY_AREA,
    NONE_FOUND,
    Case,
    Fact,
    FieldSpec,
    Leaf,
    Mode,
    ModelUse,
    Pathway,
    Predicate,
    Truth,
    View,
)
from assistant.core.predicates import OPERATORS, holds
from assistant.core.rules import Gate

HasLegalBasis = Callable[[str, str], bool]
"""(basis status, record needed) -> whether the register holds a valid record of it."""


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day of the month, `months` earlier; the month's last day where there is none.

    >>> months_before(dt.date(2026, 3, 31), 1)
    datetime.date(2026, 2, 28)
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def leaf_truth(leaf: Leaf, view: View, fields: Mapping[str, FieldSpec]) -> Truth:
    """Whether one condition holds; a field that is missing, outdated or masked is unknown.

    A field's default counts only when the field is merely missing: what is masked or outdated stays unknown.
    """
    if leaf.field in view.masked or leaf.field in view.outdated:
        return None
    fact = view.facts.get(leaf.field)
    value: Any = fact.value if fact else fields[leaf.field].default_if_missing
    if value is None:
        return None
    truth = OPERATORS[leaf.op](value, leaf.value)
    hidden = view.partly_masked.get(leaf.field)
    return truth if hidden is None else _partly_known(leaf, truth, hidden)


def _partly_known(leaf: Leaf, truth: bool, hidden: frozenset[str]) -> Truth:
    asked = frozenset(leaf.value) if leaf.op in ("contains_any", "contains_none") else hidden
    settled = (leaf.op in ("contains_any", "nonempty") and truth) or (leaf.op == "contains_none" and not truth)
    return truth if settled or leaf.op == "is_known" or not asked & hidden else None


def condition(predicate: Predicate, view: View, catalogue: Catalogue) -> Truth:
    """Whether a predicate holds in a view."""
    return holds(predicate, lambda leaf: leaf_truth(leaf, view, catalogue.fields))


def gates_with(catalogue: Catalogue, effect: str) -> tuple[Gate, ...]:
    """The catalogue's gates of one effect."""
    return tuple(gate for gate in catalogue.gates if gate.effect == effect)


def stopped_by(case: Case, catalogue: Catalogue) -> Gate | None:
    """The gate that stops the whole case (another municipality acts), if any."""
    whole = View(case.facts)
    for gate in gates_with(catalogue, "stop"):
        if gate.when is not None and condition(gate.when, whole, catalogue) is True:
            return gate
    return None


def view_of(case: Case, catalogue: Catalogue) -> View:
    """The case as this caller may see it.

    Without a valid consent only the caller's own area and the shared fields are in view, under every area too;
    what is hidden counts as unknown, even where a default exists. Fields for the audit alone are never in view.
    A measurement older than its field allows is outdated, which counts as unknown.
    """
    seen = _seen_areas(case, catalogue)
    audit = {name for name, field in catalogue.fields.items() if field.model_use is ModelUse.AUDIT_ONLY}
    masked = (
        frozenset()
        if seen is None
        else frozenset(name for name, field in catalogue.fields.items() if field.area not in seen and name not in audit)
    )
    outdated = frozenset(
        name
        for name, fact in case.facts.items()
        if name not in masked and _too_old(fact, catalogue.fields[name], case.today)
    )
    facts, hidden = {}, {}
    for name, fact in case.facts.items():
        if name in masked or name in audit or name in outdated:
            continue
        facts[name] = fact
    if seen is not None:
        for name, field in catalogue.fields.items():
            items = frozenset(item for item, area in field.value_area.items() if area not in seen)
            if items and name not in masked:
                hidden[name] = items
                if name in facts:
                    facts[name] = _without(facts[name], items)
    return View(facts, masked, outdated, hidden)


def _seen_areas(case: Case, catalogue: Catalogue) -> frozenset[str] | None:
    """The areas in view; None when nothing is masked."""
    whole = View(case.facts)
    masking = [gate for gate in gates_with(catalogue, "mask_other_areas") if gate.when is not None]
    if not any(condition(gate.when, whole, catalogue) is not False for gate in masking if gate.when is not None):
        return None
    own = () if case.area == EVERY_AREA else (case.area,)
    return frozenset((catalogue.shared_area, *own))


def _too_old(fact: Fact, field: FieldSpec, today: dt.date) -> bool:
    limit = field.max_age_months
    return limit is not None and fact.observed_on is not None and fact.observed_on < months_before(today, limit)


def _without(fact: Fact, items: frozenset[str]) -> Fact:
    if not isinstance(fact.value, tuple):
        return fact
    # "None found" speaks of the hidden items too, so it may not be seen either.
    kept = tuple(item for item in fact.value if item not in items and item != NONE_FOUND)
    return Fact(
        field=fact.field,
        value=kept,
        source=fact.source,
        observed_on=fact.observed_on,
        recorded_by=fact.recorded_by,
    )


def validity_block(pathway: Pathway, today: dt.date) -> str | None:
    """Why the scheme is not open on `today`: `G7_not_yet`, `G7_expired` or None.

    A scheme closed to new citizens goes on for those who are in it, so its end does not block them.
    """
    if today < pathway.valid_from:
        return "G7_not_yet"
    if pathway.valid_to is not None and today > pathway.valid_to and pathway.new_entrants:
        return "G7_expired"
    return None


def scoring_refusal(
    pathway: Pathway, catalogue: Catalogue, *, mode: Mode, role: str, has_basis: HasLegalBasis
) -> str | None:
    """Why a pathway may not be scored, as a reason code; None when it may.

    In `trial` (invented people) everything may be scored. In `operation` scoring is denied unless the catalogue
    lists the pathway's basis, the caller's role is named there, and the register holds the record it needs.
    """
    if mode is Mode.TRIAL:
        return None
    basis = catalogue.scoring.get(pathway.ai_basis)
    if basis is None:
        return "no_legal_basis_for_ai"
    if role not in basis.roles:
        return "role_may_not_score"
    return None if has_basis(pathway.ai_basis, basis.needs) else "legal_basis_not_on_record"
