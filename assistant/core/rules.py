"""The kinds of rule that the catalogue holds beside fields and pathways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from assistant.core.domain import Outcome, Predicate

GateEffect: TypeAlias = Literal[
    "stop",
    "mask_other_areas",
    "mask_text",
    "treat_as_data_and_flag",
    "restrict_and_escalate",
    "no_scoring",
    "block_new",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition that is looked at before any pathway; `when` is None for gates that code evaluates."""

    id: str
    effect: GateEffect
    when: Predicate | None
    message_da: str
    message_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringBasis:
    """What it takes to score a pathway in operation: who asks, and which record of legal basis must exist."""

    roles: tuple[str, ...]
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LawName:
    """A law by its short name, full name and every way it is written."""

    short: str
    name_da: str
    name_en: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule:
    """How a deadline is counted.

    `starts` are tried in order; the first date on file counts, plus its number of calendar days (0 or more).
    `from_number` instead counts from a number of weeks on file to `at_weeks`, shown from `warn_from_weeks`.
    `met_by` names the date field that, when not later than the due date, settles the deadline.
    """

    id: str
    starts: tuple[tuple[str, int], ...] = ()
    from_number: str | None = None
    at_weeks: int = 0
    warn_from_weeks: int = 0
    met_by: str | None = None
    applies: Predicate | None = None
    pathways: tuple[str, ...] = ()
    text_da: str
    text_en: str
    law_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRule:
    """Something the caseworker must not overlook, raised by facts, by words in a text, or by a pathway's state."""

    id: str
    when: Predicate | None = None
    words: tuple[re.Pattern[str], ...] = ()
    missing: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    eligible: tuple[str, ...] = ()
    screened: tuple[str, ...] = ()
    withheld_note: bool = False
    text_da: str
    text_en: str
    law_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalTopic:
    """Words of a citizen's own goal that point to pathways.

    A negated mention does not count where the topic is `negatable`: "not more placements" turns away from work,
    but "to avoid being admitted" is itself a goal about the illness.
    """

    id: str
    words: tuple[re.Pattern[str], ...]
    negatable: bool = True
    label_da: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """What the order of suggestions reads besides each pathway's own pointers."""

    goal_topics: Mapping[str, GoalTopic] = field(default_factory=dict)
    negations: tuple[re.Pattern[str], ...] = ()
    goal_fields: tuple[str, ...] = ()
    law_choices: tuple[LawChoice, ...] = ()
    consent_may_be_asked: Predicate | None = None
    consent_matters: Predicate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRule:
    """A kind of result that certain facts call for, unless a reason of a heavier tier points elsewhere.

    `folds` names the families whose pathways are then not ordered ("*" for all). Where others are still pointed to,
    they are suggested as usual.
    """

    id: str
    outcome: Outcome
    when: Predicate
    unless_tier: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()
    text_da: str
    text_en: str
    law_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LawChoice:
    """Which law a situation belongs under; the caseworker confirms it before any pathway is chosen."""

    id: str
    law: str
    when: Predicate
    because_da: str
    because_en: str
    law_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningPattern:
    """A pattern of text that is hidden (`personal`), or shown and never followed (`instruction`)."""

    id: str
    kind: Literal["personal", "instruction"]
    pattern: re.Pattern[str]
    replacement: str = ""
    identifies: bool = False
    """Whether a match names a person on its own, so that it may not stand in a case id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Every screening pattern, in the order they are applied."""

    patterns: tuple[ScreeningPattern, ...] = ()
