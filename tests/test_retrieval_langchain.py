"""Guidance and cases for LangChain, another vector store in FAISS's place, and the impact of a change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from langchain_core.runnables import RunnableLambda
from langchain_core.vectorstores import InMemoryVectorStore

from models.encoder.load import built_in_encoder, load_encoder
from retrieval.case_vectors import CaseSpec, Column
from retrieval.cases import CaseIndex
from retrieval.documents import Document, built_in_guidance
from retrieval.guidance import GuidanceIndex
from retrieval.impact import impact, touched
from retrieval.langchain import CaseRetriever, GuidanceRetriever, StoreIndex, as_embeddings
from retrieval.law_refs import LawNames

LAWS = LawNames.of({"SUL": {"aliases": ["sundhedsloven"]}})


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return built_in_guidance()[:12]


@pytest.fixture(scope="module")
def index(documents: list[Document]) -> GuidanceIndex:
    return GuidanceIndex.build(documents, LAWS, encoder=built_in_encoder())


def test_guidance_search_is_a_retriever_that_chains(index: GuidanceIndex) -> None:
    retriever = GuidanceRetriever(index=index, k=3)
    chain = retriever | RunnableLambda(lambda pages: [page.metadata["document"] for page in pages])

    pages = retriever.invoke("hvem kan få fleksjob")

    hits = index.search("hvem kan få fleksjob", 3)
    assert [page.metadata["passage_id"] for page in pages] == [hit.passage.id for hit in hits]
    assert pages[0].metadata["matched"] == list(hits[0].matched)
    assert chain.invoke("hvem kan få fleksjob")[0] == hits[0].passage.document_id


def test_earlier_cases_are_a_retriever_that_tells_nothing_of_who() -> None:
    class Row:
        case_id, person_id, pathway = "sag-77", "person-99", "a"
        decided_on, outcome_on, reached = dt.date(2025, 1, 1), dt.date(2025, 2, 1), True
        facts = {"pain": 3}  # noqa: RUF012

    cases = CaseIndex.build([Row()], CaseSpec((Column("pain", "number", edges=(1, 5)),)))

    [page] = CaseRetriever(index=cases, facts={"pain": 4}, pathway="a", known_before=dt.date(2026, 1, 1)).invoke("")

    assert page.metadata["reached"] is True
    assert "sag-77" not in repr(page)
    assert "person-99" not in repr(page)


def test_another_vector_store_in_place_of_faiss_gives_the_same_answers(
    index: GuidanceIndex, documents: list[Document]
) -> None:
    other = GuidanceIndex.build(
        documents, LAWS, encoder=built_in_encoder(), vector_index=StoreIndex(InMemoryVectorStore)
    )

    for query in ("fleksjob og arbejdsevne", "hvornår starter min træning", "rygerlunger"):
        ours, theirs = index.ranking(query, 5), other.ranking(query, 5)
        assert [name for name, _ in theirs] == [name for name, _ in ours]
        assert [score for _, score in theirs] == pytest.approx([score for _, score in ours])


def test_a_vector_store_keeps_to_the_allowed_rows() -> None:
    store = StoreIndex(InMemoryVectorStore)
    store.add(np.eye(6, dtype=np.int8) * 100)

    rows, _ = store.search(np.array([100, 90, 0, 0, 0, 0], np.int8), 2, np.array([False, True, True, True, True, True]))

    assert rows[0] == 1
    assert 0 not in rows


def test_the_encoder_serves_langchain_and_knows_lay_words() -> None:
    encoder = built_in_encoder()
    assert encoder is not None
    embeddings = as_embeddings(encoder)

    said, meant, other = (np.array(embeddings.embed_query(t)) for t in ("rygerlunger", "KOL", "fleksjob"))

    def cosine(a: np.ndarray, b: np.ndarray) -> float:  # type: ignore[type-arg]
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    assert cosine(said, meant) > cosine(said, other) + 0.2


def test_a_setting_can_turn_the_encoder_off() -> None:
    assert load_encoder("ingen") is None


def test_a_change_names_its_passages_laws_and_the_suggestions_that_rest_on_them() -> None:
    text = "# Frist\n\nFristen er 7 dage, jf. SUL § 140.\n\n# Klage\n\nKlag inden 4 uger."
    old = Document("gop", "GOP", text, "", "gop", pathways=("traening",), media_type="text/markdown")
    new = replace(old, text=text.replace("7 dage", "5 dage"))

    change = impact([old], [new], LAWS)

    assert change.changed == ("gop#1",)
    assert change.added == ("gop#1",)
    assert change.law_refs == ("SUL § 140",)
    assert change.pathways == ("traening",)
    assert touched(change, {"s1": ["gop#1", "gop#2"], "s2": ["gop#2"]}) == {"s1": ["gop#1"]}
    assert impact([old], [old], LAWS).changed == ()
    assert impact([old], [], LAWS).removed_documents == ("gop",)
    assert impact([old], [replace(old, valid_to=dt.date(2026, 12, 31))], LAWS).changed == ("gop#1", "gop#2")
