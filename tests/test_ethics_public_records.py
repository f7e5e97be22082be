"""Public records say what the system knows, and mark what it does not: nothing is invented."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.core.errors import UserError
from assistant.core.texts import LANGUAGES, Texts
from ethics.bilingual import both_languages
from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.keys import KeyStore
from ethics.legal_basis import LegalRegister
from ethics.log import EthicsLog
from ethics.log_facts import in_words, log_facts, register_facts
from ethics.public_records import FORMATS, as_mapping, as_markdown, document
from ethics.register_of_questions import question

SIGNER = Signer("vejviser.example/log", b"s" * 32)
ORGANISATION = dict.fromkeys(
    (
        "name",
        "team",
        "owner",
        "website",
        "contact",
        "third_parties",
        "benefits",
        "previous_process",
        "training",
        "maintenance",
        "data_coverage",
        "data_sources",
        "assessments",
        "period",
        "affected",
        "governance",
        "dpia",
        "notified",
        "processors",
        "risks",
        "dpo_advice",
        "consulted",
        "dpo",
        "recipients",
    ),
    "<somebody>",
)
MODEL = {
    "version": "m-1",
    "fields_read": ["weeks_unemployed"],
    "quality": {"auc": [0.7123, 0.69, 0.73], "brier": [0.2011, 0.19, 0.21], "calibration_error": 0.0123},
    "data": {"train": 9000, "test": 2000, "first": "2020-01-01", "last": "2025-12-31"},
}
SYSTEM = {
    "system": {"name": "Vejviser", "mode": "trial"},
    "pathways": [{"id": "gop_basal", "scored": True}, {"id": "sel_86", "scored": False}],
    "fields": {"total": 60, "scored": ["weeks_unemployed"], "protected": ["sex", "origin"], "sensitive": ["diagnosis"]},
    "guidance": {"documents": 40},
    "period": {"from": "2026-10-01", "to": "2026-12-31"},
}


@pytest.fixture
def log(tmp_path: Path) -> EthicsLog:
    keys = KeyStore.create(tmp_path / "keys", b"m" * 32)
    clock = iter(datetime(2026, 10, day, tzinfo=UTC) for day in range(1, 29))
    return EthicsLog.create(tmp_path / "log", "vejviser.example/log", SIGNER, keys=keys, clock=lambda: next(clock))


def shown() -> NewEntry:
    body = {
        "outcome": "foreslaa",
        "mode": "trial",
        "as_of": "2026-10-01",
        "order": ["gop_basal"],
        "unknowns": 0,
        "rules_version": "r-1",
        "scored": True,
        "cost_used": False,
        "budget_rule_shown": False,
    }
    return NewEntry("SuggestionShown", body, subject="CASE-secret", payload=b"{}")


def everything(log: EthicsLog, language: str = "da") -> dict[str, Any]:
    """Facts with which no document has a blank."""
    facts = {**SYSTEM, **register_facts(LegalRegister.built_in(), language), **log_facts(log)}
    facts |= {"organisation": ORGANISATION, "model": MODEL}
    facts["answers"] = {f"E{n:02d}": "7 %" for n in range(1, 29)}
    facts["harms"] = {"gop_basal": {"false_no": 4, "false_yes": 1}}
    facts["not_built"] = [{"idea": "en svindelmodel", "reasons": ["ikke vores formål"], "review_date": "2027-01-01"}]
    facts["omissions"] = [{"rule": "D1_syv_dage", "number": 12, "method": "talt efter regel"}]
    return facts


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_with_everything_known_a_document_has_no_blank_and_no_trace_of_its_template(
    log: EthicsLog, name: str, language: str
) -> None:
    made = document(name, everything(log, language), language)

    assert made.blanks == ()
    text = as_markdown(made, "{ask}")
    assert not re.search(r"\{\{|\{%|None|Undefined", text)
    assert len(text) > 800


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_is_a_marked_blank_with_its_question(log: EthicsLog, name: str, language: str) -> None:
    made = document(name, {**SYSTEM, **register_facts(LegalRegister.built_in(), language), **log_facts(log)}, language)
    blank = Texts.of("ethics", language)("record-blank", ask="{ask}")

    text = as_markdown(made, blank)

    assert made.blanks
    assert all(item.ask for item in made.blanks)
    assert text.count("[SKAL UDFYLDES" if language == "da" else "[TO BE FILLED") == len(made.blanks)
    assert "None" not in text


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_can_be_made_from_nothing_at_all(name: str) -> None:
    made = document(name, {})

    assert all(item.text is None or "None" not in item.text for section in made.sections for item in section.items)
    assert made.blanks


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_is_plain_values_with_its_blanks_counted(log: EthicsLog, name: str) -> None:
    made = document(name, {**SYSTEM, **log_facts(log)})

    read = json.loads(json.dumps(as_mapping(made)))

    assert read["format"] == name
    texts = [item["text"] for section in read["sections"] for item in section["items"]]
    assert texts.count(None) == read["blanks"] == len(made.blanks)


def test_without_a_model_no_word_is_said_about_one(log: EthicsLog) -> None:
    facts = everything(log)
    facts["model"] = {"version": None}

    made = document("atrs", facts, "en")

    by_id = {item.id: item for section in made.sections for item in section.items}
    assert [by_id[i].ask for i in ("4.2.1", "4.2.3", "4.2.7", "4.3.1")] == ["No model is in use."] * 4
    assert by_id["2.1"].text is not None
    assert "rules and guidance only" in by_id["2.1"].text


def test_the_numbers_are_those_of_the_log(log: EthicsLog) -> None:
    log.append([shown()])
    log.append(
        [shown(), NewEntry("NonBuildDecision", {"idea": "x", "reasons": ["y"], "review_date": "2027-01-01", "by": "b"})]
    )
    facts = log_facts(log)

    assert (facts["log"]["suggestions"], facts["log"]["size"]) == (2, 3)
    assert (facts["log"]["first"], facts["log"]["last"]) == ("2026-10-01", "2026-10-02")
    assert facts["not_built"][0]["idea"] == "x"
    assert facts["answers"]["E13"] == "0 %"
    assert facts["answers"]["E04"] is None
    assert log_facts(log, since=date(2026, 10, 2))["log"]["suggestions"] == 1
    assert log_facts(log, until=date(2026, 9, 30))["log"]["suggestions"] == 0


def test_no_person_is_in_the_facts(log: EthicsLog) -> None:
    log.append([shown()])
    subject = log.entry(0).subject

    facts = json.dumps(log_facts(log))

    assert "CASE-secret" not in facts
    assert subject is not None
    assert subject not in facts


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_legal_register_speaks_the_reader_s_language(language: str) -> None:
    facts = register_facts(LegalRegister.built_in(), language)

    assert ("jagt på snyd" in facts["legal"]["blocked"]) == (language == "da")
    assert facts["legal"]["bases"][0]["established_by"] == "vejviser"
    assert [base["established_by"] for base in facts["legal"]["bases"]].count(None) == 3
    assert all(rule["because"] for rule in facts["retention"])


def test_a_figure_without_evidence_has_no_words() -> None:
    one = question("E13")

    assert in_words(one.answer([]), one.spec) is None


def test_there_is_no_such_format() -> None:
    with pytest.raises(UserError, match="atrs, fria, dpia, art30, quarter"):
        document("poem", {})


def test_a_template_cannot_reach_beyond_its_facts(log: EthicsLog) -> None:
    facts = everything(log)
    facts["system"] = {"name": "{{ 7 * 7 }} <b>x</b>", "mode": "trial"}

    text = as_markdown(document("atrs", facts), "{ask}")

    assert "{{ 7 * 7 }} <b>x</b>" in text  # a value is text, never a template


@pytest.mark.parametrize("value", ["", " ", None, {"da": "x"}, {"da": "x", "en": ""}, {"da": "x", "en": 7}, 7])
def test_a_text_in_data_stands_in_both_languages(value: object) -> None:
    with pytest.raises(ValueError, match="text"):
        both_languages(value)
