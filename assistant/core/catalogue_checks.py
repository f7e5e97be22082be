"""What must hold across the catalogue's files; a break is named by file, entry and field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from assistant.core.catalogue_schema import CatalogueError
from assistant.core.domain import EVERY_AREA, FieldSpec, Leaf, ModelUse, Predicate
from assistant.core.predicates import (
    LIST_OPERATORS,
    MEMBER_OPERATORS,
    ORDER_OPERATORS,
    VALUELESS_OPERATORS,
    leaves,
)

if TYPE_CHECKING:
    from assistant.core.catalogue import Catalogue
    from assistant.core.rules import DeadlineRule

UNREADABLE = frozenset({ModelUse.AUDIT_ONLY, ModelUse.DISPLAY_ONLY, ModelUse.TEXT_SOURCE})
"""What no rule that decides eligibility may read (case_fields.yaml, meta.model_use_values)."""


def check(catalogue: Catalogue) -> None:
    """Raise `CatalogueError` at the first thing that does not fit."""
    if catalogue.shared_area not in catalogue.areas:
        problem = f"{catalogue.shared_area!r} is not among meta.area_values"
        raise CatalogueError("case_fields.yaml", "meta", "shared_area", problem)
    documents = {item for field in catalogue.fields.values() if field.type == "list" for item in field.allowed}
    for field in catalogue.fields.values():
        _check_field(catalogue, field)
    for pathway in catalogue.pathways.values():
        if pathway.goal_type not in catalogue.goal_types:
            raise CatalogueError(
                "pathways.yaml",
                pathway.id,
                "goal_type",
                f"{pathway.goal_type!r} is not among meta.goal_types",
            )
        _check_predicates(catalogue, "pathways.yaml", pathway.id, "eligibility", [pathway.eligibility], decides=True)
        contra = [p for p in (pathway.contraindication_hard, pathway.contraindication_soft) if p is not None]
        _check_predicates(catalogue, "pathways.yaml", pathway.id, "contraindications", contra, decides=True)
        _check_predicates(
            catalogue,
            "ordering.yaml",
            pathway.id,
            "pointers",
            [p.when for p in pathway.pointers],
            decides=True,
        )
        for item in pathway.evidence_required:
            if item not in documents:
                problem = f"{item!r} is not an allowed value of any list field"
                raise CatalogueError("pathways.yaml", pathway.id, "evidence_required", problem)
        for topic in pathway.goal_topics:
            if topic not in catalogue.ordering.goal_topics:
                raise CatalogueError("ordering.yaml", pathway.id, "goal_topics", f"there is no goal topic {topic!r}")
    _check_rules(catalogue)


def _check_field(catalogue: Catalogue, field: FieldSpec) -> None:
    if field.area not in catalogue.areas:
        raise CatalogueError("case_fields.yaml", field.id, "area", f"{field.area!r} is not among meta.area_values")
    if field.type in ("enum", "list") and not field.allowed:
        raise CatalogueError("case_fields.yaml", field.id, "allowed", "an enum or a list needs its allowed values")
    if field.type in ("integer", "number") and field.range is None:
        raise CatalogueError("case_fields.yaml", field.id, "range", "a number needs its range")
    if field.range is not None and field.range[0] > field.range[1]:
        raise CatalogueError("case_fields.yaml", field.id, "range", "the lower end is above the upper end")
    for key, per_value in (("value_model_use", field.value_model_use), ("value_area", field.value_area)):
        for name in per_value:
            if name not in field.allowed:
                raise CatalogueError("case_fields.yaml", field.id, key, f"{name!r} is not an allowed value")
    for area in field.value_area.values():
        if area not in catalogue.areas:
            raise CatalogueError("case_fields.yaml", field.id, "value_area", f"{area!r} is not among meta.area_values")
    default = field.default_if_missing
    if default is not None and not all(_fits(field, item) for item in _items(default)):
        problem = f"{default!r} is not a value it may have"
        raise CatalogueError("case_fields.yaml", field.id, "default_if_missing", problem)
    try:
        re.compile(field.pattern or "")
    except re.error as error:
        raise CatalogueError(
            "case_fields.yaml", field.id, "pattern", f"{field.pattern!r} is not a regular expression ({error})"
        ) from None


def _check_rules(catalogue: Catalogue) -> None:
    for gate in catalogue.gates:
        if gate.when is not None:
            _check_predicates(catalogue, "pathways.yaml", gate.id, "when", [gate.when], decides=True)
    for flag in catalogue.flags:
        if flag.when is not None:
            _check_predicates(catalogue, "flags.yaml", flag.id, "when", [flag.when], decides=False)
        _check_names("flags.yaml", flag.id, "eligible", flag.eligible, catalogue.pathways, "pathway")
        _check_names("flags.yaml", flag.id, "missing", flag.missing, catalogue.fields, "field")
        _check_names("flags.yaml", flag.id, "areas", flag.areas, [*catalogue.areas, EVERY_AREA], "area")
        patterns = [pattern.id for pattern in catalogue.screening.patterns]
        _check_names("flags.yaml", flag.id, "screened", flag.screened, patterns, "screening pattern")
    for rule in catalogue.outcomes:
        _check_predicates(catalogue, "outcomes.yaml", rule.id, "when", [rule.when], decides=True)
        families = {"*", *(pathway.family for pathway in catalogue.pathways.values())}
        _check_names("outcomes.yaml", rule.id, "folds", rule.folds, families, "family")
    for choice in catalogue.ordering.law_choices:
        _check_predicates(catalogue, "ordering.yaml", choice.id, "when", [choice.when], decides=True)
    for name in ("consent_may_be_asked", "consent_matters"):
        asked = getattr(catalogue.ordering, name)
        if asked is not None:
            _check_predicates(catalogue, "ordering.yaml", "", name, [asked], decides=True)
    texts = [field.id for field in catalogue.fields.values() if field.type == "text"]
    _check_names("ordering.yaml", "", "goal_fields", catalogue.ordering.goal_fields, texts, "text field")
    for deadline in catalogue.deadlines.values():
        _check_deadline(catalogue, deadline)


def _check_deadline(catalogue: Catalogue, deadline: DeadlineRule) -> None:
    file = "deadlines.yaml"
    dates = [field.id for field in catalogue.fields.values() if field.type == "date"]
    numbers = [field.id for field in catalogue.fields.values() if field.type in ("integer", "number")]
    _check_names(file, deadline.id, "starts", [name for name, _ in deadline.starts], dates, "date field")
    _check_names(file, deadline.id, "met_by", [n for n in (deadline.met_by,) if n], dates, "date field")
    _check_names(file, deadline.id, "from_number", [n for n in (deadline.from_number,) if n], numbers, "number field")
    _check_names(file, deadline.id, "pathways", deadline.pathways, catalogue.pathways, "pathway")
    if deadline.applies is not None:
        _check_predicates(catalogue, file, deadline.id, "applies", [deadline.applies], decides=False)


def _check_names(file: str, entry: str, key: str, names: Iterable[str], known: Collection[str], kind: str) -> None:
    for name in names:
        if name not in known:
            raise CatalogueError(file, entry, key, f"there is no {kind} {name!r}")


def _check_predicates(
    catalogue: Catalogue, file: str, entry: str, key: str, predicates: Iterable[Predicate], *, decides: bool
) -> None:
    for leaf in (leaf for predicate in predicates for leaf in leaves(predicate)):
        field = catalogue.fields.get(leaf.field)
        if field is None:
            raise CatalogueError(file, entry, key, f"there is no field {leaf.field!r} in case_fields.yaml")
        for problem in _leaf_problems(field, leaf, decides=decides):
            raise CatalogueError(file, entry, key, problem)


def _leaf_problems(field: FieldSpec, leaf: Leaf, *, decides: bool) -> Iterator[str]:
    if decides and field.model_use in UNREADABLE:
        yield f"a rule may not read {field.id!r}, which is {field.model_use}"
    if leaf.op in LIST_OPERATORS and field.type != "list":
        yield f"{leaf.op!r} needs a list, but {field.id!r} is {field.type}"
    if leaf.op in ORDER_OPERATORS and field.type not in ("integer", "number"):
        yield f"{leaf.op!r} needs a number, but {field.id!r} is {field.type}"
    if field.type == "list" and leaf.op not in LIST_OPERATORS and leaf.op != "is_known":
        yield f"{leaf.op!r} does not read a list such as {field.id!r}; use {', '.join(sorted(LIST_OPERATORS))}"
    if leaf.op not in VALUELESS_OPERATORS:
        for value in _values(leaf):
            if not _fits(field, value):
                yield f"{value!r} is not a value that {field.id!r} may have"


def _fits(field: FieldSpec, value: object) -> bool:
    if field.allowed:
        return value in field.allowed
    if field.type == "boolean":
        return isinstance(value, bool)
    if field.type in ("integer", "number"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _items(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _values(leaf: Leaf) -> tuple[Any, ...]:
    return leaf.value if leaf.op in MEMBER_OPERATORS else (leaf.value,)
