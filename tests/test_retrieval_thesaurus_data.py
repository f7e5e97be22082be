"""The built-in thesaurus: well-formed, without circles or doubtful names, and wide enough."""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources
from typing import Any

import pytest
import yaml

from retrieval.analysis import content, words
from retrieval.thesaurus import load_thesaurus

FOLDER = resources.files("retrieval") / "thesaurus"
FIELDS = {"id", "pref", "alt", "lay", "broader", "source"}


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    """Every entry as it stands in the files, in order."""
    files = sorted((file for file in FOLDER.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return [entry for file in files for entry in yaml.safe_load(file.read_text(encoding="utf-8"))]


def names(entry: dict[str, Any]) -> list[str]:
    """All names of one entry."""
    return [entry["pref"], *entry["alt"], *entry["lay"]]


def test_there_are_at_least_six_hundred_and_fifty_concepts(entries: list[dict[str, Any]]) -> None:
    assert len(entries) >= 650


def test_every_entry_has_the_documented_fields_and_no_other(entries: list[dict[str, Any]]) -> None:
    wrong = [entry.get("id") for entry in entries if set(entry) - FIELDS or not FIELDS - {"broader"} <= set(entry)]

    assert wrong == []


def test_ids_are_unique_and_plain(entries: list[dict[str, Any]]) -> None:
    ids = Counter(entry["id"] for entry in entries)

    assert [key for key, count in ids.items() if count > 1] == []
    assert [key for key in ids if not re.fullmatch(r"[a-z0-9_]+", key)] == []


def test_preferred_names_are_unique(entries: list[dict[str, Any]]) -> None:
    prefs = Counter(entry["pref"].lower() for entry in entries)

    assert [pref for pref, count in prefs.items() if count > 1] == []


def test_no_text_is_empty_or_not_a_text(entries: list[dict[str, Any]]) -> None:
    texts = [(entry["id"], text) for entry in entries for text in (*names(entry), entry["id"], entry["source"])]

    assert [(key, text) for key, text in texts if not isinstance(text, str) or text != text.strip() or not text] == []


def test_every_concept_has_another_name(entries: list[dict[str, Any]]) -> None:
    assert [entry["id"] for entry in entries if not entry["alt"] and not entry["lay"]] == []


def test_a_concept_names_nothing_twice(entries: list[dict[str, Any]]) -> None:
    twice = [entry["id"] for entry in entries if max(Counter(map(str.lower, names(entry))).values()) > 1]

    assert twice == []


def test_one_name_belongs_to_one_concept(entries: list[dict[str, Any]]) -> None:
    owners = Counter(name.lower() for entry in entries for name in names(entry))

    assert [name for name, count in owners.items() if count > 1] == []


def test_every_broader_concept_exists(entries: list[dict[str, Any]]) -> None:
    ids = {entry["id"] for entry in entries}

    assert [(entry["id"], up) for entry in entries for up in entry.get("broader", []) if up not in ids] == []


def test_broader_never_leads_back(entries: list[dict[str, Any]]) -> None:
    above = {entry["id"]: entry.get("broader", []) for entry in entries}
    for start, nearest in above.items():
        seen: set[str] = set()
        ahead = list(nearest)
        while ahead:
            here = ahead.pop()
            assert here != start, f"{start} stands above itself"
            if here not in seen:
                seen.add(here)
                ahead.extend(above[here])


def test_no_name_is_made_of_stop_words_alone(entries: list[dict[str, Any]]) -> None:
    assert [(entry["id"], name) for entry in entries for name in names(entry) if not content(words(name))] == []


def test_a_section_is_named_with_its_law(entries: list[dict[str, Any]]) -> None:
    allowed = {"§ 56-ordning", "§ 56-aftale"}
    bare = [name for entry in entries for name in names(entry) if name.startswith("§") and name not in allowed]

    assert bare == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("jeg får let åndenød på grund af rygerlunger", "KOL"),
        ("blodprop i hjernen", "apopleksi"),
        ("slidte led i begge knæ", "artrose"),
        ("jeg har en dårlig ryg", "lænderygsmerter"),
        ("BG søger FØP", "førtidspension"),
        ("seddel om træning fra sygehuset", "genoptræningsplan"),
        ("jeg er uenig i svaret", "klage"),
        ("arne pension hvor mange år", "tidlig pension"),
        ("SDP stopper i uge 22", "sygedagpenge"),
        ("har svært ved at betale husleje, kan jeg få hjælp til huslejen", "boligstøtte"),
    ],
)
def test_everyday_words_and_abbreviations_lead_to_the_professional_word(said: str, meant: str) -> None:
    found = [expansion.meant for expansion in load_thesaurus().expand(words(said))]

    assert meant in found


def test_a_word_that_only_shares_a_stem_does_not_lead_to_debt_or_unemployment() -> None:
    thesaurus = load_thesaurus()

    found = {
        expansion.meant
        for said in ("reglen gælder for mig", "smerter i et led")
        for expansion in thesaurus.expand(words(said))
    }

    assert found.isdisjoint({"gældsproblemer", "arbejdsløs"})
