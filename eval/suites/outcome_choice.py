"""Does following the suggestion help? Against the synthetic truth, and as logged data alone can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import Catalogue
from eval.metrics.value import difference, doubly_robust, overlap, regret
from eval.suites.outcome_nuisance import expected_outcomes, lawful_facts, propensities, standardised
from models.features import encode_many
from models.hindsight import chances
from models.synthetic import Truth
from models.train import HeldOut, TrainedModel

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

FEWEST = 100
"""A goal type with fewer people who had a choice is not judged on its own."""


class Choices(NamedTuple):
    """People who had several open pathways to one goal: rows of the held-out part, and per person and option of
    that goal type what was open, what the model says and what is true. `chosen` is −1 where another goal's
    pathway was given."""

    goal_type: str
    rows: Ints
    options: tuple[int, ...]
    open: Bools
    stated: Floats
    true: Floats
    chosen: Ints


def choices(trained: TrainedModel, people: HeldOut, places: Ints, truth: Truth) -> list[Choices]:
    """One entry per goal type; `places` are the people's rows in the truth."""
    content = trained.model.content
    column = np.array([truth.pathways.index(name) for name in content.pathways])
    opened = truth.eligible[np.ix_(places, column)]
    true = truth.probability[np.ix_(places, column)]
    stated = chances(trained, people, opened)
    found = []
    for goal_type in sorted(set(content.goal_types)):
        options = [p for p, name in enumerate(content.goal_types) if name == goal_type]
        rows = np.flatnonzero(opened[:, options].sum(axis=1) >= 2)
        if len(rows) < FEWEST:
            continue
        given = people.pathway[rows]
        chosen = np.array([options.index(p) if p in options else -1 for p in given])
        part = np.ix_(rows, np.array(options))
        found.append(Choices(goal_type, rows, tuple(options), opened[part], stated[part], true[part], chosen))
    return found


def suggested(choice: Choices, intrusiveness: Sequence[int]) -> Ints:
    """The model's first place among the open options; ties go to the less intrusive, then to the first."""
    score = np.where(choice.open, choice.stated, -np.inf)
    top = score.max(axis=1, keepdims=True)
    burden = np.array([intrusiveness[p] for p in choice.options], dtype=np.float64)
    return np.asarray(np.where(score >= top - 1e-12, -burden, -np.inf).argmax(axis=1), dtype=np.int64)


def regret_table(trained: TrainedModel, found: Sequence[Choices], catalogue: Catalogue) -> dict[str, Any]:
    """Per family, goal type and overall: the true chance under the best, the suggested, the decided, the most common
    and a random open pathway.

    "share" is suggested over best; "gain" how much of the way from random to best it goes. People whose decision
    was for another goal count in all but "as decided", which is compared on its own people.
    """
    intrusiveness = [catalogue.pathways[name].intrusiveness for name in trained.model.pathways]
    table: dict[str, Any] = {}
    parts: dict[str, list[dict[str, Floats]]] = {"all": []}
    for choice in found:
        part = _ways(trained, choice, intrusiveness)
        family = catalogue.pathways[trained.model.pathways[choice.options[0]]].family
        for key in (f"goal:{choice.goal_type}", f"family:{family}", "all"):
            parts.setdefault(key, []).append(part)
    for key, members in parts.items():
        if members:
            table[key] = _row({way: np.concatenate([m[way] for m in members]) for way in members[0]})
    return table


def _ways(trained: TrainedModel, choice: Choices, intrusiveness: Sequence[int]) -> dict[str, Floats]:
    people = np.arange(len(choice.rows))
    experience = np.array([trained.model.content.experience[p] for p in choice.options])
    common = np.where(choice.open, experience, -1).argmax(axis=1)
    decided = np.where(choice.chosen >= 0, choice.true[people, choice.chosen], np.nan)
    return {
        "best": np.where(choice.open, choice.true, -np.inf).max(axis=1),
        "suggested": choice.true[people, suggested(choice, intrusiveness)],
        "decided": decided,
        "common": choice.true[people, common],
        "random": np.where(choice.open, choice.true, 0).sum(axis=1) / choice.open.sum(axis=1),
    }


def _row(ways: dict[str, Floats]) -> dict[str, float]:
    row = {way: float(np.nanmean(values)) for way, values in ways.items() if way != "decided"}
    had = ~np.isnan(ways["decided"])
    span = row["best"] - row["random"]
    return {
        "n": len(had),
        **row,
        "share": regret(ways["best"], ways["suggested"])["share"],
        "gain": (row["suggested"] - row["random"]) / span if span > 0 else float("nan"),
        "n_decided": int(had.sum()),
        "decided": float(ways["decided"][had].mean()) if had.any() else float("nan"),
        "suggested_same_people": float(ways["suggested"][had].mean()) if had.any() else float("nan"),
    }


def logged_value(
    trained: TrainedModel,
    people: HeldOut,
    place: Mapping[str, int],
    truth: Truth,
    catalogue: Catalogue,
    choice: Choices,
) -> dict[str, Any] | None:
    """The doubly robust value of following the suggestion for one goal type, beside as decided and the truth.

    On people who got a pathway of this goal and had another open; `place` says where a case lies in the truth; the
    nuisance models learn from the training people. None where fewer than 100 such people are held out.
    """
    intrusiveness = [catalogue.pathways[name].intrusiveness for name in trained.model.pathways]
    if (choice.chosen >= 0).sum() < FEWEST:
        return None
    kept = np.flatnonzero(choice.chosen >= 0)
    features = lawful_facts(catalogue)
    learn = np.flatnonzero(np.isin(trained.train.pathway, choice.options))
    column = [truth.pathways.index(trained.model.pathways[p]) for p in choice.options]
    learnt_open = truth.eligible[np.ix_([place[trained.train.episodes[i].case_id] for i in learn], column)]
    code = np.array([choice.options.index(p) for p in trained.train.pathway[learn]])
    learnt = standardised(encode_many(features, [trained.train.episodes[i].facts for i in learn]))
    asked = standardised(
        encode_many(features, [people.episodes[i].facts for i in choice.rows[kept]]), learnt.centre, learnt.scale
    )
    propensity = propensities(learnt.table, code, learnt_open, asked.table, choice.open[kept])
    reached = people.reached[choice.rows[kept]]
    expected = expected_outcomes(learnt.table, code, trained.train.reached[learn], asked.table, len(choice.options))
    policy = suggested(choice, intrusiveness)[kept]
    logged = (choice.chosen[kept], reached, policy, propensity, expected)
    value, over = doubly_robust(*logged), difference(*logged)
    true = float(choice.true[kept, policy].mean())
    return {
        "n": len(kept),
        "as_decided": float(reached.mean()),
        "follow": value._asdict(),
        "difference": over._asdict(),
        "true_follow": true,
        "truth_inside": bool(value.low <= true <= value.high),
        "overlap": overlap(choice.chosen[kept], policy, propensity)._asdict(),
    }
