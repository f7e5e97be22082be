"""Score held-out people under every pathway that was open to them, as the assistant would have on that day."""

from __future__ import annotations

import numpy as np

from models.columns import Bools, Floats, Ints
from models.evidence import (
    BLOCK,
    Timeline,
    days,
    nearest_successes,
    numbered,
    shrunken_rate,
    vectors_of,
)
from models.pathway_model import sigmoid
from models.train import HeldOut, TrainedModel


def chances(trained: TrainedModel, people: HeldOut, wanted: Bools) -> Floats:
    """P(goal reached) for `people` × the model's pathways, NaN where not `wanted`; shape [n, P].

    Each person's evidence is what others' cases had shown before that person's decision day.
    """
    content = trained.model.content
    past = _past_success(trained, people, wanted)
    margin = trained.model.scores(people.rows, past, None)
    assert margin.shape == wanted.shape, (margin.shape, wanted.shape, len(content.pathways))
    return np.where(wanted, sigmoid(margin), np.nan)


def _past_success(trained: TrainedModel, people: HeldOut, wanted: Bools) -> Floats:
    parts = (trained.train, trained.calibrate, trained.test)
    episodes = [episode for part in parts for episode in part.episodes]
    cases = Timeline(
        pathway=np.concatenate([part.pathway for part in parts]),
        decided=days([episode.decided_on for episode in episodes]),
        known_on=days([episode.outcome_on or episode.decided_on for episode in episodes]),
        reached=np.concatenate([part.reached for part in parts]),
        person=numbered([episode.person_id for episode in episodes]),
    )
    content = trained.model.content
    vectors = vectors_of(content.features, np.concatenate([part.rows for part in parts]))
    place = {episode.case_id: row for row, episode in enumerate(episodes)}
    asked: Ints = np.array([place[episode.case_id] for episode in people.episodes], dtype=np.int64)
    rates = np.full(wanted.shape, np.nan)
    for p in range(wanted.shape[1]):
        rows = np.flatnonzero(cases.pathway == p)
        queries = np.flatnonzero(wanted[:, p])
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            successes, found = nearest_successes(vectors, cases, asked[block], rows)
            rates[block, p] = shrunken_rate(successes, found, content.prior[p], content.alpha)
    return rates
