"""Statutory deadlines, counted from what is on file; every rule is data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.core.catalogue import Catalogue
from assistant.core.domain import View
from assistant.core.gates import condition
from assistant.core.rules import DeadlineRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A running deadline and what it was counted from."""

    rule: DeadlineRule
    due: dt.date
    start: dt.date | None
    counted_from: str
    passed: bool

    @property
    def flag_id(self) -> str:
        """The deadline as a flag: its rule, and the date for those counted from a date."""
        if self.start is None:
            return self.rule.id
        return f"{self.rule.id}_{'overskredet' if self.passed else 'loeber_ud'}_{self.due.isoformat()}"


def running(view: View, catalogue: Catalogue, today: dt.date, open_pathways: Iterable[str]) -> tuple[Deadline, ...]:
    """The deadlines that run in this case, soonest first.

    A rule that names pathways counts only where one of them is open. A deadline that an offered start has met is
    not running. An unknown start starts nothing.
    """
    open_ids = set(open_pathways)
    found = []
    for rule in catalogue.deadlines.values():
        if rule.pathways and not open_ids & set(rule.pathways):
            continue
        if rule.applies is not None and condition(rule.applies, view, catalogue) is not True:
            continue
        deadline = _from_date(rule, view, today) or _from_weeks(rule, view, today)
        if deadline is not None:
            found.append(deadline)
    return tuple(sorted(found, key=lambda deadline: (deadline.due, deadline.rule.id)))


def _date_of(view: View, name: str) -> dt.date | None:
    fact = view.facts.get(name)
    return dt.date.fromisoformat(str(fact.value)) if fact else None


def _from_date(rule: DeadlineRule, view: View, today: dt.date) -> Deadline | None:
    for name, days in rule.starts:
        start = _date_of(view, name)
        if start is None:
            continue
        due = start + dt.timedelta(days=days)
        met = _date_of(view, rule.met_by) if rule.met_by else None
        if met is not None and met <= due:
            return None
        late = today > due or (met is not None and met > due)
        return Deadline(rule=rule, due=due, start=start, counted_from=name, passed=late)
    return None


def _from_weeks(rule: DeadlineRule, view: View, today: dt.date) -> Deadline | None:
    fact = view.facts.get(rule.from_number) if rule.from_number else None
    if fact is None or not isinstance(fact.value, int | float) or isinstance(fact.value, bool):
        return None
    weeks = float(fact.value)
    if weeks < rule.warn_from_weeks:
        return None
    due = today + dt.timedelta(days=round((rule.at_weeks - weeks) * 7))
    return Deadline(rule=rule, due=due, start=None, counted_from=fact.field, passed=weeks > rule.at_weeks)
