"""How good the explanations are: additivity, truth, faithfulness, stability, words; beside peers in the same run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import Catalogue
from eval.metrics import faithfulness
from eval.metrics.readability import readability
from eval.suites.explanation_cases import invented_suggestion, random_case
from eval.suites.explanation_peers import Explainer, chosen, explainers, fields_of, ours
from eval.suites.explanation_truth import drivers, projected_contributions, true_contributions
from explain.caseworker import caseworker_text
from explain.citizen import citizen_text
from explain.consistency import contradictions, first_reasons
from explain.game import past_success, support
from explain.pathway import ExplanationRefused, GuidanceEvidence, PastEvidence, check, explain_pathway, split_terms
from explain.shap_bridge import largest_gap, shap_values
from explain.view_build import explanation_view
from models.evidence import EvidenceSource
from models.features import GUIDANCE, PAST_CASES, Feature
from models.history import Episode, known
from models.recipe_read import load_recipe
from models.synthetic import generate
from models.train import TrainedModel, train

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BACKGROUND = 25
"""Earlier cases that stand in for a fact that is taken away."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The held-out cases that every explainer gets."""

    rows: Floats
    pathway: Ints
    episodes: tuple[Episode, ...]
    features: tuple[Feature, ...]
    fields: tuple[str, ...]
    background: Floats

    def columns(self) -> dict[str, list[int]]:
        """By field, where its features stand."""
        return {name: [j for j, f in enumerate(self.features) if f.field == name] for name in self.fields}


def run(
    catalogue: Catalogue,
    *,
    history: int = 8000,
    seed: int = 0,
    cases: int = 300,
    curves: int = 40,
    texts: int = 1000,
    pairs: int = 10_000,
) -> dict[str, Any]:
    """Figures on a freshly invented history: the same arguments give the same figures (times apart).

    `cases` are compared with the truth, `curves` of them get deletion and insertion curves, `texts` random cases
    are written out and checked for contradictions and readability, `pairs` case-pathways go through the gate.
    """
    made = generate(catalogue, history, seed)
    trained = train(made.episodes, catalogue, seed, EvidenceSource())
    held = _held(trained, cases, seed)
    shuffled = _shuffled(made.episodes, catalogue, seed)
    direct = true_contributions(catalogue, load_recipe(catalogue), held.episodes, trained.train.episodes, held.fields)
    through = projected_contributions(made, held.features, held.episodes, held.fields)
    truths = {"direct": drivers(direct, held.fields), "on_file": drivers(through, held.fields)}
    systems = explainers(trained, seed)
    return {
        "n": len(held.rows),
        "history": history,
        "seed": seed,
        "additivity": additivity(trained, seed, pairs),
        "shap_agreement": shap_agreement(trained, held),
        "systems": [_system(system, held, truths, curves, seed) for system in systems],
        "randomised_model": randomised(ours(trained), ours(shuffled), held),
        "texts": texts_quality(catalogue, texts),
    }


def _held(trained: TrainedModel, cases: int, seed: int) -> _Held:
    test = trained.test
    places = chosen(test, cases, seed)
    few = chosen(trained.train, BACKGROUND, seed)
    return _Held(
        rows=test.rows[places],
        pathway=test.pathway[places],
        episodes=tuple(test.episodes[int(place)] for place in places),
        features=trained.model.content.features,
        fields=fields_of(trained.model.content.features),
        background=trained.train.rows[few],
    )


def additivity(trained: TrainedModel, seed: int, pairs: int) -> dict[str, Any]:
    """The gate over many case-pathways with random evidence: the largest residual, and how many were refused."""
    model, rng = trained.model, np.random.default_rng(seed)
    worst, seen, refused = 0.0, 0, 0
    for episode in trained.test.episodes * (1 + pairs // max(1, len(trained.test.episodes))):
        if seen >= pairs:
            break
        reached = {p: tuple(bool(b) for b in rng.random(50) < 0.6) for p in model.pathways}
        relevant = {p: tuple(float(r) for r in rng.random(10)) for p in model.pathways}
        terms = model.terms(
            episode.facts,
            {p: past_success(r, model.alpha, model.prior[p]) for p, r in reached.items()},
            {p: support(r) for p, r in relevant.items()},
        )
        parts = split_terms(terms.pathways, terms.features, terms.values, terms.mean, terms.context, terms.margin)
        for p, part in parts.items():
            past = PastEvidence(
                tuple(map(str, range(50))), reached[p], model.curve(p, PAST_CASES), model.alpha, model.prior[p]
            )
            guidance = GuidanceEvidence(tuple(map(str, range(10))), relevant[p], model.curve(p, GUIDANCE))
            try:
                worst = max(worst, check(explain_pathway(part, past, guidance, parents=model.parents)))
            except ExplanationRefused as refusal:
                worst, refused = max(worst, refusal.residual), refused + 1
            seen += 1
    return {"case_pathways": seen, "max_residual": worst, "refused": refused}


def shap_agreement(trained: TrainedModel, held: _Held, rows: int = 3) -> dict[str, Any]:
    """shap's Permutation explainer on our margin as a black box: the largest gap to our own terms, in logits."""
    model, own = trained.model, ours(trained)
    p = int(held.pathway[0])
    some = held.rows[held.pathway == p][:rows]
    found = shap_values(
        lambda table: own.margin(table, np.full(len(table), p)), held.background, some, explainer="permutation"
    )
    name = model.pathways[p]
    curves = [model.curve(name, feature.name) for feature in model.content.features]
    terms = np.column_stack([c(some[:, j]) - c(held.background[:, j]).mean() for j, c in enumerate(curves)])
    return {"rows": len(some), "features": terms.shape[1], "max_gap": largest_gap(terms, found)}


def _system(
    system: Explainer, held: _Held, truths: Mapping[str, Sequence[Sequence[str]]], curves: int, seed: int
) -> dict[str, Any]:
    values = system.attribute(held.rows, held.pathway)
    rankings = [[held.fields[j] for j in np.argsort(-np.abs(row), kind="stable")] for row in values]
    return {
        "system": system.name,
        **({"note": system.note} if system.note else {}),
        "drivers": {name: _recovery(true, rankings) for name, true in truths.items()},
        **_faithful(system, held, rankings, curves),
        "stability": stability(system, held, values, seed),
    }


def _recovery(true_drivers: Sequence[Sequence[str]], rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    """How much of the true top three stands in the first three of the explanation."""
    known_cases = [(true, ranking) for true, ranking in zip(true_drivers, rankings, strict=True) if true]
    shares = [faithfulness.recovered(true, ranking) for true, ranking in known_cases]
    return {
        "n": len(known_cases),
        "recall@3": fmean(shares),
        "any_in_top3": fmean(float(share > 0) for share in shares),
        "all_in_top3": fmean(float(share == 1.0) for share in shares),
        "first_in_top3": fmean(float(true[0] in ranking[:3]) for true, ranking in known_cases),
    }


def _faithful(system: Explainer, held: _Held, rankings: Sequence[Sequence[str]], curves: int) -> dict[str, float]:
    columns = held.columns()
    figures: dict[str, list[float]] = {"deletion": [], "insertion": [], "comprehensiveness@3": [], "sufficiency@3": []}
    for i in range(min(curves, len(held.rows))):
        worth = _Worth(system, held, i, columns)
        ranking = rankings[i]
        figures["deletion"].append(faithfulness.area(faithfulness.curve(worth, ranking)))
        figures["insertion"].append(faithfulness.area(faithfulness.curve(worth, ranking, insert=True)))
        figures["comprehensiveness@3"].append(faithfulness.comprehensiveness(worth, ranking))
        figures["sufficiency@3"].append(faithfulness.sufficiency(worth, ranking))
    return {name: fmean(values) for name, values in figures.items()}


class _Worth:
    """The mean margin of one case with some fields kept and the others taken from the background, remembered."""

    def __init__(self, system: Explainer, held: _Held, case: int, columns: dict[str, list[int]]) -> None:
        self.system, self.held, self.case, self.columns = system, held, case, columns
        self.seen: dict[frozenset[str], float] = {}

    def __call__(self, kept: Collection[str]) -> float:
        key = frozenset(kept)
        if key not in self.seen:
            rows = np.tile(self.held.rows[self.case], (len(self.held.background), 1))
            for name, places in self.columns.items():
                if name not in key:
                    rows[:, places] = self.held.background[:, places]
            pathway = np.full(len(rows), self.held.pathway[self.case])
            self.seen[key] = float(self.system.margin(rows, pathway).mean())
        return self.seen[key]


def stability(system: Explainer, held: _Held, values: Floats, seed: int) -> float:
    """Rank correlation of the attributions before and after one number of each case moves by one; 1 is steady."""
    rng = np.random.default_rng(seed)
    moved = held.rows.copy()
    for i in range(len(moved)):
        numbers = [j for j in range(moved.shape[1]) if not np.isnan(moved[i, j]) and moved[i, j] > 1]
        if numbers:
            moved[i, rng.choice(numbers)] += rng.choice((-1, 1))
    after = system.attribute(moved, held.pathway)
    found = [faithfulness.rank_correlation(a, b) for a, b in zip(values, after, strict=True)]
    return fmean(value for value in found if not math.isnan(value))


def _shuffled(episodes: Sequence[Episode], catalogue: Catalogue, seed: int) -> TrainedModel:
    """A model that learnt from outcomes dealt out at random: it has nothing to explain."""
    finished = known(episodes)
    order = np.random.default_rng(seed).permutation(len(finished))
    dealt = [
        dataclasses.replace(episode, reached=finished[int(other)].reached)
        for episode, other in zip(finished, order, strict=True)
    ]
    return train(dealt, catalogue, seed, EvidenceSource())


def randomised(own: Explainer, other: Explainer, held: _Held) -> dict[str, float]:
    """Explanations of a model that learnt nothing must be smaller and unlike ours (Adebayo et al. 2018)."""
    first, second = own.attribute(held.rows, held.pathway), other.attribute(held.rows, held.pathway)
    likeness = [faithfulness.rank_correlation(np.abs(a), np.abs(b)) for a, b in zip(first, second, strict=True)]
    return {
        "rank_correlation": fmean(value for value in likeness if not math.isnan(value)),
        "size_share": float(np.abs(second).mean() / np.abs(first).mean()),
    }


def texts_quality(catalogue: Catalogue, n: int) -> dict[str, Any]:
    """Contradictions and readability of the texts of `n` random cases, in both languages."""
    found: list[str] = []
    disagree = claims = 0
    figures: dict[str, list[float]] = {"da": [], "en": []}
    longest = 0
    for seed in range(n):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed, scored=seed % 4 > 0)
        view = explanation_view(made.suggestion, made.facts, catalogue, texts=made.texts)
        for language, values in figures.items():
            citizen, caseworker = (text(view, catalogue, language) for text in (citizen_text, caseworker_text))
            found += [*contradictions(citizen, made.suggestion), *contradictions(caseworker, made.suggestion)]
            disagree += first_reasons(citizen) != first_reasons(caseworker)
            claims += len(citizen.claims()) + len(caseworker.claims())
            read = readability("\n".join(s.text for s in citizen.sentences() if s.key != "goal-quote"))
            values.append(read.lix)
            longest = max(longest, read.longest)
    return {
        "cases": n,
        "claims": claims,
        "contradictions": len(found),
        "readers_disagree": disagree,
        "lix_mean": {language: fmean(values) for language, values in figures.items()},
        "lix_max": {language: max(values) for language, values in figures.items()},
        "longest_sentence": longest,
    }
