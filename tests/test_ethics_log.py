from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import rfc8785
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics import migrate
from ethics.checkpoint import Signer
from ethics.entry import NewEntry, row_of_leaf
from ethics.errors import (
    ErasedError,
    KeyUseError,
    LogBrokenError,
    LogBusyError,
    LogExistsError,
    LogMissingError,
    LogWriteError,
    NotInLogError,
    OriginError,
    RecordError,
)
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from ethics.schema import metadata
from ethics.storage import open_engine

ORIGIN = "vejviser.example/log"
SIGNER = Signer(ORIGIN, b"s" * 32)
NOON = datetime(2026, 11, 22, 12, 0, 0, 999_999, tzinfo=UTC)
SHOWN: dict[str, Any] = {
    "outcome": "foreslaa",
    "mode": "trial",
    "as_of": "2026-11-22",
    "order": ["gop_basal", "sel_86_1"],
    "unknowns": 2,
    "rules_version": "rules-1",
    "scored": True,
    "cost_used": False,
    "budget_rule_shown": False,
}


def compute(cases: int = 1, seconds: float = 0.5) -> NewEntry:
    return NewEntry("ComputeUsed", {"work": "suggest", "cases": cases, "cpu_seconds": seconds}, ref=f"run-{cases}")


def shown(case: str = "C-1", ref: str = "S-1", words: bytes = b"the reasons") -> NewEntry:
    return NewEntry("SuggestionShown", SHOWN, ref=ref, subject=case, payload=words)


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore.create(tmp_path / "keys.sqlite", b"m" * 32)


@pytest.fixture
def log(tmp_path: Path, keys: KeyStore) -> EthicsLog:
    return EthicsLog.create(tmp_path / "log.sqlite", ORIGIN, SIGNER, keys=keys, clock=lambda: NOON)


def test_an_entry_is_read_back_as_it_was_logged(log: EthicsLog) -> None:
    done = log.append([compute(1), shown()])

    entry = log.entry(1)
    assert [item.index for item in done] == [0, 1]
    assert (entry.type, entry.type_version, entry.ref, entry.time) == (
        "SuggestionShown",
        1,
        "S-1",
        "2026-11-22T12:00:00Z",
    )
    assert entry.body == SHOWN
    assert entry.leaf_hash == done[1].leaf_hash == leaf_hash(log.leaf(1)).hex()
    assert log.payload(1) == b"the reasons"
    assert done[1].checkpoint == log.head().note
    assert log.verify().ok


def test_the_leaf_is_canonical_json_and_names_the_person_by_an_opaque_id(log: EthicsLog, keys: KeyStore) -> None:
    log.append([shown("C-1")])

    leaf = json.loads(log.leaf(0))
    assert rfc8785.dumps(leaf) == log.leaf(0)
    assert sorted(leaf) == [
        "body",
        "index",
        "payload_sha256",
        "ref",
        "salt",
        "subject",
        "time",
        "type",
        "type_version",
        "v",
    ]
    assert leaf["subject"] == keys.opaque("C-1")
    assert b"C-1" not in log.leaf(0)
    assert row_of_leaf(log.leaf(0)).leaf == log.leaf(0)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 9), max_size=12))
def test_any_sequence_of_batches_gives_the_tree_of_its_leaves(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int]
) -> None:
    log = EthicsLog.create(tmp_path_factory.mktemp("log") / "log.sqlite", ORIGIN, SIGNER)

    heads = [log.append([compute(at, at / 7) for at in range(1, size + 1)])[0].checkpoint for size in batches]

    leaves = [leaf_hash(log.leaf(at)) for at in range(sum(batches))]
    head = log.head()
    assert (head.size, head.root) == (len(leaves), root_of(leaves))
    assert len(set(heads)) == len(heads)
    assert log.verify().ok
    for index in range(0, len(leaves), 5):
        assert verify_inclusion(leaves[index], index, len(leaves), log.prove(index), head.root)
    for old in range(0, len(leaves) + 1, 3):
        assert verify_consistency(old, len(leaves), log.root(old), head.root, log.consistency(old))
    log.close()


def test_entries_are_found_by_type_reference_and_person(log: EthicsLog, keys: KeyStore) -> None:
    log.append([shown("C-1", "S-1"), shown("C-2", "S-2"), compute(), shown("C-1", "S-3")])

    assert [e.index for e in log.find(type="SuggestionShown")] == [0, 1, 3]
    assert [e.index for e in log.find(ref="S-2")] == [1]
    assert [e.index for e in log.find(subject="C-1")] == [0, 3]
    assert [e.index for e in log.find(opaque=keys.opaque("C-1"), since=1)] == [3]
    assert [e.index for e in log.find()] == [0, 1, 2, 3]
    assert log.find(subject="C-never-seen") == []


@pytest.mark.parametrize(
    "bad",
    [
        NewEntry("Gossip", {}),
        NewEntry("ComputeUsed", {"work": "x"}),
        NewEntry("ComputeUsed", {"work": "x", "cases": 1, "cpu_seconds": float("nan")}),
        NewEntry("ComputeUsed", {"work": "x", "cases": 1, "cpu_seconds": 1}, ref="010170-1234"),
        NewEntry("ComputeUsed", {"work": "x", "cases": 1, "cpu_seconds": 1}, ref="two words"),
        NewEntry("ComputeUsed", {"work": "x", "cases": 1, "cpu_seconds": 1}, payload=b"x"),
    ],
)
def test_one_bad_entry_keeps_the_whole_batch_out(log: EthicsLog, bad: NewEntry) -> None:
    log.append([compute()])

    with pytest.raises(RecordError):
        log.append([compute(), bad, compute()])

    assert log.head().size == 1
    assert log.verify().ok


def test_an_empty_batch_is_nothing(log: EthicsLog) -> None:
    assert log.append([]) == []
    assert log.head().size == 0


def test_a_log_opened_with_the_public_key_only_can_be_read_and_verified(log: EthicsLog) -> None:
    log.append([compute()])

    reader = EthicsLog.open(log.path, trusted=[SIGNER.key])

    assert reader.verify().ok
    assert reader.entry(0).body["cases"] == 1
    with pytest.raises(KeyUseError, match="opened for reading"):
        reader.append([compute()])
    with pytest.raises(KeyUseError, match="public key"):
        EthicsLog.open(log.path)


def test_a_log_verified_with_another_key_is_not_trusted(log: EthicsLog) -> None:
    log.append([compute()])

    report = EthicsLog.open(log.path, trusted=[Signer(ORIGIN, b"t" * 32).key]).verify()

    assert not report.ok
    assert report.kind == "checkpoint_signature"


def test_persons_and_payloads_need_the_key_store(log: EthicsLog) -> None:
    log.append([shown()])
    bare = EthicsLog.open(log.path, SIGNER)

    with pytest.raises(RecordError, match="without the key store"):
        bare.append([shown()])
    with pytest.raises(KeyUseError, match="key store"):
        bare.payload(0)
    with pytest.raises(KeyUseError, match="key store"):
        bare.find(subject="C-1")


def test_what_is_not_there_is_said_in_a_sentence(log: EthicsLog, tmp_path: Path) -> None:
    log.append([compute()])

    with pytest.raises(NotInLogError, match="no such entry"):
        log.entry(1)
    with pytest.raises(NotInLogError, match="no sealed content"):
        log.payload(0)
    with pytest.raises(NotInLogError, match="no leaf 1 in a tree of 1"):
        log.prove(1)
    with pytest.raises(NotInLogError, match="cannot grow"):
        log.consistency(2)
    with pytest.raises(LogMissingError):
        EthicsLog.open(tmp_path / "none", SIGNER)
    with pytest.raises(LogExistsError):
        EthicsLog.create(log.path, ORIGIN, SIGNER)


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be looked at as one" * 20])
def test_a_file_that_is_no_log_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)

    with pytest.raises(LogBrokenError):
        EthicsLog.open(tmp_path / "other", SIGNER)


def test_a_log_that_could_not_be_made_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OriginError, match="cannot name a log"):
        EthicsLog.create(tmp_path / "log", "two words", SIGNER)

    assert list(tmp_path.iterdir()) == []


def test_two_open_logs_append_in_turn(log: EthicsLog, keys: KeyStore) -> None:
    other = EthicsLog.open(log.path, SIGNER, keys=keys)

    places = [writer.append([compute()])[0].index for writer in (log, other, other, log, other)]

    assert places == [0, 1, 2, 3, 4]
    assert log.verify().ok


def test_many_threads_append_at_once(log: EthicsLog) -> None:
    done: list[int] = []

    def work(number: int) -> None:
        for _ in range(10):
            done.extend(a.index for a in log.append([shown(f"C-{number}"), compute()]))

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == list(range(120))
    assert log.verify().ok


def test_a_check_of_the_log_is_not_disturbed_by_appends(log: EthicsLog) -> None:
    log.append([compute(at) for at in range(1, 200)])
    stop: list[bool] = []

    def work() -> None:
        while not stop:
            log.append([compute()])

    thread = Thread(target=work)
    thread.start()
    reports = [log.verify() for _ in range(12)]
    stop.append(True)
    thread.join()

    assert all(report.ok for report in reports)
    assert reports[-1].size > 199


def test_few_checkpoints_are_kept_and_the_newest_always(log: EthicsLog) -> None:
    for at in range(200):
        log.append([compute(at)])

    kept = [row[0] for row in log.read(lambda d: d.execute("SELECT size FROM checkpoint ORDER BY size").fetchall())]

    assert kept == [0, 64, 128, 192, 200]
    assert log.checkpoint_at_least(65).size == 128
    with pytest.raises(NotInLogError, match="no checkpoint reaches"):
        log.checkpoint_at_least(201)


def test_the_log_refuses_a_slip_of_the_hand(log: EthicsLog) -> None:
    log.append([shown(), compute(), compute()])
    driver = sqlite3.connect(log.path)

    for statement in ("UPDATE entry SET body = '{}'", "DELETE FROM entry", "DELETE FROM node", "DELETE FROM payload"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            driver.execute(statement)
    driver.close()


def test_nothing_is_appended_to_a_log_that_lost_its_tail(log: EthicsLog) -> None:
    log.append([compute(), compute(), compute()])
    driver = sqlite3.connect(log.path, isolation_level=None)
    driver.execute("DROP TRIGGER entry_no_delete")
    driver.execute("DELETE FROM entry WHERE idx = 2")
    driver.close()

    with pytest.raises(LogBrokenError, match="does not hold them"):
        EthicsLog.open(log.path, SIGNER).append([compute()])


def test_nothing_is_appended_over_a_checkpoint_of_someone_else(log: EthicsLog) -> None:
    log.append([compute()])

    with pytest.raises(LogBrokenError, match="not signed by a key we trust"):
        EthicsLog.open(log.path, Signer(ORIGIN, b"t" * 32)).append([compute()])


def test_a_log_held_by_another_process_is_said_to_be_busy(log: EthicsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ethics.storage.BUSY_SECONDS", 0.05)
    waiting = EthicsLog.open(log.path, SIGNER)
    holder = sqlite3.connect(log.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(LogBusyError, match="try again"):
        waiting.append([compute()])

    holder.execute("ROLLBACK")
    holder.close()
    assert waiting.append([compute()])[0].index == 0


def test_a_full_disk_is_a_clear_error_and_nothing_is_half_written(log: EthicsLog, keys: KeyStore) -> None:
    log.append([shown()])
    pages = log.read(lambda driver: driver.execute("PRAGMA page_count").fetchone()[0])
    log.read(lambda driver: driver.execute(f"PRAGMA max_page_count = {pages + 3}"))

    with pytest.raises(LogWriteError, match="full"):
        log.append([shown(words=b"x" * 5_000) for _ in range(20)])

    assert (log.head().size, log.verify().ok) == (1, True)
    log.read(lambda driver: driver.execute("PRAGMA max_page_count = 100000"))
    assert log.append([shown()])[0].index == 1
    assert log.verify().ok


def test_after_the_key_is_shredded_the_content_is_gone_and_the_proofs_stay(log: EthicsLog, keys: KeyStore) -> None:
    log.append([shown("C-1"), shown("C-2")])
    proof, head = log.prove(0), log.head()
    keys.shred("C-1")

    with pytest.raises(ErasedError):
        log.payload(0)
    assert log.payload(1) == b"the reasons"
    assert log.verify().ok
    assert verify_inclusion(leaf_hash(log.leaf(0)), 0, head.size, proof, head.root)


def test_time_is_utc_and_coarse(tmp_path: Path) -> None:
    east = timezone(timedelta(hours=2))
    log = EthicsLog.create(
        tmp_path / "log", ORIGIN, SIGNER, clock=lambda: datetime(2026, 7, 1, 1, 30, 15, 5, tzinfo=east)
    )

    assert log.append([compute()])[0].time == "2026-06-30T23:30:15Z"


def test_a_clock_without_a_time_zone_is_a_fault_of_ours(tmp_path: Path) -> None:
    log = EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER, clock=lambda: datetime(2026, 7, 1))

    with pytest.raises(ValueError, match="time zone"):
        log.append([compute()])


def test_a_rotated_log_verifies_with_the_new_key_and_says_so_with_the_old(log: EthicsLog) -> None:
    new = Signer(ORIGIN, b"n" * 32)
    for at in range(70):
        log.append([compute(at)])

    log.rotate(new, "planned", "lead")
    log.append([compute()])

    assert log.verify().ok
    assert EthicsLog.open(log.path, new).verify().ok
    assert EthicsLog.open(log.path, trusted=[new.key]).verify().ok
    with_old = EthicsLog.open(log.path, trusted=[SIGNER.key]).verify()
    assert (with_old.ok, with_old.kind) == (False, "checkpoint_signature")
    assert EthicsLog.open(log.path, new).append([compute()])[0].index == 72


def test_a_process_that_still_has_the_old_key_is_told_so(log: EthicsLog) -> None:
    other = EthicsLog.open(log.path, SIGNER)
    other.append([compute()])
    log.rotate(Signer(ORIGIN, b"n" * 32), "planned", "lead")

    with pytest.raises(KeyUseError, match="new key file"):
        other.append([compute()])

    assert log.append([compute()])[0].index == 2


def test_the_old_key_counts_for_nothing_signed_after_the_rotation(
    log: EthicsLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Signer(ORIGIN, b"n" * 32)
    log.append([compute()])
    log.rotate(new, "compromised", "lead")
    monkeypatch.setattr("ethics.writer.refuse_retired", lambda driver, key: None)

    EthicsLog.open(log.path, SIGNER).append([compute()])

    keeper = EthicsLog.open(log.path, new).verify()
    public = EthicsLog.open(log.path, trusted=[new.key]).verify()
    assert (keeper.ok, keeper.first_bad, keeper.kind) == (False, 2, "entry_replaced")
    assert (public.ok, public.first_bad, public.kind) == (False, 2, "checkpoint_signature")


def test_the_migrations_give_the_schema_that_the_code_uses(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "blank.sqlite")
    with engine.begin() as connection:
        assert migrate.revision(connection) is None
        migrate.upgrade(connection)
        assert migrate.revision(connection) == migrate.NEWEST
        migrate.upgrade(connection)  # a second time changes nothing
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert differences == []


def test_a_log_of_a_newer_program_is_left_alone(log: EthicsLog) -> None:
    driver = sqlite3.connect(log.path, isolation_level=None)
    driver.execute("UPDATE alembic_version SET version_num = '9999'")
    driver.close()

    with pytest.raises(LogBrokenError, match="newer than this program"):
        EthicsLog.open(log.path, SIGNER)
