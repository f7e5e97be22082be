"""A suggestion comes out the same again from what was recorded, and a difference is named by its cause."""

from __future__ import annotations

import json
import shutil
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
)

from assistant.app import Assistant
from assistant.core.cases import Located
from assistant.core.errors import CheckFailedError
from assistant.workspace import Workspace

__all__ = ["made", "suggested", "with_suggestions", "workspace"]

PATHWAY = "sul140_almen_basal"
GUIDANCE = f"""---
id: lokal-genoptraening
title: "Lokal instruks om almen genoptræning"
pathways: [{PATHWAY}]
law_refs: ["SUL § 140"]
valid_from: 2020-01-01
version: "1"
lang: da
---
# Almen genoptræning på basalt niveau

## Genoptræning efter knæprotese: cykle til arbejde, trapper, smerter og hold
Borgeren med genoptræningsplan (GOP), knæprotese, smerter, trapper og mobilitet ude tilbydes almen genoptræning på
basalt niveau efter SUL § 140. Sygehusbehandlet, ortopædkirurgi, ansat, løn under sygdom, midlertidig.
"""


def suggestion_of(suggested: Suggested, case_id: str) -> str:
    (found,) = [s["suggestion_id"] for s in suggested.suggestions if s["case_id"] == case_id]
    return str(found)


def test_derivation_and_full_replay_are_identical_for_every_vignette(suggested: Suggested) -> None:
    with Assistant(Workspace(suggested.folder)) as assistant:
        for suggestion in suggested.suggestions:
            for full in (False, True):
                result = assistant.replay(suggestion["suggestion_id"], full=full)
                assert (result.same, result.differences) == (True, ()), (suggestion["case_id"], full)


def test_the_replay_command_says_identical_in_a_program_of_its_own(suggested: Suggested) -> None:
    ran = spawned("replay", suggestion_of(suggested, "V01"), "--full", "--json", workspace=suggested.folder)

    assert (ran.code, ran.err) == (0, "")
    expected = {"suggestion_id": suggestion_of(suggested, "V01"), "identical": True, "full": True, "differences": []}
    assert ran.json == expected


def test_replaying_changes_nothing_in_the_workspace(with_suggestions: Path, suggested: Suggested) -> None:
    before = fingerprint(with_suggestions)

    ran = vejviser("replay", suggestion_of(suggested, "V01"), workspace=with_suggestions)

    assert (ran.code, ran.err) == (0, "Identical.\n")
    assert fingerprint(with_suggestions) == before


def test_suggestions_without_a_model_replay_too(workspace: Path) -> None:
    with Assistant(Workspace(workspace)) as assistant:
        case = assistant.read_case(Located("V01", read_vignettes()[0]))
        suggestion = assistant.suggest(case, model_off=True)
        assert assistant.replay(suggestion["suggestion_id"], full=True).same


def test_a_suggestion_made_while_a_pathway_was_suspended_replays_after_it_is_restored(workspace: Path) -> None:
    with Assistant(Workspace(workspace)) as assistant:
        case = assistant.read_case(Located("V01", read_vignettes()[0]))
        assistant.suspend("pathway", PATHWAY, by="udvalget", why="prøve")
        suggestion = assistant.suggest(case)
        assistant.restore("pathway", PATHWAY, by="udvalget", why="prøven er slut")
        assert assistant.replay(suggestion["suggestion_id"], full=True).same


def test_new_guidance_leaves_derivation_identical_and_is_named_as_the_cause_by_full_replay(
    with_suggestions: Path, suggested: Suggested, tmp_path: Path
) -> None:
    folder = tmp_path / "instrukser"
    folder.mkdir()
    (folder / "instruks.md").write_text(GUIDANCE, encoding="utf-8")
    imported = vejviser("import", "guidance", folder, "--json", workspace=with_suggestions)
    assert (imported.code, imported.json["status"]) == (0, "new"), imported.err
    suggestion_id = suggestion_of(suggested, "V01")

    plain = vejviser("replay", suggestion_id, "--json", workspace=with_suggestions)
    full = vejviser("replay", suggestion_id, "--full", "--json", workspace=with_suggestions)

    assert (plain.code, plain.json["identical"]) == (0, True)
    assert (full.code, full.json["identical"]) == (1, False)
    assert any("the guidance version is now" in text for text in full.json["differences"])
    assert not any("history" in text for text in full.json["differences"])


def test_a_missing_model_version_is_named(with_suggestions: Path, suggested: Suggested) -> None:
    version = suggested.suggestions[0]["versions"]["model"]
    shutil.rmtree(Workspace(with_suggestions).models / version)

    ran = vejviser("replay", suggestion_of(suggested, "V01"), workspace=with_suggestions)

    assert ran.code == 1
    assert version in one_sentence(ran)


def test_a_suggestion_made_with_an_earlier_model_replays_after_another_took_its_place(
    with_suggestions: Path, suggested: Suggested
) -> None:
    pointer = Workspace(with_suggestions).models / "promoted.json"
    pointer.unlink()

    ran = vejviser("replay", suggestion_of(suggested, "V01"), "--json", workspace=with_suggestions)

    assert (ran.code, ran.json["identical"]) == (0, True), ran.err


def test_a_missing_rules_version_is_named(with_suggestions: Path, suggested: Suggested) -> None:
    workspace = Workspace(with_suggestions)
    own = workspace.own_catalogue
    rules = suggested.suggestions[0]["versions"]["rules"]
    kept = workspace.catalogues / rules
    shutil.copytree(kept, own)
    labels = own / "labels.yaml"
    labels.write_text(labels.read_text(encoding="utf-8") + "\n# another version\n", encoding="utf-8")
    suggestion_id = suggestion_of(suggested, "V01")

    with_both = vejviser("replay", suggestion_id, "--json", workspace=with_suggestions)
    shutil.rmtree(kept)
    without = vejviser("replay", suggestion_id, workspace=with_suggestions)

    assert (with_both.code, with_both.json["identical"]) == (0, True)
    assert without.code == 1
    assert rules in one_sentence(without)


def test_a_model_whose_numbers_were_changed_is_refused_or_shows_as_a_difference(
    with_suggestions: Path, suggested: Suggested
) -> None:
    version = suggested.suggestions[0]["versions"]["model"]
    file = Workspace(with_suggestions).models / version / "model.json"
    model = json.loads(file.read_text(encoding="utf-8"))
    changed = json.dumps(model).replace('"alpha": ', '"alpha": 1', 1)
    assert changed != json.dumps(model)
    file.write_text(changed, encoding="utf-8")

    ran = vejviser("replay", suggestion_of(suggested, "V01"), workspace=with_suggestions)

    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err


def test_an_unknown_suggestion_cannot_be_replayed(made: Made) -> None:
    from assistant.app import UnknownSuggestionError

    with (
        Assistant(Workspace(made.folder)) as assistant,
        pytest.raises(UnknownSuggestionError, match="no suggestion 's-0000'"),
    ):
        assistant.replay("s-0000")


def test_a_gone_model_is_a_failed_check_and_not_bad_input(with_suggestions: Path, suggested: Suggested) -> None:
    shutil.rmtree(Workspace(with_suggestions).models)

    with Assistant(Workspace(with_suggestions)) as assistant, pytest.raises(CheckFailedError, match="is gone"):
        assistant.replay(suggestion_of(suggested, "V01"))
