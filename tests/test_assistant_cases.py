"""A case is checked at the edge, once: what is wrong is said in one sentence, and free text is never repeated."""

from __future__ import annotations

import codecs
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from case_strategies import Raw, areas, days, make_case, raw_facts
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.cases import CaseError, Located, case_to_json, parse_case, read_case_file
from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.domain import Case
from assistant.core.errors import UserError
from assistant.core.gates import view_of

TODAY = dt.date(2026, 11, 23)
BUILT_IN = load_catalogue()
SECRET = "Bente Hansen, 010190-9995, bor på krisecenter"


def parse(document: Any, catalogue: Catalogue = BUILT_IN, **options: Any) -> Case:
    return parse_case(Located("sag.json", document), catalogue, today=TODAY, fallback_id="T-1", **options)


def refusal(facts: dict[str, Any], **rest: Any) -> str:
    with pytest.raises(CaseError) as caught:
        parse({"case": facts, **rest})
    return str(caught.value)


def said(document: Any) -> str | None:
    """What the refusal says; None when the case was read and can be written again."""
    try:
        case = parse(document)
    except CaseError as error:
        return str(error)
    json.dumps(case_to_json(case), ensure_ascii=False).encode()
    return None


def read(path: Path) -> list[Located]:
    return list(read_case_file(path))


# ---- reading files


def test_a_json_file_holds_one_case(tmp_path: Path) -> None:
    path = tmp_path / "sag.json"
    path.write_text('{"case": {"age": 40}}', encoding="utf-8")

    assert [parse(located.data).facts["age"].value for located in read(path)] == [40]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"case": {"age": 40}}\n{"case": {"age": 41}}\n',
        b'\n\n{"case": {"age": 40}}\n   \n{"case": {"age": 41}}',
        b'{"case": {"age": 40}}\r\n\r\n{"case": {"age": 41}}\r\n',
        codecs.BOM_UTF8 + b'{"case": {"age": 40}}\n{"case": {"age": 41}}\n',
    ],
    ids=["plain", "blank lines", "CRLF", "BOM"],
)
@pytest.mark.parametrize("name", ["sager.jsonl", "SAGER.JSONL"])
def test_a_jsonl_file_holds_one_case_a_line(tmp_path: Path, raw: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)

    assert [parse(located.data).facts["age"].value for located in read(path)] == [40, 41]


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    path = tmp_path / "sager.jsonl"
    path.write_text(json.dumps({"case": {"case_note": "før\u2028efter"}}, ensure_ascii=False), encoding="utf-8")

    assert [parse(located.data).facts["case_note"].value for located in read(path)] == ["før\u2028efter"]


def test_a_line_is_named_by_its_number_blank_lines_counted(tmp_path: Path) -> None:
    path = tmp_path / "sager.jsonl"
    path.write_text('{"case": {}}\n\n{"case": {"age": 400}}\n', encoding="utf-8")

    with pytest.raises(CaseError, match=r"sager\.jsonl, line 3, field 'age': 400 is outside 0 to 110 years\.$"):
        [parse_case(located, BUILT_IN, today=TODAY, fallback_id="x") for located in read(path)]


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("tom.json", b"", "the file is empty"),
        ("tom.jsonl", b" \n\n", "the file is empty"),
        ("bom.json", codecs.BOM_UTF8, "the file is empty"),
        ("latin.json", '{"case": {"case_note": "prøve"}}'.encode("latin-1"), r"not UTF-8 \(byte 26"),
        ("skæv.json", b'{\n "case": {\n  "age": 4,\n }\n}', r"skæv\.json, line 4: not valid JSON at column 2"),
        ("skæv.jsonl", b'{"case": {}}\n{"case": ', r"skæv\.jsonl, line 2: not valid JSON"),
        ("to.json", b'{"case": {}}\n{"case": {}}', r"line 2: not valid JSON at column 1"),
        ("nan.json", b'{"case": {"age": NaN}}', "NaN is not a number"),
        ("uendelig.json", b'{"case": {"age": -Infinity}}', "-Infinity is not a number"),
        ("dyb.json", b"[" * 200_000, "nested too deeply"),
        ("lang.json", b'{"case": {"age": ' + b"9" * 5000 + b"}}", "too many digits"),
    ],
)
def test_a_file_that_cannot_be_read_says_which_and_why(tmp_path: Path, name: str, raw: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)

    with pytest.raises(CaseError, match=says) as caught:
        read(path)

    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="there is no such file"):
        read(tmp_path / "ingen.json")
    with pytest.raises(CaseError, match="is a folder"):
        read(tmp_path)


# ---- values


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("bmi", 31, "there is no such field"),
        ("age", 111, "111 is outside 0 to 110 years"),
        ("age", -1, "-1 is outside"),
        ("age", "40", "must be a number"),
        ("age", True, "true must be a number"),
        ("age", 40.5, "40.5 must be a whole number"),
        ("age", 10**400, "the number is outside"),
        ("age", 1e400, "the number must be a whole number"),
        ("age", [40], "must be a number"),
        ("years_to_pension_age", 1e400, "is outside"),
        ("years_to_pension_age", -(10**30), "is outside"),
        ("mrc_score", 0, "0 is outside 1 to 5"),
        ("handlekommune", "ja", "'ja' must be true or false"),
        ("handlekommune", 1, "1 must be true or false"),
        ("gop_level", "basal", "'basal' is not one of ingen, almen_basal"),
        ("gop_level", ["almen_basal"], "must be a text"),
        ("gop_level", 3, "3 must be a text"),
        ("adl_areas", "trapper", "'trapper' must be a list"),
        ("adl_areas", ["trapper", "flyve"], "'flyve' is not one of"),
        ("adl_areas", [["trapper"]], "is not one of"),
        ("adl_areas", [None], "null is not one of"),
        ("adl_areas", {"value": "trapper"}, "must be a list"),
        ("hospital_discharge_date", "2026-02-31", "'2026-02-31' is not a date"),
        ("hospital_discharge_date", "31-02-2026", "'31-02-2026' is not a date"),
        ("hospital_discharge_date", 20261123, "is not a date"),
        ("hospital_discharge_date", "2026-11-23T10:00", "is not a date"),
        ("hospital_discharge_date", "9999-12-31", "lies outside the years 1900 to 2200"),
        ("hospital_discharge_date", "0001-01-01", "lies outside the years"),
        ("occupation_disco", "512", "does not have the form"),
        ("occupation_disco", "5120\n", "does not have the form"),
        ("occupation_disco", "٥١٢٠", "does not have the form"),
        ("occupation_disco", 5120, "5120 must be a text"),
        ("case_note", 7, "7 must be a text"),
        ("case_note", "halv \ud83d", "half a character"),
        ("case_note", {"value": "x", "kilde": "y"}, "unknown keys 'kilde'; known are observed_on, recorded_by"),
        ("pain_nrs", {"value": 3, "observed_on": "2026-13-01"}, "observed_on': '2026-13-01' is not a date"),
        ("pain_nrs", {"value": 3, "observed_on": "2026-11-24"}, "2026-11-24 is later than the case's today"),
        ("pain_nrs", {"value": 30, "observed_on": "2026-11-01"}, "30 is outside 0 to 10 NRS"),
        ("pain_nrs", {"value": 3, "source": {"navn": "x"}}, "source': must be a text"),
        ("pain_nrs", {"value": 3, "recorded_by": "\udc00"}, "recorded_by': must be a text"),
    ],
)
def test_a_bad_value_names_file_and_field(field: str, value: Any, says: str) -> None:
    message = refusal({field: value})

    assert says in message
    assert message.startswith(f"sag.json, field '{field}")
    assert message.endswith(".")
    assert len(message) < 1000
    message.encode()


@pytest.mark.parametrize("field", sorted(BUILT_IN.fields))
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: [text],
        lambda text: {"value": text, "observed_on": text},
        lambda text: {"value": [text, {"navn": text}]},
        lambda text: {"value": 1, text: 2},
        lambda text: {"value": {"navn": text}},
    ],
    ids=["bare", "list", "date", "mixed", "key", "nested"],
)
def test_no_error_repeats_what_someone_wrote(field: str, wrap: Any) -> None:
    message = said({"case": {field: wrap(SECRET)}, "case_id": "T-1"})

    if message is None:
        assert BUILT_IN.fields[field].type == "text"
        return
    assert "Bente" not in message
    assert "9995" not in message
    assert repr(field) in message or f"'{field}." in message


def test_no_error_repeats_free_text_in_the_frame_of_a_case() -> None:
    for key in ("case_id", "today", "caller_area", "role"):
        message = refusal({}, **{key: SECRET})

        assert "Bente" not in message
        assert f"field '{key}'" in message
    assert "Bente" not in refusal({SECRET: 1})


def test_a_value_nested_too_deeply_to_print_is_refused_like_any_other() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]

    assert "field 'age': the value must be a number" in refusal({"age": deep})


@pytest.mark.parametrize("document", [None, 3, "x", [], [{"case": {}}], {}, {"case": []}, {"case": None}])
def test_what_is_not_a_case_is_refused(document: Any) -> None:
    with pytest.raises(CaseError, match=r"^sag\.json"):
        parse(document)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ({"today": "i dag"}, "is not a date"),
        ({"today": 5}, "5 is not a date"),
        ({"today": "0001-01-05"}, "lies outside the years"),
        ({"caller_area": "beredskab"}, "there is no area 'beredskab'; known are job, health, social, alle"),
        ({"caller_area": "common"}, "there is no area 'common'"),
        ({"caller_area": ["job"]}, "there is no area"),
        ({"case_id": "a b"}, "may hold 1 to 64 letters"),
        ({"case_id": "a\n"}, "may hold 1 to 64 letters"),
        ({"case_id": "../../etc"}, "may hold 1 to 64 letters"),
        ({"case_id": "x" * 65}, "may hold 1 to 64 letters"),
        ({"case_id": "010190-9995"}, "looks like personal data; use a pseudonymous id"),
        ({"case_id": "sag-721289-9996"}, "looks like personal data"),
        ({"role": {"er": "læge"}}, "must be a word"),
    ],
)
def test_a_bad_frame_is_refused(frame: dict[str, Any], says: str) -> None:
    assert says in refusal({}, **frame)


def test_bad_input_is_a_user_error_with_exit_code_two() -> None:
    assert issubclass(CaseError, UserError)
    assert CaseError.exit_code == 2


# ---- meaning


def test_null_is_the_same_as_leaving_out() -> None:
    assert parse({"case": {"age": None, "pain_nrs": {"value": None, "source": "fys"}}}).facts == {}


def test_a_whole_number_written_as_a_decimal_is_that_number() -> None:
    value = parse({"case": {"age": 40.0}}).facts["age"].value

    assert value == 40
    assert isinstance(value, int)


def test_a_list_has_set_semantics() -> None:
    assert parse({"case": {"adl_areas": ["trapper", "trapper"]}}).facts["adl_areas"].value == ("trapper",)


def test_a_fact_carries_its_source_date_and_author() -> None:
    raw = {"value": 4, "source": "Træningsmodul", "observed_on": "2026-11-01", "recorded_by": "fys-3"}

    fact = parse({"case": {"pain_nrs": raw}}).facts["pain_nrs"]

    assert (fact.value, fact.source, fact.recorded_by) == (4, "Træningsmodul", "fys-3")
    assert fact.observed_on == dt.date(2026, 11, 1)


def test_the_documents_own_day_and_area_count_unless_the_caller_names_an_area() -> None:
    document = {"today": "2026-01-02", "caller_area": "job", "case": {}}

    assert (parse(document).today, parse(document).area) == (dt.date(2026, 1, 2), "job")
    assert parse(document, area="health").area == "health"
    assert (parse({"case": {}}).today, parse({"case": {}}).area) == (TODAY, "alle")


def test_a_vignette_is_a_valid_case_file() -> None:
    document = {"id": "V99", "title_da": "x", "expected": {"eligible": []}, "case": {"age": 50}}

    assert parse(document).id == "V99"


@pytest.mark.parametrize(
    ("observed", "known"),
    [("2026-11-23", True), ("2025-11-23", True), ("2025-11-22", False), ("2024-03-15", False)],
)
def test_a_measurement_older_than_its_field_allows_counts_as_unknown(observed: str, known: bool) -> None:
    facts = {"chair_stand_30s": {"value": 9, "observed_on": observed}, "consent_health_exchange": "givet"}

    view = view_of(parse({"case": facts}), BUILT_IN)

    assert ("chair_stand_30s" in view.facts) is known
    assert ("chair_stand_30s" in view.outdated) is not known


def test_a_measurement_from_leap_day_lasts_to_the_end_of_february() -> None:
    facts = {"pain_nrs": {"value": 9, "observed_on": "2024-02-29"}, "consent_health_exchange": "givet"}

    assert "pain_nrs" in view_of(parse({"today": "2025-02-28", "case": facts}), BUILT_IN).facts
    assert "pain_nrs" in view_of(parse({"today": "2025-03-01", "case": facts}), BUILT_IN).outdated


def test_a_field_without_a_limit_does_not_grow_old() -> None:
    facts = {"falls_12m": {"value": 2, "observed_on": "1999-01-01"}, "consent_health_exchange": "givet"}

    assert "falls_12m" in view_of(parse({"case": facts}), BUILT_IN).facts


wrapping = st.sampled_from([None, "fagsystem", "egne ord: æøå \u2028"])


@settings(max_examples=120)
@given(raw_facts(), areas(), days(), wrapping, st.integers(0, 900), st.booleans())
def test_a_case_written_as_json_reads_back_the_same(
    facts: Raw, area: str, day: dt.date, source: str | None, age_days: int, wrap: bool
) -> None:
    frame = {"source": source, "observed_on": (day - dt.timedelta(days=age_days)).isoformat()}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}
    wrapped = {name: {"value": value, **frame} if wrap else value for name, value in plain.items()}
    case = make_case(wrapped, BUILT_IN, area=area, today=day)

    written = json.loads(json.dumps(case_to_json(case)))
    again = parse_case(Located("igen", written), BUILT_IN, today=TODAY, fallback_id="anden")

    assert again == case


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(sorted(BUILT_IN.fields)) | st.text(max_size=8), junk, max_size=3), junk)
def test_no_input_whatever_gives_a_traceback(facts: dict[str, Any], frame: Any) -> None:
    document = {"case": facts, "today": frame, "caller_area": frame, "role": frame, "case_id": frame}

    for candidate in (document, {"case": facts}, frame):
        message = said(candidate)

        assert message is None or (message.startswith("sag.json") and "\n" not in message)
