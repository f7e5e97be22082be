from __future__ import annotations

import base64
import os
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics.errors import ErasedError, KeyUseError
from ethics.keys import KeyStore, sealed_for
from ethics.masters import master_from_environment, master_from_file, master_from_keyring, new_master_file

MASTER, OTHER = b"m" * 32, b"n" * 32


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.create(tmp_path / "keys.sqlite", MASTER)


@settings(deadline=None, max_examples=30)
@given(st.binary(max_size=300), st.binary(max_size=30))
def test_what_is_sealed_is_opened_by_its_person_only(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, aad: bytes
) -> None:
    store = KeyStore.create(tmp_path_factory.mktemp("k") / "keys", MASTER)

    sealed = store.seal("C-1", text, aad)

    assert store.open_sealed("C-1", sealed, aad) == text
    assert store.open_sealed(None, sealed, aad) == text
    assert len(text) < 4 or text not in sealed
    with pytest.raises(KeyUseError, match="another person"):
        store.open_sealed("C-2", sealed, aad)
    with pytest.raises(KeyUseError, match="changed"):
        store.open_sealed("C-1", sealed, aad + b"x")


def test_the_same_words_are_sealed_differently_each_time(store: KeyStore) -> None:
    assert store.seal("C-1", b"words", b"") != store.seal("C-1", b"words", b"")


@pytest.mark.parametrize("at", [0, 3, 18, 30, -1])
def test_a_changed_byte_is_noticed(store: KeyStore, at: int) -> None:
    sealed = bytearray(store.seal("C-1", b"the words of the note", b"aad"))
    sealed[at] ^= 1

    with pytest.raises(KeyUseError):
        store.open_sealed("C-1", bytes(sealed), b"aad")


def test_a_person_keeps_one_opaque_id_that_says_nothing(store: KeyStore) -> None:
    opaque = store.opaque("C-1")

    assert opaque == store.opaque("C-1") == sealed_for(store.seal("C-1", b"x", b""))
    assert opaque != store.opaque("C-2")
    assert opaque is not None
    assert len(bytes.fromhex(opaque)) == 16
    assert store.opaque("C-3", create=False) is None


def test_the_store_holds_neither_case_id_nor_key_in_clear(store: KeyStore) -> None:
    store.seal("010170-0001", b"x", b"")

    assert b"010170-0001" not in store.path.read_bytes()
    assert MASTER not in store.path.read_bytes()


def test_a_shredded_key_is_gone_from_every_byte_of_the_file(store: KeyStore) -> None:
    sealed = store.seal("C-1", b"the words", b"")
    others = [store.seal(f"D-{at}", b"kept", b"") for at in range(50)]
    wrapped, lookup = (
        sqlite3.connect(store.path)
        .execute("SELECT wrapped, lookup FROM person WHERE opaque = ?", (bytes.fromhex(sealed_for(sealed)),))
        .fetchone()
    )
    assert wrapped in store.path.read_bytes()

    opaque = store.shred("C-1")

    files = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert wrapped not in files
    assert lookup not in files
    assert opaque == sealed_for(sealed)
    with pytest.raises(ErasedError):
        store.open_sealed("C-1", sealed, b"")
    assert store.is_erased(sealed_for(sealed))
    assert [store.open_sealed(f"D-{at}", item, b"") for at, item in enumerate(others)] == [b"kept"] * 50


def test_a_case_id_starts_afresh_after_shredding(store: KeyStore) -> None:
    before = store.opaque("C-1")
    store.shred("C-1")

    assert store.opaque("C-1", create=False) is None
    assert store.opaque("C-1") != before
    assert store.shred("C-9") is None


def test_a_key_shredded_by_another_process_is_forgotten_here(store: KeyStore) -> None:
    sealed = store.seal("C-1", b"the words", b"")
    KeyStore.open(store.path, MASTER).shred("C-1")

    with pytest.raises(ErasedError):
        store.open_sealed("C-1", sealed, b"")
    assert sealed_for(store.seal("C-1", b"new", b"")) != sealed_for(sealed)


def test_rotating_the_master_key_keeps_everything_readable_with_the_new_one_only(store: KeyStore) -> None:
    sealed = store.seal("C-1", b"the words", b"")
    opaque, hashed = store.opaque("C-1"), store.keyed_hash("C-1", b"goal")

    store.rotate_master(OTHER)

    assert store.open_sealed("C-1", sealed, b"") == b"the words"
    again = KeyStore.open(store.path, OTHER)
    assert (again.opaque("C-1"), again.keyed_hash("C-1", b"goal")) == (opaque, hashed)
    assert again.master_id() == store.master_id()
    with pytest.raises(KeyUseError, match="not the one"):
        KeyStore.open(store.path, MASTER)


def test_a_keyed_hash_differs_between_persons(store: KeyStore) -> None:
    assert store.keyed_hash("C-1", b"goal") != store.keyed_hash("C-2", b"goal")
    assert store.keyed_hash("C-1", b"goal") == store.keyed_hash("C-1", b"goal")


def test_a_master_key_comes_from_a_file_of_its_owner_or_the_environment(tmp_path: Path) -> None:
    master = new_master_file(tmp_path / "secrets" / "master")

    assert master_from_file(tmp_path / "secrets" / "master") == master
    assert (tmp_path / "secrets" / "master").stat().st_mode & 0o777 == 0o600
    assert master_from_environment("MASTER", {"MASTER": base64.b64encode(master).decode()}) == master
    with pytest.raises(KeyUseError, match="never written over"):
        new_master_file(tmp_path / "secrets" / "master")


@pytest.mark.parametrize("text", ["", "not base64!", "c2hvcnQ=", "æøå"])
def test_a_bad_master_key_is_refused_in_a_sentence_without_the_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "master").write_text(text, encoding="utf-8")

    with pytest.raises(KeyUseError, match="32 bytes"):
        master_from_file(tmp_path / "master")
    with pytest.raises(KeyUseError, match="32 bytes"):
        master_from_environment("MASTER", {"MASTER": text})
    with pytest.raises(KeyUseError, match="no master key at"):
        master_from_file(tmp_path / "none")


def test_a_store_is_never_made_over_another_and_a_missing_one_is_named(store: KeyStore, tmp_path: Path) -> None:
    with pytest.raises(KeyUseError, match="never written over"):
        KeyStore.create(store.path, MASTER)
    with pytest.raises(KeyUseError, match="no key store"):
        KeyStore.open(tmp_path / "none", MASTER)
    (tmp_path / "text").write_text("this is not a key store at all, but long enough to look at")
    with pytest.raises(KeyUseError, match="is no key store"):
        KeyStore.open(tmp_path / "text", MASTER)


def test_content_of_another_store_cannot_be_opened(store: KeyStore, tmp_path: Path) -> None:
    sealed = KeyStore.create(tmp_path / "other", MASTER).seal("C-1", b"x", b"")

    with pytest.raises(KeyUseError, match="another key store"):
        store.open_sealed("C-1", sealed, b"")
    with pytest.raises(KeyUseError, match="damaged"):
        store.open_sealed("C-1", b"\x01short", b"")


def test_many_keys_are_made_at_once_and_none_is_made_anew(tmp_path: Path) -> None:
    with closing(KeyStore.create(tmp_path / "keys.db", os.urandom(32))) as keys:
        sealed = keys.seal("P-1", b"fakta", b"sted")

        keys.ensure_keys(["P-1", "P-2", "P-3", "P-2"])

        assert keys.open_sealed("P-1", sealed, b"sted") == b"fakta"
        assert len({keys.opaque(name, create=False) for name in ("P-1", "P-2", "P-3")} - {None}) == 3


def test_a_master_key_may_lie_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("vejviser", "log"): base64.b64encode(MASTER).decode()}
    keyring = SimpleNamespace(get_password=lambda service, user: kept.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)

    assert master_from_keyring("vejviser", "log") == MASTER
    with pytest.raises(KeyUseError, match="no master key"):
        master_from_keyring("vejviser", "other")
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(KeyUseError, match="install the `keyring` package"):
        master_from_keyring("vejviser", "log")


def test_several_processes_agree_on_a_person_s_key(store: KeyStore) -> None:
    stores = [KeyStore.open(store.path, MASTER) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda one: [one.opaque(f"C-{at}") for at in range(20)], stores))

    assert all(ids == found[0] for ids in found)
    sealed = stores[0].seal("C-3", b"words", b"")
    assert [one.open_sealed("C-3", sealed, b"") for one in stores] == [b"words"] * 6
    for one in stores:
        one.close()
