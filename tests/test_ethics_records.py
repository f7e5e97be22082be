from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics.errors import RecordError
from ethics.records import check_entry, newest, records
from ethics.screen import personal_data

# The types that the ethics handbook asks for, part C, and those its questions need beyond them.
PART_C = """NoticeGiven ObjectionRegistered DataAccess RuleTrace SuggestionShown GoalShown HumanDecision
DeadlineComputed DeadlineOverridden ExplanationGiven CounterfactualRun InjectionDetected PIIRedacted
ThirdPartyMasked Incident NonBuildDecision OmissionEstimate EthicsReview KillSwitch ModelVersion RulesVersion"""
BEYOND = """ScreenOrder ValidityCheck SuggestionDismissed TextSourceUsed OutputRendered UnderstandingCheck PurposeCode
ComputeUsed TwinCaseTest HarmMatrix ComplaintReceived ComplaintForwarded ComplaintOutcome ConsentGiven ConsentWithdrawn
ExplanationRefused DecisionCorrected Erasure AccessGiven KeyRotated Checkpointed Witnessed"""
KILL = {"action": "suspend", "kind": "pathway", "scope": "gop_basal", "by": "lead", "why": "a fault", "drill": False}


def fitting(kind: str) -> Any:
    """A value that a kind of key accepts."""
    kind = kind.removesuffix("?")
    if kind.startswith("list "):
        return [fitting(kind[5:])]
    if kind.startswith("map "):
        return {"key": fitting(kind[4:])}
    if kind.startswith("code("):
        return kind[5:-1].split("|")[0]
    return {
        "text": "Reglen efter SUL § 140, fra 2026-11-22.",
        "id": "model-1",
        "code": "phone",
        "law": "SUL § 140, stk. 1",
        "hash": "0" * 64,
        "date": "2026-11-22",
        "time": "2026-11-22T10:00:00Z",
        "int": 3,
        "number": 0.5,
        "bool": True,
        "vkey": "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    }[kind]


@pytest.mark.parametrize("name", (PART_C + " " + BEYOND).split())
def test_the_handbook_s_type_exists(name: str) -> None:
    assert name in newest()


@pytest.mark.parametrize(("name", "version"), records())
def test_a_fitting_entry_is_accepted_and_one_with_any_key_wrong_is_not(name: str, version: int) -> None:
    record = records()[name, version]
    body = {key: fitting(kind) for key, kind in record.body.items()}
    subject, payload = record.subject != "none", record.payload != "none"

    assert check_entry(name, version, body, subject, payload) == record
    assert record.doc.endswith(".")
    assert record.subject != "none" or record.payload == "none"  # a payload is sealed under its subject's key
    for key, kind in record.body.items():
        with pytest.raises(RecordError, match=f"`{key}`"):
            check_entry(name, version, {**body, key: object()}, subject, payload)
        without = {other: value for other, value in body.items() if other != key}
        if kind.endswith("?"):
            check_entry(name, version, without, subject, payload)
        else:
            with pytest.raises(RecordError, match=f"`{key}` is missing"):
                check_entry(name, version, without, subject, payload)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "stop"}, "`action` is none of restore, suspend"),
        ({"scope": "two words"}, "`scope` is not an id"),
        ({"drill": 1}, "`drill` is not true or false"),
        ({"why": "x" * 501}, "`why` is not a text of 1 to 500"),
        ({"why": ""}, "`why` is not a text"),
        ({"surprise": 1}, "`surprise` is unknown"),
        ({"why": "Ring til 28 12 34 56"}, "phone number"),
        ({"why": "Borgeren 010170-1234 klagede"}, "cpr number"),
        ({"scope": "0101701234"}, "cpr number"),
        ({"by": "mette@example.dk"}, "e-mail address"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_and_the_key_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        check_entry("KillSwitch", None, {**KILL, **change}, False, False)


def test_an_unknown_type_or_version_is_refused() -> None:
    with pytest.raises(RecordError, match="no such type"):
        check_entry("Gossip", None, {}, False, False)
    with pytest.raises(RecordError, match="newest version is 1"):
        check_entry("KillSwitch", 7, KILL, False, False)


def test_who_it_is_about_and_what_is_sealed_must_fit_the_type() -> None:
    with pytest.raises(RecordError, match="subject is not allowed"):
        check_entry("KillSwitch", None, KILL, True, False)
    with pytest.raises(RecordError, match="payload is not allowed"):
        check_entry("KillSwitch", None, KILL, False, True)
    with pytest.raises(RecordError, match="subject is missing"):
        check_entry("RuleTrace", None, {}, False, True)
    with pytest.raises(RecordError, match="payload is missing"):
        check_entry("RuleTrace", None, {}, True, False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CPR 010170-1234", "cpr number"),
        ("CPR 0101701234", "cpr number"),
        ("erstatnings-cpr 610170 1234", "cpr number"),
        ("skriv til ada@example.dk", "e-mail address"),
        ("+45 28123456", "phone number"),
        ("0045 28 12 34 56", "phone number"),
        ("tlf. 28-12-34-56", "phone number"),
        ("28123456", "phone number"),
        ("SUL § 140, stk. 1", None),
        ("2026-11-22T10:00:00Z", None),
        ("20261122", None),
        ("j.nr. 2023-212-0015", None),
        ("journal 9999999999", None),
        ("version 1.2.3, 87326 rows", None),
        ("hash 6e340b9cffb37a989ca544e6bb780a2c", None),
        ("@ § 5", None),
    ],
)
def test_personal_data_is_found_by_its_shape(text: str, found: str | None) -> None:
    assert personal_data(text) == found


@given(
    st.integers(1, 31), st.integers(1, 12), st.integers(0, 99), st.integers(0, 9999), st.sampled_from(["", "-", " "])
)
def test_no_cpr_number_gets_through(day: int, month: int, year: int, last: int, between: str) -> None:
    cpr = f"{day:02d}{month:02d}{year:02d}{between}{last:04d}"

    assert personal_data(f"om {cpr}.") == "cpr number"
    with pytest.raises(RecordError):
        check_entry("KillSwitch", None, {**KILL, "why": f"se {cpr}"}, False, False)


@given(st.text(alphabet="abcdefæøå §,.", max_size=80))
def test_ordinary_words_are_never_taken_for_personal_data(text: str) -> None:
    assert personal_data(text) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e16, 2**53, "1", True])
def test_a_number_is_finite_and_can_be_read_back(value: object) -> None:
    with pytest.raises(RecordError, match="`cpu_seconds`"):
        check_entry("ComputeUsed", None, {"work": "x", "cases": 1, "cpu_seconds": value}, False, False)


def test_a_number_that_is_a_cpr_number_is_refused() -> None:
    body = {"size": 3112701234, "root": "0" * 64, "where": "website"}

    with pytest.raises(RecordError, match="cpr number"):
        check_entry("Checkpointed", None, body, False, False)
