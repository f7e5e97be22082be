"""Law, then goal, then evidence, then score within a goal type, then the less intrusive; every place has its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from case_strategies import Raw, all_predicates, areas, candidates, days, make_case, raw_facts
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.catalogue import load_catalogue
from assistant.core.consider import conclude, consider
from assistant.core.domain import Eligibility, ModelUse, Pathway, Tier
from assistant.core.eligibility import Assessment
from assistant.core.ordering import Ranked, Reason, goal_topics_in, may_be_ranked, order
from assistant.core.predicates import leaves

BUILT_IN = load_catalogue()
GIVEN = {"consent_health_exchange": "givet"}
TIERS: tuple[Tier, ...] = ("law", "goal", "evidence")


def assessment(pathway: Pathway, eligibility: Eligibility = Eligibility.ELIGIBLE) -> Assessment:
    return Assessment(
        pathway=pathway,
        eligibility=eligibility,
        blocked_by=None,
        missing_fields=(),
        clearance_fields=(),
        warning=False,
        trace={},
    )


def reason(tier: Tier) -> Reason:
    return Reason(tier=tier, because_da=f"fordi {tier}", because_en=f"because {tier}")


def ordered(
    pointed: Mapping[str, tuple[Reason, ...]], states: Mapping[str, Eligibility], scores: Mapping[str, float]
) -> list[Ranked]:
    assessments = {
        key: assessment(pathway, states.get(key, Eligibility.ELIGIBLE)) for key, pathway in BUILT_IN.pathways.items()
    }
    return list(order(pointed, assessments, scores))


def names(ranked: list[Ranked]) -> list[str]:
    return [entry.assessment.pathway.id for entry in ranked]


pathways = st.sampled_from(sorted(BUILT_IN.pathways))
# Few kinds of reason and few scores, so that pathways often stand equal but for one thing.
KINDS: list[tuple[Tier, ...]] = [
    ("law",),
    ("goal",),
    ("evidence",),
    ("evidence",),
    ("goal", "evidence"),
    ("evidence",) * 2,
]
reasons = st.sampled_from([tuple(reason(tier) for tier in kind) for kind in KINDS])
pointing = st.dictionaries(pathways, reasons, max_size=16)
states = st.dictionaries(pathways, st.sampled_from([Eligibility.ELIGIBLE, Eligibility.UNDETERMINED]), max_size=8)
chance = st.sampled_from([None, 0.0, 0.1, 0.5, 0.50001, 0.9, 1.0])
chances = st.tuples(*[chance] * len(BUILT_IN.pathways)).map(
    lambda drawn: {key: score for key, score in zip(BUILT_IN.pathways, drawn, strict=True) if score is not None}
)


def weight(entry: Ranked) -> tuple[int, int, int, int]:
    tiers = [found.tier for found in entry.reasons]
    eligible = entry.assessment.eligibility is Eligibility.ELIGIBLE
    return (-("law" in tiers), -("goal" in tiers), -eligible, -tiers.count("evidence"))


@settings(max_examples=150)
@given(pointing, states, chances)
def test_law_then_goal_then_evidence_whatever_the_scores(
    pointed: dict[str, tuple[Reason, ...]], known: dict[str, Eligibility], scores: dict[str, float]
) -> None:
    ranked = ordered(pointed, known, scores)

    weights = [weight(entry) for entry in ranked]
    assert weights == sorted(weights)
    assert sorted(names(ranked)) == sorted(pointed)
    assert [entry.rank for entry in ranked] == list(range(1, len(pointed) + 1))
    assert [entry.reasons for entry in ranked] == [pointed[key] for key in names(ranked)]


@settings(max_examples=150)
@given(pointing, states, chances)
def test_within_equal_reasons_and_one_goal_type_the_score_decides(
    pointed: dict[str, tuple[Reason, ...]], known: dict[str, Eligibility], scores: dict[str, float]
) -> None:
    ranked = ordered(pointed, known, scores)

    for place, above in enumerate(ranked):
        for below in ranked[place + 1 :]:
            first, second = above.assessment.pathway, below.assessment.pathway
            both = first.id in scores and second.id in scores
            if both and first.goal_type == second.goal_type and weight(above) == weight(below):
                assert scores[first.id] >= scores[second.id]


@settings(max_examples=150)
@given(pointing, states, chances, chances, st.sampled_from(sorted(BUILT_IN.goal_types)))
def test_scores_of_one_goal_type_never_move_anothers_places(
    pointed: dict[str, tuple[Reason, ...]],
    known: dict[str, Eligibility],
    scores: dict[str, float],
    others: dict[str, float],
    kind: str,
) -> None:
    rescored = {
        key: others.get(key, score) if BUILT_IN.pathways[key].goal_type == kind else score
        for key, score in scores.items()
    }

    before, after = names(ordered(pointed, known, scores)), names(ordered(pointed, known, rescored))

    for was, now in zip(before, after, strict=True):
        if BUILT_IN.pathways[was].goal_type != kind:
            assert now == was
        assert BUILT_IN.pathways[now].goal_type == BUILT_IN.pathways[was].goal_type


@settings(max_examples=100)
@given(pointing, states)
def test_without_a_model_the_less_intrusive_stands_first_among_equals(
    pointed: dict[str, tuple[Reason, ...]], known: dict[str, Eligibility]
) -> None:
    ranked = ordered(pointed, known, {})

    keys = [(weight(entry), entry.assessment.pathway.intrusiveness) for entry in ranked]
    assert keys == sorted(keys)
    assert "score" not in {entry.placed_by for entry in ranked}


@settings(max_examples=100)
@given(pointing, states, chances, st.randoms())
def test_the_order_does_not_depend_on_how_the_input_is_written_down(
    pointed: dict[str, tuple[Reason, ...]], known: dict[str, Eligibility], scores: dict[str, float], luck: Any
) -> None:
    mixed, rescored = list(pointed.items()), list(scores.items())
    luck.shuffle(mixed)
    luck.shuffle(rescored)

    assert ordered(dict(mixed), known, dict(rescored)) == ordered(pointed, known, scores)


@settings(max_examples=100)
@given(pointing, states, chances)
def test_every_place_says_what_gave_it(
    pointed: dict[str, tuple[Reason, ...]], known: dict[str, Eligibility], scores: dict[str, float]
) -> None:
    ranked = ordered(pointed, known, scores)

    for entry in ranked:
        equals = [other for other in ranked if other is not entry and weight(other) == weight(entry)]
        kind = entry.assessment.pathway.goal_type
        rivals = [other for other in equals if other.assessment.pathway.goal_type == kind]
        scored = entry.assessment.pathway.id in scores
        if entry.placed_by == "score":
            assert scored
            assert any(other.assessment.pathway.id in scores for other in rivals)
        elif entry.placed_by == "gentleness":
            assert equals
        else:
            assert not equals
            assert entry.placed_by == ("law" if weight(entry)[0] else "goal" if weight(entry)[1] else "evidence")


def test_a_higher_score_stands_first_among_equals_with_the_same_kind_of_goal() -> None:
    evidence = (reason("evidence"),)
    pointed = dict.fromkeys(("lab_mentor", "lab_loentilskud", "lab_vejl_opkval"), evidence)
    scores = {"lab_mentor": 0.2, "lab_loentilskud": 0.4, "lab_vejl_opkval": 0.6}

    ranked = ordered(pointed, {}, scores)

    assert names(ranked) == ["lab_vejl_opkval", "lab_loentilskud", "lab_mentor"]
    assert {entry.placed_by for entry in ranked} == {"score"}


def test_a_score_however_high_never_beats_the_law_or_the_goal() -> None:
    pointed = {
        "lab_virksomhedspraktik": (reason("law"),),
        "lab_mentor": (reason("goal"),),
        "lab_loentilskud": (reason("evidence"), reason("evidence"), reason("evidence")),
    }

    assert names(ordered(pointed, {}, {"lab_loentilskud": 0.99, "lab_mentor": 0.01})) == list(pointed)


def test_a_met_condition_stands_before_an_open_question_and_more_evidence_before_less() -> None:
    one, two = (reason("evidence"),), (reason("evidence"), reason("evidence"))
    pointed = {"lab_mentor": two, "lab_loentilskud": one, "lab_vejl_opkval": two}

    assert names(ordered(pointed, {"lab_mentor": Eligibility.UNDETERMINED}, {})) == [
        "lab_vejl_opkval",
        "lab_loentilskud",
        "lab_mentor",
    ]


# ---- what may be ranked at all


@settings(max_examples=80)
@given(raw_facts(), areas(), days())
def test_only_what_is_open_no_duty_and_pointed_to_is_ranked(facts: Raw, area: str, day: dt.date) -> None:
    considered = consider(make_case(facts, BUILT_IN, area=area, today=day), BUILT_IN)

    ranked = conclude(considered, BUILT_IN, dict.fromkeys(BUILT_IN.pathways, 0.9)).ranked

    for entry in ranked:
        found = entry.assessment
        assert found.eligibility in (Eligibility.ELIGIBLE, Eligibility.UNDETERMINED)
        assert not found.pathway.duty
        assert entry.reasons
        assert all(because.because_da and because.because_en for because in entry.reasons)
    assert {entry.assessment.pathway.id for entry in ranked} <= set(considered.pointed)


def test_a_duty_is_never_ranked_even_when_everything_points_to_it() -> None:
    duties = [key for key, pathway in BUILT_IN.pathways.items() if pathway.duty]

    assert duties == ["lab_nytteindsats"]
    assert not any(may_be_ranked(assessment(BUILT_IN.pathways[key])) for key in duties)


SENSITIVE = [key for key, pathway in BUILT_IN.pathways.items() if pathway.sensitive]


@settings(max_examples=80)
@given(raw_facts(), areas(), days())
def test_a_sensitive_pathway_is_never_ranked_because_data_is_absent(facts: Raw, area: str, day: dt.date) -> None:
    silent = {name: value for name, value in facts.items() if name not in ("substance_use", "citizen_goals")}

    considered = consider(make_case(silent, BUILT_IN, area=area, today=day), BUILT_IN)

    assert SENSITIVE == ["rusmiddelbehandling"]
    assert not set(SENSITIVE) & set(considered.pointed)


def test_a_sensitive_pathway_is_ranked_when_a_fact_points_to_it() -> None:
    facts = {**GIVEN, "age": 40, "substance_use": "afhaengighed_alkohol"}

    assert "rusmiddelbehandling" in consider(make_case(facts, BUILT_IN), BUILT_IN).pointed


READ = {leaf.field for predicate in all_predicates(BUILT_IN) for leaf in leaves(predicate)} | {
    name
    for rule in BUILT_IN.deadlines.values()
    for name in (*(start for start, _ in rule.starts), rule.met_by, rule.from_number)
}
UNREAD = sorted(
    name
    for name, field in BUILT_IN.fields.items()
    if name not in READ and field.model_use is not ModelUse.TEXT_SOURCE and field.type != "list"
)


@settings(max_examples=80)
@given(raw_facts(), areas(), days(), st.data())
def test_a_field_that_no_rule_reads_moves_nothing(facts: Raw, area: str, day: dt.date, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(UNREAD))
    value = data.draw(st.sampled_from([None, *candidates(BUILT_IN.fields[name], BUILT_IN)]))

    before, after = (
        conclude(consider(make_case(case, BUILT_IN, area=area, today=day), BUILT_IN), BUILT_IN, {})
        for case in (facts, {**facts, name: value})
    )

    assert after == before


def test_the_fields_that_no_rule_reads_include_sex_origin_children_debt_and_motivation() -> None:
    assert {"sex", "ethnic_origin", "children_under_18", "debt_pressure", "motivation_self"} <= set(UNREAD)


# ---- the citizen's own goal


def topics(text: str) -> set[str]:
    return {topic.id for topic in goal_topics_in(text, BUILT_IN.ordering)}


@pytest.mark.parametrize(
    ("goal", "about", "not_about"),
    [
        ("Vil kunne cykle til arbejde igen inden februar.", {"mobility"}, {"pension"}),
        ("Et job hvor jeg ikke skal løfte.", {"work"}, {"mobility"}),
        ("Ro. Ikke flere praktikker.", {"pension"}, {"work"}),
        ("Tilbage til mine borgere, men ikke aftenvagter.", {"own_job"}, set()),
        ("Gå til stranden uden stok.", {"mobility"}, set()),
        ("Slippe for at blive indlagt igen.", {"illness"}, set()),
        ("Nyt fleksjob uden støv, 10-12 timer.", {"fleks", "work"}, set()),
        ("Jeg vil ikke på pension.", set(), {"pension"}),
        ("Ikke pension, men job.", {"work"}, {"pension"}),
        ("Ikke pension men job.", {"work"}, {"pension"}),
        ("Ikke pension; hellere et job.", {"work"}, {"pension"}),
        ("Ikke flere kurser\nEt job", {"work"}, {"education"}),
        ("Ingen flere kurser? Et job!", {"work"}, {"education"}),
        ("Aldrig mere praktik.", set(), {"work"}),
        ("Vil ikke miste mit arbejde.", {"own_job"}, set()),
        ("Ikke kun praktik, et rigtigt job", {"work"}, set()),
        ("Undgå at falde.", set(), {"work"}),
        ("Holde op med at drikke.", {"substance"}, set()),
        ("Være i ro med børnene og lære et fag.", {"education", "structure"}, {"pension"}),
        ("", set(), {"work"}),
        ("ARBEJDE!", {"work"}, set()),
    ],
)
def test_a_goal_is_read_in_the_citizens_own_words(goal: str, about: set[str], not_about: set[str]) -> None:
    found = topics(goal)

    assert about <= found
    assert not not_about & found


def test_a_goal_alone_points_only_to_what_is_open_for_certain() -> None:
    goal = {**GIVEN, "citizen_goals": "Et arbejde."}
    placement = {**goal, "age": 40, "benefit_type": "dagpenge", "employment_status": "ledig"}
    certain = {**placement, "years_to_pension_age": 20, "work_capacity_hours": 30}

    assert "lab_virksomhedspraktik" not in consider(make_case(placement, BUILT_IN), BUILT_IN).pointed
    pointed = consider(make_case(certain, BUILT_IN), BUILT_IN).pointed
    assert [found.tier for found in pointed["lab_virksomhedspraktik"]] == ["goal"]


def test_a_required_document_on_file_is_evidence() -> None:
    facts = {**GIVEN, "age": 66, "diagnosis_groups": ["hjerte"], "documents_on_file": ["laegehenvisning_forebyggelse"]}

    found = consider(make_case(facts, BUILT_IN), BUILT_IN).pointed["sul119_kronisk"]

    assert [because.tier for because in found] == ["evidence", "evidence"]
    assert found[1].because_da.startswith("På sagen ligger: ")
    assert found[1].because_en.startswith("On file: ")


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_any_text_can_be_read_for_goals(text: str) -> None:
    assert topics(text) <= set(BUILT_IN.ordering.goal_topics)


@pytest.mark.parametrize("key", sorted(BUILT_IN.pathways))
def test_every_pathway_open_to_new_citizens_can_be_pointed_to(key: str) -> None:
    pathway = BUILT_IN.pathways[key]

    if pathway.new_entrants and not pathway.duty:
        assert pathway.pointers or pathway.goal_topics
