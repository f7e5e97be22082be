from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    NoteError,
    Signature,
    Signer,
    VerifierKey,
    checkpoint_text,
    parse_checkpoint,
    sign_checkpoint,
)
from ethics.errors import KeyUseError

# From golang.org/x/mod/sumdb/note: a private key, its public key, a text and its signature.
PETER_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# A real checkpoint of a certificate log with real witness cosignatures (C2SP cosignature/v1).
REAL = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
"""  # noqa: E501
REAL_KEYS = [
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
]
# The Go checksum database at size 20852163, the example of the tlog-checkpoint specification.
GO_SUM = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_SUM_TEXT = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
GO_SUM_SIGNATURE = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
ROOT = bytes(range(32))


def signer(name: str = "example.org/log", seed: int = 1, kind: int = 1) -> Signer:
    return Signer(name, bytes([seed]) * 32, kind)


def test_a_published_key_file_signs_the_published_text_to_the_published_line(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(PETER_PRIVATE, encoding="utf-8")

    loaded = Signer.load(tmp_path / "key")

    assert loaded.key.text == PETER
    assert loaded.line(PETER_TEXT) == PETER_LINE


@pytest.mark.parametrize("key", REAL_KEYS)
def test_a_real_checkpoint_and_its_real_cosignatures_verify(key: str) -> None:
    assert parse_checkpoint(REAL).signed_by(VerifierKey.parse(key))


@pytest.mark.parametrize("key", REAL_KEYS)
def test_a_real_checkpoint_with_another_size_does_not_verify(key: str) -> None:
    with pytest.raises(NoteError, match="not valid"):
        parse_checkpoint(REAL.replace("\n1432088532\n", "\n1432088533\n")).signed_by(VerifierKey.parse(key))


def test_the_signature_of_the_specification_example_verifies() -> None:
    raw = base64.b64decode(GO_SUM_SIGNATURE)
    key = VerifierKey.parse(GO_SUM)

    assert raw[:4] == key.id
    assert key.verifies(GO_SUM_TEXT, raw[4:])
    assert not key.verifies(GO_SUM_TEXT + "x", raw[4:])


def test_a_checkpoint_is_read_back_as_it_was_signed() -> None:
    note = sign_checkpoint("example.org/log", 7, ROOT, [signer()])

    read = parse_checkpoint(note)

    assert (read.origin, read.size, read.root, read.note) == ("example.org/log", 7, ROOT, note)
    assert read.text == checkpoint_text("example.org/log", 7, ROOT)
    assert read.signed_by(signer().key)


def test_a_signature_of_an_unknown_key_is_no_signature() -> None:
    read = parse_checkpoint(sign_checkpoint("example.org/log", 7, ROOT, [signer()]))

    assert not read.signed_by(signer("example.org/other").key)
    assert not read.signed_by(signer(seed=2).key)


def test_a_cosignature_binds_its_time() -> None:
    witness = signer("example.org/w", 3, COSIGNATURE)
    text = checkpoint_text("example.org/log", 7, ROOT)
    line = parse_checkpoint(text + "\n" + witness.line(text, 1_700_000_000)).signatures[0]
    later = (1_700_000_001).to_bytes(8, "big") + line.raw[8:]

    assert witness.key.verifies(text, line.raw)
    assert not witness.key.verifies(text, later)
    assert not witness.key.verifies(text, line.raw[:-1])


def test_a_log_and_a_witness_with_the_same_key_and_name_are_told_apart() -> None:
    log, witness = signer("example.org/x"), signer("example.org/x", kind=COSIGNATURE)
    note = sign_checkpoint("example.org/x", 7, ROOT, [log])

    assert log.key.id != witness.key.id
    assert not parse_checkpoint(note).signed_by(witness.key)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "example.org/log\n7\n",
        "example.org/log\n07\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + PETER_LINE,
        "example.org/log\n-7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + PETER_LINE,
        "two words\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + PETER_LINE,
        "example.org/log\n7\nAAEC\n\n" + PETER_LINE,
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n\n" + PETER_LINE,
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nmore\n\n" + PETER_LINE,
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + PETER_LINE[:-1],
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + PETER_LINE.replace("—", "-"),
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— PeterNeumann AAAA\n",
        "example.org/log\r\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + PETER_LINE,
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + PETER_LINE * 65,
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(note)


@given(st.integers(0, 2**53), st.binary(min_size=32, max_size=32), st.data())
def test_no_changed_letter_of_a_checkpoint_goes_unnoticed(size: int, root: bytes, draw: st.DataObject) -> None:
    note = sign_checkpoint("example.org/log", size, root, [signer()])
    at = draw.draw(st.integers(0, len(note) - 1))
    letter = draw.draw(st.characters(codec="utf-8").filter(lambda c: c != note[at]))

    try:
        accepted = parse_checkpoint(note[:at] + letter + note[at + 1 :]).signed_by(signer().key)
    except NoteError:
        accepted = False

    assert not accepted


def test_a_key_file_is_for_its_owner_only_and_never_written_over(tmp_path: Path) -> None:
    signer().save(tmp_path / "keys" / "log")

    assert (tmp_path / "keys" / "log").stat().st_mode & 0o777 == 0o600
    assert Signer.load(tmp_path / "keys" / "log").key == signer().key
    with pytest.raises(KeyUseError, match="never written over"):
        signer(seed=2).save(tmp_path / "keys" / "log")


@pytest.mark.parametrize(
    "text",
    ["", "hello", PETER_PRIVATE.replace("c74f20a3", "c74f20a4"), PETER_PRIVATE[:-9], "PUBLIC" + PETER_PRIVATE[7:]],
)
def test_a_damaged_key_file_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text, encoding="utf-8")

    with pytest.raises(KeyUseError, match="private key"):
        Signer.load(tmp_path / "key")


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyUseError, match="no key file"):
        Signer.load(tmp_path / "none")


@pytest.mark.parametrize("text", ["", "a+b", PETER.replace("c74f20a3", "c74f20a4"), PETER[:-4], PETER[:-1] + "!"])
def test_a_damaged_public_key_is_refused(text: str) -> None:
    with pytest.raises(KeyUseError, match="public key"):
        VerifierKey.parse(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_a_key_name_holds_no_space_and_no_plus(name: str) -> None:
    with pytest.raises(KeyUseError, match="cannot name a key"):
        signer(name)


def test_a_checkpoint_says_who_signed() -> None:
    read = parse_checkpoint(sign_checkpoint("example.org/log", 0, ROOT, [signer(), signer(seed=2)]))

    assert isinstance(read, Checkpoint)
    assert [type(line) for line in read.signatures] == [Signature, Signature]
    assert read.signed_by(signer(seed=2).key)
