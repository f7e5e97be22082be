"""Documents: the same file twice is one version, a changed one is a new version, and the old one stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from assistant.store.documents import DocumentRepository, Import, Imported, SourceDocument
from assistant.store.engine import Database
from assistant.store.errors import UnknownRecordError, UnstorableTextError

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DOCUMENT = SourceDocument(
    "gop-almen",
    "Almen genoptræning.md",
    "text/markdown",
    "# Almen genoptræning\n\nSUL § 140: kommunen tilbyder … \U0001f600",
    "ab" * 32,
    {"law_refs": ["SUL § 140"], "version": 2, "confidence": 0.8},
    date(2026, 1, 1),
    date(2026, 12, 31),
)


@pytest.fixture
def documents(database: Database) -> DocumentRepository:
    return DocumentRepository(database, lambda: NOON)


def test_a_document_comes_back_whole(documents: DocumentRepository) -> None:
    assert documents.put([DOCUMENT]) == [Imported("gop-almen", 1, Import.NEW)]

    stored = documents.get("gop-almen")

    assert (stored.document, stored.version, stored.current, stored.imported_at) == (DOCUMENT, 1, True, NOON)
    assert documents.by_sha256("ab" * 32) == [stored]


def test_importing_the_same_again_makes_no_version(documents: DocumentRepository) -> None:
    documents.put([DOCUMENT])

    assert documents.put([DOCUMENT]) == [Imported("gop-almen", 1, Import.UNCHANGED)]
    assert len(documents.versions("gop-almen")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"text": "# Andet"},
        {"sha256": "cd" * 32},
        {"name": "andet.md"},
        {"media_type": "text/plain"},
        {"front_matter": {}},
        {"valid_from": None},
        {"valid_to": date(2027, 12, 31)},
        {"corpus": "lov"},
    ],
)
def test_whatever_changed_is_a_new_version_beside_the_old(
    documents: DocumentRepository, change: dict[str, Any]
) -> None:
    documents.put([DOCUMENT])
    changed = replace(DOCUMENT, **change)

    assert documents.put([changed]) == [Imported("gop-almen", 2, Import.CHANGED)]

    assert [(v.version, v.current, v.document) for v in documents.versions("gop-almen")] == [
        (1, False, DOCUMENT),
        (2, True, changed),
    ]
    assert documents.get("gop-almen").document == changed
    assert documents.get("gop-almen", 1).document == DOCUMENT


def test_current_documents_come_by_id_and_corpus(documents: DocumentRepository) -> None:
    documents.put([replace(DOCUMENT, document_id=name) for name in ("ø", "b", "A")])
    documents.put([replace(DOCUMENT, document_id="lov-1", corpus="lov")])

    assert [v.document.document_id for v in documents.current()] == ["A", "b", "lov-1", "ø"]
    assert [v.document.document_id for v in documents.current("lov")] == ["lov-1"]


def test_a_withdrawn_document_stays_for_replay_and_can_return(documents: DocumentRepository) -> None:
    documents.put([DOCUMENT])
    documents.withdraw("gop-almen")

    assert documents.current() == []
    with pytest.raises(UnknownRecordError, match="no document 'gop-almen'"):
        documents.get("gop-almen")
    with pytest.raises(UnknownRecordError):
        documents.withdraw("gop-almen")
    assert documents.get("gop-almen", 1).document == DOCUMENT
    assert documents.put([DOCUMENT]) == [Imported("gop-almen", 2, Import.CHANGED)]


@pytest.mark.parametrize("bad", ["a\x00b", "half \ud83d"])
def test_one_unstorable_document_leaves_all_as_they_were(documents: DocumentRepository, bad: str) -> None:
    with pytest.raises(UnstorableTextError, match="text of document 'b'"):
        documents.put([replace(DOCUMENT, document_id="a"), replace(DOCUMENT, document_id="b", text=bad)])

    assert documents.current() == []


def test_the_same_document_twice_in_one_import_keeps_the_last(documents: DocumentRepository) -> None:
    results = documents.put([DOCUMENT, replace(DOCUMENT, text="ny")])

    assert [r.result for r in results] == [Import.NEW, Import.CHANGED]
    assert documents.get("gop-almen").document.text == "ny"


def test_imports_at_once_leave_one_current_version_each(documents: DocumentRepository) -> None:
    def put(number: int) -> None:
        documents.put([replace(DOCUMENT, text=f"udgave {number}")])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(put, range(12)))

    versions = documents.versions("gop-almen")
    assert [v.version for v in versions] == list(range(1, 13))
    assert [v.current for v in versions] == [False] * 11 + [True]
    assert {v.document.text for v in versions} == {f"udgave {number}" for number in range(12)}
