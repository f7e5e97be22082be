"""Erasing a person: the key is destroyed, and with it everything it sealed, wherever copies lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ethics.entry import Appended, NewEntry
from ethics.errors import KeyUseError, RecordError
from ethics.log import EthicsLog


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: the entries that record it, and the opaque id that is left without a person."""

    ordered: Appended
    done: Appended
    opaque: str


def erase(
    log: EthicsLog,
    subject: str,
    *,
    reason: str,
    by: str,
    filing_receipt: str,
    copies: Sequence[tuple[str, Callable[[], None]]] = (),
) -> Erased:
    """Erase a person; every proof of the log still verifies afterwards.

    `filing_receipt` is the archive's receipt for what an authority must keep. `copies` are what else is derived
    from the person's data (name, and what removes it: index rows, caches, other files); they go before the key, so
    that a failure on the way can be repeated. The order and its completion are logged, under the opaque id only.
    """
    if not filing_receipt.strip():
        raise RecordError("Erasure", "the filing receipt is missing; what must be archived has to be archived first")
    if log.keys is None:
        raise KeyUseError("To erase a person, open the log with its key store.")
    opaque = log.keys.opaque(subject, create=False)
    if opaque is None:
        raise RecordError("Erasure", "there is no key for this person; nothing of theirs is sealed here")
    body = {"reason": reason, "by": by, "filing_receipt": filing_receipt, "copies": [name for name, _ in copies]}
    ordered = log.append([NewEntry("Erasure", {**body, "stage": "ordered"}, subject=subject)])[0]
    for _, remove in copies:
        remove()
    log.keys.shred(subject)
    done = log.append_about(opaque, NewEntry("Erasure", {**body, "stage": "done"}))
    return Erased(ordered, done, opaque)
