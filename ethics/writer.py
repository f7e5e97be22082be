"""Appending: everything about a batch of entries is made durable together, or nothing of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from ethics.checkpoint import Checkpoint, NoteError, Signer, VerifierKey, parse_checkpoint, sign_checkpoint
from ethics.entry import Appended, render_leaf
from ethics.errors import KeyUseError, LogBrokenError
from ethics.merkle import cover, extend, fold, leaf_hash
from ethics.prepare import Prepared
from ethics.storage import head_note, stored_nodes

KEPT_EVERY = 64
"""A checkpoint is kept for ever when it is the first in a stretch of this many entries; the others give way."""


@dataclass(frozen=True, slots=True)
class Head:
    """The state that the next append continues from; `kept` is the largest size of a checkpoint before it."""

    size: int
    note: str
    frontier: tuple[bytes, ...]
    kept: int | None


@dataclass(frozen=True, slots=True)
class Writer:
    """What an append needs besides its entries."""

    path: Path
    origin: str
    signers: tuple[Signer, ...]
    mac_key: bytes
    trusted: tuple[VerifierKey, ...]

    def append(
        self, driver: sqlite3.Connection, known: Head | None, time: str, entries: Sequence[Prepared]
    ) -> tuple[Head, list[Appended]]:
        """Write entries, leaves, nodes and checkpoint inside the caller's transaction."""
        head = self._continue_from(driver, known)
        rows, leaves = self._rows(head.size, time, entries)
        grown = extend(head.size, head.frontier, leaves)
        size = head.size + len(leaves)
        note = sign_checkpoint(self.origin, size, fold(grown.frontier), self.signers)
        driver.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        driver.executemany("INSERT INTO node VALUES (?, ?, ?)", grown.nodes)
        payloads = [(head.size + at, entry.sealed) for at, entry in enumerate(entries) if entry.sealed is not None]
        if payloads:
            driver.executemany("INSERT INTO payload VALUES (?, ?)", payloads)
        kept = _store_checkpoint(driver, head, size, note)
        done = [Appended(head.size + at, leaf.hex(), note, time) for at, leaf in enumerate(leaves)]
        return Head(size, note, tuple(grown.frontier), kept), done

    def _rows(self, size: int, time: str, entries: Sequence[Prepared]) -> tuple[list[tuple[object, ...]], list[bytes]]:
        rows: list[tuple[object, ...]] = []
        leaves = []
        for index, e in enumerate(entries, start=size):
            about = (index, time, e.type, e.type_version, e.ref, e.subject)
            columns = (*about, e.body, e.payload_sha256, e.salt)
            leaf = leaf_hash(render_leaf(columns).encode())
            leaves.append(leaf)
            rows.append((*columns, leaf, entry_mac(self.mac_key, index, leaf)))
        return rows, leaves

    def _continue_from(self, driver: sqlite3.Connection, known: Head | None) -> Head:
        """The head in the file; one this process did not write itself must fit its signed checkpoint."""
        stored = head_note(driver)
        if stored is None:
            raise LogBrokenError(self.path, "it has no checkpoint")
        size, note = stored
        if known and (known.size, known.note) == stored:
            return known
        refuse_retired(driver, self.signers[0].key)
        nodes = cover(0, size)
        found = stored_nodes(driver, nodes)
        frontier = tuple(found[node] for node in nodes if node in found)
        last = driver.execute("SELECT max(idx) FROM entry").fetchone()[0]
        checkpoint = self._trusted(note)
        if (checkpoint.size, checkpoint.origin) != (size, self.origin):
            raise LogBrokenError(self.path, "its newest checkpoint is for another size or log")
        if (-1 if last is None else last) != size - 1 or len(frontier) != len(nodes):
            raise LogBrokenError(self.path, f"its newest checkpoint says {size} entries, and it does not hold them")
        if fold(frontier) != checkpoint.root:
            raise LogBrokenError(self.path, f"its tree does not have the signed root at {size} entries")
        kept = driver.execute("SELECT max(size) FROM checkpoint WHERE size < ?", (size,)).fetchone()[0]
        return Head(size, note, frontier, kept)

    def _trusted(self, note: str) -> Checkpoint:
        try:
            checkpoint = parse_checkpoint(note)
            if any(checkpoint.signed_by(key) for key in self.trusted):
                return checkpoint
        except NoteError as error:
            raise LogBrokenError(self.path, f"its newest checkpoint cannot be used: {error}") from error
        raise LogBrokenError(self.path, "its newest checkpoint is not signed by a key we trust")


def _store_checkpoint(driver: sqlite3.Connection, head: Head, size: int, note: str) -> int | None:
    """Store a checkpoint; the one before it gives way unless it is to be kept. Returns the size last kept."""
    first = head.kept is None or head.kept // KEPT_EVERY != head.size // KEPT_EVERY
    stays = first or head.note.count("\n— ") > 1  # one that a witness, or two keys, signed
    if stays:
        driver.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, note))
        return head.size
    driver.execute("UPDATE checkpoint SET size = ?, note = ? WHERE size = ?", (size, note, head.size))
    return head.kept


def refuse_retired(driver: sqlite3.Connection, key: VerifierKey) -> None:
    """Refuse to go on with a key that the log itself says was replaced."""
    for (body,) in driver.execute("SELECT body FROM entry WHERE type = 'KeyRotated'"):
        if json.loads(body).get("old") == key.text:
            raise KeyUseError("The log's key was replaced; open the log with the new key file.")


def entry_mac(key: bytes, index: int, leaf: bytes) -> bytes:
    """A keyed check on one entry: with it the holder of the key can name the very entry that was replaced."""
    return blake2b(index.to_bytes(8, "big") + leaf, digest_size=16, key=key).digest()
