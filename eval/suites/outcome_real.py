"""The pathway model on real programmes: knee replacements, re-employment bonuses, job-search seminars.

Each set comes in through the same import as anybody's own history, with the catalogue and mapping in
`eval/mappings/`. Two columns per set: "lawful" (no protected attribute, what ships) and "with_protected" (what
leaving them out costs).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.domain import ModelUse
from assistant.core.errors import MissingError
from eval.metrics.groups import audit
from eval.metrics.probability import auc, bootstrap, expected_calibration_error, paired_difference
from eval.suites.outcome_peers import PEERS
from models.bands import protected_groups
from models.history import Episode, Facts
from models.import_history import read_history
from models.mapping import read_mapping
from models.train import Part, Split, train

FOLDS = 5
MAPPINGS = Path(__file__).parents[1] / "mappings"
SETS: dict[str, tuple[str, str, str]] = {
    "knee_score": ("nhs_proms", "knee_score.yaml", "knee_provider.parquet"),
    "knee_vas": ("nhs_proms", "knee_vas.yaml", "knee_provider.parquet"),
    "penn_reemployment": ("penn_reemployment", "mapping.yaml", "penn_reemployment.csv"),
    "jobs2": ("jobs2", "mapping.yaml", "jobs2.csv"),
}
NHS_OWN = {
    "knee_score": ("Knee Replacement OKS Post-Op Q Predicted", "Knee Replacement Pre-Op Q Score"),
    "knee_vas": ("Knee Replacement EQ VAS_Post-Op Q Predicted", "Pre-Op Q EQ VAS"),
}
LAST_YEAR = 2018
"""Knee operations of the last year are tried on, the years before are learnt from."""


def run(
    name: str, data: Path, peers: Sequence[str] = ("xgboost",), columns: Sequence[str] = ("lawful", "with_protected")
) -> dict[str, Any]:
    """One real set: each column's AUC and calibration error, the peers', and the paired differences.

    `data` is the folder of real data; `MissingError` where the set is not in it.
    """
    folder, mapping_name, file = SETS[name]
    path = data / folder / file
    if not path.is_file():
        raise MissingError(f"The real data {folder}/{file} is not in {data}; it is not part of this project.")
    catalogue = load_catalogue(MAPPINGS / folder / "catalogue")
    parsed = read_history(path, read_mapping(MAPPINGS / folder / mapping_name, catalogue), catalogue)
    report: dict[str, Any] = {"set": name, "n": len(parsed.episodes), "bad_rows": len(parsed.errors)}
    scores: dict[str, np.ndarray[Any, Any]] = {}
    for column in columns:
        read = with_protected(catalogue) if column == "with_protected" else catalogue
        if name in NHS_OWN:
            found = _one_split(parsed.episodes, read, _by_year, peers)
        else:
            found = _folds(parsed.episodes, read, peers)
        report[column] = _report(found, peers)
        scores[column] = found["vejviser"]
        report[column]["groups"] = _third(found, catalogue)
    if len(scores) == 2:
        difference = paired_difference(auc, found["reached"], scores["with_protected"], scores["lawful"])
        report["cost_of_fairness_auc"] = list(difference)
    if name in NHS_OWN:
        report["nhs_own_model"] = _nhs_own(name, path, found)
    return report


def with_protected(catalogue: Catalogue) -> Catalogue:
    """The catalogue as if no attribute were protected; for measuring only, it never ships."""
    fields = {
        name: replace(spec, model_use=ModelUse.ALLOWED, protected=False) if spec.protected else spec
        for name, spec in catalogue.fields.items()
    }
    return replace(catalogue, fields=fields)


def _share(name: str, salt: str) -> float:
    return int.from_bytes(hashlib.sha256(f"{salt}:{name}".encode()).digest()[:8], "big") / 2**64


def _by_year(episode: Episode) -> Part:
    if episode.decided_on.year >= LAST_YEAR:
        return "test"
    return "calibrate" if _share(episode.person_id, "year") < 0.06 else "train"


def _fold(number: int) -> Split:
    def part(episode: Episode) -> Part:
        if int(_share(episode.person_id, "fold") * FOLDS) == number:
            return "test"
        return "calibrate" if _share(episode.person_id, "judge") < 0.15 else "train"

    return part


def _one_split(
    episodes: Sequence[Episode], catalogue: Catalogue, split: Callable[[Episode], Part], peers: Sequence[str]
) -> dict[str, Any]:
    trained = train(episodes, catalogue, 0, split=split)
    test = trained.test
    return {
        "reached": test.reached,
        "vejviser": test.probability,
        "people": [episode.case_id for episode in test.episodes],
        "facts": [episode.facts for episode in test.episodes],
        **{peer: PEERS[peer](trained.train, trained.calibrate, test, 0) for peer in peers},
    }


def _folds(episodes: Sequence[Episode], catalogue: Catalogue, peers: Sequence[str]) -> dict[str, Any]:
    """Every person scored once, by a model that never saw them; the same folds for every system."""
    parts = [_one_split(episodes, catalogue, _fold(number), peers) for number in range(FOLDS)]
    joined: dict[str, Any] = {}
    for key, first in parts[0].items():
        values = [part[key] for part in parts]
        joined[key] = list(chain(*values)) if isinstance(first, list) else np.concatenate(values)
    return joined


def _report(found: dict[str, Any], peers: Sequence[str]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for system in ("vejviser", *peers):
        rows[system] = {
            "auc": list(bootstrap(auc, found["reached"], found[system])),
            "ece": expected_calibration_error(found["reached"], found[system]),
        }
        if system != "vejviser":
            ahead = paired_difference(auc, found["reached"], found["vejviser"], found[system])
            rows[system]["vejviser_minus_this"] = list(ahead)
    return {"n_test": len(found["reached"]), **rows}


def _third(found: dict[str, Any], catalogue: Catalogue) -> list[dict[str, Any]]:
    """The groups' figures when the third with the lowest chances is flagged for help."""
    people: list[Facts] = found["facts"]
    flagged = found["vejviser"] <= np.quantile(found["vejviser"], 1 / 3)
    result = audit(protected_groups(people, catalogue), flagged, ~found["reached"], 1 - found["vejviser"])
    return list(result.as_mapping()["figures"])


def _nhs_own(name: str, path: Path, found: dict[str, Any]) -> dict[str, float]:
    """The NHS's own case-mix model on the same people, and ours on those it predicts for."""
    import pandas as pd

    predicted, before = NHS_OWN[name]
    table = pd.read_parquet(path, columns=[predicted, before])
    lines = np.array([int(case.split(":")[1]) for case in found["people"]]) - 2
    gain = table[predicted].to_numpy(dtype=float)[lines] - table[before].to_numpy(dtype=float)[lines]
    has = ~np.isnan(gain)
    return {
        "n": int(has.sum()),
        "auc": auc(found["reached"][has], gain[has]),
        "vejviser_auc_same_people": auc(found["reached"][has], found["vejviser"][has]),
    }
