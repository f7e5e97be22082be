"""A suggestion as cards to read: every line comes from the logged suggestion or the catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.domain import Case
from ui.facts import value_words
from ui.prose import Block, blocks
from ui.trace_view import Condition, conditions, deciding
from ui.words import texts

Json = Mapping[str, Any]
MOST_BARS = 9
"""Contributions drawn one by one; the rest stand as one sum, so that the picture still adds up."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One contribution: its words, its size as a share of the largest, and its number."""

    label: str
    value: float
    share: float
    side: str


@dataclass(frozen=True, slots=True)
class Score:
    """What the model says, taken apart: the bars add up to the margin and the margin gives the probability."""

    probability: float
    margin: float
    base: float
    bars: tuple[Bar, ...]
    pros: tuple[str, ...]
    cons: tuple[str, ...]
    thin: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """Words from guidance that stand in the source, with where they stand."""

    passage_id: str
    document: str
    heading: str
    blocks: tuple[Block, ...]
    law_refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One pathway as it is shown."""

    id: str
    name: str
    order: int | None
    eligibility: str
    law_refs: tuple[str, ...]
    placed_by: str
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    documents: tuple[str, ...]
    clearance: tuple[str, ...]
    deadlines: tuple[str, ...]
    authority: str
    change: tuple[str, str] | None
    complaint: str
    score: Score | None
    not_scored: str
    past: tuple[int, int] | None
    quotes: tuple[Quote, ...]
    rule: tuple[Condition, ...]
    why_not: tuple[Condition, ...]
    blocked_by: str
    duty: bool
    warning: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion in the groups it is shown in."""

    data: Json
    ranked: tuple[Card, ...]
    folded: tuple[Card, ...]
    duties: tuple[Card, ...]
    closed: tuple[Card, ...]
    flags: tuple[Json, ...]
    stopped: bool


def shown(suggestion: Json, case: Case, catalogue: Catalogue, lang: str) -> Shown:
    """Every pathway as a card, in its group."""
    cards = [card(item, case, catalogue, lang) for item in suggestion["assessments"]]
    opened = [c for c in cards if c.eligibility in ("eligible", "undetermined")]
    return Shown(
        data=suggestion,
        ranked=tuple(sorted((c for c in cards if c.order is not None), key=lambda c: c.order or 0)),
        folded=tuple(c for c in opened if c.order is None and not c.duty),
        duties=tuple(c for c in opened if c.duty),
        closed=tuple(c for c in cards if c.eligibility in ("not_eligible", "blocked")),
        flags=tuple(sorted(suggestion["flags"], key=lambda flag: (flag.get("due") or "9999", flag["id"]))),
        stopped=all(c.eligibility == "blocked" for c in cards),
    )


def card(item: Json, case: Case, catalogue: Catalogue, lang: str) -> Card:
    """One assessment as a card."""
    rank = item["rank_reason"]
    change, past, blocked = item["authority_change"], item["evidence"]["past_cases"], item["blocked_by"]
    label = catalogue.field_label
    return Card(
        id=item["pathway"],
        name=item[f"name_{lang}"],
        order=item["order"],
        eligibility=item["eligibility"],
        law_refs=tuple(item["legal_refs"]),
        placed_by=rank[f"text_{lang}"] if rank else "",
        reasons=tuple(reason[f"because_{lang}"] for reason in rank["reasons"]) if rank else (),
        missing=tuple(label(name, lang) for name in item["missing_fields"]),
        documents=tuple(_document(name, catalogue, lang) for name in item["missing_documents"]),
        clearance=tuple(label(name, lang) for name in item["clearance_fields"]),
        deadlines=tuple(deadline["text"] for deadline in item["deadlines"]),
        authority=item["authority"],
        change=(change["date"], change["to"]) if change else None,
        complaint=item["complaint_body"],
        score=_score(item, case, catalogue, lang),
        not_scored=_not_scored(item["not_scored_because"], lang) if item["order"] is not None else "",
        past=(past["reached_goal"], past["n"]) if past and past["n"] else None,
        quotes=tuple(_quote(quote) for quote in item["evidence"]["passages"]),
        rule=conditions(item["trace"], catalogue, lang),
        why_not=deciding(item["trace"], catalogue, lang),
        blocked_by=_blocked(blocked, lang) if blocked else "",
        duty=item["duty"],
        warning=bool(item["warning"]),
    )


def _document(name: str, catalogue: Catalogue, lang: str) -> str:
    """A document's name in words, from whichever list field of the catalogue knows it."""
    for field, spec in catalogue.fields.items():
        if spec.type == "list" and name in spec.allowed:
            return catalogue.value_label(field, name, lang)
    return name.replace("_", " ")


def _quote(quote: Json) -> Quote:
    return Quote(
        quote["passage_id"], quote["document"], quote["heading"], blocks(quote["quote"]), tuple(quote["law_refs"][:6])
    )


def _not_scored(code: str | None, lang: str) -> str:
    if code is None:
        return ""
    key = f"not-scored-{code.replace('_', '-')}"
    return texts(lang)(key) if texts(lang).has(key) else texts(lang)("not-scored-other")


def _blocked(code: str, lang: str) -> str:
    key = f"blocked-{code.replace('_', '-')}"
    return texts(lang)(key) if texts(lang).has(key) else texts(lang)("blocked-other")


def leaves(explanation: Json) -> list[Json]:
    """The contributions without a parent, which together with the base make the margin."""
    return [part for part in explanation["contributions"] if "parent" not in part]


def _score(item: Json, case: Case, catalogue: Catalogue, lang: str) -> Score | None:
    explanation = item["explanation"]
    if explanation is None:
        return None
    parts = sorted(leaves(explanation), key=lambda part: -abs(part["value"]))
    words = {part["id"]: part_words(part, item, case, catalogue, lang) for part in parts}
    drawn, rest = parts[:MOST_BARS], parts[MOST_BARS:]
    rows = [(texts(lang)("bar-base"), explanation["base"])] + [(words[p["id"]], p["value"]) for p in drawn]
    if rest:
        rows.append((texts(lang)("bar-rest", number=len(rest)), math.fsum(part["value"] for part in rest)))
    heavy = [part for part in parts if abs(part["value"]) >= 0.03 and part["kind"] != "pathway"]
    return Score(
        probability=item["probability"],
        margin=explanation["margin"],
        base=explanation["base"],
        bars=bars(rows),
        pros=tuple(words[p["id"]] for p in heavy if p["value"] > 0)[:4],
        cons=tuple(words[p["id"]] for p in heavy if p["value"] < 0)[:4],
        thin=item["in_prediction_set"] is False,
    )


def bars(rows: Sequence[tuple[str, float]]) -> tuple[Bar, ...]:
    """Labelled numbers as bars, the longest filling its side."""
    longest = max((abs(value) for _, value in rows), default=0.0) or 1.0
    return tuple(Bar(label, value, abs(value) / longest, "for" if value >= 0 else "against") for label, value in rows)


def part_words(part: Json, item: Json, case: Case, catalogue: Catalogue, lang: str) -> str:
    """A contribution in words: the fact with its value, or how many earlier cases reached their goal."""
    t, name = texts(lang), part["id"]
    if name.startswith("fact:") and name[5:] in catalogue.fields:
        fact = case.facts.get(name[5:])
        value = value_words(catalogue, name[5:], fact.value, lang) if fact else t("fact-unknown")
        return t("bar-fact", field=catalogue.field_label(name[5:], lang), value=value)
    past = item["evidence"]["past_cases"]
    if part["kind"] == "past_case" and past:
        return t("bar-past", reached=str(past["reached_goal"]), n=str(past["n"]))
    return str(part[f"label_{lang}"])


@dataclass(frozen=True, slots=True)
class Contrast:
    """Why one pathway rather than another: what places them, and where they share a kind of goal, the numbers."""

    first: Card
    second: Card
    bars: tuple[Bar, ...]
    difference: float | None
    comparable: bool


def contrast(suggestion: Json, one: str, other: str, case: Case, catalogue: Catalogue, lang: str) -> Contrast:
    """Two pathways of one suggestion side by side; scores are compared within one kind of goal only."""
    items = {item["pathway"]: item for item in suggestion["assessments"]}
    a, b = items[one], items[other]
    cards = card(a, case, catalogue, lang), card(b, case, catalogue, lang)
    both = a["explanation"] is not None and b["explanation"] is not None
    if not both or a["goal_type"] != b["goal_type"]:
        return Contrast(*cards, (), None, comparable=False)
    ours, theirs = _by_id(a["explanation"]), _by_id(b["explanation"])
    labels = {p["id"]: _short(p, case, catalogue, lang) for p in [*theirs.values(), *ours.values()]}
    gaps = [(labels[k], _value(ours, k) - _value(theirs, k)) for k in labels]
    gaps.sort(key=lambda gap: -abs(gap[1]))
    rest = math.fsum(value for _, value in gaps[MOST_BARS:])
    rows = gaps[:MOST_BARS] + ([(texts(lang)("bar-rest", number=len(gaps) - MOST_BARS), rest)] if rest else [])
    base = a["explanation"]["base"] - b["explanation"]["base"]
    return Contrast(*cards, bars(rows), math.fsum([base, *(value for _, value in gaps)]), comparable=True)


def _by_id(explanation: Json) -> dict[str, Json]:
    return {part["id"]: part for part in leaves(explanation)}


def _value(parts: Mapping[str, Json], key: str) -> float:
    return float(parts[key]["value"]) if key in parts else 0.0


def _short(part: Json, case: Case, catalogue: Catalogue, lang: str) -> str:
    name = part["id"]
    if name.startswith("fact:") and name[5:] in catalogue.fields:
        fact = case.facts.get(name[5:])
        value = value_words(catalogue, name[5:], fact.value, lang) if fact else texts(lang)("fact-unknown")
        return texts(lang)("bar-fact", field=catalogue.field_label(name[5:], lang), value=value)
    return str(part[f"label_{lang}"])
