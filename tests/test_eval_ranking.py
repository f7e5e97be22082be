"""Ranking metrics against what can be worked out by hand, and laws they keep."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.ranking import hit_at_k, mean_interval, mrr_at_k, ndcg_at_k, paired_bootstrap, recall_at_k

NAMES = st.sampled_from([f"d{number}" for number in range(12)])


def test_figures_worked_out_by_hand() -> None:
    ranked = ["x", "a", "y", "b"]

    assert ndcg_at_k({"a", "b"}, ranked, 10) == pytest.approx(
        (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    )
    assert recall_at_k({"a", "b"}, ranked, 2) == 0.5
    assert mrr_at_k({"b"}, ranked, 10) == 0.25
    assert hit_at_k({"a"}, ranked, 1) == 0.0
    assert hit_at_k({"a"}, ranked, 2) == 1.0


@pytest.mark.parametrize("metric", [ndcg_at_k, recall_at_k, mrr_at_k, hit_at_k])
def test_a_query_without_labels_is_an_error_not_a_zero(metric: object) -> None:
    with pytest.raises(ValueError, match="needs a relevant id"):
        metric(set(), ["a"], 1)  # type: ignore[operator]


@given(st.sets(NAMES, min_size=1), st.lists(NAMES, unique=True), st.integers(1, 12))
def test_every_figure_lies_between_0_and_1_and_none_but_ndcg_falls_with_k(
    relevant: set[str], ranked: list[str], k: int
) -> None:
    for metric in (recall_at_k, mrr_at_k, hit_at_k):
        assert 0 <= metric(relevant, ranked, k) <= metric(relevant, ranked, k + 1) <= 1
    assert 0 <= ndcg_at_k(relevant, ranked, k) <= 1
    assert ndcg_at_k(relevant, sorted(relevant), k) == pytest.approx(1)


def test_the_bootstrap_tells_a_real_gap_from_none() -> None:
    better = paired_bootstrap([0.6, 0.7, 0.8, 0.9] * 20, [0.5, 0.6, 0.7, 0.8] * 20)
    same = paired_bootstrap([0.5, 0.6] * 30, [0.6, 0.5] * 30)

    assert better.low > 0
    assert better.p == 0
    assert same.low < 0 < same.high
    with pytest.raises(ValueError, match="each of the same queries"):
        paired_bootstrap([0.1], [0.1, 0.2])


def test_an_interval_holds_its_mean() -> None:
    low, high = mean_interval([0.0, 0.5, 1.0] * 30)

    assert low < 0.5 < high
