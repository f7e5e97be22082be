"""Earlier cases: exact, without looking ahead, never the same person, and gone when erased."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import retrieval.partition
from assistant.core.catalogue import load_catalogue
from assistant.core.domain import ModelUse
from assistant.core.errors import MissingError, UserError
from retrieval.case_vectors import CaseSpec, Column, Facts, vectors_of
from retrieval.cases import CaseIndex, person_code, spec_for

DAY = dt.date(2026, 6, 1)
SPEC = CaseSpec(
    (
        Column("pain", "number", edges=(1, 2, 3, 4, 5, 6, 7, 8)),
        Column("employed", "flag"),
        Column("home", "category", ("egen", "lejet", "ingen")),
        Column("barriers", "list", ("smerter", "sprog")),
    )
)


@dataclass(frozen=True)
class Earlier:
    case_id: str
    facts: Facts
    person_id: str = "p"
    pathway: str = "a"
    decided_on: dt.date = dt.date(2025, 1, 1)
    reached: bool | None = True
    outcome_on: dt.date | None = dt.date(2025, 6, 1)


def distance(one: Facts, other: Facts) -> int:
    a, b = vectors_of(SPEC, [one, other], [DAY, DAY]).astype(int)
    return int(((a - b) ** 2).sum())


def test_distances_are_as_documented() -> None:
    assert distance({"pain": 0}, {"pain": 10}) == 32
    assert distance({"pain": 0}, {"pain": 1.5}) == 4
    assert distance({"pain": 5}, {}) == distance({"pain": 0}, {}) == 17
    assert distance({"employed": True}, {"employed": False}) == 16
    assert distance({"employed": True}, {}) == distance({"employed": False}, {}) == 8
    assert distance({"home": "egen"}, {"home": "lejet"}) == 18
    assert distance({"home": "egen"}, {}) == 9
    assert distance({"barriers": ("smerter",)}, {"barriers": ("sprog",)}) == 32
    assert distance({}, {}) == 0


def history(count: int) -> list[Earlier]:
    rng = random.Random(5)
    rows = []
    for number in range(count):
        facts: Facts = {
            "pain": rng.choice([None, *range(11)]),
            "employed": rng.choice([None, True, False]),
            "home": rng.choice([None, "egen", "lejet", "ingen"]),
            "barriers": rng.choice([None, (), ("smerter",), ("smerter", "sprog")]),
        }
        known = dt.date(2026, 1, 1) + dt.timedelta(days=rng.randrange(300))
        rows.append(
            Earlier(
                f"c{number:05d}",
                facts,
                f"p{number // 2}",
                rng.choice("ab"),
                reached=rng.random() < 0.5,
                outcome_on=known,
            )
        )
    return rows


@pytest.mark.parametrize("k", [1, 7, 50])
def test_the_nearest_are_those_a_plain_sort_finds_ties_by_id(k: int) -> None:
    rows = history(1_500)
    index = CaseIndex.build(rows, SPEC)
    rng = random.Random(9)
    for asked in rng.sample(rows, 25):
        found = index.nearest(asked.facts, "a", k, DAY, asked.person_id)

        usable = [
            row for row in rows
            if row.pathway == "a" and row.person_id != asked.person_id and row.outcome_on and row.outcome_on < DAY
        ]  # fmt: skip
        expected = sorted(usable, key=lambda row: (distance(row.facts, asked.facts), row.case_id))[:k]
        assert found.ids == [row.case_id for row in expected]
        assert found.distance.tolist() == [distance(row.facts, asked.facts) for row in expected]
        assert found.reached.tolist() == [row.reached for row in expected]


def test_an_outcome_known_on_the_day_or_later_does_not_count() -> None:
    index = CaseIndex.build(
        [Earlier("a", {}, outcome_on=DAY), Earlier("b", {}, "q", outcome_on=DAY - dt.timedelta(1))], SPEC
    )

    assert index.nearest({}, "a", known_before=DAY).ids == ["b"]


def test_cases_without_outcome_and_pathways_nobody_got_give_nothing() -> None:
    index = CaseIndex.build([Earlier("a", {}, reached=None), Earlier("b", {}, outcome_on=None)], SPEC)

    assert len(index) == 0
    assert index.nearest({}, "a", known_before=DAY).ids == []


def test_a_persons_cases_can_be_removed_without_trace(tmp_path: Path) -> None:
    index = CaseIndex.build([Earlier("a", {}, "anna"), Earlier("b", {}, "bo"), Earlier("c", {}, "anna")], SPEC)
    assert index.remove_person("anna") == 2
    index.save(tmp_path)

    again = CaseIndex.load(tmp_path)

    assert again.nearest({}, "a", known_before=DAY).ids == ["b"]
    assert np.uint64(person_code("anna")) not in again.partitions["a"].person
    assert not any(b"anna" in file.read_bytes() for file in tmp_path.iterdir())


def test_an_index_reads_back_and_its_version_follows_its_content(tmp_path: Path) -> None:
    rows = history(200)
    index = CaseIndex.build(rows, SPEC)
    index.save(tmp_path)
    again = CaseIndex.load(tmp_path)

    assert again.version == index.version
    assert (
        again.nearest({"pain": 3}, "b", known_before=DAY).ids == index.nearest({"pain": 3}, "b", known_before=DAY).ids
    )
    assert CaseIndex.build(list(reversed(rows)), SPEC).version == index.version
    assert CaseIndex.build(rows[1:], SPEC).version != index.version


def test_missing_and_doubled_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no case index at"):
        CaseIndex.load(tmp_path / "none")
    with pytest.raises(UserError, match="'a' stands twice"):
        CaseIndex.build([Earlier("a", {}), Earlier("a", {})], SPEC)


def test_a_reader_sees_which_facts_are_alike_and_which_differ() -> None:
    index = CaseIndex.build([Earlier("a", {"pain": 5, "employed": True, "home": "egen", "barriers": ("sprog",)})], SPEC)

    asked: Facts = {"pain": 6, "employed": False, "barriers": ("sprog", "smerter")}

    assert index.alike(asked, "a", DAY) == (["pain", "barriers"], ["employed"])
    with pytest.raises(UserError, match="no earlier case 'x'"):
        index.alike({}, "x", DAY)


def test_only_fields_a_score_may_read_are_compared() -> None:
    fields = load_catalogue().fields.values()
    spec = spec_for(fields, history(50))

    compared = {column.field for column in spec.columns}
    allowed = {field.id for field in fields if field.model_use is ModelUse.ALLOWED}
    assert compared <= allowed
    assert len(compared) >= 8
    for field in fields:
        for column in spec.columns:
            if column.field == field.id and column.kind == "list":
                assert all(field.use_of(item) is ModelUse.ALLOWED for item in column.values)


def test_cells_find_nearly_what_exact_search_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = history(6_000)
    exact = CaseIndex.build(rows, SPEC)
    exact.nearest({}, "a", 1, DAY)  # its FAISS index is made now, before the limit is lowered
    monkeypatch.setattr(retrieval.partition, "EXACT_UP_TO", 100)
    monkeypatch.setattr(retrieval.partition, "CELLS", 16)
    monkeypatch.setattr(retrieval.partition, "CELLS_SEARCHED", 6)
    cells = CaseIndex.build(rows, SPEC)

    recalled = []
    for row in rows[:40]:
        true = exact.nearest(row.facts, "a", 50, DAY, row.person_id)
        found = cells.nearest(row.facts, "a", 50, DAY, row.person_id)
        worst = true.distance[-1]
        recalled.append(float((found.distance <= worst).mean()))
    assert np.mean(recalled) >= 0.95
    assert cells.nearest(rows[0].facts, "a", 50, DAY).ids == cells.nearest(rows[0].facts, "a", 50, DAY).ids
