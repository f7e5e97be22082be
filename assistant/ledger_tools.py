"""Verification as the command line and the pages show it: one verdict, one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.errors import UserError
from ethics.checkpoint import VerifierKey
from ethics.report import Report

if TYPE_CHECKING:
    from assistant.app import Assistant


def verdict(report: Report) -> dict[str, Any]:
    """The report as JSON with a sentence."""
    if report.ok:
        message = f"The log verifies: {report.size} entries, every leaf, node, checkpoint and signature fits."
    else:
        message = f"The log does NOT verify. First bad: {report.first_bad}: {report.reason}"
    return {
        "ok": report.ok,
        "size": report.size,
        "first_bad": report.first_bad,
        "reason": report.reason,
        "message": message,
    }


def verify_workspace(assistant: Assistant, checkpoint: Path | None) -> dict[str, Any]:
    """Check a workspace's whole log, against a checkpoint kept outside when one is given."""
    outside = [] if checkpoint is None else [_read(checkpoint)]
    with assistant:
        return verdict(assistant.verify(outside))


def verify_file(file: Path, key: Path | None) -> dict[str, Any]:
    """Check an exported receipt, or an exported log, with no workspace."""
    from ethics.exports import verify_export
    from ethics.receipts import verify_receipt

    trusted = [] if key is None else [VerifierKey.parse(_read(key))]
    head = _first_line(_read(file))
    if "vejviser_log_export" in head:
        known = trusted or [VerifierKey.parse(text) for text in head.get("keys", ())]
        result = verdict(verify_export(file, known))
    else:
        result = verdict(verify_receipt(file, trusted))
        if result["ok"]:
            result["message"] = "The receipt verifies: this entry stands in the log that signed the checkpoint."
    if result["ok"] and not trusted:
        result["message"] += " The key is the one in the file itself: compare it with the published one."
    return result


def _first_line(text: str) -> dict[str, Any]:
    """The JSON object on the first line; empty when there is none there, as in a receipt over many lines."""
    try:
        read = json.loads(text.split("\n", 1)[0])
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} cannot be read as text; give the file that was exported.") from None
