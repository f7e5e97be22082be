from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ethics.checkpoint import COSIGNATURE, Signer, parse_checkpoint
from ethics.entry import NewEntry
from ethics.errors import KeyUseError, NotInLogError, WitnessRefusesError
from ethics.log import EthicsLog
from ethics.witness import Witness, cosign_log, register_witness

ORIGIN = "vejviser.example/log"
SIGNER = Signer(ORIGIN, b"s" * 32)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BOARD = Signer("board.example/witness", b"w" * 32, COSIGNATURE)


def compute(cases: int = 1) -> NewEntry:
    return NewEntry("ComputeUsed", {"work": "suggest", "cases": cases, "cpu_seconds": 1})


@pytest.fixture
def log(tmp_path: Path) -> EthicsLog:
    log = EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER)
    register_witness(log, BOARD.key, "board")
    log.append([compute(at) for at in range(9)])
    return log


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(BOARD, tmp_path / "board" / "seen.json", lambda: NOON)


def test_a_witness_follows_a_log_that_only_grows(log: EthicsLog, witness: Witness) -> None:
    notes = []
    for _ in range(4):
        notes.append(cosign_log(witness, log))
        log.append([compute()] * 5)

    assert all(parse_checkpoint(note).signed_by(BOARD.key) for note in notes)
    assert log.verify(notes).ok
    assert EthicsLog.open(log.path, trusted=[SIGNER.key]).verify(notes).ok
    assert [e.body["size"] for e in log.find(type="Witnessed")] == [parse_checkpoint(n).size for n in notes]
    assert log.find(type="Witnessed")[0].body["at"] == "2026-11-22T12:00:00Z"
    seen = witness.seen(ORIGIN)
    assert seen is not None
    assert seen.size == parse_checkpoint(notes[-1]).size


def test_a_witnessed_checkpoint_is_kept_for_ever(log: EthicsLog, witness: Witness) -> None:
    note = cosign_log(witness, log)
    log.append([compute()])
    log.append([compute()])

    assert log.checkpoint_at_least(parse_checkpoint(note).size).note == note


def test_a_witness_remembers_across_restarts(log: EthicsLog, tmp_path: Path) -> None:
    first = Witness.create(tmp_path / "w" / "key", tmp_path / "w" / "seen", "board.example/w2")
    register_witness(log, first.signer.key, "board")
    cosign_log(first, log)

    again = Witness.open(tmp_path / "w" / "key", tmp_path / "w" / "seen")

    assert again.seen(ORIGIN) == first.seen(ORIGIN)
    assert again.seen("another.example/log") is None
    log.append([compute()])
    cosign_log(again, log)


def test_a_log_that_was_cut_back_gets_no_cosignature(log: EthicsLog, witness: Witness, tmp_path: Path) -> None:
    log.compact()
    shutil.copy(log.path, tmp_path / "earlier")
    log.append([compute()] * 9)
    cosign_log(witness, log)
    earlier = EthicsLog.open(tmp_path / "earlier", SIGNER)

    with pytest.raises(WitnessRefusesError, match="now holds 10"):
        cosign_log(witness, earlier)
    with pytest.raises(WitnessRefusesError, match="now claims 10"):
        witness.cosign(earlier.head().note, [], SIGNER.key)


def test_a_forked_log_gets_no_cosignature(log: EthicsLog, witness: Witness, tmp_path: Path) -> None:
    log.compact()
    shutil.copy(log.path, tmp_path / "fork")
    log.append([compute(1)])
    cosign_log(witness, log)
    fork = EthicsLog.open(tmp_path / "fork", SIGNER)
    fork.append([compute(2)] * 12)
    seen = witness.seen(ORIGIN)

    with pytest.raises(WitnessRefusesError, match="does not continue"):
        cosign_log(witness, fork)
    assert witness.seen(ORIGIN) == seen


def test_a_false_proof_a_strange_key_and_no_checkpoint_get_no_cosignature(log: EthicsLog, witness: Witness) -> None:
    cosign_log(witness, log)
    log.append([compute()])

    with pytest.raises(WitnessRefusesError, match="does not continue"):
        witness.cosign(log.head().note, [], SIGNER.key)
    with pytest.raises(WitnessRefusesError, match="not signed by the log's key"):
        witness.cosign(log.head().note, [], Signer(ORIGIN, b"t" * 32).key)
    with pytest.raises(WitnessRefusesError, match="cannot be used"):
        witness.cosign("nothing", [], SIGNER.key)


def test_another_key_for_a_known_log_is_refused_until_the_rotation_is_shown(log: EthicsLog, witness: Witness) -> None:
    cosign_log(witness, log)
    old, new = SIGNER.key, Signer(ORIGIN, b"n" * 32)
    log.rotate(new, "planned", "lead")
    size = log.head().size
    seen = witness.seen(ORIGIN)
    assert seen is not None
    proof = log.consistency(seen.size)

    with pytest.raises(WitnessRefusesError, match="another key than before"):
        cosign_log(witness, log)
    with pytest.raises(WitnessRefusesError, match="not signed by the log's key"):
        witness.accept_rotation(log.head().note, proof, old, Signer(ORIGIN, b"x" * 32).key)
    log.add_cosignature(size, witness.accept_rotation(log.head().note, proof, old, new.key))

    cosign_log(witness, log)
    assert log.verify().ok


def test_only_a_registered_witness_counts(log: EthicsLog, tmp_path: Path) -> None:
    stranger = Witness(Signer("x.example/w", b"x" * 32, COSIGNATURE), tmp_path / "x", lambda: NOON)

    with pytest.raises(KeyUseError, match="register its key first"):
        cosign_log(stranger, log)
    with pytest.raises(KeyUseError, match="no witness key"):
        register_witness(log, SIGNER.key, "board")
    with pytest.raises(KeyUseError, match="key of its own"):
        Witness(SIGNER, tmp_path / "y")
    assert log.verify().ok


def test_a_cosignature_for_a_checkpoint_that_is_gone_is_refused(log: EthicsLog, witness: Witness) -> None:
    line = witness.cosign(log.head().note, [], SIGNER.key)

    with pytest.raises(NotInLogError, match="no checkpoint of 999"):
        log.add_cosignature(999, line)
    for bad in ("nonsense", line[:-9], line + line, line.replace("—", "-")):
        with pytest.raises(KeyUseError, match="cosignature"):
            log.add_cosignature(log.head().size, bad)
    assert log.verify().ok


def test_a_damaged_memory_is_not_taken_for_an_empty_one(log: EthicsLog, witness: Witness) -> None:
    cosign_log(witness, log)
    witness.state.write_text("[]", encoding="utf-8")

    with pytest.raises(KeyUseError, match="damaged"):
        witness.seen(ORIGIN)


def test_the_memory_holds_nothing_secret(log: EthicsLog, witness: Witness) -> None:
    cosign_log(witness, log)

    known = json.loads(witness.state.read_text(encoding="utf-8"))

    assert set(known) == {ORIGIN}
    assert set(known[ORIGIN]) == {"size", "root", "key"}
