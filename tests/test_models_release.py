"""Release: what stops a model, what the card says, and that the old model stays when the new one is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import MissingError, UserError
from models import gates
from models.bands import protected_groups
from models.calibrate import fit_affine
from models.columns import Floats
from models.conformal import coverage, fit_cuts
from models.ebm import FitSettings
from models.history import Episode
from models.registry import Registry
from models.release import Plan, train_and_release
from models.synthetic import generate
from models.train import HeldOut, TrainedModel, train
from models.unfairness import Injection

CATALOGUE = load_catalogue()
QUICK = FitSettings(outer_bags=1, max_rounds=400, jobs=1)


def weak(learn: HeldOut, judge: HeldOut, test: HeldOut, seed: int) -> Floats:
    return np.full(len(test.reached), 0.5) + np.arange(len(test.reached)) * 1e-9


def oracle(learn: HeldOut, judge: HeldOut, test: HeldOut, seed: int) -> Floats:
    return np.where(test.reached, 0.9, 0.1)


@pytest.fixture(scope="module")
def history() -> list[Episode]:
    return generate(CATALOGUE, 4000, seed=1).episodes


@pytest.fixture(scope="module")
def trained(history: list[Episode]) -> TrainedModel:
    return train(history, CATALOGUE, seed=1, settings=QUICK)


def test_a_sound_model_passes_and_is_put_to_use(history: list[Episode], tmp_path: Path) -> None:
    registry = Registry(tmp_path)

    released = train_and_release(history, CATALOGUE, registry, Plan(seed=1, settings=QUICK, challenger=weak))

    assert released.promoted, [gate for gate in released.decision.gates if not gate.passed]
    assert registry.promoted() == released.version
    assert registry.load().version == released.version
    card = registry.card()
    assert card["promoted"] is True
    assert {gate["name"] for gate in card["gates"]} == {
        "calibration", "coverage", "fairness", "additivity", "proxy", "challenger",
    }  # fmt: skip
    assert "sex" in card["never_read"]
    for language, word in (("da", "Køn"), ("en", "Sex")):
        text = (tmp_path / released.version / f"card.{language}.md").read_text(encoding="utf-8")
        assert word in text
        assert released.version in text


def test_a_refused_model_leaves_the_old_one_in_use(history: list[Episode], tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    first = train_and_release(history, CATALOGUE, registry, Plan(seed=1, settings=QUICK, challenger=weak))

    second = train_and_release(history, CATALOGUE, registry, Plan(seed=2, settings=QUICK, challenger=oracle))

    assert not second.promoted
    assert registry.promoted() == first.version
    assert second.version in registry.versions()
    assert registry.card(second.version)["promoted"] is False


def test_trying_does_not_put_to_use(history: list[Episode], tmp_path: Path) -> None:
    registry = Registry(tmp_path)

    tried = train_and_release(
        history,
        CATALOGUE,
        registry,
        Plan(seed=1, settings=QUICK, challenger=weak, without=("barriers",), promote=False),
    )

    assert registry.promoted() is None
    assert tried.card["fields_left_out"] == ["barriers"]
    assert "barriers" not in tried.card["fields_read"]


def test_no_model_yet_says_what_to_do(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "none")

    assert registry.versions() == []
    with pytest.raises(MissingError, match="vejviser train"):
        registry.load()
    with pytest.raises(MissingError):
        registry.card()
    with pytest.raises(UserError, match="No model 'm-1'"):
        registry.promote("m-1")


def test_stated_chances_that_are_off_fail_calibration(trained: TrainedModel) -> None:
    good = gates.calibration_gate(trained.test, 0)
    off = dataclasses.replace(trained.test, probability=np.clip(trained.test.probability - 0.15, 0.01, 0.99))

    assert good.passed
    assert not gates.calibration_gate(off, 0).passed


def test_recorded_errors_against_a_group_fail_fairness() -> None:
    injection = Injection(kind="error", field="sex", group="kvinde", points=15)
    biased = generate(CATALOGUE, 12000, seed=4, injection=injection).episodes

    gate = gates.fairness_gate(train(biased, CATALOGUE, seed=4, settings=QUICK).test, CATALOGUE)

    assert not gate.passed
    assert any(name.startswith("sex=") for name in gate.detail["alarms"])


def test_a_model_that_misses_its_own_margin_fails_additivity(trained: TrainedModel) -> None:
    assert gates.additivity_gate(trained, people=20).passed
    model = trained.model
    broken = dataclasses.replace(model.content.tables, intercept=model.content.tables.intercept + 1e-6)
    model_class = type(model)
    twisted = model_class(model.content)
    object.__setattr__(twisted, "_ebm", gates_ebm(model, broken))

    assert not gates.additivity_gate(dataclasses.replace(trained, model=twisted), people=20).passed


def gates_ebm(model: object, tables: object) -> object:
    from models.ebm import build_ebm

    return build_ebm(model.content.features, tables)  # type: ignore[attr-defined]


def test_a_stand_in_field_that_moves_groups_apart_fails_the_proxy_gate(trained: TrainedModel) -> None:
    assert gates.proxy_gate(trained, CATALOGUE).passed
    j = trained.model.features.index("education_level")
    content = trained.model.content
    main = list(content.tables.main)
    main[j] = main[j].copy()
    foreign = content.features[j].labels.index("udenlandsk_ikke_vurderet") + 1
    main[j][:] = 0.0
    main[j][foreign] = -9.0
    twisted = dataclasses.replace(content, tables=dataclasses.replace(content.tables, main=tuple(main)))
    model = type(trained.model)(twisted)
    groups = protected_groups([e.facts for e in trained.test.episodes], CATALOGUE)
    assert len(set(groups["ethnic_origin"])) > 2

    everyone = dataclasses.replace(
        trained,
        model=model,
        test=dataclasses.replace(
            trained.test,
            episodes=trained.test.episodes + trained.train.episodes,
            pathway=np.concatenate([trained.test.pathway, trained.train.pathway]),
            rows=np.concatenate([trained.test.rows, trained.train.rows]),
        ),
    )
    gate = gates.proxy_gate(everyone, CATALOGUE)

    assert not gate.passed
    assert gate.detail["education_level~ethnic_origin"] > gates.PROXY_LIMIT


def test_the_default_challenger_learns_something(trained: TrainedModel) -> None:
    gate = gates.challenger_gate(trained, gates.boosted_trees)

    assert gate.detail["challenger_auc"] > 0.6


def test_the_same_candidate_gives_the_same_card(history: list[Episode], tmp_path: Path) -> None:
    plan = Plan(seed=1, settings=QUICK, challenger=weak)
    cards = []
    for name in ("a", "b"):
        train_and_release(history, CATALOGUE, Registry(tmp_path / name), plan)
        cards.append(Registry(tmp_path / name).card())

    assert json.dumps(cards[0], sort_keys=True) == json.dumps(cards[1], sort_keys=True)


def test_calibration_finds_the_line_that_was_bent() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(size=20_000)
    reached = rng.random(20_000) < 1 / (1 + np.exp(-(0.7 * margin - 0.2)))

    line = fit_affine(margin, reached)

    assert line.slope == pytest.approx(0.7, abs=0.05)
    assert line.shift == pytest.approx(-0.2, abs=0.05)
    assert fit_affine(margin[:50], reached[:50]) == (1.0, 0.0)
    assert fit_affine(-margin, reached) == (1.0, 0.0)


def test_prediction_sets_hold_the_truth_as_often_as_promised() -> None:
    rng = np.random.default_rng(1)
    short = 0
    for _ in range(60):
        p = rng.uniform(0.05, 0.95, 3000)
        y = rng.random(3000) < p
        pathway = rng.integers(0, 2, 3000)
        cuts = fit_cuts(p[:1500], y[:1500], pathway[:1500], ["goal", "goal"])
        inside = coverage(p[1500:], y[1500:], pathway[1500:], cuts)
        short += inside[y[1500:]].mean() < 0.88 or inside[~y[1500:]].mean() < 0.88
        assert all(cut.pooled for cut in cuts)

    assert short <= 2


def test_few_calibration_cases_rule_nothing_out() -> None:
    cuts = fit_cuts(np.array([0.3, 0.6]), np.array([True, False]), np.array([0, 0]), ["goal"])

    assert cuts[0].success == -np.inf
    assert cuts[0].failure == np.inf
