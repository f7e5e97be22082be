"""What people type becomes a fact, or one sentence in their own language."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.catalogue import Catalogue
from assistant.core.domain import FieldSpec
from ui.typed import LONGEST, UNKNOWN, Typed, TypedError, as_fact, iso_date, typed_from, widget_of

TODAY = dt.date(2026, 11, 23)


def spec_of(catalogue: Catalogue, kind: str) -> FieldSpec:
    return next(spec for spec in catalogue.fields.values() if spec.type == kind)


def fact(typed: Typed, spec: FieldSpec, catalogue: Catalogue, lang: str = "da") -> object:
    return as_fact(typed, spec, catalogue, TODAY, "anne", lang)


def test_a_danish_date_and_an_iso_date_are_the_same_day(catalogue: Catalogue) -> None:
    spec = spec_of(catalogue, "date")

    danish, iso = (fact(Typed(line=text), spec, catalogue) for text in ("3-11-2026", "2026-11-03"))

    assert danish == iso == {"value": "2026-11-03", "recorded_by": "anne"}


@pytest.mark.parametrize(("language", "words"), [("da", "ikke en dato"), ("en", "not a date")])
def test_a_day_that_does_not_exist_gets_a_sentence_in_the_readers_language(
    catalogue: Catalogue, language: str, words: str
) -> None:
    with pytest.raises(TypedError, match=words):
        fact(Typed(line="31-02-2026"), spec_of(catalogue, "date"), catalogue, language)


def test_a_decimal_comma_is_a_decimal_point(catalogue: Catalogue) -> None:
    made = fact(Typed(line="7,5"), spec_of(catalogue, "number"), catalogue)

    assert made == {"value": 7.5, "recorded_by": "anne"}


def test_a_number_out_of_range_says_the_range(catalogue: Catalogue) -> None:
    spec = next(s for s in catalogue.fields.values() if s.type == "integer" and s.range == (0.0, 10.0))

    with pytest.raises(TypedError, match="0 til 10"):
        fact(Typed(line="99"), spec, catalogue)


def test_a_fact_from_the_future_is_refused_beside_its_date(catalogue: Catalogue) -> None:
    with pytest.raises(TypedError) as refused:
        fact(Typed(line="5", observed_on="24-11-2026"), spec_of(catalogue, "integer"), catalogue)

    assert refused.value.about_date


def test_unknown_is_no_fact_and_never_a_no(catalogue: Catalogue) -> None:
    spec = spec_of(catalogue, "boolean")

    assert fact(Typed(choice=UNKNOWN), spec, catalogue) is None
    assert fact(Typed(choice="false"), spec, catalogue) == {"value": False, "recorded_by": "anne"}


def test_a_note_that_is_far_too_long_is_refused_and_a_strange_one_kept(catalogue: Catalogue) -> None:
    spec = spec_of(catalogue, "text")
    strange = "😀 مرحبا <script>alert(1)</script>"

    assert fact(Typed(area=strange), spec, catalogue) == {"value": strange, "recorded_by": "anne"}
    with pytest.raises(TypedError, match="for lang"):
        fact(Typed(area="a" * (LONGEST + 1)), spec, catalogue)


@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_every_day_is_read_back_from_both_forms(day: dt.date) -> None:
    assert iso_date(f"{day.day}-{day.month}-{day.year}") == day.isoformat()
    assert iso_date(day.isoformat()) == day.isoformat()


def test_what_is_shown_for_editing_is_saved_as_the_same_fact(catalogue: Catalogue) -> None:
    samples = {"integer": 3, "number": 2.5, "boolean": True, "date": "2026-11-03", "text": "Ord"}
    for spec in catalogue.fields.values():
        value = samples.get(spec.type, spec.allowed[0] if spec.allowed else "1234")
        if spec.type == "list":
            value = list(spec.allowed[:2])
        if spec.range and not spec.range[0] <= float(str(value)) <= spec.range[1]:
            value = spec.range[0] if spec.type == "number" else int(spec.range[0])
        shown = typed_from({"value": value}, spec, "da")

        again = fact(replace(shown), spec, catalogue)

        assert again == {"value": value, "recorded_by": "anne"}, (spec.id, widget_of(spec))
