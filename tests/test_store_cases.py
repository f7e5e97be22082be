"""Cases keep every version, refuse stale writers and show nothing personal in a work list."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.store.cases import CaseRecord, CaseRepository, WorkOrder
from assistant.store.cipher import Cipher
from assistant.store.engine import Database
from assistant.store.errors import (
    StaleCaseError,
    SubjectChangedError,
    UnknownRecordError,
    UnstorableTextError,
)
from assistant.store.tables import case_versions

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
RECORD = CaseRecord(
    "C-1",
    "person-1",
    "genoptræning",
    {"pain": 7, "goal": {"value": "tilbage til arbejdet", "source": "borger"}, "diagnosis": None},
    "Fru Ø. bor på 3. sal uden elevator. \U0001f9d1‍\U0001f9bd",
    owner="cw-1",
    deadline=date(2026, 11, 29),
)


def ticking(start: datetime = START) -> Callable[[], datetime]:
    """A clock that moves a minute at each look."""
    moments = (start + timedelta(minutes=minute) for minute in range(10_000))
    return lambda: next(moments)


@pytest.fixture
def cases(database: Database, cipher: Cipher) -> CaseRepository:
    return CaseRepository(database, cipher, ticking())


def test_a_saved_case_comes_back_whole(cases: CaseRepository) -> None:
    saved = cases.save(RECORD, 0, "cw-1")

    assert cases.get("C-1") == saved
    assert (saved.record, saved.version, saved.changed_at, saved.changed_by) == (RECORD, 1, START, "cw-1")


def test_every_version_is_kept(cases: CaseRepository) -> None:
    cases.save(RECORD, 0, "cw-1")
    cases.save(replace(RECORD, note="Ringet op.", owner="cw-2", status="waiting"), 1, "cw-2")

    assert cases.get("C-1").record.note == "Ringet op."
    assert cases.get("C-1", 1).record == RECORD
    assert [(v.version, v.changed_by, v.owner, v.status) for v in cases.versions("C-1")] == [
        (1, "cw-1", "cw-1", "open"),
        (2, "cw-2", "cw-2", "waiting"),
    ]


def test_a_stale_writer_is_told_who_was_first_and_changes_nothing(cases: CaseRepository) -> None:
    cases.save(RECORD, 0, "cw-1")
    cases.save(replace(RECORD, note="Den første."), 1, "cw-2")

    with pytest.raises(StaleCaseError) as caught:
        cases.save(replace(RECORD, note="Den anden, om fru Ø."), 1, "cw-3")

    assert "changed by cw-2 at 2026-11-22 08:01 UTC (you have version 1, it is now at 2)" in str(caught.value)
    assert "fru" not in str(caught.value)
    assert cases.get("C-1").record.note == "Den første."
    assert len(cases.versions("C-1")) == 2


def test_a_new_case_with_a_taken_id_is_stale(cases: CaseRepository) -> None:
    cases.save(RECORD, 0, "cw-1")

    with pytest.raises(StaleCaseError, match="you have version 0"):
        cases.save(replace(RECORD, note="en anden"), 0, "cw-2")


def test_a_case_cannot_move_to_another_person(cases: CaseRepository) -> None:
    cases.save(RECORD, 0, "cw-1")

    for expected in (0, 1):
        with pytest.raises(SubjectChangedError, match="another person"):
            cases.save(replace(RECORD, subject="person-2"), expected, "cw-1")


def test_an_unknown_case_or_version_is_said_to_be_unknown(cases: CaseRepository) -> None:
    with pytest.raises(UnknownRecordError, match="no case 'C-9'"):
        cases.get("C-9")
    with pytest.raises(UnknownRecordError, match="no case 'C-9'"):
        cases.save(replace(RECORD, case_id="C-9"), 3, "cw-1")
    cases.save(RECORD, 0, "cw-1")
    with pytest.raises(UnknownRecordError, match="version 2 of case 'C-1'"):
        cases.get("C-1", 2)
    with pytest.raises(UnknownRecordError):
        cases.mark_seen("C-9", "cw-1", 1)
    assert cases.versions("C-9") == []


@pytest.mark.parametrize("part", ["case_id", "subject", "unit", "status", "owner", "stand_in"])
def test_an_unusable_id_is_refused_before_anything_is_saved(cases: CaseRepository, part: str) -> None:
    with pytest.raises(UnstorableTextError):
        cases.save(replace(RECORD, **{part: "a\x00b"}), 0, "cw-1")

    assert cases.versions("C-1") == []


def test_a_person_gets_all_versions_of_all_their_cases(cases: CaseRepository) -> None:
    cases.save(RECORD, 0, "cw-1")
    cases.save(replace(RECORD, note="ny"), 1, "cw-1")
    cases.save(replace(RECORD, case_id="C-2"), 0, "cw-1")
    cases.save(replace(RECORD, case_id="C-3", subject="person-2"), 0, "cw-1")

    held = [(stored.record.case_id, stored.version) for stored in cases.of_subject("person-1")]

    assert held == [("C-1", 1), ("C-1", 2), ("C-2", 1)]


def test_content_moved_to_another_row_does_not_open(cases: CaseRepository, database: Database) -> None:
    cases.save(RECORD, 0, "cw-1")
    cases.save(replace(RECORD, note="ny"), 1, "cw-1")
    with database.write() as connection:
        older = connection.execute(sa.select(case_versions.c.sealed).where(case_versions.c.version == 1)).scalar_one()
        connection.execute(case_versions.update().where(case_versions.c.version == 2).values(sealed=older))

    with pytest.raises(InvalidTag):
        cases.get("C-1")


def fill(cases: CaseRepository) -> None:
    unit = replace(RECORD, deadline=None)
    cases.save(replace(unit, case_id="A-late", deadline=date(2026, 12, 9)), 0, "cw-1")
    cases.save(replace(unit, case_id="b-soon", deadline=date(2026, 11, 24), owner="cw-2"), 0, "cw-2")
    cases.save(replace(unit, case_id="C-none", next_date=date(2026, 11, 30), owner=None), 0, "cw-1")
    cases.save(replace(unit, case_id="D-lent", owner="cw-2", stand_in="cw-1"), 0, "cw-2")
    cases.save(replace(unit, case_id="E-done", status="closed"), 0, "cw-1")
    cases.save(replace(unit, case_id="F-else", unit="jobcenter"), 0, "cw-9")


def ids(cases: CaseRepository, **controls: object) -> list[str]:
    return [item.case_id for item in cases.work_list("genoptræning", **controls)]  # type: ignore[arg-type]


def test_a_work_list_shows_one_unit_with_running_deadlines_first(cases: CaseRepository) -> None:
    fill(cases)

    assert ids(cases) == ["b-soon", "A-late", "C-none", "D-lent"]
    assert ids(cases, order=WorkOrder.NEXT_DATE) == ["C-none", "A-late", "D-lent", "b-soon"]
    assert ids(cases, order=WorkOrder.CHANGED) == ["D-lent", "C-none", "b-soon", "A-late"]
    assert ids(cases, order=WorkOrder.CASE_ID) == ["A-late", "C-none", "D-lent", "b-soon"]


def test_a_work_list_is_filtered_searched_and_paged(cases: CaseRepository) -> None:
    fill(cases)

    assert ids(cases, status=None, search="e-") == ["E-done"]
    assert ids(cases, owners={"cw-1"}) == ["A-late", "D-lent"]
    assert ids(cases, owners=set()) == []
    assert ids(cases, status="closed") == ["E-done"]
    assert ids(cases, search="LATE") == ["A-late"]
    assert ids(cases, search="%") == []
    assert ids(cases, limit=2, offset=1) == ["A-late", "C-none"]


def test_changed_since_you_looked_is_about_others_changes(cases: CaseRepository) -> None:
    cases.save(RECORD, 0, "cw-2")

    def changed(viewer: str | None) -> bool:
        return cases.work_list("genoptræning", viewer=viewer)[0].changed_since_seen

    assert changed("cw-1")
    assert not changed("cw-2")
    assert not changed(None)
    cases.mark_seen("C-1", "cw-1", 1)
    assert not changed("cw-1")
    cases.save(RECORD, 1, "cw-2")
    assert changed("cw-1")
    cases.mark_seen("C-1", "cw-1", 2)
    cases.mark_seen("C-1", "cw-1", 1)
    assert not changed("cw-1")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(moves=st.lists(st.tuples(st.sampled_from(["x", "y", "z"]), st.booleans()), max_size=12))
def test_whatever_the_order_no_writer_overwrites_what_it_has_not_read(
    cases: CaseRepository, moves: list[tuple[str, bool]]
) -> None:
    """Three writers read and save in any order; a plain list is the model of what must be stored."""
    case_id = f"P-{len(cases.work_list('genoptræning', status=None))}"
    cases.save(replace(RECORD, case_id=case_id, note="start"), 0, "x")
    model, read = ["start"], dict.fromkeys("xyz", 1)
    for number, (writer, saves) in enumerate(moves):
        if not saves:
            read[writer] = cases.get(case_id).version
            continue
        note = f"{writer} {number}"
        if read[writer] == len(model):
            cases.save(replace(RECORD, case_id=case_id, note=note), read[writer], writer)
            model.append(note)
            read[writer] = len(model)
        else:
            with pytest.raises(StaleCaseError) as caught:
                cases.save(replace(RECORD, case_id=case_id, note=note), read[writer], writer)
            assert (caught.value.found, caught.value.by) == (len(model), model[-1].split()[0].replace("start", "x"))

    kept = [cases.get(case_id, version.version).record.note for version in cases.versions(case_id)]
    assert kept == model


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(facts=st.dictionaries(st.text(), json_values, max_size=4), note=st.text(st.characters()))
def test_any_facts_and_any_text_come_back_as_they_were(
    cases: CaseRepository, facts: dict[str, object], note: str
) -> None:
    case_id = f"Q-{len(cases.work_list('genoptræning', status=None))}"

    cases.save(replace(RECORD, case_id=case_id, facts=facts, note=note), 0, "cw-1")  # type: ignore[arg-type]

    stored = cases.get(case_id).record
    assert json.dumps(stored.facts, sort_keys=True) == json.dumps(facts, sort_keys=True)
    assert stored.note == note
