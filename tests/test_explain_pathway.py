"""Base plus leaves is the library's margin, or nothing is shown."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.errors import CheckFailedError
from explain.game import Floats, past_success, support
from explain.pathway import (
    Contribution,
    ExplanationRefused,
    GuidanceEvidence,
    PastEvidence,
    PathwayExplanation,
    PathwayTerms,
    check,
    explain_pathway,
    leaves,
    sigmoid,
    split_terms,
)

FEATURES = ("pain_nrs", "barriers=smerter", "barriers=transport", "evidence:past_cases", "evidence:guidance")
ALPHA, PRIOR = 5.0, 0.55


def rate_curve(x: Floats) -> Floats:
    return 2 * x - 1


def support_curve(x: Floats) -> Floats:
    return np.where(x > 0.5, 0.4, -0.1)


def terms_for(
    facts: list[float], reached: list[bool], relevances: list[float], *, off: float = 0.0
) -> dict[str, PathwayTerms]:
    evidence = [
        float(rate_curve(np.array([past_success(reached, ALPHA, PRIOR)]))[0]),
        float(support_curve(np.array([support(relevances)]))[0]),
    ]
    values = np.array([[*facts, *evidence], [*reversed(facts), *evidence]])
    means = np.array([[0.1, -0.2, 0.05, 0.2, 0.3], [0.0, 0.1, 0.1, 0.2, 0.3]])
    context = np.array([0.7, -0.4])
    margin = context + values.sum(axis=1) + off
    return split_terms(("a", "b"), FEATURES, values, means, context, margin)


def explained(
    facts: list[float], reached: list[bool], relevances: list[float], *, off: float = 0.0
) -> PathwayExplanation:
    past = PastEvidence(tuple(f"s{i}" for i in range(len(reached))), tuple(reached), rate_curve, ALPHA, PRIOR)
    guidance = GuidanceEvidence(tuple(f"g{i}" for i in range(len(relevances))), tuple(relevances), support_curve)
    return explain_pathway(terms_for(facts, reached, relevances, off=off)["a"], past, guidance)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    st.lists(st.booleans(), max_size=50),
    st.lists(st.floats(0, 1), max_size=10),
)
def test_base_plus_leaves_is_the_margin_and_every_parent_is_the_sum_of_its_children(
    facts: list[float], reached: list[bool], relevances: list[float]
) -> None:
    found = explained(facts, reached, relevances)

    assert check(found) <= 1e-12
    by_id = {part.id: part for part in found.contributions}
    assert len(by_id) == len(found.contributions)
    for parent in {part.parent for part in found.contributions} - {None}:
        assert by_id[str(parent)].value == math.fsum(
            part.value for part in found.contributions if part.parent == parent
        )


def test_the_ids_are_stable_and_name_what_they_stand_for() -> None:
    found = explained([0.5, 0.2, -0.1], [True, False], [0.9])

    assert [(part.id, part.parent) for part in found.contributions] == [
        ("fact:barriers", None),
        ("evidence:past_cases", None),
        ("evidence:guidance", None),
        ("fact:pain_nrs", None),
        ("fact:barriers=smerter", "fact:barriers"),
        ("fact:barriers=transport", "fact:barriers"),
        ("past_case:prior", "evidence:past_cases"),
        ("past_case:s0", "evidence:past_cases"),
        ("past_case:s1", "evidence:past_cases"),
        ("guidance:baseline", "evidence:guidance"),
        ("guidance:g0", "evidence:guidance"),
        ("pathway", None),
    ]


def test_the_base_is_one_number_for_all_pathways_and_the_pathway_leaves_centre_on_it() -> None:
    parts = terms_for([0.5, 0.2, -0.1], [True], [0.9])

    found = [explain_pathway(item, None, None) for item in parts.values()]

    assert len({item.base for item in found}) == 1
    assert math.fsum(part.value for item in found for part in leaves(item.contributions) if part.kind == "pathway") == (
        pytest.approx(0.0, abs=1e-12)
    )


def test_a_model_whose_explanation_is_off_by_four_tenths_is_refused() -> None:
    with pytest.raises(ExplanationRefused, match=r"'a' is refused.*off by 0.4") as refusal:
        explained([0.5, 0.2, -0.1], [True, False], [0.9], off=0.4)

    assert isinstance(refusal.value, CheckFailedError)
    assert refusal.value.exit_code == 1


@pytest.mark.parametrize("off", [2e-9, -2e-9, math.nan, math.inf])
def test_the_gate_is_narrow_and_does_not_let_nan_through(off: float) -> None:
    with pytest.raises(ExplanationRefused):
        explained([0.5, 0.2, -0.1], [True, False], [0.9], off=off)


def test_past_cases_that_are_not_those_the_model_read_are_refused() -> None:
    terms = terms_for([0.5, 0.2, -0.1], [True, False, True], [0.9])["a"]
    others = PastEvidence(("s0", "s1"), (True, False), rate_curve, ALPHA, PRIOR)

    with pytest.raises(ExplanationRefused):
        explain_pathway(terms, others, None)


@pytest.mark.parametrize("shown", [0.5, math.nan])
def test_a_probability_that_is_not_that_of_the_margin_is_refused(shown: float) -> None:
    terms = terms_for([0.5, 0.2, -0.1], [True], [0.9])["a"]

    with pytest.raises(ExplanationRefused, match="probability"):
        explain_pathway(terms, None, None, probability=shown)


# The three silent-wrong cases of the field, as what reached the reader: the library's own margin on one side,
# contributions that its own check had passed on the other.
SILENTLY_WRONG: dict[str, Callable[[PathwayExplanation], PathwayExplanation]] = {
    "a base that is off by 0.42 (multiclass, interventional, re-parsed trees)": lambda e: PathwayExplanation(
        e.pathway, e.base + 0.42, e.margin, e.probability, e.contributions
    ),
    "residuals of 3 to 11 from native categoricals": lambda e: PathwayExplanation(
        e.pathway,
        e.base,
        e.margin,
        e.probability,
        tuple(
            Contribution(c.id, c.kind, c.value * 12, c.parent) if c.id == "fact:pain_nrs" else c
            for c in e.contributions
        ),
    ),
    "the contributions of class 0 shown for another class": lambda e: PathwayExplanation(
        e.pathway, e.base, e.margin, e.probability, explained([-0.3, 0.8, 0.4], [True], [0.1]).contributions
    ),
}


@pytest.mark.parametrize("spoil", SILENTLY_WRONG.values(), ids=SILENTLY_WRONG.keys())
def test_the_silently_wrong_explanations_of_the_field_are_refused(
    spoil: Callable[[PathwayExplanation], PathwayExplanation],
) -> None:
    sound = explained([0.5, 0.2, -0.1], [True, False], [0.9])
    assert check(sound) <= 1e-12

    with pytest.raises(ExplanationRefused):
        check(spoil(sound))


@given(st.floats(-800, 800))
def test_the_probability_stays_in_the_unit_interval(margin: float) -> None:
    assert 0 <= sigmoid(margin) <= 1
    assert sigmoid(margin) == pytest.approx(1 - sigmoid(-margin))
