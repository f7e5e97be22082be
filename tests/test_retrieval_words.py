"""Words, compounds, thesaurus, postings, vectors and learnt weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.errors import UserError
from eval.metrics.splits import held_out
from retrieval.analysis import content, stems, words
from retrieval.compounds import CompoundSplitter
from retrieval.dense import MOST_DIMENSIONS, Vectors, whole_numbers
from retrieval.fusion import CHANNELS
from retrieval.lay import lay_questions
from retrieval.learn_fusion import Labelled, fit, folds, rank
from retrieval.lexical import build_postings, counts_of
from retrieval.sequences import pair_counts
from retrieval.thesaurus import Concept, Thesaurus, expansion_terms, load_thesaurus, read_concepts


def test_upper_case_punctuation_and_accents_make_no_difference() -> None:
    assert words("Genoptræning, ÆNDRING; é") == ["genoptræning", "ændring", "e"]
    assert stems(words("genoptræningen")) == stems(words("Genoptræning,"))


def test_stop_words_fall_away_but_content_stays() -> None:
    assert content(words("hvad er en genoptræningsplan")) == ["genoptræningsplan"]


def test_compounds_are_split_into_words_the_corpus_uses() -> None:
    splitter = CompoundSplitter({"genoptræning": 9, "plan": 5, "sygedag": 3, "penge": 4, "virksomhed": 6, "praktik": 3})

    assert splitter.parts("genoptræningsplan") == ("genoptræning", "plan")
    assert splitter.parts("virksomhedspraktik") == ("virksomhed", "praktik")
    assert splitter.parts("sygedagpenge") == ("sygedag", "penge")
    assert splitter.parts("plan") == ()
    assert splitter.parts("ukendtord") == ()


THESAURUS = Thesaurus(
    {
        "kol": Concept(
            "kol", "kronisk obstruktiv lungesygdom", ("KOL",), ("rygerlunger", "dårlige lunger"), ("lunge",)
        ),
        "lunge": Concept("lunge", "lungesygdom"),
    }
)


def test_lay_words_and_abbreviations_lead_to_the_laws_words() -> None:
    for said in ("rygerlunger", "kol", "mine dårlige lunger"):
        meant = {expansion.meant for expansion in THESAURUS.expand(words(said))}
        assert "kronisk obstruktiv lungesygdom" in meant, said


def test_a_name_needs_all_its_words() -> None:
    assert THESAURUS.expand(words("dårlige knæ")) == []


def test_what_was_typed_is_not_searched_for_twice_and_pref_weighs_most() -> None:
    terms = expansion_terms(THESAURUS.expand(words("kol")), stems(["kol"]))

    assert stems(["kol"])[0] not in terms
    assert terms[stems(["obstruktiv"])[0]] == 1.0
    assert terms[stems(["rygerlunger"])[0]] < 1.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- id: [", "line 1 is not valid YAML"),
        ("x: 1", "must be a list of concepts"),
        ("- id: a", "entry 1 needs an id and a pref"),
        ("- {id: a, pref: b, alt: {x: 1}}", r"entry 1 \(a\): alt must be a list"),
    ],
)
def test_a_broken_thesaurus_names_file_and_entry(text: str, says: str) -> None:
    with pytest.raises(UserError, match=rf"egen\.yaml: {says}"):
        read_concepts(text, "egen.yaml")


def test_the_built_in_thesaurus_has_at_least_600_concepts() -> None:
    assert len(load_thesaurus().concepts) >= 600


BAGS = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4), min_size=1), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(BAGS, BAGS)
def test_adding_rows_then_forgetting_them_leaves_the_scores_as_they_were(
    first: list[dict[str, int]], second: list[dict[str, int]]
) -> None:
    names = {letter: place for place, letter in enumerate("abcdef")}
    index = build_postings(counts_of(first, names), dict(names))
    query = {"a": 1.0, "c": 2.0, "zz": 1.0}
    before = index.score(query)

    index.add(second)
    assert len(index.score(query)) == len(first) + len(second)
    index.forget(list(range(len(first), len(first) + len(second))))

    assert np.array_equal(index.score(query)[: len(first)], before)


@given(st.integers(0, 2**32 - 1), st.sampled_from([8, 128, 1024]))
@settings(max_examples=20, deadline=None)
def test_sums_of_whole_numbers_are_exact_in_single_precision(seed: int, dimension: int) -> None:
    numbers = whole_numbers(np.random.default_rng(seed).normal(size=(2, dimension)))

    exact = int(numbers[0].astype(np.int64) @ numbers[1].astype(np.int64))
    assert float(numbers[0].astype(np.float32) @ numbers[1].astype(np.float32)) == exact
    assert dimension * 127**2 < 2**24 or dimension == MOST_DIMENSIONS


def test_an_encoder_with_too_many_dimensions_is_refused() -> None:
    with pytest.raises(UserError, match="at most 1024 dimensions"):
        whole_numbers(np.ones((1, 2000)))


def test_nearest_is_what_plain_arithmetic_says_among_those_allowed() -> None:
    numbers = whole_numbers(np.random.default_rng(3).normal(size=(400, 32)))
    vectors = Vectors(numbers)
    allowed = np.arange(400) % 3 == 0

    found = vectors.nearest(numbers[7], 10, allowed)

    products = numbers.astype(int) @ numbers[7].astype(int)
    expected = sorted(np.flatnonzero(allowed), key=lambda row: (-products[row], row))[:10]
    assert sorted(products[found]) == sorted(products[expected])
    assert allowed[found].all()


def test_neighbouring_words_count_in_order() -> None:
    assert ("frist", "plan") in pair_counts(["frist", "x", "plan"])
    assert ("plan", "frist") not in pair_counts(["frist", "x", "plan"])


def example(group: str, good: int) -> Labelled:
    columns = np.zeros((3, len(CHANNELS)))
    columns[good, CHANNELS.index("stem")] = 1.0
    columns[(good + 1) % 3, CHANNELS.index("gram")] = 1.0
    return Labelled(("a", "b", "c"), columns, np.arange(3) == good, 4, group)


def test_the_channel_that_helps_gets_the_weight_and_one_that_misleads_gets_none() -> None:
    fusion = fit([example(f"g{number}", number % 3) for number in range(12)], 1e-3)

    assert fusion.short[CHANNELS.index("stem")] == 1.0
    assert fusion.short[CHANNELS.index("gram")] == 0.0
    assert rank(example("new", 2), fusion)[0] == "c"


def test_weights_cannot_be_learnt_from_nothing() -> None:
    with pytest.raises(ValueError, match="no query has a relevant candidate"):
        fit([], 1e-3)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40), st.integers(2, 5))
def test_folds_keep_groups_whole_and_lose_nothing(groups: list[str], count: int) -> None:
    parts = folds(groups, count, 1)

    assert sorted(place for part in parts for place in part) == list(range(len(groups)))
    for group in set(groups):
        assert sum(any(groups[place] == group for place in part) for part in parts) == 1


def test_there_are_300_lay_questions_and_their_topics_are_split() -> None:
    questions = lay_questions()
    judged = [question for question in questions if held_out(question.topic)]

    assert len(questions) >= 300
    assert 0.25 < len(judged) / len(questions) < 0.55
    assert {q.topic for q in judged}.isdisjoint({q.topic for q in questions if not held_out(q.topic)})
