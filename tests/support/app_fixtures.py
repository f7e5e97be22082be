"""One workspace made by the real command, copies of it, and the command itself, in this process and in its own."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

ROOT = Path(__file__).parents[2]
VIGNETTES = ROOT / "tests" / "data" / "vignettes.jsonl"
HISTORY = 2000
"""Invented earlier cases in the tests' workspace: enough to train on, made in seconds."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it printed."""

    code: int
    stdout: bytes
    err: str

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def json(self) -> Any:
        """The one JSON document on stdout; anything else there is an error."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON documents on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(workspace: Path | None = None) -> dict[str, str]:
    """The environment of a spawned command: this checkout first, no network, one thread."""
    kept = {key: value for key, value in os.environ.items() if key != "VEJVISER_WORKSPACE"}
    kept |= {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "80"}
    return kept if workspace is None else {**kept, "VEJVISER_WORKSPACE": str(workspace)}


def command(*words: object) -> list[str]:
    """The command line of `vejviser` with these words, under the interpreter of the tests."""
    return [sys.executable, "-m", "assistant.cli", *map(str, words)]


def spawned(*words: object, workspace: Path | None = None, cwd: Path | None = None) -> Ran:
    """Run `vejviser` as a program of its own."""
    done = subprocess.run(command(*words), env=environment(workspace), cwd=cwd, capture_output=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr.decode())


def vejviser(*words: object, workspace: Path | None = None) -> Ran:
    """Run `vejviser` in this process: the same code from the arguments to the exit code, without the start-up."""
    from assistant.cli import main

    out, err = io.BytesIO(), io.BytesIO()
    stdout, stderr = io.TextIOWrapper(out, encoding="ascii"), io.TextIOWrapper(err, encoding="ascii")
    code: object = 0
    with (
        patch.object(sys, "argv", ["vejviser", *map(str, words)]),
        patch.dict(os.environ, environment(workspace), clear=True),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
        stdout.flush()
        stderr.flush()
    assert isinstance(code, int), f"the command ended with {code!r}, which is no exit code"
    return Ran(code, out.getvalue(), err.getvalue().decode())


def fingerprint(folder: Path) -> Mapping[str, str]:
    """Every file of a folder and its SHA-256. A database closed properly leaves no write-ahead log."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def files_holding(folder: Path, secrets: Sequence[str]) -> list[tuple[str, str]]:
    """Every (file, secret) where the secret's bytes stand in the file in clear, however it is encoded."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        for secret in secrets:
            forms = {secret.encode(), secret.encode("utf-16-le"), secret.encode("latin-1", "ignore")}
            forms |= {json.dumps(secret)[1:-1].encode()}
            if any(form in content for form in forms):
                found.append((str(path.relative_to(folder)), secret))
    return found


def one_sentence(ran: Ran) -> str:
    """The one line that a failed command printed on stderr; nothing on stdout, and no traceback."""
    assert ran.stdout == b"", f"a failed command printed on stdout: {ran.out[:200]}"
    assert "Traceback" not in ran.err
    (line,) = ran.err.strip().splitlines()
    assert line.endswith("."), f"not a sentence: {line}"
    return line


def read_vignettes() -> list[Json]:
    """The vignettes, as they stand in the file."""
    return [json.loads(line) for line in VIGNETTES.read_text(encoding="utf-8").splitlines()]


def write_case(folder: Path, case: Mapping[str, Any], **more: Any) -> Path:
    """A case file with these facts."""
    path = folder / "sag.json"
    path.write_text(json.dumps({"case": dict(case), **more}, ensure_ascii=False), encoding="utf-8")
    return path


def in_operation(workspace: Path) -> Path:
    """The same workspace, put in operation."""
    settings = workspace / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"trial"', '"operation"'), encoding="utf-8")
    return workspace


@dataclass(frozen=True, slots=True)
class Made:
    """A workspace and what the command printed when it made it."""

    folder: Path
    ran: Ran


@dataclass(frozen=True, slots=True)
class Suggested:
    """A workspace in which every vignette got a suggestion, and what was printed."""

    folder: Path
    ran: Ran
    suggestions: tuple[Json, ...]


@cache
def _made(session: Path) -> Made:
    folder = session / "vejviser" / "workspace"
    ran = spawned("init", "--history", HISTORY, "--workspace", folder, "--json")
    assert ran.code == 0, ran.err
    return Made(folder, ran)


@cache
def _suggested(session: Path) -> Suggested:
    folder = Path(shutil.copytree(_made(session).folder, session / "suggested" / "workspace"))
    ran = spawned("suggest", VIGNETTES, "--json", "--workspace", folder)
    assert ran.code == 0, ran.err
    return Suggested(folder, ran, tuple(ran.lines))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The tests' workspace, made once by `vejviser init`, whichever files import this; never written to."""
    return _made(tmp_path_factory.getbasetemp())


@pytest.fixture
def workspace(made: Made, tmp_path: Path) -> Path:
    """A workspace of the test's own."""
    return Path(shutil.copytree(made.folder, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def suggested(tmp_path_factory: pytest.TempPathFactory) -> Suggested:
    """A workspace with a suggestion for every vignette, made by `vejviser suggest`; never written to."""
    return _suggested(tmp_path_factory.getbasetemp())


@pytest.fixture
def with_suggestions(suggested: Suggested, tmp_path: Path) -> Path:
    """A copy of the workspace with a suggestion for every vignette."""
    return Path(shutil.copytree(suggested.folder, tmp_path / "workspace"))
