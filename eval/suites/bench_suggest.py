"""How fast one whole suggestion is, logging off, and each of its parts beside a named peer doing the same work."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.app import Assistant
from assistant.building import build_workspace
from assistant.core.cases import Located
from assistant.core.consider import Considered, consider
from assistant.core.domain import Case
from assistant.core.settings import Settings
from assistant.evidence import reading_query, score_facts
from assistant.workspace import Workspace
from models.ebm import build_ebm
from models.pathway_model import PathwayModel
from models.registry import Registry
from models.synthetic import generate
from retrieval.documents import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = 60
WARM = 3
PEER_PACKAGES = ("langchain_classic", "langchain_community")

Times = list[tuple[float, float]]
"""Milliseconds per case: on the clock, and of this process's own work (which other programs do not disturb)."""
Work = Callable[[int], object]


def run(history: int = 5000, cases: int = CASES, workspace: Workspace | None = None) -> dict[str, Any]:
    """Times of whole suggestions and their parts; a workspace with a model is used as it is, else one is made.

    `history` is how many invented earlier cases the made workspace holds. Every system takes its turn on every
    case, so that a busy machine slows all of them alike. A peer that is not installed is named in `absent`.
    """
    with _open(workspace, history) as assistant:
        people = _cases(assistant, cases)
        considered = [consider(case, assistant.catalogue) for case in people]
        whole = _interleaved({"vejviser": lambda i: assistant.suggest(people[i], record=False)}, len(people))
        assert assistant.model is not None
        scoring, gap = _scoring(assistant.model, assistant, considered)
        retrieval, absent = _retrieval(assistant, considered)
        return {
            "history": 0 if assistant.history is None else len(assistant.history),
            "pathways": len(assistant.model.pathways),
            "cases": len(people),
            "suggestion": _spread(whole["vejviser"]),
            "scoring": _beside(scoring),
            "scoring_largest_difference": gap,
            "retrieval": _beside(retrieval),
            "absent": absent,
        }


@contextmanager
def _open(workspace: Workspace | None, history: int) -> Iterator[Assistant]:
    if workspace is not None and Registry(workspace.models).promoted() is not None:
        with Assistant(workspace) as assistant:
            yield assistant
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Workspace(Path(folder) / "workspace")
        build_workspace(made.folder, Settings(), history=history)
        registry = Registry(made.models)
        if registry.promoted() is None:  # the time a model takes does not depend on whether it passed its gates
            registry.promote(registry.versions()[0])
        with Assistant(made) as assistant:
            yield assistant


def _cases(assistant: Assistant, count: int) -> list[Case]:
    """Invented people who are not in the history."""
    found = []
    for episode in generate(assistant.catalogue, count, seed=987_654).episodes:
        facts = {k: list(v) if isinstance(v, tuple) else v for k, v in episode.facts.items() if v is not None}
        data = {"case_id": f"bench-{episode.case_id}", "case": {**facts, "case_note": episode.note}}
        found.append(assistant.read_case(Located(episode.case_id, data)))
    return found


def _scoring(
    model: PathwayModel, assistant: Assistant, considered: Sequence[Considered]
) -> tuple[dict[str, Times], float]:
    """All pathways of one case scored with every term: our tables, and `interpret`'s own explain_local.

    Both give the same additive terms; the largest difference between their margins is returned as well.
    """
    facts = [score_facts(one, assistant.catalogue) for one in considered]
    peer = explainable(model)
    rows = [_coded(model, one) for one in facts]
    gap = 0.0
    for one, row in zip(facts[:5], rows[:5], strict=True):
        said = [sum(d["scores"]) + d["extra"]["scores"][0] for d in peer.explain_local(row)._internal_obj["specific"]]
        gap = max(gap, float(np.abs(np.array(said) - model.terms(one).margin).max()))
    work: dict[str, Work] = {
        "vejviser": lambda i: model.terms(facts[i]),
        "interpret explain_local": lambda i: peer.explain_local(rows[i]),
    }
    return _interleaved(work, len(facts)), gap


def explainable(model: PathwayModel) -> Any:
    """The model as `interpret` holds it, with the names and weights that its explain_local asks for."""
    ebm = build_ebm(model.content.features, model.content.tables)
    ebm.bin_weights_ = [np.ones(np.shape(scores)) for scores in ebm.term_scores_]
    ebm.term_names_ = [" & ".join(ebm.feature_names_in_[j] for j in of) for of in ebm.term_features_]
    return ebm


def _coded(model: PathwayModel, facts: Mapping[str, Any]) -> Any:
    from models.features import encode_facts

    row = encode_facts(model.content.features, facts)
    return np.column_stack([np.arange(len(model.pathways), dtype=np.float64), np.tile(row, (len(model.pathways), 1))])


def _retrieval(assistant: Assistant, considered: Sequence[Considered]) -> tuple[dict[str, Times], list[str]]:
    """The guidance read for one case: our search for every pathway at once, and LangChain's stock ensemble once."""
    queries = [reading_query(one, assistant.catalogue) or "genoptræning" for one in considered]
    pathways = list(assistant.catalogue.pathways)
    work: dict[str, Work] = {
        "vejviser, every pathway": lambda i: assistant.guidance.support_all(queries[i], pathways),
        "vejviser, one search": lambda i: assistant.search(queries[i]),
    }
    absent = [name for name in PEER_PACKAGES if importlib.util.find_spec(name) is None]
    if not absent:
        from eval.suites.bench_retrieval import langchain_stock

        ask = langchain_stock(_same_passages(assistant))
        work["langchain stock ensemble, one search"] = lambda i: ask(queries[i])
    return _interleaved(work, len(queries)), absent


def _same_passages(assistant: Assistant) -> list[Document]:
    """Our own passages as documents, so that the peer searches the same pieces of text."""
    found = (assistant.guidance.passage(row) for row in range(len(assistant.guidance.passages)))
    return [Document(p.id, p.document_title, p.text, "", "", whole=True) for p in found]


def _interleaved(work: Mapping[str, Work], count: int) -> dict[str, Times]:
    times: dict[str, Times] = {name: [] for name in work}
    for turn in range(-min(WARM, count), count):
        for name, one in work.items():
            start, worked = perf_counter(), process_time()
            one(turn % count)
            if turn >= 0:
                times[name].append(((perf_counter() - start) * 1000, (process_time() - worked) * 1000))
    return times


def _spread(times: Times) -> dict[str, float]:
    wall, cpu = np.array(times).T
    return {
        "p50_ms": round(float(np.median(wall)), 3),
        "p95_ms": round(float(np.quantile(wall, 0.95)), 3),
        "cpu_p50_ms": round(float(np.median(cpu)), 3),
        "cpu_p95_ms": round(float(np.quantile(cpu, 0.95)), 3),
    }


def _beside(times: Mapping[str, Times]) -> list[dict[str, Any]]:
    """A row per system; `times_ours` is how many times our processor time the peer takes."""
    spreads = {name: _spread(one) for name, one in times.items()}
    ours = next(iter(spreads.values()))["cpu_p50_ms"]
    return [
        {"system": name, **one, "times_ours": round(one["cpu_p50_ms"] / ours, 2) if ours else None}
        for name, one in spreads.items()
    ]
