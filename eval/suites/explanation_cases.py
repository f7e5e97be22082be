"""Random cases through the real rules, with invented scores: texts are tested on thousands of them without a model."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.core.cases import Located, parse_case
from assistant.core.catalogue import Catalogue
from assistant.core.consider import Considered, conclude, consider
from assistant.core.domain import Fact, FieldSpec, ModelUse
from assistant.core.eligibility import Assessment
from assistant.core.ordering import Ranked

DAY = dt.date(2026, 11, 23)
GOALS = (
    "Jeg vil gerne have et job, hvor jeg ikke skal løfte.",
    "At kunne gå tur med hunden igen.",
    "Få styr på post og regninger.",
    "Slippe for flere indlæggelser.",
)


@dataclass(frozen=True, slots=True)
class InventedSuggestion:
    """A suggestion in CONTRACT's form with the facts and screened texts it was made from."""

    suggestion: dict[str, Any]
    facts: Mapping[str, Fact]
    texts: Mapping[str, str]


def random_case(catalogue: Catalogue, seed: int) -> dict[str, Any]:
    """A case document with random allowed values, each field missing in about a third of the cases."""
    rng = random.Random(seed)
    facts = {
        name: {"value": value, **_provenance(rng)}
        for name, spec in catalogue.fields.items()
        if rng.random() > 0.35 and (value := _value(spec, rng)) is not None
    }
    area = rng.choice([*(a for a in catalogue.areas if a != catalogue.shared_area), "alle"])
    return {"id": f"R{seed}", "today": DAY.isoformat(), "caller_area": area, "case": facts}


def _provenance(rng: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if rng.random() < 0.5:
        found["source"] = rng.choice(["borgeren selv", "egen læge", "genoptræningsplanen"])
    if rng.random() < 0.5:
        found["observed_on"] = (DAY - dt.timedelta(days=rng.randint(0, 700))).isoformat()
    return found


def _value(spec: FieldSpec, rng: random.Random) -> Any:
    match spec.type:
        case "boolean":
            return rng.random() < 0.9
        case "enum":
            return rng.choice(spec.allowed)
        case "list":
            return rng.sample(spec.allowed, rng.randint(1, min(3, len(spec.allowed))))
        case "integer":
            low, high = spec.range or (0, 10)
            return rng.randint(int(low), int(high))
        case "number":
            low, high = spec.range or (0, 10)
            return round(rng.uniform(low, high), 1)
        case "date":
            return (DAY - dt.timedelta(days=rng.randint(0, 60))).isoformat()
        case "text":
            return rng.choice(GOALS)
        case _:
            return None


def invented_suggestion(
    document: Mapping[str, Any], catalogue: Catalogue, seed: int, *, scored: bool = True
) -> InventedSuggestion:
    """What the rules make of the case, with random contributions for every open pathway when `scored`."""
    case = parse_case(Located("case", document), catalogue, today=DAY, fallback_id=f"R{seed}")
    considered = consider(case, catalogue)
    rng = random.Random(seed)
    opened = [key for key, a in considered.assessments.items() if a.open] if scored else []
    explanations = {key: _explanation(catalogue, rng) for key in opened}
    scores = {key: 1 / (1 + math.exp(-e["margin"])) for key, e in explanations.items()}
    result = conclude(considered, catalogue, scores)
    ranked = {entry.assessment.pathway.id: entry for entry in result.ranked}
    questions = list(dict.fromkeys(f for e in result.ranked[:3] for f in e.assessment.missing_fields))[:3]
    suggestion = {
        "suggestion_id": f"S-{case.id}",
        "case_id": str(case.id),
        "as_of": case.today.isoformat(),
        "mode": "trial" if scored else "operation",
        "versions": {"rules": catalogue.version, "model": "invented" if scored else None},
        "outcome": result.outcome.value,
        "assessments": [
            _assessment(key, a, ranked.get(key), explanations.get(key), scores.get(key), rng)
            for key, a in considered.assessments.items()
        ],
        "questions": [_question(name, considered, catalogue) for name in questions],
        "flags": [_flag(flag) for flag in considered.flags],
        "choice_of_law": _law(considered),
        "masked_fields": sorted(considered.view.masked),
        "outdated_fields": sorted(considered.view.outdated),
        "ledger": {"entry": seed, "leaf_hash": f"{seed:064x}", "checkpoint": "invented"},
    }
    return InventedSuggestion(suggestion, dict(considered.view.facts), considered.usable_texts)


def _explanation(catalogue: Catalogue, rng: random.Random) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for name, spec in catalogue.fields.items():
        if spec.model_use is not ModelUse.ALLOWED:
            continue
        if spec.type == "list":
            items = [i for i in spec.allowed if spec.use_of(i) is ModelUse.ALLOWED]
            parts += _parent(f"fact:{name}", "fact", [(f"fact:{name}={i}", rng.gauss(0, 0.1)) for i in items])
        else:
            parts.append({"id": f"fact:{name}", "kind": "fact", "value": rng.gauss(0, 0.3)})
    cases = [("past_case:prior", rng.gauss(0, 0.1)), ("past_case:s1", rng.gauss(0, 0.1))]
    parts += _parent("evidence:past_cases", "past_case", cases)
    parts += _parent("evidence:guidance", "guidance", [("guidance:baseline", rng.gauss(0, 0.1))])
    parts.append({"id": "pathway", "kind": "pathway", "value": rng.gauss(0, 0.4)})
    parents = {part.get("parent") for part in parts}
    leaves = math.fsum(part["value"] for part in parts if part["id"] not in parents)
    return {"base": 0.2, "margin": 0.2 + leaves, "contributions": parts}


def _parent(name: str, kind: str, children: list[tuple[str, float]]) -> list[dict[str, Any]]:
    whole = {"id": name, "kind": kind, "value": math.fsum(value for _, value in children)}
    return [whole, *({"id": key, "kind": kind, "value": value, "parent": name} for key, value in children)]


def _assessment(
    key: str,
    assessment: Assessment,
    ranked: Ranked | None,
    explanation: dict[str, Any] | None,
    score: float | None,
    rng: random.Random,
) -> dict[str, Any]:
    n = rng.randint(0, 20)
    found: dict[str, Any] = {
        "pathway": key,
        "eligibility": assessment.eligibility.value,
        "blocked_by": assessment.blocked_by,
        "scored": explanation is not None,
        "not_scored_because": None if explanation else "no_legal_basis_for_ai",
        "rank": ranked.rank if ranked and explanation else None,
        "order": ranked.rank if ranked else None,
        "warning": assessment.warning,
        "probability": score,
        "in_prediction_set": None if score is None else score > 0.4,
        "missing_fields": list(assessment.missing_fields),
        "legal_refs": [str(ref) for ref in assessment.pathway.legal_basis],
        "trace": assessment.trace,
        "explanation": explanation,
        "evidence": {
            "passages": [],
            "past_cases": {"n": n, "reached_goal": rng.randint(0, n), "shown": []} if explanation else None,
        },
    }
    if ranked is None:
        return {**found, "folded": True}
    reasons = [{"tier": r.tier, "because_da": r.because_da, "because_en": r.because_en} for r in ranked.reasons]
    return {
        **found,
        "goal_type": assessment.pathway.goal_type,
        "rank_reason": {"placed_by": ranked.placed_by, "reasons": reasons},
    }


def _question(name: str, considered: Considered, catalogue: Catalogue) -> dict[str, Any]:
    changes = [key for key, a in considered.assessments.items() if name in a.missing_fields]
    return {"field": name, "question_da": catalogue.field_label(name, "da"), "could_change": changes}


def _flag(flag: Any) -> dict[str, Any]:
    due = flag.due.isoformat() if flag.due else None
    return {"id": flag.id, "text_da": flag.text_da, "text_en": flag.text_en, "due": due}


def _law(considered: Considered) -> dict[str, Any] | None:
    choice = considered.law_choice
    if choice is None:
        return None
    return {"law": choice.law, "because": choice.because_da, "because_en": choice.because_en, "confirmed_by": None}
