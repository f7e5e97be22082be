"""Protected attributes as groups, for the audit only; no model ever reads them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from assistant.core.catalogue import Catalogue
from assistant.core.domain import FieldSpec, ModelUse
from models.history import Facts

BANDS = 4


def protected_fields(catalogue: Catalogue) -> list[FieldSpec]:
    """The fields whose groups an audit compares: protected or kept for the audit only, and not free text."""
    return [
        spec
        for spec in catalogue.fields.values()
        if (spec.protected or spec.model_use is ModelUse.AUDIT_ONLY) and spec.type not in ("text", "list", "date")
    ]


def protected_groups(people: Sequence[Facts], catalogue: Catalogue) -> dict[str, list[str]]:
    """Each person's group per protected field, "" where unknown; numbers in four equally filled bands."""
    groups: dict[str, list[str]] = {}
    for spec in protected_fields(catalogue):
        values = [facts.get(spec.id) for facts in people]
        if any(value is not None for value in values):
            groups[spec.id] = _bands(values) if spec.type in ("integer", "number") else _labels(values)
    return groups


def _labels(values: Sequence[object]) -> list[str]:
    return ["" if value is None else str(value) for value in values]


def _bands(values: Sequence[object]) -> list[str]:
    numbers = np.array([np.nan if value is None else float(str(value)) for value in values])
    known = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1)))
    if len(edges) < 3:
        return ["" if np.isnan(number) else f"{number:g}" for number in numbers]
    place = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    names = [f"{low:g}–{high:g}" for low, high in pairwise(edges)]
    return ["" if np.isnan(number) else names[p] for number, p in zip(numbers, place, strict=True)]
