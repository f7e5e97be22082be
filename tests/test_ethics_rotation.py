from __future__ import annotations

from pathlib import Path

import pytest

from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.errors import KeyUseError
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.rotation import rotate_log_key, rotate_master_key

ORIGIN = "vejviser.example/log"
OLD, NEW = Signer(ORIGIN, b"s" * 32), Signer(ORIGIN, b"n" * 32)


@pytest.fixture
def log(tmp_path: Path) -> EthicsLog:
    log = EthicsLog.create(tmp_path / "log", ORIGIN, OLD, keys=KeyStore.create(tmp_path / "keys", b"m" * 32))
    log.append([NewEntry("GoalShown", {"before_suggestion": True}, subject="C-1", payload=b"the goal")])
    return log


def test_a_new_master_key_opens_what_the_old_one_locked_and_is_logged_by_id_only(
    log: EthicsLog, tmp_path: Path
) -> None:
    master = b"another master key of 32 bytes!!"

    done = rotate_master_key(log, master, reason="planned", by="lead")

    assert log.payload(0) == b"the goal"
    again = EthicsLog.open(log.path, OLD, keys=KeyStore.open(tmp_path / "keys", master))
    assert again.payload(0) == b"the goal"
    body = again.entry(done.index).body
    assert (body["role"], body["new_id"]) == ("master", KeyStore.id_of(master))
    assert body["old_id"] == KeyStore.id_of(b"m" * 32)
    assert master not in log.path.read_bytes()
    assert again.verify().ok
    with pytest.raises(KeyUseError, match="not the one"):
        KeyStore.open(tmp_path / "keys", b"m" * 32)


def test_a_bad_master_key_is_refused_before_anything_is_logged(log: EthicsLog) -> None:
    with pytest.raises(KeyUseError, match="32 bytes"):
        rotate_master_key(log, b"short", reason="planned", by="lead")
    with pytest.raises(KeyUseError, match="key store"):
        rotate_master_key(EthicsLog.open(log.path, OLD), b"x" * 32, reason="planned", by="lead")

    assert log.size() == 1
    assert log.payload(0) == b"the goal"


@pytest.mark.parametrize("reason", ["planned", "compromised", "lost"])
def test_a_new_log_key_takes_over(log: EthicsLog, reason: str) -> None:
    rotate_log_key(log, NEW, reason=reason, by="lead")
    log.append([NewEntry("GoalShown", {"before_suggestion": False}, subject="C-1")])

    assert EthicsLog.open(log.path, NEW).verify().ok
    assert log.find(type="KeyRotated")[0].body["reason"] == reason
