"""RFC 8785 canonical JSON: one value, one sequence of bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

JSON = None | bool | int | float | str | Sequence[Any] | Mapping[str, Any]
"""A JSON value."""

_LARGEST = 2**53 - 1
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def canonical(value: JSON) -> bytes:
    """The RFC 8785 bytes of a JSON value.

    Raises `ValueError` for what JSON cannot hold exactly: NaN, infinities, integers beyond 2**53, lone
    surrogates, keys that are not text.

    >>> canonical({"b": 1.0, "a": "æ"})
    b'{"a":"\\xc3\\xa6","b":1}'
    """
    if _is_plain(value):
        # The standard encoder agrees with RFC 8785 byte for byte here, and is ten times as fast.
        return _ENCODER.encode(value).encode()
    return rfc8785.dumps(_plain_containers(value))


def _is_plain(value: Any) -> bool:
    """Whether the value holds no float, no large integer and only ASCII keys."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True  # a lone surrogate fails when the text is turned into bytes
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii() or not _is_plain(item):
                return False
        return True
    return (kind is list or kind is tuple) and all(_is_plain(item) for item in value)


def _plain_containers(value: Any) -> Any:
    """The same value in the exact containers that the encoder knows."""
    if isinstance(value, Mapping):
        return {key: _plain_containers(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain_containers(item) for item in value]
    return value
