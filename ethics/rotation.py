"""Replacing a key, on plan or after a compromise.

After a compromise: (1) suspend the assistant, (2) compare the log with the newest checkpoint that a witness cosigned
before it, (3) replace the key with the reason `compromised`, (4) publish the new public key and let the witness take
it over with `Witness.accept_rotation`, (5) log the incident. What the old key signed counts up to the entry of the
change and no further.
"""

from __future__ import annotations

from ethics.checkpoint import Signer
from ethics.entry import Appended, NewEntry
from ethics.errors import KeyUseError
from ethics.log import EthicsLog


def rotate_log_key(log: EthicsLog, signer: Signer, *, reason: str, by: str) -> Appended:
    """Go on with a new signing key; `reason` is planned, compromised or lost.

    The checkpoint of the change is signed by both keys. Other processes are told to open the log anew.
    """
    return log.rotate(signer, reason, by)


def rotate_master_key(log: EthicsLog, master: bytes, *, reason: str, by: str) -> Appended:
    """Lock every person's key with a new master key, and log the ids of both.

    The change is logged before it is made: a crash between the two leaves an entry too many, never one too few, and
    the rotation can be repeated.
    """
    if log.keys is None:
        raise KeyUseError("To replace the master key, open the log with its key store.")
    body = {
        "role": "master",
        "old_id": log.keys.master_id(),
        "new_id": log.keys.id_of(master),
        "reason": reason,
        "by": by,
    }
    done = log.append([NewEntry("KeyRotated", body)])[0]
    log.keys.rotate_master(master)
    return done
