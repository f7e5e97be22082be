"""How fast a whole explanation is: all pathways and levels of one case, the texts, the pages; beside shap."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from assistant.core.catalogue import Catalogue
from eval.suites.explanation_cases import invented_suggestion, random_case
from eval.suites.explanation_peers import boosted_shap
from explain.game import past_success, support
from explain.pathway import GuidanceEvidence, PastEvidence, explain_pathway, split_terms
from explain.readers import explanation_document, rendered
from explain.view_build import explanation_view
from models.evidence import EvidenceSource
from models.features import GUIDANCE, PAST_CASES
from models.history import Episode
from models.synthetic import generate
from models.train import TrainedModel, train

NEIGHBOURS, PASSAGES = 50, 10


def run(catalogue: Catalogue, *, history: int = 8000, seed: int = 0, cases: int = 100) -> dict[str, Any]:
    """Milliseconds per case, warm, on one core: p50 and p95 by the clock, and the mean of processor time.

    `explain` is the margin, its terms and every contribution down to 50 past cases and 10 passages, for every
    pathway of the model, through the gate. The neighbours are given: finding them is measured by `bench suggest`.
    """
    trained = train(generate(catalogue, history, seed).episodes, catalogue, seed, EvidenceSource())
    people = trained.test.episodes[:cases]
    peer = boosted_shap(trained, seed)
    rows = trained.test.rows[:cases]
    pathways = len(trained.model.pathways)

    def explain(i: int) -> None:
        explain_whole(trained, people[i % len(people)], seed + i)

    def tree(i: int) -> None:
        peer.attribute(np.tile(rows[i % len(rows)], (pathways, 1)), np.arange(pathways))

    found = {
        "explain, all pathways and levels": _timed(explain, cases),
        "shap TreeExplainer on LightGBM, facts only": _timed(tree, min(cases, 30)),
    }
    return {"pathways": pathways, "cases": cases, "ms": {**found, **_pages(catalogue, min(cases, 30))}}


def explain_whole(trained: TrainedModel, episode: Episode, seed: int) -> int:
    """Explain one person under every pathway; the number of contributions made."""
    model, rng = trained.model, np.random.default_rng(seed)
    reached = {p: tuple(bool(b) for b in rng.random(NEIGHBOURS) < 0.6) for p in model.pathways}
    relevant = {p: tuple(float(r) for r in rng.random(PASSAGES)) for p in model.pathways}
    cases, passages = (tuple(map(str, range(n))) for n in (NEIGHBOURS, PASSAGES))
    terms = model.terms(
        episode.facts,
        {p: past_success(r, model.alpha, model.prior[p]) for p, r in reached.items()},
        {p: support(r) for p, r in relevant.items()},
    )
    parts = split_terms(terms.pathways, terms.features, terms.values, terms.mean, terms.context, terms.margin)
    return sum(
        len(
            explain_pathway(
                part,
                PastEvidence(cases, reached[p], model.curve(p, PAST_CASES), model.alpha, model.prior[p]),
                GuidanceEvidence(passages, relevant[p], model.curve(p, GUIDANCE)),
                parents=model.parents,
            ).contributions
        )
        for p, part in parts.items()
    )


def _pages(catalogue: Catalogue, cases: int) -> dict[str, dict[str, float]]:
    made = [invented_suggestion(random_case(catalogue, seed), catalogue, seed) for seed in range(cases)]
    views = [explanation_view(m.suggestion, m.facts, catalogue, texts=m.texts) for m in made]

    def page(reader: str, form: str, pictures: bool = False) -> Callable[[int], None]:
        def draw(i: int) -> None:
            view = views[i % len(views)]
            rendered(explanation_document(view, catalogue, reader, pictures=pictures), form, view)

        return draw

    return {
        "citizen, HTML": _timed(page("citizen", "html"), cases),
        "citizen, PDF": _timed(page("citizen", "pdf"), cases),
        "caseworker, HTML": _timed(page("caseworker", "html"), cases),
        "caseworker with picture, HTML": _timed(page("caseworker", "html", pictures=True), cases),
        "board, PDF": _timed(page("board", "pdf"), cases),
    }


def _timed(work: Callable[[int], object], times: int) -> dict[str, float]:
    work(0)  # warm: imports, fonts and templates are read once
    taken, before = [], time.process_time()
    for i in range(times):
        start = time.perf_counter()
        work(i)
        taken.append(1000 * (time.perf_counter() - start))
    processor = 1000 * (time.process_time() - before) / times  # what a busy machine cannot inflate
    return {"p50": float(np.percentile(taken, 50)), "p95": float(np.percentile(taken, 95)), "processor": processor}
