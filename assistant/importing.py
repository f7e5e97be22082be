"""Bring guidance in: file by file, so that one that cannot be read does not stop the others."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.core.errors import UserError
from assistant.workspace import Workspace
from ethics.entry import NewEntry
from ethics.log import EthicsLog
from retrieval.documents import Document, files_under, read_documents
from retrieval.guidance import GuidanceIndex


def import_files(
    workspace: Workspace, index: GuidanceIndex, log: EthicsLog, paths: Sequence[Path], corpus: str
) -> list[dict[str, Any]]:
    """Read every file under `paths` into the index; the index is saved once, after the last.

    Each result is `{file, status: new|unchanged|failed, documents, problem}`.
    """
    results: list[dict[str, Any]] = []
    read: list[tuple[Path, list[Document]]] = []
    for file in _files(paths, results):
        try:
            read.append((file, read_documents(file, corpus)))
        except UserError as error:
            results.append({"file": str(file), "status": "failed", "documents": 0, "problem": str(error)})
    changed: list[str] = []
    taken: dict[str, Path] = {}
    for file, documents in read:
        try:
            _refuse_taken(file, documents, taken)
            new = index.add(documents)
        except UserError as error:
            results.append({"file": str(file), "status": "failed", "documents": 0, "problem": str(error)})
            continue
        changed += new
        status = "new" if new else "unchanged"
        results.append({"file": str(file), "status": status, "documents": len(documents), "problem": None})
    if changed:
        failed = sum(result["problem"] is not None for result in results)
        _put_in_use(workspace, index, log, _imported(read, index.version, failed))
    return sorted(results, key=lambda result: str(result["file"]))


def _put_in_use(workspace: Workspace, index: GuidanceIndex, log: EthicsLog, entry: NewEntry) -> None:
    """Write the index beside the one in use, log the import, and only then change places: a failure changes nothing."""
    incoming = workspace.guidance.with_name("guidance.incoming")
    try:
        index.save(incoming)
        log.append([entry])
    except BaseException:
        for leftover in workspace.folder.glob("guidance.incoming*"):
            shutil.rmtree(leftover, ignore_errors=True)
        raise
    former = workspace.guidance.with_name("guidance.former")
    workspace.guidance.rename(former)
    incoming.rename(workspace.guidance)
    shutil.rmtree(former)


def _refuse_taken(file: Path, documents: Sequence[Document], taken: dict[str, Path]) -> None:
    """Refuse a file whose document would replace that of another file in the same import (vent.md, vent.txt)."""
    for document in documents:
        if document.id in taken:
            raise UserError(
                f"{file}: its document has the id {document.id!r}, as that of {taken[document.id]}; "
                "rename one of the files, or give it an `id` in its front matter."
            )
    taken.update(dict.fromkeys((document.id for document in documents), file))


def _files(paths: Sequence[Path], results: list[dict[str, Any]]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        try:
            found += files_under(path)
        except UserError as error:
            results.append({"file": str(path), "status": "failed", "documents": 0, "problem": str(error)})
    return found


def _imported(read: Sequence[tuple[Path, list[Document]]], version: str, failed: int) -> NewEntry:
    hashes = "".join(document.text_hash for _, documents in read for document in documents)
    body: dict[str, Any] = {
        "kind": "guidance",
        "version": version,
        "documents": sum(len(documents) for _, documents in read),
        "rejected": failed,
        "by": "kommandolinje",
        "hash": hashlib.sha256(hashes.encode()).hexdigest(),
    }
    return NewEntry("SourceImported", body)


def imported_history(file: Path, cases: int, rejected: int, version: str) -> NewEntry:
    """The log entry of earlier cases that were read in."""
    body: dict[str, Any] = {
        "kind": "history",
        "version": version,
        "documents": cases,
        "rejected": rejected,
        "by": "kommandolinje",
        "hash": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    return NewEntry("SourceImported", body)
