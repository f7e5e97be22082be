"""The file that keys lie in, and how one key locks another."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethics.errors import KeyUseError

KEY_BYTES, NONCE_BYTES = 32, 12


def connect(path: Path) -> sqlite3.Connection:
    """Open the file with what makes an overwritten key unrecoverable; raises `KeyUseError` when it is none."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    try:
        # A rollback journal is deleted at every commit; a write-ahead log would keep old pages with old keys.
        for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "secure_delete=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise KeyUseError(f"{path} is no key store, or it is damaged; restore it from its backup.") from error
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything in it is stored, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def master_id(master: bytes) -> str:
    """A public name for a master key, which says nothing about it."""
    return sha256(b"vejviser master key id\x00" + master).hexdigest()[:16]


def wrap(master: bytes, key: bytes, owner: bytes) -> bytes:
    """Lock a key with the master key, for one owner."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, b"vejviser key\x00" + owner)


def unwrap(master: bytes, wrapped: bytes, owner: bytes) -> bytes:
    """Unlock a key; raises `KeyUseError` when it was damaged or is another owner's."""
    try:
        return AESGCM(master).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], b"vejviser key\x00" + owner)
    except (InvalidTag, ValueError) as error:
        raise KeyUseError("A key in the key store is damaged; restore the store from its own backup.") from error
