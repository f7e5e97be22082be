"""The group audit: what it finds, what it leaves alone, and how it treats small groups."""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pytest
from scipy import stats

from eval.metrics.groups import Comparison, after_expected, alarms, audit, holm, two_rates_p, wilson
from eval.metrics.value import CLIP, difference, doubly_robust, overlap, regret, scores


def people(n: int, rate: dict[str, float], seed: int) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    groups = np.repeat(list(rate), n)
    return list(groups), rng.random(len(groups)) < np.array([rate[group] for group in groups])


def test_ten_points_between_groups_of_a_thousand_are_found_in_nine_of_ten_seeds() -> None:
    found = []
    for seed in range(50):
        groups, chosen = people(1000, {"a": 0.5, "b": 0.4}, seed)
        found.append(any(alarm.figure == "selection" for alarm in audit({"g": groups}, chosen).alarms))

    assert fmean(found) >= 0.9


def test_ten_points_of_error_are_found_too() -> None:
    found = []
    for seed in range(50):
        groups, wrong = people(1000, {"a": 0.2, "b": 0.3}, seed)
        chosen = np.random.default_rng(seed + 1000).random(2000) < 0.5
        result = audit({"g": groups}, chosen, reached=chosen ^ wrong)
        found.append(any(alarm.figure == "error" for alarm in result.alarms))

    assert fmean(found) >= 0.9


def test_where_nothing_was_injected_alarms_are_rare_over_all_tests_together() -> None:
    rng = np.random.default_rng(0)
    false = []
    for _ in range(200):
        groups = {name: list(rng.choice(["x", "y", "z"], 2000)) for name in ("one", "two", "three")}
        chance = rng.uniform(0.1, 0.9, 2000)
        reached = rng.random(2000) < chance
        false.append(bool(audit(groups, rng.random(2000) < 0.4, reached, chance).alarms))

    assert fmean(false) <= 0.05


def test_a_difference_that_lawful_facts_explain_raises_no_alarm() -> None:
    rng = np.random.default_rng(1)
    groups = ["a"] * 1000 + ["b"] * 1000
    expected = np.where(np.arange(2000) < 1000, 0.6, 0.3)
    chosen = rng.random(2000) < expected

    assert audit({"g": groups}, chosen).alarms
    assert not audit({"g": groups}, chosen, expected_selection=expected).alarms
    assert not alarms(after_expected("g", groups, chosen, expected))


def test_a_difference_beyond_lawful_facts_does() -> None:
    rng = np.random.default_rng(1)
    groups = ["a"] * 1000 + ["b"] * 1000
    expected = np.full(2000, 0.5)
    chosen = rng.random(2000) < np.where(np.arange(2000) < 1000, 0.55, 0.45)

    found = alarms(after_expected("g", groups, chosen, expected))

    assert [alarm.group for alarm in found] == ["a"]
    assert found[0].difference > 0


def test_a_small_group_shows_its_size_only() -> None:
    groups = ["a"] * 500 + ["b"] * 29
    chosen = np.ones(529)

    figures = {row.group: row for row in audit({"g": groups}, chosen).figures}

    assert figures["b"].n == 29
    assert figures["b"].selection is None
    assert figures["b"].gap is None


def test_people_of_unknown_group_are_in_no_group() -> None:
    result = audit({"g": ["a"] * 100 + [""] * 100 + ["b"] * 100}, np.arange(300) % 2)

    assert [row.group for row in result.figures] == ["a", "b"]
    assert sum(row.n for row in result.figures) == 200


def test_holm_is_the_step_down_of_sorted_p_values() -> None:
    p = [0.001, 0.02, 0.015, 0.5]
    adjusted = holm(p)

    assert adjusted == pytest.approx([0.004, 0.045, 0.045, 0.5])
    assert holm([]) == []


def test_two_equal_rates_give_the_pooled_z_test() -> None:
    z = (60 / 200 - 90 / 210) / math.sqrt((150 / 410) * (260 / 410) * (1 / 200 + 1 / 210))

    assert two_rates_p(60, 200, 90, 210) == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert two_rates_p(0, 0, 1, 2) == 1.0


def test_wilson_covers_zero_and_all() -> None:
    assert wilson(0, 20).low == 0
    assert wilson(20, 20).high == 1
    assert math.isnan(wilson(0, 0).value)


def test_only_figures_asked_for_may_alarm() -> None:
    groups, chosen = people(1000, {"a": 0.7, "b": 0.3}, 0)

    assert not audit({"g": groups}, chosen, compared=("gap",)).alarms
    assert alarms([Comparison("g", "a", "x", 0.1, 1e-9)])[0].figure == "x"


def test_the_doubly_robust_value_holds_the_truth_where_choices_were_confounded() -> None:
    inside = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=3000)
        propensity = np.column_stack([1 / (1 + np.exp(x)), 1 / (1 + np.exp(-x))])
        chosen = (rng.random(3000) < propensity[:, 1]).astype(int)
        true = 1 / (1 + np.exp(-np.column_stack([0.3 - x, x - 0.2])))
        reached = rng.random(3000) < true[np.arange(3000), chosen]
        policy = (x > 0).astype(int)
        wrong_expected = np.full((3000, 2), 0.5)
        value = doubly_robust(chosen, reached, policy, propensity, wrong_expected)
        inside.append(value.low <= true[np.arange(3000), policy].mean() <= value.high)

    assert fmean(inside) >= 0.9


def test_following_what_was_done_gains_nothing() -> None:
    rng = np.random.default_rng(0)
    chosen = rng.integers(0, 2, 500)
    reached = rng.random(500) < 0.5
    certain = np.eye(2)[chosen]

    assert difference(chosen, reached, chosen, certain, np.full((500, 2), 0.5)).value == pytest.approx(0)


def test_thin_overlap_is_said() -> None:
    propensity = np.column_stack([np.full(100, 0.995), np.full(100, 0.005)])

    thin = overlap([0] * 100, [1] * 100, propensity)

    assert thin.thin == 1.0
    assert thin.effective_share == 0.0
    assert scores([1], [1], [1], [[0.0, 0.0]], [[0.0, 0.0]])[0] == pytest.approx(1 / CLIP)


def test_regret_is_the_share_of_the_best() -> None:
    assert regret([0.8, 0.6], [0.8, 0.3])["share"] == pytest.approx(1.1 / 1.4)
