"""The one plain object that every text is written from; it knows no reader, language or layout."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from explain.complaints import ComplaintBody
from explain.contrast import Contrast

ReasonKind: TypeAlias = Literal["order", "rule", "fact", "past_cases", "guidance"]
NotUsedWhy: TypeAlias = Literal["masked", "outdated", "rules_only", "protected", "text", "display_only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """A fact in view, without what may stand in no letter; `used_by` says who read it."""

    field: str
    value: Any
    source: str | None = None
    observed_on: dt.date | None = None
    used_by: tuple[Literal["rules", "score"], ...] = ()
    suppressed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUsed:
    """A field that did not count in the order, or at all, and why."""

    field: str
    why: NotUsedWhy
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Something that spoke for (1), against (-1) or is open (0) for one pathway.

    `id` is the contribution id, or `rule:<n>` for the n-th leaf of the trace, or `order`; `rank` counts from 1
    among the pathway's reasons of the same kind and sign; `weight` is in logits and None for rules.
    """

    id: str
    kind: ReasonKind
    pathway: str
    sign: int
    rank: int
    field: str | None = None
    value: Any = None
    weight: float | None = None
    law: tuple[str, ...] = ()
    op: str | None = None
    limit: Any = None
    state: str = "known"
    tier: str | None = None
    text_da: str = ""
    text_en: str = ""
    counts: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One pathway as the suggestion holds it, with its reasons in order.

    `place` is where it stands in the order; `rank` the same number where one may be shown (not for a pathway that
    has rules and guidance only).
    """

    pathway: str
    eligibility: str
    place: int | None
    rank: int | None
    group: str | None
    goal_type: str | None
    duty: bool
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    law: tuple[str, ...]
    bodies: tuple[ComplaintBody, ...]
    warning: bool = False
    missing_documents: tuple[str, ...] = ()
    blocked_by: str | None = None
    not_scored_because: str | None = None
    probability: float | None = None
    in_prediction_set: bool | None = None
    explanation: Mapping[str, Any] | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def of(self, kind: ReasonKind, sign: int) -> tuple[Reason, ...]:
        """The reasons of one kind and sign, the first first."""
        return tuple(r for r in self.reasons if r.kind == kind and r.sign == sign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who the citizen can ask: a named person and a telephone number, as far as settings hold them."""

    name: str | None = None
    telephone: str | None = None
    municipality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked first, and which pathways the answer could change."""

    field: str
    text_da: str
    text_en: str
    could_change: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationView:
    """Everything a text may say, and nothing else."""

    suggestion_id: str
    case_id: str
    as_of: dt.date
    mode: str
    outcome: str
    outcome_text_da: str
    outcome_text_en: str
    versions: Mapping[str, str | None]
    first: Choice | None
    ranked: tuple[Choice, ...]
    folded: tuple[Choice, ...]
    closed: tuple[Choice, ...]
    duties: tuple[Choice, ...]
    facts: tuple[KnownFact, ...]
    not_used: tuple[NotUsed, ...]
    questions: tuple[Question, ...]
    flags: tuple[Mapping[str, Any], ...]
    choice_of_law: Mapping[str, Any] | None
    goal: str | None
    addressee: str
    representative: str | None
    paper: bool
    contact: Contact
    ledger: Mapping[str, Any]
    suppressed: tuple[tuple[str, Any], ...]
    contrasts: tuple[Contrast, ...] = ()

    def fact(self, name: str) -> KnownFact | None:
        """The fact of one field, if it is in view."""
        return next((item for item in self.facts if item.field == name), None)

    def choice(self, pathway: str) -> Choice | None:
        """The choice of one pathway."""
        return next((c for c in self.choices() if c.pathway == pathway), None)

    def choices(self) -> tuple[Choice, ...]:
        """Every pathway, the ranked first."""
        return (*self.ranked, *self.folded, *self.duties, *self.closed)
