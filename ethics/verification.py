"""Checking everything: every entry, payload, node, root and signature is computed again from the bytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any

from ethics.entry import payload_commitment, render_leaf
from ethics.merkle import EMPTY_ROOT, cover, extend, fold
from ethics.report import Finding, Report
from ethics.storage import COLUMNS
from ethics.trust import Checkpoints, Expectations, Keys, keys_of
from ethics.writer import entry_mac

_CHUNK_LEVEL = 13
_CHUNK = 1 << _CHUNK_LEVEL


def verify_file(driver: sqlite3.Connection, expected: Expectations) -> Report:
    """Check a log file within one read transaction."""
    size = 0
    try:
        size = driver.execute("SELECT count(*) FROM entry").fetchone()[0]
        keys = keys_of(driver, expected.trusted)
        finding = next(_findings(driver, size, keys, expected), None)
        if finding is None and (damage := driver.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            finding = Finding(0, "file", "file_damaged", f"the file is damaged ({damage})")
    except (sqlite3.DatabaseError, OverflowError, ValueError) as error:
        finding = Finding(0, "file", "file_damaged", f"the file cannot be read ({error})")
    return finding.report(size) if finding else Report(True, size)


def _findings(driver: sqlite3.Connection, size: int, keys: Keys, expected: Expectations) -> Iterator[Finding]:
    """Everything wrong, the first first."""
    rows = driver.execute(
        f"SELECT {', '.join('e.' + c.strip() for c in COLUMNS.split(','))}, p.sealed "
        "FROM entry e LEFT JOIN payload p ON p.idx = e.idx ORDER BY e.idx"
    )
    checkpoints = Checkpoints(driver, keys, expected)
    yield from checkpoints.check(0, EMPTY_ROOT)
    edge: list[bytes] = []
    roots: list[bytes] = []
    start = 0
    try:
        while chunk := list(islice(rows, _CHUNK)):
            leaves: list[bytes] = []
            found = _bad_rows(chunk, start, leaves, expected.mac_key, keys.mac_from)
            levels = _levels(leaves)
            found += _bad_nodes(driver, start, levels)
            for at in checkpoints.sizes_within(start, start + len(leaves)):
                inner = [levels[level][index - (start >> level)] for level, index in cover(start, at)]
                found += checkpoints.check(at, fold([*edge, *inner]))
            yield from sorted(found, key=lambda finding: finding.by)
            if len(levels) > _CHUNK_LEVEL:
                edge = extend(len(roots), edge, [levels[-1][0]]).frontier
                roots.append(levels[-1][0])
            start += len(chunk)
    except sqlite3.DatabaseError as error:
        yield Finding(start, f"entry {start}", "file_damaged", f"cannot be read ({error})")
        return
    yield from _upper_nodes(driver, roots)
    yield from _leftovers(driver, size)
    yield from checkpoints.conclude(size)


def _bad_rows(
    chunk: Sequence[tuple[Any, ...]], start: int, leaves: list[bytes], mac_key: bytes, mac_from: int
) -> list[Finding]:
    """Recompute leaves, keyed checks and payload commitments up to the first that does not fit.

    The leaves before that are left in `leaves`.
    """
    for index, row in enumerate(chunk, start):
        columns, leaf_hash, mac, sealed = row[:9], row[9], row[10], row[11]
        if columns[0] != index:
            return [Finding(index, f"entry {index}", "entry_missing", "it is missing")]
        leaf = sha256(b"\x00" + render_leaf(columns).encode()).digest()
        if leaf != leaf_hash:
            return [Finding(index, f"entry {index}", "entry_changed", "its content does not fit its leaf hash")]
        if mac_key and index >= mac_from and entry_mac(mac_key, index, leaf) != mac:
            reason = "it was written by someone without the log's key"
            return [Finding(index, f"entry {index}", "entry_replaced", reason)]
        if (sealed is not None or columns[7] is not None) and (found := _payload(index, columns, sealed)):
            return [found]
        leaves.append(leaf)
    return []


def _payload(index: int, columns: Sequence[Any], sealed: Any) -> Finding | None:
    place = f"payload {index}"
    if sealed is None:
        return Finding(index, place, "payload_missing", "the sealed content that the entry commits to is missing")
    if columns[7] is None:
        return Finding(index, place, "payload_extra", "there is sealed content that the entry knows nothing of")
    try:
        fits = payload_commitment(bytes.fromhex(columns[8]), sealed) == columns[7]
    except (TypeError, ValueError):
        fits = False
    return None if fits else Finding(index, place, "payload_changed", "the sealed content was changed")


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Every complete subtree over leaves that begin at a multiple of the chunk size, by level."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    return levels


def _bad_nodes(driver: sqlite3.Connection, start: int, levels: list[list[bytes]]) -> list[Finding]:
    checked = (_bad_in_level(driver, at, start >> at, level) for at, level in enumerate(levels[1:], start=1))
    return [bad for bad in checked if bad]


def _bad_in_level(driver: sqlite3.Connection, level: int, first: int, computed: list[bytes]) -> Finding | None:
    query = "SELECT idx, hash FROM node WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"
    stored = driver.execute(query, (level, first, first + len(computed))).fetchall()
    if len(stored) == len(computed) and [row[1] for row in stored] == computed:
        return None
    known = dict(stored)
    for index, hashed in enumerate(computed, first):
        if known.get(index) != hashed:
            what = "was changed" if index in known else "is missing"
            kind = "node_changed" if index in known else "node_missing"
            last = ((index + 1) << level) - 1
            reason = f"the tree node {what}; it stands over entries {index << level} to {last}"
            return Finding(index << level, f"node {level}/{index}", kind, reason, last)
    return None


def _upper_nodes(driver: sqlite3.Connection, roots: list[bytes]) -> Iterator[Finding]:
    """The nodes above the chunks."""
    for step, computed in enumerate(_levels(roots)[1:], start=1):
        if bad := _bad_in_level(driver, _CHUNK_LEVEL + step, 0, computed):
            yield bad


def _leftovers(driver: sqlite3.Connection, size: int) -> Iterator[Finding]:
    """Nodes and payloads that belong to no entry."""
    if driver.execute("SELECT count(*) FROM node").fetchone()[0] != size - size.bit_count():
        yield Finding(size, "node", "node_extra", "there are tree nodes that no entry accounts for")
    stray = driver.execute("SELECT min(idx) FROM payload WHERE idx NOT IN (SELECT idx FROM entry)").fetchone()[0]
    if stray is not None:
        yield Finding(size, f"payload {stray}", "payload_extra", "there is sealed content without an entry")
