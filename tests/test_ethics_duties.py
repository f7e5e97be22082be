"""Clocks that run on the municipality, what holds an erasure back, and draws that nobody can steer."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import UserError
from ethics.checkpoint import Signer
from ethics.clocks import complaints, received_entry, unreported
from ethics.entry import Entry, NewEntry
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.records import check_entry
from ethics.retention import Rule, built_in_rules, holds, parse_rules
from ethics.sampling import draw, risk_weights, seed_of

SIGNER = Signer("vejviser.example/log", b"s" * 32)
MARCH = date(2026, 3, 2)


def entry(index: int, kind: str, body: dict[str, Any], day: str = "2026-03-02", ref: str | None = None) -> Entry:
    return Entry(index, f"{day}T12:00:00Z", kind, 1, ref, "ada", body, None, "")


def complaint_entries(*steps: str) -> list[Entry]:
    received = received_entry("K-1", "C-1", channel="phone", about="decision", received=MARCH)
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "received": ("ComplaintReceived", dict(received.body)),
        "forwarded": (
            "ComplaintForwarded",
            {"complaint": "K-1", "to": "ankestyrelsen", "forwarded": "2026-03-20", "with_file": True},
        ),
        "decided": (
            "ComplaintOutcome",
            {
                "complaint": "K-1",
                "outcome": "changed",
                "decided": "2026-06-01",
                "by": "ankestyrelsen",
                "board_informed": True,
            },
        ),
    }
    for kind, body in bodies.values():
        check_entry(kind, None, body, True, False)
    return [entry(at, *bodies[step]) for at, step in enumerate(steps)]


def test_a_complaint_is_to_be_reassessed_within_four_weeks() -> None:
    (one,) = complaints(complaint_entries("received"))

    assert (one.received, one.reassess_by, one.open) == (MARCH, date(2026, 3, 30), True)
    assert not one.overdue(date(2026, 3, 30))
    assert one.overdue(date(2026, 3, 31))


def test_a_forwarded_complaint_is_open_but_not_overdue() -> None:
    (one,) = complaints(complaint_entries("received", "forwarded"))

    assert (one.forwarded, one.forwarded_to, one.open) == (date(2026, 3, 20), "ankestyrelsen", True)
    assert not one.overdue(date(2026, 12, 31))


def test_a_decided_complaint_goes_back_to_the_board() -> None:
    (one,) = complaints(complaint_entries("received", "forwarded", "decided"))

    assert (one.outcome, one.decided, one.board_informed, one.open) == ("changed", date(2026, 6, 1), True, False)
    assert not one.overdue(date(2026, 12, 31))


def test_steps_of_an_unknown_complaint_make_no_complaint() -> None:
    assert complaints(complaint_entries("forwarded", "decided")) == []


def incident(index: int, ref: str | None, reported: str | None = None) -> Entry:
    body = {"what": "a letter went astray", "affected": 1, "severity": "high", "noticed": "2026-03-02T08:00:00Z"}
    check_entry("Incident", None, {**body, "reported": reported}, False, False)
    return entry(index, "Incident", {**body, "reported": reported}, ref=ref)


def test_an_incident_is_to_be_reported_within_72_hours() -> None:
    (one,) = unreported([incident(0, "I-1")])

    assert one.due == datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
    assert not one.overdue(one.due)
    assert one.overdue(one.due + timedelta(seconds=1))


def test_a_reported_incident_no_longer_runs() -> None:
    assert unreported([incident(0, "I-1"), incident(1, "I-1", "2026-03-03T08:00:00Z")]) == []
    assert [
        one.entry
        for one in unreported([incident(0, "I-1"), incident(1, None), incident(2, "I-1", "2026-03-03T08:00:00Z")])
    ] == [1]


def decided(index: int, day: str = "2026-03-02", **more: Any) -> Entry:
    return entry(index, "HumanDecision", {"outcome": "followed", "reason": "fits", "role": "caseworker", **more}, day)


def test_an_open_complaint_holds_everything_back() -> None:
    found = holds(complaint_entries("received", "forwarded"), date(2040, 1, 1))

    assert [(hold.rule, hold.until) for hold in found] == [("open_complaint", None)]


def test_the_longest_window_comes_first_and_closes_in_the_end() -> None:
    entries = [decided(0), entry(1, "SuggestionShown", {}, "2026-05-01")]

    found = holds(entries, date(2026, 3, 10))

    assert [hold.rule for hold in found] == ["patient_complaint", "ai_act_logs", "complaint_window"]
    assert found[0].until == date(2028, 3, 1)
    assert holds(entries, date(2028, 3, 1))
    assert holds(entries, date(2028, 3, 2)) == []


def test_a_window_of_another_law_does_not_hold() -> None:
    job = entry(0, "ChoiceOfLaw", {"law": "LAB", "because": "unemployed"})
    health = entry(0, "ChoiceOfLaw", {"law": "SUL", "because": "plan"})

    assert [hold.rule for hold in holds([job, decided(1)], date(2026, 3, 10))] == ["complaint_window"]
    assert "patient_complaint" in [hold.rule for hold in holds([health, decided(1)], date(2026, 3, 10))]


def test_every_rule_rests_on_a_kind_of_entry_and_says_why() -> None:
    for rule in built_in_rules():
        check = pytest.raises(Exception, match="logged")
        with check:  # the type is known, so the complaint is about its body or subject
            check_entry(rule.starts, None, {}, False, False)
        assert all(text.endswith(".") for text in rule.because.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 2\nrules: []",
        "version: 1",
        "version: 1\nrules: [{id: a, from: b, days: soon, because: c}]",
        "[",
        "version: 1\nrules: [{id: a}]",
    ],
)
def test_retention_rules_with_a_fault_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="cannot be used"):
        parse_rules(text)


def test_the_municipality_may_have_its_own_rules() -> None:
    (rule,) = parse_rules("version: 1\nrules: [{id: own, from: HumanDecision, days: 10, because: Ours.}]")

    assert rule == Rule("own", "HumanDecision", 10, {"da": "Ours.", "en": "Ours."})
    assert [hold.until for hold in holds([decided(0)], MARCH, [rule])] == [date(2026, 3, 12)]


@given(st.integers(0, 60), st.integers(0, 80), st.integers(0, 2**48 - 1), st.randoms())
def test_a_draw_can_be_repeated_from_the_entries_and_the_seed(n: int, population: int, seed: int, chance: Any) -> None:
    entries = [decided(at) for at in range(population)]
    mixed = list(entries)
    chance.shuffle(mixed)

    sample = draw(entries, n, seed)

    assert sample == draw(mixed, n, seed)
    assert len(set(sample.drawn)) == len(sample.drawn) == min(n, population)
    assert (sample.population, sample.method) == (population, "random")


def test_every_decision_is_as_likely_to_be_drawn() -> None:
    entries = [decided(at) for at in range(20)]

    counts = Counter(index for seed in range(2_000) for index in draw(entries, 5, seed).drawn)

    assert all(400 < counts[at] < 600 for at in range(20))  # 500 expected, 5 standard deviations either way


def test_a_heavier_decision_is_likelier_and_one_without_weight_never_drawn() -> None:
    entries = [decided(at) for at in range(10)]
    weights = {0: 8.0, 1: 0.0, **dict.fromkeys(range(2, 10), 1.0)}

    counts = Counter(index for seed in range(1_000) for index in draw(entries, 1, seed, weights).drawn)

    assert 440 < counts[0] < 560  # 8 of 16
    assert counts[1] == 0
    assert draw(entries, 1, 0, weights).method == "risk_weighted"


def test_what_deserves_a_closer_look_weighs_more() -> None:
    calm = decided(0, seconds=90, opened_reasons=True, agreed_before=True)
    hasty = decided(1, seconds=3, opened_reasons=False)
    against = decided(2, outcome="rejected")

    assert risk_weights([calm, hasty, against]) == {0: 1.0, 1: 4.0, 2: 2.0}


def test_the_seed_follows_from_the_log_and_the_draw_is_logged(tmp_path: Path) -> None:
    log = EthicsLog.create(
        tmp_path / "log", "vejviser.example/log", SIGNER, keys=KeyStore.create(tmp_path / "k", b"m" * 32)
    )
    body = {"outcome": "followed", "reason": "fits", "role": "caseworker"}
    log.append([NewEntry("HumanDecision", body, subject=f"C-{at}") for at in range(30)])
    head = log.head()

    sample = draw(log.find(type="HumanDecision"), 5, seed_of(head))
    log.append([sample.entry("board")])

    logged = log.find(type="BoardSample")[0].body
    assert draw(log.find(type="HumanDecision"), 5, logged["seed"]).drawn == tuple(logged["drawn"])
    assert seed_of(log.head()) != seed_of(head)


def test_only_the_newest_entries_are_found_when_so_asked(tmp_path: Path) -> None:
    log = EthicsLog.create(tmp_path / "log", "vejviser.example/log", SIGNER)
    log.append([NewEntry("ComputeUsed", {"work": "x", "cases": at, "cpu_seconds": 1e15}) for at in range(9)])

    assert [one.index for one in log.find(latest=3)] == [6, 7, 8]
    assert log.find(latest=0) == []
    assert log.find(since=7, latest=5) == log.find()[7:]


def test_a_large_number_survives_export_and_import(tmp_path: Path) -> None:
    from ethics.exports import import_log

    log = EthicsLog.create(tmp_path / "log", "vejviser.example/log", SIGNER)
    log.append([NewEntry("ComputeUsed", {"work": "x", "cases": 1, "cpu_seconds": 4503599627370495.5})])
    log.export(tmp_path / "e")

    import_log(tmp_path / "e", tmp_path / "again", [], SIGNER)

    assert EthicsLog.open(tmp_path / "again", SIGNER).leaf(0) == log.leaf(0)
    assert EthicsLog.open(tmp_path / "again", SIGNER).verify().ok
