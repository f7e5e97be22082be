"""Decisions: one per suggestion, corrections on top, nothing decided on a case that has moved on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.store.cases import CaseRecord, CaseRepository
from assistant.store.cipher import Cipher
from assistant.store.decisions import Decision, DecisionRepository, RecordedDecision
from assistant.store.engine import Database
from assistant.store.errors import AlreadyDecidedError, StaleCaseError, UnknownRecordError, UnstorableTextError

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DECISION = Decision("S-1", "C-1", "person-1", "gop_almen", "Borgeren vil selv.", "cw-1", {"kind": "offer"})


@pytest.fixture
def decisions(database: Database, cipher: Cipher) -> DecisionRepository:
    return DecisionRepository(database, cipher, lambda: NOON)


@pytest.fixture
def case(database: Database, cipher: Cipher) -> CaseRepository:
    cases = CaseRepository(database, cipher, lambda: NOON)
    cases.save(CaseRecord("C-1", "person-1", "unit"), 0, "cw-1")
    return cases


def test_a_decision_comes_back_as_recorded(decisions: DecisionRepository) -> None:
    assert decisions.latest("S-1") is None

    recorded = decisions.record(DECISION)

    assert recorded == RecordedDecision(DECISION, 1, NOON)
    assert decisions.latest("S-1") == recorded
    assert decisions.of_case("C-1") == decisions.of_subject("person-1") == [recorded]


def test_none_of_them_is_a_decision_too(decisions: DecisionRepository) -> None:
    decisions.record(replace(DECISION, pathway=None))

    latest = decisions.latest("S-1")
    assert latest is not None
    assert latest.decision.pathway is None


def test_a_second_decision_is_refused_and_names_the_first(decisions: DecisionRepository) -> None:
    decisions.record(DECISION)

    with pytest.raises(AlreadyDecidedError, match="decided by cw-1 at 2026-11-22 12:00 UTC") as caught:
        decisions.record(replace(DECISION, decided_by="cw-2", reason="Fru Ø. er flyttet"))

    assert "flyttet" not in str(caught.value)
    assert len(decisions.history("S-1")) == 1


def test_a_correction_stands_and_what_it_corrects_stays(decisions: DecisionRepository) -> None:
    decisions.record(DECISION)
    correction = replace(DECISION, pathway=None, reason="Forkert forløb.", decided_by="cw-2")

    decisions.correct(correction, 1)

    assert [(r.number, r.decision) for r in decisions.history("S-1")] == [(1, DECISION), (2, correction)]


def test_a_correction_of_an_outdated_decision_is_refused(decisions: DecisionRepository) -> None:
    decisions.record(DECISION)
    decisions.correct(DECISION, 1)

    for outdated in (1, 3):
        with pytest.raises(AlreadyDecidedError, match="decision 2"):
            decisions.correct(DECISION, outdated)


def test_there_is_nothing_to_correct_before_a_decision(decisions: DecisionRepository) -> None:
    with pytest.raises(UnknownRecordError):
        decisions.correct(DECISION, 1)
    decisions.record(DECISION)
    with pytest.raises(UnknownRecordError):
        decisions.correct(DECISION, 0)


def test_a_case_that_moved_on_stops_the_decision(decisions: DecisionRepository, case: CaseRepository) -> None:
    case.save(CaseRecord("C-1", "person-1", "unit", note="nyt"), 1, "cw-2")

    with pytest.raises(StaleCaseError, match="changed by cw-2"):
        decisions.record(DECISION, if_case_version=1)
    assert decisions.latest("S-1") is None
    decisions.record(DECISION, if_case_version=2)

    with pytest.raises(StaleCaseError):
        decisions.correct(DECISION, 1, if_case_version=1)


def test_a_version_of_a_case_that_is_not_stored_is_refused(decisions: DecisionRepository) -> None:
    with pytest.raises(UnknownRecordError, match="no case"):
        decisions.record(DECISION, if_case_version=1)


def test_of_ten_deciding_at_once_one_is_recorded(decisions: DecisionRepository) -> None:
    def decide(number: int) -> bool:
        try:
            decisions.record(replace(DECISION, decided_by=f"cw-{number}"))
        except AlreadyDecidedError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        recorded = list(pool.map(decide, range(10)))

    assert recorded.count(True) == 1
    assert decisions.history("S-1")[0].decision.decided_by == f"cw-{recorded.index(True)}"


@pytest.mark.parametrize("part", ["suggestion_id", "case_id", "subject", "pathway", "decided_by"])
def test_an_unusable_id_is_refused(decisions: DecisionRepository, part: str) -> None:
    with pytest.raises(UnstorableTextError):
        decisions.record(replace(DECISION, **{part: ""}))
