"""Probability metrics against scikit-learn and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from eval.metrics.probability import (
    auc,
    bootstrap,
    brier_score,
    calibration_line,
    expected_calibration_error,
    log_loss,
    paired_difference,
    reliability,
)

CASES = st.lists(st.tuples(st.booleans(), st.floats(0.01, 0.99)), min_size=4, max_size=60).filter(
    lambda cases: len({outcome for outcome, _ in cases}) == 2
)


@given(CASES)
def test_auc_brier_and_log_loss_are_the_librarys(cases: list[tuple[bool, float]]) -> None:
    y, p = zip(*cases, strict=True)

    assert auc(y, p) == pytest.approx(reference.roc_auc_score(y, p))
    assert brier_score(y, p) == pytest.approx(reference.brier_score_loss(y, p))
    assert log_loss(y, p) == pytest.approx(reference.log_loss(y, p))


def test_auc_of_one_outcome_is_undefined() -> None:
    assert np.isnan(auc([1, 1], [0.2, 0.3]))


def test_perfect_probabilities_have_slope_one_and_a_small_error() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 40_000)
    y = rng.random(40_000) < p

    slope, intercept = calibration_line(y, p)

    assert slope == pytest.approx(1, abs=0.05)
    assert intercept == pytest.approx(0, abs=0.05)
    assert expected_calibration_error(y, p) < 0.012


def test_too_extreme_probabilities_are_told_by_the_slope_and_the_error() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 40_000)
    y = rng.random(40_000) < p
    margin = np.log(p / (1 - p))
    extreme = 1 / (1 + np.exp(-2 * margin))

    assert calibration_line(y, extreme)[0] == pytest.approx(0.5, abs=0.03)
    assert expected_calibration_error(y, extreme) > 0.08


def test_a_constant_probability_is_off_by_its_distance_to_the_rate() -> None:
    assert expected_calibration_error([1, 0, 0, 0], [0.5] * 4) == pytest.approx(0.25)


def test_reliability_bins_hold_everybody_once() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(997)

    points = reliability(rng.random(997) < p, p)

    assert sum(size for _, _, size in points) == 997
    assert len(points) == 10


def test_the_bootstrap_interval_holds_the_value_and_repeats() -> None:
    rng = np.random.default_rng(2)
    p = rng.random(500)
    y = rng.random(500) < p

    first, second = (bootstrap(auc, y, p, seed=3) for _ in range(2))

    assert first == second
    assert first.low < first.value < first.high


def test_the_paired_difference_of_a_model_with_itself_is_nothing() -> None:
    rng = np.random.default_rng(2)
    p = rng.random(300)
    y = rng.random(300) < p

    assert paired_difference(auc, y, p, p) == (0.0, 0.0, 0.0)
    assert paired_difference(auc, y, p, rng.random(300)).low > 0


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        auc([0, 1], [0.1])
    with pytest.raises(ValueError, match="no cases"):
        brier_score([], [])
