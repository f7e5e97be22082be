"""From what a caller wants logged to what can be stored: checked, canonical, and sealed."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ethics.canonical import canonical
from ethics.entry import NewEntry, check_reference, payload_aad, payload_commitment
from ethics.errors import RecordError
from ethics.keys import KeyStore, sealed_for
from ethics.records import check_entry


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry checked, made canonical and sealed, before it has a place in the log."""

    type: str
    type_version: int
    ref: str | None
    subject: str | None
    body: str
    payload_sha256: str | None
    salt: str | None
    sealed: bytes | None


def prepare(new: NewEntry, origin: str, keys: KeyStore | None, opaque: str | None = None) -> Prepared:
    """Check an entry against its type, seal its payload; raises `RecordError` for what the log does not take.

    `opaque` stands for a person whose case id is not at hand; such an entry has no payload.
    """
    record = check_entry(new.type, new.version, new.body, bool(new.subject or opaque), new.payload is not None)
    check_reference(new.type, new.ref)
    body = canonical(new.body).decode()
    subject, salt, commitment, sealed = opaque, None, None, None
    if new.subject is not None:
        if keys is None:
            raise RecordError(new.type, "it is about a person, and the log was opened without the key store")
        subject = keys.opaque(new.subject)
        if new.payload is not None:
            secret = os.urandom(16)
            salt = secret.hex()
            sealed = keys.seal(new.subject, new.payload, payload_aad(origin, new.type, salt))
            commitment = payload_commitment(secret, sealed)
            subject = sealed_for(sealed)  # the person may have been erased, and begun afresh, a moment ago
    elif new.payload is not None:
        raise RecordError(new.type, "it has a payload but no subject under whose key to seal it")
    return Prepared(new.type, record.version, new.ref, subject, body, commitment, salt, sealed)
