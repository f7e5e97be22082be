"""The live figures behind the ethical questions: pure functions of the log's entries, small groups held back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ethics.aggregate import LEAST_DECISIONS, use_by_unit
from ethics.entry import Entry

Spec = Mapping[str, Any]
"""How a figure is computed, as questions.yaml says."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One answer in numbers.

    `n` is how many entries it rests on; with none the answer is that there is no evidence yet. `value` is None
    where there is no single number; `held_back` counts what is too few to show.
    """

    n: int
    value: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    held_back: int = 0


def figure(spec: Spec, entries: Sequence[Entry]) -> Figure:
    """Compute a figure over entries in log order."""
    return _KINDS[spec["kind"]](spec, entries)


def kinds() -> frozenset[str]:
    """The kinds of figure there are."""
    return frozenset(_KINDS)


def _of_type(spec: Spec, entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.type == spec["type"]]


def _matches(entry: Entry, where: Mapping[str, Any]) -> bool:
    return all(entry.body.get(key) == value for key, value in where.items())


def _selected(spec: Spec, entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in _of_type(spec, entries) if _matches(entry, spec.get("where", {}))]


def _share(spec: Spec, entries: Sequence[Entry]) -> Figure:
    """Share of the entries of a type that match, lack every key in `without`, and fill the key in `filled`."""
    of = _of_type(spec, entries)
    hits = sum(
        _matches(entry, spec.get("where", {}))
        and not any(entry.body.get(key) for key in spec.get("without", ()))
        and ("filled" not in spec or bool(entry.body.get(spec["filled"])))
        for entry in of
    )
    return Figure(len(of), hits / len(of) if of else None, {"hits": hits})


def _sum(spec: Spec, entries: Sequence[Entry]) -> Figure:
    of = _selected(spec, entries)
    return Figure(len(of), float(sum(entry.body.get(spec["key"]) or 0 for entry in of)) if of else None)


def _by(spec: Spec, entries: Sequence[Entry]) -> Figure:
    of = _selected(spec, entries)
    counts = Counter(str(entry.body.get(spec["key"])) for entry in of)
    return Figure(len(of), float(len(of)), dict(counts.most_common()))


def _share_by(spec: Spec, entries: Sequence[Entry]) -> Figure:
    """Share that match, by the value of a key; groups of people under the floor are held back."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in _of_type(spec, entries):
        if entry.body.get(spec["key"]) is not None:
            groups[str(entry.body[spec["key"]])].append(entry)
    shown = {name: group for name, group in groups.items() if _people(group) >= LEAST_DECISIONS}
    detail = {
        name: {"n": len(group), "share": sum(_matches(entry, spec["where"]) for entry in group) / len(group)}
        for name, group in sorted(shown.items())
    }
    n = sum(map(len, groups.values()))
    return Figure(n, None, detail, n - sum(map(len, shown.values())))


def _people(entries: Sequence[Entry]) -> int:
    return len({entry.subject for entry in entries})


def _latest(spec: Spec, entries: Sequence[Entry]) -> Figure:
    of = _selected(spec, entries)
    return Figure(len(of), None, _picked(of[-1], spec["keys"]) if of else {})


def _latest_by(spec: Spec, entries: Sequence[Entry]) -> Figure:
    of = _selected(spec, entries)
    latest = {str(entry.body[spec["key"]]): _picked(entry, spec["keys"]) for entry in of}
    return Figure(len(of), None, latest)


def _list(spec: Spec, entries: Sequence[Entry]) -> Figure:
    of = _selected(spec, entries)
    return Figure(len(of), float(len(of)), {f"entry {entry.index}": _picked(entry, spec["keys"]) for entry in of})


def _picked(entry: Entry, keys: Sequence[str]) -> dict[str, Any]:
    return {key: entry.body[key] for key in keys if entry.body.get(key) is not None}


def _ratio(spec: Spec, entries: Sequence[Entry]) -> Figure:
    of = _selected(spec, entries)
    below = sum(entry.body[spec["bottom"]] for entry in of)
    sums = {key: sum(entry.body.get(key) or 0 for entry in of) for key in spec["top"]}
    detail = {key: total / below for key, total in sums.items()} if below else {}
    return Figure(len(of), detail.get(spec["top"][0]), detail)


def _preceded(spec: Spec, entries: Sequence[Entry]) -> Figure:
    """Share of people with an entry of a type who had one of another type before their first."""
    told: set[str] = set()
    first: dict[str, bool] = {}
    for entry in entries:
        if entry.subject is not None and entry.type == spec["by"]:
            told.add(entry.subject)
        elif entry.subject is not None and entry.type == spec["type"]:
            first.setdefault(entry.subject, entry.subject in told)
    return Figure(len(first), sum(first.values()) / len(first) if first else None)


def _units(_spec: Spec, entries: Sequence[Entry]) -> Figure:
    use = use_by_unit(entries)
    n = sum(entry.type == "HumanDecision" for entry in entries)
    detail = {unit.unit: asdict(unit) for unit in use.units}
    return Figure(n, use.total.followed_unopened if use.total else None, detail, use.held_back)


def _known_versions(_spec: Spec, entries: Sequence[Entry]) -> Figure:
    """Share of scored suggestions whose model was approved, in the log, before the suggestion."""
    approved: set[str] = set()
    known: list[bool] = []
    unknown: Counter[str] = Counter()
    for entry in entries:
        if entry.type == "ModelVersion":
            approved.add(entry.body["version"])
        elif entry.type == "SuggestionShown" and entry.body["scored"]:
            version = str(entry.body.get("model_version"))
            known.append(version in approved)
            unknown.update([] if version in approved else [version])
    return Figure(len(known), sum(known) / len(known) if known else None, {"unknown": dict(unknown)})


_KINDS: dict[str, Callable[[Spec, Sequence[Entry]], Figure]] = {
    "share": _share,
    "sum": _sum,
    "by": _by,
    "share_by": _share_by,
    "latest": _latest,
    "latest_by": _latest_by,
    "list": _list,
    "ratio": _ratio,
    "preceded": _preceded,
    "units": _units,
    "known_versions": _known_versions,
}
