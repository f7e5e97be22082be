"""A receipt: one entry, the proof that it stands in the log, and the signed checkpoint it stands in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ethics import standalone_verify
from ethics.checkpoint import VerifierKey
from ethics.errors import ReceiptError
from ethics.log import EthicsLog
from ethics.merkle import inclusion_ranges, prove
from ethics.report import Report
from ethics.storage import head_note, stored_nodes, stored_row


def receipt(log: EthicsLog, index: int) -> dict[str, Any]:
    """The receipt of an entry, against the newest checkpoint; plain values, ready for JSON."""

    def work(driver: Any) -> tuple[Any, Any, list[bytes]]:
        row, head = stored_row(driver, index), head_note(driver)
        if row is None or head is None:
            return row, head, []
        return row, head, prove(inclusion_ranges(index, head[0]), lambda nodes: stored_nodes(driver, nodes))

    row, head, proof = log.read(work)
    if row is None or head is None:
        raise ReceiptError(f"The log has no entry {index}, so there is no receipt for it.")
    leaf = row.leaf.decode()
    body = json.loads(row.body)
    return {
        "vejviser_receipt": 1,
        "origin": log.origin,
        "index": index,
        "size": head[0],
        "time": row.time,
        "type": row.type,
        "ref": row.ref,
        "versions": {key: body[key] for key in sorted(body) if key.endswith("_version") or key == "versions"},
        "leaf": leaf,
        "leaf_hash": row.leaf_hash.hex(),
        "proof": [step.hex() for step in proof],
        "checkpoint": head[1],
        "keys": [key.text for key in log.trusted],
    }


def read_receipt(path: Path) -> dict[str, Any]:
    """Read a receipt file; raises `ReceiptError` when it is none."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReceiptError(f"{path} is no receipt: it cannot be read as JSON.") from error
    if not isinstance(read, dict) or read.get("vejviser_receipt") != 1:
        raise ReceiptError(f"{path} is no receipt from an ethics log.")
    return read


def verify_receipt(given: Mapping[str, Any] | Path, trusted: Sequence[VerifierKey] = ()) -> Report:
    """Check a receipt with nothing but itself and the log's public keys.

    Without `trusted` the keys named in the receipt are used: that shows the receipt fits together, and the reader
    must compare the key with the published one.
    """
    read = read_receipt(given) if isinstance(given, Path) else given
    try:
        texts = [key.text for key in trusted] or list(read.get("keys") or ())
        keys = [standalone_verify.read_key(text) for text in texts]
    except (ValueError, TypeError, AttributeError) as error:
        raise ReceiptError(f"The receipt names a public key that cannot be read: {error}.") from error
    verdict = standalone_verify.check_receipt(read, keys)
    return Report(verdict.ok, verdict.size, verdict.first_bad, verdict.reason, verdict.place, verdict.kind)
