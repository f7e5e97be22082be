"""How somebody else's file of earlier cases becomes ours: which column is which field, in which units and codes.

The format is described in `eval/mappings/README.md`; the models here say what may stand in the file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.core.catalogue import Catalogue
from assistant.core.errors import UserError


class MappingError(UserError):
    """The mapping of a history file is wrong: where, and what."""

    def __init__(self, path: Path, where: str, what: str) -> None:
        super().__init__(f"The mapping {path.name} is wrong at {where!r}: {what}.")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """One column (or a constant), its codes, and what stands for unknown.

    `codes` maps the file's values to ours; a value that is no code is an error unless `other_unknown`. A number
    is multiplied by `scale`, then `add` is added.
    """

    column: str | None = None
    constant: Any = None
    codes: dict[str, Any] | None = None
    unknown: tuple[str, ...] = ("",)
    other_unknown: bool = False
    scale: float = 1.0
    add: float = 0.0

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"column": data}
        if isinstance(data, Mapping) and isinstance(data.get("codes"), Mapping):
            data = {**data, "codes": {_text(key): value for key, value in data["codes"].items()}}
        if isinstance(data, Mapping) and "unknown" in data:
            data = {**data, "unknown": ("", *(_text(value) for value in data["unknown"]))}
        return data

    @model_validator(mode="after")
    def _one(self) -> Source:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either a column or a constant")
        return self


class DateSource(Source):
    """A date: ISO by default, by `format` (strptime), as days since `epoch`, or by `codes`."""

    format: str | None = None
    epoch: dt.date | None = None


class ItemsSource(_Strict):
    """A list field from several columns: each column's item is had when its value is one of `yes`.

    With `asked` (a column and the values that mean so) the list is unknown for the others; without, it was asked.
    """

    columns: dict[str, str]
    yes: tuple[str, ...] = ("1",)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "yes" in data:
            return {**data, "yes": tuple(_text(value) for value in data["yes"])}
        return data


class Reached(Source):
    """Whether the goal was reached: by `codes`, or a number (less `minus`) that is `at_least` or `at_most`."""

    minus: str | None = None
    at_least: float | None = None
    at_most: float | None = None


class OutcomeMapping(_Strict):
    """The outcome and the day it became known: a date column or so many weeks after the decision."""

    reached: Reached
    on: DateSource | None = None
    weeks_after: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one(self) -> OutcomeMapping:
        if (self.on is None) == (self.weeks_after is None):
            raise ValueError("give either on or weeks_after")
        return self


class Where(_Strict):
    """Only rows whose column holds one of these values are read; the others are counted, not reported."""

    column: str
    values: tuple[str, ...]

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {**data, "values": tuple(_text(value) for value in data.get("values", ()))}


class HistoryMapping(_Strict):
    """One file's mapping. Without `person` or `case` the line number stands for it."""

    source: str
    sheet: str | int = 0
    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    where: tuple[Where, ...] = ()
    person: Source | None = None
    case: Source | None = None
    decided_on: DateSource
    pathway: Source
    outcome: OutcomeMapping
    note: Source | None = None
    fields: dict[str, Source | DateSource | ItemsSource]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def read_mapping(path: Path, catalogue: Catalogue) -> HistoryMapping:
    """The mapping in `path`, checked against the catalogue; `MappingError` naming the entry that is wrong."""
    if not path.is_file():
        raise UserError(f"There is no mapping file {path}; give one with --mapping FILE.yaml.")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        mapping = HistoryMapping.model_validate(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(path, "the file", f"it cannot be read as YAML ({type(error).__name__})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise MappingError(path, where, str(first["msg"]).removeprefix("Value error, ")) from None
    for name, source in mapping.fields.items():
        _check_field(path, name, source, catalogue)
    if isinstance(mapping.pathway.constant, str) and mapping.pathway.constant not in catalogue.pathways:
        raise MappingError(path, "pathway", f"no pathway {mapping.pathway.constant!r} in the catalogue")
    for code in (mapping.pathway.codes or {}).values():
        if code is not None and code not in catalogue.pathways:
            raise MappingError(path, "pathway", f"no pathway {code!r} in the catalogue")
    return mapping


def _check_field(path: Path, name: str, source: Source | ItemsSource, catalogue: Catalogue) -> None:
    spec = catalogue.fields.get(name)
    if spec is None:
        raise MappingError(path, f"fields.{name}", "the catalogue has no such field")
    if isinstance(source, ItemsSource):
        if spec.type != "list":
            raise MappingError(path, f"fields.{name}", f"columns make a list, but the field is {spec.type}")
        if unknown := sorted(set(source.columns.values()) - set(spec.allowed)):
            raise MappingError(path, f"fields.{name}", f"the field has no value {unknown[0]!r}")
