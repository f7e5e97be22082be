"""Citizens' and caseworkers' own questions with the pathways that answer them, split by topic."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class LayQuestion:
    """A question in everyday words; `relevant` are pathway ids, `topic` the one it was written for."""

    id: str
    text: str
    relevant: frozenset[str]
    topic: str
    voice: str


def lay_questions() -> list[LayQuestion]:
    """All questions, in order of id."""
    folder = resources.files("retrieval") / "lay_questions"
    found = []
    for file in folder.iterdir():
        if file.name.endswith(".jsonl"):
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            found += [
                LayQuestion(
                    str(row["_id"]), row["text"], frozenset(row["relevant"]), row["topic"], row.get("voice", "")
                )
                for row in rows
            ]
    return sorted(found, key=lambda question: question.id)
