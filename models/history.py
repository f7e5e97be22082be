"""One earlier case: what was on file, what was chosen, and how it went."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from assistant.core.domain import Value

Facts: TypeAlias = Mapping[str, Value | None]
"""A person's facts by field id; an absent field and `None` both mean unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An earlier case of one person that got one pathway.

    `reached` is whether the pathway's goal was reached, None while that is not known; `outcome_on` is the day
    on which it became known.
    """

    person_id: str
    case_id: str
    decided_on: dt.date
    facts: Facts
    pathway: str
    reached: bool | None = None
    outcome_on: dt.date | None = None
    note: str = ""


def known(episodes: Iterable[Episode]) -> list[Episode]:
    """The episodes whose outcome is known, in the order given."""
    return [episode for episode in episodes if episode.reached is not None and episode.outcome_on is not None]


def content_hash(episodes: Sequence[Episode]) -> str:
    """SHA-256 over everything a model may learn from, independent of the order of the episodes."""
    lines = sorted(_line(episode) for episode in episodes)
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _line(episode: Episode) -> str:
    facts = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in episode.facts.items()
        if value is not None
    }
    outcome = episode.outcome_on.isoformat() if episode.outcome_on else None
    body = [
        episode.case_id,
        episode.person_id,
        episode.decided_on.isoformat(),
        episode.pathway,
        episode.reached,
        outcome,
        facts,
    ]
    return json.dumps(body, sort_keys=True, ensure_ascii=False)
