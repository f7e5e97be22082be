"""Deadlines are counted from what is on file, to the day; an unknown start starts nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from case_strategies import make_case
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.catalogue import load_catalogue
from assistant.core.consider import consider
from assistant.core.deadlines import Deadline, running
from assistant.core.gates import view_of
from assistant.core.rules import DeadlineRule

BUILT_IN = load_catalogue()
TODAY = dt.date(2026, 11, 23)
PLAN = {"consent_health_exchange": "givet", "gop_level": "almen_basal"}
SICK = {"consent_health_exchange": "givet", "benefit_type": "sygedagpenge"}


def deadlines(facts: dict[str, Any], today: dt.date = TODAY) -> dict[str, Deadline]:
    found = consider(make_case(facts, BUILT_IN, today=today), BUILT_IN).deadlines
    return {deadline.rule.id: deadline for deadline in found}


def flags(facts: dict[str, Any], today: dt.date = TODAY) -> dict[str, dt.date | None]:
    return {flag.id: flag.due for flag in consider(make_case(facts, BUILT_IN, today=today), BUILT_IN).flags}


@pytest.mark.parametrize(
    ("discharged", "due"),
    [
        ("2026-11-18", dt.date(2026, 11, 25)),
        ("2026-11-27", dt.date(2026, 12, 4)),
        ("2026-12-28", dt.date(2027, 1, 4)),
        ("2024-02-23", dt.date(2024, 3, 1)),
        ("2025-02-23", dt.date(2025, 3, 2)),
    ],
)
def test_training_must_be_offered_seven_calendar_days_after_discharge(discharged: str, due: dt.date) -> None:
    found = deadlines({**PLAN, "hospital_discharge_date": discharged}, today=dt.date.fromisoformat(discharged))

    deadline = found["D1_syv_dage"]
    assert (deadline.due, deadline.counted_from, deadline.passed) == (due, "hospital_discharge_date", False)
    assert deadline.flag_id == f"D1_syv_dage_loeber_ud_{due}"


def test_the_plans_own_start_date_counts_before_the_discharge() -> None:
    facts = {**PLAN, "hospital_discharge_date": "2026-11-10", "gop_clinical_start_date": "2026-12-24"}

    deadline = deadlines(facts)["D1_syv_dage"]

    assert (deadline.due, deadline.counted_from) == (dt.date(2026, 12, 24), "gop_clinical_start_date")


def test_the_last_day_itself_is_still_in_time() -> None:
    facts = {**PLAN, "hospital_discharge_date": "2026-11-16"}

    assert not deadlines(facts, today=dt.date(2026, 11, 23))["D1_syv_dage"].passed
    assert deadlines(facts, today=dt.date(2026, 11, 24))["D1_syv_dage"].passed


@pytest.mark.parametrize(
    ("offered", "met", "flag"),
    [
        ("2026-11-23", True, None),
        ("2026-11-25", True, None),
        ("2026-11-26", False, "D1_syv_dage_overskredet_2026-11-25"),
        (None, False, "D1_syv_dage_loeber_ud_2026-11-25"),
    ],
)
def test_an_offered_start_in_time_settles_it_and_a_late_one_does_not(
    offered: str | None, met: bool, flag: str | None
) -> None:
    facts = {**PLAN, "hospital_discharge_date": "2026-11-18", "training_start_date": offered}

    raised = {name: due for name, due in flags(facts).items() if name.startswith("D1")}

    assert ("D1_syv_dage" not in deadlines(facts)) is met
    assert raised == ({} if flag is None else {flag: dt.date(2026, 11, 25)})


def test_an_unknown_start_starts_nothing() -> None:
    assert "D1_syv_dage" not in deadlines(PLAN)
    assert "D1_syv_dage" not in deadlines({**PLAN, "training_start_date": "2026-11-24"})


def test_a_date_that_is_masked_starts_nothing() -> None:
    facts = {**PLAN, "hospital_discharge_date": "2026-11-18", "consent_health_exchange": "naegtet"}

    assert "D1_syv_dage" not in {
        d.rule.id for d in consider(make_case(facts, BUILT_IN, area="job"), BUILT_IN).deadlines
    }
    assert "D1_syv_dage" in {d.rule.id for d in consider(make_case(facts, BUILT_IN, area="health"), BUILT_IN).deadlines}


def test_the_seven_days_do_not_run_where_the_hospital_trains_or_no_plan_exists() -> None:
    discharged = {"hospital_discharge_date": "2026-11-18"}

    for level in ("specialiseret_genoptraening", "ingen"):
        assert "D1_syv_dage" not in deadlines({**PLAN, **discharged, "gop_level": level})
    assert "D1_syv_dage" in deadlines({**PLAN, **discharged, "gop_level": "rehab_specialiseret"})


@pytest.mark.parametrize(
    ("weeks", "runs", "due", "passed"),
    [
        (16, False, None, False),
        (17, True, TODAY + dt.timedelta(weeks=5), False),
        (21, True, TODAY + dt.timedelta(weeks=1), False),
        (22, True, TODAY, False),
        (23, True, TODAY - dt.timedelta(weeks=1), True),
        (300, True, TODAY - dt.timedelta(weeks=278), True),
    ],
)
def test_reassessment_comes_at_twenty_two_weeks_and_is_shown_five_weeks_before(
    weeks: int, runs: bool, due: dt.date | None, passed: bool
) -> None:
    found = deadlines({**SICK, "sick_leave_weeks": weeks})

    assert ("D6_revurdering_22" in found) is runs
    if runs:
        assert (found["D6_revurdering_22"].due, found["D6_revurdering_22"].passed) == (due, passed)
        assert found["D6_revurdering_22"].flag_id == "D6_revurdering_22"


@pytest.mark.parametrize("benefit", ["kontanthjaelp", "dagpenge", None])
def test_reassessment_is_for_sickness_benefit_only(benefit: str | None) -> None:
    assert "D6_revurdering_22" not in deadlines({**SICK, "benefit_type": benefit, "sick_leave_weeks": 21})


@pytest.mark.parametrize(("weeks", "expected", "runs"), [(2, 12, True), (5, 9, True), (6, 12, False), (2, 8, False)])
def test_the_fast_track_is_asked_for_by_week_five_when_the_absence_is_long(
    weeks: int, expected: int, runs: bool
) -> None:
    facts = {**SICK, "sick_leave_weeks": weeks, "expected_absence_weeks": expected, "employment_status": "ansat"}

    found = deadlines(facts)

    assert ("D7_fast_track" in found) is runs
    if runs:
        assert found["D7_fast_track"].due == TODAY + dt.timedelta(weeks=5 - weeks)


def test_deadlines_stand_soonest_first() -> None:
    facts = {**PLAN, **SICK, "hospital_discharge_date": "2026-11-18", "sick_leave_weeks": 18}

    found = consider(make_case(facts, BUILT_IN), BUILT_IN).deadlines

    assert [deadline.rule.id for deadline in found] == ["D1_syv_dage", "D6_revurdering_22"]
    assert [deadline.due for deadline in found] == sorted(deadline.due for deadline in found)


COUNTED = DeadlineRule(
    id="D", starts=(("hospital_discharge_date", 7),), met_by="training_start_date", text_da="", text_en=""
)
ONLY_D = replace(BUILT_IN, deadlines={"D": COUNTED})
some_days = st.dates(dt.date(2020, 1, 1), dt.date(2028, 12, 31))


@given(some_days, some_days, st.none() | st.integers(-20, 20))
def test_a_deadline_is_met_late_or_running_and_nothing_else(
    start: dt.date, today: dt.date, offered_after: int | None
) -> None:
    offered = None if offered_after is None else start + dt.timedelta(days=offered_after)
    facts = {
        "consent_health_exchange": "givet",
        "hospital_discharge_date": start.isoformat(),
        "training_start_date": offered and offered.isoformat(),
    }

    found = running(view_of(make_case(facts, BUILT_IN, today=today), BUILT_IN), ONLY_D, today, [])

    if offered is not None and offered <= start + dt.timedelta(days=7):
        assert found == ()
    else:
        (deadline,) = found
        assert deadline.due - start == dt.timedelta(days=7)
        assert deadline.passed is (offered is not None or today > deadline.due)


def test_the_last_representable_day_of_a_case_does_no_harm() -> None:
    facts = {**PLAN, "hospital_discharge_date": "2200-12-31", "sick_leave_weeks": 0, "benefit_type": "sygedagpenge"}

    assert deadlines(facts)["D1_syv_dage"].due == dt.date(2201, 1, 7)


@pytest.mark.parametrize("rule", list(BUILT_IN.deadlines.values()), ids=lambda rule: rule.id)
def test_every_rule_counts_from_something_and_names_its_law(rule: DeadlineRule) -> None:
    assert rule.starts or rule.from_number
    assert rule.law_refs
    assert any(rule.id == deadline.rule for p in BUILT_IN.pathways.values() for deadline in p.deadlines)
