"""Law references, as people and statutes write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.catalogue import load_catalogue
from retrieval.law_refs import LawNames, find_law_refs, read_labels, same_place

LAWS = LawNames.of(load_catalogue().laws)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("servicelovens § 86, stk. 1", ["SEL § 86, stk. 1"]),
        ("SEL §86,1", ["SEL § 86, stk. 1"]),
        ("§ 140 i sundhedsloven", ["SUL § 140"]),
        ("LAB §§ 107-111 (kap. 18)", ["LAB §§ 107-111", "LAB kap. 18"]),
        ("GDPR art. 22", ["GDPR art. 22"]),
        ("BEK918 § 3", ["BEK918 § 3"]),
        ("bekendtgørelse nr. 918 § 3", ["BEK918 § 3"]),
        ("Lov 1750/2025 § 1", ["Lov 1750/2025 § 1"]),
        ("lov nr. 1750 af 17. december 2025, § 1", ["Lov 1750/2025 § 1"]),
        ("LAB kap. 16 a", ["LAB kap. 16 a"]),
        ("SEL §§ 83, 83 a og 86", ["SEL § 83", "SEL § 83 a", "SEL § 86"]),
        ("SUL § 84 og § 140", ["SUL § 84", "SUL § 140"]),
        ("SEL § 83 a og § 140 a i sundhedsloven", ["SEL § 83 a", "SUL § 140 a"]),
        ("SYG § 27, stk. 1, nr. 2", ["SDL § 27, stk. 1, nr. 2"]),
        ("PEN § 17", ["LSP § 17"]),
        ("artikel 15 i databeskyttelsesforordningen", ["GDPR art. 15"]),
        ("SEL § 86 i en kommune", ["SEL § 86"]),
        ("se § 11 a, stk. 2", []),
        ("loven gælder i 140 dage", []),
    ],
)
def test_a_reference_is_written_in_one_way(text: str, labels: list[str]) -> None:
    assert [ref.label for ref in find_law_refs(text, LAWS)] == labels


def test_a_bare_section_belongs_to_the_law_it_stands_in() -> None:
    assert [ref.label for ref in find_law_refs("jf. § 84, stk. 3", LAWS, "SUL")] == ["SUL § 84, stk. 3"]


def test_a_typed_number_after_a_law_is_a_section_but_a_length_of_time_is_not() -> None:
    assert [ref.label for ref in find_law_refs("målgruppe lab 6", LAWS, typed=True)] == ["LAB § 6"]
    assert find_law_refs("syg 22 uger", LAWS, typed=True) == []
    assert find_law_refs("målgruppe lab 6", LAWS) == []


def test_a_range_holds_its_members_and_a_section_its_paragraphs() -> None:
    [chapter] = read_labels("LAB §§ 107-111")
    assert same_place(chapter, read_labels("LAB § 108")[0])
    assert not same_place(chapter, read_labels("LAB § 112")[0])
    assert same_place(read_labels("SEL § 86, stk. 1")[0], read_labels("SEL § 86")[0])
    assert not same_place(read_labels("SEL § 83")[0], read_labels("SEL § 83 a")[0])
    assert not same_place(read_labels("SEL § 86")[0], read_labels("SUL § 86")[0])
    assert read_labels("ældreloven som helhed") == []


@given(
    st.sampled_from(sorted(load_catalogue().laws)),
    st.integers(1, 400),
    st.sampled_from(["", " a", " f"]),
    st.none() | st.integers(1, 9),
)
def test_what_is_written_reads_back(law: str, number: int, letter: str, stk: int | None) -> None:
    label = f"{law} § {number}{letter}" + (f", stk. {stk}" if stk else "")

    assert [ref.label for ref in find_law_refs(f"Efter {label} kan der klages.", LAWS)] == [label]
    assert [ref.label for ref in read_labels(label)] == [label]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_and_places_are_right(text: str) -> None:
    for ref in find_law_refs(text, LAWS, "SEL", typed=True):
        assert 0 <= ref.start < ref.end <= len(text)
        assert any(letter.isdigit() for letter in text[ref.start : ref.end])
