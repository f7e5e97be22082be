"""Why this rather than that: the parts make the difference, and a closed pathway names what closed it."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from assistant.core.catalogue import Catalogue
from eval.suites.explanation_cases import invented_suggestion, random_case
from explain.contrast import NotInSuggestion, contrast
from explain.pathway import ExplanationRefused


def scored(catalogue: Catalogue, seed: int) -> dict[str, Any]:
    return invented_suggestion(random_case(catalogue, seed), catalogue, seed).suggestion


def explained(suggestion: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in suggestion["assessments"] if item["explanation"]]


def test_the_parts_sum_to_the_difference_of_the_margins(catalogue: Catalogue) -> None:
    pairs = 0
    for seed in range(40):
        suggestion = scored(catalogue, seed)
        for first, second in zip(explained(suggestion), explained(suggestion)[1:], strict=False):
            found = contrast(suggestion, first["pathway"], second["pathway"])
            gap = first["explanation"]["margin"] - second["explanation"]["margin"]
            assert found.difference == gap
            assert math.fsum(part.difference for part in found.parts) == pytest.approx(gap, abs=1e-9)
            pairs += 1
    assert pairs > 100


def test_a_contrast_turned_round_changes_sign_only(catalogue: Catalogue) -> None:
    suggestion = scored(catalogue, 3)
    a, b = (item["pathway"] for item in explained(suggestion)[:2])

    there, back = contrast(suggestion, a, b), contrast(suggestion, b, a)

    assert {p.id: p.difference for p in there.parts} == {p.id: -p.difference for p in back.parts}


def test_a_contrast_that_does_not_add_up_is_refused(catalogue: Catalogue) -> None:
    suggestion = copy.deepcopy(scored(catalogue, 3))
    a, b = explained(suggestion)[:2]
    a["explanation"]["margin"] += 0.4

    with pytest.raises(ExplanationRefused, match="does not add up"):
        contrast(suggestion, a["pathway"], b["pathway"])


def test_a_closed_pathway_names_condition_fact_and_section(catalogue: Catalogue) -> None:
    given = {"consent_health_exchange": "givet"}
    case = {**given, "gop_level": "ingen", "hospital_discharge_date": "2026-11-18", "age": 50}
    made = invented_suggestion({"id": "c", "case": case}, catalogue, 1)
    target = next(
        p
        for p in catalogue.pathways.values()
        if [leaf["field"] for leaf in _leaves(made, p.id) if leaf["truth"] is False] == ["gop_level"]
    )

    found = contrast(made.suggestion, explained(made.suggestion)[0]["pathway"], target.id)

    assert found.basis == "closed"
    assert [(leaf.field, leaf.fact) for leaf in found.closed_by] == [("gop_level", {"value": "ingen"})]
    assert found.closed_by[0].law == tuple(str(ref) for ref in target.legal_basis)


def _leaves(made: Any, pathway: str) -> list[dict[str, Any]]:
    trace = next(i for i in made.suggestion["assessments"] if i["pathway"] == pathway)["trace"]
    return [leaf for leaf in trace.get("all", []) if "field" in leaf]


def placed(suggestion: dict[str, Any], tiers: list[str], others: list[str]) -> tuple[str, str]:
    """The first two scored pathways, given these kinds of reasons."""
    a, b = explained(suggestion)[:2]
    for item, kinds in ((a, tiers), (b, others)):
        item["eligibility"], item["goal_type"] = "eligible", "one"
        item["rank_reason"] = {"placed_by": "score", "reasons": [{"tier": t, "because_da": "."} for t in kinds]}
    return a["pathway"], b["pathway"]


@pytest.mark.parametrize(
    ("tiers", "others", "aspect"),
    [
        (["law"], ["goal", "evidence", "evidence"], "law"),
        (["law", "goal"], ["law", "evidence"], "goal"),
        (["evidence", "evidence"], ["evidence"], "evidence"),
    ],
)
def test_the_heavier_reason_settles_it_before_any_score(
    catalogue: Catalogue, tiers: list[str], others: list[str], aspect: str
) -> None:
    suggestion = copy.deepcopy(scored(catalogue, 3))
    found = contrast(suggestion, *placed(suggestion, tiers, others))

    assert (found.basis, found.aspect) == ("order", aspect)


def test_a_met_condition_goes_before_an_open_one_and_what_is_pointed_to_before_what_is_not(
    catalogue: Catalogue,
) -> None:
    suggestion = copy.deepcopy(scored(catalogue, 3))
    names = placed(suggestion, ["goal"], ["goal"])
    second = explained(suggestion)[1]
    second["eligibility"] = "undetermined"
    assert contrast(suggestion, *names).aspect == "eligible"

    second["rank_reason"] = None
    assert contrast(suggestion, *names).aspect == "pointed"


def test_scores_settle_it_within_one_goal_and_never_across(catalogue: Catalogue) -> None:
    suggestion = copy.deepcopy(scored(catalogue, 3))
    names = placed(suggestion, ["goal"], ["goal"])
    assert contrast(suggestion, *names).basis == "score"

    explained(suggestion)[1]["goal_type"] = "other"
    assert contrast(suggestion, *names).basis == "gentleness"


def test_an_unknown_pathway_is_refused_by_name(catalogue: Catalogue) -> None:
    with pytest.raises(NotInSuggestion, match="'nowhere'"):
        contrast(scored(catalogue, 3), "nowhere", "nowhere")
