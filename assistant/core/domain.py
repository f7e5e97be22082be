"""The nouns of the field: fields, pathways, facts and cases, frozen once made.

Nothing here names a particular pathway, field or law; those are data (see `assistant.core.catalogue`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NewType, TypeAlias

CaseId = NewType("CaseId", str)
PathwayId = NewType("PathwayId", str)
FieldId = NewType("FieldId", str)

Value: TypeAlias = bool | int | float | str | tuple[str, ...]
"""A fact's value; dates are ISO 8601 strings, lists have set semantics."""

Truth: TypeAlias = bool | None
"""Kleene's third value is None: unknown, never "no"."""

NONE_FOUND = "ingen"
"""The list token that means "examined and none found" (case_fields.yaml, meta.conventions)."""


EVERY_AREA = "alle"
"""The caller's area that sees every area, when there is a valid consent."""


class ModelUse(StrEnum):
    """Who may read a field."""

    ALLOWED = "allowed"
    RULES_ONLY = "rules_only"
    AUDIT_ONLY = "audit_only"
    DISPLAY_ONLY = "display_only"
    TEXT_SOURCE = "text_source"


class Eligibility(StrEnum):
    """What the rules say of a pathway; never that it is granted."""

    ELIGIBLE = "eligible"
    UNDETERMINED = "undetermined"
    NOT_ELIGIBLE = "not_eligible"
    BLOCKED = "blocked"


class Outcome(StrEnum):
    """The kinds of result; all are first-class, none is an error."""

    SUGGEST = "foreslaa"
    NOTHING_NOW = "ingen_indsats_nu"
    ASK_FIRST = "spoerg_foerst"
    ASK_CONSENT_FIRST = "spoerg_om_samtykke_foerst"
    OTHER_AUTHORITY = "anden_myndighed"
    OTHER_MUNICIPALITY = "oversend_til_anden_kommune"


class Mode(StrEnum):
    """`trial`: invented people, everything is scored behind a banner. `operation`: scoring denied by default."""

    TRIAL = "trial"
    OPERATION = "operation"


FieldType: TypeAlias = Literal["integer", "number", "boolean", "enum", "list", "date", "string", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One case field as the catalogue describes it."""

    id: str
    label_da: str
    label_en: str
    plain_da: str
    plain_en: str = ""
    type: FieldType
    area: str
    model_use: ModelUse
    allowed: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    pattern: str | None = None
    unit: str = ""
    source_system: str = ""
    gdpr_art9: bool = False
    protected: bool = False
    proxy_risk: tuple[str, ...] = ()
    value_model_use: Mapping[str, ModelUse] = field(default_factory=dict)
    value_area: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    default_if_missing: Any = None
    max_age_months: int | None = None
    sensitive: bool = False
    monotone: Literal[-1, 0, 1] = 0
    actionable: bool = False
    question_da: str = ""
    question_en: str = ""
    combining: str = ""
    note: str = ""
    mappings: Mapping[str, str] = field(default_factory=dict)

    def use_of(self, value: str) -> ModelUse:
        """Who may read one item of a list field."""
        return self.value_model_use.get(value, self.model_use)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition on one field."""

    field: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when some part is true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is false."""

    part: Predicate


Predicate: TypeAlias = Leaf | All | AnyOf | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalRef:
    """A section of a law as the catalogue cites it."""

    law: str
    section: str
    stk: str | None = None

    def __str__(self) -> str:
        return f"{self.law} {self.section}" + (f", stk. {self.stk}" if self.stk else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayDeadline:
    """A deadline rule that a pathway sets running, with its own wording."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityChange:
    """From `date` another authority decides."""

    date: dt.date
    to: str
    confidence: float = 1.0


Tier: TypeAlias = Literal["law", "goal", "evidence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """A fact that points to a pathway, and how heavy the kind of reason is: law, then goal, then evidence."""

    when: Predicate
    tier: Tier
    because_da: str
    because_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway:
    """One rehabilitation or job-effort pathway as the catalogue describes it."""

    id: str
    name_da: str
    name_en: str
    family: str
    goal_type: str
    intrusiveness: int
    legal_basis: tuple[LegalRef, ...]
    authority: str
    eligibility: Predicate
    contraindication_hard: Predicate | None
    contraindication_soft: Predicate | None
    evidence_required: tuple[str, ...]
    deadlines: tuple[PathwayDeadline, ...]
    complaint: str
    complaint_body: str
    valid_from: dt.date
    valid_to: dt.date | None
    new_entrants: bool
    authority_change: AuthorityChange | None
    ai_basis: str
    duty: bool
    referral_only: bool
    sensitive: bool
    decided_elsewhere: bool
    pointers: tuple[Pointer, ...]
    goal_topics: tuple[str, ...]
    duration: str
    reform_note: str
    confidence: float
    citizen_da: str
    citizen_en: str
    refusal_da: str
    refusal_en: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A value with where and when it comes from."""

    field: str
    value: Value
    source: str | None = None
    observed_on: dt.date | None = None
    recorded_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A citizen's case as it reaches the assistant: facts by field, who asks, and from which area."""

    id: CaseId
    today: dt.date
    area: str
    role: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class View:
    """A case as one caller may see it: the facts in view and the fields hidden from them.

    `partly_masked` names, for a list field in view, the items that may not be seen.
    """

    facts: Mapping[str, Fact]
    masked: frozenset[str] = frozenset()
    outdated: frozenset[str] = frozenset()
    partly_masked: Mapping[str, frozenset[str]] = field(default_factory=dict)
