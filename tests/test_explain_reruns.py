"""What is missing and what could be changed: every answer is one that a real re-run gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from assistant.core.catalogue import Catalogue
from assistant.core.domain import NONE_FOUND
from eval.suites.explanation_cases import invented_suggestion
from explain.missing import missing_that_matter
from explain.recourse import comes_first, recourse
from explain.reruns import Rerun, first_place, values_to_try

UNPLANNED = {
    "consent_health_exchange": "givet",
    "age": 49,
    "hospital_discharge_date": "2026-11-10",
    "employment_status": "ansat",
}


def rerun_of(catalogue: Catalogue, facts: Mapping[str, Any], asked: list[Mapping[str, Any]] | None = None) -> Rerun:
    def rerun(changes: Mapping[str, Any]) -> Mapping[str, Any]:
        if asked is not None:
            asked.append(changes)
        laid = {k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}
        return invented_suggestion({"id": "R", "case": {**facts, **laid}}, catalogue, 1, scored=False).suggestion

    return rerun


def test_a_missing_plan_is_what_could_change_the_first_place(catalogue: Catalogue) -> None:
    rerun = rerun_of(catalogue, UNPLANNED)

    found = missing_that_matter(rerun({}), UNPLANNED, catalogue, rerun)

    plan = next(fact for fact in found if fact.field == "gop_level")
    for span in plan.spans:
        for value in span.values:
            assert first_place(rerun({"gop_level": value})) == span.first
    assert {v for span in plan.spans for v in span.values} == set(catalogue.fields["gop_level"].allowed)
    assert plan.changing


def test_the_range_of_a_number_is_exact(catalogue: Catalogue) -> None:
    facts = {"benefit_type": "sygedagpenge", "employment_status": "ansat", "consent_health_exchange": "givet"}
    rerun = rerun_of(catalogue, facts)

    found = missing_that_matter(
        rerun({}), facts, catalogue, rerun, fields=["years_to_pension_age", "work_capacity_hours"]
    )

    assert found
    for fact in found:
        for span in fact.spans:
            assert first_place(rerun({fact.field: span.low})) == span.first
            assert first_place(rerun({fact.field: span.high})) == span.first
        step = 1 if catalogue.fields[fact.field].type == "integer" else 0.1
        for left, right in zip(fact.spans, fact.spans[1:], strict=False):
            assert left.high is not None
            assert right.low is not None
            assert right.low - left.high == pytest.approx(step)


def test_known_masked_and_sensitive_fields_are_never_tried(catalogue: Catalogue) -> None:
    asked: list[Mapping[str, Any]] = []
    rerun = rerun_of(catalogue, UNPLANNED, asked)
    sensitive = [name for name, spec in catalogue.fields.items() if spec.sensitive]
    suggestion = {**rerun({}), "masked_fields": ["gop_level"]}
    asked.clear()

    found = missing_that_matter(suggestion, UNPLANNED, catalogue, rerun, fields=["age", "gop_level", *sensitive])

    assert sensitive
    assert (found, asked) == ((), [])


def test_recourse_is_minimal_actionable_and_verified(catalogue: Catalogue) -> None:
    facts = {
        "age": 41,
        "benefit_type": "kontanthjaelp",
        "employment_status": "ledig",
        "years_to_pension_age": 28,
        "education_level": "erhvervsuddannelse",
        "barriers": ["ingen"],
        "consent_health_exchange": "givet",
    }
    target = "lab_mentor"
    asked: list[Mapping[str, Any]] = []
    rerun = rerun_of(catalogue, facts, asked)
    known = {**facts, "barriers": ("ingen",)}

    ways = recourse(rerun({}), known, catalogue, rerun, target)

    assert ways
    tried = {name for changes in asked for name in changes}
    assert all(catalogue.fields[name].actionable and not catalogue.fields[name].protected for name in tried)
    for way in ways:
        assert len(way.changes) == 1
        after = rerun({change.field: change.then for change in way.changes})
        assert next(i for i in after["assessments"] if i["pathway"] == target)["eligibility"] == "eligible"
        assert way.first == first_place(after)


def test_what_is_reached_needs_no_recourse_and_what_nothing_reaches_has_none(catalogue: Catalogue) -> None:
    rerun = rerun_of(catalogue, UNPLANNED)
    now = rerun({})
    unreachable = next(p.id for p in catalogue.pathways.values() if not p.new_entrants)

    assert recourse(now, UNPLANNED, catalogue, rerun, first_place(now), reached=comes_first(first_place(now))) == ()
    assert recourse(now, UNPLANNED, catalogue, rerun, unreachable, most_changes=1) == ()


def test_every_value_tried_is_allowed(catalogue: Catalogue) -> None:
    for spec in catalogue.fields.values():
        for value in values_to_try(spec, catalogue, "2026-11-23"):
            if spec.type in ("integer", "number"):
                low, high = spec.range or (0, 0)
                assert low <= value <= high
            elif spec.type == "list":
                assert set(value) <= {*spec.allowed, NONE_FOUND}
