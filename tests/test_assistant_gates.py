"""What a caller may see, what is too old, what the law of the day allows, and what may be scored."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from case_strategies import Raw, areas, days, make_case, raw_facts, satisfying
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.consider import Considered, conclude, consider
from assistant.core.domain import EVERY_AREA, NONE_FOUND, Case, CaseId, Fact, Leaf, Mode, ModelUse, View
from assistant.core.gates import (
    condition,
    leaf_truth,
    months_before,
    scoring_refusal,
    stopped_by,
    validity_block,
    view_of,
)
from assistant.core.predicates import OPERATORS

BUILT_IN = load_catalogue()
TODAY = dt.date(2026, 11, 23)
AREAS = [area for area in BUILT_IN.areas if area != BUILT_IN.shared_area]
NO_CONSENT = st.sampled_from(["naegtet", "tilbagekaldt", "ikke_spurgt", None])


def hidden_from(area: str) -> set[str]:
    """The fields of other areas."""
    return {name for name, field in BUILT_IN.fields.items() if field.area not in (BUILT_IN.shared_area, area)}


def hidden_items(area: str) -> set[str]:
    return {
        item
        for field in BUILT_IN.fields.values()
        for item, of in field.value_area.items()
        if of not in (BUILT_IN.shared_area, area)
    }


# ---- masking


@settings(max_examples=120)
@given(raw_facts(), areas(), days(), NO_CONSENT)
def test_without_consent_the_view_holds_nothing_of_another_area(
    facts: Raw, area: str, day: dt.date, consent: str | None
) -> None:
    case = make_case({**facts, "consent_health_exchange": consent}, BUILT_IN, area=area, today=day)

    view = view_of(case, BUILT_IN)

    assert view.masked == hidden_from(area)
    assert not set(view.facts) & view.masked
    items = {item for fact in view.facts.values() if isinstance(fact.value, tuple) for item in fact.value}
    assert not items & hidden_items(area)
    assert not view.outdated & view.masked


@settings(max_examples=120)
@given(raw_facts(), areas(), days())
def test_a_masked_or_audit_only_field_is_unknown_to_every_condition(facts: Raw, area: str, day: dt.date) -> None:
    view = view_of(make_case(facts, BUILT_IN, area=area, today=day), BUILT_IN)
    audit = {name for name, field in BUILT_IN.fields.items() if field.model_use is ModelUse.AUDIT_ONLY}

    for name in view.masked | audit:
        assert leaf_truth(Leaf(name, "is_known"), view, BUILT_IN.fields) is None
    assert not audit & set(view.facts)


@given(raw_facts(), areas(), days())
def test_with_consent_everything_but_the_audits_fields_is_in_view(facts: Raw, area: str, day: dt.date) -> None:
    case = make_case({**facts, "consent_health_exchange": "givet"}, BUILT_IN, area=area, today=day)

    view = view_of(case, BUILT_IN)

    assert view.masked == frozenset()
    assert view.partly_masked == {}
    assert set(case.facts) - set(view.facts) <= {"sex", "ethnic_origin"}


def test_a_masked_field_is_unknown_even_where_a_default_exists() -> None:
    field = replace(BUILT_IN.fields["substance_use"], default_if_missing="ingen")
    catalogue = replace(BUILT_IN, fields={**BUILT_IN.fields, "substance_use": field})
    none = Leaf("substance_use", "==", "ingen")
    case = Case(id=CaseId("c"), today=TODAY, area="job", role="caseworker", facts={})

    assert condition(none, view_of(case, catalogue), catalogue) is None
    assert condition(none, view_of(replace(case, area="health"), catalogue), catalogue) is True


def test_a_consent_that_nobody_knows_of_masks_like_a_refused_one() -> None:
    field = replace(BUILT_IN.fields["consent_health_exchange"], default_if_missing=None)
    catalogue = replace(BUILT_IN, fields={**BUILT_IN.fields, "consent_health_exchange": field})

    assert "pain_nrs" in view_of(make_case({}, BUILT_IN, area="job"), catalogue).masked


@pytest.mark.parametrize(
    ("area", "seen"),
    [
        ("health", ("gop", "spirometri")),
        ("job", ("lae285", "cv")),
        ("social", ("vum_udredning",)),
        (EVERY_AREA, ()),
    ],
)
def test_documents_of_another_area_are_hidden(area: str, seen: tuple[str, ...]) -> None:
    documents = ["gop", "lae285", "vum_udredning", "cv", "spirometri"]

    view = view_of(make_case({"documents_on_file": documents}, BUILT_IN, area=area), BUILT_IN)

    assert view.facts["documents_on_file"].value == seen
    assert not view.partly_masked["documents_on_file"] & set(seen)


def test_none_found_says_nothing_of_what_is_hidden() -> None:
    none, some = (
        view_of(make_case({"documents_on_file": [item]}, BUILT_IN, area="job"), BUILT_IN)
        for item in (NONE_FOUND, "gop")
    )

    assert none == some


LISTS = [name for name, field in BUILT_IN.fields.items() if field.value_area]


@settings(max_examples=300)
@given(st.data())
def test_a_partly_hidden_list_answers_exactly_what_holds_whatever_is_hidden(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(LISTS))
    field = BUILT_IN.fields[name]
    items = [item for item in field.allowed if item != NONE_FOUND]
    visible = data.draw(st.lists(st.sampled_from(items), max_size=3, unique=True))
    hidden = frozenset(data.draw(st.lists(st.sampled_from(items), max_size=4))) - set(visible)
    op = data.draw(st.sampled_from(["contains_any", "contains_none", "nonempty", "is_known"]))
    value = tuple(data.draw(st.lists(st.sampled_from(items), min_size=1, max_size=3)))
    leaf = Leaf(name, op, value)
    view = View({name: Fact(field=name, value=tuple(visible))}, partly_masked={name: hidden})

    worlds = [tuple(visible), *((*visible, item) for item in hidden), (*visible, *hidden)]
    truths = {OPERATORS[op](world, value) for world in worlds}

    assert leaf_truth(leaf, view, BUILT_IN.fields) is (truths.pop() if len(truths) == 1 else None)


WORDS_MATTER = {flag.id for flag in BUILT_IN.flags if flag.words or flag.screened} | {"G3_pii_note", "G4_injection"}
SCORES = {key: (number * 37 % 101) / 101 for number, key in enumerate(BUILT_IN.pathways)}


def everything(considered: Considered, catalogue: Catalogue) -> dict[str, Any]:
    """All that anyone may learn of a case, but for flags that words raise and the texts that are withheld."""
    facts = {name: fact for name, fact in considered.view.facts.items() if name not in ("case_note",)}
    return {
        "facts": facts,
        "hidden": (considered.view.masked, considered.view.outdated, considered.view.partly_masked),
        "words": considered.usable_texts,
        "goals": considered.goals,
        "withheld": considered.note_withheld,
        "assessments": considered.assessments,
        "pointed": considered.pointed,
        "deadlines": considered.deadlines,
        "law": considered.law_choice,
        "stopped": considered.stopped,
        "flags": [flag for flag in considered.flags if flag.id not in WORDS_MATTER],
        "result": conclude(considered, catalogue, SCORES),
        "result without scores": conclude(considered, catalogue, {}),
    }


@settings(max_examples=150)
@given(raw_facts(), raw_facts(), areas(), days(), NO_CONSENT, st.sampled_from(["Drikker igen.", "GOP mangler", "x"]))
def test_what_is_masked_changes_nothing_at_all(
    facts: Raw, others: Raw, area: str, day: dt.date, consent: str | None, note: str
) -> None:
    out_of_sight = hidden_from(area)
    base = {**facts, "consent_health_exchange": consent, "case_note": "Møder til tiden."}
    changed = {
        **{name: value for name, value in base.items() if name not in out_of_sight},
        **{name: value for name, value in others.items() if name in out_of_sight},
        "case_note": note,
    }
    if base.get("documents_on_file") is not None:
        seen = [item for item in base["documents_on_file"] if item not in hidden_items(area)]
        extra = [item for item in others.get("documents_on_file") or () if item in hidden_items(area)]
        changed["documents_on_file"] = [*seen, *extra]

    before = consider(make_case(base, BUILT_IN, area=area, today=day), BUILT_IN)
    after = consider(make_case(changed, BUILT_IN, area=area, today=day), BUILT_IN)

    assert everything(after, BUILT_IN) == everything(before, BUILT_IN)


def test_a_withheld_note_is_kept_out_of_the_texts_and_flagged() -> None:
    facts = {"case_note": "Han drikker dagligt.", "citizen_goals": "Et job.", "consent_health_exchange": "naegtet"}

    found = consider(make_case(facts, BUILT_IN, area="job"), BUILT_IN)

    assert found.note_withheld
    assert found.usable_texts == {"citizen_goals": "Et job."}
    assert {"G2_consent", "samtykke_naegtet", "fritekst_laekker_maskerede_oplysninger"} <= {f.id for f in found.flags}


@settings(max_examples=120)
@given(
    raw_facts(),
    areas(),
    days(),
    st.sampled_from(["kvinde", "mand", "andet_eller_uoplyst", None]),
    st.sampled_from(["dansk_oprindelse", "indvandrer_ikke_vestlig", "efterkommer", None]),
    st.sampled_from(["ingen", "begraenset", "modersmaal", None]),
)
def test_sex_origin_and_language_change_nothing_in_the_suggestion(
    facts: Raw, area: str, day: dt.date, sex: str | None, origin: str | None, danish: str | None
) -> None:
    swapped = {**facts, "sex": sex, "ethnic_origin": origin, "danish_level": danish}

    before = everything(consider(make_case(facts, BUILT_IN, area=area, today=day), BUILT_IN), BUILT_IN)
    after = everything(consider(make_case(swapped, BUILT_IN, area=area, today=day), BUILT_IN), BUILT_IN)

    for found in (before, after):
        found["flags"] = [flag for flag in found["flags"] if flag.id != "tolk"]  # an interpreter is help, not a verdict
        found["facts"] = {name: fact for name, fact in found["facts"].items() if name != "danish_level"}
    assert after == before


# ---- gates


def test_another_municipalitys_case_is_stopped_whoever_asks() -> None:
    for area in (*AREAS, EVERY_AREA):
        gate = stopped_by(make_case({"handlekommune": False}, BUILT_IN, area=area), BUILT_IN)

        assert gate is not None
        assert gate.id == "G1_handlekommune"


@pytest.mark.parametrize("value", [True, None])
def test_our_own_case_is_not_stopped(value: bool | None) -> None:
    assert stopped_by(make_case({"handlekommune": value}, BUILT_IN), BUILT_IN) is None


@pytest.mark.parametrize(
    ("consent", "masks"),
    [("givet", False), ("naegtet", True), ("tilbagekaldt", True), ("ikke_spurgt", True), (None, True)],
)
def test_only_a_given_consent_lifts_the_mask(consent: str | None, masks: bool) -> None:
    view = view_of(make_case({"consent_health_exchange": consent}, BUILT_IN, area="job"), BUILT_IN)

    assert ("pain_nrs" in view.masked) is masks


@pytest.mark.parametrize("key", sorted(BUILT_IN.pathways))
def test_validity_is_judged_by_the_first_and_the_last_day(key: str) -> None:
    pathway = BUILT_IN.pathways[key]

    assert validity_block(pathway, pathway.valid_from) is None
    assert validity_block(pathway, pathway.valid_from - dt.timedelta(days=1)) == "G7_not_yet"
    if pathway.valid_to is not None:
        after = "G7_expired" if pathway.new_entrants else None
        assert validity_block(pathway, pathway.valid_to) is None
        assert validity_block(pathway, pathway.valid_to + dt.timedelta(days=1)) == after


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)), st.integers(0, 240))
def test_months_before_keeps_the_day_or_takes_the_months_last(day: dt.date, months: int) -> None:
    earlier = months_before(day, months)

    assert (day.year - earlier.year) * 12 + day.month - earlier.month == months
    assert earlier.day == day.day or (earlier.day < day.day and (earlier + dt.timedelta(days=1)).day == 1)


def test_age_limits_of_measurements_come_from_the_catalogue() -> None:
    limited = {name for name, field in BUILT_IN.fields.items() if field.max_age_months}

    assert {"chair_stand_30s", "six_min_walk_m", "fev1_pct", "mrc_score"} <= limited
    assert {BUILT_IN.fields[name].max_age_months for name in limited} == {12}


@settings(max_examples=100)
@given(st.sampled_from(sorted(BUILT_IN.fields)), st.integers(0, 800), areas(), st.data())
def test_an_outdated_measurement_is_as_if_it_were_missing_but_said(
    name: str, age: int, area: str, data: st.DataObject
) -> None:
    field = BUILT_IN.fields[name]
    assume(field.model_use is not ModelUse.AUDIT_ONLY and name != "consent_health_exchange")
    value = data.draw(satisfying(Leaf(name, "is_known")))[name][0]
    observed = TODAY - dt.timedelta(days=age)
    raw = {"value": list(value) if isinstance(value, tuple) else value, "observed_on": observed.isoformat()}
    facts = {name: raw, "consent_health_exchange": "givet"}

    view = view_of(make_case(facts, BUILT_IN, area=area, today=TODAY), BUILT_IN)

    old = field.max_age_months is not None and observed < months_before(TODAY, field.max_age_months)
    assert (name in view.outdated) is old
    assert (name in view.facts) is not old
    assert (leaf_truth(Leaf(name, "is_known"), view, BUILT_IN.fields) is None) is old


# ---- scoring


def granted(*records: str) -> Any:
    return lambda _status, record: record in records


EVERY_RECORD = granted("legal_basis_record", "legal_basis_record_signed_by_lawyer")


@pytest.mark.parametrize("key", sorted(BUILT_IN.pathways))
def test_in_trial_everything_may_be_scored(key: str) -> None:
    pathway = BUILT_IN.pathways[key]

    assert scoring_refusal(pathway, BUILT_IN, mode=Mode.TRIAL, role="anyone", has_basis=granted()) is None


@pytest.mark.parametrize("key", sorted(BUILT_IN.pathways))
@pytest.mark.parametrize("role", ["caseworker", "therapist", "board", "citizen", ""])
def test_in_operation_scoring_is_denied_unless_basis_role_and_record_all_stand(key: str, role: str) -> None:
    pathway = BUILT_IN.pathways[key]

    def refused(has_basis: Any) -> str | None:
        return scoring_refusal(pathway, BUILT_IN, mode=Mode.OPERATION, role=role, has_basis=has_basis)

    basis = BUILT_IN.scoring.get(pathway.ai_basis)
    if basis is None:
        assert refused(EVERY_RECORD) == refused(granted()) == "no_legal_basis_for_ai"
    elif role not in basis.roles:
        assert refused(EVERY_RECORD) == "role_may_not_score"
    else:
        assert refused(EVERY_RECORD) is None
        assert refused(granted()) == "legal_basis_not_on_record"


def test_social_elder_and_outside_decisions_are_never_scored_in_operation() -> None:
    never = {"social_missing", "elder_pending", "external", "general_pending"}

    assert not never & set(BUILT_IN.scoring)
    assert {pathway.ai_basis for pathway in BUILT_IN.pathways.values()} - never == set(BUILT_IN.scoring)


def test_a_therapist_needs_the_record_a_lawyer_signed() -> None:
    pathway = BUILT_IN.pathways["sul140_almen_basal"]

    def refused(*records: str) -> str | None:
        return scoring_refusal(pathway, BUILT_IN, mode=Mode.OPERATION, role="therapist", has_basis=granted(*records))

    assert refused("legal_basis_record") == "legal_basis_not_on_record"
    assert refused("legal_basis_record_signed_by_lawyer") is None
