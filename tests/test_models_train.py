"""The model: what it may read, that it is one with the library's, and that nobody can be read out of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import MissingError, UserError
from models import tables
from models.ebm import FitSettings
from models.evidence import EvidenceSource, Timeline, as_of_priors, batch_evidence, shrunken_rate
from models.features import GUIDANCE, PAST_CASES, Feature, allowed_features, bins_of, encode, encode_many
from models.history import Episode
from models.pathway_model import ModelFileError, PathwayModel
from models.synthetic import generate
from models.train import HistoryError, TrainedModel, train

CATALOGUE = load_catalogue()
QUICK = FitSettings(outer_bags=1, max_rounds=400, jobs=1)


@pytest.fixture(scope="module")
def history() -> list[Episode]:
    return generate(CATALOGUE, 4000, seed=1).episodes


@pytest.fixture(scope="module")
def trained(history: list[Episode]) -> TrainedModel:
    return train(history, CATALOGUE, seed=1, settings=QUICK)


def test_no_protected_or_forbidden_fact_is_a_feature(trained: TrainedModel) -> None:
    for feature in trained.model.content.features:
        if feature.field:
            spec = CATALOGUE.fields[feature.field]
            assert spec.model_use == "allowed"
            assert not spec.protected
            assert feature.item is None or spec.use_of(feature.item) == "allowed"
    assert "barriers=dansk_sprog" not in trained.model.features
    assert trained.model.features[-2:] == (PAST_CASES, GUIDANCE)


def test_changing_what_the_model_may_not_read_changes_no_score(trained: TrainedModel) -> None:
    facts = dict(trained.test.episodes[0].facts)
    other = {**facts, "age": 99, "sex": "mand", "ethnic_origin": "efterkommer", "mental_health": "svaer"}
    other["barriers"] = ("dansk_sprog", *(item for item in facts.get("barriers") or () if item != "ingen"))
    facts["barriers"] = other["barriers"][1:] or ("ingen",)

    before, after = trained.model.terms(facts), trained.model.terms(other)

    assert np.array_equal(before.margin, after.margin)


def test_terms_add_up_to_the_librarys_own_margin(trained: TrainedModel) -> None:
    for place, episode in enumerate(trained.test.episodes[:100]):
        past = dict.fromkeys(trained.model.pathways[::2], place % 10 / 10)
        terms = trained.model.terms(episode.facts, past, {})
        assert np.abs(terms.context + terms.values.sum(axis=1) - terms.margin).max() < 1e-12


def test_the_batch_score_is_the_single_score(trained: TrainedModel) -> None:
    model, people = trained.model, [episode.facts for episode in trained.test.episodes[:50]]
    past = np.random.default_rng(0).random((50, len(model.pathways)))

    batch = model.scores(encode_many(model.content.features, people), past, None)
    single = [
        model.terms(facts, dict(zip(model.pathways, row, strict=True)), {}).margin
        for facts, row in zip(people, past, strict=True)
    ]

    assert np.abs(batch - np.array(single)).max() < 1e-12


def test_the_mean_of_a_term_is_over_the_training_rows(trained: TrainedModel) -> None:
    content = trained.model.content
    j = trained.model.features.index("fsiii_level")
    bins = bins_of(content.features[j], trained.train.rows[:, j])
    for p in range(len(content.pathways)):
        assert content.mean[p, j] == pytest.approx(content.tables.summed()[j][p, bins].mean(), abs=1e-12)


def test_the_same_history_and_seed_give_the_same_bytes(
    trained: TrainedModel, history: list[Episode], tmp_path: Path
) -> None:
    again = train(list(reversed(history)), CATALOGUE, seed=1, settings=QUICK)

    trained.model.save(tmp_path / "a")
    again.model.save(tmp_path / "b")

    assert (tmp_path / "a" / "model.json").read_bytes() == (tmp_path / "b" / "model.json").read_bytes()


def test_a_saved_model_scores_as_before(trained: TrainedModel, tmp_path: Path) -> None:
    trained.model.save(tmp_path)
    loaded = PathwayModel.load(tmp_path)
    facts = trained.test.episodes[0].facts

    assert loaded.version == trained.model.version
    assert np.array_equal(loaded.terms(facts).margin, trained.model.terms(facts).margin)


def test_a_damaged_model_file_is_named(trained: TrainedModel, tmp_path: Path) -> None:
    trained.model.save(tmp_path)
    path = tmp_path / "model.json"
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")

    with pytest.raises(ModelFileError, match="train again"):
        PathwayModel.load(tmp_path)
    with pytest.raises(MissingError):
        PathwayModel.load(tmp_path / "nothing")


def test_the_model_file_holds_no_person(trained: TrainedModel, tmp_path: Path) -> None:
    trained.model.save(tmp_path)
    data = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))

    assert set(data) == {
        "format", "about", "pathways", "goal_types", "features", "tables", "mean", "prior", "alpha", "cuts",
        "experience", "nominal",
    }  # fmt: skip
    assert "P00" not in json.dumps(data)


def test_no_cell_with_fewer_than_ten_people_has_a_value_of_its_own(trained: TrainedModel) -> None:
    content = trained.model.content
    bins = tables.binned(content.features, trained.train.rows)
    for j, feature in enumerate(content.features):
        if feature.monotone:
            continue  # projected after pooling, which only joins cells further
        counts = tables.cell_counts(feature, trained.train.pathway, bins[:, j], len(content.pathways))
        deviation = content.tables.pair[j]
        for p in range(len(content.pathways)):
            for b in np.flatnonzero(counts[p, :-1]):
                alike = np.isclose(deviation[p], deviation[p, b])
                assert counts[p, alike].sum() >= 10, (feature.name, content.pathways[p])


def test_more_success_among_similar_cases_never_lowers_a_score(trained: TrainedModel) -> None:
    grid = np.linspace(0, 1, 101)
    for pathway in trained.model.pathways:
        assert (np.diff(trained.model.curve(pathway, PAST_CASES)(grid)) >= -1e-12).all()


def test_a_field_that_demands_a_direction_gets_it(history: list[Episode]) -> None:
    fields = dict(CATALOGUE.fields)
    fields["fsiii_level"] = dataclasses.replace(fields["fsiii_level"], monotone=-1)
    catalogue = dataclasses.replace(CATALOGUE, fields=fields)

    model = train(history, catalogue, seed=1, settings=QUICK).model

    for pathway in model.pathways:
        scores = model.curve(pathway, "fsiii_level")(np.arange(5.0))
        assert (np.diff(scores) <= 1e-12).all()
    free = train(history, CATALOGUE, seed=1, settings=QUICK).model
    rises = [np.diff(free.curve(p, "fsiii_level")(np.arange(5.0))).max() for p in free.pathways]
    assert max(rises) > 0.01


def test_without_leaves_a_field_out_and_refuses_one_that_is_not_used(history: list[Episode]) -> None:
    names = {feature.field for feature in allowed_features(CATALOGUE, ["barriers"])}

    assert "barriers" not in names
    with pytest.raises(UserError, match="sex"):
        allowed_features(CATALOGUE, ["sex"])


def test_a_pathway_with_few_outcomes_is_not_scored(history: list[Episode], trained: TrainedModel) -> None:
    few = [e for e in history if e.pathway == "lab_mentor"][:20]
    rest = [e for e in history if e.pathway != "lab_mentor"]

    candidate = train([*rest, *few], CATALOGUE, seed=1, settings=QUICK)

    assert "lab_mentor" not in candidate.model.pathways
    assert "lab_mentor" in candidate.left_out
    assert candidate.model.experience("lab_mentor") == 0
    assert trained.model.experience("lab_mentor") > 0


def test_histories_that_teach_nothing_are_refused_with_the_reason(history: list[Episode]) -> None:
    constant = [dataclasses.replace(e, reached=True) for e in history if e.reached is not None]

    with pytest.raises(HistoryError, match="no case with a known outcome"):
        train([], CATALOGUE)
    with pytest.raises(HistoryError, match="everybody in the history reached"):
        train(constant, CATALOGUE)
    with pytest.raises(HistoryError, match="no pathway has 30"):
        train(history[:10], CATALOGUE)


def test_a_history_with_one_pathway_still_trains(history: list[Episode]) -> None:
    one = [e for e in history if e.pathway == "lab_virksomhedspraktik"]

    model = train(one, CATALOGUE, settings=QUICK).model

    assert model.pathways == ("lab_virksomhedspraktik",)
    terms = model.terms(one[0].facts, {"lab_virksomhedspraktik": 0.5}, {})
    assert np.abs(terms.context + terms.values.sum(axis=1) - terms.margin).max() < 1e-12


def test_no_person_is_in_two_parts(trained: TrainedModel) -> None:
    people = [{e.person_id for e in part.episodes} for part in (trained.train, trained.calibrate, trained.test)]

    assert not people[0] & people[1]
    assert not people[0] & people[2]
    assert not people[1] & people[2]


def test_guidance_support_becomes_evidence_when_it_is_handed_in(history: list[Episode]) -> None:
    source = EvidenceSource(guidance_support=lambda facts, pathway: float(len(facts) % 5) / 5)

    model = train(history[:2500], CATALOGUE, settings=QUICK, evidence=source).model

    feature = model.content.features[-1]
    assert feature.name == GUIDANCE
    assert feature.cuts


def test_an_unknown_label_counts_as_unknown() -> None:
    feature = Feature(name="x", field="x", kind="category", labels=("a", "b"))

    assert encode(feature, {"x": "b"}) == 1
    assert np.isnan(encode(feature, {"x": "c"}))
    assert np.isnan(encode(feature, {}))


def test_evidence_never_looks_ahead_nor_at_the_same_person() -> None:
    day = (dt.date(2025, 1, 1) - dt.date(1970, 1, 1)).days
    cases = Timeline(
        pathway=np.zeros(4, int),
        decided=day + np.array([100, 0, 0, 0]),
        known_on=day + np.array([200, 50, 100, 50]),
        reached=np.array([True, True, True, True]),
        person=np.array([1, 2, 3, 1]),
    )
    priors = np.full(4, 0.4)

    rates = batch_evidence(np.zeros((4, 2), np.float32), cases, priors)

    # Only the second case counts: the third was known on the day itself, the fourth is the same person's.
    assert rates[0] == pytest.approx(shrunken_rate(1, 1, 0.4))
    assert rates[1] == pytest.approx(0.4)


def test_priors_as_of_a_day_count_only_what_others_had_shown() -> None:
    cases = Timeline(
        pathway=np.zeros(3, int),
        decided=np.array([100, 0, 0]),
        known_on=np.array([200, 50, 60]),
        reached=np.array([False, True, True]),
        person=np.array([1, 2, 1]),
    )

    priors = as_of_priors(cases, 1)

    overall = shrunken_rate(1, 1, 0.5)
    assert priors[0] == pytest.approx(shrunken_rate(1, 1, overall))
    assert priors[1] == pytest.approx(0.5)


def test_small_cells_are_pooled_and_weighted_means_kept() -> None:
    counts = np.array([[12, 3, 4, 5, 40, 0]])
    pair = np.array([[1.0, 3.0, 6.0, 9.0, -1.0, 0.0]])

    pooled = tables.pool_small_cells(pair, counts, ordered=True, smallest=10)

    assert pooled[0, 1] == pooled[0, 2] == pooled[0, 3] == pytest.approx((9 + 24 + 45) / 12)
    assert pooled[0, 0] == 1.0
    assert pooled[0, 4] == -1.0
    assert (pooled * counts).sum() == pytest.approx((pair * counts).sum())
