"""What a user does wrong is one sentence and exit 2, or 3 without a workspace; nothing in the workspace changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

import pytest
from app_fixtures import (
    Made,
    Suggested,
    fingerprint,
    made,
    one_sentence,
    read_vignettes,
    spawned,
    suggested,
    vejviser,
    with_suggestions,
    workspace,
    write_case,
)

__all__ = ["made", "suggested", "with_suggestions", "workspace"]

FILES: Mapping[str, bytes] = {
    "ukendt-felt.json": b'{"case": {"findes_ikke": 1}}',
    "uden-for.json": b'{"case": {"age": 300}}',
    "forkert-type.json": b'{"case": {"age": "halvtreds"}}',
    "brok.json": b'{"case": {"age": 50.5}}',
    "nan.json": b'{"case": {"age": NaN}}',
    "ukendt-værdi.json": b'{"case": {"gop_level": "guld"}}',
    "ikke-liste.json": b'{"case": {"barriers": "smerter"}}',
    "tom.json": b"",
    "blank.json": b"  \n \n",
    "ikke-json.json": b'{"case": {\n  "age": 50,,\n}}',
    "linjer.jsonl": b'{"case": {"age": 50}}\n{"case": {"age": 51}\n',
    "latin-1.json": '{"case": {"citizen_goals": "gå tur"}}'.encode("latin-1"),
    "dato.json": b'{"today": "2026-02-31", "case": {"age": 50}}',
    "dato-i-felt.json": b'{"case": {"hospital_discharge_date": "31-02-2026"}}',
    "liste.json": b"[]",
    "uden-sag.json": b'{"age": 50}',
    "sag-id.json": b'{"case_id": "../x y", "case": {"age": 50}}',
    "område.json": b'{"caller_area": "politi", "case": {"age": 50}}',
    "ukendt-nøgle.json": b'{"case": {"age": {"value": 50, "farve": "gul"}}}',
    "fremtid.json": b'{"today": "2026-11-23", "case": {"age": {"value": 50, "observed_on": "2027-01-01"}}}',
}

SUGGEST = [
    ("ukendt-felt.json", ("ukendt-felt.json", "'findes_ikke'")),
    ("uden-for.json", ("'age'", "0 to 110")),
    ("forkert-type.json", ("'age'", "must be a number")),
    ("brok.json", ("'age'", "whole number")),
    ("nan.json", ("NaN",)),
    ("ukendt-værdi.json", ("'gop_level'", "almen_basal")),
    ("ikke-liste.json", ("'barriers'", "list")),
    ("tom.json", ("tom.json", "empty")),
    ("blank.json", ("blank.json", "empty")),
    ("ikke-json.json", ("line 2", "not valid JSON")),
    ("linjer.jsonl", ("line 2", "not valid JSON")),
    ("latin-1.json", ("latin-1.json", "UTF-8", "Latin-1")),
    ("dato.json", ("'today'", "2026-02-31")),
    ("dato-i-felt.json", ("'hospital_discharge_date'", "not a date")),
    ("liste.json", ("JSON object",)),
    ("uden-sag.json", ("'case'", "missing")),
    ("sag-id.json", ("'case_id'",)),
    ("område.json", ("'caller_area'", "health")),
    ("ukendt-nøgle.json", ("'age'", "unknown keys")),
    ("fremtid.json", ("'age.observed_on'",)),
    ("findes-ikke.json", ("no such file",)),
    ("mappe", ("folder",)),
]


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fejl")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "mappe").mkdir()
    (folder / "tom-mappe").mkdir()
    (folder / "sag.json").write_text('{"case": {"age": 50}}', encoding="utf-8")
    (folder / "spørgsmål.jsonl").write_text('{"_id": "1", "tekst": "frist"}\n', encoding="utf-8")
    return folder


def refused(shared: Path, *words: object, code: int = 2) -> str:
    """The one sentence of a command that is refused and leaves every file as it was."""
    before = fingerprint(shared)

    ran = vejviser(*words, workspace=shared)

    assert ran.code == code, ran.err
    assert fingerprint(shared) == before
    return one_sentence(ran)


@pytest.mark.parametrize(("name", "says"), SUGGEST, ids=[name for name, _ in SUGGEST])
def test_a_case_that_cannot_be_read_is_refused_with_file_and_field(
    made: Made, bad_files: Path, name: str, says: tuple[str, ...]
) -> None:
    sentence = refused(made.folder, "suggest", bad_files / name, "--json")

    for part in says:
        assert part in sentence


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("suggest", "{}/sag.json", "--as-of", "i morgen"), "--as-of 'i morgen' is not a date"),
        (("suggest", "{}/sag.json", "--as-of", "2026-02-31"), "is not a date"),
        (("suggest", "{}/sag.json", "--area", "politi"), "there is no area 'politi'"),
        (("suggest",), "Missing argument"),
        (("suggest", "{}/sag.json", "{}/sag.json"), "unexpected extra argument"),
        (("suggest", "{}/sag.json", "--findes-ikke"), "No such option: --findes-ikke"),
        (("findes-ikke",), "No such command 'findes-ikke'"),
        (("search",), "either a query or --queries"),
        (("search", "frist", "--queries", "{}/spørgsmål.jsonl"), "either a query or --queries"),
        (("search", ""), "query is empty"),
        (("search", "  "), "query is empty"),
        (("search", "frist", "--k", "0"), "'--k'"),
        (("search", "frist", "--k", "mange"), "'--k'"),
        (("search", "frist", "--as-of", "nu"), "is not a date"),
        (("search", "frist", "--corpus", "findes-ikke"), "findes-ikke"),
        (("search", "--queries", "{}/findes-ikke.jsonl"), "no such file"),
        (("search", "--queries", "{}/spørgsmål.jsonl"), "line 1"),
        (("explain", "s-0000"), "no suggestion 's-0000'"),
        (("decide", "s-0000", "--pathway", "none", "--reason", "nej", "--by", "mie"), "no suggestion 's-0000'"),
        (("decide", "s-0000", "--pathway", "none"), "Missing option '--reason'"),
        (("replay", "s-0000"), "no suggestion 's-0000'"),
        (("replay", "s-0000", "--full"), "no suggestion 's-0000'"),
        (("ledger", "prove", "99999"), "no entry 99999"),
        (("ledger", "prove", "mange"), "integer"),
        (("ledger", "prove", "--", "-1"), "greater than or equal to 0"),
        (("ledger", "consistency", "99999"), "99999"),
        (("ledger", "consistency", "2", "1"), "2"),
        (("ledger", "verify", "{}/findes-ikke.json"), "findes-ikke.json"),
        (("ledger", "verify", "{}/latin-1.json"), "latin-1.json"),
        (("ledger", "verify", "--checkpoint", "{}/findes-ikke.txt"), "findes-ikke.txt"),
        (("ledger", "export", "{}/findes-ikke/log.jsonl"), "findes-ikke"),
        (("erase", "S-0000", "--reason", "anmodning", "--by", "mie", "--filing-receipt", "A-1"), "no key"),
        (("erase", "S-0000", "--reason", "anmodning", "--by", "mie"), "filing receipt"),
        (("eval", "cases", "--vignettes", "{}/sag.json"), "'expected'"),
        (("eval", "cases", "--vignettes", "{}/tom.json"), "empty"),
        (("eval", "cases", "--vignettes", "{}/findes-ikke.jsonl"), "no such file"),
        (("train", "--without", "findes_ikke"), "no field 'findes_ikke'"),
        (("access", "S-0000"), "S-0000"),
        (("access", "S-0000", "--format", "docx"), "docx"),
        (("register", "--format", "xml"), "xml"),
        (("register",), "--format"),
        (("audit", "--lang", "fr"), "fr"),
        (("import", "history", "{}/findes-ikke.csv", "--mapping", "{}/findes-ikke.yaml"), "findes-ikke"),
        (("init", "--history", "0"), "already holds files"),
        (("init", "--history", "-1"), "'--history'"),
        (("init", "--history", "5"), "--history 5"),
        (("init", "--mode", "leg"), "'leg'"),
        (("init", "--seed", "x"), "'--seed'"),
        (("init", "--catalogue", "{}/findes-ikke"), "findes-ikke"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_misuse_is_one_sentence_and_changes_nothing(
    made: Made, bad_files: Path, words: tuple[str, ...], says: str
) -> None:
    asked = [word.replace("{}", str(bad_files)) for word in words]

    assert says in refused(made.folder, *asked)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--for", "naboen"), "naboen"),
        (("--lang", "fr"), "fr"),
        (("--format", "docx"), "docx"),
    ],
)
def test_an_explanation_for_no_one_we_know_is_refused(
    suggested: Suggested, options: tuple[str, str], says: str
) -> None:
    suggestion_id = suggested.suggestions[0]["suggestion_id"]

    assert says in refused(suggested.folder, "explain", suggestion_id, *options)


def test_guidance_from_an_empty_folder_is_refused_and_named(made: Made, bad_files: Path) -> None:
    before = fingerprint(made.folder)

    ran = vejviser("import", "guidance", bad_files / "tom-mappe", "--json", workspace=made.folder)

    assert ran.code == 2
    assert ran.json["file"].endswith("tom-mappe")
    assert "no file that can be read" in ran.json["problem"]
    assert "Traceback" not in ran.err
    assert fingerprint(made.folder) == before


@pytest.mark.parametrize("name", ["findes-ikke.md", "tom.md", "latin.md", "billede.png"])
def test_guidance_that_cannot_be_read_leaves_the_index_as_it_was(made: Made, tmp_path: Path, name: str) -> None:
    contents = {"tom.md": b"", "latin.md": "# Gå tur\n".encode("latin-1"), "billede.png": b"\x89PNG"}
    if name in contents:
        (tmp_path / name).write_bytes(contents[name])
    before = fingerprint(made.folder)

    ran = vejviser("import", "guidance", tmp_path / name, workspace=made.folder)

    assert ran.code == 2
    assert name in ran.err
    assert "Traceback" not in ran.err
    assert fingerprint(made.folder) == before


def test_one_bad_case_among_many_means_that_none_is_recorded(made: Made, tmp_path: Path) -> None:
    cases = tmp_path / "sager.jsonl"
    rows = [{"case_id": f"S-{n}", "case": {"age": 50 + n}} for n in range(3)]
    rows.append({"case_id": "S-3", "case": {"age": 500}})
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    sentence = refused(made.folder, "suggest", cases, "--json")

    assert "line 4" in sentence


def test_a_value_that_may_be_personal_is_not_repeated_in_the_error(made: Made, tmp_path: Path) -> None:
    case = write_case(tmp_path, {"age": "Karen Hansen 010190-1234"})

    sentence = refused(made.folder, "suggest", case)

    assert "Karen" not in sentence
    assert "1234" not in sentence


def test_a_catalogue_that_is_broken_makes_no_workspace(tmp_path: Path) -> None:
    own = tmp_path / "katalog"
    shutil.copytree(str(resources.files("assistant.core") / "catalogue_data"), own)
    pathways = own / "pathways.yaml"
    text = pathways.read_text(encoding="utf-8")
    pathways.write_text(text.replace("intrusiveness: 1", "intrusiveness: mange", 1), encoding="utf-8")
    target = tmp_path / "nyt"

    ran = vejviser("init", "--catalogue", own, "--history", "0", "--workspace", target)

    assert ran.code == 2
    sentence = one_sentence(ran)
    assert "pathways.yaml" in sentence
    assert "intrusiveness" in sentence
    assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["katalog"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("trial", "leg"),
        lambda text: text + "ukendt = 1\n",
        lambda text: text.replace("questions = 3", 'questions = "tre"'),
        lambda text: text + "= =\n",
    ],
    ids=["mode", "unknown key", "wrong type", "no TOML"],
)
def test_broken_settings_are_named(workspace: Path, tmp_path: Path, change: Callable[[str], str]) -> None:
    settings = workspace / "settings.toml"
    settings.write_text(change(settings.read_text(encoding="utf-8")), encoding="utf-8")

    assert "settings.toml" in refused(workspace, "suggest", write_case(tmp_path, {"age": 50}))


COMMANDS = [
    ("suggest", "sag.json"),
    ("search", "frist"),
    ("explain", "s-0000"),
    ("decide", "s-0000", "--pathway", "none", "--reason", "nej", "--by", "mie"),
    ("replay", "s-0000"),
    ("train",),
    ("import", "guidance", "sag.json"),
    ("ledger", "verify"),
    ("ledger", "head"),
    ("ledger", "prove", "0"),
    ("ledger", "consistency", "0"),
    ("ledger", "export", "log.jsonl"),
    ("erase", "S-1", "--reason", "anmodning", "--by", "mie", "--filing-receipt", "A-1"),
    ("eval", "cases", "--vignettes", "sag.json"),
    ("serve",),
    ("access", "S-1"),
    ("audit",),
    ("register", "--format", "atrs"),
    ("import", "history", "sager.csv", "--mapping", "svar.yaml"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_a_workspace_the_exit_code_is_3_and_none_is_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    write_case(tmp_path, {"age": 50})
    missing = tmp_path / "findes-ikke"

    ran = vejviser(*words, "--workspace", missing)

    assert ran.code == 3, ran.err
    assert "vejviser init" in one_sentence(ran)
    assert [path.name for path in tmp_path.iterdir()] == ["sag.json"]


def test_the_default_workspace_is_named_when_it_is_missing(tmp_path: Path) -> None:
    ran = spawned("ledger", "head", cwd=tmp_path)

    assert ran.code == 3
    assert one_sentence(ran) == (
        "There is no workspace at vejviser-workspace. Make one with `vejviser init`, or name another with --workspace."
    )


def test_an_empty_folder_is_no_workspace(tmp_path: Path) -> None:
    ran = vejviser("ledger", "head", workspace=tmp_path)

    assert ran.code == 3
    assert one_sentence(ran)


@pytest.mark.parametrize(("part", "code"), [("ledger.db", 3), ("guidance", 3), ("keys", 2)])
def test_a_workspace_that_lacks_a_part_says_which(workspace: Path, tmp_path: Path, part: str, code: int) -> None:
    gone = workspace / part
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()

    ran = vejviser("suggest", write_case(tmp_path, {"age": 50}, case_id="S-1"), workspace=workspace)

    assert ran.code == code, ran.err
    assert str(gone) in one_sentence(ran)


@pytest.mark.parametrize(
    "pattern",
    [
        "ledger.db",
        "store.db",
        "keys/keys.db",
        "guidance/index.json",
        "history/*",
        "models/*/model.json",
        "models/promoted.json",
    ],
)
def test_a_damaged_part_is_one_sentence(workspace: Path, tmp_path: Path, pattern: str) -> None:
    damaged = [path for path in workspace.glob(pattern) if path.is_file()]
    for path in damaged:
        path.write_bytes(b"ikke det, der stod her" * 100)

    case = write_case(tmp_path, read_vignettes()[0]["case"], caller_area="health", case_id="S-1")
    ran = vejviser("suggest", case, workspace=workspace)

    assert damaged
    assert ran.code in (1, 2, 3), ran.err
    assert any(name in one_sentence(ran) for name in {path.name for path in damaged} | {str(workspace)})
