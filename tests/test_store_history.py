"""Earlier cases: imported at speed, the same twice is once, streamed in one order from either database."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest

from assistant.store.cipher import Cipher
from assistant.store.engine import Database
from assistant.store.errors import UnstorableTextError
from assistant.store.history import Added, EarlierCase, HistoryRepository, RepeatedKeyError

ROW = EarlierCase(
    "kommunen",
    "K-1",
    "person-1",
    "gop_almen",
    "function",
    date(2024, 3, 1),
    date(2024, 9, 1),
    True,
    {"pain": 7, "age": 54, "goals": ["gå tur"], "surgery": None},
    "Kom igen efter tolv gange.",
)


@pytest.fixture
def history(database: Database, cipher: Cipher) -> HistoryRepository:
    return HistoryRepository(database, cipher)


def many(number: int) -> list[EarlierCase]:
    facts = {f"field_{field}": field * 1.5 if field % 2 else "en værdi" for field in range(30)}
    return [
        replace(
            ROW,
            external_key=f"K-{row}",
            subject=f"person-{row}",
            pathway=f"pathway-{row % 30}",
            decided_on=ROW.decided_on + timedelta(days=row % 300),
            reached=row % 3 == 0,
            facts={**facts, "row": row},
        )
        for row in range(number)
    ]


def test_rows_come_back_whole_and_in_one_order(history: HistoryRepository) -> None:
    rows = [ROW, *(replace(ROW, external_key=key, reached=None, outcome_on=None) for key in ("a", "Z", "å"))]

    assert history.add(rows) == Added(4, 0, 0)

    loaded = list(history.load())
    assert loaded == sorted(rows, key=lambda row: row.external_key)
    assert history.count() == 4
    assert history.get("kommunen", "K-1") == ROW
    assert history.get("kommunen", "nej") is None


def test_importing_again_changes_nothing(history: HistoryRepository) -> None:
    history.add(many(50))
    version = history.version()

    assert history.add(many(50)) == Added(0, 0, 50)
    assert history.version() == version


def test_an_outcome_that_became_known_replaces_the_row(history: HistoryRepository) -> None:
    waiting = replace(ROW, reached=None, outcome_on=None)
    history.add([waiting, replace(ROW, external_key="K-2")])
    version = history.version()

    assert history.add([ROW, replace(ROW, external_key="K-2")]) == Added(0, 1, 1)

    assert history.get("kommunen", "K-1") == ROW
    assert history.count() == 2
    assert history.version() != version


@pytest.mark.parametrize("change", [{"note": "x"}, {"facts": {"pain": 6}}, {"subject": "person-2"}, {"pathway": "p"}])
def test_whatever_differs_is_noticed(history: HistoryRepository, change: dict[str, object]) -> None:
    history.add([ROW])
    changed = replace(ROW, **change)  # type: ignore[arg-type]

    assert history.add([changed]) == Added(0, 1, 0)
    assert list(history.load()) == [changed]


def test_the_same_key_from_another_source_is_another_case(history: HistoryRepository) -> None:
    assert history.add([ROW, replace(ROW, source="regionen")]) == Added(2, 0, 0)


def test_a_key_claimed_twice_is_refused_by_row_and_nothing_is_imported(history: HistoryRepository) -> None:
    with pytest.raises(RepeatedKeyError, match="Rows 1 and 3") as caught:
        history.add([ROW, replace(ROW, external_key="K-2"), ROW])

    assert "K-1" not in str(caught.value)
    assert history.count() == 0


def test_an_unusable_id_is_refused_and_nothing_is_imported(history: HistoryRepository) -> None:
    with pytest.raises(UnstorableTextError):
        history.add([ROW, replace(ROW, external_key="\x00")])

    assert history.count() == 0


def test_only_outcomes_known_before_a_day_are_read_when_asked(history: HistoryRepository) -> None:
    day = date(2024, 9, 1)
    known = [replace(ROW, external_key=str(n), outcome_on=day + timedelta(days=n)) for n in range(3)]
    history.add([*known, replace(ROW, external_key="unknown", reached=None, outcome_on=None)])
    history.add([replace(known[0], external_key="other", pathway="andet")])

    read = history.load(pathway="gop_almen", known_before=day + timedelta(days=1))

    assert [row.external_key for row in read] == ["0"]


def test_a_persons_rows_are_found_and_deleted(history: HistoryRepository) -> None:
    history.add([ROW, replace(ROW, external_key="K-2"), replace(ROW, external_key="K-3", subject="person-2")])

    assert [row.external_key for row in history.of_subject("person-1")] == ["K-1", "K-2"]
    assert history.delete_subject("person-1") == 2
    assert [row.external_key for row in history.load()] == ["K-3"]


def test_a_stream_shows_one_moment_though_rows_are_added_and_deleted_meanwhile(history: HistoryRepository) -> None:
    history.add(many(3_000))

    stream = history.load()
    first = next(stream)
    history.delete_subject("person-2999")
    history.add([replace(ROW, external_key="ny")])
    read = [first, *stream]

    assert len(read) == 3_000
    assert history.count() == 3_000


def test_a_stream_left_early_gives_its_connection_back(history: HistoryRepository) -> None:
    history.add(many(10))

    for _ in range(40):
        stream = history.load()
        next(stream)
        stream.close()  # type: ignore[attr-defined]

    assert history.count() == 10


def test_imports_of_the_same_rows_at_once_store_each_once(history: HistoryRepository) -> None:
    rows = many(200)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda seed: history.add(random.Random(seed).sample(rows, 150)), range(8)))

    assert sum(result.new for result in results) == history.count()
    stored = {row.external_key: row for row in history.load()}
    assert all(stored[row.external_key] == row for row in rows if row.external_key in stored)


def test_keys_of_many_people_are_made_at_once_where_the_cipher_can(database: Database, cipher: Any) -> None:
    class Counting(type(cipher)):  # type: ignore[misc]
        calls: ClassVar[list[set[str]]] = []

        def ensure_keys(self, subjects: set[str], /) -> None:
            self.calls.append(set(subjects))

    HistoryRepository(database, Counting()).add(many(30))

    assert Counting.calls == [{f"person-{row}" for row in range(30)}]


def test_twenty_thousand_rows_are_sealed_and_stored_at_once(history: HistoryRepository) -> None:
    rows = many(20_000)

    added = history.add(rows)

    assert added == Added(20_000, 0, 0)
    assert sum(row.reached is True for row in history.load()) == 6_667
