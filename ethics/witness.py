"""The board's own key: it cosigns a checkpoint only after checking that the log merely grew since the last one.

A witness has its own key file and its own state file, and should live on another machine than the log. It needs
no access to the entries: a checkpoint and a consistency proof are enough.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ethics.checkpoint import COSIGNATURE, Checkpoint, NoteError, Signer, VerifierKey, parse_checkpoint
from ethics.entry import Appended, NewEntry
from ethics.errors import KeyUseError, WitnessRefusesError
from ethics.log import EthicsLog
from ethics.merkle import verify_consistency


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest checkpoint of one log that the witness cosigned."""

    size: int
    root: bytes
    key: VerifierKey


class Witness:
    """A cosigning key and its memory."""

    def __init__(self, signer: Signer, state: Path, clock: Callable[[], datetime] | None = None) -> None:
        if signer.key.kind != COSIGNATURE:
            raise KeyUseError("This is the key of a log; a witness needs a key of its own.")
        self.signer, self.state = signer, state
        self._clock = clock or (lambda: datetime.now(UTC))

    @classmethod
    def create(cls, key_file: Path, state: Path, name: str) -> Witness:
        """Make a new witness with an empty memory."""
        signer = Signer.generate(name, COSIGNATURE)
        signer.save(key_file)
        return cls(signer, state)

    @classmethod
    def open(cls, key_file: Path, state: Path) -> Witness:
        """Open a witness by its two files."""
        return cls(Signer.load(key_file), state)

    def seen(self, origin: str) -> Seen | None:
        """What this witness last cosigned of a log."""
        found = self._read().get(origin)
        if found is None:
            return None
        return Seen(found["size"], base64.b64decode(found["root"]), VerifierKey.parse(found["key"]))

    def cosign(self, note: str, proof: Sequence[bytes], key: VerifierKey) -> str:
        """The cosignature line for a checkpoint; its memory is on disk before the line is given out.

        `proof` is the consistency proof from the last size it saw. The log's key is remembered from the first
        time on. Raises `WitnessRefusesError` for a smaller, forked or unsigned log.
        """
        checkpoint = _checked(note, key)
        before = self.seen(checkpoint.origin)
        if before is not None:
            if before.key != key:
                raise WitnessRefusesError("the log is signed with another key than before")
            if checkpoint.size < before.size:
                raise WitnessRefusesError(f"the log held {before.size} entries, and now claims {checkpoint.size}")
            roots = (before.root, checkpoint.root)
            if not verify_consistency(before.size, checkpoint.size, *roots, proof):
                raise WitnessRefusesError(f"the log does not continue the {before.size} entries it had")
        known = self._read()
        root = base64.b64encode(checkpoint.root).decode()
        known[checkpoint.origin] = {"size": checkpoint.size, "root": root, "key": key.text}
        self._write(known)
        return self.signer.line(checkpoint.text, int(self._clock().timestamp()))

    def accept_rotation(self, note: str, proof: Sequence[bytes], old: VerifierKey, new: VerifierKey) -> str:
        """Cosign the checkpoint of a key change, which both keys signed, and remember the new key."""
        _checked(note, new)
        self.cosign(note, proof, old)
        known = self._read()
        origin = parse_checkpoint(note).origin
        known[origin] = {**known[origin], "key": new.text}
        self._write(known)
        return self.signer.line(parse_checkpoint(note).text, int(self._clock().timestamp()))

    def _read(self) -> dict[str, Any]:
        if not self.state.exists():
            return {}
        try:
            read = json.loads(self.state.read_text(encoding="utf-8"))
            if not isinstance(read, dict):
                raise ValueError("not an object")
        except ValueError as error:
            raise KeyUseError(f"The witness's memory {self.state} is damaged; restore it from its backup.") from error
        return read

    def _write(self, known: object) -> None:
        self.state.parent.mkdir(parents=True, exist_ok=True)
        partial = self.state.with_name(self.state.name + ".partial")
        with partial.open("w", encoding="utf-8") as file:
            json.dump(known, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.state)


def _checked(note: str, key: VerifierKey) -> Checkpoint:
    try:
        checkpoint = parse_checkpoint(note)
        if not checkpoint.signed_by(key):
            raise WitnessRefusesError("the checkpoint is not signed by the log's key")
    except NoteError as error:
        raise WitnessRefusesError(f"the checkpoint cannot be used: {error}") from error
    return checkpoint


def register_witness(log: EthicsLog, key: VerifierKey, by: str) -> Appended:
    """Tell the log whose cosignatures count."""
    if key.kind != COSIGNATURE:
        raise KeyUseError("This is no witness key: it signs as a log.")
    return log.append([NewEntry("WitnessRegistered", {"key": key.text, "by": by})])[0]


def cosign_log(witness: Witness, log: EthicsLog) -> str:
    """Let a witness look at the newest checkpoint of a log it can reach; the log keeps the cosignature.

    Returns the checkpoint with the log's and the witness's lines: the thing to keep elsewhere.
    """
    head = log.head()
    before = witness.seen(head.origin)
    if before is not None and before.size > head.size:
        raise WitnessRefusesError(f"the log held {before.size} entries, and now holds {head.size}")
    proof = log.consistency(before.size, head.size) if before else []
    line = witness.cosign(head.note, proof, log.trusted[0])
    log.add_cosignature(head.size, line)
    return head.note + line
