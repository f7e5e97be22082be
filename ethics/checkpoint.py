"""Signed notes, checkpoints and cosignatures as C2SP specifies them, with Ed25519.

A checkpoint (c2sp.org/tlog-checkpoint) is a signed note (c2sp.org/signed-note) whose text is the origin of the
log, its size and its root; a witness adds a cosignature/v1 line (c2sp.org/tlog-cosignature).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ethics.errors import KeyUseError

ED25519 = 0x01
"""Signature type of a log's own key."""
COSIGNATURE = 0x04
"""Signature type of a witness: a timestamped Ed25519 cosignature."""

_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_MOST_SIGNATURES = 64


class NoteError(ValueError):
    """A note, checkpoint or signature that is not as the specification says."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under; `text` is the C2SP form `name+id+base64`."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read `name+id+base64`; raises `KeyUseError` when a part is wrong."""
        name, _, rest = text.strip().partition("+")
        key_id, _, material = rest.partition("+")
        try:
            raw = base64.b64decode(material, validate=True)
        except binascii.Error as error:
            raise KeyUseError("This is no public key: the last part is not base64.") from error
        if not _NAME.fullmatch(name) or len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
            raise KeyUseError("This is no public key; it should read name+id+base64 with an Ed25519 key.")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != key_id:
            raise KeyUseError(f"The public key of {name} does not fit its own id; copy it once more.")
        return key

    @property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The key as one line to publish."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (without the key id) is this key's over the note text."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            if len(signature) != 72 or signature[0] & 0x80:
                return False
            message = _cosigned(int.from_bytes(signature[:8], "big"), text)
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """A private Ed25519 key with its name; it signs checkpoints, or cosigns them when its kind is `COSIGNATURE`."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        if not _NAME.fullmatch(name):
            raise KeyUseError(f"{name!r} cannot name a key: it must hold no space and no plus sign.")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> Signer:
        """A fresh key."""
        return cls(name, os.urandom(32), kind)

    @classmethod
    def load(cls, path: Path) -> Signer:
        """Read a key file written by `save`."""
        if not path.is_file():
            raise KeyUseError(f"There is no key file {path}; make one, or name the right one in the settings.")
        parts = path.read_text(encoding="utf-8").strip().split("+", 4)
        try:
            prefix, word, name, key_id, material = parts
            raw = base64.b64decode(material, validate=True)
            signer = cls(name, raw[1:], raw[0])
        except (ValueError, IndexError) as error:
            raise KeyUseError(f"{path} holds no private key in the signed-note form.") from error
        if (prefix, word) != ("PRIVATE", "KEY") or signer.key.id.hex() != key_id:
            raise KeyUseError(f"{path} holds a private key that does not fit its own id.")
        return signer

    def save(self, path: Path) -> None:
        """Write the key so that only its owner may read it; refuses to write over a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = bytes([self.key.kind]) + self._private.private_bytes_raw()
        line = f"PRIVATE+KEY+{self.key.name}+{self.key.id.hex()}+{base64.b64encode(raw).decode()}\n"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise KeyUseError(f"{path} already exists; a key is never written over.") from error
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def line(self, text: str, time: int = 0) -> str:
        """The signature line over a note text; `time` (POSIX seconds) is used by a cosigning key only."""
        signed = self._private.sign(_cosigned(time, text) if self.key.kind == COSIGNATURE else text.encode())
        stamp = time.to_bytes(8, "big") if self.key.kind == COSIGNATURE else b""
        return f"— {self.key.name} {base64.b64encode(self.key.id + stamp + signed).decode()}\n"

    def secret(self, purpose: bytes) -> bytes:
        """A 32-byte secret for one purpose, derived from the private key."""
        return sha256(b"vejviser " + purpose + b"\x00" + self._private.private_bytes_raw()).digest()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, taken apart; `raw` is what follows the key id."""

    name: str
    key_id: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its origin, size and root, and whoever signed it."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...]
    text: str
    """The note text that the signatures are over."""
    note: str
    """The whole signed note."""

    def signed_by(self, key: VerifierKey) -> bool:
        """Whether `key` signed; raises `NoteError` when a line claims its name and id but is not its signature."""
        lines = [s for s in self.signatures if (s.name, s.key_id) == (key.name, key.id)]
        if any(not key.verifies(self.text, line.raw) for line in lines):
            raise NoteError(f"the signature of {key.name} is not valid")
        return bool(lines)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The note text of a checkpoint."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign_checkpoint(origin: str, size: int, root: bytes, signers: Sequence[Signer]) -> str:
    """A signed checkpoint."""
    text = checkpoint_text(origin, size, root)
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def parse_checkpoint(note: str) -> Checkpoint:
    """Read a signed checkpoint without judging its signatures; raises `NoteError` with what is wrong."""
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise NoteError("it is no signed note: no blank line before the signatures, or no final newline")
    text += "\n"
    if re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise NoteError("it holds control characters")
    signatures = tuple(_parse_line(line) for line in lines[:-1].split("\n"))
    if len(signatures) > _MOST_SIGNATURES:
        raise NoteError("it has too many signatures")
    body = text[:-1].split("\n")
    if len(body) != 3 or not _NAME.fullmatch(body[0]) or not re.fullmatch(r"0|[1-9][0-9]{0,15}", body[1]):
        raise NoteError("it is no checkpoint: it should hold the origin, the size and the root")
    root = _strict_base64(body[2])
    if len(root) != 32:
        raise NoteError("its root is not 32 bytes")
    return Checkpoint(body[0], int(body[1]), root, signatures, text, note)


def _parse_line(line: str) -> Signature:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _strict_base64(encoded)
    if mark != "—" or not _NAME.fullmatch(name) or len(raw) < 5:
        raise NoteError("it has a line after the blank one that is no signature")
    return Signature(name, raw[:4], raw[4:])


def _strict_base64(text: str) -> bytes:
    """Decode; refuse every spelling but the one that encoding gives."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("it holds base64 that cannot be read") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError("it holds base64 in an unusual spelling")
    return raw


def _cosigned(time: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
