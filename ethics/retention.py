"""What holds an erasure back: open complaints, and the windows in which a person may still complain or sue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from assistant.core.errors import UserError
from ethics.bilingual import both_languages
from ethics.clocks import complaints
from ethics.entry import Entry


@dataclass(frozen=True, slots=True)
class Rule:
    """Entries of a kind hold a person's content for so many days; of one law only, when `law` is given."""

    id: str
    starts: str
    days: int
    because: Mapping[str, str]
    law: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that holds an erasure back; `until` is None while nobody can know."""

    rule: str
    because: Mapping[str, str]
    until: date | None


def parse_rules(text: str, source: str = "retention.yaml") -> tuple[Rule, ...]:
    """Read the YAML of `data/retention.yaml`; raises `UserError` naming the rule at fault."""
    try:
        read = yaml.safe_load(text)
        if read["version"] != 1:
            raise ValueError("it does not begin with `version: 1`")
        return tuple(_rule(item) for item in read["rules"])
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"The retention rules {source} cannot be used: {error}; mend them as the file says.") from error


@cache
def built_in_rules() -> tuple[Rule, ...]:
    """The rules that come with the program."""
    return parse_rules((resources.files("ethics") / "data" / "retention.yaml").read_text(encoding="utf-8"))


def holds(entries: Sequence[Entry], on: date, rules: Iterable[Rule] | None = None) -> list[Hold]:
    """What holds back the erasure of the person whose entries these are, the longest first; empty means nothing.

    An undecided complaint holds everything, whatever the other windows say (RSL § 66). The law of a decision is
    taken from the choice of law that was logged before it; without one every law's rule counts.
    """
    found = [Hold("open_complaint", {"da": one.id, "en": one.id}, None) for one in complaints(entries) if one.open]
    laws = {entry.body["law"] for entry in entries if entry.type == "ChoiceOfLaw"}
    for rule in built_in_rules() if rules is None else rules:
        starts = [date.fromisoformat(entry.time[:10]) for entry in entries if entry.type == rule.starts]
        if not starts or (rule.law is not None and laws and rule.law not in laws):
            continue
        until = max(starts) + timedelta(days=rule.days)
        if on <= until:
            found.append(Hold(rule.id, rule.because, until))
    return sorted(found, key=lambda hold: hold.until or date.max, reverse=True)


def _rule(item: Any) -> Rule:
    if type(item["days"]) is not int or item["days"] < 0:
        raise ValueError(f"the rule `{item['id']}` needs a whole number of days")
    return Rule(str(item["id"]), str(item["from"]), item["days"], both_languages(item["because"]), item.get("law"))
