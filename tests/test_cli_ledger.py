"""The log through the command line: it verifies, it names what was changed, and a receipt needs no workspace."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from app_fixtures import (
    Json,
    Suggested,
    fingerprint,
    made,
    one_sentence,
    spawned,
    suggested,
    vejviser,
    with_suggestions,
    workspace,
)

__all__ = ["made", "suggested", "with_suggestions", "workspace"]

ENTRY = 9


def flipped(value: Any) -> Any:
    """The value with one bit changed in its middle."""
    raw = value.encode() if isinstance(value, str) else value
    at = len(raw) // 2
    changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    return changed.decode() if isinstance(value, str) else changed


@contextmanager
def forged(workspace: Path) -> Iterator[sqlite3.Connection]:
    """The log file, open for someone who has it and SQL; what guards it against slips is taken away first."""
    log = sqlite3.connect(workspace / "ledger.db")
    for (name,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        log.execute(f"DROP TRIGGER {name}")
    yield log
    log.commit()
    log.close()


def flip(workspace: Path, table: str, column: str, where: str) -> None:
    """Change one bit of one cell."""
    with forged(workspace) as log:
        (old,) = log.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
        log.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (flipped(old),))


def sealed_entry(workspace: Path) -> int:
    with forged(workspace) as log:
        (found,) = log.execute("SELECT min(idx) FROM payload").fetchone()
    return int(found)


# ---------------------------------------------------------------- a whole log


@pytest.mark.parametrize(
    "statement", ["DELETE FROM entry", "UPDATE entry SET body = '{}'", "UPDATE node SET hash = x'00'"]
)
def test_a_slip_with_sql_is_refused_by_the_file_itself(with_suggestions: Path, statement: str) -> None:
    log = sqlite3.connect(with_suggestions / "ledger.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        log.execute(statement)
    log.close()


def test_an_untouched_log_verifies(suggested: Suggested) -> None:
    before = fingerprint(suggested.folder)

    ran = vejviser("ledger", "verify", "--json", workspace=suggested.folder)

    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["ok"], ran.json["first_bad"], ran.json["reason"]) == (True, None, None)
    assert ran.json["size"] > len(suggested.suggestions)
    assert fingerprint(suggested.folder) == before


@pytest.mark.parametrize("column", ["body", "leaf_hash", "mac", "ref", "time", "subject", "type"])
def test_a_changed_byte_in_an_entry_fails_and_names_the_entry(with_suggestions: Path, column: str) -> None:
    flip(with_suggestions, "entry", column, f"idx = {ENTRY}")

    ran = vejviser("ledger", "verify", "--json", workspace=with_suggestions)

    assert ran.code == 1
    assert (ran.json["ok"], ran.json["first_bad"]) == (False, ENTRY)
    assert f"entry {ENTRY}" in ran.json["reason"]


def test_a_changed_payload_fails_and_names_the_entry(with_suggestions: Path) -> None:
    at = sealed_entry(with_suggestions)
    flip(with_suggestions, "payload", "sealed", f"idx = {at}")

    ran = vejviser("ledger", "verify", "--json", workspace=with_suggestions)

    assert (ran.code, ran.json["first_bad"]) == (1, at)
    assert f"payload {at}" in ran.json["reason"]


def test_a_changed_tree_node_fails_and_names_it(with_suggestions: Path) -> None:
    flip(with_suggestions, "node", "hash", "level = 2 AND idx = 1")

    ran = vejviser("ledger", "verify", "--json", workspace=with_suggestions)

    assert (ran.code, ran.json["first_bad"]) == (1, 4)
    assert "node 2/1" in ran.json["reason"]


def test_a_changed_signature_fails_and_names_the_checkpoint(with_suggestions: Path) -> None:
    with forged(with_suggestions) as log:
        size, note = log.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        changed = note[:-20] + ("A" if note[-20] != "A" else "B") + note[-19:]
        log.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (changed, size))

    ran = vejviser("ledger", "verify", "--json", workspace=with_suggestions)

    assert ran.code == 1
    assert f"checkpoint {size}" in ran.json["reason"]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (f"DELETE FROM entry WHERE idx = {ENTRY}", f"entry {ENTRY}"),
        ("DELETE FROM node WHERE level = 1 AND idx = 3", "node 1/3"),
        ("DELETE FROM checkpoint", "checkpoint"),
        ("DELETE FROM payload", "payload"),
    ],
)
def test_what_was_removed_is_named(with_suggestions: Path, statement: str, named: str) -> None:
    with forged(with_suggestions) as log:
        log.execute(statement)

    ran = vejviser("ledger", "verify", "--json", workspace=with_suggestions)

    assert ran.code == 1
    assert named in ran.json["reason"]


def test_without_json_the_verdict_is_prose_on_stderr(with_suggestions: Path) -> None:
    clean = vejviser("ledger", "verify", workspace=with_suggestions)
    flip(with_suggestions, "entry", "body", f"idx = {ENTRY}")
    broken = vejviser("ledger", "verify", workspace=with_suggestions)

    assert (clean.code, clean.stdout) == (0, b"")
    assert "verifies" in clean.err
    assert (broken.code, broken.stdout) == (1, b"")
    assert f"entry {ENTRY}" in broken.err


def test_nothing_is_written_to_a_log_that_does_not_fit_its_checkpoint(with_suggestions: Path, tmp_path: Path) -> None:
    with forged(with_suggestions) as log:
        log.execute("DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)")
    case = tmp_path / "sag.json"
    case.write_text('{"case_id": "S-1", "case": {"age": 50}}', encoding="utf-8")

    ran = vejviser("suggest", case, "--json", workspace=with_suggestions)

    assert ran.code == 1
    assert "ledger verify" in one_sentence(ran)


def test_a_log_rolled_back_to_an_earlier_state_fails_against_a_checkpoint_kept_outside(
    with_suggestions: Path, suggested: Suggested, tmp_path: Path
) -> None:
    early = (with_suggestions / "ledger.db").read_bytes()
    done = vejviser("explain", suggested.suggestions[0]["suggestion_id"], workspace=with_suggestions)
    head = vejviser("ledger", "head", workspace=with_suggestions)
    outside = tmp_path / "udenfor.txt"
    outside.write_bytes(head.stdout)
    assert (done.code, head.code) == (0, 0)

    honest = vejviser("ledger", "verify", "--checkpoint", outside, workspace=with_suggestions)
    (with_suggestions / "ledger.db").write_bytes(early)
    alone = vejviser("ledger", "verify", workspace=with_suggestions)
    compared = vejviser("ledger", "verify", "--checkpoint", outside, "--json", workspace=with_suggestions)

    assert (honest.code, alone.code, compared.code) == (0, 0, 1)
    assert compared.json["ok"] is False


# ---------------------------------------------------------------- heads and proofs


def test_the_head_is_a_signed_checkpoint_in_both_forms(suggested: Suggested) -> None:
    note = vejviser("ledger", "head", workspace=suggested.folder)
    data = vejviser("ledger", "head", "--json", workspace=suggested.folder)

    assert note.out == data.json["checkpoint"]
    assert note.out.splitlines()[:2] == [data.json["origin"], str(data.json["size"])]
    assert len(bytes.fromhex(data.json["root"])) == 32


def test_a_consistency_proof_joins_two_sizes(suggested: Suggested) -> None:
    ran = vejviser("ledger", "consistency", 5, 40, workspace=suggested.folder)

    assert ran.code == 0, ran.err
    assert (ran.json["old"], ran.json["new"]) == (5, 40)
    assert joins(ran.json)
    assert not joins({**ran.json, "new_root": ran.json["old_root"]})


def joins(answer: Json) -> bool:
    """Whether the proof leads from the old root to the new, by pymerkle's independent reading of RFC 9162."""
    from pymerkle.hasher import MerkleHasher

    hasher = MerkleHasher("sha256")
    proof = [bytes.fromhex(step) for step in answer["proof"]]
    old, new = answer["old"], answer["new"]
    if old & (old - 1) == 0:
        proof = [bytes.fromhex(answer["old_root"]), *proof]
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    older = newer = proof[0]
    for step in proof[1:]:
        if first & 1 or first == last:
            older, newer = hasher.hash_pair(step, older), hasher.hash_pair(step, newer)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            newer = hasher.hash_pair(newer, step)
        first, last = first >> 1, last >> 1
    return (older.hex(), newer.hex(), last) == (answer["old_root"], answer["new_root"], 0)


# ---------------------------------------------------------------- receipts and exports


@pytest.fixture
def receipt(suggested: Suggested, tmp_path: Path) -> Path:
    """The receipt of the first suggestion, in a file; the workspace is not needed any more."""
    entry = suggested.suggestions[0]["ledger"]["entry"]
    ran = vejviser("ledger", "prove", entry, workspace=suggested.folder)
    assert ran.code == 0, ran.err
    file = tmp_path / "kvittering.json"
    file.write_bytes(ran.stdout)
    return file


def test_a_receipt_verifies_with_no_workspace(receipt: Path, suggested: Suggested, tmp_path: Path) -> None:
    alone = spawned("ledger", "verify", receipt, "--json", cwd=tmp_path)
    with_key = vejviser("ledger", "verify", receipt, "--key", suggested.folder / "log.pub", "--json")

    assert (alone.code, alone.json["ok"]) == (0, True)
    assert "compare it with the published one" in alone.json["message"]
    assert (with_key.code, with_key.json["ok"]) == (0, True)
    assert "compare it" not in with_key.json["message"]
    assert json.loads(receipt.read_text())["leaf_hash"] == suggested.suggestions[0]["ledger"]["leaf_hash"]


def leaf_with(old: str, new: str) -> Callable[[Json], Json]:
    def change(read: Json) -> Json:
        assert old in read["leaf"]
        return {**read, "leaf": read["leaf"].replace(old, new)}

    return change


@pytest.mark.parametrize(
    "change",
    [
        leaf_with('"SuggestionShown"', '"HumanDecision"'),
        leaf_with('"trial"', '"other"'),
        lambda r: {**r, "index": r["index"] + 1},
        lambda r: {**r, "leaf_hash": flipped_hex(r["leaf_hash"])},
        lambda r: {**r, "proof": [flipped_hex(r["proof"][0]), *r["proof"][1:]]},
        lambda r: {**r, "proof": r["proof"][:-1]},
        lambda r: {**r, "checkpoint": r["checkpoint"].replace("\n", "\n1", 1)},
        lambda r: {**r, "checkpoint": r["checkpoint"][:-20] + "AAAA" + r["checkpoint"][-16:]},
    ],
    ids=["type", "body", "index", "leaf hash", "proof", "shorter proof", "size", "signature"],
)
def test_a_receipt_fails_after_any_change(receipt: Path, suggested: Suggested, change: Callable[[Json], Json]) -> None:
    read = json.loads(receipt.read_text(encoding="utf-8"))
    receipt.write_text(json.dumps(change(read), ensure_ascii=False), encoding="utf-8")

    ran = vejviser("ledger", "verify", receipt, "--key", suggested.folder / "log.pub", "--json")

    assert (ran.code, ran.json["ok"]) == (1, False)


def flipped_hex(text: str) -> str:
    return flipped(bytes.fromhex(text)).hex()


def test_a_receipt_of_another_log_is_not_believed(receipt: Path, tmp_path: Path) -> None:
    from ethics.checkpoint import Signer

    stranger = tmp_path / "fremmed.pub"
    stranger.write_text(Signer.generate("vejviser").key.text + "\n", encoding="utf-8")

    ran = vejviser("ledger", "verify", receipt, "--key", stranger, "--json")

    assert (ran.code, ran.json["ok"]) == (1, False)


def test_an_exported_log_verifies_alone_and_fails_after_a_change(suggested: Suggested, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    exported = vejviser("ledger", "export", file, "--json", workspace=suggested.folder)
    clean = vejviser("ledger", "verify", file, "--json")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "SuggestionShown" in line)
    lines[at] = lines[at].replace("SuggestionShown", "SuggestionShowm")
    file.write_text("".join(lines), encoding="utf-8")
    changed = vejviser("ledger", "verify", file, "--json")

    assert exported.json["entries"] == clean.json["size"] > len(suggested.suggestions)
    assert (clean.code, clean.json["ok"]) == (0, True)
    assert (changed.code, changed.json["ok"]) == (1, False)
    assert changed.json["reason"]
