"""A named human decides, with a reason, on the case as it is; the decision is logged and nothing is decided twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from app_fixtures import (
    Suggested,
    fingerprint,
    made,
    one_sentence,
    read_vignettes,
    suggested,
    vejviser,
    with_suggestions,
)

from assistant.app import Assistant
from assistant.core.cases import Located
from assistant.workspace import Workspace

__all__ = ["made", "suggested", "with_suggestions"]

REASON = "Borgeren ønsker holdtræning tæt på hjemmet."


@pytest.fixture
def suggestion_id(suggested: Suggested) -> str:
    return str(suggested.suggestions[0]["suggestion_id"])


def decide(workspace: Path, suggestion_id: str, *more: object, pathway: str = "sul140_almen_basal") -> list[object]:
    return ["decide", suggestion_id, "--pathway", pathway, "--reason", REASON, "--by", "mie", *more]


def test_a_decision_is_logged_with_its_reason_sealed(with_suggestions: Path, suggestion_id: str) -> None:
    ran = vejviser(*decide(with_suggestions, suggestion_id), "--json", workspace=with_suggestions)

    assert ran.code == 0, ran.err
    assert ran.json["pathway"] == "sul140_almen_basal"
    assert (ran.json["outcome"], ran.json["by"]) == ("followed", "mie")
    with Assistant(Workspace(with_suggestions)) as assistant:
        entry = assistant.log.entry(ran.json["ledger"]["entry"])
        assert (entry.type, entry.ref, entry.leaf_hash) == (
            "HumanDecision",
            suggestion_id,
            ran.json["ledger"]["leaf_hash"],
        )
        assert REASON not in json.dumps(entry.body, ensure_ascii=False)
        assert json.loads(assistant.log.payload(entry.index))["reason"] == REASON
        decision = assistant.decisions.latest(suggestion_id)
        assert decision is not None
        assert (decision.decision.reason, decision.decision.decided_by) == (REASON, "mie")
        assert assistant.verify().ok


@pytest.mark.parametrize(
    ("pathway", "chosen", "outcome"),
    [("sul140_almen_basal", "sul140_almen_basal", "followed"), ("none", None, "none"), ("lab_mentor", None, "changed")],
)
def test_following_changing_and_choosing_nothing_are_told_apart(
    with_suggestions: Path, suggestion_id: str, pathway: str, chosen: str | None, outcome: str
) -> None:
    with Assistant(Workspace(with_suggestions)) as assistant:
        other = next(key for key in assistant.catalogue.pathways if key != "sul140_almen_basal")
    pathway = other if outcome == "changed" else pathway

    ran = vejviser(*decide(with_suggestions, suggestion_id, pathway=pathway), "--json", workspace=with_suggestions)

    assert ran.code == 0, ran.err
    assert ran.json["outcome"] == outcome
    assert ran.json["pathway"] == (other if outcome == "changed" else chosen)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--pathway", "findes_ikke", "--reason", REASON, "--by", "mie"), "no pathway 'findes_ikke'"),
        (("--pathway", "none", "--reason", "   ", "--by", "mie"), "needs a reason"),
        (("--pathway", "none", "--reason", "", "--by", "mie"), "needs a reason"),
        (("--pathway", "none", "--reason", REASON, "--by", " "), "--by"),
        (("--pathway", "none", "--reason", REASON, "--by", "mie", "--if-version", "7"), "version 7"),
        (("--pathway", "none", "--reason", REASON, "--by", "mie", "--if-version", "syv"), "--if-version"),
    ],
)
def test_a_decision_that_cannot_stand_is_refused_and_changes_nothing(
    with_suggestions: Path, suggestion_id: str, words: tuple[str, ...], says: str
) -> None:
    before = fingerprint(with_suggestions)

    ran = vejviser("decide", suggestion_id, *words, workspace=with_suggestions)

    assert ran.code == 2
    assert says in one_sentence(ran)
    assert fingerprint(with_suggestions) == before


def test_a_suggestion_is_decided_once(with_suggestions: Path, suggestion_id: str) -> None:
    first = vejviser(*decide(with_suggestions, suggestion_id), workspace=with_suggestions)
    before = fingerprint(with_suggestions)
    second = vejviser(*decide(with_suggestions, suggestion_id, pathway="none"), workspace=with_suggestions)

    assert (first.code, second.code) == (0, 2)
    assert "was decided by mie" in one_sentence(second)
    assert fingerprint(with_suggestions) == before


def test_a_decision_on_a_case_that_another_program_changed_meanwhile_is_refused(
    with_suggestions: Path, suggestion_id: str, tmp_path: Path
) -> None:
    row = read_vignettes()[0]
    changed = tmp_path / "ændret.json"
    changed.write_text(json.dumps({**row, "case": {**row["case"], "pain_nrs": 9}}), encoding="utf-8")
    with Assistant(Workspace(with_suggestions)) as assistant:
        seen = assistant.cases.get("V01").version
    assert vejviser("suggest", changed, workspace=with_suggestions).code == 0

    stale = vejviser(*decide(with_suggestions, suggestion_id), "--if-version", seen, workspace=with_suggestions)
    fresh = vejviser(*decide(with_suggestions, suggestion_id), "--if-version", seen + 1, workspace=with_suggestions)

    assert stale.code == 2
    assert "was changed by" in one_sentence(stale)
    assert fresh.code == 0, fresh.err


def test_a_decision_that_was_stored_and_not_logged_is_finished_by_repeating_it(
    with_suggestions: Path, suggestion_id: str
) -> None:
    with Assistant(Workspace(with_suggestions)) as assistant:
        append = assistant.log.append

        def power_cut(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        assistant.log.append = power_cut  # type: ignore[assignment, method-assign]
        with pytest.raises(KeyboardInterrupt):
            assistant.decide(suggestion_id, "none", REASON, "mie")
        assistant.log.append = append  # type: ignore[method-assign]

        done = assistant.decide(suggestion_id, "none", REASON, "mie")

        assert [e.index for e in assistant.log.find(type="HumanDecision", ref=suggestion_id)] == [
            done["ledger"]["entry"]
        ]


def test_the_same_case_again_makes_no_new_version(with_suggestions: Path) -> None:
    with Assistant(Workspace(with_suggestions)) as assistant:
        assistant.suggest(assistant.read_case(Located("V01", read_vignettes()[0])))

        assert assistant.cases.get("V01").version == 1
