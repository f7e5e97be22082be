"""Learn and judge the fusion weights: nested cross-validation, grouped so that no regulation or topic is in both.

`python -m eval.suites.fusion --write` makes `retrieval/fusion.json`. The citizens' questions of the topics that are
held out are judged with the weights learnt from everything else, and never learnt from.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from assistant.core.catalogue import load_catalogue
from assistant.core.paths import shared_data
from eval.metrics.ranking import hit_at_k, ndcg_at_k, paired_bootstrap
from eval.metrics.splits import held_out
from eval.suites.retrieval_peers import Made, bm25
from models.encoder.load import load_encoder
from retrieval.documents import Document, built_in_guidance, read_documents
from retrieval.fusion import CHANNELS, Fusion
from retrieval.guidance import GuidanceIndex
from retrieval.law_refs import LawNames
from retrieval.lay import lay_questions
from retrieval.learn_fusion import Labelled, fit, folds, rank

WHERE = Path(__file__).parents[2] / "retrieval" / "fusion.json"
RIDGES = (1e-4, 1e-3, 1e-2, 3e-2)
OUTER, INNER, SEED = 5, 3, 20261122


@dataclass(frozen=True, slots=True)
class Set:
    """Queries of one kind over one corpus, and how the peer ranks them."""

    name: str
    examples: list[Labelled]
    gold: list[frozenset[str]]
    peer: list[list[str]]


def statutes(name: str, group_of: Callable[[Mapping[str, Any]], str], index: GuidanceIndex, peer: Made) -> Set:
    """A query file of the shared data, whose answers are rows of the indexed statutes."""
    folder = shared_data()
    assert folder is not None
    rows = [json.loads(line) for line in (folder / name / "queries_dev.jsonl").read_text("utf-8").splitlines()]
    gold = [frozenset(row["gold"]) for row in rows]
    examples = [
        _labelled(index, row["text"], index_rows(index, right), group_of(row))
        for row, right in zip(rows, gold, strict=True)
    ]
    return Set(name, _weighted(examples), gold, [[found for found, _ in peer.rank(row["text"], 10)] for row in rows])


def index_rows(index: GuidanceIndex, ids: frozenset[str]) -> frozenset[int]:
    """The rows of passages with these ids."""
    return frozenset(index.row_of_id[name] for name in ids if name in index.row_of_id)


def lay(index: GuidanceIndex, peer: Made, *, judging: bool) -> Set:
    """Citizens' questions over our guidance; right is every passage of a right pathway."""
    questions = [question for question in lay_questions() if held_out(question.topic) is judging]
    rows = [
        frozenset(row for pathway in question.relevant for row in index.pathway_rows.get(pathway, ()))
        for question in questions
    ]
    examples = [_labelled(index, q.text, right, q.topic) for q, right in zip(questions, rows, strict=True)]
    gold = [frozenset(index.rows.ids[row] for row in right) for right in rows]
    found = [[name for name, _ in peer.rank(question.text, 10)] for question in questions]
    return Set("lay_held_out" if judging else "lay", _weighted(examples), gold, found)


def _labelled(index: GuidanceIndex, text: str, right: frozenset[int], group: str) -> Labelled:
    query, scored = index.candidates(text)
    flags = np.array([int(row) in right for row in scored.rows], bool)
    ids = tuple(index.rows.ids[int(row)] for row in scored.rows)
    return Labelled(ids, scored.columns, flags, query.length, group)


def _weighted(examples: Sequence[Labelled]) -> list[Labelled]:
    """Together as heavy as the square root of their number: no set drowns another."""
    return [replace(example, weight=len(examples) ** -0.5) for example in examples]


def chosen(examples: Sequence[Labelled]) -> Fusion:
    """Fit with the ridge that does best in an inner cross-validation."""
    parts = folds([example.group for example in examples], INNER, SEED + 1)
    scores = {ridge: fmean(_inner(examples, parts, ridge)) for ridge in RIDGES}
    return fit(examples, max(RIDGES, key=lambda ridge: (scores[ridge], ridge)))


def _inner(examples: Sequence[Labelled], parts: Sequence[Sequence[int]], ridge: float) -> list[float]:
    figures = []
    for part in parts:
        out = set(part)
        fusion = fit([example for place, example in enumerate(examples) if place not in out], ridge)
        figures += [_gain(examples[place], fusion) for place in part]
    return figures


def _gain(example: Labelled, fusion: Fusion) -> float:
    gold = {name for name, right in zip(example.ids, example.relevant, strict=True) if right}
    return example.weight * ndcg_at_k(gold, rank(example, fusion), 10) if gold else 0.0


def nested(sets: Sequence[Set]) -> dict[str, list[list[str]]]:
    """Each set's rankings with weights that were learnt without the query's outer fold."""
    places = [(each.name, number) for each in sets for number in range(len(each.examples))]
    examples = [example for each in sets for example in each.examples]
    rankings: dict[str, list[list[str]]] = {each.name: [[] for _ in each.examples] for each in sets}
    for part in folds([example.group for example in examples], OUTER, SEED):
        out = set(part)
        fusion = chosen([example for place, example in enumerate(examples) if place not in out])
        for place in part:
            name, number = places[place]
            rankings[name][number] = rank(examples[place], fusion)
    return rankings


def compared(each: Set, rankings: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Our figures beside the peer's on the same queries, with the paired bootstrap's interval and p."""
    ours = [ndcg_at_k(gold, ranked, 10) for gold, ranked in zip(each.gold, rankings, strict=True)]
    theirs = [ndcg_at_k(gold, ranked, 10) for gold, ranked in zip(each.gold, each.peer, strict=True)]
    first = [hit_at_k(gold, ranked, 1) for gold, ranked in zip(each.gold, rankings, strict=True)]
    peer_first = [hit_at_k(gold, ranked, 1) for gold, ranked in zip(each.gold, each.peer, strict=True)]
    gap = paired_bootstrap(ours, theirs)
    numbers = {
        "ndcg@10": fmean(ours), "bm25_ndcg@10": fmean(theirs), "hit@1": fmean(first), "bm25_hit@1": fmean(peer_first),
        "gain": gap.mean, "gain_low": gap.low, "gain_high": gap.high, "p": gap.p,
    }  # fmt: skip
    return {"n": len(ours), **{name: round(number, 4) for name, number in numbers.items()}}


def without(sets: Sequence[Set], channel: str) -> list[Set]:
    """The same sets with one channel's column at zero."""
    place = CHANNELS.index(channel)
    kept = np.array([number != place for number in range(len(CHANNELS))], float)
    return [
        replace(each, examples=[replace(one, columns=one.columns * kept) for one in each.examples]) for each in sets
    ]


def gather(encoder_name: str) -> tuple[list[Set], Set]:
    """The sets to learn from, and the held-out one."""
    laws = LawNames.of(load_catalogue().laws)
    encoder = load_encoder(encoder_name)
    guidance = built_in_guidance()
    own = GuidanceIndex.build(guidance, laws, encoder=encoder)
    peer = bm25(_as_documents(own), laws)
    sets = [lay(own, peer, judging=False)]
    folder = shared_data()
    if folder is None:
        print("The real statutes (../shared/data) are not here: learning from the lay questions alone.")
    else:
        documents = read_documents(folder / "dalaw" / "corpus.jsonl")
        index = GuidanceIndex.build(documents, laws, encoder=encoder)
        plain = bm25(documents, laws)
        sets.append(statutes("dalaw", lambda row: str(row["regulation"]), index, plain))
        sets.append(statutes("kle_law", lambda row: str(row["kle"])[:5], index, plain))
    return sets, lay(own, peer, judging=True)


def _as_documents(index: GuidanceIndex) -> list[Document]:
    """Passages as rows, so that the peer searches exactly what we search."""
    passages = [index.passage(row) for row in range(len(index.passages))]
    return [Document(p.id, " ".join((p.document_title, *p.heading_path)), p.text, "", "", whole=True) for p in passages]


def report(sets: Sequence[Set], judged: Set, *, ablate: bool) -> tuple[Fusion, dict[str, Any]]:
    """The weights to ship, and the figures of folds they did not see."""
    rankings = nested(sets)
    table = {each.name: compared(each, rankings[each.name]) for each in sets}
    final = chosen([example for each in sets for example in each.examples])
    table[judged.name] = compared(judged, [rank(example, final) for example in judged.examples])
    if ablate:
        table["ablation"] = {
            channel: _ablated(without(sets, channel), without([judged], channel)[0]) for channel in CHANNELS
        }
    return final, table


def _ablated(sets: Sequence[Set], judged: Set) -> dict[str, float]:
    rankings = nested(sets)
    found = {each.name: float(compared(each, rankings[each.name])["ndcg@10"]) for each in sets}
    final = chosen([example for each in sets for example in each.examples])
    found["lay_held_out_hit@1"] = compared(judged, [rank(example, final) for example in judged.examples])["hit@1"]
    return found


def as_json(fusion: Fusion, table: Mapping[str, Any]) -> str:
    """What `fusion.json` holds: weights, and how they did where they were not learnt."""
    weights = {
        key: dict(zip(CHANNELS, values, strict=True))
        for key, values in (("short", fusion.short), ("long", fusion.long))
    }
    data = {**weights, "short_to": fusion.short_to, "long_from": fusion.long_from, "unseen_folds": table}
    return json.dumps(data, indent=1) + "\n"


def main() -> None:
    """Learn, print the figures and, if asked, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write retrieval/fusion.json")
    parser.add_argument("--ablate", action="store_true", help="learn again without each channel")
    parser.add_argument("--encoder", default="indbygget")
    options = parser.parse_args()
    fusion, table = report(*gather(options.encoder), ablate=options.ablate)
    text = as_json(fusion, table)
    print(text)
    if options.write:
        WHERE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
