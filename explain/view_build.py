"""From a suggestion as it was logged to the one object that texts are written from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from assistant.core.catalogue import Catalogue
from assistant.core.domain import Fact, ModelUse
from explain.complaints import complaint_bodies, presentation
from explain.contrast import contrast
from explain.reasons import reasons_of, shown_value, spreads, suppressed_items
from explain.trace import rule_leaves
from explain.view import Choice, Contact, ExplanationView, KnownFact, NotUsed, NotUsedWhy, Question

MOST_CONTRASTS = 3
"""How many of the next pathways the first is held against."""

_WHY: Mapping[ModelUse, NotUsedWhy] = {
    ModelUse.RULES_ONLY: "rules_only",
    ModelUse.TEXT_SOURCE: "text",
    ModelUse.DISPLAY_ONLY: "display_only",
}


def explanation_view(
    suggestion: Mapping[str, Any],
    facts: Mapping[str, Fact],
    catalogue: Catalogue,
    *,
    contact: Contact | None = None,
    texts: Mapping[str, str] | None = None,
) -> ExplanationView:
    """Read a suggestion in CONTRACT's form together with the facts that were in view.

    `facts` are those the suggestion was made from, outdated and masked ones left out; `texts` are the free texts by
    field after screening, and without them the citizen's own words are not quoted. Raises `KeyError` when the
    suggestion lacks a key that CONTRACT promises, `ExplanationRefused` when a contrast does not add up.
    """
    spread = spreads(catalogue)
    choices = [_choice(item, facts, catalogue, spread) for item in suggestion["assessments"]]
    ranked = tuple(sorted((c for c in choices if c.place is not None), key=lambda c: c.place or 0))
    duties = tuple(c for c in choices if c.duty and c.place is None and c.eligibility == "eligible")
    rest = [c for c in choices if c.place is None and c not in duties]
    open_ = ("eligible", "undetermined")
    known = presentation()
    representative = facts.get(known.representative_field)
    standing = None if representative is None else str(representative.value)
    paper = facts.get(known.paper_field)
    because = suggestion.get("outcome_reason") or {}
    suggests = suggestion["outcome"] in ("foreslaa", "anden_myndighed")
    contrasts = tuple(
        contrast(suggestion, ranked[0].pathway, other.pathway) for other in ranked[1 : 1 + MOST_CONTRASTS]
    )
    return ExplanationView(
        suggestion_id=str(suggestion["suggestion_id"]),
        case_id=str(suggestion["case_id"]),
        as_of=dt.date.fromisoformat(suggestion["as_of"]),
        mode=str(suggestion["mode"]),
        outcome=str(suggestion["outcome"]),
        outcome_text_da=str(because.get("text_da") or because.get("because_da") or ""),
        outcome_text_en=str(because.get("text_en") or because.get("because_en") or ""),
        versions=dict(suggestion.get("versions") or {}),
        first=ranked[0] if ranked and suggests else None,
        ranked=ranked,
        folded=tuple(c for c in rest if c.eligibility in open_ and not c.duty),
        closed=tuple(c for c in rest if c.eligibility not in open_),
        duties=duties,
        facts=tuple(_known_facts(facts, choices, catalogue)),
        not_used=tuple(_not_used(suggestion, facts, catalogue)),
        questions=tuple(_question(item) for item in suggestion.get("questions") or ()),
        flags=tuple(suggestion.get("flags") or ()),
        choice_of_law=suggestion.get("choice_of_law"),
        goal=(texts or {}).get(known.goal_field),
        addressee=known.addressees.get(standing or "", "citizen"),
        representative=standing,
        paper=paper is not None and paper.value is True,
        contact=contact or Contact(),
        ledger=dict(suggestion.get("ledger") or {}),
        contrasts=contrasts,
        suppressed=tuple((name, item) for name, fact in facts.items() for item in _hidden_items(catalogue, name, fact)),
    )


def _choice(
    item: Mapping[str, Any], facts: Mapping[str, Fact], catalogue: Catalogue, spread: Mapping[str, int]
) -> Choice:
    pathway = catalogue.pathways[item["pathway"]]
    return Choice(
        pathway=pathway.id,
        eligibility=str(item["eligibility"]),
        place=item["order"] if item.get("order") is not None else item.get("rank"),
        rank=item.get("rank"),
        group=item.get("group"),
        goal_type=item.get("goal_type") or pathway.goal_type,
        duty=pathway.duty,
        reasons=reasons_of(item, facts, catalogue, spread),
        missing=tuple(item.get("missing_fields") or ()),
        law=tuple(item.get("legal_refs") or ()),
        bodies=complaint_bodies(pathway),
        warning=bool(item.get("warning")),
        missing_documents=tuple(item.get("missing_documents") or ()),
        blocked_by=item.get("blocked_by"),
        not_scored_because=item.get("not_scored_because"),
        probability=item.get("probability"),
        in_prediction_set=item.get("in_prediction_set"),
        explanation=item.get("explanation"),
        evidence=item.get("evidence") or {},
    )


def _question(item: Mapping[str, Any]) -> Question:
    text = str(item["question_da"])
    return Question(
        field=str(item["field"]),
        text_da=text,
        text_en=str(item.get("question_en") or text),
        could_change=tuple(item.get("could_change") or ()),
    )


def _known_facts(facts: Mapping[str, Fact], choices: Sequence[Choice], catalogue: Catalogue) -> Iterator[KnownFact]:
    ruled = {r.field for c in choices for r in c.reasons if r.kind == "rule"}
    scored = {
        str(part["id"]).removeprefix("fact:").split("=", 1)[0]
        for c in choices
        if c.explanation
        for part in c.explanation["contributions"]
        if part["kind"] == "fact"
    }
    for name, fact in facts.items():
        value = shown_value(catalogue, name, fact.value)
        if value is None or catalogue.fields[name].model_use in (ModelUse.TEXT_SOURCE, ModelUse.DISPLAY_ONLY):
            continue
        used: list[Literal["rules", "score"]] = []
        if name in ruled:
            used.append("rules")
        if name in scored:
            used.append("score")
        yield KnownFact(
            field=name,
            value=value,
            source=fact.source,
            observed_on=fact.observed_on,
            used_by=tuple(used),
            suppressed=len(suppressed_items(catalogue, name, fact.value)),
        )


def _not_used(suggestion: Mapping[str, Any], facts: Mapping[str, Fact], catalogue: Catalogue) -> Iterator[NotUsed]:
    goal = presentation().goal_field
    for name in suggestion.get("masked_fields") or ():
        if name in catalogue.fields:
            yield NotUsed(field=name, why="masked", area=catalogue.fields[name].area)
    for name in sorted(_outdated(suggestion)):
        yield NotUsed(field=name, why="outdated", area=catalogue.fields[name].area)
    for name, fact in facts.items():
        spec = catalogue.fields[name]
        if spec.model_use is ModelUse.DISPLAY_ONLY and not spec.sensitive:
            yield NotUsed(field=name, why="display_only", area=spec.area)
            continue
        if name == goal:  # the citizen's own words may place a pathway, so they are not "not used"
            continue
        if spec.model_use in _WHY and shown_value(catalogue, name, fact.value) is not None:
            yield NotUsed(field=name, why="protected" if spec.protected else _WHY[spec.model_use], area=spec.area)


def _outdated(suggestion: Mapping[str, Any]) -> set[str]:
    stated = set(suggestion.get("outdated_fields") or ())
    traced = {
        leaf.field
        for item in suggestion["assessments"]
        for leaf in rule_leaves(item["trace"])
        if leaf.state == "outdated"
    }
    return stated | traced


def _hidden_items(catalogue: Catalogue, name: str, fact: Fact) -> tuple[Any, ...]:
    spec = catalogue.fields[name]
    harmless = spec.model_use is ModelUse.DISPLAY_ONLY and not spec.sensitive
    if spec.model_use is ModelUse.TEXT_SOURCE or harmless:
        return ()
    return suppressed_items(catalogue, name, fact.value)
