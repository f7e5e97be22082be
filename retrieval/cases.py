"""Earlier cases that truly resemble: nearest by allowed facts, never looking ahead, never the same person."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.core.domain import FieldSpec
from assistant.core.errors import MissingError, UserError
from retrieval.case_vectors import CaseSpec, Column, Facts, Vectors, alike, spec_of, vectors_of
from retrieval.partition import Partition


class Earlier(Protocol):
    """An earlier case as the index reads it."""

    @property
    def case_id(self) -> str:
        """Its own id."""
        ...

    @property
    def person_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def pathway(self) -> str:
        """What was chosen."""
        ...

    @property
    def decided_on(self) -> dt.date:
        """The day it was chosen."""
        ...

    @property
    def facts(self) -> Facts:
        """What was on file then."""
        ...

    @property
    def reached(self) -> bool | None:
        """Whether the goal was reached; None while that is not known."""
        ...

    @property
    def outcome_on(self) -> dt.date | None:
        """The day on which that became known."""
        ...


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Earlier cases, nearest first, ties by id; `distance` is the squared one of `retrieval.case_vectors`."""

    ids: list[str]
    distance: NDArray[np.float64]
    reached: NDArray[np.bool_]


@dataclass(slots=True)
class CaseIndex:
    """Earlier cases with known outcome, one partition per pathway. Make one with `build` or `load`."""

    spec: CaseSpec
    partitions: dict[str, Partition] = field(default_factory=dict)

    @classmethod
    def build(cls, rows: Iterable[Earlier], spec: CaseSpec) -> CaseIndex:
        """An index over earlier cases; those without a known outcome are left out.

        Raises `UserError` when two cases have the same id.
        """
        usable = [row for row in rows if row.reached is not None and row.outcome_on is not None]
        seen: set[str] = set()
        for row in usable:
            if row.case_id in seen:
                raise UserError(f"The case id {row.case_id!r} stands twice in the history; give each case its own.")
            seen.add(row.case_id)
        index = cls(spec)
        by_pathway: dict[str, list[Earlier]] = {}
        for row in sorted(usable, key=lambda row: row.case_id):
            by_pathway.setdefault(row.pathway, []).append(row)
        for pathway, cases in by_pathway.items():
            index.partitions[pathway] = _partition(spec, cases)
        return index

    def nearest(
        self,
        facts: Facts,
        pathway: str,
        k: int = 50,
        known_before: dt.date | None = None,
        exclude_person: str | None = None,
    ) -> Neighbours:
        """The `k` earlier cases most alike that got `pathway` and whose outcome was known before `known_before`.

        `known_before` is also the day from which dates in `facts` are counted (None: today). Fewer than `k`
        come back when there are not so many; none for a pathway nobody got.
        """
        day = known_before or dt.date.today()
        partition = self.partitions.get(pathway)
        if partition is None:
            return Neighbours([], np.empty(0), np.empty(0, bool))
        vector = vectors_of(self.spec, [facts], [day])[0]
        rows, distance = partition.nearest(vector, k, day.toordinal(), person_code(exclude_person))
        return Neighbours([partition.ids[row] for row in rows], distance, partition.reached[rows])

    def alike(self, facts: Facts, case_id: str, day: dt.date | None = None) -> tuple[list[str], list[str]]:
        """The fields in which a person and an earlier case are alike, and in which they differ.

        Raises `UserError` for an id that is not in the index.
        """
        here = vectors_of(self.spec, [facts], [day or dt.date.today()])[0]
        for partition in self.partitions.values():
            row = partition.row_of(case_id)
            if row is not None:
                return alike(self.spec, here, partition.vectors[row])
        raise UserError(f"There is no earlier case {case_id!r} in the index; it may have been erased.")

    def remove_person(self, person_id: str) -> int:
        """Take every case of a person out; how many there were."""
        code = person_code(person_id)
        return sum(partition.remove(code) for partition in self.partitions.values())

    def vectors_for(self, facts: Sequence[Facts], days: Sequence[dt.date]) -> Vectors:
        """The vectors that distances are taken between, for working out many neighbours at once."""
        return vectors_of(self.spec, facts, days)

    def __len__(self) -> int:
        return sum(len(partition.ids) for partition in self.partitions.values())

    @property
    def version(self) -> str:
        """A short hash of the cases and of how they are compared."""
        digest = hashlib.sha256(_spec_json(self.spec).encode())
        for pathway in sorted(self.partitions):
            digest.update(pathway.encode())
            digest.update(self.partitions[pathway].digest())
        return digest.hexdigest()[:16]

    def save(self, folder: Path) -> None:
        """Write the index into a folder: numbers and case ids, no facts."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("pathway_*.npz"):
            old.unlink()
        for number, pathway in enumerate(sorted(self.partitions)):
            self.partitions[pathway].save(folder / f"pathway_{number:04d}.npz")
        head = {"spec": json.loads(_spec_json(self.spec)), "pathways": sorted(self.partitions)}
        (folder / "cases.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> CaseIndex:
        """Read what `save` wrote; `MissingError` when there is nothing."""
        path = folder / "cases.json"
        if not path.is_file():
            raise MissingError(f"There is no case index at {folder}; make one with `vejviser init`.")
        head = json.loads(path.read_text(encoding="utf-8"))
        files = [folder / f"pathway_{number:04d}.npz" for number in range(len(head["pathways"]))]
        parts = {name: Partition.load(file) for name, file in zip(head["pathways"], files, strict=True)}
        return cls(_read_spec(head["spec"]), parts)


def spec_for(fields: Iterable[FieldSpec], rows: Sequence[Earlier]) -> CaseSpec:
    """The comparison that fits a catalogue's fields and a history."""
    return spec_of(fields, [row.facts for row in rows], [row.decided_on for row in rows])


def person_code(person_id: str | None) -> int:
    """A number that stands for a person in the index; 0 for nobody."""
    if person_id is None:
        return 0
    return int.from_bytes(hashlib.blake2b(person_id.encode(), digest_size=8).digest(), "little") or 1


def _partition(spec: CaseSpec, cases: Sequence[Earlier]) -> Partition:
    return Partition(
        ids=[case.case_id for case in cases],
        vectors=vectors_of(spec, [case.facts for case in cases], [case.decided_on for case in cases]),
        known_on=np.array([case.outcome_on.toordinal() for case in cases if case.outcome_on], np.int32),
        reached=np.array([bool(case.reached) for case in cases]),
        person=np.array([person_code(case.person_id) for case in cases], np.uint64),
    )


def _spec_json(spec: CaseSpec) -> str:
    return json.dumps([asdict(column) for column in spec.columns], ensure_ascii=False, sort_keys=True)


def _read_spec(columns: Sequence[dict[str, Any]]) -> CaseSpec:
    return CaseSpec(
        tuple(Column(row["field"], row["kind"], tuple(row["values"]), tuple(row["edges"])) for row in columns)
    )
