"""Read earlier cases from CSV, Parquet or XLSX: bad rows are named and kept apart, the rest come in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from assistant.core.catalogue import Catalogue
from assistant.core.domain import NONE_FOUND, FieldSpec, Value
from assistant.core.errors import UserError
from models.history import Episode
from models.mapping import DateSource, HistoryMapping, ItemsSource, Reached, Source

HEADER_LINE = 1
Convert = Callable[[str], Any]


class Parsed(NamedTuple):
    """The cases that came in, one sentence per row that did not, and how many rows `where` passed over."""

    episodes: list[Episode]
    errors: list[str]
    passed_over: int


class _BadValueError(ValueError):
    """What is wrong with one value; the row it stands in is reported."""


class HistoryFileError(UserError):
    """A file that no earlier case can be read from."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"The history file {path.name} {what}.")


def read_history(path: Path, mapping: HistoryMapping, catalogue: Catalogue) -> Parsed:
    """Every row of the file as an `Episode`, or an error with its line.

    Reading the same file again gives the same case ids, so that importing it twice changes nothing. Raises
    `HistoryFileError` for a file that is missing, empty, in another encoding or without a mapped column.
    """
    table = _read_table(path, mapping)
    columns = _columns(path, table, mapping)
    lines = range(HEADER_LINE + 1, len(table) + HEADER_LINE + 1)
    parsed = Parsed([], [], 0)
    passed = 0
    seen: dict[str, int] = {}
    convert = _Converter(mapping, catalogue)
    for place, line in enumerate(lines):
        row = {name: values[place] for name, values in columns.items()}
        if any(row[rule.column] not in rule.values for rule in mapping.where):
            passed += 1
            continue
        try:
            episode = convert.episode(row, line)
            if episode.case_id in seen:
                raise _BadValueError(f"the case {episode.case_id!r} is already in line {seen[episode.case_id]}")
        except _BadValueError as error:
            parsed.errors.append(f"{path.name} line {line}: {error}")
            continue
        seen[episode.case_id] = line
        parsed.episodes.append(episode)
    return Parsed(parsed.episodes, parsed.errors, passed)


def _read_table(path: Path, mapping: HistoryMapping) -> Any:
    import pandas as pd

    if not path.is_file():
        raise HistoryFileError(path, "is not there; check the path")
    try:
        match path.suffix.lower():
            case ".parquet":
                table = pd.read_parquet(path)
            case ".xlsx":
                table = pd.read_excel(path, sheet_name=mapping.sheet, dtype=object)
            case _:
                table = pd.read_csv(
                    path, sep=mapping.delimiter, dtype=str, keep_default_na=False, encoding=mapping.encoding
                )
    except UnicodeDecodeError as error:
        raise HistoryFileError(
            path, f"is not {mapping.encoding} (byte {error.start}); save it so or set `encoding` in the mapping"
        ) from None
    except pd.errors.EmptyDataError:
        raise HistoryFileError(path, "is empty") from None
    except (ValueError, OSError, KeyError) as error:
        raise HistoryFileError(path, f"cannot be read ({str(error).splitlines()[0][:120]})") from None
    if not len(table):
        raise HistoryFileError(path, "holds no rows")
    return table


def _columns(path: Path, table: Any, mapping: HistoryMapping) -> dict[str, list[str]]:
    wanted = sorted(_wanted(mapping))
    if missing := [name for name in wanted if name not in table.columns]:
        raise HistoryFileError(path, f"has no column {missing[0]!r}, which the mapping names")
    return {name: [_text(value) for value in table[name].tolist()] for name in wanted}


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 (only NaN differs from itself)
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value).strip()


def _wanted(mapping: HistoryMapping) -> set[str]:
    names = {rule.column for rule in mapping.where}
    sources: list[Any] = [mapping.person, mapping.case, mapping.decided_on, mapping.pathway, mapping.note]
    sources += [mapping.outcome.reached, mapping.outcome.on, *mapping.fields.values()]
    for source in sources:
        if isinstance(source, ItemsSource):
            names |= set(source.columns)
        elif source is not None and source.column is not None:
            names.add(source.column)
        if isinstance(source, Reached) and source.minus is not None:
            names.add(source.minus)
    return names


class _Converter:
    """Holds what was already worked out: the same text in the same column is converted once."""

    def __init__(self, mapping: HistoryMapping, catalogue: Catalogue) -> None:
        self.mapping = mapping
        self.catalogue = catalogue
        self.known: dict[tuple[str, str], Any] = {}

    def episode(self, row: Mapping[str, str], line: int) -> Episode:
        mapping = self.mapping
        decided = self._date("decided_on", mapping.decided_on, row)
        if decided is None:
            raise _BadValueError("no start date")
        pathway = self._plain(mapping.pathway, row)
        if pathway is None or str(pathway) not in self.catalogue.pathways:
            raise _BadValueError(f"the catalogue has no pathway {pathway!r}")
        reached = self._reached(row)
        on = self._outcome_day(row, decided) if reached is not None else None
        if on is not None and on < decided:
            raise _BadValueError(f"the outcome ({on.isoformat()}) is before the start ({decided.isoformat()})")
        if on is None:
            reached = None
        return Episode(
            person_id=f"{mapping.source}:{self._name(mapping.person, row, line)}",
            case_id=f"{mapping.source}:{self._name(mapping.case, row, line)}",
            decided_on=decided,
            facts=self._facts(row),
            pathway=str(pathway),
            reached=reached,
            outcome_on=on,
            note="" if mapping.note is None else str(self._plain(mapping.note, row) or ""),
        )

    def _name(self, source: Source | None, row: Mapping[str, str], line: int) -> str:
        value = line if source is None else self._plain(source, row)
        if value is None:
            raise _BadValueError("no id")
        return str(value)

    def _plain(self, source: Source, row: Mapping[str, str]) -> Any:
        if source.column is None:
            return source.constant
        text = row[source.column]
        if text in source.unknown:
            return None
        return text if source.codes is None else _coded(source, text)

    def _date(self, name: str, source: DateSource, row: Mapping[str, str]) -> dt.date | None:
        if source.column is None:
            return _as_date(source.constant, source, name)
        day: dt.date | None = self._once(name, row[source.column], lambda text: _date_of(source, text, name))
        return day

    def _once(self, name: str, text: str, convert: Convert) -> Any:
        key = (name, text)
        if key not in self.known:
            try:
                self.known[key] = convert(text)
            except _BadValueError as error:
                self.known[key] = error
        if isinstance(self.known[key], _BadValueError):
            raise self.known[key]
        return self.known[key]

    def _reached(self, row: Mapping[str, str]) -> bool | None:
        source = self.mapping.outcome.reached
        value = self._plain(source, row)
        if value is None:
            return None
        if source.at_least is None and source.at_most is None:
            return _as_flag(value, "the outcome")
        number = _as_number(value, "the outcome")
        if source.minus is not None:
            before = row[source.minus]
            if before in source.unknown:
                return None
            number -= _as_number(before, source.minus)
        low = source.at_least is None or number >= source.at_least
        return bool(low and (source.at_most is None or number <= source.at_most))

    def _outcome_day(self, row: Mapping[str, str], decided: dt.date) -> dt.date | None:
        outcome = self.mapping.outcome
        if outcome.weeks_after is not None:
            return decided + dt.timedelta(days=round(7 * outcome.weeks_after))
        return None if outcome.on is None else self._date("outcome.on", outcome.on, row)

    def _facts(self, row: Mapping[str, str]) -> dict[str, Value | None]:
        facts: dict[str, Value | None] = {}
        for name, source in self.mapping.fields.items():
            spec = self.catalogue.fields[name]
            if isinstance(source, ItemsSource):
                value: Any = tuple(item for column, item in source.columns.items() if row[column] in source.yes) or (
                    NONE_FOUND,
                )
            elif source.column is None:
                value = source.constant
            else:
                value = self._once(name, row[source.column], _field_converter(source, spec))
            if value is not None:
                facts[name] = value
        return facts


def _field_converter(source: Source, spec: FieldSpec) -> Convert:
    return lambda text: _field_value(source, spec, text)


def _field_value(source: Source, spec: FieldSpec, text: str) -> Value | None:
    if text in source.unknown:
        return None
    value = text if source.codes is None else _coded(source, text)
    if value is None:
        return None
    if spec.type in ("integer", "number"):
        number = _as_number(value, spec.id) * source.scale + source.add
        if spec.range is not None and not spec.range[0] <= number <= spec.range[1]:
            raise _BadValueError(f"{spec.id} {number:g} is outside {spec.range[0]:g} to {spec.range[1]:g}")
        return round(number) if spec.type == "integer" else number
    if spec.type == "boolean":
        return _as_flag(value, spec.id)
    if spec.type == "date":
        day = _date_of(source, text, spec.id) if isinstance(source, DateSource) else _iso(str(value), spec.id)
        return None if day is None else day.isoformat()
    if spec.allowed and str(value) not in spec.allowed:
        raise _BadValueError(f"{spec.id} has no value {value!r}")
    return str(value)


def _coded(source: Source, text: str) -> Any:
    assert source.codes is not None
    if text not in source.codes and not source.other_unknown:
        raise _BadValueError(f"{source.column} holds {text!r}, which is no code of the mapping")
    return source.codes.get(text)


def _as_number(value: Any, name: str) -> float:
    try:
        return float(str(value).replace(",", "."))
    except ValueError:
        raise _BadValueError(f"{name} should be a number, not {value!r}") from None


def _as_flag(value: Any, name: str) -> bool:
    flag = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
    if flag is None:
        raise _BadValueError(f"{name} should be true or false, not {value!r}")
    return flag


def _date_of(source: DateSource, text: str, name: str) -> dt.date | None:
    if text in source.unknown:
        return None
    return _as_date(text if source.codes is None else _coded(source, text), source, name)


def _as_date(value: Any, source: DateSource, name: str) -> dt.date | None:
    if value is None or isinstance(value, dt.date):
        return value
    if source.epoch is not None:
        return source.epoch + dt.timedelta(days=int(_as_number(value, name)))
    if source.format is not None:
        try:
            return dt.datetime.strptime(str(value), source.format).date()
        except ValueError:
            raise _BadValueError(f"{name} {value!r} is no date written as {source.format}") from None
    return _iso(str(value), name)


def _iso(text: str, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise _BadValueError(f"{name} {text!r} is no date (YYYY-MM-DD)") from None
