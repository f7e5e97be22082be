"""Keeping a witness's signature with the checkpoint it is for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ethics.checkpoint import NoteError, VerifierKey, parse_checkpoint
from ethics.entry import timestamp
from ethics.errors import KeyUseError, NotInLogError


def keep_cosignature(
    driver: sqlite3.Connection, witnesses: Sequence[VerifierKey], size: int, line: str
) -> dict[str, Any]:
    """Add a cosignature line to the stored checkpoint of `size`; returns what a `Witnessed` entry says about it.

    Raises `KeyUseError` when none of the witnesses made the line, `NotInLogError` when the checkpoint is not kept.
    """
    found = driver.execute("SELECT note FROM checkpoint WHERE size = ?", (size,)).fetchone()
    if found is None:
        raise NotInLogError(f"it keeps no checkpoint of {size} entries to cosign")
    note: str = found[0]
    try:
        signed = parse_checkpoint(parse_checkpoint(note).text + "\n" + line)
        by = next((key for key in witnesses if signed.signed_by(key)), None)
    except NoteError as error:
        raise KeyUseError(f"The cosignature cannot be used: {error}.") from error
    if by is None or len(signed.signatures) != 1:
        raise KeyUseError("The cosignature is not of a witness that the log knows; register its key first.")
    if not parse_checkpoint(note).signed_by(by):
        driver.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (note + line, size))
    at = datetime.fromtimestamp(int.from_bytes(signed.signatures[0].raw[:8], "big"), UTC)
    return {"size": size, "root": signed.root.hex(), "key": by.text, "at": timestamp(at)}
