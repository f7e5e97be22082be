"""Whom a checker trusts, and whether the checkpoints in a file and outside it agree with the tree."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ethics.checkpoint import Checkpoint, NoteError, VerifierKey, parse_checkpoint
from ethics.errors import KeyUseError
from ethics.report import Finding


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the checker trusts: nothing in the file itself.

    `mac_key` is there only for the holder of the log's private key, from entry `mac_from` on; `outside` are
    checkpoints kept elsewhere.
    """

    trusted: tuple[VerifierKey, ...]
    origin: str | None = None
    mac_key: bytes = b""
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys may have signed at which size; the newest, trusted key vouches for those it replaced."""

    log: tuple[tuple[VerifierKey, int | None], ...]
    witnesses: tuple[VerifierKey, ...]
    mac_from: int

    def at(self, size: int) -> list[VerifierKey]:
        """The log's own keys that count for a checkpoint of this size."""
        return [key for key, last in self.log if last is None or size <= last]


def keys_of(driver: sqlite3.Connection, trusted: Sequence[VerifierKey]) -> Keys:
    """The keys that count, worked out from the trusted ones and the rotations that the log itself commits to."""
    log: list[tuple[VerifierKey, int | None]] = [(key, None) for key in trusted]
    witnesses: list[VerifierKey] = []
    unkeyed = driver.execute("SELECT value FROM meta WHERE key = 'unkeyed_until'").fetchone()
    mac_from = int(unkeyed[0]) if unkeyed else 0
    query = "SELECT idx, type, body FROM entry WHERE type IN ('KeyRotated', 'WitnessRegistered') ORDER BY idx DESC"
    for index, kind, body in driver.execute(query).fetchall():
        try:
            read = json.loads(body)
            if kind == "WitnessRegistered":
                witnesses.append(VerifierKey.parse(read["key"]))
            elif read["role"] == "log":
                mac_from = max(mac_from, index + 1)
                if VerifierKey.parse(read["new"]) in [key for key, _ in log]:
                    log.append((VerifierKey.parse(read["old"]), index + 1))
        except (ValueError, TypeError, KeyError, KeyUseError):
            continue  # the entry itself will be found changed
    return Keys(tuple(log), tuple(witnesses), mac_from)


class Checkpoints:
    """The checkpoints in the file and those kept outside, met one by one as the tree grows."""

    def __init__(self, driver: sqlite3.Connection, keys: Keys, expected: Expectations) -> None:
        self._stored: dict[int, str] = dict(driver.execute("SELECT size, note FROM checkpoint ORDER BY size"))
        self._keys, self._origin = keys, expected.origin
        self._trusted = expected.trusted
        self._good = 0  # every entry below this index is proven by a signed root
        self._outside: dict[int, list[Checkpoint]] = {}
        self._unusable: list[str] = []
        for note in expected.outside:
            try:
                parsed = parse_checkpoint(note)
                self._outside.setdefault(parsed.size, []).append(parsed)
            except NoteError as error:
                self._unusable.append(f"the checkpoint kept outside cannot be used: {error}")
        self._sizes = sorted({*self._stored, *self._outside})

    def sizes_within(self, start: int, end: int) -> list[int]:
        """The sizes to check in `(start, end]`."""
        return [size for size in self._sizes if start < size <= end]

    def check(self, size: int, root: bytes) -> Iterator[Finding]:
        """Compare the recomputed root with every checkpoint of this size."""
        if (note := self._stored.get(size)) is not None:
            yield from self._check_stored(size, root, note)
        for outside in self._outside.get(size, ()):
            place = f"outside checkpoint {size}"
            if (problem := self._problem(outside, witnesses_count=False)) is not None:
                yield Finding(size, place, "outside_signature", problem)
            elif outside.root != root:
                reason = "the log holds another history than the one that was signed"
                yield Finding(self._good, place, "forked", reason, max(size - 1, 0))
        self._good = size

    def _check_stored(self, size: int, root: bytes, note: str) -> Iterator[Finding]:
        place, last = f"checkpoint {size}", max(size - 1, 0)
        try:
            checkpoint = parse_checkpoint(note)
        except (NoteError, TypeError) as error:
            yield Finding(last, place, "checkpoint_changed", f"it cannot be read: {error}")
            return
        if checkpoint.size != size:
            yield Finding(last, place, "checkpoint_changed", f"it is for {checkpoint.size} entries")
        elif problem := self._problem(checkpoint, witnesses_count=True):
            yield Finding(last, place, "checkpoint_signature", problem)
        elif checkpoint.root != root:
            reason = f"an entry from {self._good} to {last} was replaced: the tree lacks the signed root"
            yield Finding(self._good, place, "checkpoint_root", reason, last)

    def _problem(self, checkpoint: Checkpoint, witnesses_count: bool) -> str | None:
        """Why the signatures of a checkpoint do not do; a line in our own file must be of a key we know."""
        if self._origin is not None and checkpoint.origin != self._origin:
            return f"it is of another log, {checkpoint.origin}"
        own = self._keys.at(checkpoint.size)
        try:
            signed = [key for key in own if checkpoint.signed_by(key)]
            witnessed = [key for key in self._keys.witnesses if checkpoint.signed_by(key)]
        except NoteError as error:
            return str(error)
        if not signed:
            return "it is not signed by a key that you trust for the log"
        if witnesses_count and len(checkpoint.signatures) != len(set(signed)) + len(set(witnessed)):
            return "it has a signature of a key that the log does not know"
        return None

    def conclude(self, size: int) -> Iterator[Finding]:
        """What remains once every entry is read: the head, and sizes that the log does not reach."""
        for problem in self._unusable:
            yield Finding(0, "outside checkpoint", "outside_signature", problem)
        for missing in (s for s in self._sizes if s > size):
            if missing in self._stored:
                yield Finding(size, f"checkpoint {missing}", "entries_missing", f"the log holds only {size} entries")
            else:
                outside = self._outside[missing][0]
                unsigned = self._problem(outside, witnesses_count=False)
                kind = "outside_signature" if unsigned else "rolled_back"
                reason = unsigned or f"the log held {missing} entries when it was signed, and holds {size} now"
                yield Finding(size, f"outside checkpoint {missing}", kind, reason)
        newest = max(self._stored, default=None)
        if newest is None or newest < size:
            yield Finding(newest or 0, f"entry {newest or 0}", "checkpoint_missing", "no checkpoint covers it")
        elif not any(parse_checkpoint(self._stored[newest]).signed_by(key) for key in self._trusted):
            reason = "the newest checkpoint is signed by a key that you did not name; was the key rotated?"
            yield Finding(max(size - 1, 0), f"checkpoint {size}", "checkpoint_signature", reason)
