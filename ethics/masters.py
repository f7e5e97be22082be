"""Where the master key comes from: a file of its owner, the environment, or the operating system's keyring."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from ethics.errors import KeyUseError
from ethics.keyfile import KEY_BYTES


def new_master_file(path: Path) -> bytes:
    """Make a master key in a file that only its owner may read; refuses to write over one."""
    master = os.urandom(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyUseError(f"{path} already exists; a master key is never written over.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(master) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return master


def master_from_file(path: Path) -> bytes:
    """Read a master key: 32 bytes in base64."""
    if not path.is_file():
        raise KeyUseError(f"There is no master key at {path}; restore it, or name its file in the settings.")
    return _decode_master(path.read_text(encoding="ascii", errors="replace"), str(path))


def master_from_environment(variable: str, environment: Mapping[str, str]) -> bytes:
    """Read a master key from an environment variable: 32 bytes in base64."""
    if not (text := environment.get(variable)):
        raise KeyUseError(f"The environment variable {variable} holds no master key; set it to 32 bytes in base64.")
    return _decode_master(text, variable)


def master_from_keyring(service: str, user: str) -> bytes:
    """Read a master key from the operating system's keyring (needs the `keyring` package): 32 bytes in base64."""
    try:
        keyring = import_module("keyring")  # an optional package, only where an operator chose it
    except ImportError as error:
        raise KeyUseError("To keep the master key in the keyring, install the `keyring` package.") from error
    if not (text := keyring.get_password(service, user)):
        raise KeyUseError(f"The keyring holds no master key for {user} at {service}; store 32 bytes in base64 there.")
    return _decode_master(text, f"The keyring entry {service}/{user}")


def _decode_master(text: str, source: str) -> bytes:
    try:
        master = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyUseError(f"{source} holds no master key: it should be 32 bytes in base64.") from error
    if len(master) != KEY_BYTES:
        raise KeyUseError(f"{source} holds {len(master)} bytes; a master key is 32 bytes in base64.")
    return master
