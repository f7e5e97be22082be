"""Which pathways the rules left open for each earlier case, by what was on file on the day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.core.catalogue import Catalogue
from assistant.core.domain import NONE_FOUND, FieldSpec
from models.columns import EPOCH, Bools, Choices, Column, Columns, Items, Numbers, kleene
from models.history import Episode


def columns_of(episodes: Sequence[Episode], fields: Sequence[FieldSpec]) -> Columns:
    """The episodes' facts as columns; text fields are left out."""
    columns = Columns(len(episodes))
    for spec in fields:
        if spec.type != "text":
            columns.by_name[spec.id] = _column(spec, [episode.facts.get(spec.id) for episode in episodes])
    return columns


def _column(spec: FieldSpec, values: Sequence[object]) -> Column:
    if spec.type == "list":
        labels = tuple(label for label in spec.allowed if label != NONE_FOUND)
        has = np.array([[label in (value or ()) for label in labels] for value in values])  # type: ignore[operator]
        asked = np.array([value is not None for value in values])
        return Items(has.reshape(len(values), len(labels)), labels, asked)
    if spec.type in ("enum", "string"):
        labels = spec.allowed or tuple(sorted({str(value) for value in values if value is not None}))
        place = {label: code for code, label in enumerate(labels)}
        return Choices(np.array([place.get(str(value), -1) for value in values], dtype=np.int64), labels)
    if spec.type == "date":
        days = [np.nan if value is None else _days(str(value)) for value in values]
        return Numbers(np.array(days, dtype=np.float64))
    return Numbers(np.array([np.nan if value is None else float(str(value)) for value in map(_flag, values)]))


def _flag(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def _days(text: str) -> float:
    import datetime as dt

    return float((dt.date.fromisoformat(text) - EPOCH).days)


def open_pathways(episodes: Sequence[Episode], catalogue: Catalogue, pathways: Sequence[str]) -> Bools:
    """Where a pathway was not ruled out: valid on the day, its conditions not false, no hard contraindication.

    What was given was open, whatever the file says of it. Shape [n, pathways].
    """
    columns = columns_of(episodes, list(catalogue.fields.values()))
    defaults = {name: spec.default_if_missing for name, spec in catalogue.fields.items()}
    day = np.array([(episode.decided_on - EPOCH).days for episode in episodes])
    opened = np.zeros((len(episodes), len(pathways)), dtype=np.bool_)
    for place, name in enumerate(pathways):
        pathway = catalogue.pathways[name]
        valid = day >= (pathway.valid_from - EPOCH).days
        if pathway.valid_to is not None:
            valid &= day <= (pathway.valid_to - EPOCH).days
        if pathway.contraindication_hard is not None:
            valid &= ~kleene(pathway.contraindication_hard, columns, defaults)[0]
        given = np.array([episode.pathway == name for episode in episodes])
        opened[:, place] = (valid & ~kleene(pathway.eligibility, columns, defaults)[1]) | given
    return opened
