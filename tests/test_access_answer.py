"""An access answer holds everything, says it in both languages, hides third parties and is logged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from app_fixtures import made, one_sentence, suggested, vejviser, with_suggestions  # noqa: F401 - fixtures

from assistant.access import gather
from assistant.app import Assistant
from assistant.core.cases import Located
from assistant.core.texts import LANGUAGES, Texts
from assistant.workspace import Workspace
from ethics.entry import NewEntry
from ethics.records import newest, records

NAME = "Kirsten Bjerregaard"
NOTE = f"Datteren {NAME}, tlf. 28 12 34 56, henter ham. Han vil gerne i gang."


@pytest.fixture
def assistant(with_suggestions: Path):  # type: ignore[no-untyped-def]  # noqa: F811
    with Assistant(Workspace(with_suggestions)) as opened:
        yield opened


def test_the_answer_holds_every_version_suggestion_decision_and_reading(assistant: Assistant) -> None:
    first = assistant.log.find(type="SuggestionShown")[0]
    known = assistant.recorded(str(first.ref))
    case_id = known.suggestion["case_id"]
    changed = {**known.case, "case": {**known.case["case"], "case_note": NOTE}}
    assistant.suggest(assistant.read_case(Located("test", changed)))
    assistant.decide(str(first.ref), "none", f"Aftalt med datteren {NAME}, tlf. 28 12 34 56.", "mette")
    assistant.explain(str(first.ref), reader="citizen")
    assistant.note_event(
        "ObjectionRegistered", {"by": "citizen", "against": "suggestion", "effect": "human_route"}, str(first.ref)
    )

    held = gather(assistant, case_id)

    assert [one["version"] for one in held.versions] == [1, 2]
    assert [fact["field"] for fact in held.versions[1]["changed"]] == ["case_note"]
    assert {fact["field"] for fact in held.facts} == set(changed["case"])
    assert len(held.suggestions) == 2
    assert [one["entry"] for one in held.accesses] == [
        e.index for e in assistant.log.find("DataAccess", subject=case_id)
    ]
    assert len(held.accesses) >= 2
    assert held.decisions[0]["by"] == "mette"
    assert {"ObjectionRegistered", "ExplanationGiven", "HumanDecision"} <= {e["type"] for e in held.events}
    assert held.stored == {"cases": 1, "case_versions": 2, "decisions": 1}
    assert held.entries == [entry.index for entry in assistant.log.find(subject=case_id)]
    everything = json.dumps([held.versions, held.decisions, held.events, held.facts], ensure_ascii=False)
    assert "28 12 34 56" not in everything
    assert held.hidden >= 2
    assert held.to_read >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_is_made_and_logged_in_both_languages(assistant: Assistant, language: str) -> None:
    case_id = assistant.recorded(str(assistant.log.find(type="SuggestionShown")[0].ref)).suggestion["case_id"]

    made_ = {
        form: assistant.access(case_id, form=form, language=language, by="dpo") for form in ("json", "html", "pdf")
    }

    data = json.loads(made_["json"])
    assert data["document"]["title"] == Texts.of("assistant", language)("access-title")
    assert data["held"]["facts"]
    headings = re.findall(r"<h2 id=\"([^\"]+)\"", made_["html"].decode())
    assert len(headings) == len(set(headings))
    assert {"access-facts", "access-timeline", "access-data", "access-correct", "access-complain"} <= set(headings)
    assert any(name.startswith("access-suggestion-1-") for name in headings)
    assert made_["pdf"].startswith(b"%PDF-")
    given = assistant.log.find(type="AccessGiven", subject=case_id)
    assert [entry.body["format"] for entry in given] == ["json", "html", "pdf"]
    assert given[0].body["by"] == "dpo"
    assert given[0].body["entries"] == len(data["held"]["entries"])


def test_an_objection_written_in_words_is_shown_without_the_third_party(assistant: Assistant) -> None:
    first = assistant.log.find(type="SuggestionShown")[0]
    case_id = assistant.recorded(str(first.ref)).suggestion["case_id"]
    body = {"by": "citizen", "against": "suggestion", "effect": "review"}
    assistant.log.append([NewEntry("ObjectionRegistered", body, first.ref, case_id, NOTE.encode())])

    page = assistant.access(case_id, form="html").decode()

    assert "Han vil gerne i gang" in page
    assert "28 12 34 56" not in page


def test_an_unknown_case_and_an_erased_one_get_one_sentence(with_suggestions: Path) -> None:  # noqa: F811
    unknown = vejviser("access", "aldrig-set", workspace=with_suggestions)
    assert unknown.code == 2
    assert "Nothing is held" in one_sentence(unknown)
    with Assistant(Workspace(with_suggestions)) as assistant:
        case_id = assistant.recorded(str(assistant.log.find(type="SuggestionShown")[0].ref)).suggestion["case_id"]
        assistant.erase(case_id, reason="request", by="dpo", filing_receipt="arkiv-1")

    erased = vejviser("access", case_id, "--format", "html", workspace=with_suggestions)

    assert erased.code == 2
    assert "Nothing is held" in one_sentence(erased)


def test_a_form_that_there_is_none_of_is_refused_and_nothing_logged(assistant: Assistant) -> None:
    size = assistant.log.size()

    with pytest.raises(Exception, match="docx"):
        assistant.access("V01", form="docx")

    assert assistant.log.size() == size


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_entry_about_a_person_has_words(language: str) -> None:
    texts = Texts.of("assistant", language)

    kinds = {name for name, version in newest().items() if records()[name, version].subject != "none"}

    assert sorted(name for name in kinds if not texts.has(f"event-{name}")) == []
