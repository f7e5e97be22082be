"""The systems that are compared: ours, ours less one way of looking, and the plain ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import UserError
from models.encoder.load import built_in_encoder
from retrieval.analysis import char_ngrams, stems, words
from retrieval.dense import Encoder, Vectors, encode
from retrieval.documents import Document, built_in_guidance
from retrieval.fields import build_field, count_words
from retrieval.fusion import CHANNELS, Fusion, built_in_fusion
from retrieval.guidance import GuidanceIndex
from retrieval.law_refs import LawNames
from retrieval.lexical import Saturation, bag_of

Rank = Callable[[str, int], list[tuple[str, float]]]
"""A query and a depth to ids with scores, best first."""


@dataclass(frozen=True, slots=True)
class Made:
    """A system ready to be asked, and its settings in words."""

    rank: Rank
    settings: str


Maker = Callable[[Sequence[Document], LawNames], Made]


def systems() -> Mapping[str, Maker]:
    """What can be compared, by name."""
    table: dict[str, Maker] = {"vejviser": vejviser, "bm25": bm25, "char": char, "dense": dense}
    table["vejviser-lexical"] = lambda documents, laws: vejviser(documents, laws, encoder=None)
    for channel in CHANNELS:
        table[f"vejviser-without-{channel}"] = partial(vejviser, without=channel)
        table[f"vejviser-only-{channel}"] = partial(vejviser, only=channel)
    return table


@cache
def built_in_index() -> GuidanceIndex:
    """The built-in guidance with the built-in encoder."""
    laws = LawNames.of(load_catalogue().laws)
    return GuidanceIndex.build(built_in_guidance(), laws, encoder=built_in_encoder())


_DEFAULT = object()


def vejviser(
    documents: Sequence[Document],
    laws: LawNames,
    *,
    encoder: Encoder | object | None = _DEFAULT,
    without: str = "",
    only: str = "",
) -> Made:
    """Ours; `without` leaves one channel's weight out, `only` all others."""
    used = built_in_encoder() if encoder is _DEFAULT else encoder
    fusion = built_in_fusion()
    if without or only:
        fusion = replace(fusion, short=_masked(fusion.short, without, only), long=_masked(fusion.long, without, only))
    index = GuidanceIndex.build(documents, laws, encoder=used, fusion=fusion)  # type: ignore[arg-type]
    return Made(partial(_documents_of, index), f"fusion {_written(fusion)}")


def _masked(weights: tuple[float, ...], without: str, only: str) -> tuple[float, ...]:
    return tuple(
        (1.0 if only else weight) if (channel == only if only else channel != without) else 0.0
        for weight, channel in zip(weights, CHANNELS, strict=True)
    )


def _written(fusion: Fusion) -> str:
    pairs = zip(CHANNELS, fusion.short, fusion.long, strict=True)
    return ", ".join(f"{channel} {short:.2f}/{long:.2f}" for channel, short, long in pairs)


def _documents_of(index: GuidanceIndex, query: str, k: int) -> list[tuple[str, float]]:
    """A ranking of documents by their best passage."""
    best: dict[str, float] = {}
    for passage_id, score in index.ranking(query, k if _one_to_one(index) else 4 * k):
        document = passage_id if _one_to_one(index) else passage_id.rpartition("#")[0]
        best.setdefault(document, score)
    return list(best.items())[:k]


def _one_to_one(index: GuidanceIndex) -> bool:
    return len(index.sources) == len(index.passages)


def bm25(documents: Sequence[Document], laws: LawNames) -> Made:
    """The bm25s library with the Danish Snowball stemmer, its own defaults."""
    import bm25s

    searcher = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    searcher.index([_plain(document) for document in documents], show_progress=False)
    ids = [document.id for document in documents]

    def rank(query: str, k: int) -> list[tuple[str, float]]:
        tokens = stems(words(query))
        if not tokens:
            raise UserError("The query is empty.")
        scores = searcher.get_scores(tokens)
        return _top(scores, ids, k)

    return Made(rank, f"bm25s {bm25s.__version__} lucene k1=1.5 b=0.75, lower case, Snowball Danish, title and text")


def _plain(document: Document) -> list[str]:
    return stems(words(f"{document.title} {document.text}"))


def char(documents: Sequence[Document], laws: LawNames) -> Made:
    """BM25 over groups of four to six letters within words."""

    def terms(forms: Sequence[str]) -> list[list[str]]:
        return [char_ngrams(form, 4, 6) for form in forms]

    counts, forms = count_words(f"{document.title} {document.text}" for document in documents)
    field = build_field(counts, forms, terms, Saturation(1.2, 0.6))
    ids = [document.id for document in documents]

    def rank(query: str, k: int) -> list[tuple[str, float]]:
        bag = bag_of(gram for word in words(query) for gram in char_ngrams(word, 4, 6))
        return _top(field.score({term: float(count) for term, count in bag.items()}), ids, k)

    return Made(rank, "letter groups of 4 to 6 within words, BM25 k1=1.2 b=0.6")


def dense(documents: Sequence[Document], laws: LawNames) -> Made:
    """The built-in encoder alone."""
    encoder = built_in_encoder()
    if encoder is None:
        raise UserError("There is no built-in encoder; train it with `python -m models.encoder.train`.")
    vectors = Vectors(encode(encoder, [f"{document.title}. {document.text}" for document in documents]))
    ids, rows = [document.id for document in documents], np.arange(len(documents))

    def rank(query: str, k: int) -> list[tuple[str, float]]:
        return _top(vectors.cosines(encode(encoder, [query])[0], rows), ids, k)

    return Made(rank, f"built-in encoder, {vectors.dimension} whole numbers, cosine")


def _top(scores: NDArray[Any], ids: Sequence[str], k: int) -> list[tuple[str, float]]:
    order = np.argsort(-scores, kind="stable")[:k]
    return [(ids[row], float(scores[row])) for row in order if scores[row] > 0]
