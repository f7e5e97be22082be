"""Bringing one's own history: what comes in, and how each kind of bad input is told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
import yaml

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import UserError
from assistant.core.paths import shared_data
from models.import_history import HistoryFileError, Parsed, read_history
from models.mapping import MappingError, read_mapping

CATALOGUE = load_catalogue()
MAPPINGS = Path(__file__).parents[1] / "eval" / "mappings"

MAPPING = {
    "source": "kommune",
    "person": "borger",
    "case": "sag",
    "decided_on": {"column": "start", "format": "%d-%m-%Y"},
    "pathway": {"column": "indsats", "codes": {"P": "lab_virksomhedspraktik", "M": "lab_mentor"}},
    "outcome": {
        "reached": {"column": "resultat", "codes": {"ja": True, "nej": False}},
        "on": {"column": "slut", "format": "%d-%m-%Y"},
    },
    "fields": {
        "pain_nrs": {"column": "smerte_mm", "scale": 0.1, "unknown": ["-1"]},
        "employment_status": {"column": "stilling", "codes": {"1": "ansat", "2": "ledig"}},
        "barriers": {"columns": {"bus": "transport", "boern": "boernepasning"}, "yes": ["x"]},
    },
}
ROW = {
    "borger": "b1",
    "sag": "s1",
    "start": "01-02-2025",
    "indsats": "P",
    "resultat": "ja",
    "slut": "01-08-2025",
    "smerte_mm": "40",
    "stilling": "2",
    "bus": "x",
    "boern": "",
}


def parse(tmp_path: Path, *rows: dict[str, str], mapping: dict[str, object] = MAPPING) -> Parsed:
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    pd.DataFrame(list(rows)).to_csv(tmp_path / "h.csv", index=False)
    return read_history(tmp_path / "h.csv", read_mapping(tmp_path / "m.yaml", CATALOGUE), CATALOGUE)


def test_codes_units_dates_and_lists_are_read_as_the_mapping_says(tmp_path: Path) -> None:
    parsed = parse(tmp_path, ROW)

    (episode,) = parsed.episodes
    assert episode.case_id == "kommune:s1"
    assert (episode.decided_on, episode.outcome_on) == (dt.date(2025, 2, 1), dt.date(2025, 8, 1))
    assert episode.pathway == "lab_virksomhedspraktik"
    assert episode.reached is True
    assert episode.facts == {"pain_nrs": 4, "employment_status": "ledig", "barriers": ("transport",)}


def test_unknown_is_left_out_and_an_empty_list_means_none_found(tmp_path: Path) -> None:
    (episode,) = parse(tmp_path, {**ROW, "smerte_mm": "-1", "bus": ""}).episodes

    assert episode.facts == {"employment_status": "ledig", "barriers": ("ingen",)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"slut": "01-01-2025"}, "outcome (2025-01-01) is before the start (2025-02-01)"),
        ({"smerte_mm": "140"}, "pain_nrs 14 is outside 0 to 10"),
        ({"smerte_mm": "meget"}, "pain_nrs should be a number"),
        ({"start": "31-02-2025"}, "is no date written as %d-%m-%Y"),
        ({"start": ""}, "no start date"),
        ({"indsats": "Q"}, "'Q', which is no code"),
        ({"stilling": "7"}, "'7', which is no code"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_rest_come_in(
    tmp_path: Path, change: dict[str, str], told: str
) -> None:
    parsed = parse(tmp_path, ROW, {**ROW, "sag": "s2", **change}, {**ROW, "sag": "s3"})

    assert [episode.case_id for episode in parsed.episodes] == ["kommune:s1", "kommune:s3"]
    assert len(parsed.errors) == 1
    assert parsed.errors[0].startswith("h.csv line 3:")
    assert told in parsed.errors[0]


def test_a_case_that_stands_twice_is_told_with_the_line_of_the_first(tmp_path: Path) -> None:
    parsed = parse(tmp_path, ROW, ROW)

    assert len(parsed.episodes) == 1
    assert parsed.errors == ["h.csv line 3: the case 'kommune:s1' is already in line 2"]


def test_a_row_without_an_outcome_comes_in_as_not_known_yet(tmp_path: Path) -> None:
    parsed = parse(tmp_path, {**ROW, "resultat": ""}, {**ROW, "sag": "s2", "slut": ""})

    assert [episode.reached for episode in parsed.episodes] == [None, None]


def test_reading_the_same_file_twice_gives_the_same_cases(tmp_path: Path) -> None:
    assert parse(tmp_path, ROW) == parse(tmp_path, ROW)


def test_where_passes_over_rows_without_calling_them_bad(tmp_path: Path) -> None:
    mapping = {**MAPPING, "where": [{"column": "indsats", "values": ["M"]}]}

    parsed = parse(tmp_path, ROW, {**ROW, "sag": "s2", "indsats": "M"}, mapping=mapping)

    assert (len(parsed.episodes), parsed.passed_over, parsed.errors) == (1, 1, [])


def test_parquet_and_xlsx_read_like_csv(tmp_path: Path) -> None:
    from_csv = parse(tmp_path, ROW).episodes
    mapping = read_mapping(tmp_path / "m.yaml", CATALOGUE)
    table = pd.DataFrame([{**ROW, "smerte_mm": 40.0, "stilling": 2}])
    table.to_parquet(tmp_path / "h.parquet")
    table.to_excel(tmp_path / "h.xlsx", index=False)

    for name in ("h.parquet", "h.xlsx"):
        assert read_history(tmp_path / name, mapping, CATALOGUE).episodes == from_csv


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fields": {"painn": "smerte_mm"}}, "no such field"),
        ({"fields": {"pain_nrs": {"columns": {"bus": "x"}}}}, "the field is integer"),
        ({"fields": {"barriers": {"columns": {"bus": "cykel"}}}}, "no value 'cykel'"),
        ({"pathway": {"constant": "lab_lotteri"}}, "no pathway 'lab_lotteri'"),
        ({"pathway": {"column": "indsats", "codes": {"P": "lab_lotteri"}}}, "no pathway 'lab_lotteri'"),
        ({"pathway": {}}, "either a column or a constant"),
        ({"utcome": {}}, "Extra inputs"),
    ],
)
def test_a_wrong_mapping_is_told_by_the_entry(tmp_path: Path, change: dict[str, object], told: str) -> None:
    with pytest.raises(MappingError, match=told):
        parse(tmp_path, ROW, mapping={**MAPPING, **change})


def test_files_that_cannot_be_read_are_told_in_one_sentence(tmp_path: Path) -> None:
    parse(tmp_path, ROW)
    mapping = read_mapping(tmp_path / "m.yaml", CATALOGUE)
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / "head.csv").write_text("borger,sag\n", encoding="utf-8")
    (tmp_path / "latin.csv").write_bytes("borger,sag\nbørge,1\n".encode("latin-1"))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "not.xlsx").write_text("no workbook", encoding="utf-8")

    for name, told in (
        ("empty.csv", "is empty"),
        ("head.csv", "holds no rows"),
        ("latin.csv", "is not utf-8"),
        ("other.csv", "has no column 'boern'"),
        ("not.xlsx", "cannot be read"),
        ("none.csv", "is not there"),
    ):
        with pytest.raises(HistoryFileError, match=told):
            read_history(tmp_path / name, mapping, CATALOGUE)
    with pytest.raises(UserError, match="no mapping file"):
        read_mapping(tmp_path / "none.yaml", CATALOGUE)


@pytest.mark.parametrize(
    ("name", "file", "cases"),
    [("jobs2", "jobs2.csv", 899), ("penn_reemployment", "penn_reemployment.csv", 13913)],
)
def test_other_countries_programmes_load_unchanged_in_code(name: str, file: str, cases: int) -> None:
    catalogue = load_catalogue(MAPPINGS / name / "catalogue")
    mapping = read_mapping(MAPPINGS / name / "mapping.yaml", catalogue)
    data = shared_data()
    if data is None:
        assert mapping.source  # the data lies outside the project; without it the catalogue alone is checked
        return

    parsed = read_history(data / name / file, mapping, catalogue)

    assert len(parsed.episodes) == cases
    assert not parsed.errors
    assert {episode.pathway for episode in parsed.episodes} == set(catalogue.pathways)
