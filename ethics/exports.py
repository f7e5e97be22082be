"""The log as one text file, for anyone to check; and back again."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from ethics import standalone_verify
from ethics.checkpoint import Signer, VerifierKey
from ethics.entry import Row, row_of_leaf
from ethics.errors import LogExistsError, UnusableExportError
from ethics.log import EthicsLog
from ethics.merkle import extend
from ethics.report import Report
from ethics.storage import COLUMNS, Files
from ethics.writer import entry_mac


def export_log(log: EthicsLog, path: Path) -> int:
    """Write the whole log as JSON Lines; returns its size. The file appears only when it is complete."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            size: int = log.read(lambda driver: _write(driver, log, file))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return size


def _write(driver: sqlite3.Connection, log: EthicsLog, file: object) -> int:
    size = driver.execute("SELECT count(*) FROM entry").fetchone()[0]
    header = {"vejviser_log_export": 1, "origin": log.origin, "size": size, "keys": [k.text for k in log.trusted]}
    write = file.write  # type: ignore[attr-defined]
    for item in (header, *_items(driver)):
        write(json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n")
    return int(size)


def _items(driver: sqlite3.Connection) -> Iterator[dict[str, str]]:
    """Entries in order, each checkpoint right after the last entry that it covers."""
    notes = dict(driver.execute("SELECT size, note FROM checkpoint ORDER BY size"))
    if 0 in notes:
        yield {"checkpoint": notes[0]}
    columns = ", ".join(f"e.{column.strip()}" for column in COLUMNS.split(","))
    query = f"SELECT {columns}, p.sealed FROM entry e LEFT JOIN payload p ON p.idx = e.idx ORDER BY e.idx"
    for *stored, sealed in driver.execute(query):
        row = Row(*stored)
        item = {"leaf": row.leaf.decode(), "leaf_hash": row.leaf_hash.hex()}
        if sealed is not None:
            item["sealed"] = base64.b64encode(sealed).decode()
        yield item
        if row.index + 1 in notes:
            yield {"checkpoint": notes[row.index + 1]}


def verify_export(path: Path, trusted: Sequence[VerifierKey], outside: Sequence[str] = ()) -> Report:
    """Check an exported log with the same program that anyone can run alone."""
    keys = [standalone_verify.read_key(key.text) for key in trusted]
    verdict = standalone_verify.check_export(path, keys, outside)
    return Report(verdict.ok, verdict.size, verdict.first_bad, verdict.reason, verdict.place, verdict.kind)


def import_log(
    source: Path, path: Path, trusted: Sequence[VerifierKey], signer: Signer | None = None, outside: Sequence[str] = ()
) -> int:
    """Make a log file from an export that checks out; returns its size.

    Raises `UnusableExportError` when the export does not check out, and then makes nothing. With the log's own
    signer the keyed checks are made anew, and the log can be continued.
    """
    if path.exists():
        raise LogExistsError(path)
    trusted = tuple(dict.fromkeys([*([signer.key] if signer else []), *trusted]))
    report = verify_export(source, trusted, outside)
    if not report.ok:
        raise UnusableExportError(source, str(report.reason))
    with source.open(encoding="utf-8", newline="\n") as file:
        origin = json.loads(file.readline())["origin"]
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    EthicsLog.create(partial, origin, signer or Signer.generate(origin)).close()
    files = Files(partial)
    try:
        files.write(lambda driver: _read_into(driver, source, signer))
        files.compact()
        files.close()
        partial.replace(path)
    finally:
        files.close()
        for tail in ("", "-wal", "-shm"):
            Path(f"{partial}{tail}").unlink(missing_ok=True)
    return report.size


def _read_into(driver: sqlite3.Connection, source: Path, signer: Signer | None) -> None:
    driver.execute("DELETE FROM checkpoint")
    mac_key = signer.secret(b"entry") if signer else None
    frontier: list[bytes] = []
    size = 0
    with source.open(encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            item = json.loads(line)
            if "checkpoint" in item:
                driver.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, item["checkpoint"]))
                continue
            row = row_of_leaf(item["leaf"].encode())
            mac = entry_mac(mac_key, size, row.leaf_hash) if mac_key else None
            driver.execute(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row.columns, row.leaf_hash, mac)
            )
            if "sealed" in item:
                driver.execute("INSERT INTO payload VALUES (?, ?)", (size, base64.b64decode(item["sealed"])))
            grown = extend(size, frontier, [row.leaf_hash])
            driver.executemany("INSERT INTO node VALUES (?, ?, ?)", grown.nodes)
            frontier, size = grown.frontier, size + 1
    if mac_key is None:
        driver.execute("INSERT INTO meta VALUES ('unkeyed_until', ?)", (str(size),))
