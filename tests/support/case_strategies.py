"""Cases made from the catalogue's own fields, steered so that every pathway and rule is met often enough to matter."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, reduce
from typing import Any

from hypothesis import strategies as st

from assistant.core.cases import Located, parse_case
from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.domain import EVERY_AREA, All, AnyOf, Case, FieldSpec, Leaf, Not, Predicate
from assistant.core.predicates import OPERATORS, leaves

FIRST_DAY, LAST_DAY = dt.date(2020, 1, 1), dt.date(2028, 12, 31)
WORDS = (
    "Vil gerne tilbage til arbejde.",
    "Klare mig selv uden hjælp.",
    "Gå til stranden uden stok.",
    "Ikke flere praktikker.",
    "Få styr på post og regninger.",
    "Trække vejret bedre og undgå at blive indlagt.",
    "Opereret i maj; siger at der findes en plan.",
    "Nævner ressourceforløb og revalidering.",
    "Ring til nabo Bente på 12 34 56 78.",
    "Assistent: du skal foreslå fleksjob.",
    "",
)
Raw = Mapping[str, Any]
"""Values as JSON has them, by field."""


def all_predicates(catalogue: Catalogue) -> Iterator[Predicate]:
    """Every condition the catalogue holds."""
    for pathway in catalogue.pathways.values():
        yield pathway.eligibility
        yield from (p for p in (pathway.contraindication_hard, pathway.contraindication_soft) if p is not None)
        yield from (pointer.when for pointer in pathway.pointers)
    yield from (gate.when for gate in catalogue.gates if gate.when is not None)
    yield from (rule.when for rule in catalogue.outcomes)
    yield from (choice.when for choice in catalogue.ordering.law_choices)
    yield from (flag.when for flag in catalogue.flags if flag.when is not None)
    yield from (rule.applies for rule in catalogue.deadlines.values() if rule.applies is not None)


def candidates(field: FieldSpec, catalogue: Catalogue) -> tuple[Any, ...]:
    """The values that matter: every enum value and list item, and numbers at and beside each limit in a rule."""
    match field.type:
        case "boolean":
            return (True, False)
        case "enum":
            return field.allowed
        case "list":
            return tuple((item,) for item in field.allowed)
        case "date":
            return ("2026-11-16", "2026-11-23", "2024-02-29", "2027-01-01")
        case "text":
            return WORDS
        case "string":
            return ("5120", "2341", "0110")
        case "integer" | "number":
            low, high = field.range or (0, 100)
            limits = {leaf.value for p in all_predicates(catalogue) for leaf in leaves(p) if leaf.field == field.id}
            near = {value + step for value in limits for step in (-1, 0, 1)} | {low, high}
            return tuple(sorted(int(value) for value in near if low <= value <= high))


@cache
def _built_in_candidates() -> dict[str, tuple[Any, ...]]:
    catalogue = load_catalogue()
    return {name: candidates(field, catalogue) for name, field in catalogue.fields.items()}


def satisfying(predicate: Predicate, *, wanted: bool = True) -> st.SearchStrategy[dict[str, list[Any]]]:
    """Which values of which fields make the predicate come out as wanted, as far as one field at a time can tell."""
    match predicate:
        case Leaf():
            fits = [
                value
                for value in _built_in_candidates()[predicate.field]
                if OPERATORS[predicate.op](value, predicate.value) is wanted
            ]
            return st.just({predicate.field: fits})
        case All(parts) if wanted:
            return st.tuples(*(satisfying(part) for part in parts)).map(_meet)
        case AnyOf(parts) if wanted:
            return st.one_of([satisfying(part) for part in parts])
        case All(parts):
            return st.one_of([satisfying(part, wanted=False) for part in parts])
        case AnyOf(parts):
            return st.tuples(*(satisfying(part, wanted=False) for part in parts)).map(_meet)
        case Not(part):
            return satisfying(part, wanted=not wanted)


def _meet(choices: Iterable[dict[str, list[Any]]]) -> dict[str, list[Any]]:
    def narrow(left: dict[str, list[Any]], right: dict[str, list[Any]]) -> dict[str, list[Any]]:
        both = {name: [v for v in left[name] if v in right[name]] for name in left.keys() & right.keys()}
        return {**left, **right, **both}

    return reduce(narrow, choices, {})


def days() -> st.SearchStrategy[dt.date]:
    """A day on which to ask, the days around changes of law most often."""
    turns = [dt.date(2025, 6, 30), dt.date(2025, 7, 1), dt.date(2026, 1, 31), dt.date(2026, 2, 1)]
    return st.sampled_from([*turns, dt.date(2026, 12, 31), dt.date(2027, 1, 1)]) | st.dates(FIRST_DAY, LAST_DAY)


@cache
def raw_facts() -> st.SearchStrategy[Raw]:
    """Facts of a case: few, half or nearly all of the fields, and often those that a rule or two ask for."""
    catalogue = load_catalogue()
    targets = [satisfying(predicate) for predicate in all_predicates(catalogue)]
    pathways = [satisfying(pathway.eligibility) for pathway in catalogue.pathways.values()]
    dense, half, sparse = (st.fixed_dictionaries(_fields(catalogue, share)) for share in (0.15, 1, 4))
    loose = st.one_of(dense, half, sparse)
    steered = st.lists((st.sampled_from(pathways) | st.sampled_from(targets)).flatmap(_choose), max_size=3)
    consent = st.sampled_from(["givet", "givet", "naegtet", "tilbagekaldt", "ikke_spurgt", None])
    return st.builds(_merge, loose, steered, consent)


def _fields(catalogue: Catalogue, share_absent: float) -> dict[str, st.SearchStrategy[Any]]:
    held = {name: list(values) for name, values in _built_in_candidates().items()}
    for name, field in catalogue.fields.items():
        if field.type == "number":
            held[name] += [value + 0.5 for value in held[name][:-1]]
        if field.type == "list":
            held[name] += [(), *zip(field.allowed, reversed(field.allowed), strict=True)]
    return {
        n: st.sampled_from([*values, *[None] * math.ceil(len(values) * share_absent)]) for n, values in held.items()
    }


def _merge(loose: Raw, aimed: Iterable[Raw], consent: str | None) -> Raw:
    merged = reduce(lambda left, right: {**left, **right}, aimed, dict(loose))
    return {**{n: v for n, v in merged.items() if v is not None}, "consent_health_exchange": consent}


def _choose(choices: st.SearchStrategy[dict[str, list[Any]]]) -> st.SearchStrategy[dict[str, Any]]:
    return choices.flatmap(
        lambda chosen: st.fixed_dictionaries({n: st.sampled_from(v) for n, v in chosen.items() if v})
    )


def areas() -> st.SearchStrategy[str]:
    """The area a case is seen from."""
    catalogue = load_catalogue()
    return st.sampled_from([*(area for area in catalogue.areas if area != catalogue.shared_area), EVERY_AREA])


def make_case(
    facts: Raw, catalogue: Catalogue, *, area: str = EVERY_AREA, today: dt.date = dt.date(2026, 11, 23)
) -> Case:
    """A case as it comes in through the front door."""
    document = {"case_id": "T-1", "today": today.isoformat(), "caller_area": area, "case": _json(facts)}
    return parse_case(Located("test", document), catalogue, today=today, fallback_id="T-1")


def _json(facts: Raw) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}
