"""What must hold across the catalogue's files; a break is named by file, entry and field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from assistant.core.catalogue_schema import CatalogueError
from assistant.core.domain import FieldSpec, Leaf, ModelUse, Predicate
from assistant.core.predicates import (
    LIST_OPERATORS,
    MEMBER_OPERATORS,
    ORDER_OPERATORS,
    VALUELESS_OPERATORS,
    leaves,
)

if TYPE_CHECKING:
    from assistant.core.catalogue import Catalogue

UNREADABLE = frozenset({ModelUse.AUDIT_ONLY, ModelUse.DISPLAY_ONLY, ModelUse.TEXT_SOURCE})
"""What no rule that decides eligibility may read (case_fields.yaml, meta.model_use_values)."""


def check(catalogue: Catalogue) -> None:
    """Raise `CatalogueError` at the first thing that does not fit."""
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
    for name in (*field.value_model_use, *field.value_area):
        if name not in field.allowed:
            raise CatalogueError("case_fields.yaml", field.id, "value_model_use", f"{name!r} is not an allowed value")


def _check_rules(catalogue: Catalogue) -> None:
    for gate in catalogue.gates:
        if gate.when is not None:
            _check_predicates(catalogue, "pathways.yaml", gate.id, "when", [gate.when], decides=True)
    for flag in catalogue.flags:
        if flag.when is not None:
            _check_predicates(catalogue, "flags.yaml", flag.id, "when", [flag.when], decides=False)
        for pathway in flag.eligible:
            if pathway not in catalogue.pathways:
                raise CatalogueError("flags.yaml", flag.id, "eligible", f"there is no pathway {pathway!r}")
    for rule in catalogue.outcomes:
        _check_predicates(catalogue, "outcomes.yaml", rule.outcome, "when", [rule.when], decides=True)
    for choice in catalogue.ordering.law_choices:
        _check_predicates(catalogue, "ordering.yaml", choice.id, "when", [choice.when], decides=True)
    for deadline in catalogue.deadlines.values():
        named = [
            *(name for name, _ in deadline.starts),
            *(n for n in (deadline.from_number, deadline.met_by) if n),
        ]
        for name in named:
            if name not in catalogue.fields:
                raise CatalogueError("deadlines.yaml", deadline.id, "starts", f"there is no field {name!r}")
        if deadline.applies is not None:
            _check_predicates(catalogue, "deadlines.yaml", deadline.id, "applies", [deadline.applies], decides=False)


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
    if field.allowed and leaf.op not in VALUELESS_OPERATORS:
        for value in _values(leaf):
            if value not in field.allowed:
                yield f"{value!r} is not an allowed value of {field.id!r}"


def _values(leaf: Leaf) -> tuple[Any, ...]:
    return leaf.value if leaf.op in MEMBER_OPERATORS else (leaf.value,)
