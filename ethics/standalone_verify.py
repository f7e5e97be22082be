"""Check an exported ethics log or a receipt with nothing but Python and the `cryptography` package.

    python standalone_verify.py EXPORT --key PUBKEY [--key ...] [--checkpoint FILE ...]

This one file is all that is needed: copy it, read it, run it on another machine. PUBKEY is the published public
key `name+id+base64`, or a file that holds it. Exit code 0: everything fits; 1: it does not, and the first entry
that can no longer be trusted is named; 2: the question was wrong.

Formats: RFC 6962/9162 (tree), C2SP signed-note, tlog-checkpoint and tlog-cosignature (signatures).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Verdict(NamedTuple):
    """Whether everything fits; if not, the first entry that can no longer be trusted, and why."""

    ok: bool
    size: int
    first_bad: int | None = None
    place: str | None = None
    kind: str | None = None
    reason: str | None = None


class Key(NamedTuple):
    """A public key; `kind` is 1 for a log and 4 for a witness."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before a signature of this key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]


class Note(NamedTuple):
    """A checkpoint taken apart."""

    origin: str
    size: int
    root: bytes
    text: str
    lines: list[tuple[str, bytes]]


class BadError(Exception):
    """Something does not fit."""

    def __init__(self, first_bad: int, place: str, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict = Verdict(False, 0, first_bad, place, kind, f"{place}: {reason}")


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 interior node."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """The right edge of a growing tree: all that is needed for its root."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        index = self.size
        while index & 1:
            leaf = node_hash(self.edge.pop(), leaf)
            index >>= 1
        self.edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root over everything added."""
        if not self.edge:
            return sha256(b"").digest()
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, hashed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(sibling, hashed)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def read_key(text: str) -> Key:
    """Read `name+id+base64`; raises `ValueError`."""
    name, _, rest = text.strip().partition("+")
    key_id, _, material = rest.partition("+")
    raw = base64.b64decode(material, validate=True)
    if not name or len(raw) != 33 or raw[0] not in (1, 4):
        raise ValueError("a public key reads name+id+base64")
    key = Key(name, raw[0], raw[1:])
    if key.id.hex() != key_id:
        raise ValueError(f"the public key of {name} does not fit its own id")
    return key


def read_note(note: Any) -> Note:
    """Take a signed checkpoint apart; raises `ValueError`."""
    if not isinstance(note, str) or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise ValueError("it is no signed note")
    text, separator, lines = note.rpartition("\n\n")
    body = text.split("\n")
    if not separator or not lines.endswith("\n") or len(body) != 3:
        raise ValueError("it is no checkpoint")
    if not re.fullmatch(r"[^\s+]+", body[0]) or not re.fullmatch(r"0|[1-9][0-9]{0,15}", body[1]):
        raise ValueError("it is no checkpoint")
    signatures = []
    for line in lines[:-1].split("\n"):
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        raw = decode64(encoded)
        if mark != "—" or not name or len(raw) < 5:
            raise ValueError("a signature line is malformed")
        signatures.append((name, raw))
    root = decode64(body[2])
    if len(root) != 32:
        raise ValueError("its root is not 32 bytes")
    return Note(body[0], int(body[1]), root, text + "\n", signatures)


def decode64(text: str) -> bytes:
    """Base64 in its one proper spelling; raises `ValueError`."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 in an unusual spelling")
    return raw


def signed(note: Note, key: Key) -> bool:
    """Whether the key signed; raises `ValueError` when a line claims to be the key's and is not."""
    found = False
    for name, raw in note.lines:
        if (name, raw[:4]) != (key.name, key.id):
            continue
        message, signature = note.text.encode(), raw[4:]
        if key.kind == 4:
            stamp = int.from_bytes(raw[4:12], "big")
            message, signature = f"cosignature/v1\ntime {stamp}\n".encode() + message, raw[12:]
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        except InvalidSignature as error:
            raise ValueError(f"the signature of {name} is not valid") from error
        found = True
    return found


class Trust(NamedTuple):
    """The keys that count: those named by you, and those that the log shows they replaced."""

    named: Sequence[Key]
    log: list[tuple[Key, int | None]]
    witnesses: list[Key]

    def problem(self, note: Note, origin: str, strict: bool) -> str | None:
        """Why the signatures of a checkpoint do not do, or None."""
        if note.origin != origin:
            return f"it is of another log, {note.origin}"
        own = [key for key, last in self.log if last is None or note.size <= last]
        try:
            by_log = {key for key in own if signed(note, key)}
            by_witness = {key for key in self.witnesses if signed(note, key)}
        except ValueError as error:
            return str(error)
        if not by_log:
            return "it is not signed by a key that you trust for the log"
        if strict and len(note.lines) != len(by_log) + len(by_witness):
            return "it has a signature of a key that the log does not know"
        return None


def trust_of(named: Sequence[Key], leaves: Sequence[str]) -> Trust:
    """Follow the rotations that the log commits to, newest first."""
    trust = Trust(named, [(key, None) for key in named], [])
    for text in reversed(leaves):
        try:
            leaf = json.loads(text)
            body = leaf["body"]
            if leaf["type"] == "WitnessRegistered":
                trust.witnesses.append(read_key(body["key"]))
            elif body["role"] == "log" and read_key(body["new"]) in [key for key, _ in trust.log]:
                trust.log.append((read_key(body["old"]), leaf["index"] + 1))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # the leaf itself will be found changed
    return trust


def check_export(path: Path, keys: Sequence[Key], outside: Sequence[str] = ()) -> Verdict:
    """Check a whole exported log, line by line."""
    tree = Tree()
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            marked = [line for line in file if "KeyRotated" in line or "WitnessRegistered" in line]
        leaves = [item["leaf"] for item in map(_json, marked) if isinstance(item.get("leaf"), str)]
        with path.open(encoding="utf-8", newline="\n") as file:
            header = _json(file.readline())
            if header.get("vejviser_log_export") != 1 or not isinstance(header.get("origin"), str):
                raise BadError(0, "line 1", "file_damaged", "this is no exported ethics log")
            trust = trust_of(keys, leaves)
            _check_lines(file, tree, header["origin"], trust, [read_note(note) for note in outside])
    except BadError as error:
        return error.verdict._replace(size=tree.size)
    except UnicodeDecodeError as error:
        return Verdict(False, tree.size, tree.size, "file", "file_damaged", f"file: it is not readable text ({error})")
    except ValueError as error:
        return Verdict(False, tree.size, 0, "outside checkpoint", "outside_signature", f"outside checkpoint: {error}")
    return Verdict(True, tree.size)


def _check_lines(file: Any, tree: Tree, origin: str, trust: Trust, outside: list[Note]) -> None:
    good = newest = -1
    head: Note | None = None
    _check_outside(tree, 0, outside, origin, trust)
    for line in file:
        item = _json(line)
        if "checkpoint" in item:
            head = _check_checkpoint(item["checkpoint"], tree, origin, trust, max(good, 0))
            good = newest = tree.size
        elif "leaf" in item:
            _check_entry(item, tree)
            if _check_outside(tree, max(good, 0), outside, origin, trust):
                good = tree.size
        else:
            raise BadError(tree.size, f"entry {tree.size}", "file_damaged", "the line cannot be read")
    for note in outside:
        if note.size > tree.size:
            problem = trust.problem(note, origin, strict=False)
            reason = problem or f"the log held {note.size} entries when it was signed, and holds {tree.size} now"
            kind = "outside_signature" if problem else "rolled_back"
            raise BadError(tree.size, f"outside checkpoint {note.size}", kind, reason)
    if head is None or newest < tree.size:
        raise BadError(max(newest, 0), f"entry {max(newest, 0)}", "checkpoint_missing", "no checkpoint covers it")
    if not any(signed(head, key) for key in trust.named):
        reason = "the newest checkpoint is signed by a key that you did not name; was the key rotated?"
        raise BadError(max(tree.size - 1, 0), f"checkpoint {tree.size}", "checkpoint_signature", reason)


def _check_entry(item: dict[str, Any], tree: Tree) -> None:
    index, place = tree.size, f"entry {tree.size}"
    leaf, sealed = item["leaf"], item.get("sealed")
    if not isinstance(leaf, str) or leaf_hash(leaf.encode()).hex() != item.get("leaf_hash"):
        raise BadError(index, place, "entry_changed", "its content does not fit its leaf hash")
    try:
        read = json.loads(leaf)
        number, commitment, salt = read["index"], read["payload_sha256"], read["salt"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadError(index, place, "entry_changed", "its content cannot be read") from error
    if number != index:
        raise BadError(index, place, "entry_missing", f"entry {number} stands in its place")
    if (sealed is None) != (commitment is None):
        kind = "payload_missing" if sealed is None else "payload_extra"
        raise BadError(index, f"payload {index}", kind, "the entry and its sealed content do not belong together")
    if sealed is not None:
        try:
            fits = sha256(bytes.fromhex(salt) + decode64(sealed)).hexdigest() == commitment
        except (ValueError, TypeError, binascii.Error):
            fits = False
        if not fits:
            raise BadError(index, f"payload {index}", "payload_changed", "the sealed content was changed")
    tree.add(leaf_hash(leaf.encode()))


def _check_checkpoint(text: Any, tree: Tree, origin: str, trust: Trust, good: int) -> Note:
    place, last = f"checkpoint {tree.size}", max(tree.size - 1, 0)
    try:
        note = read_note(text)
    except ValueError as error:
        raise BadError(last, place, "checkpoint_changed", f"it cannot be read: {error}") from error
    if note.size > tree.size:
        reason = f"the log holds only {tree.size} entries"
        raise BadError(tree.size, f"checkpoint {note.size}", "entries_missing", reason)
    if note.size != tree.size:
        raise BadError(min(last, note.size), place, "checkpoint_changed", f"it is for {note.size} entries")
    if (problem := trust.problem(note, origin, strict=True)) is not None:
        raise BadError(last, place, "checkpoint_signature", problem)
    if note.root != tree.root():
        reason = f"an entry from {good} to {last} was replaced: the tree lacks the signed root"
        raise BadError(good, place, "checkpoint_root", reason)
    return note


def _check_outside(tree: Tree, good: int, outside: list[Note], origin: str, trust: Trust) -> bool:
    """Compare with what was kept outside for this size; whether there was anything."""
    here = [note for note in outside if note.size == tree.size]
    for note in here:
        place = f"outside checkpoint {note.size}"
        if (problem := trust.problem(note, origin, strict=False)) is not None:
            raise BadError(note.size, place, "outside_signature", problem)
        if note.root != tree.root():
            raise BadError(good, place, "forked", "the log holds another history than the one that was signed")
    return bool(here)


def check_receipt(receipt: Any, keys: Sequence[Key]) -> Verdict:
    """Check that the entry of a receipt stands in the log whose key signed the checkpoint."""
    try:
        note = read_note(receipt["checkpoint"])
        leaf = receipt["leaf"].encode()
        index = json.loads(leaf)["index"]
        proof = [bytes.fromhex(step) for step in receipt["proof"]]
        stated = (receipt["index"], receipt["leaf_hash"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Verdict(False, 0, None, "receipt", "file_damaged", f"receipt: it cannot be read ({error})")
    trust = Trust(keys, [(key, None) for key in keys if key.kind == 1], [key for key in keys if key.kind == 4])
    if (problem := trust.problem(note, note.origin, strict=False)) is not None:
        return Verdict(False, note.size, index, "checkpoint", "checkpoint_signature", f"checkpoint: {problem}")
    if stated != (index, leaf_hash(leaf).hex()) or receipt.get("origin") != note.origin:
        return Verdict(False, note.size, index, f"entry {index}", "entry_changed", "its stated place is another")
    if not included(leaf_hash(leaf), index, note.size, proof, note.root):
        reason = f"entry {index}: the log that was signed does not hold it"
        return Verdict(False, note.size, index, f"entry {index}", "proof_failed", reason)
    return Verdict(True, note.size)


def _json(line: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except ValueError:
        return {}
    return item if isinstance(item, dict) else {}


def _key_argument(text: str) -> Key:
    path = Path(text)
    return read_key(path.read_text(encoding="utf-8") if "+" not in text and path.is_file() else text)


def _read_receipt(path: Path) -> dict[str, Any] | None:
    """The receipt in the file; None when the file is an export."""
    with path.open(encoding="utf-8", errors="replace") as file:
        if "vejviser_log_export" in file.readline():
            return None
    read = _json(path.read_text(encoding="utf-8", errors="replace"))
    return read if "vejviser_receipt" in read else None


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Check an exported ethics log or a receipt.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", action="append", required=True, help="public key name+id+base64, or its file")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="one that you kept yourself")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    given = _arguments(arguments)
    try:
        keys = [_key_argument(text) for text in given.key]
        outside = [path.read_text(encoding="utf-8") for path in given.checkpoint]
        receipt = _read_receipt(given.file)
    except (ValueError, OSError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    verdict = check_export(given.file, keys, outside) if receipt is None else check_receipt(receipt, keys)
    print("\n".join(_lines(verdict)))
    return 0 if verdict.ok else 1


def _lines(verdict: Verdict) -> Iterator[str]:
    if verdict.ok:
        yield f"OK: {verdict.size} entries, every hash and signature fits."
    else:
        yield f"BAD: {verdict.reason}."
        if verdict.first_bad is not None:
            yield f"First entry that can no longer be trusted: {verdict.first_bad}"


if __name__ == "__main__":
    raise SystemExit(main())
