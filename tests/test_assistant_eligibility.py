"""What the law opens, with a trace of every condition, its fact and its law."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from case_strategies import Raw, areas, candidates, days, make_case, raw_facts
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.catalogue import load_catalogue
from assistant.core.domain import Eligibility, Fact, View
from assistant.core.eligibility import Assessment, assess, blocked_everywhere
from assistant.core.gates import condition, view_of
from assistant.core.predicates import conjunction, disjunction, leaves, negation

BUILT_IN = load_catalogue()
TODAY = dt.date(2026, 11, 23)
GIVEN = {"consent_health_exchange": "givet"}
PLAN = {**GIVEN, "gop_level": "almen_basal", "hospital_discharge_date": "2026-11-20"}


def assessed(pathway: str, facts: Raw, *, area: str = "alle", today: dt.date = TODAY) -> Assessment:
    case = make_case(facts, BUILT_IN, area=area, today=today)
    return assess(BUILT_IN.pathways[pathway], view_of(case, BUILT_IN), BUILT_IN, today)


NEW_ENTRANTS = {key: pathway for key, pathway in BUILT_IN.pathways.items() if pathway.new_entrants}
NO_DEFAULT = [name for name, field in BUILT_IN.fields.items() if field.default_if_missing is None]


@st.composite
def revealed(draw: st.DrawFn) -> tuple[View, View]:
    """A view, and the same view with some missing fields made known."""
    facts = draw(raw_facts())
    known = {name: Fact(field=name, value=value) for name, value in facts.items() if value is not None}
    missing = [name for name in NO_DEFAULT if name not in known]
    names = draw(st.lists(st.sampled_from(missing), max_size=8, unique=True)) if missing else []
    new = {
        name: Fact(field=name, value=draw(st.sampled_from(candidates(BUILT_IN.fields[name], BUILT_IN))))
        for name in names
    }
    return View(known), View({**known, **new})


@settings(max_examples=150)
@given(revealed())
def test_revealing_a_missing_field_only_ever_settles_what_was_undetermined(views: tuple[View, View]) -> None:
    before, after = views

    for pathway in NEW_ENTRANTS.values():
        was, now = (condition(pathway.eligibility, view, BUILT_IN) for view in (before, after))
        assert was is None or now is was, pathway.id


@settings(max_examples=150)
@given(revealed())
def test_an_undetermined_pathway_names_exactly_the_fields_it_waits_for(views: tuple[View, View]) -> None:
    view, _ = views
    for pathway in NEW_ENTRANTS.values():
        found = assess(pathway, view, BUILT_IN, TODAY)
        if found.eligibility is Eligibility.UNDETERMINED:
            read = {leaf.field for leaf in leaves(pathway.eligibility)}
            unknown = {name for name in read if name not in view.facts and name in NO_DEFAULT}
            assert set(found.missing_fields) == unknown
            assert found.missing_fields
        else:
            assert found.missing_fields == ()


def retold(trace: dict[str, Any]) -> bool | None:
    """The truth of a trace, worked out again from its leaves."""
    if "all" in trace:
        return conjunction(retold(part) for part in trace["all"])
    if "any" in trace:
        return disjunction(retold(part) for part in trace["any"])
    if "not" in trace:
        return negation(retold(trace["not"]))
    return trace["truth"]


def trace_leaves(trace: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [*trace.get("all", ()), *trace.get("any", ()), *([trace["not"]] if "not" in trace else [])]
    return [leaf for part in inner for leaf in trace_leaves(part)] if inner else [trace]


@settings(max_examples=150)
@given(raw_facts(), areas(), days())
def test_the_trace_alone_tells_the_verdict(facts: Raw, area: str, day: dt.date) -> None:
    case = make_case(facts, BUILT_IN, area=area, today=day)
    view = view_of(case, BUILT_IN)
    for pathway in BUILT_IN.pathways.values():
        found = assess(pathway, view, BUILT_IN, day)
        parts = trace_leaves({k: v for k, v in found.trace.items() if k != "contraindication"})

        assert retold(found.trace) is found.trace["truth"]
        assert [leaf["field"] for leaf in parts] == [leaf.field for leaf in leaves(pathway.eligibility)]
        if found.eligibility is Eligibility.ELIGIBLE:
            assert found.trace["truth"] is True
        for leaf in parts:
            assert leaf["law"] == [str(ref) for ref in pathway.legal_basis]
            assert (leaf["fact"] is None) is (leaf["field"] not in view.facts)
            assert leaf["state"] in {"known", "missing", "default", "masked", "outdated", "partly_masked"}
            assert leaf["state"] not in {"missing", "masked", "outdated"} or leaf["truth"] is None


def test_a_leaf_carries_the_fact_with_its_source_and_date() -> None:
    raw = {"value": "almen_basal", "source": "MedCom", "observed_on": "2026-11-19", "recorded_by": "visitator-2"}

    trace = assessed("sul140_almen_basal", {**PLAN, "gop_level": raw}).trace

    assert trace["all"][0] == {
        "field": "gop_level",
        "op": "==",
        "value": "almen_basal",
        "truth": True,
        "state": "known",
        "fact": raw,
        "law": ["SUL § 140, stk. 1", "SUL § 84, stk. 1", "BEK918 §§ 1-3 og bilag 1"],
    }


def test_the_conditions_met_open_the_pathway() -> None:
    found = assessed("sul140_almen_basal", {**PLAN, "training_contraindications": ["ingen"]})

    assert found.eligibility is Eligibility.ELIGIBLE
    assert found.open
    assert found.clearance_fields == ()


def test_an_unknown_contraindication_keeps_eligibility_and_asks_for_clearance() -> None:
    found = assessed("sul140_almen_basal", PLAN)

    assert found.eligibility is Eligibility.ELIGIBLE
    assert found.clearance_fields == ("training_contraindications",)
    assert found.trace["contraindication"]["truth"] is None


def test_a_true_contraindication_blocks() -> None:
    found = assessed("sul140_almen_basal", {**PLAN, "training_contraindications": ["ustabil_fraktur"]})

    assert (found.eligibility, found.blocked_by) == (Eligibility.BLOCKED, "contraindication")
    assert not found.open
    assert found.trace["contraindication"]["fact"]["value"] == ["ustabil_fraktur"]


def test_a_contraindication_does_not_block_what_is_not_open_anyway() -> None:
    facts = {**GIVEN, "gop_level": "ingen", "training_contraindications": ["ustabil_fraktur"]}

    assert assessed("sul140_almen_basal", facts).eligibility is Eligibility.NOT_ELIGIBLE


def test_a_soft_contraindication_warns_and_does_not_block() -> None:
    facts = {**GIVEN, "age": 70, "diagnosis_groups": ["kol"], "mrc_score": 4, "cognitive_level": "ingen"}

    assert assessed("telekol", {**facts, "digital_exempt": True}).warning
    assert assessed("telekol", {**facts, "digital_exempt": True}).eligibility is Eligibility.ELIGIBLE
    assert not assessed("telekol", facts).warning


def test_a_missing_field_is_a_question_not_a_no() -> None:
    found = assessed("sul140_almen_basal", {**GIVEN, "gop_level": "almen_basal"})

    assert found.eligibility is Eligibility.UNDETERMINED
    assert found.missing_fields == ("hospital_discharge_date",)


@pytest.mark.parametrize("pathway", ["ressourceforloeb_legacy", "revalidering_legacy"])
def test_a_closed_scheme_is_never_guessed_but_goes_on_for_those_in_it(pathway: str) -> None:
    benefit = {"ressourceforloeb_legacy": "rf_ydelse_ressourceforloeb", "revalidering_legacy": "revalideringsydelse"}

    assert assessed(pathway, GIVEN).eligibility is Eligibility.NOT_ELIGIBLE
    assert assessed(pathway, {**GIVEN, "benefit_type": benefit[pathway]}).eligibility is Eligibility.ELIGIBLE
    assert assessed(pathway, {**GIVEN, "benefit_type": "dagpenge"}).eligibility is Eligibility.NOT_ELIGIBLE


@pytest.mark.parametrize(
    ("day", "eligibility", "blocked_by"),
    [
        (dt.date(2026, 12, 31), Eligibility.ELIGIBLE, None),
        (dt.date(2027, 1, 1), Eligibility.BLOCKED, "G7_expired"),
        (dt.date(2006, 12, 31), Eligibility.BLOCKED, "G7_not_yet"),
        (dt.date(2007, 1, 1), Eligibility.ELIGIBLE, None),
    ],
)
def test_the_law_of_the_day_counts(day: dt.date, eligibility: Eligibility, blocked_by: str | None) -> None:
    facts = {**GIVEN, "age": 66, "diagnosis_groups": ["kol"], "mrc_score": 3}

    found = assessed("sul119_kol", facts, today=day)

    assert (found.eligibility, found.blocked_by) == (eligibility, blocked_by)


def test_a_default_answers_for_what_is_missing_but_not_for_what_is_masked_or_outdated() -> None:
    leaf_of = BUILT_IN.pathways["telekol"].contraindication_soft
    assert leaf_of is not None

    assert condition(leaf_of, View({}), BUILT_IN) is False
    assert condition(leaf_of, View({}, masked=frozenset({"digital_exempt"})), BUILT_IN) is None
    assert condition(leaf_of, View({}, outdated=frozenset({"digital_exempt"})), BUILT_IN) is None


def test_a_gate_that_stops_the_case_blocks_every_pathway_by_its_name() -> None:
    view = view_of(make_case(PLAN, BUILT_IN), BUILT_IN)

    found = blocked_everywhere(BUILT_IN.pathways["sul140_almen_basal"], view, BUILT_IN, "G1_handlekommune")

    assert (found.eligibility, found.blocked_by) == (Eligibility.BLOCKED, "G1_handlekommune")
    assert found.trace["truth"] is True
    assert not found.open
