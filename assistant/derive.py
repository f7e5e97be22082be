"""From what the rules say and the recorded evidence to the suggestion: pure, so that it can be derived again.

The result is CONTRACT's suggestion as plain JSON, without the ledger's own part.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import Catalogue
from assistant.core.consider import Considered, Result, conclude
from assistant.core.domain import Mode, Value
from assistant.core.eligibility import Assessment
from assistant.core.gates import scoring_refusal
from assistant.core.ordering import Ranked
from assistant.core.texts import Texts
from assistant.evidence import Evidence, Quote, score_facts
from explain import game, pathway
from explain.pathway import ExplanationRefused, PathwayExplanation

Suggestion = dict[str, Any]
Floats = NDArray[np.float64]


class Terms(Protocol):
    """One case under every pathway, as the model gives it."""

    @property
    def pathways(self) -> tuple[str, ...]:
        """Pathways, P of them."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """Features, J of them."""
        ...

    @property
    def values(self) -> Floats:
        """g_pj(x_j), shape [P, J]."""
        ...

    @property
    def mean(self) -> Floats:
        """μ_pj, shape [P, J]."""
        ...

    @property
    def context(self) -> Floats:
        """c + f_P(p), shape [P]."""
        ...

    @property
    def margin(self) -> Floats:
        """The library's own margin, shape [P]."""
        ...


class Model(Protocol):
    """The pathway model, as far as a suggestion uses it."""

    @property
    def version(self) -> str:
        """A name for exactly this model."""
        ...

    @property
    def pathways(self) -> tuple[str, ...]:
        """The pathways it can score."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """What it reads, in order."""
        ...

    @property
    def parents(self) -> Mapping[str, str]:
        """The list field of each feature that is an item of one."""
        ...

    @property
    def alpha(self) -> float:
        """How many imagined cases the prior weighs."""
        ...

    @property
    def prior(self) -> Mapping[str, float]:
        """Each pathway's general rate of success."""
        ...

    def terms(
        self,
        facts: Mapping[str, Value | None],
        past_success: Mapping[str, float] | None = None,
        guidance_support: Mapping[str, float] | None = None,
    ) -> Terms:
        """The case's terms under every pathway."""
        ...

    def curve(self, pathway: str, feature: str) -> game.Curve:
        """g_pj as a function of the feature's number."""
        ...

    def in_prediction_set(self, pathway: str, probability: float) -> bool:
        """Whether success lies in the conformal prediction set."""
        ...

    def experience(self, pathway: str) -> int:
        """How many earlier cases it learnt the pathway from."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a suggestion is made under: which rules, which model, which mode, and what may be scored.

    `with_basis` names the pathways for which a legal basis to score is on record in this mode and for this role;
    `suspended` names pathways, laws or "model"/"all" that the board has switched off.
    """

    catalogue: Catalogue
    model: Model | None
    mode: Mode
    with_basis: frozenset[str]
    versions: Mapping[str, str | None]
    suspended: frozenset[str] = frozenset()
    questions: int = 3
    labels: MutableMapping[tuple[str, str], str] = field(default_factory=dict)
    """Names of contributions by (id, language), kept from one suggestion to the next."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A pathway's explained score, or the reason code for having none."""

    explanation: PathwayExplanation | None
    refused: str | None


def score_refusals(considered: Considered, frame: Frame) -> dict[str, str]:
    """Why each pathway that gets no score gets none, as reason codes."""
    refusals: dict[str, str] = {}
    for key, assessment in considered.assessments.items():
        reason = _refusal(key, assessment, considered, frame)
        if reason is not None:
            refusals[key] = reason
    return refusals


def _refusal(key: str, assessment: Assessment, considered: Considered, frame: Frame) -> str | None:
    if frame.model is None:
        return "model_off"
    if frame.suspended & {"all", "model", key} or frame.suspended & {ref.law for ref in assessment.pathway.legal_basis}:
        return "suspended_by_board"
    if not assessment.open:
        return "not_open"
    if assessment.pathway.duty:
        return "duty_is_explained_never_scored"
    if assessment.pathway.goal_type in frame.catalogue.unpredicted:
        return "no_success_is_predicted"
    refusal = scoring_refusal(
        assessment.pathway,
        frame.catalogue,
        mode=frame.mode,
        role=considered.case.role,
        has_basis=lambda _status, _needs: key in frame.with_basis,
    )
    if refusal is not None:
        return refusal
    return None if key in frame.model.pathways else "too_little_experience"


def explain_scores(considered: Considered, evidence: Evidence, frame: Frame) -> dict[str, Scored]:
    """The explained score of every pathway that may have one; an explanation that misses is refused."""
    refusals = score_refusals(considered, frame)
    results = {key: Scored(None, reason) for key, reason in refusals.items()}
    wanted = [key for key in considered.assessments if key not in refusals]
    if frame.model is None or not wanted:
        return results
    model = frame.model
    past = {
        key: game.past_success(e.reached, model.alpha, model.prior[key])
        for key, e in evidence.past.items()
        if key in model.prior
    }
    support = {key: game.support(e.relevances) for key, e in evidence.support.items()}
    terms = model.terms(score_facts(considered, frame.catalogue), past, support)
    by_pathway = pathway.split_terms(
        terms.pathways, terms.features, terms.values, terms.mean, terms.context, terms.margin
    )
    for key in wanted:
        try:
            explanation = pathway.explain_pathway(
                by_pathway[key],
                _past(evidence, key, model),
                _guidance(evidence, key, model),
                parents=model.parents,
            )
            results[key] = Scored(explanation, None)
        except ExplanationRefused:
            results[key] = Scored(None, "explanation_does_not_add_up")
    return results


def _past(evidence: Evidence, key: str, model: Model) -> pathway.PastEvidence | None:
    found = evidence.past.get(key)
    if found is None or pathway.PAST_CASES not in model.features:
        return None
    curve = model.curve(key, pathway.PAST_CASES)
    return pathway.PastEvidence(found.names, found.reached, curve, model.alpha, model.prior[key])


def _guidance(evidence: Evidence, key: str, model: Model) -> pathway.GuidanceEvidence | None:
    found = evidence.support.get(key)
    if found is None or pathway.GUIDANCE not in model.features:
        return None
    return pathway.GuidanceEvidence(found.passage_ids, found.relevances, model.curve(key, pathway.GUIDANCE))


def derive(suggestion_id: str, considered: Considered, evidence: Evidence, frame: Frame) -> Suggestion:
    """The whole suggestion. The same input gives the same JSON."""
    scored = explain_scores(considered, evidence, frame)
    scores = {key: s.explanation.probability for key, s in scored.items() if s.explanation is not None}
    result = conclude(considered, frame.catalogue, scores)
    case = considered.case
    ranked = {entry.assessment.pathway.id: entry for entry in result.ranked}
    numbers = _rank_numbers(result, scored, frame.mode)
    return {
        "suggestion_id": suggestion_id,
        "case_id": case.id,
        "as_of": case.today.isoformat(),
        "area": case.area,
        "mode": frame.mode.value,
        "rules_as_of": frame.catalogue.as_of,
        "versions": dict(frame.versions),
        "outcome": result.outcome.value,
        "outcome_reason": _outcome_reason(result),
        "citizen_goals": [
            {"id": topic.id, "label_da": topic.label_da, "label_en": topic.label_en} for topic in considered.goals
        ],
        "assessments": [
            _assessment_json(key, considered, scored.get(key), ranked.get(key), evidence, frame)
            | {"rank": numbers.get(key)}
            for key in sorted(considered.assessments, key=lambda k: _place(k, ranked, considered))
        ],
        "questions": _questions(considered, result, frame),
        "flags": [_flag_json(flag) for flag in considered.flags],
        "choice_of_law": _law_choice(considered),
        "masked_fields": sorted(considered.view.masked),
        "outdated_fields": sorted(considered.view.outdated),
        "note_withheld": considered.note_withheld,
        "withheld_quotes": evidence.withheld_quotes,
    }


def _place(key: str, ranked: Mapping[str, Ranked], considered: Considered) -> tuple[int, int, int]:
    order = {"eligible": 0, "undetermined": 1, "blocked": 2, "not_eligible": 3}
    position = list(considered.assessments).index(key)
    rank = ranked[key].rank if key in ranked else 10**6
    return rank, order[considered.assessments[key].eligibility.value], position


def _rank_numbers(result: Result, scored: Mapping[str, Scored], mode: Mode) -> dict[str, int]:
    """The rank numbers from 1; in operation only pathways that may be scored get one and are counted."""
    order = [entry.assessment.pathway.id for entry in result.ranked]
    counted = [key for key in order if mode is not Mode.OPERATION or scored[key].explanation is not None]
    return {key: number for number, key in enumerate(counted, start=1)}


def _outcome_reason(result: Result) -> dict[str, Any] | None:
    if result.rule is None:
        return None
    return {"text_da": result.rule.text_da, "text_en": result.rule.text_en, "law_refs": list(result.rule.law_refs)}


def _law_choice(considered: Considered) -> dict[str, Any] | None:
    choice = considered.law_choice
    if choice is None:
        return None
    return {
        "law": choice.law,
        "because": choice.because_da,
        "because_en": choice.because_en,
        "law_refs": list(choice.law_refs),
        "confirmed_by": None,
    }


def _flag_json(flag: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": flag.id,
        "text_da": flag.text_da,
        "text_en": flag.text_en,
        "law_refs": list(flag.law_refs),
    }
    if flag.due is not None:
        data["due"] = flag.due.isoformat()
    return data


def _assessment_json(
    key: str,
    considered: Considered,
    scored: Scored | None,
    ranked: Ranked | None,
    evidence: Evidence,
    frame: Frame,
) -> dict[str, Any]:
    assessment = considered.assessments[key]
    source = assessment.pathway
    explanation = scored.explanation if scored else None
    rules_only = frame.mode is Mode.OPERATION and explanation is None
    held = {item for fact in considered.view.facts.values() if isinstance(fact.value, tuple) for item in fact.value}
    data: dict[str, Any] = {
        "pathway": key,
        "name_da": source.name_da,
        "name_en": source.name_en,
        "family": source.family,
        "goal_type": source.goal_type,
        "eligibility": assessment.eligibility.value,
        "blocked_by": assessment.blocked_by,
        "duty": source.duty,
        "warning": assessment.warning,
        "scored": explanation is not None,
        "not_scored_because": None if explanation else (scored.refused if scored else "stopped"),
        "rank": None,
        "rank_reason": _rank_reason(ranked) if ranked else None,
        "order": ranked.rank if ranked else None,
        "folded": ranked is None,
        "probability": explanation.probability if explanation else None,
        "in_prediction_set": _in_set(frame, key, explanation),
        "experience": frame.model.experience(key) if frame.model and explanation else None,
        "missing_fields": list(assessment.missing_fields),
        "missing_documents": sorted(set(source.evidence_required) - held) if assessment.open else [],
        "clearance_fields": list(assessment.clearance_fields),
        "legal_refs": [str(ref) for ref in source.legal_basis],
        "authority": source.authority,
        "authority_change": _authority_change(source),
        "deadlines": [{"rule": d.rule, "text": d.text} for d in source.deadlines],
        "complaint": source.complaint,
        "complaint_body": source.complaint_body,
        "confidence": source.confidence,
        "intrusiveness": source.intrusiveness,
        "trace": assessment.trace,
        "explanation": _explanation_json(explanation, frame, evidence.quotes.get(key, ())),
        "evidence": _evidence_json(key, evidence, explanation is not None),
    }
    if rules_only:
        data["group"] = "rules"
    return data


def _in_set(frame: Frame, key: str, explanation: PathwayExplanation | None) -> bool | None:
    if frame.model is None or explanation is None:
        return None
    return bool(frame.model.in_prediction_set(key, explanation.probability))


def _authority_change(source: Any) -> dict[str, Any] | None:
    change = source.authority_change
    return (
        None if change is None else {"date": change.date.isoformat(), "to": change.to, "confidence": change.confidence}
    )


def _rank_reason(ranked: Ranked) -> dict[str, Any]:
    da, en = Texts.of("assistant.core", "da"), Texts.of("assistant.core", "en")
    return {
        "placed_by": ranked.placed_by,
        "text_da": da(f"rank-{ranked.placed_by}"),
        "text_en": en(f"rank-{ranked.placed_by}"),
        "reasons": [{"tier": r.tier, "because_da": r.because_da, "because_en": r.because_en} for r in ranked.reasons],
    }


def _explanation_json(
    explanation: PathwayExplanation | None, frame: Frame, quotes: Sequence[Quote]
) -> dict[str, Any] | None:
    if explanation is None:
        return None
    headings = {quote.passage_id: quote.heading for quote in quotes}
    leaves = pathway.leaves(explanation.contributions)
    residual = explanation.base + math.fsum(leaf.value for leaf in leaves) - explanation.margin
    return {
        "base": explanation.base,
        "margin": explanation.margin,
        "residual": residual,
        "contributions": [
            {
                "id": part.id,
                "kind": part.kind,
                "value": part.value,
                "label_da": _label(part.id, "da", frame, headings),
                "label_en": _label(part.id, "en", frame, headings),
                **({"parent": part.parent} if part.parent else {}),
            }
            for part in explanation.contributions
        ],
    }


def _label(name: str, language: str, frame: Frame, headings: Mapping[str, str]) -> str:
    kind, _, rest = name.partition(":")
    if kind == "guidance" and rest in headings:
        return Texts.of("assistant.core", language)("contribution-passage", heading=headings[rest])
    if (name, language) not in frame.labels:
        frame.labels[name, language] = _fixed_label(name, language, frame.catalogue)
    return frame.labels[name, language]


def _fixed_label(name: str, language: str, catalogue: Catalogue) -> str:
    texts = Texts.of("assistant.core", language)
    kind, _, rest = name.partition(":")
    if kind == "fact":
        field_id, _, item = rest.partition("=")
        if field_id not in catalogue.fields:
            return rest
        label = catalogue.field_label(field_id, language)
        return f"{label}: {catalogue.value_label(field_id, item, language)}" if item else label
    if kind == "past_case" and rest.startswith("tidligere-"):
        return texts("contribution-past-case", number=rest.removeprefix("tidligere-").lstrip("0"))
    key = "contribution-" + name.replace(":", "-").replace("_", "-")
    return texts(key) if texts.has(key) else texts("contribution-other-passage")


def _evidence_json(key: str, evidence: Evidence, scored: bool) -> dict[str, Any]:
    past = evidence.past.get(key) if scored else None
    return {
        "passages": [
            {
                "passage_id": quote.passage_id,
                "document": quote.document,
                "heading": quote.heading,
                "quote": quote.quote,
                "law_refs": list(quote.law_refs),
            }
            for quote in evidence.quotes.get(key, ())
        ],
        "past_cases": None
        if past is None
        else {
            "n": len(past.reached),
            "reached_goal": sum(past.reached),
            "shown": [
                {"name": name, "reached_goal": reached}
                for name, reached in zip(past.names[:5], past.reached[:5], strict=True)
            ],
        },
    }


def _questions(considered: Considered, result: Result, frame: Frame) -> list[dict[str, Any]]:
    """At most a few questions: clearance first, then the fields that could settle most of what is pointed to.

    A sensitive field is never asked merely because it is absent: only a field of a pathway that something points
    to is asked, and a sensitive one not at all. A masked field is not asked for; consent is.
    """
    catalogue, view = frame.catalogue, considered.view
    could: dict[str, list[str]] = {}
    clearance: list[str] = []
    candidates = [entry.assessment for entry in result.ranked] or [
        a for a in considered.assessments.values() if a.open and not a.pathway.duty and not a.pathway.sensitive
    ]
    for assessment in candidates:
        for name in assessment.clearance_fields:
            could.setdefault(name, []).append(assessment.pathway.id)
            clearance.append(name)
        for name in assessment.missing_fields:
            could.setdefault(name, []).append(assessment.pathway.id)
    asked = [name for name in could if name not in view.masked and not catalogue.fields[name].sensitive]
    asked.sort(key=lambda name: (name not in clearance, -len(could[name]), name))
    questions = [_question(name, could[name], catalogue) for name in asked[: frame.questions]]
    if considered.stopped:
        return []
    if result.outcome.value == "spoerg_om_samtykke_foerst":
        consent = _consent_field(catalogue)
        if consent is not None:
            waiting = [a.pathway.id for a in considered.assessments.values() if set(a.missing_fields) & view.masked]
            questions = [_question(consent, waiting, catalogue), *questions][: frame.questions]
    return questions


def _consent_field(catalogue: Catalogue) -> str | None:
    for gate in catalogue.gates:
        if gate.effect == "mask_other_areas" and gate.when is not None:
            return str(getattr(gate.when, "field", "")) or None
    return None


def _question(name: str, could_change: Sequence[str], catalogue: Catalogue) -> dict[str, Any]:
    spec = catalogue.fields[name]
    da, en = Texts.of("assistant.core", "da"), Texts.of("assistant.core", "en")
    return {
        "field": name,
        "question_da": spec.question_da or da("question-field", field=spec.label_da),
        "question_en": spec.question_en or en("question-field", field=spec.label_en),
        "could_change": list(could_change),
    }


def new_suggestion_id(case_id: str, entropy: bytes) -> str:
    """An id that tells nothing: `s-` and 16 hex digits."""
    return "s-" + hashlib.sha256(entropy + case_id.encode()).hexdigest()[:16]


_LETTERS = "bcdfghjklmnpqrst"
"""Sixteen letters that spell no word."""


def new_case_id(entropy: bytes) -> str:
    """An id for a case that came without one: `sag-` and letters alone, so that no digits in it look like a person's.

    >>> new_case_id(bytes(range(6)))
    'sag-bbbcbdbfbgbh'
    """
    return "sag-" + "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in entropy)
