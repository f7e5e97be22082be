"""How fast the ethics log is, beside pymerkle's SQLite tree and a plain SQLite insert, in the same run."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple, Protocol

from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.merkle import leaf_hash, verify_consistency, verify_inclusion

BATCH = 1_000
ROUNDS = 5
ORIGIN = "vejviser.example/bench"
TARGETS = {
    "single_appends_per_s": 1_000.0,
    "batched_appends_per_s": 20_000.0,
    "inclusion_proof_ms": 1.0,
    "audit_s_per_million": 15.0,
}
"""Floors for what is counted per second, ceilings for what is timed."""

Figures = dict[str, Any]


def run(size: int = 20_000, folder: Path | None = None) -> Figures:
    """Measure a log of `size` entries, and its peers on the same entries and disk.

    `folder` is where the files are made and removed again; it should lie on the disk that a workspace would use.
    Batches hold `BATCH` entries; every system commits durably (WAL, `synchronous=FULL`). The systems take turns in
    `ROUNDS` rounds and the median round counts, so that a busy machine slows all of them alike; rates per second of
    computing (`per_cpu_s`) leave out what other programs and the disk took.
    """
    with tempfile.TemporaryDirectory(dir=folder) as made:
        place = Path(made)
        singles = min(5_000, max(100, size // 4))
        ours, theirs, plain = _Vejviser(place), _Pymerkle(place), _Plain(place)
        systems: dict[str, _System] = {"vejviser": ours, "pymerkle_sqlite": theirs, "plain_sqlite": plain}
        figures = _appends(systems, size, singles)
        figures["vejviser"].update(ours.figures(singles // ROUNDS))
        figures["pymerkle_sqlite"].update(theirs.figures())
        for name, system in systems.items():
            figures[name]["bytes_per_entry"] = system.path.stat().st_size / (size + singles)
            system.close()
        return {
            "size": size,
            "singles": singles,
            "batch": BATCH,
            "rounds": ROUNDS,
            "machine": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "cores": os.cpu_count()},
            "systems": figures,
            "targets": TARGETS,
            "met": _met(figures["vejviser"]),
        }


def _met(ours: Figures) -> dict[str, bool]:
    return {
        name: ours[name] >= target if name.endswith("_per_s") else ours[name] <= target
        for name, target in TARGETS.items()
    }


class _System(Protocol):
    """What takes part: it makes entries of its own kind beforehand, and then appends them durably."""

    path: Path

    def prepare(self, start: int, end: int) -> Sequence[Any]: ...

    def append(self, entries: Sequence[Any]) -> object: ...

    def close(self) -> None: ...


def _appends(systems: dict[str, _System], size: int, singles: int) -> dict[str, Figures]:
    """The median rate of every system, in batches and one at a time."""
    batched: dict[str, list[_Rates]] = {name: [] for name in systems}
    single: dict[str, list[_Rates]] = {name: [] for name in systems}
    for number in range(ROUNDS):
        edges = (size * number // ROUNDS, size * (number + 1) // ROUNDS)
        for name, system in systems.items():
            entries = system.prepare(*edges)
            chunks = [entries[at : at + BATCH] for at in range(0, len(entries), BATCH)]
            batched[name].append(_rates(len(entries), system, chunks))
        for name, system in systems.items():
            lone = [[entry] for entry in system.prepare(size, size + singles // ROUNDS)]
            single[name].append(_rates(len(lone), system, lone))
    return {
        name: {
            "single_appends_per_s": median(rates.wall for rates in single[name]),
            "batched_appends_per_s": median(rates.wall for rates in batched[name]),
            "single_appends_per_cpu_s": median(rates.cpu for rates in single[name]),
            "batched_appends_per_cpu_s": median(rates.cpu for rates in batched[name]),
        }
        for name in systems
    }


class _Rates(NamedTuple):
    """Entries per second by the clock, and per second of this process's own computing."""

    wall: float
    cpu: float


def _rates(count: int, system: _System, batches: Sequence[Sequence[Any]]) -> _Rates:
    wall, cpu = perf_counter(), process_time()
    for batch in batches:
        system.append(batch)
    return _Rates(count / (perf_counter() - wall), count / max(process_time() - cpu, 1e-9))


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _entry(at: int) -> NewEntry:
    """An entry without a person, so that every system stores the same."""
    body = {"version": f"rules-{at}", "hash": f"{at:064x}", "approver": "lead", "notes": "Reglerne for SUL § 140."}
    return NewEntry("RulesVersion", body, ref=f"S-{at}")


def _sealed(at: int) -> NewEntry:
    body = {"before_suggestion": True}
    return NewEntry("GoalShown", body, ref=f"S-{at}", subject=f"C-{at % 50}", payload=b"the words of a goal " * 8)


class _Vejviser:
    """Our log: validated, canonical, in a signed tree with its nodes stored."""

    def __init__(self, place: Path) -> None:
        self.path = place / "log.sqlite"
        keys = KeyStore.create(place / "keys.sqlite", os.urandom(32))
        self.log = EthicsLog.create(self.path, ORIGIN, Signer.generate(ORIGIN), keys=keys)

    def prepare(self, start: int, end: int) -> Sequence[NewEntry]:
        return [_entry(at) for at in range(start, end)]

    def append(self, entries: Sequence[NewEntry]) -> object:
        return self.log.append(entries)

    def close(self) -> None:
        self.log.close()

    def figures(self, singles: int) -> Figures:
        """What only a log with proofs can be asked."""
        self.log.append([_sealed(at) for at in range(50)])  # the persons' keys are made before the clock runs
        sealed = [[_sealed(at)] for at in range(singles)]
        with_payload = singles / _seconds(lambda: list(map(self.append, sealed)))
        total = self.log.size()
        wall, cpu = perf_counter(), process_time()
        report = self.log.verify()
        audit, audit_cpu = perf_counter() - wall, process_time() - cpu
        if not report.ok:
            raise RuntimeError(f"the log of the benchmark does not verify: {report.reason}")
        return {
            "single_sealed_appends_per_s": with_payload,
            "inclusion_proof_ms": self._inclusion_ms(total),
            "consistency_proof_ms": self._consistency_ms(total),
            **_audit(audit, total),
            "audit_cpu_s": audit_cpu,
        }

    def _inclusion_ms(self, total: int) -> float:
        head, times = self.log.head(), []
        for index in range(0, total, max(1, total // 300)):
            began = perf_counter()
            proof = self.log.prove(index, total)
            times.append(perf_counter() - began)
            if not verify_inclusion(leaf_hash(self.log.leaf(index)), index, total, proof, head.root):
                raise RuntimeError(f"the inclusion proof of entry {index} does not verify")
        return median(times) * 1e3

    def _consistency_ms(self, total: int) -> float:
        root, times = self.log.root(total), []
        for old in range(1, total, max(1, total // 100)):
            began = perf_counter()
            proof = self.log.consistency(old, total)
            times.append(perf_counter() - began)
            if not verify_consistency(old, total, self.log.root(old), root, proof):
                raise RuntimeError(f"the consistency proof from {old} does not verify")
        return median(times) * 1e3


def _leaf(at: int) -> bytes:
    """About the bytes that our own leaf holds."""
    return f'{{"body":{_entry(at).body},"index":{at},"time":"2026-11-22T12:00:00Z","type":"RulesVersion"}}'.encode()


class _Pymerkle:
    """pymerkle's persistent tree, as it comes but for the same durability as ours."""

    def __init__(self, place: Path) -> None:
        import pymerkle  # a peer for measuring, not a part of the program

        self.path = place / "pymerkle.sqlite"
        self.tree = pymerkle.SqliteTree(str(self.path))
        self.tree.con.execute("PRAGMA journal_mode=WAL")
        self.tree.con.execute("PRAGMA synchronous=FULL")
        self.cold = pymerkle.SqliteTree(str(self.path), disable_cache=True)

    def prepare(self, start: int, end: int) -> Sequence[bytes]:
        return [_leaf(at) for at in range(start, end)]

    def append(self, entries: Sequence[bytes]) -> object:
        return self.tree.append_entry(entries[0]) if len(entries) == 1 else self.tree.append_entries(entries)

    def close(self) -> None:
        self.tree.close()
        self.cold.close()

    def figures(self) -> Figures:
        total = self.tree.get_size()
        indexes = range(1, total + 1, max(1, total // 10))
        cold = [_seconds(lambda at=at: self.cold.prove_inclusion(at, total)) for at in indexes]  # type: ignore[misc]
        warm = [_seconds(lambda at=at: self.tree.prove_inclusion(at, total)) for at in indexes]  # type: ignore[misc]
        return {
            "inclusion_proof_ms": median(cold) * 1e3,
            "inclusion_proof_cached_ms": median(warm) * 1e3,
            **_audit(_seconds(self._rehash), total),
        }

    def _rehash(self) -> None:
        """What it offers for checking the whole: every entry hashed again, and the root over all."""
        for at in range(1, self.tree.get_size() + 1):
            if self.tree.hash_buff(self.tree.get_entry(at)) != self.tree.get_leaf(at):
                raise RuntimeError(f"pymerkle's entry {at} does not verify")
        self.cold.get_root()


class _Plain:
    """The same bytes in a table, with no proof of anything: what the disk and SQLite alone can do."""

    def __init__(self, place: Path) -> None:
        self.path = place / "plain.sqlite"
        self.driver = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self.driver.execute(f"PRAGMA {pragma}")
        self.driver.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL)")

    def prepare(self, start: int, end: int) -> Sequence[bytes]:
        return [_leaf(at) for at in range(start, end)]

    def append(self, entries: Sequence[bytes]) -> object:
        self.driver.execute("BEGIN IMMEDIATE")
        self.driver.executemany("INSERT INTO entry (leaf) VALUES (?)", [(leaf,) for leaf in entries])
        return self.driver.execute("COMMIT")

    def close(self) -> None:
        self.driver.close()


def _audit(seconds: float, total: int) -> Figures:
    return {"audit_s": seconds, "audit_entries": total, "audit_s_per_million": seconds / total * 1e6}
