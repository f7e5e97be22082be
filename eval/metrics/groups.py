"""Does it treat groups alike? Rates by group with sizes and intervals, and alarms that hold jointly.

An alarm compares one group with everybody else by a two-sided z-test on two rates, or, where an expected value
per person is given, on what is left after it; Holm's method keeps the chance of any false alarm over all tests
of one audit under `level`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST = 30
"""A group with fewer people is reported by its size only: its rates would be noise, or a person."""

LEVEL = 0.02
"""The chance of any false alarm in one audit; a board that hears false alarms stops listening."""

FIGURES = ("selection", "hit", "false_alarm", "error", "gap")


class Rate(NamedTuple):
    """Hits out of `n` people, with a 95 % Wilson interval; NaN where nobody counts."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group's figures; rates are None for a group that is too small to show.

    `selection` is the share selected; `hit` (TPR) and `false_alarm` (FPR) are the shares selected among those who
    did and did not reach the goal; `error` the share where selection and outcome differ; `outcome` the share who
    reached it; `gap` the mean stated minus real rate (calibration).
    """

    attribute: str
    group: str
    n: int
    selection: Rate | None = None
    hit: Rate | None = None
    false_alarm: Rate | None = None
    error: Rate | None = None
    outcome: Rate | None = None
    gap: float | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A group whose figure differs from everybody else's by more than chance; `p` is Holm-adjusted."""

    attribute: str
    group: str
    figure: str
    difference: float
    p: float


@dataclass(frozen=True, slots=True)
class Audit:
    """All groups' figures and the alarms, most certain first; `tests` is how many comparisons were made."""

    figures: tuple[GroupFigures, ...]
    alarms: tuple[Alarm, ...]
    tests: int

    def as_mapping(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "figures": [asdict(figures) for figures in self.figures],
            "alarms": [asdict(alarm) for alarm in self.alarms],
            "tests": self.tests,
        }


def wilson(hits: float, n: int, z: float = 1.96) -> Rate:
    """A rate with its Wilson (1927) score interval.

    >>> wilson(5, 10)
    Rate(value=0.5, low=0.2366, high=0.7634, n=10)
    """
    if n == 0:
        return Rate(math.nan, math.nan, math.nan, 0)
    rate = hits / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Rate(round(rate, 4), round(max(0.0, centre - half), 4), round(min(1.0, centre + half), 4), n)


def two_rates_p(hits: float, n: int, other_hits: float, other_n: int) -> float:
    """Two-sided p of two rates being equal (pooled z-test); 1 where it cannot be told.

    >>> round(two_rates_p(50, 100, 50, 100), 3)
    1.0
    """
    if n == 0 or other_n == 0:
        return 1.0
    pooled = (hits + other_hits) / (n + other_n)
    variance = pooled * (1 - pooled) * (1 / n + 1 / other_n)
    if variance <= 0:
        return 1.0
    return math.erfc(abs(hits / n - other_hits / other_n) / math.sqrt(2 * variance))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down adjusted p-values, in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted = [0.0] * len(p)
    worst = 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = round(worst, 12)
    return adjusted


class Comparison(NamedTuple):
    """One group against everybody else in one figure; `p` is not yet adjusted for the other comparisons."""

    attribute: str
    group: str
    figure: str
    difference: float
    p: float


def audit(
    attributes: Mapping[str, Sequence[str]],
    selected: ArrayLike,
    reached: ArrayLike | None = None,
    probability: ArrayLike | None = None,
    *,
    expected_selection: ArrayLike | None = None,
    compared: Sequence[str] = FIGURES,
    smallest: int = SMALLEST,
    level: float = LEVEL,
) -> Audit:
    """Every group of every attribute against everybody else.

    `attributes[name][i]` is person i's group ("" for unknown: left out). `selected` says who was chosen (0/1),
    `reached` who reached the goal (NaN where unknown), `probability` the stated chance. With
    `expected_selection` (each person's chance of selection by what may lawfully count) selection is compared
    after it, so that a difference the lawful facts explain raises no alarm. Only figures in `compared` may alarm.
    """
    chosen = np.asarray(selected, dtype=np.float64)
    outcome = np.full(chosen.shape, np.nan) if reached is None else np.asarray(reached, dtype=np.float64)
    chance = None if probability is None else np.asarray(probability, dtype=np.float64)
    expected = None if expected_selection is None else np.asarray(expected_selection, dtype=np.float64)
    figures: list[GroupFigures] = []
    tests: list[Comparison] = []
    for attribute, values in attributes.items():
        groups = np.array([str(value) for value in values], dtype=object)
        if len(groups) != len(chosen):
            raise ValueError(f"{attribute!r} has {len(groups)} values for {len(chosen)} people")
        known = groups != ""
        names = sorted(set(groups[known]))
        for group in names:
            inside, outside = groups == group, known & (groups != group)
            if inside.sum() < smallest or outside.sum() < smallest:
                figures.append(GroupFigures(attribute, group, int(inside.sum())))
                continue
            figures.append(_figures(attribute, group, inside, chosen, outcome, chance))
            if len(names) == 2 and group == names[1]:
                continue  # with two groups the second comparison is the first one mirrored
            tests += _tests(attribute, group, inside, outside, chosen, outcome, chance, expected)
    counted = [test for test in tests if test.figure in compared]
    return Audit(tuple(figures), tuple(alarms(counted, level)), len(counted))


def alarms(comparisons: Sequence[Comparison], level: float = LEVEL) -> list[Alarm]:
    """The comparisons that hold after Holm's method over all of them, most certain first."""
    adjusted = holm([test.p for test in comparisons])
    found = [
        Alarm(test.attribute, test.group, test.figure, round(test.difference, 4), p)
        for test, p in zip(comparisons, adjusted, strict=True)
        if p < level
    ]
    return sorted(found, key=lambda alarm: (alarm.p, alarm.attribute, alarm.group))


FEWEST_EXPECTED = 40.0
"""With less expected variation in a group (Σ e(1 − e)) ten points could not be told from chance; comparing it all the
same would only make every other alarm rarer."""

MIRROR = 0.95
"""When one group is this share of everybody else, comparing it too would be the first comparison mirrored."""


def after_expected(attribute: str, values: Sequence[str], chosen: ArrayLike, expected: ArrayLike) -> list[Comparison]:
    """Every group of one attribute against everybody else in what selection is left after what was expected.

    `expected[i]` is person i's chance of selection by what may lawfully count. The test takes the variation that
    those chances imply, so that a rare selection in a small group raises no alarm by luck.
    """
    groups = np.array([str(value) for value in values], dtype=object)
    chance = np.clip(np.asarray(expected, dtype=np.float64), 0.0, 1.0)
    rest = np.asarray(chosen, dtype=np.float64) - chance
    variation = chance * (1 - chance)
    known = groups != ""
    names = sorted(set(groups[known]))
    found: list[Any] = []
    for group in names:
        inside, outside = groups == group, known & (groups != group)
        enough = min(variation[inside].sum(), variation[outside].sum()) >= FEWEST_EXPECTED
        if enough and not _mirrored(groups[outside], {test.group for test in found}):
            difference = float(rest[inside].mean() - rest[outside].mean())
            error = math.sqrt(
                variation[inside].sum() / inside.sum() ** 2 + variation[outside].sum() / outside.sum() ** 2
            )
            p = math.erfc(abs(difference) / (error * math.sqrt(2)))
            found.append(Comparison(attribute, group, "selection", difference, p))
    return found


def _mirrored(others: NDArray[np.object_], compared: set[str]) -> bool:
    return any((others == group).mean() >= MIRROR for group in compared)


def _figures(
    attribute: str,
    group: str,
    inside: NDArray[np.bool_],
    chosen: NDArray[np.float64],
    outcome: NDArray[np.float64],
    chance: NDArray[np.float64] | None,
) -> GroupFigures:
    known = inside & ~np.isnan(outcome)
    yes, no = known & (outcome == 1), known & (outcome == 0)
    return GroupFigures(
        attribute,
        group,
        int(inside.sum()),
        selection=wilson(chosen[inside].sum(), int(inside.sum())),
        hit=wilson(chosen[yes].sum(), int(yes.sum())),
        false_alarm=wilson(chosen[no].sum(), int(no.sum())),
        error=wilson(float((chosen[known] != outcome[known]).sum()), int(known.sum())),
        outcome=wilson(outcome[known].sum(), int(known.sum())),
        gap=None if chance is None or not known.any() else round(float((chance - outcome)[known].mean()), 4),
    )


def _tests(
    attribute: str,
    group: str,
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    chosen: NDArray[np.float64],
    outcome: NDArray[np.float64],
    chance: NDArray[np.float64] | None,
    expected: NDArray[np.float64] | None,
) -> list[Comparison]:
    tests: list[Comparison] = []

    def rates(figure: str, hit: NDArray[np.float64], counted: NDArray[np.bool_]) -> None:
        a, b = inside & counted, outside & counted
        if a.sum() and b.sum():
            p = two_rates_p(hit[a].sum(), int(a.sum()), hit[b].sum(), int(b.sum()))
            tests.append(Comparison(attribute, group, figure, float(hit[a].mean() - hit[b].mean()), p))

    everyone = np.ones(chosen.shape, dtype=np.bool_)
    known = ~np.isnan(outcome)
    if expected is None:
        rates("selection", chosen, everyone)
    else:
        tests.append(_rest(attribute, group, "selection", inside, outside, chosen - expected))
    if known.any():
        rates("hit", chosen, known & (outcome == 1))
        rates("false_alarm", chosen, known & (outcome == 0))
        rates("error", (chosen != outcome).astype(np.float64), known)
        if chance is not None:
            rest = outcome - chance
            tests.append(_rest(attribute, group, "gap", inside & known, outside & known, rest))
    return tests


def _rest(
    attribute: str,
    group: str,
    figure: str,
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    rest: NDArray[np.float64],
) -> Comparison:
    a, b = rest[inside], rest[outside]
    difference = float(a.mean() - b.mean()) if a.size and b.size else 0.0
    error = math.sqrt(a.var() / max(1, a.size) + b.var() / max(1, b.size)) if a.size and b.size else 0.0
    p = math.erfc(abs(difference) / (error * math.sqrt(2))) if error > 0 else 1.0
    return Comparison(attribute, group, figure, difference, p)
