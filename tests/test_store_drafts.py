"""Drafts: what was typed is there after a lost connection, and a second window overwrites nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.store.cipher import Cipher
from assistant.store.drafts import KEPT, Draft, DraftKey, DraftRepository
from assistant.store.engine import Database
from assistant.store.errors import StaleDraftError, UnstorableTextError

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = DraftKey("C-1", "cw-1")


@pytest.fixture
def drafts(database: Database, cipher: Cipher) -> DraftRepository:
    return DraftRepository(database, cipher, lambda: NOON)


def type_versions(drafts: DraftRepository, number: int, key: DraftKey = KEY) -> None:
    for version in range(number):
        drafts.save(key, "person-1", {"note": f"tekst {version + 1}"}, version)


def test_a_draft_comes_back_as_typed(drafts: DraftRepository) -> None:
    assert drafts.latest(KEY) is None

    saved = drafts.save(KEY, "person-1", {"note": "Ikke fær", "open": True}, 0)

    assert drafts.latest(KEY) == saved == Draft(KEY, "person-1", {"note": "Ikke fær", "open": True}, 1, NOON)


def test_the_newest_versions_are_kept_for_undo(drafts: DraftRepository) -> None:
    type_versions(drafts, KEPT + 5)

    history = drafts.history(KEY, limit=1_000)

    assert [draft.version for draft in history] == list(range(KEPT + 5, 5, -1))
    assert history[1].content == {"note": f"tekst {KEPT + 4}"}


def test_a_second_window_does_not_overwrite_the_first(drafts: DraftRepository) -> None:
    type_versions(drafts, 2)

    with pytest.raises(StaleDraftError, match=r"saved at 2026-11-22 12:00 UTC .*version 2, you have 1") as caught:
        drafts.save(KEY, "person-1", {"note": "om fru Ø."}, 1)

    assert "fru" not in str(caught.value)
    latest = drafts.latest(KEY)
    assert latest is not None
    assert latest.content == {"note": "tekst 2"}


def test_a_discarded_draft_is_gone_and_a_window_left_open_hears_of_it(drafts: DraftRepository) -> None:
    type_versions(drafts, 2)
    drafts.discard(KEY)

    assert drafts.latest(KEY) is None
    with pytest.raises(StaleDraftError, match="was discarded"):
        drafts.save(KEY, "person-1", {}, 2)
    assert drafts.save(KEY, "person-1", {}, 0).version == 1


def test_drafts_of_others_and_of_other_kinds_are_apart(drafts: DraftRepository) -> None:
    type_versions(drafts, 1)
    type_versions(drafts, 1, replace(KEY, kind="letter"))
    type_versions(drafts, 3, replace(KEY, user_id="cw-2"))
    drafts.save(DraftKey("C-0", "cw-1"), "person-2", {}, 0)

    assert drafts.of_user("cw-1") == [DraftKey("C-0", "cw-1"), replace(KEY, kind="letter"), KEY]
    assert [draft.key.user_id for draft in drafts.of_subject("person-1")] == ["cw-2", "cw-2", "cw-1", "cw-1", "cw-2"]
    drafts.discard(KEY)
    assert drafts.latest(replace(KEY, user_id="cw-2")) is not None


@pytest.mark.parametrize("key", [replace(KEY, case_id=""), replace(KEY, user_id="\x00"), replace(KEY, kind="a\nb")])
def test_an_unusable_key_is_refused(drafts: DraftRepository, key: DraftKey) -> None:
    with pytest.raises(UnstorableTextError):
        drafts.save(key, "person-1", {}, 0)
