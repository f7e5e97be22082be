"""Why a passage was found: exact shares of its relevance, apart from any score."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explain.found import MOST_PARTS, why_found
from explain.pathway import ExplanationRefused

PASSAGE = {"træning": 0.4, "knæ": 0.3, "plan": 0.1}


def relevance(parts: Sequence[str]) -> float:
    """Saturating word overlap: two words together are worth less than their sum."""
    score = sum(PASSAGE.get(word, 0.0) for word in {w for part in parts for w in part.lower().split()})
    return score / (1 + score)


def test_a_sentence_that_says_nothing_of_it_gets_nothing_and_the_rest_sums_up() -> None:
    found = why_found("g1", ["Træning af knæ", "Vejret er godt", "Der er en plan"], relevance)

    shares = {share.part: share.share for share in found.shares}
    assert shares["Vejret er godt"] == pytest.approx(0.0, abs=1e-12)
    assert shares["Træning af knæ"] > shares["Der er en plan"] > 0
    assert found.without + sum(shares.values()) == pytest.approx(found.relevance, abs=1e-12)
    assert found.shares[0].part == "Træning af knæ"


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["knæ", "træning", "plan", "vejr", "hund"]), max_size=MOST_PARTS + 4))
def test_any_query_is_shared_out_whole(parts: list[str]) -> None:
    found = why_found("g1", parts, relevance, kind="term")

    assert found.without + sum(share.share for share in found.shares) == pytest.approx(found.relevance, abs=1e-9)
    assert len(found.shares) <= MOST_PARTS


def test_what_comes_after_ten_parts_stands_together() -> None:
    found = why_found("g1", [f"ord{i}" for i in range(14)] + ["knæ"], relevance)

    rest = [share for share in found.shares if share.kind == "rest"]
    assert len(rest) == 1
    assert rest[0].part.endswith("knæ")
    assert rest[0].share == pytest.approx(found.relevance)


def test_a_search_that_is_not_steady_is_refused() -> None:
    calls = iter(range(10**6))

    with pytest.raises(ExplanationRefused, match="another relevance"):
        why_found("g1", ["knæ", "plan"], lambda parts: relevance(parts) + 0.01 * next(calls))
