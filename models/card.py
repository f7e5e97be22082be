"""The model card: what the model is, what it was made from, how good it is and for whom, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from assistant.core.catalogue import Catalogue
from assistant.core.texts import Texts
from eval.metrics.probability import (
    auc,
    bootstrap,
    brier_score,
    calibration_line,
    expected_calibration_error,
    log_loss,
)
from models.gates import Decision, held_out_audit
from models.train import TrainedModel

SMALLEST = 30


def model_card(trained: TrainedModel, decision: Decision, catalogue: Catalogue) -> dict[str, Any]:
    """Everything a board or an auditor asks of a model, as plain JSON values; no person can be read out of it."""
    content, test = trained.model.content, trained.test
    slope, intercept = calibration_line(test.reached, test.probability)
    area, error = (bootstrap(metric, test.reached, test.probability) for metric in (auc, brier_score))
    return {
        "version": trained.model.version,
        "promoted": decision.passed,
        "data": {
            "sha256": trained.data_hash,
            "train": len(trained.train.reached),
            "calibrate": len(trained.calibrate.reached),
            "test": len(test.reached),
            "first": min(e.decided_on for e in trained.train.episodes).isoformat(),
            "last": max(e.decided_on for e in trained.train.episodes).isoformat(),
            "not_learnt": trained.left_out,
        },
        "about": dict(content.about),
        "fields_read": sorted({feature.field for feature in content.features if feature.field}),
        "fields_left_out": list(content.about["without"]),
        "never_read": sorted(
            spec.id for spec in catalogue.fields.values() if spec.protected or spec.model_use != "allowed"
        ),
        "quality": {
            "auc": list(area),
            "brier": list(error),
            "log_loss": log_loss(test.reached, test.probability),
            "calibration_error": expected_calibration_error(test.reached, test.probability),
            "calibration_slope": slope,
            "calibration_intercept": intercept,
        },
        "pathways": _by_pathway(trained),
        "groups": held_out_audit(test, catalogue).as_mapping(),
        "gates": [gate.as_mapping() for gate in decision.gates],
    }


def _by_pathway(trained: TrainedModel) -> dict[str, Any]:
    content, test = trained.model.content, trained.test
    rows: dict[str, Any] = {}
    for place, pathway in enumerate(content.pathways):
        own = test.pathway == place
        n = int(own.sum())
        shown = n >= SMALLEST
        area = auc(test.reached[own], test.probability[own]) if shown else float("nan")
        rows[pathway] = {
            "learnt_from": content.experience[place],
            "tried_on": n,
            "goal_type": content.goal_types[place],
            "auc": round(area, 4) if np.isfinite(area) else None,
            "stated": round(float(test.probability[own].mean()), 4) if shown else None,
            "real": round(float(test.reached[own].mean()), 4) if shown else None,
        }
    return rows


def render_card(card: Mapping[str, Any], catalogue: Catalogue, language: str) -> str:
    """The card as Markdown in Danish (`da`) or English (`en`)."""
    say = Texts.of("models", language)
    data, quality = card["data"], card["quality"]
    lines = [
        f"# {say('card-title', version=card['version'])}",
        "",
        say("card-promoted" if card["promoted"] else "card-refused"),
        "",
        f"## {say('card-use')}",
        "",
        say("card-use-text"),
        "",
        f"## {say('card-data')}",
        "",
        say("card-data-text", train=data["train"], calibrate=data["calibrate"], test=data["test"]),
        say("card-data-span", first=data["first"], last=data["last"], hash=data["sha256"]),
        "",
        f"## {say('card-fields')}",
        "",
        say("card-fields-read", fields=_labels(card["fields_read"], catalogue, language)),
        "",
        say("card-fields-never", fields=_labels(card["never_read"], catalogue, language)),
        "",
        f"## {say('card-quality')}",
        "",
        say("card-auc", value=_f(quality["auc"][0]), low=_f(quality["auc"][1]), high=_f(quality["auc"][2])),
        say("card-calibration", error=_f(quality["calibration_error"]), slope=_f(quality["calibration_slope"])),
        "",
        *_gate_table(card, say),
        *_pathway_table(card, catalogue, language, say),
        *_group_table(card, catalogue, language, say),
    ]
    return "\n".join(lines) + "\n"


def _labels(fields: list[str], catalogue: Catalogue, language: str) -> str:
    return ", ".join(catalogue.field_label(field, language) for field in fields)


def _f(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.3f}"


def _gate_table(card: Mapping[str, Any], say: Texts) -> list[str]:
    lines = [f"## {say('card-gates')}", "", say("card-gates-head"), "| --- | --- | --- | --- |"]
    for gate in card["gates"]:
        verdict = say("card-yes") if gate["passed"] else say("card-no")
        figure, limit = (f"{gate[key]:.3g}" for key in ("figure", "limit"))
        lines.append(f"| {say('gate-' + gate['name'])} | {figure} | {limit} | {verdict} |")
    return [*lines, ""]


def _pathway_table(card: Mapping[str, Any], catalogue: Catalogue, language: str, say: Texts) -> list[str]:
    lines = [f"## {say('card-pathways')}", "", say("card-pathways-head"), "| --- | --- | --- | --- | --- | --- |"]
    for pathway, row in card["pathways"].items():
        name = catalogue.pathway_name(pathway, language)
        figures = " | ".join(_f(row[key]) for key in ("auc", "stated", "real"))
        lines.append(f"| {name} | {row['learnt_from']} | {row['tried_on']} | {figures} |")
    for pathway, count in card["data"]["not_learnt"].items():
        known = catalogue.pathway_name(pathway, language) if pathway in catalogue.pathways else pathway
        lines.append(f"| {known} | {say('card-too-few', count=count)} | – | – | – | – |")
    return [*lines, ""]


def _group_table(card: Mapping[str, Any], catalogue: Catalogue, language: str, say: Texts) -> list[str]:
    lines = [f"## {say('card-groups')}", "", say("card-groups-head"), "| --- | --- | --- | --- | --- |"]
    for row in card["groups"]["figures"]:
        label = f"{catalogue.field_label(row['attribute'], language)}: "
        label += catalogue.value_label(row["attribute"], row["group"], language)
        if row["selection"] is None:
            lines.append(f"| {label} | {row['n']} | {say('card-too-small')} | – | – |")
            continue
        rates = " | ".join(f"{row[key][0]:.2f}" for key in ("selection", "outcome"))
        lines.append(f"| {label} | {row['n']} | {rates} | {row['gap']:+.3f} |")
    return [*lines, ""]
