from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.texts import LANGUAGES, Texts
from ethics.legal_basis import LegalRegister, Query, Reason, RegisterError, access_entries
from ethics.records import check_entry

TODAY = date(2026, 11, 22)
REGISTER = LegalRegister.built_in()
SIGNED = """
version: 1
purposes: {scoring: the chance, rules: the conditions}
blocked_purposes: {fraud: hunting}
bases:
  - id: job-ai
    laws: [LAB, SDL]
    fields: [weeks_*, goal_text]
    purposes: [scoring]
    modes: [operation]
    roles: [caseworker]
    ground: Lov 1750/2025
    established: {by: kommunaljurist, date: 2026-03-01, document: J-1}
    valid_from: 2026-02-01
    valid_to: 2026-12-31
  - id: job-rules
    laws: [LAB]
    fields: ["*"]
    purposes: [rules]
    modes: [operation]
    roles: ["*"]
    ground: RSL § 10
    established: {by: kommunaljurist, date: 2026-01-01, document: J-2}
    valid_from: 2026-01-01
"""


def signed() -> LegalRegister:
    return LegalRegister.parse(SIGNED)


def test_a_field_is_read_on_a_ground_that_is_named() -> None:
    permission = signed().permitted("LAB", "weeks_unemployed", "scoring", "operation", TODAY)

    assert (permission.allowed, permission.reason, permission.basis) == (True, Reason.BASIS, "job-ai")


@pytest.mark.parametrize(
    ("law", "field", "purpose", "mode", "on", "role", "reason"),
    [
        ("SUL", "weeks_unemployed", "scoring", "operation", TODAY, "caseworker", Reason.NO_BASIS),
        ("LAB", "diagnosis", "scoring", "operation", TODAY, "caseworker", Reason.NO_BASIS),
        ("LAB", "weeks_unemployed", "scoring", "trial", TODAY, "caseworker", Reason.NO_BASIS),
        ("LAB", "weeks_unemployed", "marketing", "operation", TODAY, "caseworker", Reason.UNKNOWN_PURPOSE),
        ("LAB", "weeks_unemployed", "fraud", "operation", TODAY, "caseworker", Reason.BLOCKED_PURPOSE),
        ("LAB", "weeks_unemployed", "scoring", "operation", date(2026, 2, 15), "caseworker", Reason.NOT_ESTABLISHED),
        ("LAB", "weeks_unemployed", "scoring", "operation", date(2027, 1, 1), "caseworker", Reason.NOT_IN_FORCE),
        ("LAB", "weeks_unemployed", "scoring", "operation", TODAY, "clerk", Reason.OTHER_ROLE),
        ("SDL", "weeks_unemployed", "rules", "operation", TODAY, "caseworker", Reason.NO_BASIS),
    ],
)
def test_without_a_ground_that_fits_in_every_way_it_is_denied(
    law: str, field: str, purpose: str, mode: str, on: date, role: str, reason: Reason
) -> None:
    permission = signed().permitted(law, field, purpose, mode, on, role)

    assert (permission.allowed, permission.reason) == (False, reason)


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.dates())
def test_whatever_is_not_written_is_denied(law: str, field: str, purpose: str, mode: str, on: date) -> None:
    empty = LegalRegister.parse("version: 1\npurposes: {scoring: x}\nblocked_purposes: {fraud: x}\nbases: []\n")

    assert not empty.permitted(law, field, purpose, mode, on).allowed
    assert not empty.permitted(law, field, "scoring", mode, on).allowed


def test_in_trial_everything_but_the_blocked_purposes_is_open() -> None:
    for purpose in REGISTER.purposes:
        assert REGISTER.permitted("SEL", "any_field", purpose, "trial", TODAY).allowed
    for purpose in REGISTER.blocked:
        permission = REGISTER.permitted("SEL", "any_field", purpose, "trial", TODAY)
        assert (permission.allowed, permission.reason) == (False, Reason.BLOCKED_PURPOSE)


@pytest.mark.parametrize("law", ["SUL", "SEL", "AEL", "LAB", "SDL", "LAS", "LOB", "LSP"])
def test_in_operation_the_rules_are_open_and_no_score_is_until_the_municipality_signs(law: str) -> None:
    assert REGISTER.permitted(law, "any_field", "rules", "operation", TODAY).allowed
    scoring = REGISTER.permitted(law, "any_field", "scoring", "operation", TODAY)
    assert not scoring.allowed
    assert scoring.reason in (Reason.NO_BASIS, Reason.NOT_ESTABLISHED)


def test_a_reading_is_logged_once_for_each_ground_with_what_was_masked() -> None:
    query = Query("LAB", "scoring", "operation", TODAY)
    permissions = signed().judge_all(query, ["weeks_unemployed", "goal_text", "diagnosis"])

    entries = access_entries(query, permissions, "C-1", "job", "S-1")

    assert [entry.type for entry in entries] == ["DataAccess"]
    assert entries[0].body["fields"] == ["weeks_unemployed", "goal_text"]
    assert entries[0].body["masked_fields"] == ["diagnosis"]
    assert entries[0].body["basis"] == "job-ai"
    check_entry("DataAccess", None, entries[0].body, True, False)


def test_a_reading_that_was_wholly_denied_is_logged_as_masked() -> None:
    query = Query("SEL", "scoring", "operation", TODAY)

    (entry,) = access_entries(query, signed().judge_all(query, ["diagnosis"]), "C-1", "social")

    assert (entry.body["fields"], entry.body["masked"]) == ([], 1)
    assert "basis" not in entry.body


def test_a_blocked_purpose_reads_nothing_and_the_attempt_is_logged() -> None:
    query = Query("LAB", "fraud", "operation", TODAY)

    (entry,) = access_entries(query, signed().judge_all(query, ["weeks_unemployed"]), "C-1", "job")

    assert entry.type == "PurposeCode"
    assert (entry.body["allowed"], entry.body["blocked"], entry.body["purpose"]) == (False, True, "fraud")
    check_entry("PurposeCode", None, entry.body, True, False)


def test_nothing_to_read_is_nothing_to_log() -> None:
    assert access_entries(Query("LAB", "scoring", "operation", TODAY), {}, "C-1", "job") == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 2", "version: 1"),
        ("laws: [LAB, SDL]", "laws: LAB", "`job-ai` needs a list of names in `laws`"),
        ("laws: [LAB, SDL]", "laws: []", "`laws`"),
        ("valid_from: 2026-02-01", "valid_from: soon", "`valid_from`"),
        ("valid_to: 2026-12-31", "valid_to: 2026-13-31", "month must be in 1..12"),
        ("purposes: [scoring]", "purposes: [selling]", "`selling`, which is not allowed"),
        ("{by: kommunaljurist, date: 2026-03-01, document: J-1}", "{by: kommunaljurist, date: 2026-03-01}", "document"),
        ("{by: kommunaljurist, date: 2026-03-01, document: J-1}", "{by: x, document: J-1}", "`date`"),
        ("ground: Lov 1750/2025", "ground: ''", "`ground`"),
        ("id: job-rules", "id: job-ai", "same id"),
        ("id: job-rules", "no: job-ai", "no `id`"),
        ("{fraud: hunting}", "{scoring: hunting}", "both allowed and blocked"),
        ("{fraud: hunting}", "[fraud]", "`blocked_purposes`"),
        ("version: 1", "version: [", "no YAML"),
    ],
)
def test_a_register_with_a_fault_is_refused_and_the_place_named(old: str, new: str, message: str) -> None:
    assert old in SIGNED

    with pytest.raises(RegisterError, match=message):
        LegalRegister.parse(SIGNED.replace(old, new, 1))


def test_the_municipality_s_own_register_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(SIGNED, encoding="utf-8")

    own = LegalRegister.load(tmp_path / "own.yaml")

    assert own == signed()
    assert own.hash != REGISTER.hash
    with pytest.raises(RegisterError, match="cannot be read"):
        LegalRegister.load(tmp_path / "none.yaml")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(language: str) -> None:
    texts = Texts.of("ethics", language)

    for reason in Reason:
        assert texts(f"basis-{reason.value}", basis="casework")
