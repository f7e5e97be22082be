"""Several programs at once, one that is killed and a disk that is full: the log loses nothing and stays whole."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from unittest.mock import patch

from app_fixtures import (
    Suggested,
    command,
    environment,
    fingerprint,
    made,
    read_vignettes,
    suggested,
    vejviser,
    with_suggestions,
    workspace,
)

from assistant.app import Assistant
from assistant.core.cases import Located
from assistant.store.cases import CaseRepository, StoredCase
from assistant.workspace import Workspace

__all__ = ["made", "suggested", "with_suggestions", "workspace"]


def cases_file(path: Path, prefix: str, number: int) -> Path:
    rows = (read_vignettes() * 50)[:number]
    text = "".join(json.dumps({**row, "case_id": f"{prefix}-{n}"}) + "\n" for n, row in enumerate(rows))
    path.write_text(text, encoding="utf-8")
    return path


def entries(workspace: Path) -> int:
    log = sqlite3.connect(workspace / "ledger.db")
    (size,) = log.execute("SELECT count(*) FROM entry").fetchone()
    log.close()
    return int(size)


def test_programs_suggesting_at_once_lose_no_entry(workspace: Path, tmp_path: Path) -> None:
    files = [cases_file(tmp_path / f"{name}.jsonl", name, 7) for name in ("A", "B")]
    for file in files:  # and three cases that both ask about
        file.write_text(file.read_text() + cases_file(tmp_path / "fælles.jsonl", "F", 3).read_text())
    running = [
        subprocess.Popen(command("suggest", file, "--json"), env=environment(workspace), stdout=subprocess.PIPE)
        for file in files
    ]
    done = [process.communicate()[0] for process in running]

    assert [process.returncode for process in running] == [0, 0]
    printed = [json.loads(line) for out in done for line in out.decode().splitlines()]
    assert len(printed) == 20
    with Assistant(Workspace(workspace)) as assistant:
        assert assistant.verify().ok
        logged = {entry.index: entry for entry in assistant.log.find(type="SuggestionShown")}
        assert len(logged) == len(printed)
        for suggestion in printed:
            entry = logged[suggestion["ledger"]["entry"]]
            assert (entry.ref, entry.leaf_hash) == (suggestion["suggestion_id"], suggestion["ledger"]["leaf_hash"])
            assert assistant.cases.get(suggestion["case_id"]).version == 1


def test_a_case_that_another_program_saves_first_is_no_error(workspace: Path) -> None:
    row = read_vignettes()[0]
    with Assistant(Workspace(workspace)) as first, Assistant(Workspace(workspace)) as second:
        case = first.read_case(Located("sag", row))
        seen_before = CaseRepository.get
        asked: list[str] = []

        def get_late(self: CaseRepository, case_id: str, version: int | None = None) -> StoredCase:
            try:
                return seen_before(self, case_id, version)
            finally:
                if not asked.append(case_id) and len(asked) == 1:  # the other saves after we looked
                    second.suggest(case)

        with patch.object(CaseRepository, "get", get_late):
            suggestion = first.suggest(case)

        assert first.replay(suggestion["suggestion_id"]).same
        assert len(first.log.find(type="SuggestionShown")) == 2
        assert first.cases.get(case.id).version == 1


def test_a_program_killed_while_it_suggests_leaves_a_log_that_verifies(workspace: Path, tmp_path: Path) -> None:
    cases = cases_file(tmp_path / "mange.jsonl", "K", 200)
    before = entries(workspace)
    process = subprocess.Popen(command("suggest", cases, "--json"), env=environment(workspace), stdout=subprocess.PIPE)
    assert process.stdout is not None
    seen = [json.loads(process.stdout.readline()) for _ in range(3)]
    time.sleep(0.05)

    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()

    assert process.returncode == -signal.SIGKILL
    whole = [json.loads(line) for line in rest.decode().splitlines(keepends=True) if line.endswith("\n")]
    with Assistant(Workspace(workspace)) as assistant:
        report = assistant.verify()
        assert report.ok, report.reason
        assert report.size > before
        for suggestion in [*seen, *whole]:
            assert assistant.replay(suggestion["suggestion_id"]).same
        assert len(assistant.log.find(type="SuggestionShown")) < 200
    assert vejviser("suggest", cases_file(tmp_path / "flere.jsonl", "L", 1), workspace=workspace).code == 0


def test_a_program_killed_while_it_makes_a_workspace_leaves_none(tmp_path: Path) -> None:
    target = tmp_path / "nyt"
    process = subprocess.Popen(
        command("init", "--history", "2000", "--workspace", target), env=environment(), stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    assert b"%" in process.stderr.readline()

    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert not target.exists()
    assert vejviser("ledger", "head", workspace=target).code == 3


def test_a_full_disk_is_one_sentence_and_no_suggestion_is_shown(with_suggestions: Path) -> None:
    case = with_suggestions.parent / "sag.json"
    case.write_text(json.dumps({**read_vignettes()[1], "case_id": "fuld"}), encoding="utf-8")
    before = entries(with_suggestions)

    process = subprocess.run(
        command("suggest", case, "--json"),
        env=environment(with_suggestions),
        capture_output=True,
        check=False,
        preexec_fn=lambda: _no_file_may_grow(64 * 1024),
    )

    assert process.returncode in (1, 2)
    assert process.stdout == b""
    (line,) = process.stderr.decode().strip().splitlines()
    assert "nothing was" in line
    assert entries(with_suggestions) == before
    assert vejviser("ledger", "verify", workspace=with_suggestions).code == 0
    assert vejviser("suggest", case, workspace=with_suggestions).code == 0


def _no_file_may_grow(limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write beyond the limit fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def test_output_that_cannot_be_written_is_one_sentence(suggested: Suggested) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            command("ledger", "head"),
            env=environment(suggested.folder),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert process.returncode == 2
    (line,) = process.stderr.decode().strip().splitlines()
    assert "No space left on device" in line


def test_a_reader_that_stops_early_is_no_error(suggested: Suggested) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        command("ledger", "prove", "0"),
        env=environment(suggested.folder),
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    os.close(reading)

    _, err = process.communicate()

    assert (process.returncode, err) == (0, b"")


def test_reading_commands_leave_every_byte_of_the_workspace(with_suggestions: Path, suggested: Suggested) -> None:
    before = fingerprint(with_suggestions)
    first = suggested.suggestions[0]

    for words in (
        ("search", "frist for genoptræning"),
        ("replay", first["suggestion_id"]),
        ("ledger", "head"),
        ("ledger", "verify"),
        ("ledger", "prove", first["ledger"]["entry"]),
        ("ledger", "consistency", 3),
    ):
        assert vejviser(*words, workspace=with_suggestions).code == 0, words
        assert fingerprint(with_suggestions) == before, words
