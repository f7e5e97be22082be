"""Metrics on vignettes: does the assistant see what an expert expects, beside a random and a catalogue order."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from assistant.app import Assistant
from assistant.core.cases import CaseError, Located, read_case_file
from assistant.derive import Suggestion
from retrieval.law_refs import LawNames, find_law_refs


def evaluate_cases(assistant: Assistant, vignettes: Path, *, model_off: bool = False) -> dict[str, Any]:
    """CONTRACT's figures on a file of vignettes. Nothing is recorded.

    Raises `CaseError` for a vignette that cannot be read or has no `expected`.
    """
    rows = [
        (
            _expected(located),
            assistant.suggest(assistant.read_case(located), record=False, model_off=model_off),
            located,
        )
        for located in read_case_file(vignettes)
    ]
    ranked = [(e, _ranking(s)) for e, s, _ in rows if e.get("preferred")]
    catalogue_order = list(assistant.catalogue.pathways)
    return {
        "n": len(rows),
        "eligible_exact": _share(_same(s, "eligible", e) for e, s, _ in rows),
        "undetermined_exact": _share(_same(s, "undetermined", e) for e, s, _ in rows),
        "preferred_hit@1": _share(bool(set(r[:1]) & set(e["preferred"])) for e, r in ranked),
        "preferred_hit@3": _share(bool(set(r[:3]) & set(e["preferred"])) for e, r in ranked),
        "preferred_recall@5": _mean(len(set(r[:5]) & set(e["preferred"])) / len(e["preferred"]) for e, r in ranked),
        "must_not_violations": sum(len(set(_ranking(s)) & set(e.get("must_not_suggest", []))) for e, s, _ in rows),
        "outcome_accuracy": _share(
            s["outcome"] == e["preferred_outcome"] for e, s, _ in rows if "preferred_outcome" in e
        ),
        "legal_ref_recall": _mean(_legal_recall(assistant, e, s) for e, s, _ in rows if e.get("legal_refs")),
        "flag_recall": _mean(
            len(set(e["must_flag"]) & {f["id"] for f in s["flags"]}) / len(set(e["must_flag"]))
            for e, s, _ in rows
            if e.get("must_flag")
        ),
        "pii_leaks": sum(_leaks(assistant, located, s) for _, s, located in rows),
        "max_residual": max(
            (_residual(a) for _, s, _ in rows for a in s["assessments"] if a["explanation"]), default=0.0
        ),
        "random_order": _random_order([e for e, _, _ in rows if e.get("preferred")]),
        "catalogue_order": _fixed_order([e for e, _, _ in rows if e.get("preferred")], catalogue_order),
    }


def _expected(located: Located) -> Mapping[str, Any]:
    expected = located.data.get("expected") if isinstance(located.data, Mapping) else None
    if not isinstance(expected, Mapping):
        raise CaseError(located.where, "expected", "is missing; a vignette says what is expected")
    return expected


def _share(values: Iterable[bool]) -> float | None:
    return _mean(float(value) for value in values)


def _mean(values: Iterable[float]) -> float | None:
    """The mean; None where no vignette says anything about the figure, for JSON knows no NaN."""
    found = list(values)
    return fmean(found) if found else None


def _same(suggestion: Suggestion, eligibility: str, expected: Mapping[str, Any]) -> bool:
    found = {a["pathway"] for a in suggestion["assessments"] if a["eligibility"] == eligibility}
    return found == set(expected[eligibility])


def _ranking(suggestion: Suggestion) -> list[str]:
    ordered = [a for a in suggestion["assessments"] if a["order"] is not None]
    return [a["pathway"] for a in sorted(ordered, key=lambda a: a["order"])]


def _leaks(assistant: Assistant, located: Located, suggestion: Suggestion) -> int:
    """How many pieces of personal data from the case's free texts stand anywhere in what is shown."""
    shown = json.dumps(suggestion, ensure_ascii=False)
    free = {name for name, spec in assistant.catalogue.fields.items() if spec.type == "text"}
    texts = [str(value) for name, value in located.data["case"].items() if name in free]
    patterns = [p.pattern for p in assistant.catalogue.screening.patterns if p.kind == "personal"]
    secrets = {match.group() for pattern in patterns for text in texts for match in pattern.finditer(text)}
    return sum(secret in shown for secret in secrets)


def _residual(assessment: Mapping[str, Any]) -> float:
    explanation = assessment["explanation"]
    parents = {part.get("parent") for part in explanation["contributions"]}
    total = math.fsum(p["value"] for p in explanation["contributions"] if p["id"] not in parents)
    return abs(float(explanation["base"]) + total - float(explanation["margin"]))


def _legal_recall(assistant: Assistant, expected: Mapping[str, Any], suggestion: Suggestion) -> float:
    """The share of the expected sections that are cited somewhere in what is shown."""
    cited = _refs(assistant, " ; ".join(_cited(suggestion)))
    wanted = [_refs(assistant, text) or {text} for text in expected["legal_refs"]]
    return fmean(bool(refs & cited) for refs in wanted)


def _cited(suggestion: Suggestion) -> list[str]:
    found = [ref for flag in suggestion["flags"] for ref in flag["law_refs"]]
    found += (suggestion["choice_of_law"] or {}).get("law_refs", [])
    found += (suggestion["outcome_reason"] or {}).get("law_refs", [])
    for item in suggestion["assessments"]:
        if item["order"] is not None:
            found += item["legal_refs"]
            found += [ref for passage in item["evidence"]["passages"] for ref in passage["law_refs"]]
    return found


def _refs(assistant: Assistant, text: str) -> set[str]:
    """The sections in a text, without their subsections."""
    names = LawNames.of(assistant.catalogue.laws)
    return {re.sub(r", stk\..*", "", found.label) for found in find_law_refs(text, names)}


def _random_order(expected: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Expected hit rates of a random order of eligible, then undetermined."""
    return {f"hit@{k}": _mean(_chance(e, k) for e in expected) for k in (1, 3)}


def _chance(expected: Mapping[str, Any], k: int) -> float:
    missed = 1.0
    left = k
    preferred = set(expected["preferred"])
    for group in (expected["eligible"], expected["undetermined"]):
        wanted, n = len(set(group) & preferred), len(group)
        drawn = min(left, n)
        missed *= math.comb(n - wanted, drawn) / math.comb(n, drawn) if n else 1.0
        left -= drawn
    return 1.0 - missed


def _fixed_order(expected: Sequence[Mapping[str, Any]], order: Sequence[str]) -> dict[str, float | None]:
    place = {pathway: number for number, pathway in enumerate(order)}
    found = {1: 0, 3: 0}
    for e in expected:
        ranking = [
            *sorted(e["eligible"], key=lambda p: place.get(p, 0)),
            *sorted(e["undetermined"], key=lambda p: place.get(p, 0)),
        ]
        for k in found:
            found[k] += bool(set(ranking[:k]) & set(e["preferred"]))
    return {f"hit@{k}": hits / len(expected) if expected else None for k, hits in found.items()}
