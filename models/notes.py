"""Short case notes in caseworker Danish, put together from the recipe's sentences. Everybody in them is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.columns import Choices, Columns, Numbers


def write_notes(sentences: Sequence[Mapping[str, Any]], columns: Columns, rng: np.random.Generator) -> list[str]:
    """One note per person: of every entry whose `when` holds, one of its `texts`, with its `chance`.

    `{field}` in a text is replaced by the recorded value; a text whose field is unknown is left out.
    """
    notes: list[list[str]] = [[] for _ in range(columns.n)]
    for entry in sentences:
        applies = rng.random(columns.n) < float(entry.get("chance", 1.0))
        if "when" in entry:
            applies &= columns.term(entry["when"]) > 0
        picked = rng.integers(0, len(entry["texts"]), size=columns.n)
        for number, text in enumerate(entry["texts"]):
            for place in np.flatnonzero(applies & (picked == number)):
                if (filled := _fill(text, columns, int(place))) is not None:
                    notes[place].append(filled)
    return [" ".join(parts) for parts in notes]


def _fill(text: str, columns: Columns, place: int) -> str | None:
    if "{" not in text:
        return text
    values: dict[str, object] = {}
    for name in [part.split("}")[0] for part in text.split("{")[1:]]:
        column = columns.by_name[name]
        if not column.known()[place]:
            return None
        if isinstance(column, Numbers):
            values[name] = f"{column.values[place]:g}"
        elif isinstance(column, Choices):
            values[name] = column.labels[int(column.codes[place])].replace("_", " ")
    return text.format(**values)
