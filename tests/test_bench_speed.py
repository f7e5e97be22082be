"""The benchmarks measure ours beside named peers in the same run, and the peers do the same work."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_fixtures import made, one_sentence, suggested, vejviser, workspace  # noqa: F401 - fixtures

from assistant.workspace import Workspace
from eval.suites import bench_suggest
from eval.suites.bench import BENCHES, lines
from models.registry import Registry


def test_a_suggestion_is_measured_whole_and_beside_peers_that_agree(workspace: Path) -> None:  # noqa: F811
    registry = Registry(Workspace(workspace).models)
    if registry.promoted() is None:
        registry.promote(registry.versions()[0])

    found = bench_suggest.run(cases=4, workspace=Workspace(workspace))

    assert found["scoring_largest_difference"] < 1e-9
    assert 0 < found["suggestion"]["p50_ms"] <= found["suggestion"]["p95_ms"]
    assert [row["system"] for row in found["scoring"]] == ["vejviser", "interpret explain_local"]
    assert all(row["times_ours"] > 0 for row in (*found["scoring"], *found["retrieval"]))
    named = any("langchain" in row["system"] for row in found["retrieval"])
    assert named is not bool(found["absent"])


def test_a_benchmark_that_there_is_none_of_is_one_sentence(tmp_path: Path) -> None:
    ran = vejviser("bench", "coffee", workspace=tmp_path / "none")

    assert ran.code == 2
    assert all(name in one_sentence(ran) for name in BENCHES)


def test_the_log_is_measured_by_the_command_beside_its_peers(tmp_path: Path) -> None:
    ran = vejviser("bench", "ledger", "--size", "500", "--json", workspace=tmp_path / "none")

    assert ran.code == 0, ran.err
    assert set(ran.json["ours_times_theirs"]) == {"vejviser", "pymerkle_sqlite", "plain_sqlite"}
    assert ran.json["ours_times_theirs"]["vejviser"]["single_appends_per_s"] == 1.0


@pytest.mark.parametrize(
    ("report", "shown"),
    [
        ({"n": 3, "ms": 1.23456}, ["n: 3", "ms: 1.235"]),
        ({"rows": [{"system": "a", "p50_ms": 2.0}]}, ["rows:", "  system=a  p50_ms=2"]),
    ],
)
def test_a_report_is_lines_for_a_terminal(report: dict[str, object], shown: list[str]) -> None:
    assert list(lines(report)) == shown
