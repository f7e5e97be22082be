"""After an erasure nothing of the person is in any file, and every proof still verifies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.erasure import erase
from ethics.errors import ErasedError, KeyUseError, RecordError
from ethics.keys import KeyStore, sealed_for
from ethics.log import EthicsLog
from ethics.receipts import verify_receipt

ORIGIN = "vejviser.example/log"
SIGNER = Signer(ORIGIN, b"s" * 32)
CASE = "CASE-ada-7731"
WORDS = "Ada Opdigtet vil kunne gå til Damhussøen uden rollator igen"


def goal(case: str, words: str) -> NewEntry:
    return NewEntry("GoalShown", {"before_suggestion": True}, ref="S-1", subject=case, payload=words.encode())


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore.create(tmp_path / "keys", b"m" * 32)


@pytest.fixture
def log(tmp_path: Path, keys: KeyStore) -> EthicsLog:
    log = EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER, keys=keys)
    for at in range(30):
        log.append([goal(CASE, f"{WORDS} {at}"), goal("CASE-other", f"noget andet {at}")])
    return log


def every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def erase_ada(log: EthicsLog) -> str:
    return erase(log, CASE, reason="gdpr17", by="lead", filing_receipt="arkiv-42").opaque


def test_nothing_of_the_person_is_left_in_any_file(log: EthicsLog, keys: KeyStore, tmp_path: Path) -> None:
    wrapped = keys._connection.execute("SELECT wrapped FROM person").fetchall()
    sealed = keys.seal(CASE, WORDS.encode(), b"")

    opaque = erase_ada(log)

    everything = every_byte(tmp_path)
    for secret in (WORDS, CASE, "Ada", "Damhussøen"):
        assert secret.encode() not in everything
        assert secret.encode("utf-16le") not in everything
    gone = [row[0] for row in wrapped if row[0] not in everything]
    assert len(gone) == 1
    assert opaque == sealed_for(sealed)
    with pytest.raises(ErasedError):
        keys.open_sealed(None, sealed, b"")


def test_every_proof_and_receipt_still_verifies(log: EthicsLog) -> None:
    receipt, head = log.receipt(4), log.head()

    erase_ada(log)

    assert log.verify([head.note]).ok
    assert verify_receipt(receipt, [SIGNER.key]).ok
    assert verify_receipt(log.receipt(4), [SIGNER.key]).ok
    with pytest.raises(ErasedError):
        log.payload(4)
    assert log.payload(5) == b"noget andet 2"


def test_the_order_and_its_completion_are_logged_without_the_person(log: EthicsLog) -> None:
    opaque = erase_ada(log)

    entries = log.find(type="Erasure")
    assert [entry.body["stage"] for entry in entries] == ["ordered", "done"]
    assert {entry.subject for entry in entries} == {opaque}
    assert entries[0].body["filing_receipt"] == "arkiv-42"
    assert log.find(subject=CASE) == []


def test_derived_copies_go_before_the_key_and_a_failure_can_be_repeated(
    log: EthicsLog, keys: KeyStore, tmp_path: Path
) -> None:
    (tmp_path / "index.json").write_text(json.dumps({CASE: WORDS}), encoding="utf-8")
    copies = [("history_index", (tmp_path / "index.json").unlink), ("cache", lambda: 1 / 0)]

    with pytest.raises(ZeroDivisionError):
        erase(log, CASE, reason="gdpr17", by="lead", filing_receipt="arkiv-42", copies=copies)  # type: ignore[arg-type]
    assert log.payload(0).decode().startswith(WORDS)

    erase(log, CASE, reason="gdpr17", by="lead", filing_receipt="arkiv-42", copies=[("cache", lambda: None)])
    assert WORDS.encode() not in every_byte(tmp_path)
    assert [entry.body["stage"] for entry in log.find(type="Erasure")] == ["ordered", "ordered", "done"]


def test_nothing_is_erased_without_a_filing_receipt(log: EthicsLog) -> None:
    with pytest.raises(RecordError, match="filing receipt"):
        erase(log, CASE, reason="gdpr17", by="lead", filing_receipt=" ")

    assert log.payload(0).decode().startswith(WORDS)


def test_there_must_be_someone_to_erase(log: EthicsLog) -> None:
    with pytest.raises(RecordError, match="no key for this person"):
        erase(log, "CASE-nobody", reason="gdpr17", by="lead", filing_receipt="arkiv-1")
    with pytest.raises(KeyUseError, match="key store"):
        erase(EthicsLog.open(log.path, SIGNER), CASE, reason="gdpr17", by="lead", filing_receipt="arkiv-1")
