"""The evaluation of explanations: its measures by hand, and a whole small run beside its peers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assistant.core.catalogue import Catalogue
from eval.metrics.faithfulness import area, comprehensiveness, curve, rank_correlation, recovered, sufficiency
from eval.suites.explanation_cases import invented_suggestion, random_case
from eval.suites.explanation_truth import drivers, projected_contributions, true_contributions
from eval.suites.explanations import run
from models.recipe_read import load_recipe
from models.synthetic import generate
from models.train import train

EFFECTS = {"pain": 3.0, "work": -2.0, "home": 0.5, "age": 0.0}


def worth(kept: Any) -> float:
    """An additive margin: a base of one and each part's effect."""
    return 1.0 + sum(EFFECTS[name] for name in kept)


def test_a_ranking_by_true_effect_beats_its_reverse_on_every_measure() -> None:
    best = sorted(EFFECTS, key=lambda name: -abs(EFFECTS[name]))
    worst = best[::-1]

    assert comprehensiveness(worth, best, 1) == 3.0 > comprehensiveness(worth, worst, 1)
    assert sufficiency(worth, best, 2) == 0.5 < sufficiency(worth, worst, 2)
    assert area(curve(worth, best)) > area(curve(worth, worst))
    assert area(curve(worth, best, insert=True)) > area(curve(worth, worst, insert=True))


def test_a_flat_curve_has_no_area_and_a_case_without_drivers_no_recovery() -> None:
    assert area(np.array([2.0, 2.0, 2.0])) == 0.0
    with pytest.raises(ValueError, match="true driver"):
        recovered([], ["pain"])
    assert np.isnan(rank_correlation(np.zeros(3), np.arange(3.0)))
    assert rank_correlation(np.arange(4.0), -np.arange(4.0)) == pytest.approx(-1.0)


def test_the_recipe_names_the_drivers_that_it_was_written_with(catalogue: Catalogue) -> None:
    made = generate(catalogue, 2500, 3)
    mentors = [e for e in made.episodes if e.pathway == "lab_mentor"][:40]
    fields = ("barriers", "ffb_level", "pain_nrs", "education_level")

    effects = true_contributions(catalogue, load_recipe(catalogue), mentors, made.episodes, fields)

    assert np.abs(effects[:, 0]).min() > 0  # barriers carry this pathway's recipe
    assert np.all(effects[:, 2:] == 0)  # pain and education stand nowhere in it
    assert {name for found in drivers(effects, fields) for name in found} <= {"barriers", "ffb_level"}


def test_the_projection_finds_a_driver_that_the_recipe_names(catalogue: Catalogue) -> None:
    made = generate(catalogue, 4000, 3)
    trained = train(made.episodes, catalogue, 3)
    mentors = [e for e in made.episodes if e.pathway == "lab_mentor"][:40]
    fields = tuple(dict.fromkeys(f.field for f in trained.model.content.features if f.field))

    found = drivers(projected_contributions(made, trained.model.content.features, mentors, fields), fields)

    assert sum("barriers" in names for names in found) > 0.8 * len(found)


def test_invented_suggestions_add_up_and_are_the_same_each_time(catalogue: Catalogue) -> None:
    for seed in range(30):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        assert made == invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        for item in made.suggestion["assessments"]:
            if item["explanation"]:
                parts = item["explanation"]["contributions"]
                parents = {part.get("parent") for part in parts}
                leaves = sum(part["value"] for part in parts if part["id"] not in parents)
                assert item["explanation"]["base"] + leaves == pytest.approx(item["explanation"]["margin"], abs=1e-9)


def test_a_small_run_holds_its_promises_and_beats_chance(catalogue: Catalogue) -> None:
    found = run(catalogue, history=3000, cases=40, curves=3, texts=10, pairs=300)

    assert found["additivity"]["case_pathways"] >= 300
    assert found["additivity"]["max_residual"] <= 1e-9
    assert found["shap_agreement"]["max_gap"] <= 1e-6
    systems = {system["system"]: system for system in found["systems"]}
    assert {"vejviser", "shap TreeExplainer on LightGBM", "random"} <= systems.keys()
    ours, chance = systems["vejviser"], systems["random"]
    assert ours["drivers"]["on_file"]["recall@3"] > chance["drivers"]["on_file"]["recall@3"]
    assert ours["stability"] > 0.8 > abs(chance["stability"])
    assert found["randomised_model"]["size_share"] < 0.5
    assert found["texts"]["contradictions"] == found["texts"]["readers_disagree"] == 0
    assert max(found["texts"]["lix_mean"].values()) <= 35
    assert max(found["texts"]["lix_max"].values()) <= 42
    assert found["texts"]["longest_sentence"] <= 20
