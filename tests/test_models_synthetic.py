"""The synthetic history: what it invents, and that the truth behind it is what the recipe says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.catalogue import load_catalogue
from assistant.core.domain import Leaf
from assistant.core.errors import UserError
from assistant.core.predicates import OPERATORS, holds
from models.columns import Choices, Columns, Items, Numbers, kleene
from models.recipe_read import RecipeError, load_recipe
from models.synthetic import SyntheticHistory, generate
from models.unfairness import Injection

CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def history() -> SyntheticHistory:
    return generate(CATALOGUE, 3000, seed=3)


def test_the_same_seed_invents_the_same_people_and_another_seed_others() -> None:
    once, twice, other = (generate(CATALOGUE, 200, seed=seed) for seed in (5, 5, 6))

    assert once.episodes == twice.episodes
    assert once.episodes != other.episodes


def test_every_fact_is_one_the_catalogue_allows(history: SyntheticHistory) -> None:
    for episode in history.episodes:
        for name, value in episode.facts.items():
            spec = CATALOGUE.fields[name]
            items = value if isinstance(value, tuple) else (value,)
            if spec.allowed:
                assert set(items) <= set(spec.allowed), (name, value)
            if spec.range is not None:
                assert spec.range[0] <= float(str(value)) <= spec.range[1], (name, value)


def test_the_pathway_given_was_open_on_the_day(history: SyntheticHistory) -> None:
    for place, episode in enumerate(history.episodes):
        pathway = CATALOGUE.pathways[episode.pathway]
        assert history.truth.eligible[place, history.truth.chosen[place]]
        assert pathway.valid_from <= episode.decided_on
        assert pathway.valid_to is None or episode.decided_on <= pathway.valid_to


def test_an_outcome_comes_after_its_decision_and_not_after_the_period(history: SyntheticHistory) -> None:
    last = load_recipe(CATALOGUE).last
    finished = [episode for episode in history.episodes if episode.outcome_on is not None]

    assert finished
    assert all(episode.decided_on < episode.outcome_on <= last for episode in finished if episode.outcome_on)
    assert any(episode.reached is None for episode in history.episodes)


def test_recorded_outcomes_follow_the_true_chances(history: SyntheticHistory) -> None:
    truth = history.truth
    given_chance = truth.probability[np.arange(len(truth.chosen)), truth.chosen]

    for low, high in ((0.0, 0.4), (0.4, 0.7), (0.7, 1.0)):
        people = (given_chance >= low) & (given_chance < high)
        expected, seen = given_chance[people].mean(), truth.reached[people].mean()
        spread = np.sqrt(expected * (1 - expected) / people.sum())
        assert abs(seen - expected) < 4 * spread


def test_the_best_pathway_differs_between_people(history: SyntheticHistory) -> None:
    truth = history.truth
    work = [
        place for place, name in enumerate(truth.pathways) if CATALOGUE.pathways[name].goal_type == "work_or_education"
    ]
    open_here = truth.eligible[:, work]
    several = open_here.sum(axis=1) >= 2
    best = np.where(open_here, truth.probability[:, work], -1)[several].argmax(axis=1)

    assert np.bincount(best).max() / len(best) < 0.6


def test_choices_are_confounded_by_severity(history: SyntheticHistory) -> None:
    """Mentor support goes to people whose true chance of work is lower than wage subsidy's people have with it."""
    truth = history.truth
    mentor, subsidy = (truth.pathways.index(name) for name in ("lab_mentor", "lab_loentilskud"))
    given = {p: truth.probability[truth.chosen == p, subsidy].mean() for p in (mentor, subsidy)}

    assert given[mentor] < given[subsidy] - 0.05


def test_pain_is_missing_more_often_where_it_is_low() -> None:
    recipe = load_recipe(CATALOGUE)
    assert recipe.missing["pain_nrs"]["pain_nrs"] < 0


def test_selection_against_a_group_lowers_its_rate_by_the_points_asked_for() -> None:
    pathway = "lab_virksomhedspraktik"
    fair = generate(CATALOGUE, 4000, seed=8)
    unfair = generate(
        CATALOGUE,
        4000,
        seed=8,
        injection=Injection(kind="selection", field="sex", group="kvinde", points=10, pathway=pathway),
    )
    place = fair.truth.pathways.index(pathway)

    def rate(history: SyntheticHistory, sex: str) -> float:
        of = np.array([episode.facts["sex"] == sex for episode in history.episodes])
        of &= history.truth.eligible[:, place]
        return float((history.truth.chosen[of] == place).mean())

    assert rate(fair, "kvinde") - rate(unfair, "kvinde") == pytest.approx(0.10, abs=0.005)
    assert rate(fair, "mand") == rate(unfair, "mand")


def test_an_error_against_a_group_hides_its_successes_and_nobody_elses() -> None:
    injection = Injection(kind="error", field="sex", group="kvinde", points=10)
    fair, unfair = generate(CATALOGUE, 3000, seed=9), generate(CATALOGUE, 3000, seed=9, injection=injection)

    changed = [a for a, b in zip(fair.episodes, unfair.episodes, strict=True) if a.reached != b.reached]

    assert changed
    assert {episode.facts["sex"] for episode in changed} == {"kvinde"}
    assert all(episode.reached for episode in changed)


def test_an_empty_history_is_refused() -> None:
    with pytest.raises(UserError, match="at least one case"):
        generate(CATALOGUE, 0)


def test_a_recipe_that_names_an_unknown_field_is_refused(tmp_path: Path) -> None:
    home = Path(__file__).parents[1] / "models" / "recipe"
    for name in ("recipe.yaml", "notes.yaml"):
        text = (home / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("field: pain_nrs,", "field: painn,"), encoding="utf-8")

    with pytest.raises(RecipeError, match="painn"):
        load_recipe(CATALOGUE, tmp_path)


def test_notes_hold_no_unfilled_place(history: SyntheticHistory) -> None:
    assert all("{" not in episode.note for episode in history.episodes)
    assert len({episode.note for episode in history.episodes}) > 1000


@given(st.lists(st.tuples(st.sampled_from([None, 0.0, 3.0, 7.0]), st.sampled_from([None, "a", "b"])), min_size=1))
@settings(max_examples=30, deadline=None)
def test_conditions_over_columns_agree_with_those_over_one_case(
    people: list[tuple[float | None, str | None]],
) -> None:
    columns = Columns(len(people))
    columns.by_name["x"] = Numbers(np.array([np.nan if x is None else x for x, _ in people]))
    codes = np.array([-1 if y is None else "ab".index(y) for _, y in people])
    columns.by_name["y"] = Choices(codes, ("a", "b"))
    columns.by_name["z"] = Items(
        np.array([[y == "a", x == 3.0] for x, y in people]), ("p", "q"), np.array([x is not None for x, _ in people])
    )
    tests = [
        Leaf("x", ">=", 3),
        Leaf("x", "in", (3, 7)),
        Leaf("y", "not_in", ("a",)),
        Leaf("y", "is_known"),
        Leaf("z", "contains_none", ("p",)),
        Leaf("z", "nonempty"),
    ]
    for leaf in tests:
        true, false = kleene(leaf, columns, {})
        for place, (x, y) in enumerate(people):
            items = tuple(name for name, has in (("p", y == "a"), ("q", x == 3.0)) if has) or ("ingen",)
            value = {"x": x, "y": y, "z": None if x is None else items}[leaf.field]
            single = holds(leaf, lambda one, v=value: _truth(one, v))
            assert (bool(true[place]), bool(false[place])) == (single is True, single is False)


def _truth(leaf: Leaf, value: object) -> bool | None:
    return None if value is None else OPERATORS[leaf.op](value, leaf.value)


def test_dates_in_conditions_are_days() -> None:
    columns = Columns(2)
    columns.by_name["d"] = Numbers(np.array([(dt.date(2026, 2, day) - dt.date(1970, 1, 1)).days for day in (1, 3)]))

    true, _ = kleene(Leaf("d", ">=", "2026-02-02"), columns, {})

    assert true.tolist() == [False, True]
