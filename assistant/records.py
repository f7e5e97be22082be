"""From a suggestion to its entries in the ethics log: the clear part holds no personal data, the rest is sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from assistant.core.cases import case_to_json
from assistant.core.catalogue import Catalogue
from assistant.core.consider import Considered
from assistant.core.domain import Eligibility
from assistant.derive import Suggestion
from assistant.evidence import Evidence
from ethics.canonical import canonical
from ethics.entry import NewEntry

SUGGESTION = "SuggestionShown"
DECISION = "HumanDecision"

Json = Mapping[str, Any]


def suggestion_bytes(suggestion: Suggestion) -> bytes:
    """The suggestion as RFC 8785 bytes, without the ledger's own part: what a replay must reproduce."""
    return canonical({key: value for key, value in suggestion.items() if key != "ledger"})


def suggestion_entries(
    suggestion: Suggestion, considered: Considered, evidence: Evidence, catalogue: Catalogue, frame: Json
) -> list[NewEntry]:
    """Everything that one suggestion records, the suggestion itself last."""
    ref, subject = suggestion["suggestion_id"], considered.case.id
    return [
        NewEntry("DataAccess", _access(considered, catalogue), ref, subject),
        *_screening(considered, ref, subject),
        NewEntry("RuleTrace", _verdicts(considered, suggestion), ref, subject, _sealed(_traces(suggestion))),
        NewEntry("ValidityCheck", _validity(considered, suggestion), ref, subject),
        *(
            NewEntry(
                "DeadlineComputed",
                {
                    "rule": deadline.rule.id,
                    "due": deadline.due.isoformat(),
                    "known": True,
                    "rules_version": catalogue.version,
                },
                ref,
                subject,
                _sealed({"counted_from": deadline.counted_from, "start": str(deadline.start)}),
            )
            for deadline in considered.deadlines
        ),
        _shown(suggestion, considered, evidence, frame, ref, subject),
    ]


def _sealed(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, sort_keys=True).encode()


def _access(considered: Considered, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "fields": sorted(considered.view.facts),
        "area": considered.case.area,
        "purpose": "suggest_pathway",
        "role": considered.case.role,
        "masked": len(considered.view.masked),
        "masked_fields": sorted(considered.view.masked),
    }


def _screening(considered: Considered, ref: str, subject: str) -> list[NewEntry]:
    entries = []
    for source, screened in considered.texts.items():
        for finding in screened.findings:
            if finding.kind == "instruction":
                body: dict[str, Any] = {
                    "source": source,
                    "start": finding.start,
                    "end": finding.end,
                    "kind": finding.pattern,
                    "action": "not_followed",
                    "result_unchanged": True,
                }
                entries.append(NewEntry("InjectionDetected", body, ref, subject))
            else:
                body = {
                    "source": source,
                    "kind": finding.pattern,
                    "count": 1,
                    "action": "hidden",
                    "start": finding.start,
                    "end": finding.end,
                }
                entries.append(NewEntry("PIIRedacted", body, ref, subject))
    return entries


def _verdicts(considered: Considered, suggestion: Suggestion) -> dict[str, Any]:
    unknown = sum(len(a.missing_fields) for a in considered.assessments.values())
    return {
        "rules_version": suggestion["versions"]["rules"],
        "verdicts": {key: a.eligibility.value for key, a in considered.assessments.items()},
        "unknown_leaves": unknown,
        "as_of": suggestion["as_of"],
    }


def _traces(suggestion: Suggestion) -> dict[str, Any]:
    return {item["pathway"]: item["trace"] for item in suggestion["assessments"]}


def _validity(considered: Considered, suggestion: Suggestion) -> dict[str, Any]:
    blocked = [a for a in considered.assessments.values() if (a.blocked_by or "").startswith("G7")]
    offered = {item["pathway"] for item in suggestion["assessments"] if item["order"] is not None}
    expired = [a for a in blocked if a.pathway.id in offered]
    return {
        "as_of": suggestion["as_of"],
        "checked": len(considered.assessments),
        "expired_blocked": len(blocked),
        "expired_offered": len(expired),
        "rules_version": suggestion["versions"]["rules"],
    }


def _shown(
    suggestion: Suggestion, considered: Considered, evidence: Evidence, frame: Json, ref: str, subject: str
) -> NewEntry:
    versions = suggestion["versions"]
    ordered = sorted((i for i in suggestion["assessments"] if i["order"] is not None), key=lambda i: i["order"])
    body: dict[str, Any] = {
        "outcome": suggestion["outcome"],
        "mode": suggestion["mode"],
        "as_of": suggestion["as_of"],
        "order": [item["pathway"] for item in ordered],
        "unknowns": sum(a.eligibility is Eligibility.UNDETERMINED for a in considered.assessments.values()),
        "rules_version": versions["rules"],
        "scored": any(item["scored"] for item in suggestion["assessments"]),
        "cost_used": False,
        "budget_rule_shown": False,
        "masked": len(considered.view.masked),
        "result_hash": hashlib.sha256(suggestion_bytes(suggestion)).hexdigest(),
    }
    for key in ("model", "guidance", "history"):
        if versions[key] is not None:
            body[f"{key}_version"] = versions[key]
    payload = {
        "suggestion": suggestion,
        "case": case_to_json(considered.case),
        "evidence": evidence.to_json(),
        "frame": dict(frame),
    }
    return NewEntry(SUGGESTION, body, ref, subject, _sealed(payload))
