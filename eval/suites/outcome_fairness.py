"""Are choices and outcomes in the history fair, and would the audit notice if they were not?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.core.catalogue import Catalogue
from assistant.core.domain import ModelUse
from eval.metrics.groups import Alarm, Comparison, after_expected, alarms
from eval.suites.outcome_nuisance import lawful_facts, propensities, standardised
from models.bands import protected_groups
from models.ebm import FitSettings
from models.features import encode_many
from models.gates import held_out_audit
from models.history import Episode
from models.open_pathways import open_pathways
from models.synthetic import generate
from models.train import train
from models.unfairness import Injection

PENALTY = 100.0
"""Of the penalties tried on 5,600 synthetic cases the one that was picked nearly always."""

FEWEST_OPEN = 300
"""A pathway that was open to fewer people is not compared: a difference would be noise."""


def audit_choices(episodes: Sequence[Episode], catalogue: Catalogue) -> list[Alarm]:
    """Groups that got a pathway open to them more or less often than what is lawfully on file explains.

    Compared are the fields kept for the audit only. Expected is a multinomial logit over the open pathways on
    everything else on file, learnt on the other half of the people. The alarm's figure names the pathway.
    """
    pathways = sorted({episode.pathway for episode in episodes if episode.pathway in catalogue.pathways})
    used = [episode for episode in episodes if episode.pathway in catalogue.pathways]
    opened = open_pathways(used, catalogue, pathways)
    chosen = np.array([pathways.index(episode.pathway) for episode in used])
    table = standardised(encode_many(lawful_facts(catalogue), [episode.facts for episode in used])).table
    expected = np.zeros(opened.shape)
    half = np.arange(len(used)) % 2 == 0
    for part in (half, ~half):
        expected[part] = propensities(table[~part], chosen[~part], opened[~part], table[part], opened[part], (PENALTY,))
    groups = protected_groups([episode.facts for episode in used], catalogue)
    audited = {n: g for n, g in groups.items() if catalogue.fields[n].model_use is ModelUse.AUDIT_ONLY}
    comparisons: list[Comparison] = []
    for place, pathway in enumerate(pathways):
        there = np.flatnonzero(opened[:, place])
        if len(there) < FEWEST_OPEN:
            continue
        for attribute, values in audited.items():
            of = [values[i] for i in there]
            found = after_expected(attribute, of, chosen[there] == place, expected[there, place])
            comparisons += [test._replace(figure=f"selection:{pathway}") for test in found]
    return alarms(comparisons)


def audit_outcomes(episodes: Sequence[Episode], catalogue: Catalogue, seed: int) -> list[Alarm]:
    """Groups whose recorded outcomes differ from what the same facts promise everybody (on held-out people)."""
    trained = train(episodes, catalogue, seed, settings=FitSettings(outer_bags=2), split=_halves(seed))
    return list(held_out_audit(trained.test, catalogue).alarms)


def _halves(seed: int) -> Any:
    import hashlib

    def part(episode: Episode) -> str:
        place = hashlib.sha256(f"fair:{seed}:{episode.person_id}".encode()).digest()[0]
        return "train" if place < 110 else "calibrate" if place < 128 else "test"

    return part


def run(catalogue: Catalogue, seeds: int = 50, n: int = 7500, points: float = 10.0, first: int = 0) -> dict[str, Any]:
    """How often the audit finds `points` of injected unfairness, and how often it cries wolf.

    Per seed four histories of `n` cases: fair and unfair in selection (one pathway, one sex), fair and unfair in
    recorded outcomes. "found" counts alarms on the injected group (or its counterpart) in the right direction.
    """
    rows = [_one(catalogue, seed, n, points) for seed in range(first, first + seeds)]
    return {
        "seeds": seeds,
        "n": n,
        "points": points,
        **{key: float(np.mean([row[key] for row in rows])) for key in rows[0]},
    }


def _one(catalogue: Catalogue, seed: int, n: int, points: float) -> dict[str, float]:
    field, group, other = "sex", "kvinde", "mand"
    fair = generate(catalogue, n, seed)
    biased = {
        kind: generate(
            catalogue, n, seed, injection=Injection(kind=kind, field=field, group=group, points=points)
        ).episodes
        for kind in ("selection", "error")
    }
    choices = audit_choices(biased["selection"], catalogue)
    outcomes = audit_outcomes(biased["error"], catalogue, seed)

    def found(alarms_: Sequence[Alarm], sign: int) -> float:
        return float(
            any(
                alarm.attribute == field
                and ((alarm.group == group and alarm.difference * sign > 0) or alarm.group == other)
                for alarm in alarms_
            )
        )

    return {
        "selection_found": found(choices, -1),
        "error_found": found(outcomes, 1),
        "selection_false_alarm": float(bool(audit_choices(fair.episodes, catalogue))),
        "error_false_alarm": float(bool(audit_outcomes(fair.episodes, catalogue, seed))),
    }
