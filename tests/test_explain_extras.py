"""Contrasts, what is missing and what could be changed, in words that say no more than was found."""

from __future__ import annotations

import pytest

from assistant.core.catalogue import Catalogue
from eval.suites.explanation_cases import invented_suggestion, random_case
from explain.contrast import contrast
from explain.extras import Extras, contrast_sentences
from explain.missing import MissingFact, Span
from explain.phrases import Phrases
from explain.readers import explanation_document
from explain.recourse import Change, Recourse
from explain.view_build import explanation_view


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_contrast_of_random_cases_can_be_said(catalogue: Catalogue, language: str) -> None:
    say = Phrases.of(catalogue, language)
    said = set()
    for seed in range(60):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed, scored=seed % 3 > 0).suggestion
        first = made["assessments"][0]["pathway"]
        for item in made["assessments"][1:]:
            found = contrast(made, first, item["pathway"])
            sentences = list(contrast_sentences(found, say))
            assert say.pathway(item["pathway"]) in sentences[0].text
            said.add(sentences[0].key)
    assert {"cw-contrast-closed", "cw-contrast-gate", "cw-contrast-score"} <= said


def test_the_score_is_named_as_what_settles_it_only_when_it_is_higher(catalogue: Catalogue) -> None:
    seen = 0
    for seed in range(300):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        view = explanation_view(made.suggestion, made.facts, catalogue, texts=made.texts)
        for found in view.contrasts:
            if found.basis == "score":
                seen += 1
                assert found.difference is not None
                assert found.difference >= 0
    assert seen > 5


def test_what_took_reruns_stands_in_both_texts_with_its_values(catalogue: Catalogue) -> None:
    made = invented_suggestion(random_case(catalogue, 5), catalogue, 5)
    view = explanation_view(made.suggestion, made.facts, catalogue, texts=made.texts)
    target = next(iter(catalogue.pathways))
    extras = Extras(
        matters=(MissingFact("pain_nrs", "nowhere", (Span((5, 6, 7), 5, 7, target), Span((0,), 0, 0, "nowhere"))),),
        ways=(Recourse(target, (Change("pain_nrs", 7, 3),), target),),
    )

    caseworker = {b.id: b for b in explanation_document(view, catalogue, "caseworker", extras=extras).blocks}
    citizen = {b.id: b for b in explanation_document(view, catalogue, "citizen", extras=extras).blocks}

    assert [s.text for s in caseworker["cw-matters"].sentences] == [
        f"{catalogue.field_label('pain_nrs', 'da')}: 5 til 7 sætter {catalogue.pathway_name(target, 'da')} først."
    ]
    assert catalogue.pathway_name(target, "da") in citizen["changes"].sentences[0].text
    assert "3" in citizen["changes"].sentences[0].text
    assert "changes" not in {b.id for b in explanation_document(view, catalogue, "citizen").blocks}
