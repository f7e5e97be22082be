"""Every change to a log is found, the first entry that can no longer be trusted is named, a clean log is clean."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ethics import verification
from ethics.checkpoint import COSIGNATURE, Signer, parse_checkpoint
from ethics.entry import NewEntry, render_leaf
from ethics.errors import LogBrokenError
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.merkle import extend, leaf_hash
from ethics.report import Report
from ethics.storage import COLUMNS
from ethics.witness import Witness, cosign_log, register_witness

ORIGIN = "vejviser.example/log"
SIGNER = Signer(ORIGIN, b"s" * 32)
SIZE = 150
LARGE = int(os.environ.get("VEJVISER_TEST_LOG_SIZE", "20000"))


def entry(at: int) -> NewEntry:
    body = {
        "consent": f"consent-{at}",
        "source": "health",
        "recipient": "job",
        "purpose": "plan",
        "given": "2026-11-22",
    }
    words = f"the words of entry {at}".encode() if at % 3 == 0 else None
    return NewEntry("ConsentGiven", body, ref=f"ref-{at}", subject=f"C-{at % 9}", payload=words)


@dataclass(frozen=True)
class Kept:
    """A clean log file, and what someone kept outside it on the way."""

    path: Path
    outside: dict[int, str]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    log = EthicsLog.create(folder / "log.sqlite", ORIGIN, SIGNER, keys=KeyStore.create(folder / "keys", b"m" * 32))
    witness = Witness(Signer("board.example/w", b"w" * 32, COSIGNATURE), folder / "witness.json")
    register_witness(log, witness.signer.key, "board")
    outside = {}
    while (size := log.head().size) < SIZE:
        stop = 100 if size < 100 else SIZE
        log.append([entry(at) for at in range(size, min(size + 1 + size % 4, stop))])
        outside[log.head().size] = log.head().note
        if log.head().size == 100:
            outside[100] = cosign_log(witness, log)
    log.compact()
    log.close()
    return Kept(folder / "log.sqlite", outside)


@pytest.fixture
def copy(kept: Kept, tmp_path: Path) -> Path:
    shutil.copy(kept.path, tmp_path / "log.sqlite")
    return tmp_path / "log.sqlite"


def tampered(path: Path, change: Callable[[sqlite3.Connection], Any]) -> None:
    """Let someone with full access to the file, but no key, change it."""
    driver = sqlite3.connect(path, isolation_level=None)
    for table in ("meta", "entry", "payload", "node"):
        for action in ("update", "delete"):
            driver.execute(f"DROP TRIGGER {table}_no_{action}")
    change(driver)
    driver.close()


def checked(path: Path, *outside: str) -> Report:
    """What the holder of the log's key sees."""
    log = EthicsLog.open(path, SIGNER)
    try:
        return log.verify(outside)
    finally:
        log.close()


def checked_by_public(path: Path, *outside: str) -> Report:
    """What anyone with the public key sees."""
    log = EthicsLog.open(path, trusted=[SIGNER.key])
    try:
        return log.verify(outside)
    finally:
        log.close()


def recompute(driver: sqlite3.Connection) -> None:
    """Make leaf hashes and nodes fit the entries again: all that someone without the key can do."""
    driver.execute("DELETE FROM node")
    leaves = []
    for row in driver.execute(f"SELECT {COLUMNS} FROM entry ORDER BY idx").fetchall():
        leaves.append(leaf_hash(render_leaf(row[:9]).encode()))
        driver.execute("UPDATE entry SET leaf_hash = ? WHERE idx = ?", (leaves[-1], row[0]))
    driver.executemany("INSERT INTO node VALUES (?, ?, ?)", extend(0, [], leaves).nodes)


def test_a_clean_log_is_clean_for_everyone_and_against_every_checkpoint(kept: Kept) -> None:
    for outside in kept.outside.values():
        assert checked(kept.path, outside) == Report(True, SIZE)
    assert checked_by_public(kept.path, *kept.outside.values()) == Report(True, SIZE)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 130])
@pytest.mark.parametrize("level", [1, 3, 13])
def test_clean_logs_of_every_shape_are_clean(
    tmp_path: Path, size: int, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_CHUNK_LEVEL", level)
    monkeypatch.setattr(verification, "_CHUNK", 1 << level)
    log = EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER, keys=KeyStore.create(tmp_path / "k", b"m" * 32))
    notes = [log.head().note]
    for at in range(size):
        notes.append(log.append([entry(at)])[0].checkpoint)

    assert log.verify(notes) == Report(True, size)


COLUMN_CHANGES: dict[str, Any] = {
    "time": "2020-01-01T00:00:00Z",
    "type": "ConsentWithdrawn",
    "type_version": 2,
    "ref": "another-ref",
    "subject": "0" * 32,
    "body": '{"consent":"forged"}',
    "payload_sha256": "0" * 64,
    "salt": "00" * 16,
    "leaf_hash": b"\0" * 32,
    "mac": b"\0" * 16,
}


@pytest.mark.parametrize("column", COLUMN_CHANGES)
@pytest.mark.parametrize("index", [1, 64, SIZE - 1])
def test_a_changed_column_is_found_at_its_entry(copy: Path, column: str, index: int) -> None:
    tampered(copy, lambda d: d.execute(f"UPDATE entry SET {column} = ? WHERE idx = ?", (COLUMN_CHANGES[column], index)))

    report = checked(copy)

    assert (report.ok, report.first_bad, report.size) == (False, index, SIZE)
    assert report.reason


@pytest.mark.parametrize("seed", range(40))
def test_a_flipped_bit_in_any_stored_text_is_found_at_its_entry(copy: Path, seed: int) -> None:
    chance = random.Random(seed)
    index = chance.randrange(SIZE)
    column = chance.choice(["body", "time", "ref", "subject", "leaf_hash", "mac", "type"])

    def flip(driver: sqlite3.Connection) -> None:
        value = driver.execute(f"SELECT {column} FROM entry WHERE idx = ?", (index,)).fetchone()[0]
        raw = bytearray(value.encode() if isinstance(value, str) else value or b"x")
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(7)
        changed = raw.decode() if isinstance(value, str) else bytes(raw)
        driver.execute(f"UPDATE entry SET {column} = ? WHERE idx = ?", (changed, index))

    tampered(copy, flip)

    report = checked(copy)
    assert (report.ok, report.first_bad) == (False, index)


@pytest.mark.parametrize("index", [0, 1, 77, SIZE - 1])
def test_a_removed_entry_is_found_at_its_place(copy: Path, index: int) -> None:
    tampered(copy, lambda d: d.execute("DELETE FROM entry WHERE idx = ?", (index,)))

    report = checked(copy)

    assert (report.ok, report.first_bad) == (False, index)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (3, 140), (64, 65)])
def test_two_entries_that_change_places_are_found(copy: Path, low: int, high: int) -> None:
    def swap(driver: sqlite3.Connection) -> None:
        for old, new in ((low, -1), (high, low), (-1, high)):
            driver.execute("UPDATE entry SET idx = ? WHERE idx = ?", (new, old))

    tampered(copy, swap)

    report = checked(copy)
    assert (report.ok, report.first_bad) == (False, low)


@pytest.mark.parametrize("index", [0, 2, 63, 64, 99, SIZE - 1])
def test_an_entry_replaced_with_everything_recomputed_is_named(copy: Path, kept: Kept, index: int) -> None:
    def forge(driver: sqlite3.Connection) -> None:
        driver.execute("UPDATE entry SET body = '{}' WHERE idx = ?", (index,))
        recompute(driver)

    tampered(copy, forge)

    holder, public = checked(copy), checked_by_public(copy)
    assert (holder.ok, holder.first_bad, holder.kind) == (False, index, "entry_replaced")
    # Without the key the entry is bounded by the kept checkpoints around it.
    assert (public.ok, public.kind) == (False, "checkpoint_root")
    assert public.first_bad is not None
    assert public.first_bad <= index < public.first_bad + 70
    assert not checked_by_public(copy, kept.outside[SIZE]).ok


@pytest.mark.parametrize("index", [3, 75, 147])
def test_sealed_content_that_is_changed_removed_or_added_is_found(kept: Kept, tmp_path: Path, index: int) -> None:
    changes: list[tuple[str, tuple[Any, ...], int, str]] = [
        ("UPDATE payload SET sealed = zeroblob(80) WHERE idx = ?", (index,), index, "payload_changed"),
        ("DELETE FROM payload WHERE idx = ?", (index,), index, "payload_missing"),
        ("INSERT INTO payload VALUES (?, x'00')", (index + 1,), index + 1, "payload_extra"),
        ("INSERT INTO payload VALUES (?, x'00')", (SIZE + 5,), SIZE, "payload_extra"),
    ]
    for number, (statement, values, first_bad, kind) in enumerate(changes):
        path = tmp_path / str(number)
        shutil.copy(kept.path, path)
        tampered(path, lambda d, s=statement, v=values: d.execute(s, v))  # type: ignore[misc]

        report = checked(path)

        assert (report.ok, report.first_bad, report.kind) == (False, first_bad, kind)


@pytest.mark.parametrize("seed", range(25))
def test_a_changed_or_missing_tree_node_is_named(copy: Path, seed: int) -> None:
    chance = random.Random(seed)
    node: list[int] = []

    def change(driver: sqlite3.Connection) -> None:
        node.extend(chance.choice(driver.execute("SELECT level, idx FROM node").fetchall()))
        if chance.random() < 0.5:
            driver.execute("UPDATE node SET hash = zeroblob(32) WHERE level = ? AND idx = ?", node)
        else:
            driver.execute("DELETE FROM node WHERE level = ? AND idx = ?", node)

    tampered(copy, change)

    report = checked_by_public(copy)
    assert (report.ok, report.place) == (False, f"node {node[0]}/{node[1]}")
    assert report.first_bad == node[1] << node[0]


def test_a_tree_node_too_many_is_found(copy: Path) -> None:
    tampered(copy, lambda d: d.execute("INSERT INTO node VALUES (5, 99, zeroblob(32))"))

    assert checked(copy).kind == "node_extra"


@pytest.mark.parametrize("seed", range(40))
def test_a_flipped_bit_in_any_checkpoint_or_signature_is_found(copy: Path, seed: int) -> None:
    chance = random.Random(seed)
    size: list[int] = []

    def flip(driver: sqlite3.Connection) -> None:
        at, note = chance.choice(driver.execute("SELECT size, note FROM checkpoint").fetchall())
        raw = bytearray(note.encode())
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(7)
        size.append(at)
        driver.execute("UPDATE checkpoint SET note = CAST(? AS TEXT) WHERE size = ?", (bytes(raw), at))

    tampered(copy, flip)

    report = checked_by_public(copy)
    assert not report.ok
    assert report.place in (f"checkpoint {size[0]}", "file")  # a bit flip may break the UTF-8 of the dash


def test_a_checkpoint_with_a_signature_too_many_is_found(copy: Path) -> None:
    stranger = Signer("stranger.example", b"x" * 32)

    def add(driver: sqlite3.Connection) -> None:
        size, note = driver.execute("SELECT max(size), note FROM checkpoint").fetchone()
        line = stranger.line(parse_checkpoint(note).text)
        driver.execute("UPDATE checkpoint SET note = note || ? WHERE size = ?", (line, size))

    tampered(copy, add)

    report = checked(copy)
    assert (report.ok, report.kind) == (False, "checkpoint_signature")


def test_without_its_newest_checkpoint_a_log_is_not_covered(copy: Path) -> None:
    tampered(copy, lambda d: d.execute("DELETE FROM checkpoint WHERE size = ?", (SIZE,)))

    report = checked(copy)

    assert (report.ok, report.kind) == (False, "checkpoint_missing")
    assert report.first_bad == checked_sizes(copy)[-1]


def checked_sizes(path: Path) -> list[int]:
    driver = sqlite3.connect(path)
    sizes = [row[0] for row in driver.execute("SELECT size FROM checkpoint ORDER BY size")]
    driver.close()
    return sizes


def test_an_old_checkpoint_replayed_as_the_newest_is_found(copy: Path, kept: Kept) -> None:
    old = kept.outside[100]
    tampered(copy, lambda d: d.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (old, SIZE)))

    report = checked(copy)

    assert (report.ok, report.kind, report.place) == (False, "checkpoint_changed", f"checkpoint {SIZE}")


def test_a_log_cut_back_to_an_old_checkpoint_shows_only_against_one_kept_outside(copy: Path, kept: Kept) -> None:
    def cut(driver: sqlite3.Connection) -> None:
        driver.execute("DELETE FROM entry WHERE idx >= 100")
        driver.execute("DELETE FROM payload WHERE idx >= 100")
        driver.execute("DELETE FROM checkpoint WHERE size > 100")
        driver.execute("DELETE FROM node WHERE ((idx + 1) << level) > 100")

    tampered(copy, cut)

    assert checked(copy) == Report(True, 100)
    report = checked(copy, kept.outside[SIZE])
    assert (report.ok, report.kind, report.first_bad) == (False, "rolled_back", 100)


def test_a_fork_by_someone_with_the_key_shows_against_a_checkpoint_kept_outside(
    copy: Path, kept: Kept, tmp_path: Path
) -> None:
    """The holder of the key writes another history: only what is kept outside can tell."""
    forked = EthicsLog.create(tmp_path / "fork", ORIGIN, SIGNER, keys=KeyStore.create(tmp_path / "k", b"m" * 32))
    forked.append([entry(at) for at in range(SIZE + 20)])
    forked.close()

    assert checked(tmp_path / "fork").ok
    for size in (min(kept.outside), 100, SIZE):
        report = checked(tmp_path / "fork", kept.outside[size])
        assert (report.ok, report.kind) == (False, "forked")
        assert report.first_bad == 0
    several = checked(tmp_path / "fork", *kept.outside.values())
    assert (several.kind, several.place) == ("forked", f"outside checkpoint {min(kept.outside)}")


def test_an_outside_checkpoint_of_another_log_or_key_proves_nothing(copy: Path) -> None:
    for other in (Signer("other.example/log", b"s" * 32), Signer(ORIGIN, b"t" * 32)):
        from_other = EthicsLog.create(copy.parent / other.key.id.hex(), other.key.name, other)
        report = checked(
            copy,
            from_other.append([NewEntry("ComputeUsed", {"work": "x", "cases": 1, "cpu_seconds": 1})])[0].checkpoint,
        )
        assert (report.ok, report.kind) == (False, "outside_signature")
    assert checked(copy, "no checkpoint at all").kind == "outside_signature"


def test_a_log_signed_anew_with_another_key_is_not_believed(copy: Path, tmp_path: Path) -> None:
    thief = Signer(ORIGIN, b"t" * 32)
    forged = EthicsLog.create(tmp_path / "forged", ORIGIN, thief, keys=KeyStore.create(tmp_path / "k", b"m" * 32))
    forged.append([entry(at) for at in range(10)])
    forged.close()

    report = checked_by_public(tmp_path / "forged")

    assert (report.ok, report.first_bad, report.kind) == (False, 0, "checkpoint_signature")


def test_another_origin_in_the_file_is_found(copy: Path) -> None:
    tampered(copy, lambda d: d.execute("UPDATE meta SET value = 'other.example/log' WHERE key = 'origin'"))

    assert not checked(copy).ok


def content(path: Path) -> list[tuple[Any, ...]]:
    """Everything that the file says."""
    driver = sqlite3.connect(path)
    driver.text_factory = bytes
    try:
        return [
            row
            for table in ("meta", "entry", "payload", "node", "checkpoint")
            for row in driver.execute(f"SELECT * FROM {table}").fetchall()
        ]
    finally:
        driver.close()


@pytest.mark.parametrize("seed", range(120))
def test_a_flipped_bit_anywhere_in_the_file_is_found_or_harmless(copy: Path, kept: Kept, seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(copy.read_bytes())
    for _ in range(1 + seed % 3):
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    copy.write_bytes(raw)

    try:
        report = checked(copy)
    except LogBrokenError:
        return  # it cannot even be opened

    if report.ok:
        assert content(copy) == content(kept.path)
    else:
        assert report.first_bad is not None


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_found(copy: Path, share: float) -> None:
    raw = copy.read_bytes()
    copy.write_bytes(raw[: int(len(raw) * share)])

    try:
        report = checked(copy)
    except LogBrokenError:
        return

    assert not report.ok


@pytest.mark.parametrize("size", [10, 1_000])
@pytest.mark.parametrize("level", [2, 13])
def test_the_first_of_several_changes_is_named(
    tmp_path: Path, size: int, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_CHUNK_LEVEL", level)
    monkeypatch.setattr(verification, "_CHUNK", 1 << level)
    log = EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER, keys=KeyStore.create(tmp_path / "k", b"m" * 32))
    log.append([entry(at) for at in range(size)])
    log.close()
    chance = random.Random(size)
    for turn in range(6):
        path = tmp_path / f"copy-{turn}"
        shutil.copy(log.path, path)
        bad = sorted(chance.sample(range(size), 3))
        tampered(
            path,
            lambda d, b=bad: d.executemany("UPDATE entry SET body = '{}' WHERE idx = ?", [(i,) for i in b]),  # type: ignore[misc]
        )

        assert checked(path).first_bad == bad[0]
        assert checked_by_public(path).first_bad == bad[0]


def replace_body(driver: sqlite3.Connection, index: int) -> None:
    driver.execute("UPDATE entry SET body = replace(body, 'suggest', 'forged!') WHERE idx = ?", (index,))


def remove_entry(driver: sqlite3.Connection, index: int) -> None:
    driver.execute("DELETE FROM entry WHERE idx = ?", (index,))


def exchange_entries(driver: sqlite3.Connection, index: int) -> None:
    for old, new in ((index, -1), (index + 1, index), (-1, index + 1)):
        driver.execute("UPDATE entry SET idx = ? WHERE idx = ?", (new, old))


def cut_tail(driver: sqlite3.Connection, index: int) -> None:
    driver.execute("DELETE FROM entry WHERE idx >= ?", (index,))


def forge_leaf(driver: sqlite3.Connection, index: int) -> None:
    row = driver.execute(f"SELECT {COLUMNS} FROM entry WHERE idx = ?", (index,)).fetchone()
    forged = (*row[:6], row[6].replace("suggest", "forged!"), *row[7:9])
    hashed = leaf_hash(render_leaf(forged).encode())
    driver.execute("UPDATE entry SET body = ?, leaf_hash = ? WHERE idx = ?", (forged[6], hashed, index))


@pytest.mark.parametrize("size", [10, 1_000, LARGE])
def test_a_log_of_any_size_names_the_entry_that_was_changed(tmp_path: Path, size: int) -> None:
    log = EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER)
    body = {"work": "suggest", "cases": 1, "cpu_seconds": 1}
    for _ in range(0, size, 5_000):
        log.append([NewEntry("ComputeUsed", body)] * min(5_000, size))
    log.compact()
    log.close()
    chance = random.Random(size)
    assert checked(log.path) == Report(True, size)

    for change in (replace_body, remove_entry, exchange_entries, cut_tail, forge_leaf):
        index = chance.randrange(size - 1)
        shutil.copy(log.path, tmp_path / "copy")
        tampered(tmp_path / "copy", lambda d, c=change, i=index: c(d, i))  # type: ignore[misc]

        report = checked(tmp_path / "copy")

        assert (report.ok, report.first_bad) == (False, index), change.__name__
