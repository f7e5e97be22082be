"""The citizen's text: plain, complete, without figures of chance, and silent about what no letter may hold."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from assistant.core.catalogue import Catalogue
from assistant.core.domain import ModelUse
from eval.metrics.readability import lix, sentences_of, words_of
from eval.suites.explanation_cases import InventedSuggestion, invented_suggestion, random_case
from explain.citizen import citizen_text
from explain.complaints import complaint_bodies
from explain.document import Document
from explain.easy_read import easy_read
from explain.jargon import jargon_in, unexplained
from explain.render_ssml import render_ssml
from explain.render_text import render_text
from explain.telephone import telephone_script
from explain.view import Contact
from explain.view_build import explanation_view

CONTACT = Contact(name="Mette Holm", telephone="36 37 70 00")

KNEE = {
    "age": 58,
    "years_to_pension_age": 11.2,
    "benefit_type": "loen_under_sygdom",
    "employment_status": "ansat",
    "gop_level": "almen_basal",
    "hospital_discharge_date": {"value": "2026-11-18", "source": "sygehuset", "observed_on": "2026-11-18"},
    "function_loss_cause": "sygehusbehandlet",
    "fsiii_level": 1,
    "pain_nrs": 4,
    "consent_health_exchange": "givet",
    "citizen_goals": "Cykle til arbejde igen.",
    "case_note": "Går med to stokke.",
}


def suggested(
    catalogue: Catalogue, facts: dict[str, Any], *, scored: bool = True, area: str = "alle"
) -> InventedSuggestion:
    return invented_suggestion(
        {"id": "K1", "today": "2026-11-23", "caller_area": area, "case": facts}, catalogue, 7, scored=scored
    )


def letter(
    catalogue: Catalogue, made: InventedSuggestion, language: str = "da", contact: Contact = CONTACT
) -> Document:
    view = explanation_view(made.suggestion, made.facts, catalogue, contact=contact, texts=made.texts)
    return citizen_text(view, catalogue, language)


def ours(text: Document) -> str:
    """What we wrote: all but the citizen's own words."""
    return "\n".join(s.text for s in text.sentences() if s.key != "goal-quote")


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_letter_reads_as_it_was_read_through(
    catalogue: Catalogue, language: str, request: pytest.FixtureRequest
) -> None:
    text = render_text(letter(catalogue, suggested(catalogue, KNEE, scored=False), language))

    golden = request.path.parent / "golden" / f"explain_citizen_{language}.txt"
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_figure_of_chance_reaches_a_citizen(catalogue: Catalogue, language: str) -> None:
    for seed in range(150):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        view = explanation_view(made.suggestion, made.facts, catalogue, texts=made.texts)
        for text in (citizen_text(view, catalogue, language), telephone_script(view, catalogue, language)):
            said = render_text(text)
            assert not re.search(r"%|procent|per ?cent|sandsynlig|probab|chance|score|logit", said, re.IGNORECASE)
            for item in made.suggestion["assessments"]:
                if item["probability"] is not None:
                    assert f"{item['probability']:.2f}".replace(".", ",") not in said


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_text_is_easy_to_read(catalogue: Catalogue, language: str) -> None:
    found = []
    for seed in range(150):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        text = ours(letter(catalogue, made, language))
        found.append(lix(text))
        long = [s for s in sentences_of(text) if len(words_of(s)) > 20]
        assert long == []

    assert max(found) <= 42
    assert sum(found) / len(found) <= 35


def test_what_may_only_be_displayed_never_stands_in_a_letter(catalogue: Catalogue) -> None:
    hidden = [
        (name, item)
        for name, spec in catalogue.fields.items()
        for item in spec.allowed
        if spec.use_of(item) in (ModelUse.DISPLAY_ONLY, ModelUse.AUDIT_ONLY) and item not in ("ingen", "uoplyst")
    ]
    assert hidden
    for name, item in hidden:
        spec = catalogue.fields[name]
        value = [item, "smerter"] if spec.type == "list" else item
        made = suggested(catalogue, {**KNEE, name: value})
        for language in ("da", "en"):
            said = render_text(letter(catalogue, made, language)).lower()
            words = re.escape(catalogue.value_label(name, item, language).lower())
            assert not re.search(rf"\b(?:{words}|{item})\b", said), (name, item)


def test_own_words_are_not_quoted_when_something_is_kept_out_of_the_letter(catalogue: Catalogue) -> None:
    goal = "Et sted at bo, hvor han ikke kan finde mig."
    open_case = suggested(catalogue, {**KNEE, "citizen_goals": goal})
    kept_out = suggested(catalogue, {**KNEE, "citizen_goals": goal, "barriers": ["tryghed_partnervold", "smerter"]})

    assert goal in render_text(letter(catalogue, open_case), width=400)
    assert goal not in render_text(letter(catalogue, kept_out), width=400)


@pytest.mark.parametrize(
    ("representative", "key"),
    [
        ("ingen", None),
        ("bisidder", None),
        ("partsrepraesentant", "addressee-representative"),
        ("vaerge_personlig", "addressee-guardian"),
        ("foraeldremyndighed", "addressee-parents"),
    ],
)
def test_the_letter_goes_to_the_one_who_speaks_for_the_citizen(
    catalogue: Catalogue, representative: str, key: str | None
) -> None:
    text = letter(catalogue, suggested(catalogue, {**KNEE, "representative": representative}))

    addressed = [s.key for s in text.sentences() if s.key.startswith("addressee-")]
    assert addressed == ([key, "addressee-you"] if key else [])


def test_a_named_person_and_a_telephone_number_come_first(catalogue: Catalogue) -> None:
    made = suggested(catalogue, KNEE)

    with_contact = next(b for b in letter(catalogue, made).blocks if b.id == "complain")
    without = next(b for b in letter(catalogue, made, contact=Contact()).blocks if b.id == "complain")

    assert with_contact.sentences[0].text == "Ring først til Mette Holm på 36 37 70 00."
    assert without.sentences[0].key == "complain-call-anyone"


def test_every_pathway_has_the_complaint_body_its_catalogue_text_names(catalogue: Catalogue) -> None:
    for pathway in catalogue.pathways.values():
        bodies = [body.name_da for body in complaint_bodies(pathway)]
        assert bodies, pathway.id
        assert any(name in pathway.complaint for name in bodies) or "Ingen afgørelse" in pathway.complaint, pathway.id
        for name in ("Ankestyrelsen", "Styrelsen for Patientklager"):
            # A text may name Ankestyrelsen as supervision of a service level, which is no complaint body.
            if pathway.complaint.startswith(name):
                assert name in bodies, pathway.id


def test_a_health_act_plan_is_complained_of_to_the_patient_agency_with_its_own_deadline(catalogue: Catalogue) -> None:
    text = letter(catalogue, suggested(catalogue, KNEE))
    said = ours(text)

    assert "Styrelsen for Patientklager" in said
    assert "inden 2 år" in said
    assert "Ankestyrelsen" not in said
    assert "4 uger" not in said


def test_masked_fields_are_named_by_kind_and_their_values_nowhere(catalogue: Catalogue) -> None:
    facts = {**KNEE, "consent_health_exchange": "tilbagekaldt", "substance_use": "afhaengighed_alkohol", "mrc_score": 5}
    made = suggested(catalogue, facts, area="job")
    text = letter(catalogue, made)
    said = render_text(text, width=400)

    assert "Vi har ikke set oplysninger om helbred og træning. Det må vi kun, hvis du siger ja." in said
    assert catalogue.value_label("substance_use", "afhaengighed_alkohol", "da") not in said
    assert catalogue.value_label("gop_level", "almen_basal", "da") not in said
    assert [c for c in text.claims() if "mrc_score" in c.source] == []


def test_an_outdated_measurement_is_said_to_be_too_old(catalogue: Catalogue) -> None:
    name, spec = next((n, s) for n, s in catalogue.fields.items() if s.max_age_months and s.type == "integer")
    old = (dt.date(2026, 11, 23) - dt.timedelta(days=31 * (spec.max_age_months or 0) + 40)).isoformat()
    made = suggested(catalogue, {**KNEE, name: {"value": int((spec.range or (0, 1))[1]), "observed_on": old}})

    said = [s for s in letter(catalogue, made).sentences() if s.key == "not-used-outdated"]

    assert [s.values["plain"] for s in said] == [spec.plain_da]


@pytest.mark.parametrize(
    "outcome",
    ["ingen_indsats_nu", "spoerg_foerst", "spoerg_om_samtykke_foerst", "anden_myndighed", "oversend_til_anden_kommune"],
)
def test_every_kind_of_result_is_said_in_words_of_its_own(catalogue: Catalogue, outcome: str) -> None:
    made = suggested(catalogue, KNEE)
    made.suggestion["outcome"] = outcome
    text = letter(catalogue, made)

    assert f"outcome-{outcome}" in {s.key for s in text.sentences()}
    if outcome != "anden_myndighed":
        assert "suggest-first" not in {s.key for s in text.sentences()}


def test_a_duty_is_explained_and_never_suggested(catalogue: Catalogue) -> None:
    duty = next(p for p in catalogue.pathways.values() if p.duty)
    facts = {
        "age": 35,
        "benefit_type": "kontanthjaelp",
        "visitation_status": "jobparat",
        "years_to_pension_age": 30,
        "work_capacity_hours": 37,
        "employment_status": "ledig",
        "consent_health_exchange": "givet",
        "citizen_goals": "Et job.",
        "barriers": ["ensomhed"],
    }
    text = letter(catalogue, suggested(catalogue, facts))

    blocks = {block.id: " ".join(s.text for s in block.sentences) for block in text.blocks}
    assert duty.name_da in blocks["duties"]
    assert "pligt" in blocks["duties"]
    assert duty.name_da not in blocks["suggestion"] + blocks.get("others", "")


def test_the_machine_and_the_human_are_both_named(catalogue: Catalogue) -> None:
    keys = {s.key for s in letter(catalogue, suggested(catalogue, KNEE)).sentences()}

    assert {"decides-machine", "decides-human", "you-can-person", "complain-objection", "complain-data"} <= keys


def test_an_unlogged_suggestion_claims_no_receipt(catalogue: Catalogue) -> None:
    made = suggested(catalogue, KNEE)
    made.suggestion["ledger"] = None
    text = letter(catalogue, made)

    assert text.receipt is None
    assert "receipt-log" not in {s.key for s in text.sentences()}


def test_no_word_of_the_trade_stands_unexplained(catalogue: Catalogue) -> None:
    used = 0
    for seed in range(150):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        text = letter(catalogue, made)
        explained = "\n".join(s.text for b in text.blocks if b.id == "words" for s in b.sentences)
        said = ours(text).replace(explained, "")
        used += bool(jargon_in(said, "da"))
        assert unexplained(said, explained, "da") == ()
    assert used > 30


def test_a_result_without_a_pathway_says_what_it_was_seen_from(catalogue: Catalogue) -> None:
    facts = {
        "visitation_status": "jobparat",
        "work_capacity_outlook": "normal",
        "barriers": ["ingen"],
        "diagnosis_groups": ["ingen"],
        "efforts_tried": ["ingen"],
        "consent_health_exchange": "givet",
    }
    made = suggested(catalogue, facts, scored=False)
    rule = catalogue.outcomes[0]
    made.suggestion["outcome_reason"] = {"text_da": rule.text_da, "text_en": rule.text_en}
    blocks = {block.id: block for block in letter(catalogue, made).blocks}

    assert made.suggestion["outcome"] == "ingen_indsats_nu"
    assert {s.values["plain"] for s in blocks["outcome-why"].sentences} == {
        catalogue.fields[name].plain_da for name in facts if name != "consent_health_exchange"
    }


def test_money_is_never_a_reason(catalogue: Catalogue) -> None:
    for pathway in catalogue.pathways.values():
        refs = [str(ref) for ref in pathway.legal_basis]
        view = explanation_view(suggested(catalogue, KNEE, scored=False).suggestion, {}, catalogue)
        assert view.first is not None
        text = citizen_text(
            dataclasses.replace(view, first=dataclasses.replace(view.first, law=tuple(refs), pathway=pathway.id)),
            catalogue,
        )
        assert "203 a" not in render_text(text)
        assert "udgift" not in render_text(text)


def test_the_easy_variant_keeps_every_right_and_invents_nothing(catalogue: Catalogue) -> None:
    for seed in range(60):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        whole = letter(catalogue, made)
        short = easy_read(whole)

        told = {s.text for s in whole.sentences()}
        assert all(s.text in told or s.key == "easy-note" for s in short.sentences())
        kept = {b.id: b for b in short.blocks}
        for block in whole.blocks:
            if block.id in ("suggestion", "decides", "refusal", "complain", "you-can", "duties"):
                assert kept[block.id] == block
        assert len(list(short.sentences())) < len(list(whole.sentences()))


def test_read_aloud_marks_every_sentence_and_the_telephone_number(catalogue: Catalogue) -> None:
    text = letter(catalogue, suggested(catalogue, KNEE))
    spoken = ET.fromstring(render_ssml(text))

    said = ["".join(node.itertext()) for node in spoken.iter() if node.tag.endswith("}s")]
    assert all(sentence.text in said for sentence in text.sentences())
    assert [node.text for node in spoken.iter() if node.tag.endswith("say-as")] == ["36 37 70 00"]
