"""How well guidance search finds what experts call relevant, beside plain systems on the same passages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import UserError
from eval.metrics.ranking import hit_at_k, mean_interval, mrr_at_k, ndcg_at_k, paired_bootstrap, recall_at_k
from eval.suites.retrieval_peers import Made, Rank
from eval.suites.retrieval_peers import systems as known_systems
from retrieval.documents import Document, built_in_guidance, decode, read_documents
from retrieval.guidance import GuidanceIndex
from retrieval.law_refs import LawNames, read_labels, same_place

DEPTH = 100
"""Places of a ranking that are kept and written to a run file."""

METRICS: Mapping[str, Callable[[frozenset[str], Sequence[str]], float]] = {
    "ndcg@10": lambda relevant, ranked: ndcg_at_k(relevant, ranked, 10),
    "recall@10": lambda relevant, ranked: recall_at_k(relevant, ranked, 10),
    "mrr@10": lambda relevant, ranked: mrr_at_k(relevant, ranked, 10),
    "hit@1": lambda relevant, ranked: hit_at_k(relevant, ranked, 1),
    "hit@5": lambda relevant, ranked: hit_at_k(relevant, ranked, 5),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A query with the ids that count as right."""

    id: str
    text: str
    relevant: frozenset[str]


def read_questions(path: Path) -> list[Question]:
    """Queries in the contract's JSONL form.

    Raises `UserError` with the line of a row that is no JSON, lacks a field or repeats an id.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; check the path.")
    questions: dict[str, Question] = {}
    for number, line in enumerate(decode(path, path.read_bytes()).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{where} is not valid JSON ({error.msg}).") from None
        question = _question(row, where)
        if question.id in questions:
            raise UserError(f"{where} repeats the id {question.id!r}; give each query its own.")
        questions[question.id] = question
    return list(questions.values())


def _question(row: Any, where: str) -> Question:
    if not isinstance(row, dict):
        raise UserError(f"{where} is not a JSON object with _id, text and relevant.")
    identity, text = row.get("_id", row.get("id")), row.get("text")
    relevant = row.get("relevant", row.get("gold"))
    if not identity or not isinstance(text, str) or not text.strip():
        raise UserError(f"{where} needs an _id and a text.")
    if not isinstance(relevant, list) or not relevant:
        raise UserError(f"{where} ({identity}) needs `relevant`: a list with at least one id.")
    return Question(str(identity), text, frozenset(map(str, relevant)))


@dataclass(frozen=True, slots=True)
class Run:
    """One system's answers: for each question, ids with scores, best first, and the milliseconds it took."""

    system: str
    settings: str
    rankings: list[list[tuple[str, float]]]
    milliseconds: list[float]


def run_system(made: Made, name: str, questions: Sequence[Question]) -> Run:
    """Ask one system every question; a question it refuses counts as an empty ranking."""
    made.rank(questions[0].text, DEPTH)  # the first call loads what is loaded late
    rankings, times = [], []
    for question in questions:
        start = perf_counter()
        try:
            ranked = made.rank(question.text, DEPTH)
        except UserError:
            ranked = []
        times.append((perf_counter() - start) * 1000)
        rankings.append(ranked)
    return Run(name, made.settings, rankings, times)


def figures(run: Run, questions: Sequence[Question]) -> dict[str, list[float]]:
    """Each metric's figure for each question."""
    ranked = [[name for name, _ in ranking] for ranking in run.rankings]
    return {
        metric: [work(q.relevant, names) for q, names in zip(questions, ranked, strict=True)]
        for metric, work in METRICS.items()
    }


def evaluate(
    corpus_path: Path,
    queries_path: Path,
    systems: Sequence[str] = ("vejviser", "bm25"),
    run_path: Path | None = None,
) -> dict[str, Any]:
    """The contract's document: the first system's figures, and all of them under `systems`.

    `run_path` gets the first system's ranking in TREC form. Each further system is compared with the first by
    paired bootstrap on nDCG@10. Raises `UserError` for files that cannot be read and unknown systems.
    """
    documents, questions = read_documents(corpus_path), read_questions(queries_path)
    if not questions:
        raise UserError(f"{queries_path}: holds no query.")
    return evaluate_documents(documents, questions, systems, run_path)


def evaluate_documents(
    documents: Sequence[Document],
    questions: Sequence[Question],
    systems: Sequence[str],
    run_path: Path | None = None,
) -> dict[str, Any]:
    """`evaluate` on what has been read already."""
    laws = LawNames.of(load_catalogue().laws)
    makers = known_systems()
    if unknown := [name for name in systems if name not in makers]:
        raise UserError(f"Unknown systems {unknown}; known are {sorted(makers)}.")
    runs = [run_system(makers[name](documents, laws), name, questions) for name in systems]
    tables = [figures(run, questions) for run in runs]
    described = [_described(run, table, len(questions)) for run, table in zip(runs, tables, strict=True)]
    for row, table in zip(described[1:], tables[1:], strict=True):
        gap = paired_bootstrap(tables[0]["ndcg@10"], table["ndcg@10"])
        row["first_is_better_by"] = {"ndcg@10": gap.mean, "interval": [gap.low, gap.high], "p": gap.p}
    if run_path is not None:
        write_run(runs[0], questions, run_path)
    return {**described[0], "systems": described}


def _described(run: Run, table: Mapping[str, list[float]], n: int) -> dict[str, Any]:
    row: dict[str, Any] = {"system": run.system, "n": n}
    row |= {metric: fmean(values) for metric, values in table.items()}
    row["ndcg@10_interval"] = list(mean_interval(table["ndcg@10"]))
    return row | {"p50_ms": median(run.milliseconds), "settings": run.settings}


def write_run(run: Run, questions: Sequence[Question], path: Path) -> None:
    """Write a ranking as `qid Q0 docid rank score tag`, so that anyone can score it."""
    lines = [
        f"{question.id} Q0 {name} {place} {score:.6f} {run.system}\n"
        for question, ranking in zip(questions, run.rankings, strict=True)
        for place, (name, score) in enumerate(ranking, start=1)
    ]
    path.write_text("".join(lines), encoding="utf-8")


def law_refs_at_5(queries: Sequence[Mapping[str, Any]], index: GuidanceIndex | None = None) -> dict[str, Any]:
    """Share of typed questions for which one of the laws that should be found is among the first five hits.

    `queries` are rows `{"id", "q", "refs": [{"law", "section"}]}`; the index is the built-in guidance's by default.
    """
    from eval.suites.retrieval_peers import built_in_index

    searched = index or built_in_index()
    missed = []
    for row in queries:
        wanted = [ref for want in row["refs"] for ref in read_labels(f"{want['law']} {want['section']}")]
        try:
            hits = searched.search(str(row["q"]), 5)
        except UserError:
            hits = []
        found = [ref for hit in hits for label in hit.passage.law_refs for ref in read_labels(label)]
        if not any(same_place(want, ref) for want in wanted for ref in found):
            missed.append(row["id"])
    return {"n": len(queries), "law_refs@5": 1 - len(missed) / len(queries), "missed": missed}


def lay_documents() -> list[Document]:
    """The built-in guidance, for questions whose right answers are pathways."""
    return built_in_guidance()


__all__ = ["Question", "Rank", "evaluate", "law_refs_at_5", "read_questions"]
