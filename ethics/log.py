"""The ethics log: append-only, signed, provable; an entry is durable before anyone sees what it records."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from ethics import migrate
from ethics.checkpoint import Checkpoint, NoteError, Signer, VerifierKey, parse_checkpoint, sign_checkpoint
from ethics.cosigning import keep_cosignature
from ethics.entry import Appended, Entry, NewEntry, Row, entry_of, payload_aad, timestamp
from ethics.errors import KeyUseError, LogBrokenError, LogExistsError, LogMissingError, NotInLogError, OriginError
from ethics.keys import KeyStore
from ethics.merkle import EMPTY_ROOT, consistency_ranges, inclusion_ranges, prove, root_at
from ethics.prepare import Prepared, prepare
from ethics.report import Report
from ethics.storage import COLUMNS, Files, head_note, stored_nodes, stored_row
from ethics.trust import Expectations
from ethics.verification import verify_file
from ethics.writer import Head, Writer

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


class EthicsLog:
    """One log in one SQLite file; several threads and processes may append to it at once."""

    def __init__(
        self, path: Path, signer: Signer | None, trusted: Sequence[VerifierKey], keys: KeyStore | None, clock: Clock
    ) -> None:
        self.path, self.keys = path, keys
        self._signer, self._clock = signer, clock
        self._mac_key = signer.secret(b"entry") if signer else b""
        self.trusted = tuple(dict.fromkeys([*([signer.key] if signer else []), *trusted]))
        self._files = Files(path)
        self._lock = Lock()
        self._head: Head | None = None
        self.origin: str = self._files.read(_read_origin)
        if not self.trusted:
            raise KeyUseError(f"To read {path} name its public key, or its key file.")

    @classmethod
    def create(
        cls, path: Path, origin: str, signer: Signer, *, keys: KeyStore | None = None, clock: Clock = utc_now
    ) -> EthicsLog:
        """Make an empty log; refuses to write over a file."""
        if path.exists():
            raise LogExistsError(path)
        note = sign_checkpoint(origin, 0, EMPTY_ROOT, [signer])
        try:
            parse_checkpoint(note)
        except NoteError as error:
            raise OriginError(origin) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        files = Files(path)
        try:
            with files.engine.begin() as connection:
                migrate.upgrade(connection)
                connection.exec_driver_sql("INSERT INTO meta VALUES ('origin', ?)", (origin,))
                connection.exec_driver_sql("INSERT INTO checkpoint VALUES (0, ?)", (note,))
        except BaseException:
            files.close()
            for tail in ("", "-wal", "-shm"):
                Path(f"{path}{tail}").unlink(missing_ok=True)
            raise
        files.close()
        return cls(path, signer, (), keys, clock)

    @classmethod
    def open(
        cls,
        path: Path,
        signer: Signer | None = None,
        *,
        trusted: Sequence[VerifierKey] = (),
        keys: KeyStore | None = None,
        clock: Clock = utc_now,
    ) -> EthicsLog:
        """Open a log to append (with its signer) or only to read and verify (with its public key)."""
        if not path.is_file():
            raise LogMissingError(path)
        migrate.ensure_newest(path)
        return cls(path, signer, trusted, keys, clock)

    def close(self) -> None:
        """Close the file."""
        self._files.close()

    # -- writing -------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[NewEntry], *, also_signed_by: Sequence[Signer] = ()) -> list[Appended]:
        """Log entries in one transaction; when this returns they are on disk, with their place in a signed tree.

        Raises `RecordError` for an entry that does not fit its type or holds personal data, `LogWriteError` when
        the disk refuses, `LogBrokenError` when the log no longer fits its own checkpoint. Then nothing is logged.
        """
        return self._append([prepare(entry, self.origin, self.keys) for entry in entries], also_signed_by)

    def append_about(self, opaque: str, entry: NewEntry) -> Appended:
        """Log an entry about someone who is known by their opaque id only, as after an erasure."""
        bare = prepare(entry, self.origin, self.keys, opaque)
        return self._append([bare])[0]

    def _append(self, prepared: Sequence[Prepared], also_signed_by: Sequence[Signer] = ()) -> list[Appended]:
        if self._signer is None:
            raise KeyUseError(f"{self.path} was opened for reading; give its key file to write to it.")
        if not prepared:
            return []
        writer = Writer(self.path, self.origin, (self._signer, *also_signed_by), self._mac_key, self.trusted)
        with self._lock:
            self._head, done = self._files.write(
                lambda driver: writer.append(driver, self._head, timestamp(self._clock()), prepared)
            )
        result: list[Appended] = done
        return result

    def rotate(self, signer: Signer, reason: str, by: str) -> Appended:
        """Replace the log's own key; the checkpoint of the change is signed by both keys."""
        old = self.trusted[0]
        body = {"role": "log", "old": old.text, "new": signer.key.text, "reason": reason, "by": by}
        done = self.append([NewEntry("KeyRotated", body)], also_signed_by=[signer])
        self._signer, self._mac_key = signer, signer.secret(b"entry")
        self.trusted = (signer.key, *self.trusted)
        return done[0]

    def add_cosignature(self, size: int, line: str) -> Appended:
        """Keep a witness's line with the checkpoint it is for, and log that it was witnessed.

        Raises `KeyUseError` when no registered witness made it, `NotInLogError` when there is no such checkpoint.
        """
        witnesses = [VerifierKey.parse(e.body["key"]) for e in self.find(type="WitnessRegistered")]
        with self._lock:
            body = self._files.write(lambda driver: keep_cosignature(driver, witnesses, size, line))
        return self.append([NewEntry("Witnessed", body)])[0]

    # -- reading -------------------------------------------------------------------------------------------------

    def entry(self, index: int) -> Entry:
        """The entry at `index`; raises `NotInLogError` when there is none."""
        return entry_of(self._row(index))

    def leaf(self, index: int) -> bytes:
        """The exact bytes that the tree commits to at `index`."""
        return self._row(index).leaf

    def _row(self, index: int) -> Row:
        row = self._files.read(lambda driver: stored_row(driver, index))
        if not isinstance(row, Row):
            raise NotInLogError(f"there is no such entry as {index}")
        return row

    def find(
        self,
        type: str | None = None,  # noqa: A002 - the word of the field
        ref: str | None = None,
        subject: str | None = None,
        *,
        opaque: str | None = None,
        since: int = 0,
        latest: int | None = None,
    ) -> list[Entry]:
        """Entries in order, by type, reference and person (given as case id, or as opaque id).

        `latest` keeps only so many of the newest.
        """
        if subject is not None:
            if self.keys is None:
                raise KeyUseError("To find a person's entries, open the log with its key store.")
            opaque = self.keys.opaque(subject, create=False)
            if opaque is None:
                return []
        wanted = [(c, v) for c, v in (("type", type), ("ref", ref), ("subject", opaque)) if v is not None]
        where = "".join(f" AND {column} = ?" for column, _ in wanted)
        query = f"SELECT {COLUMNS} FROM entry WHERE idx >= ?{where} ORDER BY idx DESC LIMIT ?"
        values = (since, *(value for _, value in wanted), -1 if latest is None else latest)
        rows = self._files.read(lambda driver: driver.execute(query, values).fetchall())
        return [entry_of(Row(*row)) for row in reversed(rows)]

    def find_types(self, types: Sequence[str], since: date | None = None, until: date | None = None) -> list[Entry]:
        """Entries of several types, in order, from one state of the log; of the days `since` to `until` only."""
        marks = ", ".join("?" * len(types))
        query = f"SELECT {COLUMNS} FROM entry WHERE type IN ({marks}) AND time >= ? AND time < ? ORDER BY idx"
        # Times are written alike, so they compare as text: ':' sorts after every digit, 'U' after the T of every time.
        values = [*types, since.isoformat() if since else "", f"{until.isoformat()}U" if until else ":"]
        return [entry_of(Row(*row)) for row in self._files.read(lambda d: d.execute(query, values).fetchall())]

    def size(self) -> int:
        """How many entries there are."""
        found: int = self._files.read(lambda d: d.execute("SELECT ifnull(max(idx), -1) + 1 FROM entry").fetchone()[0])
        return found

    def payload(self, index: int) -> bytes:
        """The sealed content of an entry, opened; raises `ErasedError` after the person was erased."""
        row, sealed = self._files.read(
            lambda d: (stored_row(d, index), d.execute("SELECT sealed FROM payload WHERE idx = ?", (index,)).fetchone())
        )
        if row is None or sealed is None:
            raise NotInLogError(f"there is no sealed content at {index}")
        if self.keys is None:
            raise KeyUseError("To read sealed content, open the log with its key store.")
        return self.keys.open_sealed(None, sealed[0], payload_aad(self.origin, row.type, row.salt))

    def head(self) -> Checkpoint:
        """The newest checkpoint."""
        found = self._files.read(head_note)
        if found is None:
            raise LogBrokenError(self.path, "it has no checkpoint")
        return parse_checkpoint(found[1])

    def checkpoint_at_least(self, size: int) -> Checkpoint:
        """The smallest kept checkpoint of `size` entries or more."""
        query = "SELECT note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT 1"
        found = self._files.read(lambda driver: driver.execute(query, (size,)).fetchone())
        if found is None:
            raise NotInLogError(f"no checkpoint reaches as far as {size}")
        return parse_checkpoint(found[0])

    def root(self, size: int) -> bytes:
        """The root that the tree had at `size` entries."""
        found: bytes = self._files.read(lambda driver: root_at(size, lambda nodes: stored_nodes(driver, nodes)))
        return found

    def prove(self, index: int, size: int | None = None) -> list[bytes]:
        """The inclusion proof of an entry in the tree of `size` entries (the newest when None)."""
        return self._prove(lambda head: inclusion_ranges(index, head if size is None else size))

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the log of `old` entries is the beginning of the one of `new` (the newest when None)."""
        return self._prove(lambda head: consistency_ranges(old, head if new is None else new))

    def _prove(self, ranges: Callable[[int], list[tuple[int, int]]]) -> list[bytes]:
        def work(driver: sqlite3.Connection) -> list[bytes]:
            head = head_note(driver)
            return prove(ranges(head[0] if head else 0), lambda nodes: stored_nodes(driver, nodes))

        try:
            proof: list[bytes] = self._files.read(work)
        except ValueError as error:
            raise NotInLogError(str(error)) from error
        except KeyError as error:
            raise LogBrokenError(self.path, f"the tree node {error} is missing") from error
        return proof

    def verify(self, outside: Sequence[str] = ()) -> Report:
        """Check every byte; `outside` are checkpoints kept elsewhere, against which a cut or fork shows."""
        expected = Expectations(self.trusted, self.origin, self._mac_key, tuple(outside))
        report: Report = self._files.read(lambda driver: verify_file(driver, expected))
        return report

    def export(self, path: Path) -> int:
        """Write the whole log as JSON Lines for anyone to check; returns its size."""
        from ethics.exports import export_log  # it reads logs, so it cannot be loaded before them

        return export_log(self, path)

    def receipt(self, index: int) -> dict[str, Any]:
        """The receipt of an entry, ready for JSON; see `ethics.receipts.verify_receipt`."""
        from ethics.receipts import receipt

        return receipt(self, index)

    def read(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run `work` on one consistent state of the file."""
        return self._files.read(work)

    def compact(self) -> None:
        """Give the write-ahead log back to the disk and rebuild the file, so that nothing deleted lingers."""
        with self._lock:
            self._files.compact()


def _read_origin(driver: sqlite3.Connection) -> str:
    found = driver.execute("SELECT value FROM meta WHERE key = 'origin'").fetchone()
    return str(found[0]) if found else ""
