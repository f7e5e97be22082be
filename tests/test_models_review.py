"""What the board looks at: shapes, drift, proxies, what a field costs, and joint terms."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from assistant.core.catalogue import load_catalogue
from assistant.core.errors import UserError
from models.drift import drift
from models.ebm import FitSettings
from models.features import PAST_CASES, bins_of
from models.history import Episode
from models.pathway_model import PathwayModel
from models.proxy import cost_without, giveaways
from models.shapes import shape, shapes
from models.synthetic import generate
from models.train import HeldOut, TrainedModel, train

CATALOGUE = load_catalogue()
QUICK = FitSettings(outer_bags=1, max_rounds=400, jobs=1)


@pytest.fixture(scope="module")
def history() -> list[Episode]:
    return generate(CATALOGUE, 4000, seed=1).episodes


@pytest.fixture(scope="module")
def trained(history: list[Episode]) -> TrainedModel:
    return train(history, CATALOGUE, seed=1, settings=QUICK)


@pytest.fixture(scope="module")
def joined(history: list[Episode]) -> TrainedModel:
    return train(history, CATALOGUE, seed=1, settings=dataclasses.replace(QUICK, joints=4))


def test_a_shape_is_the_model_itself(trained: TrainedModel) -> None:
    model = trained.model
    pathway, feature = "lab_virksomhedspraktik", "pain_nrs"
    found = shape(model, pathway, feature)
    j = model.features.index(feature)

    for value in (np.nan, 0.0, 4.0, 9.0):
        place = bins_of(model.content.features[j], np.array([value]))[0]
        stated = model.curve(pathway, feature)(np.array([value]))[0]
        expected = stated - model.content.mean[model.pathways.index(pathway), j]
        assert found.effect[place] == pytest.approx(expected, abs=1e-12)
    assert len(found.labels) == len(found.effect)
    assert len(found.edges) == len(found.labels) - 2


def test_shapes_come_with_the_strongest_first(trained: TrainedModel) -> None:
    spread = [np.ptp(one.effect) for one in shapes(trained.model, "lab_mentor")]

    assert spread == sorted(spread, reverse=True)
    assert len(spread) == len(trained.model.features)


def test_no_drift_where_nothing_moved_and_drift_where_it_did(trained: TrainedModel) -> None:
    people = trained.train
    middle = sorted(episode.decided_on for episode in people.episodes)[len(people.episodes) // 2]
    calm = [change for change in drift(trained, people, middle) if change.what == "fact"]
    late = np.array([episode.decided_on >= middle for episode in people.episodes])
    j = trained.model.features.index("pain_nrs")
    rows = people.rows.copy()
    rows[late, j] = np.minimum(rows[late, j] + 4, 10)

    moved = drift(trained, dataclasses.replace(people, rows=rows), middle)

    assert not [change for change in calm if not change.name.startswith("evidence:")]
    assert ("fact", "pain_nrs") in [(change.what, change.name) for change in moved]


def test_outcomes_that_worsen_are_told_by_pathway(trained: TrainedModel) -> None:
    people = trained.train
    middle = sorted(episode.decided_on for episode in people.episodes)[len(people.episodes) // 2]
    late = np.array([episode.decided_on >= middle for episode in people.episodes])
    worse = dataclasses.replace(people, reached=people.reached & ~(late & (np.arange(len(late)) % 2 == 0)))

    told = [change for change in drift(trained, worse, middle) if change.what == "outcome"]

    assert told
    assert all(change.now < change.then for change in told)


def test_too_few_cases_since_a_day_say_nothing(trained: TrainedModel) -> None:
    assert drift(trained, trained.test, dt.date(2030, 1, 1)) == []


def test_occupation_gives_sex_away_more_than_anything_else(trained: TrainedModel) -> None:
    found = {(one.attribute, one.group): one for one in giveaways(trained, CATALOGUE)}

    women = found[("sex", "kvinde")]
    assert women.auc > 0.55
    assert women.by_field[0][0] == "occupation_disco"


def test_leaving_a_field_out_has_a_price_tag(trained: TrainedModel, history: list[Episode]) -> None:
    (cost,) = cost_without(trained, history, CATALOGUE, ["barriers"], QUICK)

    assert cost.auc_with - cost.auc_without > 0.002
    with pytest.raises(UserError, match="age"):
        cost_without(trained, history, CATALOGUE, ["age"], QUICK)


def test_joint_terms_keep_terms_adding_up_to_the_librarys_margin(joined: TrainedModel) -> None:
    assert len(joined.model.content.tables.joint) == 4
    for episode in joined.test.episodes[:50]:
        terms = joined.model.terms(episode.facts, {"lab_mentor": 0.4}, {})
        assert np.abs(terms.context + terms.values.sum(axis=1) - terms.margin).max() < 1e-12


def test_a_joint_terms_shares_are_its_shapley_values(joined: TrainedModel) -> None:
    """Brute force: v(S) over the training rows for the two players of one joint term."""
    joint = joined.model.content.tables.joint[0]
    features = joined.model.content.features
    rows = np.stack([bins_of(f, joined.train.rows[:, j]) for j, f in enumerate(features)], axis=1)
    first, second = rows[:, joint.first], rows[:, joint.second]

    for x in rows[:20]:
        a, b = x[joint.first], x[joint.second]
        empty = joint.table[first, second].mean()
        only_a, only_b = joint.table[a, second].mean(), joint.table[first, b].mean()
        both = joint.table[a, b]
        shapley = ((only_a - empty) + (both - only_b)) / 2, ((only_b - empty) + (both - only_a)) / 2
        shares = [share[0] - joint.mean / 2 for share in joint.shares(x[None, :])]
        assert shares == pytest.approx(shapley, abs=1e-12)


def test_the_mean_of_every_value_is_its_mean_with_joint_terms_too(joined: TrainedModel) -> None:
    model, people = joined.model, joined.train
    p = 0
    from models.joints import shared_out
    from models.tables import binned

    bins = binned(model.content.features, people.rows)
    values = np.column_stack([summed[p, bins[:, j]] for j, summed in enumerate(model.content.tables.summed())])
    total = (values + shared_out(model.content.tables.joint, bins)).mean(axis=0)

    assert total == pytest.approx(model.content.mean[p], abs=1e-10)


def test_a_model_with_joint_terms_reads_back_as_it_was(
    joined: TrainedModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    joined.model.save(folder)

    again = PathwayModel.load(folder)

    facts = joined.test.episodes[0].facts
    assert np.array_equal(again.terms(facts).margin, joined.model.terms(facts).margin)
    assert again.version == joined.model.version


def test_evidence_takes_no_part_in_joint_terms(joined: TrainedModel) -> None:
    place = joined.model.features.index(PAST_CASES)

    assert all(place not in (joint.first, joint.second) for joint in joined.model.content.tables.joint)


def test_held_out_people_are_really_held_out(trained: TrainedModel) -> None:
    def ids(part: HeldOut) -> set[str]:
        return {episode.case_id for episode in part.episodes}

    assert not ids(trained.train) & ids(trained.test)
