from __future__ import annotations

from pathlib import Path

from eval.suites.bench_ledger import TARGETS, run


def test_the_bench_measures_our_log_beside_its_peers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    figures = run(600, tmp_path)

    ours = figures["systems"]["vejviser"]
    assert set(figures["systems"]) == {"vejviser", "pymerkle_sqlite", "plain_sqlite"}
    for system in figures["systems"].values():
        assert min(system["single_appends_per_s"], system["batched_appends_per_s"], system["bytes_per_entry"]) > 0
    assert ours["audit_entries"] > 600
    assert ours["inclusion_proof_ms"] < figures["systems"]["pymerkle_sqlite"]["inclusion_proof_ms"]
    assert set(figures["met"]) == set(TARGETS) <= ours.keys()
    assert list(tmp_path.iterdir()) == []
