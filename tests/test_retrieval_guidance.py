"""Guidance search: what it finds, why, on which day, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.core.errors import MissingError, UserError
from retrieval.documents import Document, built_in_guidance
from retrieval.fusion import built_in_fusion
from retrieval.guidance import GuidanceIndex, NothingFoundError
from retrieval.law_refs import LawNames
from retrieval.thesaurus import Concept, Thesaurus

LAWS = LawNames.of({"SUL": {"aliases": ["sundhedsloven"]}, "SEL": {"aliases": ["serviceloven"]}})
KOL = Thesaurus({"kol": Concept("kol", "kronisk obstruktiv lungesygdom", ("kol",), ("rygerlunger",))})


def document(name: str, text: str, **more: object) -> Document:
    made = Document(name, name.title(), text, "0" * 64, f"{name}.md", media_type="text/markdown")
    return replace(made, **more)  # type: ignore[arg-type]


TRAINING = document(
    "genoptraening",
    "# Genoptræning\n\n## Frist\nKommunen tilbyder genoptræning inden 7 dage efter udskrivning, jf. § 140 i "
    "sundhedsloven.\n\n## Transport\nBefordring til træningen kan bevilges.",
    pathways=("traening",),
)
LUNGS = document(
    "lunger",
    "# Lunger\n\nForløbet er for borgere med kronisk obstruktiv lungesygdom og styrker kroppen.",
    pathways=("kol",),
)
JOB = document(
    "fleksjob",
    "# Fleksjob\n\nFleksjobbet bevilges, når arbejdsevnen er varigt nedsat. Virksomhedspraktikken afklarer den.",
    pathways=("fleksjob",),
)


def encoder(texts: object) -> NDArray[np.float64]:
    """A small real encoder: letter counts, so that equal texts are near."""
    rows = [[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyzæøå"] for text in texts]  # type: ignore[attr-defined]
    return np.array(rows, float)


@pytest.fixture
def index() -> GuidanceIndex:
    return GuidanceIndex.build([TRAINING, LUNGS, JOB], LAWS, thesaurus=KOL)


def first(index: GuidanceIndex, query: str) -> str:
    return index.search(query, 1)[0].passage.document_id


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Genoptræning,", "genoptraening"),
        ("genoptræningen", "genoptraening"),
        ("genoptræningsplan", "genoptraening"),
        ("genoptrænning", "genoptraening"),
        ("virksomhedspraktk", "fleksjob"),
        ("SUL §140", "genoptraening"),
        ("sundhedslovens § 140, stk. 1", "genoptraening"),
        ("rygerlunger", "lunger"),
        ("varig nedsættelse af arbejdsevne", "fleksjob"),
    ],
)
def test_inflection_compounds_typos_sections_and_everyday_words_find_the_passage(
    index: GuidanceIndex, query: str, found: str
) -> None:
    assert first(index, query) == found


def test_each_hit_says_why_it_matched(index: GuidanceIndex) -> None:
    assert "“rygerlunger” → “kronisk obstruktiv lungesygdom” (ordbog)" in index.search("rygerlunger")[0].matched
    assert "“virksomhedspraktk” ligner “virksomhedspraktikken”" in index.search("virksomhedspraktk")[0].matched
    assert "henvisningen SUL § 140" in index.search("sundhedsloven § 140")[0].matched
    assert "ordet “dage”" in index.search("hvor mange dage")[0].matched


def test_a_hit_carries_its_headings_references_and_exact_place(index: GuidanceIndex) -> None:
    passage = index.search("7 dage efter udskrivning", 1)[0].passage

    assert passage.heading_path == ("Genoptræning", "Frist")
    assert passage.law_refs == ("SUL § 140",)
    assert TRAINING.text[passage.start : passage.end] == passage.text


def test_scores_lie_between_0_and_1_and_fall(index: GuidanceIndex) -> None:
    scores = [hit.score for hit in index.search("genoptræning efter udskrivning fleksjob")]

    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


@pytest.mark.parametrize("query", ["", "   ", "?!", "\n"])
def test_an_empty_query_is_refused(index: GuidanceIndex, query: str) -> None:
    with pytest.raises(UserError, match="The query is empty"):
        index.search(query)


def test_a_query_of_stop_words_is_refused(index: GuidanceIndex) -> None:
    with pytest.raises(UserError, match="only words that stand in every text"):
        index.search("hvad er det for en")


def test_a_query_that_nothing_resembles_says_so(index: GuidanceIndex) -> None:
    with pytest.raises(NothingFoundError, match="Nothing in the guidance resembles 'xqzw'"):
        index.search("xqzw")


def test_a_query_of_ten_thousand_words_is_answered(index: GuidanceIndex) -> None:
    assert first(index, "genoptræning udskrivning " * 5_000) == "genoptraening"


def test_an_empty_corpus_and_doubled_ids_are_refused() -> None:
    with pytest.raises(UserError, match="no guidance to index"):
        GuidanceIndex.build([], LAWS)
    with pytest.raises(UserError, match=r"has the id 'lunger', as lunger\.md has"):
        GuidanceIndex.build([LUNGS, LUNGS], LAWS)


def test_only_what_is_valid_on_the_day_is_found() -> None:
    old = replace(TRAINING, id="gammel", valid_from=date(2007, 1, 1), valid_to=date(2025, 6, 30))
    new = replace(TRAINING, id="ny", valid_from=date(2025, 7, 1))
    index = GuidanceIndex.build([old, new], LAWS)

    assert {hit.passage.document_id for hit in index.search("genoptræning", as_of=date(2025, 6, 30))} == {"gammel"}
    assert {hit.passage.document_id for hit in index.search("genoptræning", as_of=date(2025, 7, 1))} == {"ny"}
    with pytest.raises(UserError, match="no guidance valid on 1999-01-01"):
        index.search("genoptræning", as_of=date(1999, 1, 1))


def test_a_corpus_can_be_asked_for_by_name() -> None:
    index = GuidanceIndex.build([replace(TRAINING, corpus="egen"), LUNGS], LAWS)

    assert {hit.passage.corpus for hit in index.search("genoptræning", corpus="egen")} == {"egen"}
    with pytest.raises(UserError, match="in the corpus 'findes ikke'"):
        index.search("genoptræning", corpus="findes ikke")


def test_an_index_reads_back_as_it_was_written(index: GuidanceIndex, tmp_path: Path) -> None:
    built = GuidanceIndex.build([TRAINING, LUNGS, JOB], LAWS, thesaurus=KOL, encoder=encoder)
    built.save(tmp_path / "index")

    again = GuidanceIndex.load(tmp_path / "index", LAWS, thesaurus=KOL, encoder=encoder)

    for query in ("genoptræning 7 dage", "rygerlunger", "SUL § 140"):
        assert again.ranking(query) == built.ranking(query)
    assert again.version == built.version
    assert again.splitter.counts == built.splitter.counts


def test_loading_without_an_index_or_with_another_encoder_is_refused(index: GuidanceIndex, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no guidance index at"):
        GuidanceIndex.load(tmp_path / "nothing", LAWS)
    GuidanceIndex.build([LUNGS], LAWS, encoder=encoder).save(tmp_path / "i")
    with pytest.raises(UserError, match="29 dimensions, the one in the settings has 3"):
        GuidanceIndex.load(tmp_path / "i", LAWS, encoder=lambda texts: np.ones((len(texts), 3)))


def test_adding_gives_what_building_at_once_gives(tmp_path: Path) -> None:
    at_once = GuidanceIndex.build([TRAINING, LUNGS, JOB], LAWS, thesaurus=KOL, encoder=encoder)
    grown = GuidanceIndex.build([TRAINING, LUNGS], LAWS, thesaurus=KOL, encoder=encoder)
    grown.save(tmp_path / "i")
    grown = GuidanceIndex.load(tmp_path / "i", LAWS, thesaurus=KOL, encoder=encoder)

    assert grown.add([JOB]) == ["fleksjob"]

    assert grown.version == at_once.version
    for query in ("fleksjob arbejdsevne", "genoptræning", "rygerlunger"):
        assert [name for name, _ in grown.ranking(query)] == [name for name, _ in at_once.ranking(query)]


def test_an_unchanged_document_is_passed_over_and_a_changed_one_replaced(index: GuidanceIndex) -> None:
    before = index.version
    assert index.add([LUNGS]) == []
    assert index.version == before
    old = index.search("kronisk obstruktiv lungesygdom", 1)[0].passage

    index.add([replace(LUNGS, text="# Lunger\n\nNyt hold for lungesygdom starter hver mandag.", version="2")])

    hits = index.search("lungesygdom")
    assert [hit.passage.text for hit in hits if hit.passage.document_id == "lunger"] == [
        "Nyt hold for lungesygdom starter hver mandag."
    ]
    assert index.version != before
    assert index.verify_quote(old.id, "kronisk obstruktiv lungesygdom")  # what was once quoted stays quotable


def test_a_version_that_begins_later_leaves_the_old_one_valid_until_then(index: GuidanceIndex) -> None:
    index.add([replace(LUNGS, text="# Lunger\n\nRegionen har ansvaret for lungesygdom.", valid_from=date(2027, 1, 1))])

    assert "styrker" in index.search("lungesygdom", 1, as_of=date(2026, 12, 31))[0].passage.text
    assert "Regionen" in index.search("lungesygdom", 1, as_of=date(2027, 1, 1))[0].passage.text
    assert index.search("styrker kroppen lungesygdom", 1, as_of=date(2026, 1, 1))[0].passage.valid_to == date(
        2026, 12, 31
    )


def test_a_removed_document_is_not_found(index: GuidanceIndex) -> None:
    index.remove("fleksjob")

    with pytest.raises(NothingFoundError):
        index.search("fleksjobbet")
    with pytest.raises(UserError, match="no document 'fleksjob'"):
        index.remove("fleksjob")


def test_a_quote_must_stand_byte_for_byte_in_an_unchanged_source(index: GuidanceIndex, tmp_path: Path) -> None:
    name = index.search("befordring", 1)[0].passage.id
    assert index.verify_quote(name, "Befordring til træningen")
    assert index.quote_fault(name, "befordring til træningen") == "quote-not-there"
    assert index.quote_fault("ukendt", "x") == "quote-unknown-passage"
    assert index.quote_fault(name, "") == "quote-unknown-passage"

    index.save(tmp_path / "i")
    sources = tmp_path / "i" / "sources.jsonl"
    sources.write_bytes(sources.read_bytes().replace(b"Befordring", b"Befordrinx"))
    tampered = GuidanceIndex.load(tmp_path / "i", LAWS)

    assert tampered.quote_fault(name, "Befordring til træningen") == "quote-source-changed"


def test_support_is_the_pathways_own_passages_and_the_same_however_it_is_asked(index: GuidanceIndex) -> None:
    together = index.support_all("genoptræning efter udskrivning", ["traening", "kol", "findes_ikke"])

    assert together["traening"] == index.support("genoptræning efter udskrivning", "traening")
    assert {name.partition("#")[0] for name, _ in together["traening"]} == {"genoptraening"}
    assert all(0 < relevance <= 1 for _, relevance in together["traening"])
    assert together["findes_ikke"] == []
    assert index.support("", "traening") == []


def test_every_channel_has_a_weight_that_was_learnt() -> None:
    fusion = built_in_fusion()

    assert max(fusion.short) == max(fusion.long) == 1.0
    assert min(*fusion.short, *fusion.long) >= 0.0


def test_the_built_in_guidance_is_whole() -> None:
    documents = built_in_guidance()
    index = GuidanceIndex.build(documents, LAWS)

    assert len(documents) >= 58
    assert index.search("frist for genoptræning")[0].passage.document_id.startswith("vejledning-")
    for row in range(len(index.passages)):
        passage = index.passage(row)
        assert index.verify_quote(passage.id, passage.text)
