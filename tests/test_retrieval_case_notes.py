"""Earlier cases to read, found by their notes: never ahead of time, never the same person, forgotten on erasure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest

from retrieval.case_notes import NoteIndex
from retrieval.case_vectors import Facts

DAY = dt.date(2026, 6, 1)


@dataclass(frozen=True)
class Case:
    case_id: str
    note: str
    person_id: str
    pathway: str = "a"
    decided_on: dt.date = dt.date(2025, 1, 1)
    facts: Facts = field(default_factory=dict)
    reached: bool | None = True
    outcome_on: dt.date | None = dt.date(2025, 6, 1)


ROWS = [
    Case("c1", "Borger med skulderoperation vil cykle til arbejde.", "anna"),
    Case("c2", "Stress og søvnproblemer, ønsker gradvis tilbagevenden.", "bo"),
    Case("c3", "Skulderen er opereret, smerter ved løft.", "carl", outcome_on=DAY),
    Case("c4", "   ", "dan"),
]


@pytest.fixture
def index() -> NoteIndex:
    return NoteIndex.build(ROWS)


def test_the_note_most_alike_comes_first_and_says_which_words_they_share(index: NoteIndex) -> None:
    [first, *_] = index.search("opereret i skulderen, cykler på arbejde", DAY)

    assert first.case_id == "c1"
    assert "arbejde" in first.shared_words
    assert 0 < first.alike <= 1


def test_an_outcome_that_was_not_known_yet_and_the_same_person_are_left_out(index: NoteIndex) -> None:
    assert "c3" not in {found.case_id for found in index.search("skulderen opereret", DAY)}
    assert "c3" in {found.case_id for found in index.search("skulderen opereret", DAY + dt.timedelta(1))}
    assert "c1" not in {found.case_id for found in index.search("skulderoperation", DAY, exclude_person="anna")}


def test_an_empty_note_finds_nothing(index: NoteIndex) -> None:
    assert index.search("", DAY) == []
    assert NoteIndex.build([]).search("skulder", DAY) == []


def test_an_erased_person_leaves_no_word_behind(index: NoteIndex) -> None:
    assert "cykl" in index.stem.vocabulary

    assert index.remove_person("anna") == 1

    assert "cykl" not in index.stem.vocabulary
    assert "c1" not in {found.case_id for found in index.search("skulderoperation", DAY)}
    assert index.remove_person("anna") == 0
