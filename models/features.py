"""Which facts a model may read, and how each becomes one number.

A fact may be read when its field's `model_use` is `allowed`, it is not protected and it is not free text; of a
list, only the items whose own `model_use` is `allowed`. "Unknown" is a value (NaN), never a default: what is
masked must not come back as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from assistant.core.catalogue import Catalogue
from assistant.core.domain import NONE_FOUND, FieldSpec, ModelUse, Value
from assistant.core.errors import UserError
from models.columns import Floats
from models.history import Facts

PAST_CASES = "evidence:past_cases"
GUIDANCE = "evidence:guidance"
EVIDENCE = (PAST_CASES, GUIDANCE)

FEWEST_BINS, MOST_BINS, ROWS_PER_BIN = 12, 48, 1500
"""A number has at most 12 bins, more where there are many rows: few people per pathway and bin would be noise."""

Kind: TypeAlias = Literal["number", "category", "flag", "item"]
Reader: TypeAlias = Callable[[Value | None], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One input of the model.

    `field` is the catalogue field it is read from ("" for evidence), `item` the list item it asks for. A
    category's number is its place in `labels`; a flag or item is 0 or 1; NaN is unknown. `cuts` are a number's
    bin borders, ascending. `monotone` is the direction the field demands.
    """

    name: str
    field: str
    kind: Kind
    item: str | None = None
    labels: tuple[str, ...] = ()
    cuts: tuple[float, ...] = ()
    monotone: int = 0

    @property
    def parent(self) -> str | None:
        """The field that a list item belongs to, None for a feature that is the whole field."""
        return self.field if self.kind == "item" else None


def allowed_features(catalogue: Catalogue, without: Iterable[str] = ()) -> tuple[Feature, ...]:
    """The features a model over this catalogue may read, in catalogue order, not yet binned.

    `without` leaves out fields (or single features) by name; `UserError` for one that is no feature.
    """
    features = tuple(
        feature
        for spec in catalogue.fields.values()
        if spec.model_use is ModelUse.ALLOWED and not spec.protected
        for feature in _of_field(spec)
    )
    dropped = set(without)
    known = {feature.name for feature in features} | {feature.field for feature in features}
    if unknown := sorted(dropped - known):
        raise UserError(
            f"No field {unknown[0]!r} is used by the model; the fields in use are "
            f"{', '.join(sorted({feature.field for feature in features}))}."
        )
    return tuple(f for f in features if f.name not in dropped and f.field not in dropped)


def _of_field(spec: FieldSpec) -> list[Feature]:
    if spec.type in ("integer", "number"):
        return [Feature(name=spec.id, field=spec.id, kind="number", monotone=spec.monotone)]
    if spec.type == "boolean":
        return [Feature(name=spec.id, field=spec.id, kind="flag")]
    if spec.type == "enum":
        return [Feature(name=spec.id, field=spec.id, kind="category", labels=spec.allowed)]
    if spec.type == "string":
        # Only the first character: the whole code would have too few people per value.
        return [Feature(name=spec.id, field=spec.id, kind="category", labels=tuple("0123456789"))]
    if spec.type == "list":
        return [
            Feature(name=f"{spec.id}={item}", field=spec.id, kind="item", item=item)
            for item in spec.allowed
            if item != NONE_FOUND and spec.use_of(item) is ModelUse.ALLOWED
        ]
    return []


def evidence_features() -> tuple[Feature, ...]:
    """The two features that retrieval gives; more evidence of success never lowers the score."""
    return tuple(Feature(name=name, field="", kind="number", monotone=1) for name in EVIDENCE)


def encode(feature: Feature, facts: Facts) -> float:
    """The feature's number for one person; NaN where the fact is unknown.

    A value that the catalogue does not know counts as unknown rather than as another value.
    """
    return _number(feature, facts.get(feature.field))


def _number(feature: Feature, value: Any) -> float:
    if value is None:
        return np.nan
    if feature.kind == "item":
        return float(feature.item in value)
    if feature.kind == "category":
        text = str(value)
        if text in feature.labels:
            return float(feature.labels.index(text))
        return float(feature.labels.index(text[0])) if text[:1] in feature.labels else np.nan
    return float(value)


def encode_facts(features: Sequence[Feature], facts: Facts) -> Floats:
    """One row: the facts' features in order, evidence features NaN."""
    return np.array([np.nan if not f.field else encode(f, facts) for f in features], dtype=np.float64)


def encode_many(features: Sequence[Feature], people: Sequence[Facts]) -> Floats:
    """Shape [n, features]; evidence columns are NaN, to be filled by whoever has the evidence."""
    table = np.full((len(people), len(features)), np.nan)
    by_field: dict[str, list[int]] = {}
    for place, feature in enumerate(features):
        if feature.field:
            by_field.setdefault(feature.field, []).append(place)
    for field, places in by_field.items():
        seen: dict[Any, list[float]] = {}
        for row, facts in enumerate(people):
            value = facts.get(field)
            if value is None:
                continue
            key = tuple(value) if isinstance(value, list) else value
            if key not in seen:
                seen[key] = [_number(features[place], value) for place in places]
            table[row, places] = seen[key]
    return table


def with_cuts(features: Sequence[Feature], table: Floats, min_people: int) -> tuple[Feature, ...]:
    """The features with bin borders set on `table` so that every bin holds at least `min_people` people."""
    bins = int(np.clip(len(table) // ROWS_PER_BIN, FEWEST_BINS, MOST_BINS))
    binned = []
    for feature, column in zip(features, table.T, strict=True):
        cuts = _cuts(column, feature, min_people, bins)
        binned.append(_replace_cuts(feature, cuts))
    return tuple(binned)


def _replace_cuts(feature: Feature, cuts: tuple[float, ...]) -> Feature:
    return Feature(
        name=feature.name,
        field=feature.field,
        kind=feature.kind,
        item=feature.item,
        labels=feature.labels,
        cuts=cuts,
        monotone=feature.monotone,
    )


def _cuts(column: Floats, feature: Feature, min_people: int, bins: int) -> tuple[float, ...]:
    if feature.kind != "number":
        return ()
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    if len(values) < 2:
        return ()
    total = counts.sum()
    target = max(min_people, total / bins) if len(values) > bins else min_people
    cuts: list[float] = []
    held = 0
    for value, following, count in zip(values[:-1], values[1:], counts[:-1], strict=True):
        held += count
        remaining = total - counts[values <= value].sum()
        if held >= target and remaining >= min_people:
            cuts.append(float((value + following) / 2))
            held = 0
    return tuple(cuts)


def bin_counts(feature: Feature) -> int:
    """How many bins the feature has, without the one for unknown."""
    if feature.kind == "category":
        return len(feature.labels)
    return 2 if feature.kind in ("flag", "item") else len(feature.cuts) + 1


def bins_of(feature: Feature, column: Floats) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Each value's bin: 0 for unknown, then 1, 2, … (a number in [cut, next cut) shares a bin)."""
    unknown = np.isnan(column)
    if feature.kind == "number":
        places = np.searchsorted(np.asarray(feature.cuts), column, side="right") + 1
    else:
        places = np.nan_to_num(column).astype(np.int64) + 1
    return np.where(unknown, 0, places).astype(np.int64)


def as_mapping(feature: Feature) -> Mapping[str, Any]:
    """The feature as plain JSON values."""
    return {
        "name": feature.name,
        "field": feature.field,
        "kind": feature.kind,
        "item": feature.item,
        "labels": list(feature.labels),
        "cuts": list(feature.cuts),
        "monotone": feature.monotone,
    }


def from_mapping(data: Mapping[str, Any]) -> Feature:
    """The reverse of `as_mapping`."""
    return Feature(
        name=data["name"],
        field=data["field"],
        kind=data["kind"],
        item=data["item"],
        labels=tuple(data["labels"]),
        cuts=tuple(data["cuts"]),
        monotone=data["monotone"],
    )
