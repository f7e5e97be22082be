"""The game against brute force, and the laws a Shapley value must keep."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explain.game import (
    Floats,
    exact_shapley,
    guidance_shares,
    past_case_shares,
    past_success,
    support,
)


def wavy(x: Floats) -> Floats:
    """A curve with steps and bends, as a fitted one has."""
    return np.asarray(np.sin(5 * x) + np.where(x > 0.4, 0.7, -0.2) + x**2, dtype=np.float64)


def brute_force(n: int, worth: Callable[[Sequence[int]], float]) -> list[float]:
    shares = [0.0] * n
    for player in range(n):
        others = [i for i in range(n) if i != player]
        for size in range(n):
            weight = 1 / (n * math.comb(n - 1, size))
            for group in itertools.combinations(others, size):
                shares[player] += weight * (worth([*group, player]) - worth(group))
    return shares


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), max_size=8), st.floats(0.5, 20), st.floats(0, 1), st.floats(-2, 2))
def test_the_closed_form_for_past_cases_is_the_brute_force(
    reached: list[bool], alpha: float, prior: float, mean: float
) -> None:
    def worth(group: Sequence[int]) -> float:
        return float(wavy(np.array([past_success([reached[i] for i in group], alpha, prior)]))[0])

    found = past_case_shares(wavy, reached, alpha=alpha, prior=prior, mean=mean)

    assert found.shares == pytest.approx(brute_force(len(reached), worth), abs=1e-12)
    assert found.prior == pytest.approx(worth([]) - mean, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=6), st.floats(-2, 2))
def test_the_guidance_split_is_the_brute_force(relevances: list[float], mean: float) -> None:
    def worth(group: Sequence[int]) -> float:
        return float(wavy(np.array([support([relevances[i] for i in group])]))[0])

    found = guidance_shares(wavy, relevances, mean=mean)

    assert found.shares == pytest.approx(brute_force(len(relevances), worth), abs=1e-9)
    assert found.baseline == pytest.approx(worth([]) - mean, abs=1e-12)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(1, 30), st.floats(0, 1))
def test_the_shares_of_many_past_cases_sum_to_the_whole(good: int, bad: int, alpha: float, prior: float) -> None:
    reached = [True] * good + [False] * bad
    whole = float(wavy(np.array([past_success(reached, alpha, prior)]))[0])

    found = past_case_shares(wavy, reached, alpha=alpha, prior=prior, mean=0.3)

    assert math.fsum(found.shares) + found.prior == pytest.approx(whole - 0.3, abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=10))
def test_the_full_set_reads_bit_for_bit_the_support_the_model_read(relevances: list[float]) -> None:
    seen: list[Floats] = []

    def curve(x: Floats) -> Floats:
        seen.append(x)
        return x

    guidance_shares(curve, relevances, mean=0.0)

    assert seen[0][-1] == support(relevances)


@given(st.lists(st.booleans(), max_size=50), st.floats(0.1, 50), st.floats(0, 1))
def test_all_cases_read_bit_for_bit_the_rate_the_model_read(reached: list[bool], alpha: float, prior: float) -> None:
    seen: list[Floats] = []

    def curve(x: Floats) -> Floats:
        seen.append(x)
        return x

    past_case_shares(curve, reached, alpha=alpha, prior=prior, mean=0.0)

    assert seen[0][-1] == past_success(reached, alpha, prior)


def test_equal_outcomes_get_equal_shares_and_a_rising_curve_rewards_success() -> None:
    found = past_case_shares(lambda e: 3 * e, [True, False, True, True], alpha=4, prior=0.5, mean=0.0)

    assert found.shares[0] == found.shares[2] == found.shares[3] > 0 > found.shares[1]


@given(st.lists(st.floats(0, 1), max_size=10), st.floats(0, 1))
def test_one_passage_more_never_lowers_the_support(relevances: list[float], extra: float) -> None:
    assert 0 <= support(relevances) <= support([*relevances, extra]) <= 1


@pytest.mark.parametrize("relevance", [-0.01, 1.01, math.nan])
def test_a_relevance_outside_the_unit_interval_is_refused(relevance: float) -> None:
    with pytest.raises(ValueError, match=r"outside \[0, 1\]"):
        support([0.5, relevance])


def test_eleven_passages_are_refused_rather_than_approximated() -> None:
    with pytest.raises(ValueError, match="at most 10"):
        guidance_shares(wavy, [0.5] * 11, mean=0.0)


def test_without_imagined_cases_there_is_no_rate_for_nobody() -> None:
    with pytest.raises(ValueError, match="alpha"):
        past_case_shares(wavy, [True], alpha=0, prior=0.5, mean=0.0)


def test_a_game_of_gloves_has_its_textbook_value() -> None:
    # Player 0 owns a left glove, 1 and 2 a right one each; a pair is worth 1 (Shapley: 2/3, 1/6, 1/6).
    values = np.array([1.0 if mask & 1 and mask & 6 else 0.0 for mask in range(8)])

    assert exact_shapley(values) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_a_game_that_is_no_power_of_two_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2\^n"):
        exact_shapley(np.zeros(6))
