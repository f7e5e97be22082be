"""The commands as CONTRACT.md names them: one JSON document on stdout, prose on stderr, help at once."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from app_fixtures import (
    HISTORY,
    ROOT,
    VIGNETTES,
    Made,
    Ran,
    Suggested,
    environment,
    fingerprint,
    in_operation,
    made,
    one_sentence,
    read_vignettes,
    spawned,
    suggested,
    vejviser,
    with_suggestions,
    workspace,
)

from assistant.app import Assistant
from assistant.core.cases import Located
from assistant.workspace import Workspace

__all__ = ["made", "suggested", "with_suggestions", "workspace"]

HEAVY = {"torch", "gradio", "interpret", "shap", "transformers", "pandas", "sklearn", "faiss", "numpy", "sqlalchemy"}
COMMANDS = (
    (),
    ("init",),
    ("demo",),
    ("serve",),
    ("train",),
    ("search",),
    ("suggest",),
    ("explain",),
    ("decide",),
    ("replay",),
    ("erase",),
    ("access",),
    ("audit",),
    ("register",),
    ("import",),
    ("import", "guidance"),
    ("import", "history"),
    ("ledger",),
    ("ledger", "verify"),
    ("ledger", "head"),
    ("ledger", "prove"),
    ("ledger", "consistency"),
    ("ledger", "export"),
    ("eval",),
    ("eval", "cases"),
    ("eval", "retrieval"),
    ("eval", "outcomes"),
    ("eval", "explanations"),
    ("bench",),
)
"""CONTRACT's commands; what a release once had stays."""


# ---------------------------------------------------------------- help


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from assistant import cli; sys.argv = ['vejviser', '--help']\n"
        "try: cli.main()\n"
        "except SystemExit: print(','.join(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)

    loaded = set(done.stderr.strip().split(","))
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_the_top_level_help_reads_as_agreed(request: pytest.FixtureRequest) -> None:
    ran = spawned("--help")

    golden = request.path.parent / "golden" / "cli_help.txt"
    if os.environ.get("VEJVISER_WRITE_GOLDEN"):
        golden.write_text(ran.out, encoding="utf-8")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == golden.read_text(encoding="utf-8"), "if this was meant, run again with VEJVISER_WRITE_GOLDEN=1"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does(words: tuple[str, ...]) -> None:
    ran = vejviser(*words, "--help")

    assert ran.code == 0
    assert ran.out.startswith(" ".join(["Usage: vejviser", *words]))
    assert ran.err == ""


def test_without_words_the_help_is_shown_as_misuse() -> None:
    ran = vejviser()

    assert (ran.code, ran.stdout) == (2, b"")
    assert ran.err.startswith("Usage: vejviser")


def test_the_installed_command_is_this_one() -> None:
    script = Path(sys.executable).with_name("vejviser")

    done = subprocess.run([script, "--help"], env=environment(), capture_output=True, text=True, check=True)

    assert done.stdout == spawned("--help").out


# ---------------------------------------------------------------- init


def test_init_prints_one_document_and_shows_progress_on_stderr(made: Made) -> None:
    assert made.ran.json == {"workspace": str(made.folder), "mode": "trial", "history": HISTORY}
    lines = made.ran.err.splitlines()
    shares = [int(line.split("]")[1].split("%")[0]) for line in lines if line.startswith("[")]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)


def test_init_leaves_no_secret_readable_by_others(made: Made) -> None:
    for path in [made.folder, *(made.folder / "keys").iterdir(), made.folder / "keys"]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_init_in_operation_without_history(tmp_path: Path) -> None:
    ran = vejviser("init", "--mode", "operation", "--history", 0, "--json", "--workspace", tmp_path / "drift")

    assert (ran.code, ran.json["mode"]) == (0, "operation")
    assert Workspace(tmp_path / "drift").settings().mode == "operation"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drift"]


# ---------------------------------------------------------------- search


def test_search_has_the_contracts_form(made: Made) -> None:
    ran = vejviser(
        "search", "frist for genoptræning", "--k", 5, "--as-of", "2026-11-23", "--json", workspace=made.folder
    )

    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["query"], ran.json["as_of"]) == ("frist for genoptræning", "2026-11-23")
    assert len(ran.json["hits"]) == 5
    for hit in ran.json["hits"]:
        assert {"passage_id", "document", "law_refs", "text", "score", "matched", "valid_from", "valid_to"} <= set(hit)
        assert isinstance(hit["matched"], list)
        assert hit["text"]
    scores = [hit["score"] for hit in ran.json["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert any("SUL § 140" in ref for hit in ran.json["hits"] for ref in hit["law_refs"])


def test_many_queries_give_one_line_each(made: Made, tmp_path: Path) -> None:
    queries = tmp_path / "spørgsmål.jsonl"
    texts = ["frist for genoptræning", "", "fleksjob"]
    queries.write_text("".join(json.dumps({"_id": str(n), "text": t}) + "\n" for n, t in enumerate(texts)))

    bad = vejviser("search", "--queries", queries, "--json", workspace=made.folder)
    queries.write_text("".join(json.dumps({"_id": str(n), "text": t}) + "\n" for n, t in enumerate(texts) if t))
    good = vejviser("search", "--queries", queries, "--json", workspace=made.folder)

    assert bad.code in (0, 2)
    assert "Traceback" not in bad.err
    assert [line["query"] for line in good.lines] == [text for text in texts if text]


# ---------------------------------------------------------------- explain


@pytest.mark.parametrize("reader", ["caseworker", "citizen", "board"])
@pytest.mark.parametrize("language", ["da", "en"])
def test_an_explanation_is_given_in_every_form_and_logged(
    with_suggestions: Path, suggested: Suggested, reader: str, language: str
) -> None:
    suggestion_id = suggested.suggestions[0]["suggestion_id"]
    asked = ("explain", suggestion_id, "--for", reader, "--lang", language, "--format")

    data = vejviser(*asked, "json", workspace=with_suggestions)
    text = vejviser(*asked, "text", workspace=with_suggestions)
    html = vejviser(*asked, "html", workspace=with_suggestions)

    assert (data.code, text.code, html.code) == (0, 0, 0), data.err + text.err + html.err
    assert isinstance(data.json, dict)
    assert len(text.out) > 200
    assert "<html" in html.out
    with Assistant(Workspace(with_suggestions)) as assistant:
        given = assistant.log.find(type="ExplanationGiven", ref=suggestion_id)
        assert [entry.body["format"] for entry in given] == ["json", "text", "html"]
        assert assistant.log.payload(given[1].index) == text.stdout


def test_an_explanation_can_be_a_pdf_in_a_file(with_suggestions: Path, suggested: Suggested, tmp_path: Path) -> None:
    file = tmp_path / "forklaring.pdf"
    asked = ("explain", suggested.suggestions[0]["suggestion_id"], "--for", "citizen", "--format", "pdf", "--out", file)

    ran = vejviser(*asked, workspace=with_suggestions)

    assert (ran.code, ran.stdout) == (0, b""), ran.err
    assert file.read_bytes().startswith(b"%PDF-")


def test_every_vignette_can_be_explained_to_everyone(suggested: Suggested, with_suggestions: Path) -> None:
    with Assistant(Workspace(with_suggestions)) as assistant:
        for suggestion in suggested.suggestions:
            for reader in ("caseworker", "citizen", "board", "telephone"):
                assert assistant.explain(suggestion["suggestion_id"], reader=reader)


def test_rules_alone_are_explained_just_as_well(workspace: Path) -> None:
    ran = vejviser("suggest", VIGNETTES, "--no-model", "--json", workspace=in_operation(workspace))
    assert ran.code == 0, ran.err

    with Assistant(Workspace(workspace)) as assistant:
        for suggestion in ran.lines:
            for reader in ("caseworker", "citizen", "board"):
                text = assistant.explain(suggestion["suggestion_id"], reader=reader).decode()
                assert len(text) > 200


# ---------------------------------------------------------------- import and train


GUIDANCE = "# Lokal vejledning om ventetid\n\n## Ventetid\nEfter SUL § 140 skal Kvæggården tilbyde en plads.\n"


def test_imported_guidance_is_found_at_once_and_again_is_unchanged(workspace: Path, tmp_path: Path) -> None:
    folder = tmp_path / "instrukser"
    folder.mkdir()
    (folder / "ventetid.md").write_text(GUIDANCE, encoding="utf-8")
    (folder / "åbent.txt").write_text("Kvæggårdens åbningstider er 8-15.", encoding="utf-8")
    (folder / "brok.md").write_bytes(b"\xff\xfe\x00brok")

    first = vejviser("import", "guidance", folder, "--json", workspace=workspace)
    again = vejviser("import", "guidance", folder, "--json", workspace=workspace)
    found = vejviser("search", "Kvæggården ventetid", "--json", workspace=workspace)

    assert first.code == 0, first.err
    status = {Path(line["file"]).name: line["status"] for line in first.lines}
    assert status == {"brok.md": "failed", "ventetid.md": "new", "åbent.txt": "new"}
    assert [line["problem"] is None for line in first.lines] == [False, True, True]
    assert {Path(line["file"]).name: line["status"] for line in again.lines} == {
        "brok.md": "failed",
        "ventetid.md": "unchanged",
        "åbent.txt": "unchanged",
    }
    assert "Kvæggården" in found.json["hits"][0]["text"]
    with Assistant(Workspace(workspace)) as assistant:
        (entry,) = assistant.log.find(type="SourceImported")
        assert (entry.body["documents"], entry.body["rejected"]) == (2, 1)


def test_an_import_that_cannot_be_logged_leaves_the_guidance_as_it_was(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "ventetid.md").write_text(GUIDANCE, encoding="utf-8")
    before = fingerprint(workspace)
    with Assistant(Workspace(workspace)) as assistant:
        version = assistant.guidance.version
        with patch.object(assistant.log, "append", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            assistant.import_guidance([tmp_path / "ventetid.md"])
        assert assistant.guidance.version == version
    assert fingerprint(workspace) == before

    again = vejviser("import", "guidance", tmp_path / "ventetid.md", "--json", workspace=workspace)

    assert (again.code, again.json["status"]) == (0, "new")
    assert sorted(path.name for path in workspace.iterdir()) == sorted({name.split("/")[0] for name in before})


def test_a_suggestion_after_an_import_in_the_same_process_names_the_new_guidance(
    workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "ventetid.md").write_text(GUIDANCE, encoding="utf-8")
    with Assistant(Workspace(workspace)) as assistant:
        case = assistant.read_case(Located("V01", read_vignettes()[0]))
        before = assistant.suggest(case)["versions"]["guidance"]
        assistant.import_guidance([tmp_path / "ventetid.md"])
        after = assistant.suggest(case)

        assert before != after["versions"]["guidance"] == assistant.guidance.version
        assert assistant.replay(after["suggestion_id"], full=True).same


def test_two_files_of_one_name_do_not_silently_replace_each_other(workspace: Path, tmp_path: Path) -> None:
    for name in ("øst", "vest"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "træning.md").write_text(f"# Træning i {name}\n\nHold mødes i {name}hallen.\n")

    ran = vejviser("import", "guidance", tmp_path / "vest", tmp_path / "øst", "--json", workspace=workspace)

    assert ran.code == 0
    by_status = {line["status"]: line for line in ran.lines}
    assert by_status["new"]["file"].endswith("vest/træning.md")
    assert "'træning'" in by_status["failed"]["problem"]


def test_training_again_gives_the_same_model_and_reports_its_gates(workspace: Path) -> None:
    with Assistant(Workspace(workspace)) as assistant:
        before = assistant.model.version if assistant.model else None

    ran = spawned("train", "--json", workspace=workspace)

    assert ran.code == (0 if ran.json["promoted"] else 1), ran.err
    assert ran.json["version"] == before
    assert ran.json["gates"]
    assert all({"name", "passed", "figure", "limit"} <= set(gate) for gate in ran.json["gates"])
    assert ran.json["promoted"] == all(gate["passed"] for gate in ran.json["gates"])


def test_a_workspace_without_history_cannot_train(tmp_path: Path) -> None:
    folder = tmp_path / "uden"
    assert vejviser("init", "--history", 0, "--workspace", folder).code == 0
    before = fingerprint(folder)

    ran = vejviser("train", workspace=folder)

    assert ran.code in (2, 3)
    assert one_sentence(ran)
    assert fingerprint(folder) == before


# ---------------------------------------------------------------- eval

CASE_FIGURES = {
    "n",
    "eligible_exact",
    "undetermined_exact",
    "preferred_hit@1",
    "preferred_hit@3",
    "preferred_recall@5",
    "must_not_violations",
    "outcome_accuracy",
    "legal_ref_recall",
    "pii_leaks",
}


def test_eval_cases_has_the_contracts_figures_and_reaches_what_was_promised(made: Made) -> None:
    before = fingerprint(made.folder)

    ran = vejviser("eval", "cases", "--vignettes", VIGNETTES, "--json", workspace=made.folder)

    assert ran.code == 0, ran.err
    report = ran.json
    assert set(report) >= CASE_FIGURES
    assert report["n"] == len(read_vignettes())
    assert (report["eligible_exact"], report["undetermined_exact"]) == (1.0, 1.0)
    assert (report["must_not_violations"], report["pii_leaks"]) == (0, 0)
    assert report["preferred_hit@1"] >= 0.75
    assert report["preferred_hit@3"] >= 0.95
    assert report["outcome_accuracy"] == 1.0
    assert report["random_order"]["hit@1"] == pytest.approx(0.52, abs=0.02)
    assert report["random_order"]["hit@3"] == pytest.approx(0.91, abs=0.02)
    assert fingerprint(made.folder) == before


def test_eval_cases_reads_vignettes_it_has_never_seen(made: Made, tmp_path: Path) -> None:
    unseen = tmp_path / "nye.jsonl"
    row = {
        "id": "N1",
        "today": "2026-11-23",
        "caller_area": "job",
        "case": {"consent_health_exchange": "givet", "age": 40},
        "expected": {"eligible": [], "undetermined": [], "preferred": []},
    }
    unseen.write_text(json.dumps(row) + "\n", encoding="utf-8")

    ran = vejviser("eval", "cases", "--vignettes", unseen, "--json", workspace=made.folder)

    assert ran.code == 0, ran.err
    assert (ran.json["n"], ran.json["must_not_violations"]) == (1, 0)
    assert (ran.json["preferred_hit@1"], ran.json["random_order"]["hit@1"]) == (None, None)


def test_eval_retrieval_has_the_contracts_figures_and_writes_a_run(tmp_path: Path) -> None:
    corpus, queries, run = tmp_path / "corpus.jsonl", tmp_path / "queries.jsonl", tmp_path / "run.txt"
    texts = {"a": "Fristen for genoptræning er syv dage.", "b": "Fleksjob bevilges af kommunen.", "c": "Sygedagpenge"}
    corpus.write_text("".join(json.dumps({"_id": k, "title": k, "text": t}) + "\n" for k, t in texts.items()))
    asked = [
        {"id": "q1", "text": "frist genoptræning", "gold": ["a"]},
        {"_id": "q2", "text": "fleksjob", "relevant": ["b"]},
    ]
    queries.write_text("".join(json.dumps(row) + "\n" for row in asked))
    files = ("--corpus", corpus, "--queries", queries)

    one = vejviser("eval", "retrieval", *files, "--json", "--run", run)
    both = vejviser("eval", "retrieval", *files, "--systems", "vejviser,bm25", "--json")

    assert one.code == 0, one.err
    assert_retrieval_figures(one.json)
    assert one.json["n"] == 2
    assert one.json["hit@1"] == 1.0
    assert both.code == 0, both.err
    assert [row["system"] for row in both.json["systems"]] == ["vejviser", "bm25"]
    for row in both.json["systems"]:
        assert_retrieval_figures(row)
    fields = [line.split(" ") for line in run.read_text(encoding="utf-8").splitlines()]
    assert {(row[0], row[1], len(row)) for row in fields} == {("q1", "Q0", 6), ("q2", "Q0", 6)}
    assert [row[2] for row in fields if row[3] == "1"] == ["a", "b"]


def assert_retrieval_figures(row: dict[str, object]) -> None:
    assert isinstance(row["system"], str)
    for key in ("ndcg@10", "recall@10", "mrr@10", "hit@1", "hit@5", "p50_ms"):
        figure = row[key]
        assert isinstance(figure, float)
        assert math.isfinite(figure)


# ---------------------------------------------------------------- no network


def test_it_works_with_no_network(made: Made, tmp_path: Path) -> None:
    case = tmp_path / "sag.json"
    case.write_text(json.dumps(read_vignettes()[0]), encoding="utf-8")
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('the network was asked for')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        f"sys.argv = ['vejviser', 'suggest', {str(case)!r}, '--no-record', '--json']\n"
        "from assistant.cli import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(made.folder), capture_output=True, cwd=ROOT, check=False
    )

    ran = Ran(done.returncode, done.stdout, done.stderr.decode())
    assert ran.code == 0, ran.err
    assert ran.json["assessments"]
