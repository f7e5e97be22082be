"""Several programs at once, and programs that are killed: nothing acknowledged is lost, nothing is half there."""

from __future__ import annotations

import hashlib
import inspect
import random
import subprocess
import sys
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assistant.store.cases import CaseRecord, CaseRepository
from assistant.store.engine import open_database
from assistant.store.history import HistoryRepository

BATCH = 400


class DerivedCipher:
    """AES-256-GCM with a key made from the subject's name, so that every process has the same."""

    def seal(self, subject: str, plaintext: bytes, aad: bytes, /) -> bytes:
        return AESGCM(hashlib.sha256(subject.encode()).digest()).encrypt(b"\0" * 12, plaintext, aad)

    def open_sealed(self, subject: str, sealed: bytes, aad: bytes, /) -> bytes:
        return AESGCM(hashlib.sha256(subject.encode()).digest()).decrypt(b"\0" * 12, sealed, aad)


COMMON = f"""
import hashlib, sys
from datetime import date
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from assistant.store.cases import CaseRecord, CaseRepository
from assistant.store.engine import open_database
from assistant.store.errors import StaleCaseError
from assistant.store.history import EarlierCase, HistoryRepository
BATCH = {BATCH}
{inspect.getsource(DerivedCipher)}
url, name = sys.argv[1:]
database = open_database(url, patience=60)
cases = CaseRepository(database, DerivedCipher())
history = HistoryRepository(database, DerivedCipher())
print("ready", flush=True)
"""

COUNT_UP = """
done = 0
while done < 30:
    case = cases.get("C-1")
    record = CaseRecord("C-1", "person-1", "unit", {"count": case.record.facts["count"] + 1}, f"{name} {done}")
    try:
        cases.save(record, case.version, name)
    except StaleCaseError:
        continue
    done += 1
database.close()
"""

SAVE_FOR_EVER = """
version = cases.get("C-1").version
batches = history.count() // BATCH
while True:
    cases.save(CaseRecord("C-1", "person-1", "unit", {"count": version + 1}, "note " * 500), version, name)
    version += 1
    print("saved", version, flush=True)
    if version % 5 == 0:
        keys = [f"{batches}-{row}" for row in range(BATCH)]
        history.add([EarlierCase("k", key, "p", "x", "g", date(2024, 1, 1), note="n" * 200) for key in keys])
        batches += 1
        print("added", batches, flush=True)
"""


def start(script: str, url: str, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMON + script, url, name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def make_case(url: str) -> None:
    database = open_database(url)
    CaseRepository(database, DerivedCipher()).save(CaseRecord("C-1", "person-1", "unit", {"count": 1}), 0, "test")
    database.close()


def test_three_programs_changing_one_case_lose_no_change(blank_url: str) -> None:
    make_case(blank_url)

    writers = [start(COUNT_UP, blank_url, f"writer-{number}") for number in range(3)]
    results = [(*writer.communicate(timeout=50), writer.returncode) for writer in writers]

    assert results == [("ready\n", "", 0)] * 3
    database = open_database(blank_url)
    cases = CaseRepository(database, DerivedCipher())
    kept = [cases.get("C-1", version.version).record for version in cases.versions("C-1")]
    database.close()
    assert [record.facts["count"] for record in kept] == list(range(1, 92))
    assert {record.note for record in kept[1:]} == {f"writer-{w} {n}" for w in range(3) for n in range(30)}


def killed(url: str, after: float) -> tuple[int, int]:
    """Let a program write, kill it, and say which version and how many batches it had acknowledged."""
    program = start(SAVE_FOR_EVER, url, "victim")
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    time.sleep(after)
    program.kill()
    said, complaints = program.communicate(timeout=20)
    assert complaints == ""
    lines = [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]
    acknowledged = {"saved": 0, "added": 0}
    acknowledged |= {word: int(number) for word, number in lines}
    return acknowledged["saved"], acknowledged["added"]


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_program_leaves_the_old_state_or_the_new(blank_url: str, seed: int) -> None:
    make_case(blank_url)
    chance = random.Random(seed)
    version, batches = 1, 0
    for _ in range(3):
        saved, added = killed(blank_url, chance.uniform(0.02, 0.4))

        database = open_database(blank_url, create=False)
        case = CaseRepository(database, DerivedCipher()).get("C-1")
        rows = list(HistoryRepository(database, DerivedCipher()).load())
        database.close()

        version, batches = max(version, saved), max(batches, added)
        assert case.version in {version, version + 1}
        assert case.record.facts == {"count": case.version}
        assert case.record.note == ("note " * 500 if case.version > 1 else "")
        assert len(rows) in {batches * BATCH, (batches + 1) * BATCH}
        assert all(row.note == "n" * 200 for row in rows)
        version, batches = case.version, len(rows) // BATCH
    assert version > 5
