"""What the model in use says of people it never learnt from, group by group, and whether that drifts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from eval.metrics.groups import Alarm, Audit, audit, holm, wilson
from models import tables
from models.columns import Bools, Floats, Ints
from models.evidence import Timeline, as_of_priors, batch_evidence, days, numbered, vectors_of
from models.features import GUIDANCE, PAST_CASES, encode_many
from models.history import Episode, known
from models.pathway_model import PathwayModel, pathway_codes, sigmoid
from models.train import split_by_person

GuidanceSupport = Callable[[Any, str], float]


class Predicted(NamedTuple):
    """Cases of people the model never learnt from, with what it says of the pathway that each was given."""

    episodes: list[Episode]
    pathway: Ints
    probability: Floats
    reached: Bools


def predict_held_out(episodes: Sequence[Episode], model: PathwayModel, support: GuidanceSupport | None) -> Predicted:
    """The promoted model on its own held-out people: the same split, evidence and order as in training."""
    finished = sorted(known(episodes), key=lambda e: (e.decided_on, e.case_id))
    usable = [episode for episode in finished if episode.pathway in model.pathways]
    part = split_by_person(int(model.content.about["seed"]))
    held = np.array([part(episode) == "test" for episode in usable], dtype=np.bool_)
    pathway = pathway_codes(model.pathways, [episode.pathway for episode in usable])
    reached = np.array([bool(episode.reached) for episode in usable])
    features = model.content.features
    rows = encode_many(features, [episode.facts for episode in usable])
    cases = Timeline(
        pathway=pathway,
        decided=days([e.decided_on for e in usable]),
        known_on=days([e.outcome_on or e.decided_on for e in usable]),
        reached=reached,
        person=numbered([e.person_id for e in usable]),
    )
    rates = batch_evidence(vectors_of(features, rows), cases, as_of_priors(cases, len(model.pathways)))
    rows = rows[held]
    rows[:, model.features.index(PAST_CASES)] = rates[held]
    tried = [episode for episode, of in zip(usable, held, strict=True) if of]
    if support is not None:
        rows[:, model.features.index(GUIDANCE)] = [support(e.facts, e.pathway) for e in tried]
    margin = tables.margins(model.content.tables, pathway[held], tables.binned(features, rows))
    return Predicted(tried, pathway[held], sigmoid(margin), reached[held])


@dataclass(frozen=True, slots=True)
class ModelAudit:
    """The model on held-out people. `alarms` are differences that the model's own chances do not explain.

    `audit` has the figures by group and, as its own alarms, plain differences in who is among the most promising
    third and in the errors: those may come from lawful facts that differ between groups, and a calibrated model
    has them whenever success rates differ. `alarms` compares what is left after the stated chance: over everybody
    (`gap`), among the most promising third (`gap_promised`: false hopes) and among the rest (`gap_others`: overlooked).
    """

    n: int
    audit: Audit
    alarms: tuple[Alarm, ...]
    tests: int


def audit_model(
    groups: Mapping[str, Sequence[str]], probability: Floats, reached: Bools, *, level: float
) -> ModelAudit:
    """Compare stated with real chances by group; the most promising third counts as selected."""
    selected = probability >= np.quantile(probability, 2 / 3)
    result = audit(groups, selected, reached, probability, level=level)
    alarms: list[Alarm] = []
    tests = 0
    for name, of in (("gap", np.ones(len(reached), bool)), ("gap_promised", selected), ("gap_others", ~selected)):
        own = {key: [values[i] for i in np.flatnonzero(of).tolist()] for key, values in groups.items()}
        # Who reached the goal, after the stated chance: the audit's own test of a selection beside what was expected.
        found = audit(own, reached[of], expected_selection=probability[of], level=level / 3)
        tests += found.tests
        alarms += [Alarm(a.attribute, a.group, name, a.difference, a.p) for a in found.alarms]
    return ModelAudit(len(reached), result, tuple(sorted(alarms, key=lambda a: a.p)), tests)


class Drift(NamedTuple):
    """Held-out cases of one year: what was promised, what came true, and the chance of so large a gap."""

    year: str
    n: int
    stated: float
    real: tuple[float, float, float]
    gap: float
    p: float


def drift(predicted: Predicted, smallest: int = 100) -> list[Drift]:
    """Stated and real chances by the year of the decision; `p` is Holm-adjusted over the years."""
    years = np.array([episode.decided_on.year for episode in predicted.episodes])
    found: list[Drift] = []
    for year in sorted(set(years.tolist())):
        of = years == year
        n = int(of.sum())
        if n < smallest:
            continue
        chance, came = predicted.probability[of], predicted.reached[of].astype(float)
        gap = float((chance - came).mean())
        error = math.sqrt(float((chance * (1 - chance)).sum())) / n
        p = math.erfc(abs(gap) / (error * math.sqrt(2))) if error else 1.0
        rate = wilson(came.sum(), n)
        found.append(Drift(str(year), n, round(float(chance.mean()), 4), rate[:3], round(gap, 4), p))
    adjusted = holm([one.p for one in found])
    return [one._replace(p=p) for one, p in zip(found, adjusted, strict=True)]
