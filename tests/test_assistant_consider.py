"""The kinds of result: suggest, nothing now, ask first, ask consent first, another authority, another municipality."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from case_strategies import Raw, areas, days, make_case, raw_facts
from hypothesis import given, settings

from assistant.core.catalogue import load_catalogue
from assistant.core.consider import Considered, Result, conclude, consider
from assistant.core.domain import Eligibility, Outcome

BUILT_IN = load_catalogue()
TODAY = dt.date(2026, 11, 23)
GIVEN = {"consent_health_exchange": "givet"}
COPD = {**GIVEN, "age": 66, "diagnosis_groups": ["kol"], "mrc_score": 3, "cognitive_level": "svaere"}
SICK = {**GIVEN, "age": 45, "years_to_pension_age": 22, "benefit_type": "sygedagpenge", "employment_status": "ansat"}
JOB_READY = {
    **GIVEN,
    "age": 42,
    "years_to_pension_age": 26,
    "benefit_type": "dagpenge",
    "visitation_status": "jobparat",
    "employment_status": "ledig",
    "work_capacity_hours": 37,
    "work_capacity_outlook": "normal",
    "weeks_on_benefit": 30,
    "barriers": ["ingen"],
    "diagnosis_groups": ["ingen"],
    "efforts_tried": ["ingen"],
}


def look(facts: Raw, *, area: str = "alle", today: dt.date = TODAY) -> tuple[Considered, Result]:
    considered = consider(make_case(facts, BUILT_IN, area=area, today=today), BUILT_IN)
    return considered, conclude(considered, BUILT_IN, {})


def outcome(facts: Raw, **options: Any) -> Outcome:
    return look(facts, **options)[1].outcome


def names(result: Result) -> list[str]:
    return [entry.assessment.pathway.id for entry in result.ranked]


# ---- another municipality


def test_a_case_that_is_not_ours_is_forwarded_and_nothing_is_suggested() -> None:
    considered, result = look({**COPD, "handlekommune": False})

    assert (result.outcome, result.ranked) == (Outcome.OTHER_MUNICIPALITY, ())
    assert considered.stopped == "G1_handlekommune"
    assert {a.blocked_by for a in considered.assessments.values()} == {"G1_handlekommune"}
    assert considered.law_choice is None
    assert "G1_handlekommune" in {flag.id for flag in considered.flags}


# ---- another authority


def test_copd_training_is_the_municipalitys_until_the_reform_and_the_regions_after() -> None:
    before, after = look(COPD, today=dt.date(2026, 12, 31)), look(COPD, today=dt.date(2027, 1, 1))

    assert before[1].outcome is Outcome.SUGGEST
    assert names(before[1]) == ["sul119_kol"]
    assert after[1].outcome is Outcome.OTHER_AUTHORITY
    assert after[1].ranked == ()
    assert after[0].assessments["sul119_kol"].blocked_by == "G7_expired"


@pytest.mark.parametrize(
    ("day", "warned"),
    [
        (dt.date(2026, 9, 30), False),
        (dt.date(2026, 10, 1), True),
        (dt.date(2026, 12, 31), True),
        (dt.date(2027, 3, 1), True),
    ],
)
def test_the_change_of_authority_is_announced_a_quarter_ahead_and_after(day: dt.date, warned: bool) -> None:
    considered, _ = look(COPD, today=day)

    found = [flag for flag in considered.flags if flag.id == "myndighedsskifte_2027-01-01_sul119_kol"]

    assert bool(found) is warned
    if warned:
        assert found[0].due == dt.date(2027, 1, 1)
        assert "Region Østdanmark" in found[0].text_da
        assert "Region Østdanmark" in found[0].text_en


def test_a_scheme_that_simply_ended_was_handed_to_nobody() -> None:
    ended = replace(BUILT_IN.pathways["sul119_kol"], authority_change=None)
    catalogue = replace(BUILT_IN, pathways={"sul119_kol": ended})
    case = make_case(COPD, BUILT_IN, today=dt.date(2027, 1, 1))

    assert conclude(consider(case, catalogue), catalogue, {}).outcome is Outcome.NOTHING_NOW


def test_a_first_place_that_others_decide_is_another_authority() -> None:
    _, result = look({**GIVEN, "gop_level": "specialiseret_genoptraening", "citizen_goals": "Gå en tur."})

    assert names(result)[0] == "sul140_spec_genoptraening"
    assert result.outcome is Outcome.OTHER_AUTHORITY


# ---- nothing now


def test_one_who_manages_alone_is_left_alone() -> None:
    considered, result = look(JOB_READY)

    assert (result.outcome, result.ranked) == (Outcome.NOTHING_NOW, ())
    assert result.rule is not None
    assert result.rule.id == "klarer_sig_selv"
    assert "ingen_indsats_er_en_gyldig_udgang" in {flag.id for flag in considered.flags}


@pytest.mark.parametrize(
    "change",
    [
        {"work_capacity_outlook": "uafklaret"},
        {"visitation_status": "aktivitetsparat"},
        {"barriers": ["uafklaret_jobmaal"]},
        {"barriers": None},
        {"diagnosis_groups": None},
        {"efforts_tried": ["virksomhedspraktik"]},
    ],
)
def test_one_fact_otherwise_or_unknown_and_the_rule_does_not_apply(change: Raw) -> None:
    rule = look({**JOB_READY, **change})[1].rule

    assert rule is None or rule.id != "klarer_sig_selv"


def test_grave_illness_under_treatment_is_put_on_standby() -> None:
    facts = {**SICK, "diagnosis_groups": ["kraeft"], "work_capacity_hours": 0, "sick_leave_weeks": 10}

    considered, result = look(facts)

    assert result.rule is not None
    assert result.rule.id == "standby"
    assert "alvorlig_sygdom_standby" in {flag.id for flag in considered.flags}
    assert not [name for name in names(result) if BUILT_IN.pathways[name].family == "jobindsats"]
    assert result.outcome is Outcome.NOTHING_NOW


def test_standby_does_not_hold_back_the_rehabilitation_a_doctor_referred_to() -> None:
    facts = {**SICK, "diagnosis_groups": ["kraeft"], "work_capacity_hours": 0}

    _, result = look({**facts, "documents_on_file": ["laegehenvisning_forebyggelse"]})

    assert result.outcome is Outcome.SUGGEST
    assert names(result) == ["sul119_kronisk"]


def test_a_short_absence_from_a_job_is_outside_follow_up() -> None:
    facts = {**SICK, "expected_absence_weeks": 26, "work_capacity_outlook": "midlertidigt_nedsat"}
    facts |= {"sick_leave_weeks": 8, "work_capacity_hours": 10, "gop_level": "ingen"}

    _, result = look(facts)
    _, longer = look({**facts, "expected_absence_weeks": 27})

    assert result.outcome is Outcome.NOTHING_NOW
    assert result.rule is not None
    assert result.rule.id == "kort_fravaer"
    assert longer.outcome is Outcome.SUGGEST


def test_where_nothing_can_open_nothing_is_offered() -> None:
    everything_known = {
        **GIVEN,
        "age": 45,
        "years_to_pension_age": 22,
        "benefit_type": "ordinaert_job",
        "employment_status": "ansat",
        "gop_level": "ingen",
        "function_loss_cause": "ingen",
        "function_permanence": "midlertidig",
        "fsiii_level": 0,
        "ffb_level": 0,
        "barriers": ["ingen"],
        "diagnosis_groups": ["ingen"],
        "mental_health": "ingen_vanskeligheder",
        "substance_use": "ingen",
        "work_capacity_outlook": "normal",
        "work_capacity_hours": 37,
        "years_in_labour_market": 20,
        "adl_areas": ["ingen"],
        "sick_leave_weeks": 0,
    }

    considered, result = look(everything_known)

    assert {a.eligibility for a in considered.assessments.values()} == {Eligibility.NOT_ELIGIBLE}
    assert result.outcome is Outcome.NOTHING_NOW
    assert result.rule is None


# ---- a question first


def test_an_empty_case_is_a_question_not_a_no() -> None:
    considered, result = look(GIVEN)

    assert result.outcome is Outcome.ASK_FIRST
    assert result.ranked == ()
    assert Eligibility.ELIGIBLE not in {a.eligibility for a in considered.assessments.values()}


def test_everything_pointed_to_being_dangerous_now_is_a_question_first() -> None:
    facts = {**COPD, "training_contraindications": ["ustabil_hjertesygdom"]}

    considered, result = look(facts)

    assert considered.assessments["sul119_kol"].blocked_by == "contraindication"
    assert result.outcome is Outcome.ASK_FIRST
    assert result.ranked == ()


def test_an_unclear_cause_is_a_choice_of_law_for_a_human() -> None:
    facts = {**GIVEN, "age": 85, "years_to_pension_age": -18, "function_loss_cause": "uafklaret", "fsiii_level": 2}

    considered, result = look({**facts, "gop_level": "ingen"})

    assert result.outcome is Outcome.ASK_FIRST
    assert result.rule is not None
    assert result.rule.id == "aarsag_uafklaret"
    assert {"aarsag_uafklaret", "lovvalg_skal_begrundes"} <= {flag.id for flag in considered.flags}


# ---- consent first


def test_a_goal_that_only_masked_fields_can_settle_asks_for_consent_first() -> None:
    facts = {"age": 50, "citizen_goals": "Trække vejret bedre.", "benefit_type": "kontanthjaelp"}

    considered, result = look(facts, area="job")

    assert {topic.id for topic in considered.goals} == {"breath"}
    assert result.outcome is Outcome.ASK_CONSENT_FIRST
    assert "G2_consent" in {flag.id for flag in considered.flags}


PLACEMENT = {
    "age": 40,
    "years_to_pension_age": 27,
    "benefit_type": "kontanthjaelp",
    "employment_status": "ledig",
    "work_capacity_hours": 10,
    "work_capacity_outlook": "kan_udvikles",
}


def test_consent_can_wait_while_a_pathway_in_view_serves_the_goal() -> None:
    both = {**PLACEMENT, "citizen_goals": "Et arbejde. Trække vejret bedre."}
    only_hidden = {**PLACEMENT, "citizen_goals": "Trække vejret bedre."}

    assert outcome(both, area="job") is Outcome.SUGGEST
    assert outcome(only_hidden, area="job") is Outcome.ASK_CONSENT_FIRST


def test_consent_comes_first_where_facts_in_view_say_that_health_matters() -> None:
    facts = {**PLACEMENT, "citizen_goals": "Et arbejde."}

    assert outcome({**facts, "benefit_type": "kontanthjaelp"}, area="job") is Outcome.SUGGEST
    assert outcome({**facts, "work_capacity_outlook": "uafklaret"}, area="job") is Outcome.ASK_CONSENT_FIRST


@pytest.mark.parametrize("consent", ["naegtet", "tilbagekaldt"])
def test_one_who_said_no_is_not_asked_again(consent: str) -> None:
    facts = {"age": 50, "citizen_goals": "Trække vejret bedre.", "consent_health_exchange": consent}

    assert outcome(facts, area="job") is not Outcome.ASK_CONSENT_FIRST


def test_consent_is_not_asked_for_when_the_law_already_points() -> None:
    facts = {"gop_level": "almen_basal", "hospital_discharge_date": "2026-11-20", "consent_health_exchange": None}

    assert outcome({**facts, "citizen_goals": "Et arbejde."}, area="health") is Outcome.SUGGEST


def test_consent_is_not_asked_for_once_given() -> None:
    assert outcome({**GIVEN, "citizen_goals": "Trække vejret bedre."}, area="job") is not Outcome.ASK_CONSENT_FIRST


# ---- a suggestion


def test_a_plan_from_the_hospital_is_put_first_by_the_law() -> None:
    facts = {**GIVEN, "gop_level": "almen_basal", "hospital_discharge_date": "2026-11-20", "age": 58}

    considered, result = look(facts)

    assert result.outcome is Outcome.SUGGEST
    assert (result.ranked[0].assessment.pathway.id, result.ranked[0].placed_by) == ("sul140_almen_basal", "law")
    assert considered.law_choice is not None
    assert considered.law_choice.law == "SUL § 140"


@pytest.mark.parametrize(
    ("facts", "law"),
    [
        ({"gop_level": "almen_basal", "function_loss_cause": "aldring", "years_to_pension_age": -5}, "SUL § 140"),
        ({"years_to_pension_age": 0, "function_loss_cause": "aldring"}, "AEL § 10"),
        ({"years_to_pension_age": -1, "function_loss_cause": "sygdom_uden_sygehus"}, "SEL § 86"),
        (
            {"years_to_pension_age": 5, "age": 62, "function_loss_cause": "sygdom_uden_sygehus", "gop_level": "ingen"},
            "SEL § 86, stk. 1",
        ),
        ({"years_to_pension_age": 5, "function_loss_cause": "aldring"}, None),
        ({}, None),
    ],
)
def test_the_choice_of_law_comes_before_any_pathway(facts: Raw, law: str | None) -> None:
    choice = look({**GIVEN, **facts})[0].law_choice

    assert (choice.law if choice else None) == law


# ---- laws of the whole


@settings(max_examples=120)
@given(raw_facts(), areas(), days())
def test_every_case_has_one_kind_of_result_that_fits_what_is_ranked(facts: Raw, area: str, day: dt.date) -> None:
    considered, result = look(facts, area=area, today=day)

    match result.outcome:
        case Outcome.SUGGEST:
            assert result.ranked
            assert not result.ranked[0].assessment.pathway.decided_elsewhere
        case Outcome.NOTHING_NOW:
            assert not result.ranked
        case Outcome.OTHER_MUNICIPALITY:
            assert considered.stopped
            assert not result.ranked
        case Outcome.ASK_CONSENT_FIRST:
            assert considered.view.masked
            assert considered.case.facts.get("consent_health_exchange") is None or (
                considered.case.facts["consent_health_exchange"].value == "ikke_spurgt"
            )
    assert (result.outcome is Outcome.OTHER_MUNICIPALITY) is (considered.stopped is not None)


@settings(max_examples=60)
@given(raw_facts(), areas(), days())
def test_the_same_case_gives_the_same_result(facts: Raw, area: str, day: dt.date) -> None:
    case = make_case(facts, BUILT_IN, area=area, today=day)
    backwards = make_case(dict(reversed(facts.items())), BUILT_IN, area=area, today=day)

    assert consider(case, BUILT_IN) == consider(case, BUILT_IN)
    assert conclude(consider(backwards, BUILT_IN), BUILT_IN, {}) == conclude(consider(case, BUILT_IN), BUILT_IN, {})


@settings(max_examples=60)
@given(raw_facts(), areas(), days())
def test_considering_a_case_leaves_it_as_it_was(facts: Raw, area: str, day: dt.date) -> None:
    case = make_case(facts, BUILT_IN, area=area, today=day)
    before = repr(case)

    conclude(consider(case, BUILT_IN), BUILT_IN, {})

    assert repr(case) == before
