"""The engine against the reference evaluator, which shares no code with it."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from case_strategies import Raw, days, make_case, raw_facts, satisfying
from hypothesis import find, given, settings

from assistant.core.cases import parse_case, read_case_file
from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.consider import Considered, conclude, consider
from assistant.core.domain import EVERY_AREA, Case, Eligibility, Outcome
from assistant.core.eligibility import assess
from assistant.core.gates import stopped_by, view_of

HERE = Path(__file__).parent
VIGNETTES = HERE / "data" / "vignettes.jsonl"


def load_oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_domain", HERE / "oracle" / "check_domain.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ORACLE = load_oracle()
BUILT_IN = load_catalogue()


def judged_by_engine(case: Case, catalogue: Catalogue) -> dict[str, Any]:
    """The engine's verdicts in the oracle's form."""
    if (gate := stopped_by(case, catalogue)) is not None:
        return {"eligible": [], "undetermined": [], "blocked": {"*": gate.id}, "missing": {}}
    view = view_of(case, catalogue)
    found = {key: assess(pathway, view, catalogue, case.today) for key, pathway in catalogue.pathways.items()}
    return {
        "eligible": [key for key, a in found.items() if a.eligibility is Eligibility.ELIGIBLE],
        "undetermined": [key for key, a in found.items() if a.eligibility is Eligibility.UNDETERMINED],
        "blocked": {key: a.blocked_by for key, a in found.items() if a.eligibility is Eligibility.BLOCKED},
        "missing": {k: list(a.missing_fields) for k, a in found.items() if a.eligibility is Eligibility.UNDETERMINED},
    }


def judged_by_oracle(facts: Raw, area: str, today: dt.date) -> dict[str, Any]:
    eligible, undetermined, blocked, missing = ORACLE.evaluate(dict(facts), area, today)
    return {"eligible": eligible, "undetermined": undetermined, "blocked": blocked, "missing": missing}


def partly_masked(facts: Raw) -> set[str]:
    """Fields of which a caller without consent sees some items only; the reference does not mask single items."""
    return set() if facts.get("consent_health_exchange") == "givet" else {"documents_on_file"}


def without(verdicts: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    return {**verdicts, "missing": {k: [f for f in v if f not in fields] for k, v in verdicts["missing"].items()}}


@settings(max_examples=750)
@given(raw_facts(), days())
def agrees(seen: Counter[tuple[str, str]], facts: Raw, day: dt.date) -> None:
    plain = {name: list(v) if isinstance(v, tuple) else v for name, v in facts.items() if v is not None}
    hidden = partly_masked(plain)
    for area in ("health", "job", "social", EVERY_AREA):
        engine = judged_by_engine(make_case(facts, BUILT_IN, area=area, today=day), BUILT_IN)

        assert without(engine, hidden) == without(judged_by_oracle(plain, area, day), hidden)
        seen.update((key, verdict) for verdict in ("eligible", "undetermined", "blocked") for key in engine[verdict])


def aimed_at(key: str) -> Raw:
    """One case that meets a pathway's conditions, where chance alone does not always draw one."""
    fits = find(satisfying(BUILT_IN.pathways[key].eligibility), lambda chosen: all(chosen.values()))
    return {"consent_health_exchange": "givet", **{name: values[0] for name, values in fits.items()}}


def test_engine_and_oracle_agree_on_generated_cases_that_reach_every_verdict_of_every_pathway() -> None:
    seen: Counter[tuple[str, str]] = Counter()

    agrees(seen)

    never_opens = {"jobrotation_legacy"}  # its condition is false on purpose: old texts resolve to "abolished"
    day = dt.date(2026, 1, 15)
    for key in BUILT_IN.pathways.keys() - never_opens:
        engine = judged_by_engine(make_case(aimed_at(key), BUILT_IN, area=EVERY_AREA, today=day), BUILT_IN)
        assert without(engine, set()) == judged_by_oracle(aimed_at(key), EVERY_AREA, day)
        seen.update((found, "eligible") for found in engine["eligible"])
    assert {key for key, verdict in seen if verdict == "eligible"} == set(BUILT_IN.pathways) - never_opens
    closed = {key for key, pathway in BUILT_IN.pathways.items() if not pathway.new_entrants}
    assert {key for key, verdict in seen if verdict == "undetermined"} == set(BUILT_IN.pathways) - closed
    contra = {key for key, pathway in BUILT_IN.pathways.items() if pathway.contraindication_hard is not None}
    assert contra <= {key for key, verdict in seen if verdict == "blocked"}


def vignettes() -> list[dict[str, Any]]:
    return [json.loads(line) for line in VIGNETTES.read_text("utf-8").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def considered(catalogue: Catalogue) -> dict[str, Considered]:
    cases = [
        parse_case(located, catalogue, today=dt.date(2026, 11, 23), fallback_id=f"V-{number}")
        for number, located in enumerate(read_case_file(VIGNETTES))
    ]
    return {case.id: consider(case, catalogue) for case in cases}


@pytest.mark.parametrize("vignette", vignettes(), ids=lambda v: v["id"])
def test_a_vignette_comes_out_as_its_expert_said(
    vignette: dict[str, Any], considered: dict[str, Considered], catalogue: Catalogue
) -> None:
    expected, found = vignette["expected"], considered[vignette["id"]]

    engine = judged_by_engine(found.case, catalogue)
    result = conclude(found, catalogue, {})

    today = dt.date.fromisoformat(vignette["today"])
    assert engine == judged_by_oracle(vignette["case"], vignette["caller_area"], today)
    assert sorted(engine["eligible"]) == sorted(expected["eligible"])
    assert sorted(engine["undetermined"]) == sorted(expected["undetermined"])
    assert engine["blocked"] == expected["blocked"]
    assert result.outcome == Outcome(expected["preferred_outcome"])
    assert not {entry.assessment.pathway.id for entry in result.ranked} & set(expected["must_not_suggest"])


@pytest.mark.parametrize("vignette", vignettes(), ids=lambda v: v["id"])
def test_a_preferred_pathway_of_a_vignette_comes_among_the_first_three(
    vignette: dict[str, Any], considered: dict[str, Considered], catalogue: Catalogue
) -> None:
    preferred = vignette["expected"]["preferred"]

    ranked = [e.assessment.pathway.id for e in conclude(considered[vignette["id"]], catalogue, {}).ranked]

    assert bool(set(ranked[:3]) & set(preferred)) is bool(preferred)


def test_the_oracle_finds_no_fault_in_the_packaged_catalogue() -> None:
    assert ORACLE.check_static() == []
