"""Guidance and case search for LangChain, and any of its vector stores in FAISS's place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as Page
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from numpy.typing import NDArray
from pydantic import ConfigDict

from retrieval.cases import CaseIndex
from retrieval.dense import Encoder
from retrieval.guidance import GuidanceIndex


class GuidanceRetriever(BaseRetriever):
    """Guidance search as a LangChain retriever; each page's metadata names its place, references and reasons."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: GuidanceIndex
    k: int = 10
    as_of: date | None = None
    corpus: str | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Page]:
        hits = self.index.search(query, self.k, self.as_of, self.corpus)
        return [
            Page(
                id=hit.passage.id,
                page_content=hit.passage.text,
                metadata={
                    "passage_id": hit.passage.id,
                    "document": hit.passage.document_id,
                    "title": hit.passage.document_title,
                    "law_refs": list(hit.passage.law_refs),
                    "score": hit.score,
                    "matched": list(hit.matched),
                },
            )
            for hit in hits
        ]


class CaseRetriever(BaseRetriever):
    """Earlier cases of one pathway as a LangChain retriever; the query is ignored, the facts are what is asked.

    A page tells whether the goal was reached and how unlike the case is: never whose it is, nor its facts.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: CaseIndex
    facts: Mapping[str, Any]
    pathway: str
    k: int = 50
    known_before: dt.date | None = None
    exclude_person: str | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Page]:
        found = self.index.nearest(self.facts, self.pathway, self.k, self.known_before, self.exclude_person)
        rows = zip(found.distance, found.reached, strict=True)
        return [
            Page(
                page_content=f"{self.pathway}: {'reached' if reached else 'not reached'}",
                metadata={"pathway": self.pathway, "reached": bool(reached), "distance": float(distance)},
            )
            for distance, reached in rows
        ]


class _Encoded(Embeddings):
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = np.asarray(self._encoder(texts), float).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def as_embeddings(encoder: Encoder) -> Embeddings:
    """An encoder as LangChain's `Embeddings`."""
    return _Encoded(encoder)


class _Given(Embeddings):
    """Hands a store the vectors that were made already: each text is the row's number."""

    def __init__(self) -> None:
        self.rows: dict[str, list[float]] = {}

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.rows[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.rows[text]


class StoreIndex:
    """Any LangChain vector store as the index of guidance vectors, in FAISS's place.

    `make` gets an `Embeddings` and returns an empty store, for example `InMemoryVectorStore`. The store picks
    the candidates; their exact scores come from the whole-number vectors all the same, so a store that ranks
    approximately changes which passages are looked at, never their score.
    """

    def __init__(self, make: Any) -> None:
        self._given = _Given()
        self.store: VectorStore = make(self._given)
        self._size = 0

    def add(self, vectors: NDArray[np.int8]) -> None:
        """Append rows."""
        names = [str(self._size + place) for place in range(len(vectors))]
        self._given.rows.update(zip(names, vectors.astype(float).tolist(), strict=True))
        if names:
            self.store.add_texts(names, ids=names)
        self._given.rows.clear()
        self._size += len(vectors)

    def search(
        self, vector: NDArray[np.int8], k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """At most `k` rows, best first. Rows that are not allowed are dropped after asking for more."""
        asked = k if allowed is None else min(self._size, k + int((~allowed).sum()))
        pages = self.store.similarity_search_by_vector(vector.astype(float).tolist(), k=asked)
        rows = np.array([int(page.page_content) for page in pages], np.int64)
        if allowed is not None:
            rows = rows[allowed[rows]]
        return rows[:k], np.zeros(min(k, len(rows)), np.float32)
