"""How good the pathway model is on held-out history, beside boosted trees, and whether following it helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assistant.core.catalogue import Catalogue
from eval.metrics.probability import (
    auc,
    bootstrap,
    brier_score,
    calibration_line,
    expected_calibration_error,
    log_loss,
    paired_difference,
)
from eval.suites.outcome_choice import choices, logged_value, regret_table
from eval.suites.outcome_peers import PEERS
from models.gates import decide
from models.history import Episode
from models.synthetic import Truth
from models.train import HeldOut, TrainedModel, train


def run(
    episodes: Sequence[Episode],
    catalogue: Catalogue,
    seed: int = 0,
    truth: Truth | None = None,
    peers: Sequence[str] = tuple(PEERS),
) -> dict[str, Any]:
    """Train on part of the history and measure on the rest, in the same run as the peers.

    With the `truth` of a synthetic history (in the order of `episodes`) the regret table and the value of
    following the suggestion are added. Raises `HistoryError` where nothing can be learnt.
    """
    trained = train(episodes, catalogue, seed)
    report: dict[str, Any] = {
        "model": trained.model.version,
        "n": {
            "train": len(trained.train.reached),
            "calibrate": len(trained.calibrate.reached),
            "test": len(trained.test.reached),
        },
        "systems": compare(trained, peers),
        "gates": [gate.as_mapping() for gate in decide(trained, catalogue).gates],
        "not_learnt": trained.left_out,
    }
    if truth is not None:
        place = {episode.case_id: row for row, episode in enumerate(episodes)}
        people = together(trained.calibrate, trained.test)
        places = np.array([place[episode.case_id] for episode in people.episodes])
        found = choices(trained, people, places, truth)
        report["regret"] = regret_table(trained, found, catalogue)
        values = {c.goal_type: logged_value(trained, people, place, truth, catalogue, c) for c in found}
        report["value"] = {goal: value for goal, value in values.items() if value is not None}
        chosen = truth.probability[places, truth.chosen[places]]
        report["oracle_auc"] = auc(people.reached, chosen)
    return report


def together(first: HeldOut, second: HeldOut) -> HeldOut:
    """Two held-out parts as one."""
    return replace(
        first,
        episodes=(*first.episodes, *second.episodes),
        pathway=np.concatenate([first.pathway, second.pathway]),
        rows=np.concatenate([first.rows, second.rows]),
        margin=np.concatenate([first.margin, second.margin]),
        probability=np.concatenate([first.probability, second.probability]),
        reached=np.concatenate([first.reached, second.reached]),
    )


def compare(trained: TrainedModel, peers: Sequence[str]) -> list[dict[str, Any]]:
    """The model and each peer on the same people and columns, with the paired difference in AUC."""
    test = trained.test
    rows = [figures("vejviser", test, test.probability)]
    for name in peers:
        chance = PEERS[name](trained.train, trained.calibrate, test, trained.seed)
        ahead = paired_difference(auc, test.reached, test.probability, chance)
        rows.append({**figures(name, test, chance), "vejviser_minus_this": list(ahead)})
    return rows


def figures(name: str, test: HeldOut, chance: Any) -> dict[str, Any]:
    """One system's figures on the held-out people."""
    slope, _ = calibration_line(test.reached, chance)
    return {
        "system": name,
        "auc": list(bootstrap(auc, test.reached, chance)),
        "brier": brier_score(test.reached, chance),
        "log_loss": log_loss(test.reached, chance),
        "ece": expected_calibration_error(test.reached, chance),
        "slope": slope,
    }
