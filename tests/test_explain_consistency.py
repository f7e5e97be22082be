"""No contradiction: every stated reason stands in the log with that sign and rank, the same ones for all readers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from assistant.core.catalogue import Catalogue
from eval.suites.explanation_cases import InventedSuggestion, invented_suggestion, random_case
from explain.board import board_text
from explain.caseworker import caseworker_text
from explain.citizen import citizen_text
from explain.consistency import contradictions, first_reasons
from explain.document import Claim, Document, Sentence
from explain.telephone import telephone_script
from explain.view import ExplanationView
from explain.view_build import explanation_view

CASES = 1000


def view_of(made: InventedSuggestion, catalogue: Catalogue) -> ExplanationView:
    return explanation_view(made.suggestion, made.facts, catalogue, texts=made.texts)


def invented(catalogue: Catalogue, seed: int, *, scored: bool = True) -> InventedSuggestion:
    return invented_suggestion(random_case(catalogue, seed), catalogue, seed, scored=scored)


def test_a_thousand_random_cases_hold_no_contradiction_in_any_text(catalogue: Catalogue) -> None:
    stated = 0
    for seed in range(CASES):
        made = invented(catalogue, seed, scored=seed % 4 > 0)
        view = view_of(made, catalogue)
        language = "en" if seed % 3 == 0 else "da"
        citizen = citizen_text(view, catalogue, language)
        caseworker = caseworker_text(view, catalogue, language)
        texts = [citizen, caseworker]
        if seed % 5 == 0:
            texts += [board_text(view, catalogue, language), telephone_script(view, catalogue, language)]

        for text in texts:
            assert contradictions(text, made.suggestion) == [], (seed, text.reader)
        assert first_reasons(citizen) == first_reasons(caseworker), seed
        stated += len(citizen.claims())

    assert stated > 3 * CASES  # the texts do state reasons; nothing passes by saying nothing


def test_the_board_reads_the_same_first_reasons(catalogue: Catalogue) -> None:
    for seed in range(60):
        view = view_of(invented(catalogue, seed), catalogue)

        assert first_reasons(board_text(view, catalogue)) == first_reasons(citizen_text(view, catalogue, "en"))


def first_with_score(catalogue: Catalogue) -> tuple[InventedSuggestion, Document]:
    """The first invented case whose citizen text states reasons of every kind."""
    for seed in range(400):
        made = invented(catalogue, seed)
        text = citizen_text(view_of(made, catalogue), catalogue)
        if {"why", "rules", "for", "against"} <= first_reasons(text).keys():
            return made, text
    raise AssertionError("no invented case states reasons of every kind")


def spoiled(text: Document, block: str, change: Callable[[Sentence], Sentence]) -> Document:
    blocks = tuple(
        dataclasses.replace(b, sentences=(change(b.sentences[0]), *b.sentences[1:])) if b.id == block else b
        for b in text.blocks
    )
    return dataclasses.replace(text, blocks=blocks)


def with_claim(**changes: object) -> Callable[[Sentence], Sentence]:
    def change(sentence: Sentence) -> Sentence:
        claim: Claim = dataclasses.replace(sentence.claims[0], **changes)  # type: ignore[arg-type]
        return dataclasses.replace(sentence, claims=(claim,))

    return change


@pytest.mark.parametrize(
    ("block", "change", "problem"),
    [
        ("for", with_claim(sign=-1), "another sign|wrong way"),
        ("for", with_claim(rank=9), "another rank"),
        ("against", with_claim(source="fact:nowhere"), "no logged contribution"),
        ("rules", with_claim(source="rule:99"), "no leaf"),
        ("rules", with_claim(sign=-1), "another sign in the rule trace"),
        ("why", with_claim(source="order:7", rank=7), "no reason for its place"),
        ("why", with_claim(pathway="nowhere"), "not in the suggestion"),
        ("for", lambda s: dataclasses.replace(s, claims=()), "maps to nothing"),
    ],
)
def test_a_spoiled_reason_is_found(
    catalogue: Catalogue, block: str, change: Callable[[Sentence], Sentence], problem: str
) -> None:
    made, text = first_with_score(catalogue)
    assert contradictions(text, made.suggestion) == []

    found = contradictions(spoiled(text, block, change), made.suggestion)

    assert len(found) == 1
    assert any(words in found[0] for words in problem.split("|"))


def test_a_reason_moved_to_the_other_side_is_found(catalogue: Catalogue) -> None:
    made, text = first_with_score(catalogue)
    pro = next(b for b in text.blocks if b.id == "for").sentences[0]

    found = contradictions(spoiled(text, "against", lambda _: pro), made.suggestion)

    assert found == [f"{pro.key}: {pro.claims[0].pathway} {pro.claims[0].source} is stated the wrong way round"]
