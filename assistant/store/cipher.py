"""How personal payloads are sealed before they reach a database; the keys are somebody else's."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""What JSON can say."""


class Cipher(Protocol):
    """Seals under a person's own key, so that destroying the key erases the person."""

    def seal(self, subject: str, plaintext: bytes, aad: bytes, /) -> bytes:
        """`plaintext` sealed under the key of `subject`, bound to `aad`."""

    def open_sealed(self, subject: str, sealed: bytes, aad: bytes, /) -> bytes:
        """What was sealed; raises when the key is gone or a byte of `sealed` or `aad` differs."""


@runtime_checkable
class MakesManyKeys(Protocol):
    """A cipher that can make the keys of many people at once: a durable write for each is slow."""

    def ensure_keys(self, subjects: Collection[str], /) -> None:
        """Make a key for everyone who has none yet, in one transaction."""


def place(*parts: str | int) -> bytes:
    """The associated data that binds a sealed payload to its row, so that it cannot be moved to another.

    >>> place("case", "C-1", 3)
    b'["case","C-1",3]'
    """
    return json.dumps(parts, separators=(",", ":")).encode("ascii")


def to_bytes(value: Json) -> bytes:
    """JSON in one fixed form: sorted keys, no spaces, ASCII (so that any Python text survives).

    Raises `ValueError` for a number that is not finite and `TypeError` for what JSON cannot say.

    >>> to_bytes({"b": "ø", "a": None})
    b'{"a":null,"b":"\\\\u00f8"}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def from_bytes(data: bytes) -> Any:
    """The value that `to_bytes` wrote."""
    return json.loads(data)
