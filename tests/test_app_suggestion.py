"""Every suggestion has CONTRACT's form, adds up, and says nothing that the mode or the caller does not allow."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from app_fixtures import (
    Json,
    Made,
    Suggested,
    in_operation,
    made,
    one_sentence,
    read_vignettes,
    suggested,
    vejviser,
    with_suggestions,
    workspace,
    write_case,
)

from assistant.app import Assistant
from assistant.core.cases import Located
from assistant.core.catalogue import Catalogue
from assistant.workspace import Workspace

__all__ = ["made", "suggested", "with_suggestions", "workspace"]

OUTCOMES = {
    "foreslaa",
    "ingen_indsats_nu",
    "spoerg_foerst",
    "spoerg_om_samtykke_foerst",
    "anden_myndighed",
    "oversend_til_anden_kommune",
}
ELIGIBILITIES = {"eligible", "undetermined", "not_eligible", "blocked"}
KINDS = {"fact", "note", "guidance", "past_case", "pathway"}
NUMBER = (int, float)
TOLERANCE = 1e-9
VIGNETTE_IDS = [row["id"] for row in read_vignettes()]
UNSCORED = ("probability", "in_prediction_set", "explanation")


def typed(value: Any, *types: Any) -> bool:
    """Whether the value is of one of these types; None stands for null, and a truth value is no number."""
    if value is None or isinstance(value, bool):
        return (None if value is None else bool) in types
    return isinstance(value, tuple(t for t in types if t is not None and t is not bool))


def assert_keys(data: Json, **forms: Any) -> None:
    for key, form in forms.items():
        assert key in data, f"{key} is missing"
        types = form if isinstance(form, tuple) else (form,)
        assert typed(data[key], *types), f"{key} is {data[key]!r}"


def assert_suggestion_form(suggestion: Json) -> None:
    """CONTRACT's Suggestion, key by key."""
    assert_keys(
        suggestion,
        suggestion_id=str,
        case_id=str,
        as_of=str,
        mode=str,
        versions=dict,
        outcome=str,
        assessments=list,
        questions=list,
        flags=list,
        choice_of_law=(dict, None),
        masked_fields=list,
        ledger=(dict, None),
    )
    assert suggestion["outcome"] in OUTCOMES
    assert_keys(suggestion["versions"], rules=str, model=(str, None), guidance=(str, None), history=(str, None))
    for item in suggestion["assessments"]:
        assert_assessment_form(item)
    for question in suggestion["questions"]:
        assert_keys(question, field=str, question_da=str, could_change=list)
    for flag in suggestion["flags"]:
        assert_keys(flag, id=str, text_da=str)
    if suggestion["choice_of_law"] is not None:
        assert_keys(suggestion["choice_of_law"], law=str, because=str, confirmed_by=(str, None))
    if suggestion["ledger"] is not None:
        assert_keys(suggestion["ledger"], entry=int, leaf_hash=str, checkpoint=str)


def assert_assessment_form(item: Json) -> None:
    assert_keys(
        item,
        pathway=str,
        eligibility=str,
        blocked_by=(str, None),
        scored=bool,
        not_scored_because=(str, None),
        rank=(int, None),
        probability=(float, None),
        in_prediction_set=(bool, None),
        missing_fields=list,
        legal_refs=list,
        trace=dict,
        explanation=(dict, None),
        evidence=dict,
    )
    assert item["eligibility"] in ELIGIBILITIES
    assert item["legal_refs"], f"{item['pathway']} names no law"
    assert item["scored"] == (item["explanation"] is not None) == (item["probability"] is not None)
    assert item["scored"] == (item["not_scored_because"] is None)
    assert_keys(item["evidence"], passages=list, past_cases=(dict, None))
    for passage in item["evidence"]["passages"]:
        assert_keys(passage, passage_id=str, quote=str, law_refs=list)
    if item["evidence"]["past_cases"] is not None:
        assert_keys(item["evidence"]["past_cases"], n=int, reached_goal=int, shown=list)
    if item["explanation"] is not None:
        assert_keys(item["explanation"], base=float, margin=float, contributions=list)
        for part in item["explanation"]["contributions"]:
            assert_keys(part, id=str, kind=str, value=NUMBER, label_da=str, label_en=str)
            assert part["kind"] in KINDS


def leaves(explanation: Json) -> list[float]:
    """The values of the contributions that are no one's parent."""
    parents = {part.get("parent") for part in explanation["contributions"]}
    return [part["value"] for part in explanation["contributions"] if part["id"] not in parents]


def sigmoid(margin: float) -> float:
    return 1 / (1 + math.exp(-margin)) if margin >= 0 else math.exp(margin) / (1 + math.exp(margin))


def is_folded(item: Json) -> bool:
    return item["rank"] is None and item["folded"] is True


# ---------------------------------------------------------------- the twenty vignettes


def test_suggest_prints_one_json_document_for_each_case_and_nothing_else(suggested: Suggested) -> None:
    lines = suggested.ran.out.splitlines()

    assert [json.loads(line)["case_id"] for line in lines] == VIGNETTE_IDS
    assert suggested.ran.out.endswith("\n")
    assert suggested.ran.err == ""


@pytest.mark.parametrize("number", range(len(VIGNETTE_IDS)), ids=VIGNETTE_IDS)
def test_a_suggestion_has_the_contracts_form(suggested: Suggested, number: int) -> None:
    assert_suggestion_form(suggested.suggestions[number])


def test_every_pathway_of_the_catalogue_is_assessed_unless_another_municipality_acts(
    suggested: Suggested, catalogue: Catalogue
) -> None:
    for suggestion in suggested.suggestions:
        assessed = [item["pathway"] for item in suggestion["assessments"]]
        assert sorted(assessed) == sorted(catalogue.pathways), suggestion["case_id"]


def test_ranks_run_from_one_without_gaps_among_open_pathways_that_are_no_duty(suggested: Suggested) -> None:
    ranked_anywhere = 0
    for suggestion in suggested.suggestions:
        ranked = [item for item in suggestion["assessments"] if item["rank"] is not None]
        assert [item["rank"] for item in ranked] == list(range(1, len(ranked) + 1)), suggestion["case_id"]
        for item in ranked:
            assert item["eligibility"] in ("eligible", "undetermined")
            assert item["blocked_by"] is None
            assert not item["duty"]
            assert item["goal_type"]
            assert item["rank_reason"]["reasons"]
            assert item["folded"] is False
        for item in suggestion["assessments"]:
            assert item in ranked or is_folded(item), (suggestion["case_id"], item["pathway"])
        ranked_anywhere += len(ranked)
    assert ranked_anywhere > len(VIGNETTE_IDS)


def test_within_a_goal_type_and_the_same_reasons_the_higher_score_stands_first(suggested: Suggested) -> None:
    compared = 0
    for suggestion in suggested.suggestions:
        placed = [item for item in suggestion["assessments"] if item["rank"] and item["scored"]]
        for first, second in itertools.combinations(placed, 2):
            tiers = [
                (
                    "law" in (kinds := [reason["tier"] for reason in item["rank_reason"]["reasons"]]),
                    "goal" in kinds,
                    item["eligibility"],
                    kinds.count("evidence"),
                )
                for item in (first, second)
            ]
            if first["goal_type"] == second["goal_type"] and tiers[0] == tiers[1]:
                assert first["probability"] >= second["probability"], suggestion["case_id"]
                compared += 1
    assert compared, "no vignette has two comparable pathways, so this test says nothing"


def test_leaves_and_base_are_the_margin_and_the_probability_is_its_sigmoid(suggested: Suggested) -> None:
    explained = [item for s in suggested.suggestions for item in s["assessments"] if item["scored"]]

    for item in explained:
        explanation = item["explanation"]
        total = math.fsum([explanation["base"], *leaves(explanation)])
        assert abs(total - explanation["margin"]) <= TOLERANCE, item["pathway"]
        assert abs(item["probability"] - sigmoid(explanation["margin"])) <= TOLERANCE, item["pathway"]
    assert len(explained) > len(VIGNETTE_IDS)


def test_parents_are_contributions_and_sum_their_children(suggested: Suggested) -> None:
    for suggestion in suggested.suggestions:
        for item in suggestion["assessments"]:
            parts = {} if not item["scored"] else {part["id"]: part for part in item["explanation"]["contributions"]}
            children: dict[str, list[float]] = {}
            for part in parts.values():
                if "parent" in part:
                    children.setdefault(part["parent"], []).append(part["value"])
            for parent, values in children.items():
                assert abs(parts[parent]["value"] - math.fsum(values)) <= TOLERANCE, (item["pathway"], parent)


def test_a_pathway_that_is_closed_or_a_duty_is_never_scored(suggested: Suggested) -> None:
    for suggestion in suggested.suggestions:
        for item in suggestion["assessments"]:
            if item["duty"] or item["eligibility"] in ("not_eligible", "blocked"):
                assert not item["scored"], (suggestion["case_id"], item["pathway"])


def test_at_most_three_questions_come_first_and_never_a_sensitive_or_masked_field(
    suggested: Suggested, catalogue: Catalogue
) -> None:
    for suggestion in suggested.suggestions:
        assert len(suggestion["questions"]) <= 3
        for question in suggestion["questions"]:
            assert not catalogue.fields[question["field"]].sensitive
            assert question["field"] not in suggestion["masked_fields"]


def test_past_cases_are_named_by_their_place_only(suggested: Suggested) -> None:
    shown = [
        case
        for s in suggested.suggestions
        for item in s["assessments"]
        for case in (item["evidence"]["past_cases"] or {}).get("shown", [])
    ]

    assert shown
    for case in shown:
        assert set(case) == {"name", "reached_goal"}
        assert case["name"].startswith("tidligere-")


def test_every_quote_stands_word_for_word_in_the_stored_guidance(suggested: Suggested) -> None:
    with Assistant(Workspace(suggested.folder)) as assistant:
        quoted = {
            (passage["passage_id"], passage["quote"])
            for s in suggested.suggestions
            for item in s["assessments"]
            for passage in item["evidence"]["passages"]
        }
        assert quoted
        assert all(assistant.guidance.verify_quote(passage, quote) for passage, quote in quoted)


def test_each_suggestion_stands_in_the_log_with_the_hash_that_was_printed(suggested: Suggested) -> None:
    with Assistant(Workspace(suggested.folder)) as assistant:
        for suggestion in suggested.suggestions:
            entry = assistant.log.entry(suggestion["ledger"]["entry"])
            assert (entry.type, entry.ref) == ("SuggestionShown", suggestion["suggestion_id"])
            assert entry.leaf_hash == suggestion["ledger"]["leaf_hash"]
            assert assistant.shown(suggestion["suggestion_id"])["suggestion_id"] == entry.ref


def test_as_of_wins_over_the_cases_own_day_and_area_over_its_own_area(workspace: Path, tmp_path: Path) -> None:
    case = write_case(tmp_path, {"age": 50}, today="2026-11-23", caller_area="job")

    ran = vejviser("suggest", case, "--as-of", "2027-02-01", "--area", "health", "--json", workspace=workspace)

    assert ran.code == 0, ran.err
    assert (ran.json["as_of"], ran.json["area"]) == ("2027-02-01", "health")


def test_without_recording_nothing_is_stored_and_the_ledger_part_is_null(workspace: Path, tmp_path: Path) -> None:
    case = write_case(tmp_path, {"age": 50}, case_id="sag-1")
    with Assistant(Workspace(workspace)) as assistant:
        size = assistant.log.size()

    ran = vejviser("suggest", case, "--no-record", "--json", workspace=workspace)

    assert ran.code == 0, ran.err
    assert ran.json["ledger"] is None
    with Assistant(Workspace(workspace)) as assistant:
        assert assistant.log.size() == size
    assert one_sentence(vejviser("replay", ran.json["suggestion_id"], workspace=workspace))


def test_a_measurement_older_than_its_field_allows_counts_as_unknown(workspace: Path, catalogue: Catalogue) -> None:
    field = next(f for f in catalogue.fields.values() if f.max_age_months and f.type == "integer" and f.range)
    low = int(field.range[0]) if field.range else 0
    old = {field.id: {"value": low, "source": "journal", "observed_on": "2001-01-01"}}
    data = {"today": "2026-11-23", "case": {"consent_health_exchange": "givet", **old}}

    with Assistant(Workspace(workspace)) as assistant:
        suggestion = assistant.suggest(assistant.read_case(Located("sag", data)), record=False)

    assert suggestion["outdated_fields"] == [field.id]


# ---------------------------------------------------------------- without a model, and in operation


def assert_unscored(item: Json) -> None:
    assert item["scored"] is False
    assert [item[key] for key in UNSCORED] == [None, None, None]
    assert item["evidence"]["past_cases"] is None
    assert item["not_scored_because"]


def test_with_the_model_off_pathways_are_ordered_by_rules_and_nothing_is_scored(suggested: Suggested) -> None:
    with Assistant(Workspace(suggested.folder)) as assistant:
        cases = [assistant.read_case(Located(row["id"], row)) for row in read_vignettes()]
        rules_only = [assistant.suggest(case, record=False, model_off=True) for case in cases]

    for suggestion, scored in zip(rules_only, suggested.suggestions, strict=True):
        assert_suggestion_form(suggestion)
        assert suggestion["versions"]["model"] is None
        assert suggestion["outcome"] == scored["outcome"]
        for item in suggestion["assessments"]:
            assert_unscored(item)
            assert "group" not in item
        assert {i["pathway"] for i in suggestion["assessments"] if i["rank"]} == {
            i["pathway"] for i in scored["assessments"] if i["rank"]
        }


def test_a_workspace_without_history_has_no_model_and_answers_from_rules(tmp_path: Path) -> None:
    folder = tmp_path / "uden-historik"
    case = write_case(tmp_path, read_vignettes()[0]["case"], today="2026-11-23", caller_area="health")

    built = vejviser("init", "--history", 0, "--workspace", folder, "--json")
    ran = vejviser("suggest", case, "--json", workspace=folder)

    assert (built.code, built.json["history"]) == (0, 0)
    assert ran.code == 0, ran.err
    assert_suggestion_form(ran.json)
    assert ran.json["versions"] | {"rules": "", "guidance": ""} == {
        "rules": "",
        "model": None,
        "guidance": "",
        "history": None,
    }
    assert [item["pathway"] for item in ran.json["assessments"] if item["rank"] == 1] == ["sul140_almen_basal"]
    for item in ran.json["assessments"]:
        assert_unscored(item)


def test_in_operation_nothing_is_scored_without_a_legal_basis(suggested: Suggested, tmp_path: Path) -> None:
    folder = in_operation(Path(shutil.copytree(suggested.folder, tmp_path / "drift")))

    with Assistant(Workspace(folder)) as assistant:
        cases = [assistant.read_case(Located(row["id"], row)) for row in read_vignettes()]
        in_use = [assistant.suggest(case, record=False) for case in cases]

    for suggestion, trial in zip(in_use, suggested.suggestions, strict=True):
        assert_suggestion_form(suggestion)
        assert suggestion["mode"] == "operation"
        for item in suggestion["assessments"]:
            assert_unscored(item)
            assert item["rank"] is None
            assert item["group"] == "rules"
        eligibility = {item["pathway"]: item["eligibility"] for item in trial["assessments"]}
        assert {item["pathway"]: item["eligibility"] for item in suggestion["assessments"]} == eligibility


EMPLOYMENT = ("LAB", "SDL", "LAS", "LOB")


def establish(folder: Path, basis: str) -> None:
    """Write in the workspace's register who established a basis, as the municipality's lawyer would."""
    register = Workspace(folder).legal_basis
    data = yaml.safe_load(register.read_text(encoding="utf-8"))
    (found,) = [item for item in data["bases"] if item["id"] == basis]
    found["established"] = {"by": "jurist", "date": dt.date(2026, 3, 1), "document": "notat-17"}
    register.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def test_in_operation_a_registered_basis_opens_the_scores_of_its_laws_and_no_other(
    workspace: Path, catalogue: Catalogue
) -> None:
    establish(in_operation(workspace), "employment-ai")
    with Assistant(Workspace(workspace)) as assistant:
        cases = [assistant.read_case(Located(row["id"], row)) for row in read_vignettes()]
        suggestions = [assistant.suggest(case, record=False) for case in cases]

    scored = {i["pathway"] for s in suggestions for i in s["assessments"] if i["scored"]}
    assert scored
    assert {catalogue.pathways[key].legal_basis[0].law for key in scored} <= set(EMPLOYMENT)
    for suggestion in suggestions:
        assert_suggestion_form(suggestion)
        for item in suggestion["assessments"]:
            if item["scored"]:
                assert "group" not in item
                assert abs(item["probability"] - sigmoid(item["explanation"]["margin"])) <= TOLERANCE
            else:
                assert_unscored(item)
                assert (item["rank"], item["group"]) == (None, "rules")


def test_in_operation_a_basis_for_therapists_scores_nothing_for_a_caseworker(workspace: Path) -> None:
    establish(in_operation(workspace), "health-ai")
    row = read_vignettes()[0]
    with Assistant(Workspace(workspace)) as assistant:
        by_role = {role: scored_pathways(assistant, {**row, "role": role}) for role in ("caseworker", "therapist")}

    assert by_role["caseworker"] == {}
    assert "sul140_almen_basal" in by_role["therapist"]


def test_ranks_in_operation_keep_to_the_scored_pathways(workspace: Path) -> None:
    establish(in_operation(workspace), "employment-ai")
    with Assistant(Workspace(workspace)) as assistant:
        cases = [assistant.read_case(Located(row["id"], row)) for row in read_vignettes()]
        suggestions = [assistant.suggest(case, record=False) for case in cases]

    for suggestion in suggestions:
        ranks = [item["rank"] for item in suggestion["assessments"] if item["rank"] is not None]
        assert ranks == list(range(1, len(ranks) + 1)), suggestion["case_id"]


# ---------------------------------------------------------------- the kill switch


def scored_pathways(assistant: Assistant, row: Json) -> dict[str, Json]:
    suggestion = assistant.suggest(assistant.read_case(Located(row["id"], row)), record=False)
    return {item["pathway"]: item for item in suggestion["assessments"] if item["scored"]}


def test_a_suspended_pathway_is_not_scored_until_it_is_restored(workspace: Path) -> None:
    row, pathway = read_vignettes()[0], "sul140_almen_basal"
    with Assistant(Workspace(workspace)) as assistant, Assistant(Workspace(workspace)) as elsewhere:
        before = scored_pathways(elsewhere, row)
        assistant.suspend("pathway", pathway, by="udvalget", why="prøve af knappen")
        during = elsewhere.suggest(elsewhere.read_case(Located("V01", row)), record=False)
        assistant.restore("pathway", pathway, by="udvalget", why="prøven er slut")
        after = scored_pathways(elsewhere, row)

    (item,) = [item for item in during["assessments"] if item["pathway"] == pathway]
    assert pathway in before
    assert_unscored(item)
    assert item["not_scored_because"] == "suspended_by_board"
    assert {i["pathway"] for i in during["assessments"] if i["scored"]} == before.keys() - {pathway}
    assert after.keys() == before.keys()
    assert after[pathway]["probability"] == before[pathway]["probability"]


@pytest.mark.parametrize(("kind", "scope"), [("all", "all"), ("model", "model")])
def test_suspending_everything_or_the_model_leaves_rules_and_guidance(workspace: Path, kind: str, scope: str) -> None:
    row = read_vignettes()[0]
    with Assistant(Workspace(workspace)) as assistant:
        assistant.suspend(kind, scope, by="udvalget", why="klage over modellen")
        suggestion = assistant.suggest(assistant.read_case(Located("V01", row)), record=False)
        assistant.restore(kind, scope, by="udvalget", why="afklaret")
        restored = scored_pathways(assistant, row)

    for item in suggestion["assessments"]:
        assert_unscored(item)
    assert suggestion["assessments"][0]["evidence"]["passages"]
    assert restored


def test_a_suspended_law_stops_the_scores_of_its_pathways_only(workspace: Path, catalogue: Catalogue) -> None:
    row = read_vignettes()[0]
    with Assistant(Workspace(workspace)) as assistant:
        before = scored_pathways(assistant, row)
        assistant.suspend("law", "SUL", by="udvalget", why="lovændring")
        during = scored_pathways(assistant, row)

    of_sul = {key for key in before if "SUL" in {ref.law for ref in catalogue.pathways[key].legal_basis}}
    assert of_sul
    assert during.keys() == before.keys() - of_sul


def test_an_unknown_pathway_cannot_be_suspended(workspace: Path) -> None:
    from assistant.core.errors import UserError

    with Assistant(Workspace(workspace)) as assistant:
        size = assistant.log.size()
        with pytest.raises(UserError, match="no pathway 'findes_ikke'"):
            assistant.suspend("pathway", "findes_ikke", by="udvalget", why="fejl")
        assert assistant.log.size() == size


def test_the_made_workspace_is_a_trial(made: Made) -> None:
    assert Workspace(made.folder).settings().mode == "trial"
