"""Drafts for public registers come from the running workspace, and ask about what no program can know."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_fixtures import made, one_sentence, suggested, vejviser, with_suggestions, workspace  # noqa: F401 - fixtures

from assistant.app import Assistant
from assistant.core.errors import UserError
from assistant.core.texts import LANGUAGES
from assistant.publishing import ANSWERS, FORMATS, MODEL_CARD, ORGANISATION, draft
from assistant.workspace import Workspace
from ethics.entry import NewEntry
from ethics.public_records import as_mapping, document


@pytest.fixture
def assistant(with_suggestions: Path):  # type: ignore[no-untyped-def]  # noqa: F811
    with Assistant(Workspace(with_suggestions)) as opened:
        yield opened


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", [form for form in FORMATS if form != MODEL_CARD])
def test_a_draft_is_written_from_the_workspace_and_counts_its_blanks(
    assistant: Assistant, form: str, language: str
) -> None:
    made_ = draft(assistant, form, language)

    mark = {"da": "[SKAL UDFYLDES", "en": "[TO BE FILLED"}[language]
    assert made_.markdown.count(mark) == made_.blanks == made_.data["blanks"]
    assert str(assistant.log.size()) in made_.markdown
    assert "None" not in made_.markdown
    assert "{{" not in made_.markdown


def test_the_model_card_is_that_of_the_model_in_use(assistant: Assistant) -> None:
    assert assistant.model is not None

    assert assistant.model.version in draft(assistant, MODEL_CARD).markdown.splitlines()[0]


def test_the_atrs_record_names_the_model_its_fields_and_the_purposes_blocked(assistant: Assistant) -> None:
    text = draft(assistant, "atrs").markdown

    assert assistant.model is not None
    assert assistant.model.version in text
    assert f"{len(assistant.catalogue.pathways)} forløb" in text


def test_what_the_municipality_answers_takes_a_blank_away(assistant: Assistant) -> None:
    before = draft(assistant, "fria").blanks
    answers = assistant.workspace.folder / ORGANISATION
    answers.write_text("affected: Cirka 900 borgere om året.\n", encoding="utf-8")

    after = draft(assistant, "fria")

    assert after.blanks == before - 1
    assert "Cirka 900 borgere om året." in after.markdown


@pytest.mark.parametrize("text", ["motto: hej\n", "affected: 900\n", "- x\n", "affected: [\n"])
def test_answers_that_cannot_be_used_are_one_sentence(assistant: Assistant, text: str) -> None:
    (assistant.workspace.folder / ORGANISATION).write_text(text, encoding="utf-8")

    with pytest.raises(UserError, match=ORGANISATION):
        draft(assistant, "atrs")


def test_every_answer_that_a_draft_asks_for_can_be_given() -> None:
    facts = {"organisation": dict.fromkeys(ANSWERS, "<svar>")}

    texts = [
        i["text"]
        for f in FORMATS
        if f != MODEL_CARD
        for s in as_mapping(document(f, facts))["sections"]
        for i in s["items"]
    ]

    # Whatever asks only for the organisation's own words is answered by them.
    assert sum(text is not None and "<svar>" in text for text in texts) >= len(ANSWERS) - 4


def test_the_quarterly_page_counts_its_own_days_only(assistant: Assistant) -> None:
    body = {"idea": "Forudsige snyd", "reasons": ["Ikke vores formål"], "review_date": "2027-06-01", "by": "raad"}
    assistant.log.append([NewEntry("NonBuildDecision", body)])

    now, then = (
        draft(assistant, "quarter"),
        vejviser(
            "register",
            "--format",
            "quarter",
            "--from",
            "2020-01-01",
            "--to",
            "2020-03-31",
            workspace=assistant.workspace.folder,
        ),
    )

    assert "Forudsige snyd" in now.markdown
    assert "viste 20 forslag" in now.markdown
    assert "viste 0 forslag" in then.out
    assert "Forudsige snyd" not in then.out


def test_a_format_that_there_is_none_of_and_a_period_backwards_are_one_sentence(workspace: Path) -> None:  # noqa: F811
    wrong = vejviser("register", "--format", "atrs9", workspace=workspace)
    backwards = vejviser(
        "register", "--format", "quarter", "--from", "2026-02-01", "--to", "2026-01-01", workspace=workspace
    )

    assert (wrong.code, backwards.code) == (2, 2)
    assert "model-card" in one_sentence(wrong)
    assert "2026-02-01" in one_sentence(backwards)
