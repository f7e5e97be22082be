"""A synthetic history worth learning from: invented citizens whose true chances are known.

The recipe (`models/recipe/`) is data; this module only follows it. The truth it returns is for evaluation: it
never reaches a model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.core.catalogue import Catalogue
from assistant.core.domain import FieldSpec
from assistant.core.errors import UserError
from models.causal import draw, forget, linear
from models.columns import EPOCH, Bools, Choices, Column, Columns, Floats, Ints, Items, Numbers, kleene
from models.facts_out import rows_of_facts
from models.history import Episode
from models.notes import write_notes
from models.recipe_read import Recipe, load_recipe
from models.unfairness import Injection, flip_outcomes, shift_choices

YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Truth:
    """What really holds for each episode, in the order of the episodes.

    `probability[i, p]` is the true chance that person i reaches the goal of `pathways[p]`; `eligible[i, p]` is
    whether it was open on the day; `chosen[i]` is the pathway that was given; `reached[i]` what really happened,
    also where the recorded outcome was lost or made wrong.
    """

    pathways: tuple[str, ...]
    probability: Floats
    eligible: Bools
    chosen: Ints
    reached: Bools


@dataclass(frozen=True, slots=True)
class SyntheticHistory:
    """Invented episodes and, apart from them, the truth."""

    episodes: list[Episode]
    truth: Truth


def generate(
    catalogue: Catalogue,
    n: int = 20_000,
    seed: int = 0,
    *,
    recipe: Recipe | None = None,
    injection: Injection | None = None,
) -> SyntheticHistory:
    """Invent `n` earlier cases; the same catalogue, recipe, `n` and `seed` give the same history.

    `injection` makes the history unfair on purpose, so that the audit can be shown to find it.
    Raises `UserError` for `n` below 1 or a recipe that does not fit the catalogue.
    """
    if n < 1:
        raise UserError(f"A history needs at least one case; {n} were asked for (give --history N, N >= 1).")
    recipe = recipe or load_recipe(catalogue)
    rng = np.random.default_rng(seed)
    apart = np.random.default_rng([seed, 1])  # so that an injection changes nothing else
    scored = _scored_pathways(catalogue, recipe)
    people, eligible = _people(catalogue, recipe, n, scored, rng)
    logits = _true_logits(catalogue, recipe, people, scored)
    chosen = _choose(recipe, people, scored, eligible, logits, rng)
    if injection is not None and injection.kind == "selection":
        chosen = shift_choices(injection, _group(people, injection), scored, eligible, chosen, apart)
    rows = np.arange(n)
    reached = rng.random(n) < _sigmoid(logits[rows, chosen])
    recorded = reached
    if injection is not None and injection.kind == "error":
        recorded = flip_outcomes(injection, _group(people, injection), reached, apart)
    outcome_on, known = _outcome_days(catalogue, recipe, people, scored, chosen, rng)
    given = [scored[place] for place in chosen]
    results = [
        (bool(recorded[i]), EPOCH + dt.timedelta(days=int(outcome_on[i]))) if known[i] else (None, None)
        for i in range(n)
    ]
    episodes = _episodes(catalogue, recipe, people, given, results, rng)
    return SyntheticHistory(episodes, Truth(scored, _sigmoid(logits), eligible, chosen, reached))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))


def _group(people: Columns, injection: Injection) -> Bools:
    return people.term(f"{injection.field}={injection.group}") > 0


def _scored_pathways(catalogue: Catalogue, recipe: Recipe) -> tuple[str, ...]:
    no_prediction = set(recipe.outcome.get("no_prediction", ()))
    return tuple(
        pathway.id
        for pathway in catalogue.pathways.values()
        if pathway.goal_type not in no_prediction and not pathway.duty and not pathway.referral_only
    )


def _people(
    catalogue: Catalogue, recipe: Recipe, n: int, scored: tuple[str, ...], rng: np.random.Generator
) -> tuple[Columns, Bools]:
    """`n` invented people who each have at least one open pathway."""
    batches: list[tuple[Columns, Bools]] = []
    found = 0
    for _ in range(50):
        people = _draw_people(catalogue, recipe, int((n - found) * 1.25) + 50, rng)
        eligible = _eligible(catalogue, people, scored)
        keep = np.flatnonzero(eligible.any(axis=1))[: n - found]
        batches.append((_take(people, keep), eligible[keep]))
        found += len(keep)
        if found >= n:
            break
    else:
        raise UserError("The recipe makes nobody whom any pathway of the catalogue is open to; correct it.")
    return _join([people for people, _ in batches]), np.concatenate([open_ for _, open_ in batches])


def _draw_people(catalogue: Catalogue, recipe: Recipe, n: int, rng: np.random.Generator) -> Columns:
    days = rng.integers((recipe.first - EPOCH).days, (recipe.last - EPOCH).days + 1, size=n).astype(float)
    people = Columns(n)
    people.by_name["date"] = Numbers(days)
    people.by_name["time"] = Numbers((days - (recipe.first - EPOCH).days) / YEAR)
    for spec in recipe.variables:
        field = catalogue.fields.get(spec.get("field", ""))
        column = draw(spec, field, people, rng)
        people.by_name[spec.get("field") or spec["latent"]] = _within(column, field)
    return people


def _within(column: Column, field: FieldSpec | None) -> Column:
    if field is None or field.range is None or not isinstance(column, Numbers):
        return column
    values = np.clip(column.values, *field.range)
    return Numbers(np.round(values) if field.type == "integer" else values, column.centre, column.scale)


def _take(people: Columns, rows: Ints) -> Columns:
    taken: dict[str, Column] = {}
    for name, column in people.by_name.items():
        match column:
            case Numbers(values, centre, scale):
                taken[name] = Numbers(values[rows], centre, scale)
            case Choices(codes, labels):
                taken[name] = Choices(codes[rows], labels)
            case Items(has, labels, asked):
                taken[name] = Items(has[rows], labels, asked[rows])
    return Columns(len(rows), taken)


def _join(parts: list[Columns]) -> Columns:
    joined: dict[str, Column] = {}
    for name, first in parts[0].by_name.items():
        columns: list[Any] = [part.by_name[name] for part in parts]
        if isinstance(first, Numbers):
            joined[name] = Numbers(np.concatenate([c.values for c in columns]), first.centre, first.scale)
        elif isinstance(first, Choices):
            joined[name] = Choices(np.concatenate([c.codes for c in columns]), first.labels)
        else:
            has, asked = (np.concatenate([getattr(c, part) for c in columns]) for part in ("has", "asked"))
            joined[name] = Items(has, first.labels, asked)
    return Columns(sum(part.n for part in parts), joined)


def _eligible(catalogue: Catalogue, people: Columns, scored: tuple[str, ...]) -> Bools:
    defaults = {name: spec.default_if_missing for name, spec in catalogue.fields.items()}
    days = people.by_name["date"]
    assert isinstance(days, Numbers)
    opened = np.zeros((people.n, len(scored)), bool)
    for place, pathway_id in enumerate(scored):
        pathway = catalogue.pathways[pathway_id]
        true, _ = kleene(pathway.eligibility, people, defaults)
        valid = days.values >= (pathway.valid_from - EPOCH).days
        if pathway.valid_to is not None:
            valid &= days.values <= (pathway.valid_to - EPOCH).days
        if pathway.contraindication_hard is not None:
            valid &= ~kleene(pathway.contraindication_hard, people, defaults)[0]
        opened[:, place] = true & valid
    return opened


def _true_logits(catalogue: Catalogue, recipe: Recipe, people: Columns, scored: tuple[str, ...]) -> Floats:
    everybody = np.ones(people.n, bool)
    logits = np.zeros((people.n, len(scored)))
    for place, pathway_id in enumerate(scored):
        shared = recipe.outcome["goal_types"].get(catalogue.pathways[pathway_id].goal_type, {})
        own = recipe.outcome["pathways"].get(pathway_id, {})
        logits[:, place] = linear(_weights(shared), people, everybody) + linear(own, people, everybody)
    return logits


def _weights(table: Mapping[str, float]) -> dict[str, float]:
    return {term: weight for term, weight in table.items() if term not in ("weeks", "spread")}


def _choose(
    recipe: Recipe,
    people: Columns,
    scored: tuple[str, ...],
    eligible: Bools,
    logits: Floats,
    rng: np.random.Generator,
) -> Ints:
    everybody = np.ones(people.n, bool)
    habit = np.stack([linear(recipe.choice["pathways"].get(name, {}), people, everybody) for name in scored], axis=1)
    utility = (
        habit
        + float(recipe.choice.get("skill", 0.0)) * logits
        + float(recipe.choice.get("noise", 1.0)) * rng.gumbel(size=logits.shape)
    )
    return np.asarray(np.where(eligible, utility, -np.inf).argmax(axis=1), dtype=np.int64)


def _outcome_days(
    catalogue: Catalogue,
    recipe: Recipe,
    people: Columns,
    scored: tuple[str, ...],
    chosen: Ints,
    rng: np.random.Generator,
) -> tuple[Ints, Bools]:
    """The day each outcome became known (days since 1970), and whether it did within the period."""
    tables = [recipe.outcome["goal_types"].get(catalogue.pathways[name].goal_type, {}) for name in scored]
    weeks = np.array([float(table.get("weeks", 26)) for table in tables])[chosen]
    spread = np.array([float(table.get("spread", 3)) for table in tables])[chosen]
    taken = np.maximum(1, weeks + spread * rng.standard_normal(people.n))
    days = people.by_name["date"]
    assert isinstance(days, Numbers)
    on = (days.values + np.round(taken * 7)).astype(np.int64)
    everybody = np.ones(people.n, bool)
    lost = rng.random(people.n) < _sigmoid(linear(recipe.outcome.get("lost", {"base": -20}), people, everybody))
    return on, ~lost & (on <= (recipe.last - EPOCH).days)


def _episodes(
    catalogue: Catalogue,
    recipe: Recipe,
    people: Columns,
    given: list[str],
    results: list[tuple[bool, dt.date] | tuple[None, None]],
    rng: np.random.Generator,
) -> list[Episode]:
    filed = Columns(people.n, dict(people.by_name))
    everybody = np.ones(people.n, bool)
    for name, weights in recipe.missing.items():
        gone = rng.random(people.n) < _sigmoid(linear(weights, people, everybody))
        filed.by_name[name] = forget(people.by_name[name], gone)
    notes = write_notes(recipe.notes, filed, rng)
    persons = _persons(people, recipe.second_cases, rng)
    facts = rows_of_facts(filed, [catalogue.fields[name] for name in filed.by_name if name in catalogue.fields])
    days = people.by_name["date"]
    assert isinstance(days, Numbers)
    return [
        Episode(
            person_id=f"P{persons[i]:06d}",
            case_id=f"H{i:06d}",
            decided_on=EPOCH + dt.timedelta(days=int(days.values[i])),
            facts=facts[i],
            pathway=given[i],
            reached=results[i][0],
            outcome_on=results[i][1],
            note=notes[i],
        )
        for i in range(people.n)
    ]


def _persons(people: Columns, share: float, rng: np.random.Generator) -> Ints:
    """Person numbers; a share of the cases are a second case of someone alike in story, sex, origin and age."""
    names = [name for name in ("story", "sex", "ethnic_origin") if name in people.by_name]
    keys: list[Any] = [getattr(people.by_name[name], "codes", np.zeros(people.n)) for name in names]
    age = people.by_name.get("age")
    ages = age.values if isinstance(age, Numbers) else np.zeros(people.n)
    order = np.lexsort([ages, *keys])
    persons = np.arange(people.n)
    same = np.ones(people.n - 1, bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    same &= np.abs(np.diff(ages[order])) <= 1
    second = np.flatnonzero(same & (rng.random(people.n - 1) < share))
    for place in second:
        persons[order[place + 1]] = persons[order[place]]
    return persons
