"""The audit: does it treat groups alike, do people follow it blindly, does it drift? Every figure can be read aloud."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from assistant import building
from assistant.audit_model import Predicted, audit_model, drift, predict_held_out
from assistant.audit_practice import Intensity, Practice, practice
from assistant.audit_reading import reading
from assistant.audit_swaps import Swapped, swap_all
from assistant.core.cases import Located
from assistant.core.catalogue import Catalogue
from assistant.core.domain import Case
from assistant.presenting import json_bytes
from ethics.aggregate import use_by_unit
from ethics.entry import Entry, NewEntry
from ethics.errors import ErasedError
from ethics.legal_basis import LegalRegister, Query
from eval.metrics.groups import LEVEL, Alarm, Audit, Rate
from models.bands import protected_fields, protected_groups
from models.history import Episode

if TYPE_CHECKING:
    from assistant.app import Assistant

Json = dict[str, Any]
Groups = Mapping[str, Sequence[str]]
AUDITOR = "board"
FAMILIES = 2
"""Practice and model share the chance of any false alarm."""


@cache
def plan() -> Mapping[str, Any]:
    """What is compared beside the catalogue's protected fields, as `templates/audit.yaml` says."""
    text = (resources.files("assistant") / "templates" / "audit.yaml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = yaml.safe_load(text)
    return read


def attributes(catalogue: Catalogue) -> list[str]:
    """The fields by which people are grouped, in the catalogue's order."""
    wanted = {spec.id for spec in protected_fields(catalogue)} | set(plan()["attributes"])
    return [name for name in catalogue.fields if name in wanted]


def groups_of(episodes: Sequence[Episode], catalogue: Catalogue, permitted: Sequence[str]) -> dict[str, list[str]]:
    """Each person's group per attribute that may be read, intersections included; "" where unknown."""
    facts = [episode.facts for episode in episodes]
    found = {name: values for name, values in protected_groups(facts, catalogue).items() if name in permitted}
    for name in plan()["attributes"]:
        values = ["" if one.get(name) is None else str(one[name]) for one in facts]
        if name in permitted and any(values):
            found[name] = values
    for names in plan()["intersections"]:
        if all(name in found for name in names):
            joined = zip(*(found[name] for name in names), strict=True)
            found["+".join(names)] = [" & ".join(parts) if all(parts) else "" for parts in joined]
    return found


def audit_history(episodes: Sequence[Episode], catalogue: Catalogue, permitted: Sequence[str], seed: int = 0) -> Json:
    """Earlier practice by group: who got which pathway, and how intrusive a one, after what lawful facts explain."""
    groups = groups_of(episodes, catalogue, permitted)
    compared = {name: values for name, values in groups.items() if name not in plan()["shown_only"]}
    without = frozenset(compared) | {kin for name in compared for kin in plan()["kin"].get(name, ())}
    rows, intense = practice(episodes, catalogue, compared, without=without, level=LEVEL / FAMILIES, seed=seed)
    return {"people": len({e.person_id for e in episodes}), "cases": len(episodes), **_practice(rows, intense)}


def _practice(rows: Sequence[Practice], intense: Intensity) -> Json:
    alarms = [_alarm("practice", alarm, row.pathway) for row in rows for alarm in row.audit.alarms]
    return {
        "pathways": [
            {
                "pathway": row.pathway,
                "open": row.open,
                "given": row.given,
                "could_see_points": dict(row.could_see),
                "groups": _figures(row.audit, ("selection",)),
            }
            for row in rows
        ],
        "intensity": {
            "cases": intense.n,
            "from_level": intense.from_level,
            "groups": _figures(intense.audit, ("selection",)),
        },
        "alarms": [*alarms, *(_alarm("intensity", alarm) for alarm in intense.audit.alarms)],
        "tests": sum(row.audit.tests for row in rows) + intense.audit.tests,
    }


def audit_predictions(predicted: Predicted, catalogue: Catalogue, permitted: Sequence[str]) -> Json:
    """The model in use on people it never learnt from, by group and by year."""
    groups = groups_of(predicted.episodes, catalogue, permitted)
    result = audit_model(groups, predicted.probability, predicted.reached, level=LEVEL / FAMILIES)
    names = ("selection", "hit", "false_alarm", "error", "outcome", "gap")
    return {
        "cases": result.n,
        "groups": _figures(result.audit, names),
        "alarms": [_alarm("model", alarm) for alarm in result.alarms],
        "differences": [_alarm("model", alarm) for alarm in result.audit.alarms if alarm.figure != "gap"],
        "tests": result.tests + result.audit.tests,
        "drift": [one._asdict() for one in drift(predicted)],
    }


def _alarm(family: str, alarm: Alarm, pathway: str | None = None) -> Json:
    return {"family": family, "pathway": pathway, **asdict(alarm)}


def _figures(audit: Audit, names: Sequence[str]) -> list[Json]:
    """Every group's size and figures; a group too small to show has its size held back as well."""
    rows = []
    for one in audit.figures:
        shown = one.selection is not None
        row: Json = {
            "attribute": one.attribute,
            "group": one.group,
            "n": one.n if shown else None,
            "held_back": not shown,
        }
        for name in names if shown else ():
            value = getattr(one, name)
            if isinstance(value, Rate):
                # NaN is no JSON: a rate of nobody is none.
                value = (
                    None if value.n == 0 else {"value": value.value, "low": value.low, "high": value.high, "n": value.n}
                )
            row[name] = value
        rows.append(row)
    return rows


def audit_log(entries: Sequence[Entry]) -> Json:
    """How suggestions are used: by unit with floors, never by employee; kinds of result; what was not scored."""
    shown = [entry.body for entry in entries if entry.type == "SuggestionShown"]
    decided = [entry.body for entry in entries if entry.type == "HumanDecision"]
    kinds = Counter(entry.type for entry in entries)
    return {
        "suggestions": len(shown),
        "outcomes": dict(Counter(body["outcome"] for body in shown).most_common()),
        "not_scored": sum(not body["scored"] for body in shown),
        "without_pathway": sum(not body["order"] for body in shown),
        "with_unknowns": sum(body["unknowns"] > 0 for body in shown),
        "decisions": len(decided),
        "decided": dict(Counter(body["outcome"] for body in decided).most_common()),
        "use": asdict(use_by_unit(entries)),
        "objections": kinds["ObjectionRegistered"],
        "human_route": kinds["HumanRouteChosen"],
        "explanations": kinds["ExplanationGiven"],
        "instructions_in_texts": kinds["InjectionDetected"],
        "expired_offered": sum(e.body["expired_offered"] for e in entries if e.type == "ValidityCheck"),
    }


def permitted_attributes(assistant: Assistant, on: dt.date) -> tuple[list[str], dict[str, str]]:
    """The attributes that may be read to look for unequal treatment, and why the others may not."""
    register = LegalRegister.load(assistant.workspace.legal_basis)
    laws = sorted({pathway.legal_basis[0].law for pathway in assistant.catalogue.pathways.values()})
    mode = assistant.settings.mode.value
    allowed, refused = [], {}
    for name in attributes(assistant.catalogue):
        answers = [register.judge(Query(law, "audit", mode, on, AUDITOR), name) for law in laws]
        denied = [answer.reason.value for answer in answers if not answer.allowed]
        if denied:
            refused[name] = denied[0]
        else:
            allowed.append(name)
    return allowed, refused


def run_audit(
    assistant: Assistant, cases: Sequence[Case], language: str, progress: Callable[[str], None] = lambda _what: None
) -> Json:
    """The whole audit, logged as `AuditRun` and `CounterfactualRun` before it is returned."""
    catalogue, today = assistant.catalogue, dt.date.today()
    permitted, refused = permitted_attributes(assistant, today)
    release = assistant.model.version if assistant.model else "rules-only"
    report: Json = {
        "release": release,
        "made_on": today.isoformat(),
        "mode": assistant.settings.mode.value,
        "attributes": permitted,
        "attributes_not_permitted": refused,
        "level": LEVEL,
        "practice": None,
        "model": None,
    }
    progress("history")
    episodes = building.load_history(assistant.database, assistant.keys) if permitted else []
    if episodes:
        report["practice"] = audit_history(episodes, catalogue, permitted, assistant.settings.seed)
    if episodes and assistant.model is not None:
        progress("model")
        support = building.training_support(assistant.guidance, catalogue)
        predicted = predict_held_out(episodes, assistant.model, support)
        if len(predicted.episodes):
            report["model"] = audit_predictions(predicted, catalogue, permitted)
    progress("swaps")
    swapped = swap_all(assistant, cases, permitted) if cases and permitted else []
    report["counterfactual"] = [asdict(one) for one in swapped]
    progress("log")
    report["log"] = audit_log(assistant.log.find())
    report["gaps"] = _gaps(report, swapped)
    report["reading"] = reading(report, catalogue, language)
    report["entries"] = [done.index for done in assistant.log.append(_entries(report, swapped))]
    return report


def _gaps(report: Json, swapped: Sequence[Swapped]) -> list[Json]:
    """Every finding that what may lawfully count does not explain."""
    found = [alarm for part in ("practice", "model") if report[part] for alarm in report[part]["alarms"]]
    for one in swapped:
        if one.score_changes:
            found.append(
                {
                    "family": "counterfactual",
                    "pathway": None,
                    "attribute": one.attribute,
                    "group": "",
                    "figure": "score",
                    "difference": one.largest_change,
                    "p": 0.0,
                }
            )
    return found


def _entries(report: Json, swapped: Sequence[Swapped]) -> list[NewEntry]:
    digest = hashlib.sha256(json_bytes(report)).hexdigest()
    entries = [one.entry(report["release"]) for one in swapped]
    if report["practice"]:
        part = report["practice"]
        counts = {"alarms": len(part["alarms"]), "tests": part["tests"], "pathways": len(part["pathways"])}
        entries.append(_run("practice", report, counts, part["intensity"]["groups"], digest))
        rates = {_id(row): row["selection"]["value"] for row in part["intensity"]["groups"] if row.get("selection")}
        entries.append(_run("intensity", report, rates, part["intensity"]["groups"], digest))
    if report["model"]:
        gaps = {_id(row): row["gap"] for row in report["model"]["groups"] if row.get("gap") is not None}
        entries.append(_run("calibration", report, gaps, report["model"]["groups"], digest))
    use = {"suggestions": report["log"]["suggestions"], "decisions": report["log"]["decisions"]}
    entries.append(_run("use", report, use, (), digest))
    return entries


def _run(topic: str, report: Json, figures: Mapping[str, float], groups: Sequence[Json], digest: str) -> NewEntry:
    sizes = {_id(row): row["n"] for row in groups if row["n"] is not None}
    body = {
        "topic": topic,
        "release": report["release"],
        "figures": {name: float(value) for name, value in figures.items()},
        "sizes": sizes,
        "suppressed": sum(row["held_back"] for row in groups),
        "report_hash": digest,
    }
    return NewEntry("AuditRun", body)


def _id(row: Json) -> str:
    """A group as the log names it: without spaces and dashes that its ids may not hold."""
    return f"{row['attribute']}={row['group']}".replace("–", "..").replace(" & ", "|").replace(" ", "_")


def stored_cases(assistant: Assistant, most: int) -> list[Case]:
    """The newest suggested cases of the workspace as they were, for trying swaps on; erased ones are passed over."""
    found = []
    for entry in reversed(assistant.log.find(type="SuggestionShown", latest=most)):
        with suppress(ErasedError):
            recorded = assistant.recorded(str(entry.ref))
            found.append(assistant.read_case(Located(f"suggestion {entry.ref}", recorded.case)))
    return found
