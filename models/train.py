"""Learn a pathway model from earlier cases, deterministically, and keep what it was tried on apart."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from assistant.core.catalogue import Catalogue
from assistant.core.errors import UserError
from models import tables
from models.calibrate import fit_affine
from models.columns import Bools, Floats, Ints
from models.conformal import NOMINAL, fit_cuts
from models.ebm import FitSettings, fit_tables
from models.evidence import (
    ALPHA,
    EvidenceSource,
    Timeline,
    as_of_priors,
    batch_evidence,
    days,
    numbered,
    search_evidence,
    shrunken_rate,
    vectors_of,
)
from models.features import (
    GUIDANCE,
    PAST_CASES,
    Feature,
    allowed_features,
    encode_many,
    evidence_features,
    with_cuts,
)
from models.history import Episode, content_hash, known
from models.pathway_model import Content, PathwayModel, pathway_codes, sigmoid
from models.polish import Rows, polished

MIN_PEOPLE = 10
MIN_EXPERIENCE = 30
"""A pathway with fewer known outcomes is not scored: it would be ranked by noise."""

Part: TypeAlias = Literal["train", "calibrate", "test"]
Split: TypeAlias = Callable[[Episode], Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Cases of people the model never learnt from, as it scores them; `rows` are their encoded features."""

    episodes: tuple[Episode, ...]
    pathway: Ints
    rows: Floats
    margin: Floats
    probability: Floats
    reached: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A candidate, not yet promoted: the model, what it was tried on, and what it came from."""

    model: PathwayModel
    train: HeldOut
    calibrate: HeldOut
    test: HeldOut
    data_hash: str
    seed: int
    left_out: dict[str, int]


class HistoryError(UserError):
    """A history that nothing can be learnt from."""

    def __init__(self, what: str) -> None:
        super().__init__(f"No model can be learnt: {what}. Rules and guidance work without one.")


def split_by_person(seed: int) -> Split:
    """70 % of the people to learn from, 15 % to calibrate on, 15 % to try on; one person is in one part only."""

    def part(episode: Episode) -> Part:
        digest = hashlib.sha256(f"{seed}:{episode.person_id}".encode()).digest()
        place = int.from_bytes(digest[:8], "big") / 2**64
        return "train" if place < 0.7 else "calibrate" if place < 0.85 else "test"

    return part


def train(
    episodes: Sequence[Episode],
    catalogue: Catalogue,
    seed: int = 0,
    evidence: EvidenceSource | None = None,
    *,
    without: Iterable[str] = (),
    split: Split | None = None,
    settings: FitSettings | None = None,
) -> TrainedModel:
    """Learn P(goal reached | case, pathway); the same history and seed give the same bytes.

    `evidence` says where similar cases and guidance support come from; `without` leaves fields out; `split`
    says which part a case belongs to (default: `split_by_person`).
    Raises `HistoryError` for no history, too little of it, or one that only ever had one outcome.
    """
    usable, left_out = _usable(episodes, catalogue)
    pathways = tuple(sorted({episode.pathway for episode in usable}))
    pathway = pathway_codes(pathways, [episode.pathway for episode in usable])
    reached = np.array([bool(episode.reached) for episode in usable])
    parts = np.array([(split or split_by_person(seed))(episode) for episode in usable])
    _check_parts(parts, reached)
    features = (*allowed_features(catalogue, without), *evidence_features())
    rows = encode_many(features, [episode.facts for episode in usable])
    _add_evidence(rows, features, usable, pathway, len(pathways), evidence or EvidenceSource())
    learn = parts == "train"
    features = with_cuts(features, rows[learn], MIN_PEOPLE)
    fitted = fit_tables(
        features, len(pathways), rows[learn], pathway[learn], reached[learn], seed, settings or FitSettings()
    )
    bins = tables.binned(features, rows)
    hold = parts == "calibrate"
    fitted, strength = polished(
        fitted,
        features,
        Rows(pathway[learn], bins[learn], reached[learn]),
        Rows(pathway[hold], bins[hold], reached[hold]),
    )
    refined = tables.refine(fitted, features, pathway[learn], bins[learn], MIN_PEOPLE)
    line = fit_affine(tables.margins(refined, pathway[hold], bins[hold]), reached[hold])
    final = tables.calibrated(refined, line.slope, line.shift)
    probability = sigmoid(tables.margins(final, pathway, bins))
    goal_types = tuple(catalogue.pathways[name].goal_type for name in pathways)
    data_hash = content_hash(usable)
    content = Content(
        pathways=pathways,
        goal_types=goal_types,
        features=features,
        tables=final,
        mean=tables.means(final, features, bins[learn]),
        prior=_priors(pathway[learn], reached[learn], len(pathways)),
        alpha=ALPHA,
        cuts=fit_cuts(probability[hold], reached[hold], pathway[hold], goal_types),
        experience=tuple(np.bincount(pathway[learn], minlength=len(pathways)).tolist()),
        nominal=NOMINAL,
        about={
            "seed": seed,
            "data_sha256": data_hash,
            "catalogue": catalogue.version,
            "calibration": [line.slope, line.shift],
            "polish": strength,
            "without": sorted(without),
        },
    )
    held = [_held(part, parts, usable, pathway, rows, probability, reached) for part in ("train", "calibrate", "test")]
    return TrainedModel(
        model=PathwayModel(content),
        train=held[0],
        calibrate=held[1],
        test=held[2],
        data_hash=data_hash,
        seed=seed,
        left_out=left_out,
    )


def _usable(episodes: Sequence[Episode], catalogue: Catalogue) -> tuple[list[Episode], dict[str, int]]:
    """The cases to learn from, in a fixed order, and how many known outcomes each left-out pathway had."""
    finished = sorted(known(episodes), key=lambda e: (e.decided_on, e.case_id))
    if not finished:
        raise HistoryError("the history holds no case with a known outcome")
    counts = Counter(episode.pathway for episode in finished)
    kept = {name for name, count in counts.items() if count >= MIN_EXPERIENCE and name in catalogue.pathways}
    usable = [episode for episode in finished if episode.pathway in kept]
    if not usable:
        raise HistoryError(f"no pathway has {MIN_EXPERIENCE} cases with a known outcome")
    return usable, {name: count for name, count in sorted(counts.items()) if name not in kept}


def _check_parts(parts: np.ndarray[tuple[int], np.dtype[np.str_]], reached: Bools) -> None:
    for part in ("train", "calibrate", "test"):
        if not (parts == part).any():
            raise HistoryError(f"there is nobody left for the part {part!r}; more earlier cases are needed")
    if reached.all() or not reached.any():
        word = "reached" if reached.all() else "missed"
        raise HistoryError(f"everybody in the history {word} the goal, so there is nothing to tell apart")


def _add_evidence(
    rows: Floats,
    features: Sequence[Feature],
    episodes: Sequence[Episode],
    pathway: Ints,
    pathways: int,
    evidence: EvidenceSource,
) -> None:
    names = [feature.name for feature in features]
    cases = Timeline(
        pathway=pathway,
        decided=days([episode.decided_on for episode in episodes]),
        known_on=days([episode.outcome_on or episode.decided_on for episode in episodes]),
        reached=np.array([bool(episode.reached) for episode in episodes]),
        person=numbered([episode.person_id for episode in episodes]),
    )
    priors = as_of_priors(cases, pathways)
    if evidence.nearest is None:
        rates = batch_evidence(vectors_of(features, rows), cases, priors)
    else:
        rates = search_evidence(episodes, evidence.nearest, priors)
    rows[:, names.index(PAST_CASES)] = rates
    if evidence.guidance_support is not None:
        support = [evidence.guidance_support(episode.facts, episode.pathway) for episode in episodes]
        rows[:, names.index(GUIDANCE)] = support


def _priors(pathway: Ints, reached: Bools, pathways: int) -> tuple[float, ...]:
    successes = np.bincount(pathway, weights=reached.astype(float), minlength=pathways)
    counts = np.bincount(pathway, minlength=pathways)
    return tuple(float(rate) for rate in shrunken_rate(successes, counts, reached.mean()))


def _held(
    part: str,
    parts: np.ndarray[tuple[int], np.dtype[np.str_]],
    episodes: Sequence[Episode],
    pathway: Ints,
    rows: Floats,
    probability: Floats,
    reached: Bools,
) -> HeldOut:
    places = np.flatnonzero(parts == part)
    chance = probability[places]
    return HeldOut(
        episodes=tuple(episodes[int(place)] for place in places),
        pathway=pathway[places],
        rows=rows[places],
        margin=np.log(chance / (1 - chance)),
        probability=chance,
        reached=reached[places],
    )
