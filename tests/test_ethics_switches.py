from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics.checkpoint import Signer
from ethics.consent import Consent, consents, covering, given_entry, withdrawn_entry
from ethics.entry import Entry
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.switches import ALL, LiveSwitches, Scope, fold, restore, suspend

SIGNER = Signer("vejviser.example/log", b"s" * 32)
PATHWAY, LAW, MODEL, WHOLE = Scope("pathway", "gop_basal"), Scope("law", "SUL"), Scope("model", "m-1"), Scope(ALL, ALL)
JUNE = date(2026, 6, 1)
CONSENT = Consent("consent-1", "health", "job", "plan", JUNE, date(2026, 12, 1))


@pytest.fixture
def log(tmp_path: Path) -> EthicsLog:
    keys = KeyStore.create(tmp_path / "keys", b"m" * 32)
    return EthicsLog.create(tmp_path / "log", "vejviser.example/log", SIGNER, keys=keys)


def switch(index: int, action: str, scope: Scope) -> Entry:
    body = {"action": action, "kind": scope.kind, "scope": scope.id, "by": "board", "why": "a fault", "drill": False}
    return Entry(index, "2026-11-22T12:00:00Z", "KillSwitch", 1, None, None, body, None, "")


@pytest.mark.parametrize("scope", [PATHWAY, LAW, MODEL, WHOLE])
def test_what_is_suspended_blocks_at_once_in_every_process_until_restored(log: EthicsLog, scope: Scope) -> None:
    elsewhere = LiveSwitches(EthicsLog.open(log.path, trusted=[SIGNER.key]))
    asked = {"pathway": "gop_basal", "law": "SUL", "model": "m-1"}
    assert elsewhere.now().blocking(**asked) is None

    suspend(log, scope, "board", "wrong advice was given")

    blocking = elsewhere.now().blocking(**asked)
    assert blocking is not None
    assert (blocking.scope, blocking.by, blocking.why, blocking.entry) == (scope, "board", "wrong advice was given", 0)
    restore(log, scope, "board", "mended")
    assert elsewhere.now().blocking(**asked) is None


def test_only_what_was_suspended_is_blocked(log: EthicsLog) -> None:
    suspend(log, PATHWAY, "board", "a fault")
    now = LiveSwitches(log).now()

    assert now.blocking(pathway="gop_basal", law="SUL") is not None
    assert now.blocking(pathway="another", law="SUL", model="m-1") is None
    assert now.blocking() is None


def test_the_whole_assistant_comes_first_and_restoring_it_leaves_the_rest_suspended(log: EthicsLog) -> None:
    for scope in (LAW, WHOLE):
        suspend(log, scope, "board", "a fault")
    live = LiveSwitches(log)

    first = live.now().blocking(law="SUL")
    restore(log, WHOLE, "board", "mended")

    assert first is not None
    assert first.scope == WHOLE
    left = live.now().blocking(law="SUL")
    assert left is not None
    assert left.scope == LAW


def test_a_drill_switches_off_as_truly_as_an_emergency(log: EthicsLog) -> None:
    suspend(log, WHOLE, "board", "the yearly drill", drill=True)

    blocking = LiveSwitches(log).now().blocking(pathway="any")
    assert blocking is not None
    assert blocking.drill


@given(st.lists(st.tuples(st.sampled_from(["suspend", "restore"]), st.sampled_from([PATHWAY, LAW, MODEL, WHOLE]))))
def test_a_scope_is_in_the_state_that_its_last_entry_says(history: list[tuple[str, Scope]]) -> None:
    state = fold(switch(at, action, scope) for at, (action, scope) in enumerate(history))

    last = {scope: action for action, scope in history}
    assert {one.scope for one in state.suspended} == {scope for scope, action in last.items() if action == "suspend"}


def test_a_consent_is_a_thing_in_the_log_with_an_end(log: EthicsLog) -> None:
    log.append([given_entry(CONSENT, "C-1", words=b"I agree that health may tell job about my plan")])

    (found,) = consents(log.find(subject="C-1"))

    assert found == CONSENT
    assert covering([found], "health", "job", "plan", date(2026, 12, 1)) == CONSENT
    assert log.payload(0).startswith(b"I agree")


@pytest.mark.parametrize(
    ("source", "recipient", "purpose", "on"),
    [
        ("job", "health", "plan", JUNE),
        ("health", "social", "plan", JUNE),
        ("health", "job", "control", JUNE),
        ("health", "job", "plan", date(2026, 5, 31)),
        ("health", "job", "plan", date(2026, 12, 2)),
    ],
)
def test_a_consent_covers_only_what_it_says(source: str, recipient: str, purpose: str, on: date) -> None:
    assert covering([CONSENT], source, recipient, purpose, on) is None


def test_a_withdrawn_consent_no_longer_holds_from_that_day(log: EthicsLog) -> None:
    log.append([given_entry(CONSENT, "C-1"), withdrawn_entry(CONSENT.id, "C-1", date(2026, 8, 1))])
    log.append([withdrawn_entry("never-given", "C-1", date(2026, 8, 1))])

    (found,) = consents(log.find(subject="C-1"))

    assert found.holds(date(2026, 7, 31))
    assert not found.holds(date(2026, 8, 1))


def test_a_consent_given_anew_holds_again(log: EthicsLog) -> None:
    log.append([given_entry(CONSENT, "C-1"), withdrawn_entry(CONSENT.id, "C-1", JUNE), given_entry(CONSENT, "C-1")])

    assert consents(log.find(subject="C-1"))[0].holds(date(2026, 8, 1))
