"""One way in to the speed measurements: each measures ours and named peers in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import UserError
from assistant.workspace import Workspace

Report = dict[str, Any]
Bench = Callable[[int | None, Workspace | None], Report]


def _retrieval(size: int | None, _workspace: Workspace | None) -> Report:
    from eval.suites import bench_retrieval

    return bench_retrieval.compare(size or 10_000)


def _suggest(size: int | None, workspace: Workspace | None) -> Report:
    from eval.suites import bench_suggest

    return bench_suggest.run(history=size or 5000, workspace=None if size else workspace)


def _explain(size: int | None, _workspace: Workspace | None) -> Report:
    from eval.suites import bench_explain

    found = bench_explain.run(load_catalogue(), history=size or 8000)
    ours, peer = list(found["ms"].items())[:2]
    pathways, cpu = found["pathways"], {name: times["processor"] for name, times in (ours, peer)}
    rows = {f"rows per CPU-second, {name}": round(1000 * pathways / one, 1) for name, one in cpu.items()}
    return {**found, **rows, "times_ours": round(cpu[peer[0]] / cpu[ours[0]], 2)}


def _ledger(size: int | None, workspace: Workspace | None) -> Report:
    from eval.suites import bench_ledger

    found = bench_ledger.run(size or 20_000, None if workspace is None else workspace.folder)
    systems = found["systems"]
    keys = ("single_appends_per_s", "batched_appends_per_s")
    ours = systems["vejviser"]
    beside = {name: {key: round(ours[key] / one[key], 2) for key in keys} for name, one in systems.items()}
    return {**found, "ours_times_theirs": beside}


def _ui(size: int | None, workspace: Workspace | None) -> Report:
    from eval.suites import bench_ui

    return bench_ui.run(size or bench_ui.REQUESTS, workspace)


BENCHES: Mapping[str, Bench] = {
    "retrieval": _retrieval,
    "suggest": _suggest,
    "explain": _explain,
    "ledger": _ledger,
    "ui": _ui,
}
ALL = "all"


def run(which: str, size: int | None = None, workspace: Workspace | None = None) -> Report:
    """The measurement named, or all of them by name; `size` is what that measurement counts in.

    Passages, earlier cases, earlier cases, entries and requests, in the order of `BENCHES`. Raises `UserError` for
    a name that there is none of.
    """
    if which == ALL:
        return {name: bench(size, workspace) for name, bench in BENCHES.items()}
    if which not in BENCHES:
        raise UserError(f"There is no benchmark {which[:40]!r}; choose one of {', '.join((*BENCHES, ALL))}.")
    return BENCHES[which](size, workspace)


def lines(report: Any, indent: str = "") -> Iterator[str]:
    """The report for a terminal: one line a figure, rows of a table on one line."""
    if isinstance(report, Mapping):
        for key, value in report.items():
            if isinstance(value, Mapping | list):
                yield f"{indent}{key}:"
                yield from lines(value, indent + "  ")
            else:
                yield f"{indent}{key}: {_shown(value)}"
    elif isinstance(report, list):
        for item in report:
            flat = isinstance(item, Mapping)
            yield indent + ("  ".join(f"{k}={_shown(v)}" for k, v in item.items()) if flat else _shown(item))


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
