from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ethics import standalone_verify
from ethics.checkpoint import COSIGNATURE, Signer
from ethics.entry import NewEntry, row_of_leaf
from ethics.errors import LogExistsError, ReceiptError, UnusableExportError
from ethics.exports import import_log, verify_export
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.receipts import read_receipt, verify_receipt
from ethics.report import Report
from ethics.witness import Witness, cosign_log, register_witness

ORIGIN = "vejviser.example/log"
SIGNER = Signer(ORIGIN, b"s" * 32)
NEW = Signer(ORIGIN, b"n" * 32)
SIZE = 103


def entry(at: int) -> NewEntry:
    words = f"the words of entry {at}".encode() if at % 3 == 0 else None
    return NewEntry(
        "GoalShown", {"before_suggestion": at % 2 == 0}, ref=f"r-{at}", subject=f"C-{at % 9}", payload=words
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with a witness and a key rotation, its export, and a checkpoint kept outside."""
    folder = tmp_path_factory.mktemp("export")
    keys = KeyStore.create(folder / "keys", b"m" * 32)
    log = EthicsLog.create(folder / "log", ORIGIN, SIGNER, keys=keys)
    witness = Witness(Signer("board.example/w", b"w" * 32, COSIGNATURE), folder / "seen")
    register_witness(log, witness.signer.key, "board")
    for at in range(70):
        log.append([entry(at)])
    (folder / "outside").write_text(cosign_log(witness, log), encoding="utf-8")
    log.rotate(NEW, "planned", "lead")
    log.append([entry(at) for at in range(70, 100)])
    assert log.export(folder / "export.jsonl") == SIZE
    (folder / "receipt.json").write_text(json.dumps(log.receipt(5)), encoding="utf-8")
    log.compact()
    log.close()
    return folder


def alone(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The verifier as a file of its own, with our packages out of reach."""
    script = Path(standalone_verify.__file__).read_text(encoding="utf-8")
    assert "from ethics" not in script
    assert "import ethics" not in script
    return subprocess.run(
        [sys.executable, "-I", standalone_verify.__file__, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "export.jsonl").read_text(encoding="utf-8").splitlines()]


def changed(tmp_path: Path, lines: list[dict[str, Any]]) -> Path:
    (tmp_path / "changed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return tmp_path / "changed.jsonl"


def entry_lines(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "leaf" in line]


def test_an_export_checks_out_alone_and_here(folder: Path) -> None:
    outside = (folder / "outside").read_text(encoding="utf-8")

    assert verify_export(folder / "export.jsonl", [NEW.key], [outside]) == Report(True, SIZE)
    done = alone(folder / "export.jsonl", "--key", NEW.key.text, "--checkpoint", folder / "outside")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"OK: {SIZE} entries, every hash and signature fits.\n"


def test_an_export_is_not_believed_without_the_right_key(folder: Path) -> None:
    for key in (SIGNER.key, Signer(ORIGIN, b"x" * 32).key):
        assert verify_export(folder / "export.jsonl", [key]).kind == "checkpoint_signature"
        done = alone(folder / "export.jsonl", "--key", key.text)
        assert done.returncode == 1
        assert done.stdout.startswith("BAD: checkpoint")


@pytest.mark.parametrize("arguments", [["--key", "nonsense"], ["--key", NEW.key.text, "--checkpoint", "/none"], []])
def test_a_wrong_question_is_no_verdict(folder: Path, arguments: list[str]) -> None:
    done = alone(folder / "export.jsonl", *arguments)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_letter_anywhere_in_an_export_is_found_or_harmless(folder: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray((folder / "export.jsonl").read_bytes())
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(7)
    (tmp_path / "e").write_bytes(raw)

    report = verify_export(tmp_path / "e", [NEW.key])

    if report.ok:  # a letter of the header that nobody relies on
        kept = [json.loads(line) for line in raw.decode().splitlines()[1:]]
        assert kept == lines_of(folder)[1:]


@pytest.mark.parametrize("index", [0, 1, 64, SIZE - 1])
def test_a_changed_entry_is_named_as_in_the_file(folder: Path, tmp_path: Path, index: int) -> None:
    lines = lines_of(folder)
    item = entry_lines(lines)[index]
    item["leaf"] = item["leaf"].replace('"v":1', '"v":2')

    report = verify_export(changed(tmp_path, lines), [NEW.key])

    assert (report.first_bad, report.kind, report.size) == (index, "entry_changed", index)


@pytest.mark.parametrize("index", [0, 33, SIZE - 2])
def test_removed_and_exchanged_entries_are_named(folder: Path, tmp_path: Path, index: int) -> None:
    lines = lines_of(folder)
    at = lines.index(entry_lines(lines)[index])

    gone = verify_export(changed(tmp_path, lines[:at] + lines[at + 1 :]), [NEW.key])
    entries = entry_lines(lines)
    entries[index]["leaf"], entries[index + 1]["leaf"] = entries[index + 1]["leaf"], entries[index]["leaf"]
    entries[index]["leaf_hash"], entries[index + 1]["leaf_hash"] = (
        entries[index + 1]["leaf_hash"],
        entries[index]["leaf_hash"],
    )
    swapped = verify_export(changed(tmp_path, lines), [NEW.key])

    assert (gone.ok, gone.first_bad) == (False, index)
    assert (swapped.ok, swapped.first_bad) == (False, index)


def test_an_entry_forged_with_its_hash_is_bounded_by_the_checkpoints(folder: Path, tmp_path: Path) -> None:
    lines = lines_of(folder)
    item = entry_lines(lines)[40]
    leaf = item["leaf"].replace("true", "false") if "true" in item["leaf"] else item["leaf"].replace("false", "true")
    item["leaf"], item["leaf_hash"] = leaf, standalone_verify.leaf_hash(leaf.encode()).hex()

    report = verify_export(changed(tmp_path, lines), [NEW.key])

    assert (report.ok, report.kind) == (False, "checkpoint_root")
    assert report.first_bad is not None
    assert report.first_bad <= 40
    assert report.size == 64


@pytest.mark.parametrize("kept", [1, 2, 30, 100])
def test_a_truncated_export_is_found(folder: Path, tmp_path: Path, kept: int) -> None:
    assert not verify_export(changed(tmp_path, lines_of(folder)[:kept]), [NEW.key]).ok


def test_changed_sealed_content_is_named(folder: Path, tmp_path: Path) -> None:
    for change, kind in (({"sealed": "AAAA"}, "payload_changed"), ({"sealed": None}, "payload_missing")):
        lines = lines_of(folder)
        index = next(at for at, item in enumerate(entry_lines(lines)) if "sealed" in item)
        entry_lines(lines)[index].update(change)

        report = verify_export(changed(tmp_path, lines), [NEW.key])

        assert (report.first_bad, report.kind) == (index, kind)


def test_an_export_cut_back_or_forked_shows_against_a_checkpoint_kept_outside(folder: Path, tmp_path: Path) -> None:
    early = EthicsLog.create(tmp_path / "log", ORIGIN, NEW, keys=KeyStore.create(tmp_path / "k", b"m" * 32))
    early.append([entry(at) for at in range(9)])
    early.export(tmp_path / "early.jsonl")
    later = early.append([entry(9)])[0].checkpoint
    outside = (folder / "outside").read_text(encoding="utf-8")

    assert verify_export(tmp_path / "early.jsonl", [NEW.key]).ok
    back = verify_export(tmp_path / "early.jsonl", [NEW.key], [later])
    fork = EthicsLog.create(tmp_path / "fork", ORIGIN, NEW)
    fork.append([NewEntry("ComputeUsed", {"work": "x", "cases": 1, "cpu_seconds": 1})] * 12)
    fork.export(tmp_path / "fork.jsonl")
    forked = verify_export(tmp_path / "fork.jsonl", [NEW.key], [later])
    assert (back.kind, back.first_bad) == ("rolled_back", 9)
    assert forked.kind == "forked"
    assert verify_export(tmp_path / "early.jsonl", [NEW.key], [outside]).kind == "outside_signature"
    assert verify_export(tmp_path / "early.jsonl", [NEW.key], ["rubbish"]).kind == "outside_signature"


@pytest.mark.parametrize("text", ["", "{}\n", "not json\n", "[1]\n", '{"vejviser_log_export":1}\n'])
def test_what_is_no_export_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "e").write_text(text)

    assert verify_export(tmp_path / "e", [NEW.key]).place == "line 1"


def test_an_imported_log_is_the_same_log_and_can_be_continued(folder: Path, tmp_path: Path) -> None:
    outside = (folder / "outside").read_text(encoding="utf-8")

    assert import_log(folder / "export.jsonl", tmp_path / "again", [], NEW, [outside]) == SIZE

    keys = KeyStore.open(folder / "keys", b"m" * 32)
    again, first = EthicsLog.open(tmp_path / "again", NEW, keys=keys), EthicsLog.open(folder / "log", NEW, keys=keys)
    assert again.find() == first.find()
    assert again.head() == first.head()
    assert again.payload(1) == first.payload(1) == b"the words of entry 0"
    assert again.verify([outside]).ok
    assert again.append([entry(1)])[0].index == SIZE
    assert again.verify([outside]).ok


def test_a_log_imported_with_the_public_key_only_verifies(folder: Path, tmp_path: Path) -> None:
    import_log(folder / "export.jsonl", tmp_path / "again", [NEW.key])

    assert EthicsLog.open(tmp_path / "again", trusted=[NEW.key]).verify().ok
    assert EthicsLog.open(tmp_path / "again", NEW).verify().ok
    assert sorted(path.name for path in tmp_path.iterdir() if "partial" in path.name) == []


def test_an_export_that_does_not_check_out_is_not_imported(folder: Path, tmp_path: Path) -> None:
    lines = lines_of(folder)
    entry_lines(lines)[3]["leaf"] += " "

    with pytest.raises(UnusableExportError, match="entry 3"):
        import_log(changed(tmp_path, lines), tmp_path / "again", [NEW.key])
    assert not (tmp_path / "again").exists()
    shutil.copy(folder / "log", tmp_path / "again")
    with pytest.raises(LogExistsError):
        import_log(folder / "export.jsonl", tmp_path / "again", [NEW.key])


def test_a_leaf_that_is_not_canonical_is_refused() -> None:
    for leaf in (b"[]", b"{}", b'{"v":1}'):
        with pytest.raises(ValueError, match="leaf"):
            row_of_leaf(leaf)


def test_a_receipt_is_checked_alone_and_here_with_no_log(folder: Path) -> None:
    assert verify_receipt(folder / "receipt.json").ok
    assert verify_receipt(folder / "receipt.json", [NEW.key]) == Report(True, SIZE)
    done = alone(folder / "receipt.json", "--key", NEW.key.text)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_receipt_holds_the_entry_and_no_person(folder: Path) -> None:
    receipt = read_receipt(folder / "receipt.json")

    assert (receipt["index"], receipt["type"], receipt["origin"]) == (5, "GoalShown", ORIGIN)
    assert json.loads(receipt["leaf"])["body"] == {"before_suggestion": True}
    assert "C-4" not in json.dumps(receipt)


@pytest.mark.parametrize(
    "change",
    [
        {"index": 6},
        {"leaf_hash": "0" * 64},
        {"leaf": "{}"},
        {"leaf": 7},
        {"proof": []},
        {"proof": ["00" * 32]},
        {"proof": ["x"]},
        {"origin": "other"},
        {"checkpoint": "x"},
        {"checkpoint": None},
    ],
)
def test_a_changed_receipt_does_not_check_out(folder: Path, change: dict[str, Any]) -> None:
    report = verify_receipt({**read_receipt(folder / "receipt.json"), **change}, [NEW.key])

    assert not report.ok
    assert report.reason


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_letter_in_what_a_receipt_proves_is_found(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    receipt = read_receipt(folder / "receipt.json")
    key = chance.choice(["leaf", "leaf_hash", "checkpoint"])
    at = chance.randrange(len(receipt[key]))
    letter = chr(ord(receipt[key][at]) ^ 1)
    receipt[key] = receipt[key][:at] + letter + receipt[key][at + 1 :]

    assert not verify_receipt(receipt, [NEW.key]).ok


def test_what_is_no_receipt_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "r").write_text("{}")

    for path in (tmp_path / "r", tmp_path / "none", folder / "log"):
        with pytest.raises(ReceiptError, match="no receipt"):
            verify_receipt(path)
    with pytest.raises(ReceiptError, match="public key"):
        verify_receipt({**read_receipt(folder / "receipt.json"), "keys": ["x"]})
    with pytest.raises(ReceiptError, match="no entry 999"):
        EthicsLog.open(folder / "log", NEW).receipt(999)


def test_an_export_that_fails_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    log = EthicsLog.open(folder / "log", NEW)
    (tmp_path / "taken").mkdir()

    with pytest.raises(OSError, match="taken"):
        log.export(tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
