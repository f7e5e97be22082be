"""After an erasure no byte of the person is left, and before it none of their facts can be read."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from assistant.store.access_codes import AccessCodeRepository
from assistant.store.accounts import AccountRepository, User
from assistant.store.cases import CaseRecord, CaseRepository
from assistant.store.decisions import Decision, DecisionRepository
from assistant.store.drafts import DraftKey, DraftRepository
from assistant.store.engine import Database, open_database, sqlite_url
from assistant.store.erase import Erased, compact, erase_subject
from assistant.store.errors import EraseIncompleteError
from assistant.store.history import EarlierCase, HistoryRepository
from assistant.store.tables import metadata

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DAY = date(2024, 3, 1)
SUBJECT, OTHER = "subject-7f3a91c2", "subject-0b5d66e8"
CLEAR = [SUBJECT, "case-7f3a91c2", "key-7f3a91c2"]
"""Marks of the person that lie in the clear, and must be gone afterwards."""
FACTS = ["parkinsons-sygdom", "Vedersø Klit 14", "bange for at falde", "ægtefællen drikker", "fortryder alt"]
"""What is known about the person, and must never be readable."""
TABLES = {
    "access_codes": 1,
    "cases": 1,
    "case_versions": 2,
    "decisions": 1,
    "drafts": 1,
    "earlier_cases": 1,
    "users": 1,
}


def live(database: Database, cipher: Any, subject: str) -> None:
    """Everything the store can know about a person."""
    mark = subject.removeprefix("subject-")
    case = CaseRecord(f"case-{mark}", subject, "unit", {"diagnosis": FACTS[0]}, FACTS[1])
    cases = CaseRepository(database, cipher)
    cases.save(case, 0, "cw-1")
    cases.save(case, 1, "cw-1")
    cases.mark_seen(case.case_id, "cw-2", 1)
    DecisionRepository(database, cipher).record(
        Decision(f"S-{mark}", case.case_id, subject, "gop_almen", FACTS[4], "cw-1", {"said": FACTS[2]})
    )
    DraftRepository(database, cipher).save(DraftKey(case.case_id, "cw-1"), subject, {"note": FACTS[3]}, 0)
    row = EarlierCase("k", f"key-{mark}", subject, "gop_almen", "function", DAY, facts={"x": FACTS[0]}, note=FACTS[1])
    HistoryRepository(database, cipher).add([row])
    AccessCodeRepository(database, QUICK).issue(case.case_id, subject, f"S-{mark}", "cw-1", timedelta(days=30))
    AccountRepository(database, QUICK).add(User(f"citizen-{mark}", frozenset({"citizen"}), subject=subject))
    AccountRepository(database, QUICK).start_session(f"citizen-{mark}", timedelta(hours=1))


def found(folder: Path, words: list[str]) -> dict[str, set[str]]:
    """Which words lie in which files under the folder, in UTF-8, UTF-16 or as JSON escapes."""
    hits: dict[str, set[str]] = {}
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        content = file.read_bytes()
        for word in words:
            escaped = word.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00")
            if any(form in content for form in (word.encode(), word.encode("utf-16-le"), escaped)):
                hits.setdefault(file.name, set()).add(word)
    return hits


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(sqlite_url(tmp_path / "store.db"), patience=0.3)
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    database = open_database(postgres_url)
    yield database
    database.close()


def test_every_row_of_the_person_goes_and_no_other(database: Database, cipher: Any) -> None:
    live(database, cipher, SUBJECT)
    live(database, cipher, OTHER)

    assert erase_subject(database, SUBJECT) == Erased(TABLES)

    with database.read() as connection:
        left = {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
    assert left == {**dict.fromkeys(left, 0), **TABLES, "case_views": 1, "sessions": 1}
    assert CaseRepository(database, cipher).get("case-0b5d66e8", 1).record.note == FACTS[1]


def test_every_table_that_seals_something_can_be_erased() -> None:
    sealing = {table.name for table in metadata.sorted_tables if "sealed" in table.c}

    assert sealing == {"case_versions", "decisions", "drafts", "earlier_cases"}
    assert all("subject" in metadata.tables[name].c for name in sealing)


def test_erasing_again_or_somebody_unknown_finds_nothing(database: Database, cipher: Any) -> None:
    live(database, cipher, SUBJECT)
    erase_subject(database, SUBJECT)

    assert erase_subject(database, SUBJECT) == Erased({})
    assert erase_subject(database, "nobody") == Erased({})


def test_no_byte_of_a_sqlite_database_tells_a_fact_before_and_nothing_after(
    sqlite_database: Database, cipher: Any, tmp_path: Path
) -> None:
    live(sqlite_database, cipher, SUBJECT)
    live(sqlite_database, cipher, OTHER)

    assert set().union(*found(tmp_path, CLEAR).values()) == set(CLEAR)  # the search itself finds what is there
    assert found(tmp_path, FACTS) == {}

    erase_subject(sqlite_database, SUBJECT)

    assert {file.name for file in tmp_path.iterdir()} == {"store.db", "store.db-wal", "store.db-shm"}
    assert found(tmp_path, CLEAR + FACTS) == {}
    assert found(tmp_path, [OTHER]) == {"store.db": {OTHER}}
    assert (tmp_path / "store.db-wal").stat().st_size == 0


def test_of_many_people_erased_from_large_tables_none_leaves_a_byte(
    sqlite_database: Database, cipher: Any, tmp_path: Path
) -> None:
    marks = [secrets.token_hex(8) for _ in range(2_000)]
    rows = [
        EarlierCase("k", f"key-{mark}", f"subject-{mark}", "p", "g", DAY, facts={"x": mark}, note=mark * 20)
        for mark in marks
    ]
    HistoryRepository(sqlite_database, cipher).add(rows)
    assert set(marks) <= set().union(*found(tmp_path, marks).values())

    for mark in marks[:10]:
        erase_subject(sqlite_database, f"subject-{mark}")

    assert found(tmp_path, marks[:10]) == {}
    assert HistoryRepository(sqlite_database, cipher).count() == 1_990


def test_the_room_that_an_erased_person_took_is_given_back(sqlite_database: Database, cipher: Any) -> None:
    rows = [EarlierCase("k", str(row), SUBJECT, "p", "g", DAY, note="x" * 2_000) for row in range(500)]
    HistoryRepository(sqlite_database, cipher).add(rows)

    erase_subject(sqlite_database, SUBJECT)

    with sqlite_database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() == 0
        assert connection.exec_driver_sql("PRAGMA page_count").scalar_one() < 100


def test_no_byte_of_a_server_tells_a_fact_and_no_table_keeps_a_mark(
    postgres_database: Database, postgres_folder: Path, cipher: Any
) -> None:
    database = postgres_database
    live(database, cipher, SUBJECT)
    live(database, cipher, OTHER)

    def checkpoint() -> None:
        with database.outside_transactions() as connection:
            connection.exec_driver_sql("CHECKPOINT")

    tables = postgres_folder / "data" / "base"
    checkpoint()
    assert set().union(*found(tables, CLEAR).values()) == set(CLEAR)
    assert found(postgres_folder, FACTS) == {}

    erase_subject(database, SUBJECT)
    checkpoint()

    assert found(tables, CLEAR) == {}
    assert found(postgres_folder, FACTS) == {}
    assert set().union(*found(tables, [OTHER]).values()) == {OTHER}


def test_without_its_key_a_copy_made_before_the_erasure_opens_no_more(database: Database, cipher: Any) -> None:
    live(database, cipher, SUBJECT)
    live(database, cipher, OTHER)
    cipher.shred(SUBJECT)

    with pytest.raises(Exception, match=r"The key is gone"):
        CaseRepository(database, cipher).get("case-7f3a91c2")
    assert CaseRepository(database, cipher).get("case-0b5d66e8").record.note == FACTS[1]


def test_a_reader_in_the_way_is_named_and_erasing_again_finishes_it(
    sqlite_database: Database, cipher: Any, tmp_path: Path
) -> None:
    live(sqlite_database, cipher, SUBJECT)
    reader = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM cases").fetchone()

    with pytest.raises(EraseIncompleteError, match="erase again"):
        erase_subject(sqlite_database, SUBJECT)
    reader.execute("COMMIT")
    reader.close()

    erase_subject(sqlite_database, SUBJECT)
    assert found(tmp_path, CLEAR) == {}


def test_compacting_keeps_everything(database: Database, cipher: Any) -> None:
    live(database, cipher, SUBJECT)

    compact(database)

    assert CaseRepository(database, cipher).get("case-7f3a91c2").record.facts == {"diagnosis": FACTS[0]}
