"""What the ethics log itself can tell a public record: counts, figures and decisions, never a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from ethics.aggregate import use_by_unit
from ethics.clocks import complaints, unreported
from ethics.entry import Entry
from ethics.figures import Figure
from ethics.legal_basis import LegalRegister
from ethics.log import EthicsLog
from ethics.register_of_questions import needed_types, questions
from ethics.retention import built_in_rules

_COUNTED = (
    "SuggestionShown",
    "HumanDecision",
    "Incident",
    "ComplaintReceived",
    "ComplaintForwarded",
    "ComplaintOutcome",
)


def log_facts(log: EthicsLog, since: date | None = None, until: date | None = None) -> dict[str, Any]:
    """The parts `log`, `use`, `answers`, `harms`, `not_built` and `omissions` of the facts of a public record.

    With dates, only entries of those days count (both included); the size of the log is always that of all of it.
    """
    entries = log.find_types(sorted({*_COUNTED, *needed_types(questions())}), since, until)
    shown = [entry for entry in entries if entry.type == "SuggestionShown"]
    received = complaints(entries)
    return {
        "log": {
            "size": log.size(),
            "key": log.trusted[0].text,
            "origin": log.origin,
            "suggestions": len(shown),
            "decisions": sum(entry.type == "HumanDecision" for entry in entries),
            "first": shown[0].time[:10] if shown else None,
            "last": shown[-1].time[:10] if shown else None,
            "incidents": sum(entry.type == "Incident" for entry in entries),
            "unreported": len(unreported(entries)),
            "complaints": len(received),
            "complaints_changed": sum(one.outcome in ("changed", "annulled", "remitted") for one in received),
        },
        "use": asdict(use_by_unit(entries)),
        "answers": {one.id: in_words(one.answer(entries), one.spec) for one in questions()},
        "harms": {entry.body["pathway"]: entry.body for entry in entries if entry.type == "HarmMatrix"},
        "not_built": _bodies(entries, "NonBuildDecision"),
        "omissions": _bodies(entries, "OmissionEstimate"),
    }


def register_facts(register: LegalRegister, language: str = "da") -> dict[str, Any]:
    """The parts `legal` and `retention` of the facts, in one language."""
    bases = [
        {
            "id": basis.id,
            "laws": list(basis.laws),
            "purposes": sorted(basis.purposes),
            "ground": basis.ground[language],
            "established_by": basis.established[0] if basis.established else None,
        }
        for basis in register.bases
    ]
    laws = sorted({law for basis in register.bases for law in basis.laws if law != "*"})
    return {
        "legal": {
            "bases": bases,
            "laws": laws,
            "purposes": {name: text[language] for name, text in register.purposes.items()},
            "blocked": [text[language] for text in register.blocked.values()],
        },
        "retention": [{"because": rule.because[language], "days": rule.days} for rule in built_in_rules()],
    }


def in_words(figure: Figure, spec: Any) -> str | None:
    """A figure as it stands in a sentence: a share in per cent, a number as it is; None without evidence."""
    if figure.n == 0 or figure.value is None:
        return None
    if spec["kind"] in ("share", "preceded", "units", "known_versions"):
        return f"{round(figure.value * 100)} %"
    return f"{figure.value:g}"


def _bodies(entries: Sequence[Entry], kind: str) -> list[dict[str, Any]]:
    return [entry.body for entry in entries if entry.type == kind]
