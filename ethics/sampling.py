"""Drawing decisions for review so that nobody can steer the draw, and anybody can repeat it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ethics.checkpoint import Checkpoint
from ethics.entry import Entry, NewEntry


@dataclass(frozen=True, slots=True)
class Sample:
    """Entries drawn for review: from how many, by what method, with which seed."""

    method: str
    seed: int
    population: int
    drawn: tuple[int, ...]

    def entry(self, by: str) -> NewEntry:
        """What to log about the draw."""
        body = {
            "method": self.method,
            "seed": self.seed,
            "population": self.population,
            "drawn": list(self.drawn),
            "by": by,
        }
        return NewEntry("BoardSample", body)


def seed_of(checkpoint: Checkpoint) -> int:
    """A seed that nobody chooses: it follows from the log's own root, and is fixed once the checkpoint is signed."""
    return int.from_bytes(sha256(b"vejviser sample\x00" + checkpoint.text.encode()).digest()[:6], "big")


def draw(entries: Sequence[Entry], n: int, seed: int, weights: Mapping[int, float] | None = None) -> Sample:
    """Draw `n` entries without putting any back; with `weights` (by entry index) the heavier are likelier.

    The draw depends on the entries and the seed alone, never on their order or on this machine. An entry of weight
    zero or less is never drawn.
    """
    keys = {
        entry.index: _key(seed, entry.index, 1.0 if weights is None else weights.get(entry.index, 0.0))
        for entry in entries
    }
    drawable = [index for index, key in keys.items() if key is not None]
    first = sorted(drawable, key=lambda index: (keys[index], index))[: max(n, 0)]
    return Sample("random" if weights is None else "risk_weighted", seed, len(keys), tuple(sorted(first)))


def risk_weights(entries: Sequence[Entry]) -> dict[int, float]:
    """How much closer a look a decision deserves: quick, unopened, or against the suggestion counts double each."""
    found = {}
    for entry in entries:
        if entry.type == "HumanDecision":
            body = entry.body
            seconds = body.get("seconds")
            signs = (
                seconds is not None and seconds < 10,
                body.get("opened_reasons") is False,
                body["outcome"] in ("changed", "rejected"),
                body.get("agreed_before") is False,
            )
            found[entry.index] = float(2 ** sum(signs))
    return found


def _key(seed: int, index: int, weight: float) -> float | None:
    """The waiting time of an entry in an exponential race: the `n` shortest are a weighted draw without return."""
    if weight <= 0:
        return None
    raw = int.from_bytes(sha256(f"{seed}:{index}".encode()).digest()[:8], "big")
    return -math.log((raw + 1) / (2**64 + 1)) / weight
