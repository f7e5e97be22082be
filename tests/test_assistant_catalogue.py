"""A broken catalogue is refused when it is read, and the file, the entry and the field are named."""

from __future__ import annotations

import copy
import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.catalogue_schema import CatalogueError
from assistant.core.consider import conclude, consider
from assistant.core.domain import Case, CaseId, FieldSpec, ModelUse, Outcome
from assistant.core.predicates import leaves

PACKAGED = resources.files("assistant.core") / "catalogue_data"
BUILT_IN = load_catalogue()


def text(stem: str) -> dict[str, str]:
    return {f"{stem}_da": f"{stem} på dansk", f"{stem}_en": f"{stem} in English"}


def small() -> dict[str, Any]:
    """A whole catalogue of another, invented field: every file, a few entries each."""
    adult = {"field": "years", "op": ">=", "value": 18}
    return {
        "case_fields.yaml": {
            "meta": {"area_values": {"shared": "everyone", "sea": "at sea"}, "shared_area": "shared"},
            "fields": [
                {"id": "years", **text("label"), "type": "integer", "range": [0, 110], "area": "shared"}
                | {"model_use": "rules_only"},
                {"id": "kind", **text("label"), "type": "enum", "allowed": ["small", "big"], "area": "sea"}
                | {"model_use": "allowed", "default_if_missing": "small"},
                {"id": "papers", **text("label"), "type": "list", "allowed": ["none", "map"], "area": "shared"}
                | {"model_use": "rules_only", "value_area": {"map": "sea"}, "value_model_use": {"map": "audit_only"}},
                {"id": "left", **text("label"), "type": "date", "area": "sea", "model_use": "rules_only"},
                {"id": "agreed", **text("label"), "type": "boolean", "area": "shared", "model_use": "rules_only"},
                {"id": "wish", **text("label"), "type": "text", "area": "shared", "model_use": "text_source"},
                {"id": "hair", **text("label"), "type": "enum", "allowed": ["red"], "area": "shared"}
                | {"model_use": "audit_only"},
                {"id": "code", **text("label"), "type": "string", "pattern": "^[0-9]{4}$", "area": "sea"}
                | {"model_use": "allowed"},
            ],
        },
        "pathways.yaml": {
            "meta": {
                "version": "2026-01-01",
                "law_short_names": {"LOS": "Law of the sea"},
                "goal_types": {"afloat": "still afloat"},
                "global_gates": [
                    {"id": "G1", "when": {"field": "agreed", "op": "==", "value": False}, "effect": "stop"}
                    | text("message"),
                    {"id": "G2", "when": "prose that code evaluates", "effect": "mask_text"} | text("message"),
                ],
                "ai_scoring_in_operation": {"sea_act": {"roles": ["captain"], "needs": "record"}},
            },
            "pathways": [
                {"id": "sail", **text("name"), "family": "sea", "goal_type": "afloat", "intrusiveness": 1}
                | {"legal_basis": [{"law": "LOS", "section": "§ 1"}], "authority": "harbour", "eligibility": adult}
                | {"complaint": "court", "valid_from": "2020-01-01", "ai_basis": {"status": "sea_act"}}
                | {"evidence_required": ["map"], **text("citizen")}
                | {"contraindications": {"hard": {"field": "kind", "op": "==", "value": "big"}}},
            ],
        },
        "laws.yaml": {"LOS": {"name_da": "Havloven", "aliases": ["the sea act"]}},
        "deadlines.yaml": {
            "deadlines": [{"id": "D1", "starts": [["left", 7]], "met_by": "left", "pathways": ["sail"]} | text("text")]
        },
        "flags.yaml": {
            "flags": [
                {"id": "storm", "words": [r"\bstorm\b"], "missing": ["kind"], "areas": ["sea", "alle"]}
                | {"eligible": ["sail"], "screened": ["phone"], "when": adult, **text("text")},
            ]
        },
        "ordering.yaml": {
            "goal_fields": ["wish"],
            "negations": [r"\bnot\b"],
            "consent_may_be_asked": {"field": "agreed", "op": "is_known"},
            "goal_topics": [{"id": "sea", "words": [r"\bsea\b"], **text("label")}],
            "law_choices": [{"id": "los", "law": "LOS § 1", "when": adult, **text("because")}],
            "pathways": {
                "sail": {"goal_topics": ["sea"], "pointers": [{"tier": "law", "when": adult} | text("because")]}
            },
        },
        "outcomes.yaml": {
            "outcomes": [{"id": "calm", "outcome": "ingen_indsats_nu", "when": {"not": adult}, **text("text")}]
        },
        "screening.yaml": {
            "patterns": [{"id": "phone", "kind": "personal", "pattern": r"\d{8}", "replacement": "[-]"}]
        },
        "labels.yaml": {"kind": {"small": ["lille", "small"]}},
    }


def write(folder: Path, data: dict[str, Any]) -> Path:
    for name, content in data.items():
        raw = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        (folder / name).write_text(raw, encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def at(data: Any, *path: Any) -> Any:
    for step in path:
        data = data[step]
    return data


Change = tuple[str, tuple[Any, ...], Any]
GONE = object()
FIELDS, PATHWAY, META = ("fields",), ("pathways", 0), ("meta",)


def changed(change: Change) -> dict[str, Any]:
    file, path, value = change
    data = copy.deepcopy(small())
    if not path:
        data[file] = value
        return data
    holder = at(data[file], *path[:-1])
    if value is GONE:
        del holder[path[-1]]
    elif path[-1] == "+":
        holder.append(value)
    else:
        holder[path[-1]] = value
    return data


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def test_the_small_catalogue_is_whole_and_runs(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path, small()))
    case = Case(id=CaseId("c"), today=dt.date(2026, 1, 1), area="sea", role="captain", facts={})

    result = conclude(consider(case, catalogue), catalogue, {})

    assert catalogue.shared_area == "shared"
    assert result.outcome is Outcome.ASK_FIRST
    assert catalogue.laws["LOS"].aliases == ("the sea act",)


def in_field(number: int, key: str, value: Any) -> Change:
    return ("case_fields.yaml", ("fields", number, key), value)


def in_pathway(key: str, value: Any) -> Change:
    return ("pathways.yaml", (*PATHWAY, key), value)


BROKEN: list[tuple[Change, str, str, str]] = [
    # fields
    (in_field(0, "type", "whole"), "'years'", "'type'", "Input should be"),
    (in_field(0, "type", GONE), "'years'", "'type'", "Field required"),
    (in_field(0, "model_use", "sometimes"), "'years'", "'model_use'", "Input should be"),
    (in_field(0, "color", "red"), "'years'", "'color'", "Extra inputs are not permitted"),
    (in_field(0, "id", GONE), "'no. 1'", "'id'", "Field required"),
    (in_field(0, "id", "Years!"), "'Years!'", "'id'", "should match pattern"),
    (in_field(0, "id", "kind"), "'kind'", "'id'", "stands twice"),
    (in_field(0, "area", "space"), "'years'", "'area'", "'space' is not among"),
    (in_field(0, "range", GONE), "'years'", "'range'", "needs its range"),
    (in_field(0, "range", [9, 3]), "'years'", "'range'", "above the upper end"),
    (in_field(0, "max_age_months", 0), "'years'", "'max_age_months'", "greater than 0"),
    (in_field(1, "allowed", []), "'kind'", "'allowed'", "needs its allowed values"),
    (in_field(1, "default_if_missing", "huge"), "'kind'", "'default_if_missing'", "'huge' is not a value"),
    (in_field(4, "default_if_missing", "yes"), "'agreed'", "'default_if_missing'", "'yes' is not a value"),
    (in_field(2, "value_area", {"chart": "sea"}), "'papers'", "'value_area'", "'chart' is not an allowed value"),
    (in_field(2, "value_area", {"map": "space"}), "'papers'", "'value_area'", "'space' is not among"),
    (
        in_field(2, "value_model_use", {"chart": "allowed"}),
        "'papers'",
        "'value_model_use'",
        "'chart' is not an allowed",
    ),
    (in_field(7, "pattern", "[0-9"), "'code'", "'pattern'", "not a regular expression"),
    (("case_fields.yaml", ("fields", "+"), "x"), "'no. 9'", "", "should be a valid dictionary"),
    (("case_fields.yaml", ("fields",), {}), "", "'fields'", "needs a list named 'fields'"),
    (("case_fields.yaml", (), ""), "", "'fields'", "needs a list named 'fields'"),
    (("case_fields.yaml", ("meta",), GONE), "'meta'", "", "should be a valid dictionary"),
    (("case_fields.yaml", ("meta", "shared_area"), "common"), "'meta'", "'shared_area'", "'common' is not among"),
    # pathways
    (in_pathway("eligibility", GONE), "'sail'", "'eligibility'", "Field required"),
    (in_pathway("eligibility", None), "'sail'", "'eligibility'", "a condition is a mapping"),
    (in_pathway("eligibility", leaf("depth", "==", 1)), "'sail'", "'eligibility'", "there is no field 'depth'"),
    (in_pathway("eligibility", leaf("years", "=>", 1)), "'sail'", "'eligibility'", "unknown operator '=>'"),
    (in_pathway("eligibility", leaf("years", ">=", "18")), "'sail'", "'eligibility'", "'18' is not a value"),
    (in_pathway("eligibility", leaf("years", ">=", True)), "'sail'", "'eligibility'", "True is not a value"),
    (in_pathway("eligibility", leaf("years", ">=", None)), "'sail'", "'eligibility'", "needs a value"),
    (in_pathway("eligibility", leaf("years", "in", 18)), "'sail'", "'eligibility'", "needs a list of values"),
    (in_pathway("eligibility", leaf("kind", "==", "huge")), "'sail'", "'eligibility'", "'huge' is not a value"),
    (in_pathway("eligibility", leaf("kind", "in", ["huge"])), "'sail'", "'eligibility'", "'huge' is not a value"),
    (in_pathway("eligibility", leaf("kind", ">", "small")), "'sail'", "'eligibility'", "needs a number"),
    (in_pathway("eligibility", leaf("kind", "contains_any", ["big"])), "'sail'", "'eligibility'", "needs a list"),
    (in_pathway("eligibility", leaf("papers", "==", "map")), "'sail'", "'eligibility'", "does not read a list"),
    (in_pathway("eligibility", leaf("left", "==", dt.date(2026, 1, 1))), "'sail'", "'eligibility'", "is not a value"),
    (in_pathway("eligibility", leaf("agreed", "==", "ja")), "'sail'", "'eligibility'", "'ja' is not a value"),
    (in_pathway("eligibility", leaf("hair", "==", "red")), "'sail'", "'eligibility'", "may not read 'hair'"),
    (in_pathway("eligibility", leaf("wish", "==", "x")), "'sail'", "'eligibility'", "may not read 'wish'"),
    (in_pathway("eligibility", {"every": []}), "'sail'", "'eligibility'", "unknown combinator 'every'"),
    (in_pathway("eligibility", {"all": []}), "'sail'", "'eligibility'", "at least one condition"),
    (in_pathway("eligibility", {"all": [3]}), "'sail'", "'eligibility'", "a condition is a mapping"),
    (in_pathway("eligibility", {"all": [], "any": []}), "'sail'", "'eligibility'", "one of all, any, not"),
    (
        in_pathway("eligibility", leaf("years", ">", 1) | {"unit": "y"}),
        "'sail'",
        "'eligibility'",
        "unknown keys ['unit']",
    ),
    (in_pathway("contraindications", {"hard": leaf("x", "==", 1)}), "'sail'", "'contraindications'", "no field 'x'"),
    (in_pathway("contraindications", {"hardd": None}), "'sail'", "'contraindications.hardd'", "Extra inputs"),
    (in_pathway("goal_type", "ashore"), "'sail'", "'goal_type'", "'ashore' is not among meta.goal_types"),
    (in_pathway("intrusiveness", 6), "'sail'", "'intrusiveness'", "less than or equal to 5"),
    (in_pathway("legal_basis", []), "'sail'", "'legal_basis'", "at least 1 item"),
    (in_pathway("legal_basis", [{"law": "LOS"}]), "'sail'", "'legal_basis.0.section'", "Field required"),
    (in_pathway("valid_from", "2020-02-31"), "'sail'", "'valid_from'", "valid date"),
    (in_pathway("evidence_required", ["chart"]), "'sail'", "'evidence_required'", "'chart' is not an allowed value"),
    (in_pathway("name_en", GONE), "'sail'", "'name_en'", "Field required"),
    (in_pathway("authority_change", {"date": "2027-01-01"}), "'sail'", "'authority_change.to'", "Field required"),
    (("pathways.yaml", ("pathways", "+"), {"id": "sail"}), "'sail'", "'id'", "stands twice"),
    (("pathways.yaml", ("meta", "goal_types"), GONE), "'meta'", "'goal_types'", "Field required"),
    (("pathways.yaml", ("meta", "global_gates", 0, "effect"), "halt"), "'G1'", "'when/effect'", "1 validation error"),
    (("pathways.yaml", ("meta", "global_gates", 0, "when", "op"), "is"), "'G1'", "'when/effect'", "unknown operator"),
    (("pathways.yaml", ("meta", "global_gates", 0, "when", "field"), "x"), "'G1'", "'when'", "there is no field 'x'"),
    (
        ("pathways.yaml", ("meta", "ai_scoring_in_operation", "sea_act", "roles"), GONE),
        "'meta'",
        "'ai_scoring_in_operation.sea_act.roles'",
        "Field required",
    ),
    # rules beside them
    (("flags.yaml", ("flags", 0, "eligible"), ["fly"]), "'storm'", "'eligible'", "there is no pathway 'fly'"),
    (("flags.yaml", ("flags", 0, "missing"), ["depth"]), "'storm'", "'missing'", "there is no field 'depth'"),
    (("flags.yaml", ("flags", 0, "areas"), ["space"]), "'storm'", "'areas'", "there is no area 'space'"),
    (("flags.yaml", ("flags", 0, "screened"), ["fax"]), "'storm'", "'screened'", "no screening pattern 'fax'"),
    (("flags.yaml", ("flags", 0, "words"), ["("]), "'storm'", "'words'", "'(' is not a regular expression"),
    (("flags.yaml", ("flags", 0, "when"), leaf("x", "==", 1)), "'storm'", "'when'", "there is no field 'x'"),
    (("flags.yaml", ("flags", 0, "text_en"), GONE), "'storm'", "'text_en'", "Field required"),
    (("flags.yaml", ("flags",), GONE), "", "'flags'", "needs a list named 'flags'"),
    (("deadlines.yaml", ("deadlines", 0, "starts"), [["gone", 1]]), "'D1'", "'starts'", "no date field 'gone'"),
    (("deadlines.yaml", ("deadlines", 0, "starts"), [["kind", 1]]), "'D1'", "'starts'", "no date field 'kind'"),
    (("deadlines.yaml", ("deadlines", 0, "met_by"), "years"), "'D1'", "'met_by'", "no date field 'years'"),
    (("deadlines.yaml", ("deadlines", 0, "from_number"), "left"), "'D1'", "'from_number'", "no number field 'left'"),
    (("deadlines.yaml", ("deadlines", 0, "pathways"), ["fly"]), "'D1'", "'pathways'", "there is no pathway 'fly'"),
    (("deadlines.yaml", ("deadlines", 0, "applies"), leaf("x", "==", 1)), "'D1'", "'applies'", "no field 'x'"),
    (("ordering.yaml", ("goal_fields",), ["kind"]), "", "'goal_fields'", "there is no text field 'kind'"),
    (("ordering.yaml", ("negations",), ["["]), "", "'negations'", "not a regular expression"),
    (("ordering.yaml", ("goal_topics", 0, "words"), ["*"]), "'sea'", "'words'", "not a regular expression"),
    (("ordering.yaml", ("goal_topics", "+"), {"id": "sea"}), "'sea'", "'id'", "stands twice"),
    (("ordering.yaml", ("consent_may_be_asked",), leaf("x", "==", 1)), "", "'consent_may_be_asked'", "no field 'x'"),
    (("ordering.yaml", ("consent_matters",), leaf("x", "==", 1)), "", "'consent_matters'", "no field 'x'"),
    (("ordering.yaml", ("consent_may_be_asked",), 3), "", "'consent_may_be_asked'", "a condition is a mapping"),
    (("ordering.yaml", ("law_choices", 0, "when"), None), "'los'", "'when'", "a condition is a mapping"),
    (("ordering.yaml", ("pathways", "fly"), {}), "'fly'", "", "there is no such pathway"),
    (("ordering.yaml", ("pathways", "sail", "goal_topics"), ["x"]), "'sail'", "'goal_topics'", "no goal topic 'x'"),
    (("ordering.yaml", ("pathways",), ["sail"]), "", "'pathways'", "valid dictionary"),
    (("ordering.yaml", ("topics",), []), "", "'topics'", "Extra inputs"),
    (("ordering.yaml", (), "- 1\n"), "", "", "valid dictionary"),
    (
        ("ordering.yaml", ("pathways", "sail", "pointers", 0, "tier"), "whim"),
        "",
        "'pathways.sail.pointers.0.tier'",
        "Input should be",
    ),
    (
        ("ordering.yaml", ("pathways", "sail", "pointers", 0, "when"), leaf("hair", "==", "red")),
        "'sail'",
        "'pointers'",
        "may not read 'hair'",
    ),
    (("outcomes.yaml", ("outcomes", 0, "outcome"), "maybe"), "'calm'", "'outcome'", "Input should be"),
    (("outcomes.yaml", ("outcomes", 0, "folds"), ["land"]), "'calm'", "'folds'", "no family 'land'"),
    (("outcomes.yaml", ("outcomes", 0, "when"), None), "'calm'", "'when'", "a condition is a mapping"),
    (("screening.yaml", ("patterns", 0, "pattern"), r"(\d"), "'phone'", "", "not a regular expression"),
    (("screening.yaml", ("patterns", 0, "kind"), "secret"), "'phone'", "'kind'", "should match pattern"),
    (("screening.yaml", ("patterns", 0, "flags"), "x"), "'phone'", "'flags'", "Input should be"),
    (("laws.yaml", ("LOS", "name_da"), GONE), "'LOS'", "'name_da'", "Field required"),
    (("laws.yaml", (), "- LOS\n"), "", "", "needs a mapping"),
    (("labels.yaml", ("kind", "small"), ["lille"]), "'kind.small.1'", "", "Field required"),
    (("labels.yaml", ("kindd",), {}), "'kindd'", "", "there is no such field"),
]


@pytest.mark.parametrize(("change", "entry", "field", "says"), BROKEN, ids=lambda part: None)
def test_what_is_wrong_is_named_by_file_entry_and_field(
    tmp_path: Path, change: Change, entry: str, field: str, says: str
) -> None:
    message = refusal(write(tmp_path, changed(change)))

    where, _, problem = message.partition(": ")
    assert change[0] in where
    assert f"entry {entry}" in where or not entry
    assert f"field {field}" in where or not field
    assert says in problem


@pytest.mark.parametrize("file", sorted(small()))
@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"fields: [1,\n  2\nfield: {", "not valid YAML at line 3"),
        (b"a: 1\n\tb: 2\n", "not valid YAML at line 2"),
        (b"a: {x: 1, y: 2}\nb:\n  c: 1\n  c: 2\n", "at line 4 (the key 'c' stands twice)"),
        ("navn: prøve\n".encode("latin-1"), "is not UTF-8 (byte 8); save it as UTF-8"),
    ],
    ids=["unclosed", "tab", "twice", "latin-1"],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, file: str, raw: bytes, says: str) -> None:
    (write(tmp_path, small()) / file).write_bytes(raw)

    message = refusal(tmp_path)

    assert file in message
    assert says in message


@pytest.mark.parametrize("file", ["case_fields.yaml", "pathways.yaml"])
def test_a_missing_required_file_is_named(tmp_path: Path, file: str) -> None:
    (write(tmp_path, small()) / file).unlink()

    assert f"{file}: the file is missing" in refusal(tmp_path)


def test_a_file_or_nothing_is_not_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "pathways.yaml"
    file.write_text("", encoding="utf-8")

    assert "is not a folder" in refusal(file)
    assert "is not a folder" in refusal(tmp_path / "nowhere")


def test_two_conditions_under_one_key_are_refused_and_not_silently_halved(tmp_path: Path) -> None:
    raw = yaml.safe_dump(small()["pathways.yaml"])
    twice = raw.replace("  family: sea\n", "  family: sea\n  family: land\n")
    assert twice != raw
    write(tmp_path, {**small(), "pathways.yaml": twice})

    assert "the key 'family' stands twice" in refusal(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, small()) / "laws.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert "LOS" in load_catalogue(tmp_path).laws


# ---- the built-in one


def test_the_two_required_files_alone_make_a_catalogue(tmp_path: Path) -> None:
    for name in ("case_fields.yaml", "pathways.yaml"):
        shutil.copy(str(PACKAGED / name), tmp_path)

    catalogue = load_catalogue(tmp_path)

    assert catalogue.pathways.keys() == BUILT_IN.pathways.keys()
    assert catalogue.fields.keys() == BUILT_IN.fields.keys()
    assert catalogue.flags == ()
    assert catalogue.value_label("gop_level", "almen_basal", "da") == "almen basal"
    assert catalogue.laws["SUL"].name_da.startswith("Sundhedsloven")


def test_the_version_changes_with_any_byte_and_with_nothing_else(tmp_path: Path) -> None:
    first = load_catalogue(write(tmp_path, small())).version
    again = load_catalogue(write(tmp_path, small())).version
    (tmp_path / "labels.yaml").write_text("kind: {small: [lilla, small]}\n", encoding="utf-8")

    assert first == again != load_catalogue(tmp_path).version


def spoken() -> Iterator[tuple[str, str, str]]:
    """Every text of the catalogue that a person may read: where, in Danish, in English."""
    for field in BUILT_IN.fields.values():
        yield f"{field.id}.label", field.label_da, field.label_en
        yield f"{field.id}.plain", field.plain_da, field.plain_en
    for pathway in BUILT_IN.pathways.values():
        yield f"{pathway.id}.name", pathway.name_da, pathway.name_en
        yield f"{pathway.id}.citizen", pathway.citizen_da, pathway.citizen_en
        yield f"{pathway.id}.refusal", pathway.refusal_da, pathway.refusal_en
        for number, pointer in enumerate(pathway.pointers):
            yield f"{pathway.id}.pointer {number}", pointer.because_da, pointer.because_en
    for gate in BUILT_IN.gates:
        yield gate.id, gate.message_da, gate.message_en
    for flag in BUILT_IN.flags:
        yield flag.id, flag.text_da, flag.text_en
    for rule in BUILT_IN.outcomes:
        yield f"outcome {rule.id}", rule.text_da, rule.text_en
    for choice in BUILT_IN.ordering.law_choices:
        yield choice.id, choice.because_da, choice.because_en
    for topic in BUILT_IN.ordering.goal_topics.values():
        yield topic.id, topic.label_da, topic.label_en
    for deadline in BUILT_IN.deadlines.values():
        yield deadline.id, deadline.text_da, deadline.text_en


SAME_IN_BOTH = {"pension", "FEV1 (% af forventet)"}


@pytest.mark.parametrize(("where", "danish", "english"), list(spoken()), ids=[where for where, _, _ in spoken()])
def test_every_text_stands_in_danish_and_in_english(where: str, danish: str, english: str) -> None:
    assert danish.strip(), where
    assert english.strip(), where
    assert danish != english or danish in SAME_IN_BOTH, where
    assert not set("æøåÆØÅ") & set(english.replace("Region Østdanmark", "").replace("LÆ", "")), where


def asked() -> list[FieldSpec]:
    """The fields that a pathway's conditions read and that no default answers."""
    read = {
        found.field
        for pathway in BUILT_IN.pathways.values()
        for part in (pathway.eligibility, pathway.contraindication_hard)
        if part is not None
        for found in leaves(part)
    }
    return [field for field in BUILT_IN.fields.values() if field.id in read and field.default_if_missing is None]


@pytest.mark.parametrize("field", asked(), ids=lambda field: field.id)
def test_every_field_that_may_be_missing_has_its_question(field: FieldSpec) -> None:
    assert field.question_da.endswith(("?", "."))
    assert field.question_en.endswith(("?", "."))
    assert field.question_da != field.question_en


@pytest.mark.parametrize("field", [f for f in BUILT_IN.fields.values() if f.allowed], ids=lambda field: field.id)
def test_every_value_has_words_in_both_languages(field: FieldSpec) -> None:
    assert set(field.allowed) <= field.value_labels.keys()
    for value in field.allowed:
        danish, english = field.value_labels[value]
        assert danish.strip()
        assert english.strip()
        assert "_" not in danish + english


def may_hold(field: FieldSpec, value: str) -> bool:
    if field.range is not None:
        return value.isdigit() and field.range[0] <= int(value) <= field.range[1]
    return value in field.allowed


def test_no_words_stand_for_values_that_do_not_exist() -> None:
    labels = yaml.safe_load((PACKAGED / "labels.yaml").read_text(encoding="utf-8"))

    strays = {
        f"{name}.{value}"
        for name, values in labels.items()
        if name != "shared"
        for value in values
        if not may_hold(BUILT_IN.fields[name], value)
    }

    assert strays == set()


def describe(language: str) -> Callable[[str, Any], str]:
    return lambda field, value: BUILT_IN.value_label(field, value, language)


def test_values_are_shown_in_words() -> None:
    da, en = describe("da"), describe("en")

    assert (da("digital_exempt", True), en("digital_exempt", False)) == ("ja", "no")
    assert (da("years_to_pension_age", 11.5), en("years_to_pension_age", 11.5)) == ("11,5", "11.5")
    assert da("adl_areas", ("trapper", "ingen")) == "trapper, ingen"
    assert en("sex", "kvinde") == "woman"


def test_no_rule_reads_what_only_the_audit_or_the_eye_may_see() -> None:
    hidden = {f.id for f in BUILT_IN.fields.values() if f.model_use in (ModelUse.AUDIT_ONLY, ModelUse.TEXT_SOURCE)}
    rules = [p.eligibility for p in BUILT_IN.pathways.values()] + [
        pointer.when for p in BUILT_IN.pathways.values() for pointer in p.pointers
    ]

    assert hidden
    assert not {found.field for rule in rules for found in leaves(rule)} & hidden


def test_every_pathway_names_a_body_that_hears_complaints() -> None:
    assert [p.id for p in BUILT_IN.pathways.values() if not p.complaint_body.strip() or not p.complaint.strip()] == []


def test_the_built_in_catalogue_is_read_once() -> None:
    assert load_catalogue() is load_catalogue()
    assert isinstance(BUILT_IN, Catalogue)
