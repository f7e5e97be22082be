"""From the catalogue's YAML to frozen types; whatever is wrong is named by file, entry and field."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from importlib.abc import Traversable
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from assistant.core.domain import (
    AuthorityChange,
    FieldSpec,
    FieldType,
    LegalRef,
    ModelUse,
    Outcome,
    Pathway,
    PathwayDeadline,
    Pointer,
    Predicate,
    Tier,
)
from assistant.core.errors import UserError
from assistant.core.predicates import parse_predicate
from assistant.core.rules import (
    DeadlineRule,
    FlagRule,
    Gate,
    GateEffect,
    GoalTopic,
    LawChoice,
    LawName,
    Ordering,
    OutcomeRule,
    ScoringBasis,
    Screening,
    ScreeningPattern,
)

Model = TypeVar("Model", bound=BaseModel)
Read = TypeVar("Read")


class CatalogueError(UserError):
    """The catalogue is broken: which file, which entry, which field, and what is wrong."""

    def __init__(self, file: str, entry: str, field: str, problem: str) -> None:
        where = ", ".join(
            part for part in (file, f"entry {entry!r}" if entry else "", f"field {field!r}" if field else "") if part
        )
        super().__init__(f"The catalogue is broken in {where}: {problem}.")


def _predicate(data: object) -> object:
    return data if data is None else parse_predicate(data)


def _patterns(data: object) -> object:
    return tuple(_pattern(str(item)) for item in data) if isinstance(data, list) else data


def _pattern(text: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    try:
        return re.compile(text, flags)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression ({error})") from None


def _as_tuple(data: object) -> object:
    return (data,) if isinstance(data, str) else data


Condition = Annotated[Any, BeforeValidator(parse_predicate)]
MaybeCondition = Annotated[Any, BeforeValidator(_predicate)]
Patterns = Annotated[tuple[Any, ...], BeforeValidator(_patterns)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class _FieldsMeta(BaseModel):
    area_values: dict[str, str]
    shared_area: str = "common"


class _Field(_Strict):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label_da: str
    label_en: str
    plain_da: str = ""
    plain_en: str = ""
    type: FieldType
    allowed: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    pattern: str | None = None
    unit: str = ""
    source_system: str = ""
    area: str
    gdpr_art9: bool = False
    protected: bool = False
    proxy_risk: tuple[str, ...] = ()
    model_use: ModelUse
    value_model_use: dict[str, ModelUse] = {}
    value_area: dict[str, str] = {}
    default_if_missing: Any = None
    max_age_months: int | None = Field(default=None, gt=0)
    sensitive: bool = False
    monotone: int = Field(default=0, ge=-1, le=1)
    actionable: bool = False
    question_da: str = ""
    question_en: str = ""
    combining: str = ""
    note: str = ""
    mappings: dict[str, str] = {}


class _Scoring(_Strict):
    roles: tuple[str, ...]
    needs: str


class _Meta(BaseModel):
    version: str
    law_short_names: dict[str, str] = {}
    global_gates: tuple[dict[str, Any], ...] = ()
    ai_scoring_in_operation: dict[str, _Scoring] = {}
    goal_types: dict[str, str]
    unpredicted_goal_types: frozenset[str] = frozenset()

    def scoring(self) -> dict[str, ScoringBasis]:
        """What scoring needs in operation, by the pathway's `ai_basis.status`; what is not listed is refused."""
        return {
            status: ScoringBasis(roles=entry.roles, needs=entry.needs)
            for status, entry in self.ai_scoring_in_operation.items()
        }


class _Contra(_Strict):
    hard: MaybeCondition = None
    soft: MaybeCondition = None


class _Basis(_Strict):
    law: str
    section: str
    stk: str | None = None


class _AiBasis(_Strict):
    status: str


class _Authority(_Strict):
    date: dt.date
    to: str
    confidence: float = 1.0


class _Deadline(_Strict):
    rule: str
    text: str


class _Pathway(_Strict):
    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name_da: str
    name_en: str
    family: str
    goal_type: str
    intrusiveness: int = Field(ge=1, le=5)
    legal_basis: tuple[_Basis, ...] = Field(min_length=1)
    authority: str
    eligibility: Condition
    contraindications: _Contra = _Contra()
    duration: str = ""
    evidence_required: tuple[str, ...] = ()
    deadlines: tuple[_Deadline, ...] = ()
    complaint: str
    complaint_body: str = ""
    valid_from: dt.date
    valid_to: dt.date | None = None
    authority_change: _Authority | None = None
    new_entrants: bool = True
    ai_basis: _AiBasis
    duty: bool = False
    referral_only: bool = False
    sensitive: bool = False
    decided_elsewhere: bool = False
    reform_note: str = ""
    confidence: float = Field(default=1.0, ge=0, le=1)
    citizen_da: str
    citizen_en: str
    refusal_da: str = ""
    refusal_en: str = ""
    variants: tuple[str, ...] = ()
    kle: dict[str, Any] = {}
    icf: tuple[str, ...] = ()
    fsiii: tuple[str, ...] = ()
    ffb: tuple[str, ...] = ()


class _Pointer(_Strict):
    when: Condition
    tier: Tier
    because_da: str
    because_en: str


class _Points(_Strict):
    pointers: tuple[_Pointer, ...] = ()
    goal_topics: tuple[str, ...] = ()


class _OrderingFile(_Strict):
    goal_fields: tuple[str, ...] = ()
    consent_may_be_asked: MaybeCondition = None
    consent_matters: MaybeCondition = None
    negations: Patterns = ()
    goal_topics: list[Any] = []
    law_choices: list[Any] = []
    pathways: dict[str, _Points] = {}


def read_text(file: Traversable, *, required: bool) -> str | None:
    """The file's text; None for an optional file that is not there."""
    if not file.is_file():
        if required:
            raise CatalogueError(file.name, "", "", "the file is missing; a catalogue needs it")
        return None
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CatalogueError(
            file.name, "", "", f"the file is not UTF-8 (byte {error.start}); save it as UTF-8"
        ) from None


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping; YAML would silently keep the last, and lose a condition."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"the key {key.value!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def parse_yaml(name: str, text: str) -> Any:
    """The YAML document in `text`."""
    try:
        return yaml.load(text, _UniqueKeys)  # a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        problem = f" ({error.problem})" if isinstance(error, yaml.MarkedYAMLError) and error.problem else ""
        raise CatalogueError(name, "", "", f"not valid YAML{where}{problem}") from None


def _section(file: str, data: Any, key: str) -> list[Any]:
    if not isinstance(data, Mapping) or not isinstance(data.get(key), list):
        raise CatalogueError(file, "", key, f"the file needs a list named {key!r}")
    return list(data[key])


def _validate(file: str, entry: str, model: type[Model], data: Any) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CatalogueError(file, entry, field, str(first["msg"]).removeprefix("Value error, ")) from None


def _entries(file: str, items: list[Any], model: type[Model]) -> dict[str, Model]:
    read: dict[str, Model] = {}
    for number, item in enumerate(items, start=1):
        entry = str(item.get("id", f"no. {number}")) if isinstance(item, Mapping) else f"no. {number}"
        if entry in read:
            raise CatalogueError(file, entry, "id", "the id stands twice")
        read[entry] = _validate(file, entry, model, item)
    return read


def read_labels(data: Any) -> dict[str, dict[str, tuple[str, str]]]:
    """Words for values, Danish and English, by field; values that several fields share stand under `shared`."""
    adapter = TypeAdapter(dict[str, dict[str, tuple[str, str]]])
    try:
        return adapter.validate_python(data or {})
    except ValidationError as error:
        first = error.errors()[0]
        raise CatalogueError("labels.yaml", ".".join(map(str, first["loc"])), "", str(first["msg"])) from None


def read_fields(
    data: Any, labels: Mapping[str, Mapping[str, tuple[str, str]]]
) -> tuple[_FieldsMeta, dict[str, FieldSpec]]:
    """The case fields and what their file says of areas."""
    file = "case_fields.yaml"
    raw = _entries(file, _section(file, data, "fields"), _Field)
    meta = _validate(file, "meta", _FieldsMeta, data.get("meta"))
    if unknown := sorted(labels.keys() - raw.keys() - {"shared"}):
        raise CatalogueError("labels.yaml", unknown[0], "", "there is no such field in case_fields.yaml")
    fields = {}
    for key, item in raw.items():
        values = {**labels.get("shared", {}), **labels.get(key, {})}
        content: dict[str, Any] = dict(item)
        content["value_labels"] = values
        fields[key] = FieldSpec(**content)
    return meta, fields


def read_pathways(data: Any, ordering: Any) -> tuple[_Meta, dict[str, Pathway]]:
    """The pathways, each with the pointers that `ordering.yaml` gives it."""
    file = "pathways.yaml"
    raw = _entries(file, _section(file, data, "pathways"), _Pathway)
    meta = _validate(file, "meta", _Meta, data.get("meta"))
    points = _validate("ordering.yaml", "", _OrderingFile, ordering or {}).pathways
    if unknown := sorted(points.keys() - raw.keys()):
        raise CatalogueError("ordering.yaml", unknown[0], "", "there is no such pathway in pathways.yaml")
    return meta, {key: _pathway(item, points.get(key, _Points())) for key, item in raw.items()}


def _pathway(raw: _Pathway, points: _Points) -> Pathway:
    return Pathway(
        **{
            name: getattr(raw, name)
            for name in (
                "id",
                "name_da",
                "name_en",
                "family",
                "goal_type",
                "intrusiveness",
                "authority",
                "eligibility",
                "evidence_required",
                "complaint",
                "complaint_body",
                "valid_from",
                "valid_to",
                "new_entrants",
                "duty",
                "referral_only",
                "sensitive",
                "decided_elsewhere",
                "duration",
                "reform_note",
                "confidence",
                "citizen_da",
                "citizen_en",
                "refusal_da",
                "refusal_en",
            )
        },
        legal_basis=tuple(LegalRef(**dict(item)) for item in raw.legal_basis),
        contraindication_hard=raw.contraindications.hard,
        contraindication_soft=raw.contraindications.soft,
        deadlines=tuple(PathwayDeadline(**dict(item)) for item in raw.deadlines),
        authority_change=AuthorityChange(**dict(raw.authority_change)) if raw.authority_change else None,
        ai_basis=raw.ai_basis.status,
        pointers=tuple(Pointer(**dict(item)) for item in points.pointers),
        goal_topics=points.goal_topics,
        extra={"variants": raw.variants, "icf": raw.icf, "fsiii": raw.fsiii, "ffb": raw.ffb, "kle": raw.kle},
    )


def read_gates(items: tuple[dict[str, Any], ...]) -> tuple[Gate, ...]:
    """The gates; one whose `when` is prose is evaluated in code by its effect."""
    adapter = TypeAdapter(GateEffect)
    gates = []
    for item in items:
        entry = str(item.get("id", "?"))
        when: Predicate | None = None
        try:
            if isinstance(item.get("when"), Mapping):
                when = parse_predicate(item["when"])
            effect = adapter.validate_python(item.get("effect"))
        except (ValueError, ValidationError) as error:
            raise CatalogueError("pathways.yaml", entry, "when/effect", str(error).splitlines()[0]) from None
        message = str(item.get("message_da", ""))
        gates.append(
            Gate(
                id=entry,
                effect=effect,
                when=when,
                message_da=message,
                message_en=str(item.get("message_en", message)),
            )
        )
    return tuple(gates)


class _Law(_Strict):
    name_da: str
    name_en: str = ""
    aliases: Texts = ()


def read_laws(data: Any, short_names: Mapping[str, str]) -> dict[str, LawName]:
    """The laws by short name; without laws.yaml the short names of pathways.yaml stand alone."""
    laws = {short: LawName(short=short, name_da=text, name_en=text) for short, text in short_names.items()}
    if not isinstance(data or {}, Mapping):
        raise CatalogueError("laws.yaml", "", "", "the file needs a mapping from short names to laws")
    for short, item in (data or {}).items():
        law = _validate("laws.yaml", str(short), _Law, item)
        laws[str(short)] = LawName(
            short=str(short), name_da=law.name_da, name_en=law.name_en or law.name_da, aliases=law.aliases
        )
    return laws


class _DeadlineRule(_Strict):
    id: str
    starts: tuple[tuple[str, int], ...] = ()
    from_number: str | None = None
    at_weeks: int = 0
    warn_from_weeks: int = 0
    met_by: str | None = None
    applies: MaybeCondition = None
    pathways: tuple[str, ...] = ()
    text_da: str
    text_en: str
    law_refs: tuple[str, ...] = ()


class _FlagRule(_Strict):
    id: str
    when: MaybeCondition = None
    words: Patterns = ()
    missing: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    eligible: tuple[str, ...] = ()
    screened: tuple[str, ...] = ()
    withheld_note: bool = False
    text_da: str
    text_en: str
    law_refs: tuple[str, ...] = ()


class _OutcomeRule(_Strict):
    id: str
    outcome: Outcome
    when: Condition
    unless_tier: tuple[Tier, ...] = ()
    folds: tuple[str, ...] = ()
    text_da: str
    text_en: str
    law_refs: tuple[str, ...] = ()


class _GoalTopic(_Strict):
    id: str
    words: Patterns
    negatable: bool = True
    label_da: str
    label_en: str


class _LawChoice(_Strict):
    id: str
    law: str
    when: Condition
    because_da: str
    because_en: str
    law_refs: tuple[str, ...] = ()


class _ScreeningPattern(_Strict):
    id: str
    kind: str = Field(pattern="^(personal|instruction)$")
    pattern: str
    flags: Literal["", "i"] = ""
    replacement: str = ""
    identifies: bool = False

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        _pattern(self.pattern)
        return self


def _list(file: str, data: Any, key: str, model: type[Model], make: Callable[..., Read]) -> list[Read]:
    if data is None:
        return []
    return [make(**dict(item)) for item in _entries(file, _section(file, data, key), model).values()]


def read_deadlines(data: Any) -> dict[str, DeadlineRule]:
    """The deadline rules by id."""
    return {rule.id: rule for rule in _list("deadlines.yaml", data, "deadlines", _DeadlineRule, DeadlineRule)}


def read_flags(data: Any) -> tuple[FlagRule, ...]:
    """The flag rules in their order."""
    return tuple(_list("flags.yaml", data, "flags", _FlagRule, FlagRule))


def read_outcomes(data: Any) -> tuple[OutcomeRule, ...]:
    """The outcome rules in their order: the first that holds counts."""
    return tuple(_list("outcomes.yaml", data, "outcomes", _OutcomeRule, OutcomeRule))


def read_ordering(data: Any) -> Ordering:
    """The words of goals, and what negates them."""
    file = "ordering.yaml"
    if data is None:
        return Ordering()
    whole = _validate(file, "", _OrderingFile, data)
    topics = _list(file, {"goal_topics": whole.goal_topics}, "goal_topics", _GoalTopic, GoalTopic)
    choices = _list(file, {"law_choices": whole.law_choices}, "law_choices", _LawChoice, LawChoice)
    return Ordering(
        goal_topics={topic.id: topic for topic in topics},
        negations=whole.negations,
        goal_fields=whole.goal_fields,
        law_choices=tuple(choices),
        consent_may_be_asked=whole.consent_may_be_asked,
        consent_matters=whole.consent_matters,
    )


def read_screening(data: Any) -> Screening:
    """The patterns of personal data and of instructions."""

    def make(**item: Any) -> ScreeningPattern:
        item["pattern"] = _pattern(item["pattern"], re.IGNORECASE if item.pop("flags") else re.RegexFlag(0))
        return ScreeningPattern(**item)

    return Screening(patterns=tuple(_list("screening.yaml", data, "patterns", _ScreeningPattern, make)))
