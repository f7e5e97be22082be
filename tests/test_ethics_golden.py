"""A log written by the first release stays readable, verifiable and continuable; these files are never made anew."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.exports import import_log, verify_export
from ethics.log import EthicsLog
from ethics.records import check_entry, records
from ethics.report import Report

GOLDEN = Path(__file__).parent / "golden"
ORIGIN = "vejviser.example/golden"
NOW = Signer(ORIGIN, b"2" * 32)
EXPORT = GOLDEN / "ethics_log_v1.jsonl"


@pytest.fixture
def oldest(tmp_path: Path) -> EthicsLog:
    """The file as the first schema left it, brought up to date by opening it."""
    driver = sqlite3.connect(tmp_path / "log")
    driver.executescript((GOLDEN / "ethics_log_0001.sql").read_text(encoding="utf-8"))
    driver.close()
    return EthicsLog.open(tmp_path / "log", NOW)


def test_the_oldest_file_verifies_and_goes_on(oldest: EthicsLog) -> None:
    size = oldest.size()

    assert oldest.verify() == Report(True, size)
    done = oldest.append([NewEntry("ComputeUsed", {"work": "suggest", "cases": 1, "cpu_seconds": 1})])
    assert done[0].index == size
    assert oldest.verify() == Report(True, size + 1)


def test_the_oldest_export_verifies_and_is_the_oldest_file(oldest: EthicsLog, tmp_path: Path) -> None:
    assert verify_export(EXPORT, [NOW.key]) == Report(True, oldest.size())

    import_log(EXPORT, tmp_path / "again", [], NOW)

    assert EthicsLog.open(tmp_path / "again", NOW).find() == oldest.find()
    oldest.export(tmp_path / "export")
    assert (tmp_path / "export").read_text().splitlines()[1:] == EXPORT.read_text().splitlines()[1:]


def test_every_type_of_the_first_release_is_still_known_as_it_was(oldest: EthicsLog) -> None:
    seen = set()
    for entry in oldest.find():
        sealed = entry.payload_sha256 is not None
        check_entry(entry.type, entry.type_version, entry.body, entry.subject is not None, sealed)
        seen.add((entry.type, entry.type_version))

    assert len(seen) >= 60
    assert seen <= records().keys()


@pytest.mark.parametrize("index", [0, 30, 64])
def test_the_bytes_of_a_leaf_never_change(oldest: EthicsLog, index: int) -> None:
    leaves = [json.loads(line)["leaf"] for line in EXPORT.read_text().splitlines() if '"leaf"' in line]

    assert oldest.leaf(index).decode() == leaves[index]
