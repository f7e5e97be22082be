"""LIX by its formula, and sentences counted as a reader would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.readability import lix, mean_lix, readability, sentences_of, words_of


def test_the_formula_is_words_per_sentence_plus_percent_long_words() -> None:
    # 8 words, 2 sentences, 2 of them (kommunen, genoptræning) longer than six letters.
    found = readability("Du kan ringe til kommunen. Spørg om genoptræning.")

    assert found.words == 8
    assert found.sentences == 2
    assert found.lix == pytest.approx(8 / 2 + 100 * 2 / 8)
    assert found.longest == 5


def test_six_letters_are_short_and_seven_are_long() -> None:
    assert lix("hjælpe") == 1
    assert lix("hjælper") == 101


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Du kom hjem 18. november 2026.", 1),
        ("Se § 140, stk. 1 i loven.", 1),
        ("Er du syg? Så ring. Vi hjælper!", 3),
        ("Han sagde: »Ja.« Så gik han.", 2),
        ("En linje\nEn anden linje", 2),
        ("", 0),
    ],
)
def test_sentences_are_counted_as_a_reader_would(text: str, count: int) -> None:
    assert len(sentences_of(text)) == count


def test_a_text_without_words_has_no_readability() -> None:
    for text in ("", " . ! ", "—"):
        with pytest.raises(ValueError, match="without words"):
            lix(text)
    with pytest.raises(ValueError, match="no texts"):
        mean_lix([])


def test_the_mean_is_over_texts() -> None:
    assert mean_lix(["Du kan gå.", "Genoptræning."]) == pytest.approx((lix("Du kan gå.") + lix("Genoptræning.")) / 2)


@given(st.text(max_size=200))
def test_any_text_with_words_has_a_finite_figure(text: str) -> None:
    if words_of(text):
        found = readability(text)
        assert 0 < found.lix <= found.words + 100
        assert 1 <= found.longest <= found.words
