"""One key per person, wrapped by a master key; destroying the key erases the person wherever it sealed.

The store is a small file of its own, to be kept out of ordinary backups. It never holds a case id: a person is
found by a keyed hash, and everything outside the store knows them by a random opaque id alone.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Collection
from pathlib import Path
from threading import RLock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethics.errors import ErasedError, KeyUseError
from ethics.forking import closed_across_forks
from ethics.keyfile import KEY_BYTES, NONCE_BYTES, connect, master_id, transaction, unwrap, wrap
from ethics.masters import master_from_environment, master_from_file, new_master_file

# A store is opened with a master key, so callers find both here.
__all__ = ["KeyStore", "master_from_environment", "master_from_file", "new_master_file", "sealed_for"]

_FORM = b"\x01"
_OPAQUE = 16
_SCHEMA = """
CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL,
                    master TEXT NOT NULL, lookup BLOB NOT NULL);
CREATE TABLE person (opaque BLOB PRIMARY KEY, lookup BLOB UNIQUE, wrapped BLOB) WITHOUT ROWID;
"""


class KeyStore:
    """The keys of persons, in one SQLite file; safe for several threads and processes."""

    def __init__(self, path: Path, connection: sqlite3.Connection, master: bytes) -> None:
        self.path = path
        self._open_connection: sqlite3.Connection | None = connection
        self._master, self._lock = master, RLock()
        self._cache: dict[bytes, tuple[bytes, AESGCM]] = {}
        self._version = -1
        row = self._read_header()
        if row[0] != master_id(master):
            raise KeyUseError(f"The master key is not the one that {path} was locked with (its id is {row[0]}).")
        self._lookup_key = unwrap(master, row[1], b"lookup")
        closed_across_forks(self)

    @classmethod
    def create(cls, path: Path, master: bytes) -> KeyStore:
        """Make an empty store; refuses to write over one."""
        if path.exists():
            raise KeyUseError(f"{path} already exists; a key store is never written over.")
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        connection = connect(path)
        with transaction(connection):
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO store VALUES (1, 1, ?, ?)",
                (master_id(master), wrap(master, os.urandom(KEY_BYTES), b"lookup")),
            )
        return cls(path, connection, master)

    @classmethod
    def open(cls, path: Path, master: bytes) -> KeyStore:
        """Open a store; raises `KeyUseError` when it is missing or locked with another master key."""
        if not path.is_file():
            raise KeyUseError(f"There is no key store at {path}; restore it from its own backup.")
        return cls(path, connect(path), master)

    def close(self) -> None:
        """Forget every key in memory and close the file; it is opened again when it is next used."""
        with self._lock:
            self._cache.clear()
            self._version = -1  # of a connection that is gone: the next one counts anew
            if self._open_connection is not None:
                self._open_connection.close()
                self._open_connection = None

    def before_fork(self) -> None:
        """Finish what is under way and close the file."""
        self._lock.acquire()
        self.close()

    def after_fork(self) -> None:
        """Let users in again."""
        self._lock.release()

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._open_connection is None:
            self._open_connection = connect(self.path)
        return self._open_connection

    def opaque(self, subject: str, create: bool = True) -> str | None:
        """The random id that stands for a person outside this store (32 hex digits).

        A person unknown to the store gets one, with a key, unless `create` is False: then the answer is None.
        """
        with self._lock:
            found = self._person(subject, create)
            return found[0].hex() if found else None

    def seal(self, subject: str, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt under the person's key (AES-256-GCM); `aad` must be given again to open."""
        with self._lock:
            found = self._person(subject, create=True)
            if found is None:  # pragma: no cover - create=True always finds
                raise ErasedError
            opaque, cipher = found
        nonce = os.urandom(NONCE_BYTES)
        return _FORM + opaque + nonce + cipher.encrypt(nonce, plaintext, opaque + aad)

    def ensure_keys(self, subjects: Collection[str]) -> None:
        """Make a key for everyone who has none yet, in one durable transaction.

        A key alone costs a disk flush; 20,000 at once cost one.
        """
        with self._lock:
            fresh = []
            for subject in dict.fromkeys(subjects):
                opaque = os.urandom(_OPAQUE)
                fresh.append((opaque, self._hash(subject), wrap(self._master, os.urandom(KEY_BYTES), opaque)))
            with transaction(self._connection):
                self._connection.executemany(
                    "INSERT INTO person VALUES (?, ?, ?) ON CONFLICT (lookup) DO NOTHING", fresh
                )

    def open_sealed(self, subject: str | None, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt what `seal` made; `subject` may be None where only the opaque id is known.

        Raises `ErasedError` after the key was shredded, `KeyUseError` when it is another person's or was changed.
        """
        if len(sealed) < 1 + _OPAQUE + NONCE_BYTES + 16 or sealed[:1] != _FORM:
            raise KeyUseError("The sealed content is damaged; take it from a backup.")
        opaque, nonce = sealed[1 : 1 + _OPAQUE], sealed[1 + _OPAQUE : 1 + _OPAQUE + NONCE_BYTES]
        with self._lock:
            row = self._row("SELECT wrapped, lookup FROM person WHERE opaque = ?", opaque)
        if row is None:
            raise KeyUseError("The sealed content belongs to another key store, or its key was never here.")
        if row[0] is None:
            raise ErasedError
        if subject is not None and not hmac.compare_digest(row[1], self._hash(subject)):
            raise KeyUseError("The sealed content belongs to another person.")
        cipher = AESGCM(unwrap(self._master, row[0], opaque))
        try:
            return cipher.decrypt(nonce, sealed[1 + _OPAQUE + NONCE_BYTES :], opaque + aad)
        except InvalidTag as error:
            raise KeyUseError("The sealed content was changed after it was sealed.") from error

    def keyed_hash(self, subject: str, content: bytes) -> str:
        """A hash (64 hex digits) that only holders of the person's key can repeat; safe to log in clear."""
        with self._lock:
            found = self._person(subject, create=True)
            if found is None:  # pragma: no cover - create=True always finds
                raise ErasedError
            row = self._row("SELECT wrapped FROM person WHERE opaque = ?", found[0])
            key = unwrap(self._master, row[0], found[0])  # type: ignore[index]
        return hmac.digest(key, b"hash\x00" + content, "sha256").hex()

    def is_erased(self, opaque: str) -> bool:
        """Whether the key behind an opaque id was shredded."""
        with self._lock:
            row = self._row("SELECT wrapped IS NULL FROM person WHERE opaque = ?", bytes.fromhex(opaque))
        return bool(row and row[0])

    def shred(self, subject: str) -> str | None:
        """Destroy the person's key for ever; returns their opaque id, or None when there was no key.

        The stored key is overwritten, then removed, and the file is rebuilt, so that no page keeps it. The opaque
        id stays as a tombstone that nothing leads to. The same case id starts afresh with another key.
        """
        with self._lock:
            found = self._person(subject, create=False)
            if found is None:
                return None
            opaque = found[0]
            with transaction(self._connection):
                self._connection.execute(
                    "UPDATE person SET wrapped = ?, lookup = ? WHERE opaque = ?",
                    (os.urandom(NONCE_BYTES + KEY_BYTES + 16), os.urandom(KEY_BYTES), opaque),
                )
            with transaction(self._connection):
                self._connection.execute("UPDATE person SET wrapped = NULL, lookup = NULL WHERE opaque = ?", (opaque,))
            self._cache.clear()
            self._connection.execute("VACUUM")
        return opaque.hex()

    def rotate_master(self, master: bytes) -> None:
        """Lock every key with a new master key, in one transaction; the old one opens nothing afterwards."""
        with self._lock:
            with transaction(self._connection):
                rows = self._connection.execute("SELECT opaque, wrapped FROM person WHERE wrapped NOT NULL").fetchall()
                again = [(wrap(master, unwrap(self._master, w, o), o), o) for o, w in rows]
                self._connection.executemany("UPDATE person SET wrapped = ? WHERE opaque = ?", again)
                self._connection.execute(
                    "UPDATE store SET master = ?, lookup = ?",
                    (master_id(master), wrap(master, self._lookup_key, b"lookup")),
                )
            self._master = master
            self._cache.clear()
            self._connection.execute("VACUUM")

    @staticmethod
    def id_of(master: bytes) -> str:
        """The public id of a master key (16 hex digits); raises `KeyUseError` when it is not one."""
        if len(master) != KEY_BYTES:
            raise KeyUseError(f"A master key is {KEY_BYTES} bytes, and this has {len(master)}.")
        return master_id(master)

    def master_id(self) -> str:
        """The public id of the master key in use (16 hex digits)."""
        return master_id(self._master)

    def _person(self, subject: str, create: bool) -> tuple[bytes, AESGCM] | None:
        lookup = self._hash(subject)
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:  # another process may have shredded a key that is cached here
            self._cache.clear()
            self._version = version
        if (cached := self._cache.get(lookup)) is not None:
            return cached
        query = "SELECT opaque, wrapped FROM person WHERE lookup = ?"
        row = self._row(query, lookup)
        if row is None:
            if not create:
                return None
            opaque = os.urandom(_OPAQUE)
            wrapped = wrap(self._master, os.urandom(KEY_BYTES), opaque)
            with transaction(self._connection):
                self._connection.execute(
                    "INSERT INTO person VALUES (?, ?, ?) ON CONFLICT (lookup) DO NOTHING", (opaque, lookup, wrapped)
                )
            row = self._row(query, lookup)
        if row is None:  # pragma: no cover - only if another process shreds between two statements
            raise ErasedError
        if len(self._cache) >= 4096:
            self._cache.clear()
        found = self._cache[lookup] = (row[0], AESGCM(unwrap(self._master, row[1], row[0])))
        return found

    def _row(self, query: str, value: bytes) -> tuple[bytes, bytes] | None:
        row: tuple[bytes, bytes] | None = self._connection.execute(query, (value,)).fetchone()
        return row

    def _read_header(self) -> tuple[str, bytes]:
        try:
            row: tuple[str, bytes] | None = self._connection.execute("SELECT master, lookup FROM store").fetchone()
        except sqlite3.DatabaseError as error:
            raise KeyUseError(f"{self.path} is no key store, or it is damaged; restore it from its backup.") from error
        if row is None:
            raise KeyUseError(f"{self.path} is an empty key store; restore it from its backup.")
        return row

    def _hash(self, subject: str) -> bytes:
        return hmac.digest(self._lookup_key, subject.encode(), "sha256")


def sealed_for(sealed: bytes) -> str:
    """The opaque id of the person under whose key something was sealed."""
    return sealed[1 : 1 + _OPAQUE].hex()
