"""How fast guidance search is, beside LangChain's ensemble, Haystack and bm25s on the same passages and encoder."""

from __future__ import annotations

import json
import random
import re
import resource
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import UserError
from assistant.core.paths import shared_data
from eval.suites.retrieval_peers import Made, bm25
from models.encoder.load import built_in_encoder
from retrieval.analysis import stems, words
from retrieval.documents import Document, built_in_guidance, read_documents
from retrieval.guidance import GuidanceIndex
from retrieval.law_refs import LawNames
from retrieval.lay import lay_questions

Ask = Callable[[str], Any]
K = 10


def passages(size: int, seed: int = 7) -> list[Document]:
    """Invented passages: sentences of the real statutes (of our guidance where they are absent), newly put together.

    Each statute section stands there as it is first; the rest mix five to eight sentences of one statute.
    """
    folder = shared_data()
    real = read_documents(folder / "dalaw" / "corpus.jsonl") if folder else built_in_guidance()
    rng = random.Random(seed)
    by_group: dict[str, list[str]] = {}
    for document in real:
        parts = [part for part in re.split(r"(?<=[.;])\s+", document.text) if len(part) > 40]
        by_group.setdefault(document.group or document.id, []).extend(parts)
    groups = sorted(group for group, parts in by_group.items() if len(parts) >= 8)
    found = [replace(document, whole=True) for document in real[:size]]
    while len(found) < size:
        group = rng.choice(groups)
        text = " ".join(rng.sample(by_group[group], rng.randint(5, 8)))
        name = f"x{len(found):07d}"
        found.append(
            Document(name, f"{group} {len(found)}", text, "", "", group=f"{group}{len(found) % 50}", whole=True)
        )
    return found


def queries(count: int) -> list[str]:
    """Questions as people type them: the lay questions, and short runs of words from our guidance."""
    rng = random.Random(11)
    texts = [question.text for question in lay_questions()]
    pool = [word for document in built_in_guidance() for word in document.text.split() if len(word) > 5]
    texts += [" ".join(rng.sample(pool, rng.randint(2, 5))) for _ in range(len(texts))]
    rng.shuffle(texts)
    return texts[:count]


def langchain_stock(documents: Sequence[Document]) -> Ask:
    """LangChain's ensemble of its BM25 retriever and FAISS as they come, equal weights, our encoder."""
    return _langchain(documents, {})


def langchain_tuned(documents: Sequence[Document]) -> Ask:
    """The same with lower case and the Danish stemmer before BM25."""
    return _langchain(documents, {"preprocess_func": lambda text: stems(words(text))})


def _langchain(documents: Sequence[Document], options: Mapping[str, Any]) -> Ask:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_community.vectorstores import FAISS
        from langchain_core.documents import Document as Page

    pages = [Page(page_content=f"{d.title}. {d.text}", metadata={"id": d.id}) for d in documents]
    lexical = BM25Retriever.from_documents(pages, k=K, **options)
    dense = FAISS.from_documents(pages, lang_embeddings()).as_retriever(search_kwargs={"k": K})
    ask: Ask = EnsembleRetriever(retrievers=[lexical, dense], weights=[0.5, 0.5]).invoke
    return ask


def lang_embeddings() -> Any:
    """Our encoder as LangChain's `Embeddings`."""
    from retrieval.langchain import as_embeddings

    encoder = built_in_encoder()
    assert encoder is not None
    return as_embeddings(encoder)


def haystack(documents: Sequence[Document]) -> Ask:
    """Haystack's in-memory BM25 and embedding retrieval, joined by reciprocal rank."""
    from haystack import Document as Page
    from haystack.components.joiners import DocumentJoiner
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    encoder = built_in_encoder()
    assert encoder is not None
    vectors = encoder([f"{d.title}. {d.text}" for d in documents])
    store = InMemoryDocumentStore()
    store.write_documents(
        [
            Page(id=d.id, content=f"{d.title}. {d.text}", embedding=vector.tolist())
            for d, vector in zip(documents, vectors, strict=True)
        ]
    )
    join = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=K)

    def ask(query: str) -> Any:
        lexical = store.bm25_retrieval(query=query, top_k=K)
        dense = store.embedding_retrieval(query_embedding=encoder([query])[0].tolist(), top_k=K)
        return join.run(documents=[lexical, dense])

    return ask


def _asker(made: Made) -> Ask:
    return lambda query: made.rank(query, K)


PEERS = ("langchain", "langchain-tuned", "haystack", "bm25s")


def compare(size: int, count: int = 60, peers: Sequence[str] = PEERS) -> dict[str, Any]:
    """Ask every system the same queries in turn, one after another per query, so that noise hits all alike."""
    laws = LawNames.of(load_catalogue().laws)
    documents, texts = passages(size), queries(count)
    made: dict[str, Ask] = {}
    index = GuidanceIndex.build(documents, laws, encoder=built_in_encoder())
    made["vejviser"] = lambda query: index.search(query, K)
    makers: dict[str, Callable[[], Ask]] = {
        "langchain": lambda: langchain_stock(documents),
        "langchain-tuned": lambda: langchain_tuned(documents),
        "haystack": lambda: haystack(documents),
        "bm25s": lambda: _asker(bm25(documents, laws)),
    }
    made |= {name: makers[name]() for name in peers}
    times = interleaved(made, texts)
    rows: list[dict[str, Any]] = [
        {"system": name, "n": len(values), **_spread(values)} for name, values in times.items()
    ]
    for row in rows:
        for key in ("p50_ms", "cpu_p50_ms"):
            row[f"times_ours_{key}"] = round(row[key] / rows[0][key], 2)
    return {"passages": size, "queries": count, "systems": rows}


Times = list[tuple[float, float]]
"""Milliseconds per query: on the clock, and of this process's own work (which other programs do not disturb)."""


def interleaved(made: Mapping[str, Ask], texts: Sequence[str]) -> dict[str, Times]:
    """Times per query and system; the first three queries warm up and do not count."""
    times: dict[str, Times] = {name: [] for name in made}
    for number, text in enumerate([*texts[:3], *texts]):
        for name, ask in made.items():
            start, worked = perf_counter(), process_time()
            with suppress(UserError):
                ask(text)
            if number >= 3:
                times[name].append(((perf_counter() - start) * 1000, (process_time() - worked) * 1000))
    return times


def _spread(values: Times) -> dict[str, float]:
    wall, work = np.array(values).T
    return {
        "p50_ms": round(float(np.median(wall)), 3),
        "p95_ms": round(float(np.quantile(wall, 0.95)), 3),
        "cpu_p50_ms": round(float(np.median(work)), 3),
        "cpu_p95_ms": round(float(np.quantile(work, 0.95)), 3),
    }


def scale(size: int = 100_000, count: int = 200) -> dict[str, Any]:
    """A large corpus: build, search, add one document, save, restart to the first answer, and peak memory."""
    laws = LawNames.of(load_catalogue().laws)
    documents, texts = passages(size), queries(count)
    start = perf_counter()
    index = GuidanceIndex.build(documents, laws, encoder=built_in_encoder())
    found: dict[str, Any] = {"passages": size, "build_s": round(perf_counter() - start, 1)}
    times = interleaved({"vejviser": lambda query: index.search(query, K)}, texts)["vejviser"]
    found |= _spread(times)
    found["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    start, worked = perf_counter(), process_time()
    text = "Kommunen tilbyder et nyt hold for borgere med svimmelhed."
    index.add([Document("nyt", "Nyt", text, "", "nyt", whole=True)])
    index.search("hold for svimmelhed", K)
    found |= {"add_one_s": round(perf_counter() - start, 3), "add_one_cpu_s": round(process_time() - worked, 3)}
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        start, worked = perf_counter(), process_time()
        again = GuidanceIndex.load(Path(folder) / "index", laws, encoder=built_in_encoder())
        again.search(texts[0], K)
        found |= {"restart_s": round(perf_counter() - start, 2), "restart_cpu_s": round(process_time() - worked, 2)}
    return found


def main() -> None:
    """`python -m eval.suites.bench_retrieval [SIZE]`: the comparison; sizes from 100,000 on: the large corpus."""
    import sys

    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(json.dumps(scale(size) if size >= 100_000 else compare(size), indent=1))


if __name__ == "__main__":
    main()
