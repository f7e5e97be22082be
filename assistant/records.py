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
from assistant.evidence import Evidence, score_facts
from ethics.canonical import canonical
from ethics.entry import NewEntry
from ethics.legal_basis import LegalRegister, Query, access_entries

SUGGESTION = "SuggestionShown"
DECISION = "HumanDecision"

Json = Mapping[str, Any]


def suggestion_bytes(suggestion: Suggestion) -> bytes:
    """The suggestion as RFC 8785 bytes, without the ledger's own part: what a replay must reproduce."""
    return canonical({key: value for key, value in suggestion.items() if key != "ledger"})


def suggestion_entries(
    suggestion: Suggestion,
    considered: Considered,
    evidence: Evidence,
    catalogue: Catalogue,
    frame: Json,
    register: LegalRegister,
) -> list[NewEntry]:
    """Everything that one suggestion records, the suggestion itself last."""
    ref, subject = suggestion["suggestion_id"], considered.case.id
    return [
        *_accesses(suggestion, considered, catalogue, register),
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


def _accesses(
    suggestion: Suggestion, considered: Considered, catalogue: Catalogue, register: LegalRegister
) -> list[NewEntry]:
    """What was read and on which ground: for the rules, under the law that comes first, and for each scored law."""
    case, ref = considered.case, suggestion["suggestion_id"]
    ordered = [item["pathway"] for item in suggestion["assessments"]]
    laws = {key: catalogue.pathways[key].legal_basis[0].law for key in ordered}
    scored = sorted({laws[item["pathway"]] for item in suggestion["assessments"] if item["scored"]})
    readings = [("rules", laws[ordered[0]], sorted(considered.view.facts))]
    readings += [("scoring", law, sorted(score_facts(considered, catalogue))) for law in scored]
    entries = []
    for purpose, law, fields in readings:
        query = Query(law=law, purpose=purpose, mode=suggestion["mode"], on=case.today, role=case.role)
        entries += access_entries(query, register.judge_all(query, fields), case.id, case.area, ref)
    hidden = sorted(considered.view.masked)
    if hidden:
        body = {"fields": [], "area": case.area, "purpose": "rules", "role": case.role, "masked": len(hidden)}
        entries.append(NewEntry("DataAccess", {**body, "masked_fields": hidden}, ref, case.id))
    return entries


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
