"""How suggestions are used, by unit and never by person; small groups are held back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ethics.entry import Entry

LEAST_DECISIONS = 10
LEAST_STAFF = 5
REST = "rest"
"""The name under which units too small to be shown are shown together."""


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One unit's use of suggestions. Shares are of the decisions that say; None where none does.

    `followed_unopened` is the share of followed suggestions whose reasons nobody opened: following blindly.
    `agreed_before` is the share in which the caseworker's own assessment, made before the reveal, was the same.
    """

    unit: str
    n: int
    followed: float
    changed: float
    rejected: float
    median_seconds: float | None
    opened_reasons: float | None
    followed_unopened: float | None
    agreed_before: float | None


@dataclass(frozen=True, slots=True)
class UseFigures:
    """Every unit that may be shown, all of them together, and how many decisions were held back."""

    total: UnitFigures | None
    units: tuple[UnitFigures, ...]
    held_back: int


def use_by_unit(
    entries: Iterable[Entry], least_decisions: int = LEAST_DECISIONS, least_staff: int = LEAST_STAFF
) -> UseFigures:
    """Acceptance, override, time and opened reasons by unit, from `HumanDecision` entries.

    A unit with fewer decisions or fewer employees than the floors is put with the other small ones; when they are
    too few together they are held back, and the total is of what is shown, so that no subtraction reveals them.
    Decisions without a staff id count for no employee, and so keep a unit back.
    """
    units: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.type == "HumanDecision":
            units[entry.body.get("unit") or REST].append(entry)
    large = {
        unit: decisions
        for unit, decisions in units.items()
        if unit != REST and _may_show(decisions, least_decisions, least_staff)
    }
    rest = [entry for unit, decisions in units.items() if unit not in large for entry in decisions]
    if _may_show(rest, least_decisions, least_staff):
        large[REST], rest = rest, []
    shown = [entry for decisions in large.values() for entry in decisions]
    figures = tuple(_figures(unit, large[unit]) for unit in sorted(large, key=lambda unit: (unit == REST, unit)))
    return UseFigures(_figures("total", shown) if shown else None, figures, len(rest))


def _may_show(decisions: Sequence[Entry], least_decisions: int, least_staff: int) -> bool:
    staff = {entry.body["staff"] for entry in decisions if entry.body.get("staff")}
    return len(decisions) >= least_decisions and len(staff) >= least_staff


def _figures(unit: str, decisions: Sequence[Entry]) -> UnitFigures:
    bodies = [entry.body for entry in decisions]
    outcomes = [body["outcome"] for body in bodies]
    seconds = [body["seconds"] for body in bodies if body.get("seconds") is not None]
    followed = [body for body in bodies if body["outcome"] == "followed"]
    return UnitFigures(
        unit,
        len(bodies),
        outcomes.count("followed") / len(bodies),
        outcomes.count("changed") / len(bodies),
        outcomes.count("rejected") / len(bodies),
        float(median(seconds)) if seconds else None,
        _share([body.get("opened_reasons") for body in bodies]),
        _share([None if (opened := body.get("opened_reasons")) is None else not opened for body in followed]),
        _share([body.get("agreed_before") for body in bodies]),
    )


def _share(answers: Sequence[bool | None]) -> float | None:
    said = [answer for answer in answers if answer is not None]
    return sum(said) / len(said) if said else None
