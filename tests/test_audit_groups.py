"""A fair history gives no alarm, an unfair one does; swapped attributes move no score; small groups are held back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_fixtures import VIGNETTES, in_operation, made, suggested, vejviser, with_suggestions, workspace  # noqa: F401 - fixtures

from assistant.app import Assistant
from assistant.audit_model import Predicted, predict_held_out
from assistant.audit_practice import columns_of, opened
from assistant.audit_swaps import moved_by, other_values
from assistant.auditing import attributes, audit_history, audit_log, audit_predictions
from assistant.building import load_history
from assistant.core.cases import read_case_file
from assistant.core.catalogue import load_catalogue
from assistant.core.domain import Fact
from assistant.workspace import Workspace
from ethics.entry import Entry
from models.synthetic import SyntheticHistory, generate
from models.unfairness import Injection

CATALOGUE = load_catalogue()
ALL = attributes(CATALOGUE)
PEOPLE = 8000
SEED = 1


@pytest.fixture(scope="module")
def fair() -> SyntheticHistory:
    return generate(CATALOGUE, PEOPLE, seed=SEED)


def with_truth(history: SyntheticHistory) -> Predicted:
    """The history as a model that knows every true chance would see it: what is left is the recording's fault."""
    kept = [place for place, episode in enumerate(history.episodes) if episode.reached is not None]
    chance = history.truth.probability[kept, history.truth.chosen[kept]]
    reached = np.array([bool(history.episodes[place].reached) for place in kept])
    return Predicted([history.episodes[place] for place in kept], history.truth.chosen[kept], chance, reached)


def found(part: dict[str, Any], attribute: str) -> list[tuple[str, str]]:
    return [(alarm["group"], alarm["figure"]) for alarm in part["alarms"] if alarm["attribute"] == attribute]


def test_the_audit_reads_the_protected_fields_and_those_that_data_add() -> None:
    assert {"sex", "age", "ethnic_origin", "danish_level", "digital_exempt"} <= set(ALL)


def test_a_fair_history_raises_no_alarm_about_practice(fair: SyntheticHistory) -> None:
    part = audit_history(fair.episodes, CATALOGUE, ALL)

    assert part["alarms"] == []
    assert part["tests"] > 100
    assert all(row["could_see_points"] for row in part["pathways"])


def test_ten_points_against_a_sex_are_found_in_the_pathway_they_were_put_in() -> None:
    unfair = Injection(kind="selection", field="sex", group="kvinde", points=10, pathway="sel86_1_genoptraening")
    history = generate(CATALOGUE, PEOPLE, seed=SEED, injection=unfair)

    part = audit_history(history.episodes, CATALOGUE, ALL)

    alarms = [a for a in part["alarms"] if a["attribute"] == "sex" and a["group"] == "kvinde"]
    assert [alarm["pathway"] for alarm in alarms] == ["sel86_1_genoptraening"]
    assert alarms[0]["difference"] == pytest.approx(-0.10, abs=0.04)


def test_a_fair_history_raises_no_alarm_about_predictions(fair: SyntheticHistory) -> None:
    assert audit_predictions(with_truth(fair), CATALOGUE, ALL)["alarms"] == []


def test_ten_points_of_hidden_successes_are_found_in_the_predictions() -> None:
    unfair = Injection(kind="error", field="sex", group="kvinde", points=10)
    history = generate(CATALOGUE, PEOPLE, seed=SEED, injection=unfair)

    part = audit_predictions(with_truth(history), CATALOGUE, ALL)

    assert ("kvinde", "gap") in found(part, "sex")
    gap = next(a for a in part["alarms"] if (a["group"], a["figure"]) == ("kvinde", "gap"))
    assert gap["difference"] == pytest.approx(-0.10, abs=0.03)


def test_what_is_open_is_what_the_synthetic_truth_says(fair: SyntheticHistory) -> None:
    """The truth knows facts that were later forgotten, so what is open on file includes what was truly open."""
    some = fair.episodes[:500]

    open_ = opened(some, columns_of(some, CATALOGUE), CATALOGUE, fair.truth.pathways)

    assert (open_ | ~fair.truth.eligible[:500]).mean() > 0.99
    assert not open_.all()


def test_a_group_that_is_too_small_shows_neither_its_rates_nor_its_size(fair: SyntheticHistory) -> None:
    few = [replace(e, facts={**e.facts, "sex": "andet_eller_uoplyst"}) for e in fair.episodes[:5]]
    rest = [replace(e, facts={**e.facts, "sex": "kvinde"}) for e in fair.episodes[5:2000]]

    part = audit_history([*few, *rest], CATALOGUE, ["sex"])

    rows = [row for row in part["intensity"]["groups"] if row["group"] == "andet_eller_uoplyst"]
    assert rows == [{"attribute": "sex", "group": "andet_eller_uoplyst", "n": None, "held_back": True}]


def decision(place: int, staff: int, **more: Any) -> Entry:
    body = {"outcome": "followed", "reason": "x", "role": "caseworker", "unit": "nord", "staff": f"S{staff}", **more}
    return Entry(place, "2026-11-22T10:00:00Z", "HumanDecision", 1, None, f"{place:032x}", body, None, "0" * 64)


@pytest.mark.parametrize(("staff", "shown"), [(5, True), (4, False)])
def test_use_is_shown_by_unit_only_above_the_floors(staff: int, shown: bool) -> None:
    entries = [decision(i, i % staff, opened_reasons=i % 2 == 0, seconds=60.0) for i in range(20)]

    part = audit_log(entries)

    assert (part["use"]["total"] is not None) is shown
    assert part["use"]["held_back"] == (0 if shown else 20)
    assert part["decided"] == {"followed": 20}


def test_a_score_has_moved_when_any_bit_of_it_has() -> None:
    part = {"id": "fact:pain_nrs", "value": 0.25}
    before = {"base": 0.5, "margin": 0.75, "contributions": [part]}

    assert moved_by(before, before) == 0.0
    assert moved_by(before, {**before, "margin": 0.75 + 2.0**-52}) == 2.0**-52
    assert moved_by(before, {**before, "contributions": [{**part, "value": 0.25 + 2.0**-54}]}) == 2.0**-54
    assert moved_by(before, {**before, "contributions": [part, {"id": "fact:age", "value": 0.1}]}) == 0.1


def test_the_other_values_of_an_attribute_stay_within_its_field() -> None:
    def others(name: str, value: Any) -> Sequence[Any]:
        return list(other_values(CATALOGUE.fields[name], None if value is None else Fact(field=name, value=value)))

    assert others("sex", "kvinde") == ["mand", "andet_eller_uoplyst"]
    assert others("age", 105) == [90, 110]
    assert others("age", None) == []
    assert others("digital_exempt", True) == [False]


@pytest.fixture
def report(with_suggestions: Path) -> dict[str, Any]:  # noqa: F811
    ran = vejviser("audit", "--vignettes", VIGNETTES, "--cases", "6", "--json", workspace=with_suggestions)
    assert ran.code == 0, ran.err
    return {**ran.json, "folder": with_suggestions}


def test_the_command_swaps_reads_aloud_and_logs(report: dict[str, Any]) -> None:
    assert {row["attribute"] for row in report["counterfactual"]} == set(ALL)
    assert sum(row["scores"] for row in report["counterfactual"]) > 300
    assert all(row["score_changes"] == 0 and row["largest_change"] == 0.0 for row in report["counterfactual"])
    ages = next(row for row in report["counterfactual"] if row["attribute"] == "age")
    assert all(change["law"] for change in ages["rule_changes"])
    assert not next(row for row in report["counterfactual"] if row["attribute"] == "sex")["rule_changes"]
    assert len(report["reading"]) > 8
    assert report["log"]["suggestions"] == len(VIGNETTES.read_text(encoding="utf-8").splitlines())
    with Assistant(Workspace(report["folder"])) as assistant:
        logged = [assistant.log.entry(index) for index in report["entries"]]
        assert assistant.verify().ok
    assert {entry.body["topic"] for entry in logged if entry.type == "AuditRun"} >= {
        "practice",
        "intensity",
        "calibration",
    }
    assert {entry.body["attribute"] for entry in logged if entry.type == "CounterfactualRun"} == set(ALL)


def test_the_held_out_people_are_those_of_the_training(workspace: Path) -> None:  # noqa: F811
    with Assistant(Workspace(workspace)) as assistant:
        episodes = load_history(assistant.database, assistant.keys)
        assert assistant.model is not None
        predicted = predict_held_out(episodes, assistant.model, None)
        card = json.loads((assistant.workspace.models / assistant.model.version / "card.json").read_text("utf-8"))

    assert len(predicted.episodes) == card["data"]["test"]
    assert np.isfinite(predicted.probability).all()


def test_in_operation_nothing_is_read_without_a_basis_for_the_audit(with_suggestions: Path) -> None:  # noqa: F811
    in_operation(with_suggestions)

    with Assistant(Workspace(with_suggestions)) as assistant:
        cases = [assistant.read_case(next(iter(read_case_file(VIGNETTES))))]
        made_ = assistant.audit(cases, language="en")

    assert made_["attributes"] == []
    assert set(made_["attributes_not_permitted"]) == set(ALL)
    assert made_["practice"] is None
    assert made_["counterfactual"] == []
    assert any("no legal basis" in line for line in made_["reading"])
