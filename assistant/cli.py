"""The command line: reads arguments, calls the assistant, prints; every failure is one sentence and an exit code.

Heavy libraries are imported inside the commands, so that `vejviser --help` answers at once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.core.errors import UserError, VejviserError

if TYPE_CHECKING:
    from assistant.app import Assistant

app = typer.Typer(
    name="vejviser",
    help="An explainable assistant for municipal caseworkers: it suggests, a human decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ledger_app = typer.Typer(help="The ethics log: verify, prove, export.", no_args_is_help=True, rich_markup_mode=None)
import_app = typer.Typer(help="Bring in guidance or earlier cases.", no_args_is_help=True, rich_markup_mode=None)
eval_app = typer.Typer(help="Measure quality, beside named peers.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(ledger_app, name="ledger")
app.add_typer(import_app, name="import")
app.add_typer(eval_app, name="eval")

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="The workspace folder.", show_default="./vejviser-workspace")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
ProgressShown = Callable[[str, float], None]


def put(content: bytes) -> None:
    """Write on stdout; when nobody reads any more, that is the end and no failure."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _forget_stdout()
        raise typer.Exit(0) from None


def say(text: str) -> None:
    """Print a line for people on stdout."""
    put(text.encode() + b"\n")


def emit(data: Any) -> None:
    """Print one JSON document on one line."""
    say(json.dumps(data, ensure_ascii=False, allow_nan=False, default=str))


def note(text: str) -> None:
    """Print prose on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def progress_bar(what: str, done: float) -> None:
    """A progress line on stderr; on a terminal it is written over."""
    words = {
        "keys": "Keys and ethics log",
        "guidance": "Guidance index",
        "history": "Earlier cases (invented)",
        "index": "Index of earlier cases",
        "train": "Training the model",
        "done": "Done",
    }
    filled = round(done * 24)
    line = f"[{'#' * filled}{'.' * (24 - filled)}] {done:4.0%} {words.get(what, what):<30}"
    sys.stderr.write(("\r" + line if sys.stderr.isatty() else line + "\n") + ("\n" if what == "done" else ""))
    sys.stderr.flush()


def opened(workspace: Path | None) -> Assistant:
    """The assistant on the workspace that was named."""
    from assistant.app import Assistant
    from assistant.workspace import find_workspace

    return Assistant(find_workspace(workspace))


def as_date(text: str | None, option: str) -> dt.date | None:
    """A date given on the command line."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is not a date; write it as 2026-11-23.") from None


def language_of(lang: str) -> str:
    """A language that every text exists in."""
    from assistant.core.texts import LANGUAGES

    if lang not in LANGUAGES:
        raise UserError(f"--lang {lang!r} is not known; it is {' or '.join(LANGUAGES)}.")
    return lang


# ---------------------------------------------------------------- workspace


@app.command()
def init(
    mode: Annotated[str, typer.Option(help="trial (invented people) or operation.")] = "trial",
    history: Annotated[int, typer.Option(min=0, help="Invented earlier cases to make; 0 for none.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the invented cases and of training.")] = 0,
    catalogue: Annotated[Path | None, typer.Option(help="A folder with another catalogue.")] = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Make a workspace."""
    from assistant.building import build_workspace
    from assistant.core.domain import Mode
    from assistant.core.settings import Settings
    from assistant.workspace import find_workspace

    if mode not in list(Mode):
        raise UserError(f"--mode {mode!r} is not known; it is trial or operation.")
    if 0 < history < 1000:
        raise UserError(f"--history {history} is too few to learn from; give 0 for none, or at least 1000.")
    target = find_workspace(workspace)
    settings = Settings(mode=Mode(mode), seed=seed)
    build_workspace(
        target.folder, settings, history=history, catalogue_folder=catalogue, progress=progress_bar, warn=note
    )
    if json_:
        emit({"workspace": str(target.folder), "mode": mode, "history": history})
    else:
        note(f"Made a workspace at {target.folder}.")


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 7860,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    history: Annotated[int, typer.Option(min=0, help="Invented earlier cases to make.")] = 20_000,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a trial workspace if there is none, then serve the pages."""
    from assistant.building import build_workspace
    from assistant.core.settings import Settings
    from assistant.workspace import find_workspace

    target = find_workspace(workspace)
    if not target.settings_file.is_file():
        note("Making a trial workspace with invented people. This takes about a minute, once.")
        build_workspace(target.folder, Settings(), history=history, progress=progress_bar, warn=note)
    serve(host=host, port=port, workspace=workspace)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 7860,
    workspace: WorkspaceOption = None,
) -> None:
    """Serve the pages for all roles."""
    from assistant.workspace import find_workspace

    target = find_workspace(workspace)
    target.settings()
    from ui.server import run

    run(target, host=host, port=port)


# ---------------------------------------------------------------- import and train


@import_app.command("guidance")
def import_guidance(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    corpus: Annotated[str, typer.Option(help="Name of the corpus these belong to.")] = "",
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Read guidance; one line per file with what was read, or why not."""
    with opened(workspace) as assistant:
        results = assistant.import_guidance(paths, corpus=corpus)
    for result in results:
        if json_:
            emit(result)
        else:
            note(f"{result['file']}: {result['status']}" + (f": {result['problem']}" if result["problem"] else ""))
    if not any(result["problem"] is None for result in results):
        raise UserError("No guidance was read; see the lines above.")


@import_app.command("history")
def import_history(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or XLSX, one earlier case a row.")],
    mapping: Annotated[Path, typer.Option(help="YAML that says which column is which field.")],
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Read earlier cases; bad rows are named with their line, the rest are kept. Train afterwards."""
    with opened(workspace) as assistant:
        report = assistant.import_history(file, mapping)
    for problem in report["problems"]:
        note(problem)
    if json_:
        emit(report)
    else:
        note(
            f"{file}: {report['new']} new, {report['changed']} changed, {report['unchanged']} unchanged, "
            f"{len(report['problems'])} rows not read. Run `vejviser train` to learn from them."
        )


@app.command()
def train(
    without: Annotated[list[str] | None, typer.Option(help="Leave a field out, to see what that costs.")] = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Train a model on the earlier cases in the workspace; a model that fails a gate is not taken into use."""
    with opened(workspace) as assistant:
        report = assistant.train(without=without or [])
    if json_:
        emit(report)
    else:
        for key, value in report.items():
            note(f"{key}: {value}")
    if not report["promoted"] and not without:
        raise typer.Exit(1)


# ---------------------------------------------------------------- search and suggest


@app.command()
def search(
    query: Annotated[str | None, typer.Argument(help="What to search for.")] = None,
    queries: Annotated[Path | None, typer.Option(help="A JSONL file of queries.")] = None,
    k: Annotated[int, typer.Option(min=1, max=1000, help="How many passages.")] = 10,
    as_of: Annotated[str | None, typer.Option(help="Search the law of that day.")] = None,
    corpus: Annotated[str | None, typer.Option(help="Search one corpus only.")] = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Search the guidance."""
    from assistant.presenting import hits_json, queries_of

    if (query is None) == (queries is None):
        raise UserError("Give either a query or --queries FILE.")
    day = as_date(as_of, "--as-of") or dt.date.today()
    asked = [query] if query is not None else queries_of(queries)
    with opened(workspace) as assistant:
        for text in asked:
            try:
                hits = assistant.search(text, k=k, as_of=day, corpus=corpus)
            except UserError as error:
                if queries is None:
                    raise
                note(str(error))
                hits = []
            if json_:
                emit(hits_json(text, day, hits))
            else:
                for hit in hits:
                    place = " › ".join(hit.passage.heading_path)
                    say(f"{hit.score:.3f}  {hit.passage.document_title} › {place}\n       {hit.passage.text[:200]}")


@app.command()
def suggest(
    file: Annotated[Path, typer.Argument(help="CASE.json or CASES.jsonl.")],
    as_of: Annotated[str | None, typer.Option(help="The day the suggestion is for.")] = None,
    area: Annotated[str | None, typer.Option(help="health, job, social or alle.")] = None,
    no_record: Annotated[bool, typer.Option("--no-record", help="Do not store or log anything.")] = False,
    no_model: Annotated[bool, typer.Option("--no-model", help="Rules and guidance alone.")] = False,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Suggest pathways for one case or many. Nothing is recorded unless every case can be read."""
    from assistant.core.cases import read_case_file
    from assistant.presenting import suggestion_lines

    day = as_date(as_of, "--as-of")
    with opened(workspace) as assistant:
        cases = [assistant.read_case(located, as_of=day, area=area) for located in read_case_file(file)]
        for case in cases:
            suggestion = assistant.suggest(case, record=not no_record, model_off=no_model)
            if json_:
                emit(suggestion)
            else:
                for line in suggestion_lines(suggestion):
                    say(line)


@app.command()
def explain(
    suggestion_id: Annotated[str, typer.Argument(help="A suggestion's id.")],
    for_: Annotated[str, typer.Option("--for", help="caseworker, citizen, board or telephone.")] = "caseworker",
    lang: Annotated[str, typer.Option(help="da or en.")] = "da",
    format_: Annotated[str, typer.Option("--format", help="json, text, html or pdf.")] = "text",
    out: Annotated[Path | None, typer.Option(help="Write to a file instead of stdout.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Explain a suggestion to one kind of reader."""
    with opened(workspace) as assistant:
        content = assistant.explain(suggestion_id, reader=for_, language=lang, form=format_)
    if out is not None:
        out.write_bytes(content)
    else:
        put(content)


@app.command()
def decide(
    suggestion_id: Annotated[str, typer.Argument(help="A suggestion's id.")],
    pathway: Annotated[str, typer.Option(help="The pathway that was chosen, or none.")],
    reason: Annotated[str, typer.Option(help="Why, in words.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    if_version: Annotated[int | None, typer.Option(help="Refuse if the case has another version.")] = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Record the human decision."""
    with opened(workspace) as assistant:
        done = assistant.decide(suggestion_id, pathway, reason, by, if_version=if_version)
    if json_:
        emit(done)
    else:
        note(f"Recorded: {done['pathway'] or 'no pathway'} ({done['outcome']}), log entry {done['ledger']['entry']}.")


@app.command()
def replay(
    suggestion_id: Annotated[str, typer.Argument(help="A suggestion's id.")],
    full: Annotated[bool, typer.Option("--full", help="Repeat the retrieval too.")] = False,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Derive a suggestion again and compare every byte."""
    with opened(workspace) as assistant:
        result = assistant.replay(suggestion_id, full=full)
    if json_:
        emit(
            {
                "suggestion_id": result.suggestion_id,
                "identical": result.same,
                "full": full,
                "differences": list(result.differences),
            }
        )
    else:
        note("Identical." if result.same else "Differs: " + "; ".join(result.differences))
    if not result.same:
        raise typer.Exit(1)


@app.command()
def erase(
    case_id: Annotated[str, typer.Argument(help="The case of the person to erase.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    by: Annotated[str, typer.Option(help="Who orders it.")],
    filing_receipt: Annotated[str, typer.Option(help="Receipt that what must be archived was archived.")] = "",
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Destroy a person's key and every derived copy; every proof still verifies."""
    with opened(workspace) as assistant:
        done = assistant.erase(case_id, reason=reason, by=by, filing_receipt=filing_receipt)
    if json_:
        emit(done)
    else:
        note(f"Erased {case_id}; log entry {done['entry']}.")


@app.command()
def access(
    case_id: Annotated[str, typer.Argument(help="The citizen's case.")],
    format_: Annotated[str, typer.Option("--format", help="json, html or pdf.")] = "json",
    lang: Annotated[str, typer.Option(help="da or en.")] = "da",
    by: Annotated[str, typer.Option(help="Who hands it out.")] = "kommunen",
    out: Annotated[Path | None, typer.Option(help="Write to a file instead of stdout.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Everything held and done about one citizen, in plain Danish, to hand to that citizen."""
    with opened(workspace) as assistant:
        content = assistant.access(case_id, form=format_, language=lang, by=by)
    if out is not None:
        out.write_bytes(content)
    else:
        put(content)


@app.command()
def audit(
    vignettes: Annotated[
        Path | None, typer.Option(help="Cases to swap attributes in; else the newest suggested.")
    ] = None,
    cases: Annotated[int, typer.Option(min=0, max=500, help="How many cases to swap attributes in.")] = 20,
    lang: Annotated[str, typer.Option(help="da or en.")] = "da",
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Fairness by group, attribute swaps, use, abstentions and drift, each with a sentence that reads it."""
    from assistant.core.cases import read_case_file

    language_of(lang)
    with opened(workspace) as assistant:
        given = None
        if vignettes is not None:
            given = [assistant.read_case(located) for located in read_case_file(vignettes)][:cases]
        report = assistant.audit(given, most=cases, language=lang, progress=lambda what: note(f"... {what}"))
    if json_:
        emit(report)
    else:
        for line in report["reading"]:
            typer.echo(line)
    if any(gap["family"] == "counterfactual" for gap in report["gaps"]):
        raise typer.Exit(1)


@app.command()
def register(
    format_: Annotated[str, typer.Option("--format", help="atrs, fria, dpia, art30, model-card or quarter.")],
    lang: Annotated[str, typer.Option(help="da or en.")] = "da",
    since: Annotated[str | None, typer.Option("--from", help="First day of the quarterly page.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day of the quarterly page.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write to a file instead of stdout.")] = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """A public-register or assessment draft from the live system; what it cannot know is a marked blank."""
    first, last = as_date(since, "--from"), as_date(until, "--to")
    with opened(workspace) as assistant:
        made = assistant.public_record(format_, lang, since=first, until=last)
    if json_:
        emit(made.data)
    elif out is not None:
        out.write_text(made.markdown, encoding="utf-8")
    else:
        sys.stdout.write(made.markdown)
        sys.stdout.flush()
    if made.blanks:
        note(f"{made.blanks} places are blank; a person must answer, in organisation.yaml or in the draft.")


# ---------------------------------------------------------------- ledger


@ledger_app.command("verify")
def ledger_verify(
    file: Annotated[Path | None, typer.Argument(help="An exported receipt or log; none for this workspace.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="A checkpoint kept outside the workspace.")] = None,
    key: Annotated[Path | None, typer.Option(help="The log's public key, for a file.")] = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Check the whole log, or one exported receipt without a workspace."""
    from assistant.ledger_tools import verify_file, verify_workspace

    result = verify_file(file, key) if file is not None else verify_workspace(opened(workspace), checkpoint)
    emit(result) if json_ else note(result["message"])
    if not result["ok"]:
        raise typer.Exit(1)


@ledger_app.command("head")
def ledger_head(workspace: WorkspaceOption = None, json_: JsonOption = False) -> None:
    """Print the newest signed checkpoint; keep a copy outside the workspace."""
    with opened(workspace) as assistant:
        head = assistant.log.head()
    if json_:
        emit({"origin": head.origin, "size": head.size, "root": head.root.hex(), "checkpoint": head.note})
    else:
        put(head.note.encode())


@ledger_app.command("prove")
def ledger_prove(
    entry: Annotated[int, typer.Argument(min=0, help="An entry's number.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Print an entry's receipt: its leaf, its inclusion proof and a checkpoint."""
    with opened(workspace) as assistant:
        emit(assistant.log.receipt(entry))


@ledger_app.command("consistency")
def ledger_consistency(
    old: Annotated[int, typer.Argument(min=0, help="An earlier size.")],
    new: Annotated[int | None, typer.Argument(min=0, help="A later size; the newest if left out.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the proof that the log only grew between two sizes."""
    with opened(workspace) as assistant:
        size = assistant.log.head().size if new is None else new
        proof = assistant.log.consistency(old, size)
        roots = [assistant.log.root(old).hex(), assistant.log.root(size).hex()]
    emit({"old": old, "new": size, "old_root": roots[0], "new_root": roots[1], "proof": [p.hex() for p in proof]})


@ledger_app.command("export")
def ledger_export(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Write the whole log to a file that the stand-alone verifier reads."""
    with opened(workspace) as assistant:
        entries = assistant.log.export(file)
    emit({"file": str(file), "entries": entries}) if json_ else note(f"Wrote {entries} entries to {file}.")


# ---------------------------------------------------------------- eval


@eval_app.command("cases")
def eval_cases(
    vignettes: Annotated[Path, typer.Option(help="Vignettes as JSON lines.")],
    workspace: WorkspaceOption = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Rules and guidance alone.")] = False,
    json_: JsonOption = False,
) -> None:
    """Metrics on vignettes with an expected result, beside a random and a catalogue order."""
    from eval.suites.cases import evaluate_cases

    with opened(workspace) as assistant:
        report = evaluate_cases(assistant, vignettes, model_off=no_model)
    if json_:
        emit(report)
    else:
        for key, value in report.items():
            note(f"{key}: {value}")


@eval_app.command("retrieval")
def eval_retrieval(
    corpus: Annotated[Path, typer.Option(help="The corpus as JSON lines.")],
    queries: Annotated[Path, typer.Option(help="The queries as JSON lines.")],
    systems: Annotated[str, typer.Option(help="Comma-separated: vejviser, bm25, ...")] = "vejviser",
    run: Annotated[Path | None, typer.Option(help="Write the ranking in TREC run form.")] = None,
    json_: JsonOption = False,
) -> None:
    """Retrieval metrics on any corpus."""
    from eval.suites.retrieval import evaluate

    report = evaluate(corpus, queries, [name.strip() for name in systems.split(",")], run)
    if json_:
        emit(report)
    else:
        for row in report.get("systems", [report]):
            note(
                "  ".join(
                    f"{key}={value:.4f}" if isinstance(value, float) else f"{key}={value}" for key, value in row.items()
                )
            )


@eval_app.command("outcomes")
def eval_outcomes(
    synthetic: Annotated[
        int, typer.Option(min=0, help="Invent so many cases with a known truth; 0 for those in the workspace.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the invented cases and of training.")] = 0,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """How good the model is on held-out cases, beside boosted trees; with a known truth, what following it is worth."""
    from eval.suites.outcomes import run
    from models.synthetic import generate

    with opened(workspace) as assistant:
        if synthetic:
            made = generate(assistant.catalogue, synthetic, seed)
            report = run(made.episodes, assistant.catalogue, seed, made.truth)
        else:
            report = run(assistant.earlier_cases(), assistant.catalogue, seed)
    show(report, json_=json_)


@eval_app.command("explanations")
def eval_explanations(
    history: Annotated[int, typer.Option(min=1000, help="Invented earlier cases to learn from.")] = 8000,
    seed: Annotated[int, typer.Option(help="Seed of the run.")] = 0,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Additivity, faithfulness, stability, agreement with the truth and readability, beside named peers."""
    from eval.suites.explanations import run

    with opened(workspace) as assistant:
        report = run(assistant.catalogue, history=history, seed=seed)
    show(report, json_=json_)


def show(report: dict[str, Any], *, json_: bool) -> None:
    """Print a report: one JSON document, or a line for each of its parts."""
    if json_:
        emit(report)
    else:
        for key, value in report.items():
            note(f"{key}: {value}")


@app.command()
def bench(
    which: Annotated[str, typer.Argument(help="retrieval, suggest, explain, ledger, ui or all.")],
    size: Annotated[int | None, typer.Option(min=10, help="Passages, earlier cases, entries or requests.")] = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Measure speed, side by side with named peers in the same run."""
    from assistant.workspace import find_workspace
    from eval.suites.bench import lines, run

    given = find_workspace(workspace)
    report = run(which, size, given if given.settings_file.is_file() else None)
    if json_:
        emit(report)
    else:
        for line in lines(report):
            typer.echo(line)


def main() -> None:
    """Run the command line; a failure a person can act on is one sentence on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # JSON and Danish letters, whatever the terminal's own alphabet
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False, prog_name="vejviser")
    except VejviserError as error:
        note(str(error))
        return error.exit_code
    except typer.TyperException as error:
        note(_misused(error))
        return 2
    except typer.Abort:
        return 2
    except sqlite3.Error as error:
        note(
            f"A file of the workspace could not be used ({error}), so nothing was recorded; check the disk, try again."
        )
        return 2
    except OSError as error:
        _forget_stdout()
        note(f"{error.filename or 'The output'}: {error.strerror or error}; check the path, the rights and the disk.")
        return 2
    return code if isinstance(code, int) else 0  # `typer.Exit` comes back as its code


def _misused(error: typer.TyperException) -> str:
    """What is wrong with the words on the command line, and where to read on; the help itself when there were none."""
    text = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
    context = getattr(error, "ctx", None)
    if context is None or text == context.get_help():
        return text
    return f"{text.rstrip('.')}; see `{context.command_path} --help`."


def _forget_stdout() -> None:
    """Nobody reads stdout, or it cannot be written: what is left of it must not fail again at exit."""
    with contextlib.suppress(OSError, ValueError):  # stdout may be closed, or no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
