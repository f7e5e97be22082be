"""The synthetic recipe's own drivers: what directly moved each invented person's chance, among facts a model reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import Catalogue
from models.columns import Choices, Column, Columns, Items, Numbers
from models.features import Feature, bins_of, encode_many
from models.history import Episode
from models.recipe_read import SPECIAL, Recipe
from models.synthetic import SyntheticHistory

Floats = NDArray[np.float64]
_NAME = re.compile(r"^\??([\w:]+)")


def true_contributions(
    catalogue: Catalogue,
    recipe: Recipe,
    episodes: Sequence[Episode],
    background: Sequence[Episode],
    fields: Sequence[str],
) -> Floats:
    """Each fact's direct effect on the true logit of the pathway that was given, less its mean in the background.

    Shape [episodes, fields]. Only terms over the named fields count: what nobody records drives outcomes too, but
    no explanation of a model can name it. An unknown fact counts as the recipe counts it, as 0.
    """
    people, others = (_columns(catalogue, recipe, group, fields) for group in (episodes, background))
    effects = np.zeros((len(episodes), len(fields)))
    given = np.array([episode.pathway for episode in episodes])
    for pathway in sorted(set(given.tolist())):
        rows = given == pathway
        for term, weight in _terms(catalogue, recipe, pathway):
            names = _fields_of(term)
            if names <= set(fields):
                moved = weight * (people.term(term)[rows] - others.term(term).mean()) / len(names)
                for name in names:
                    effects[np.ix_(rows, [list(fields).index(name)])] += moved[:, None]
    return effects


def projected_contributions(
    made: SyntheticHistory, features: Sequence[Feature], episodes: Sequence[Episode], fields: Sequence[str]
) -> Floats:
    """Each fact's part in the best additive account of the true logit by the facts on file, less its mean.

    Shape [episodes, fields]. What nobody records also moves the chance, and shows in the facts it shaped: this is
    what a perfect additive model would say from unlimited data. Least squares of the true logit on every feature's
    bins, over the people for whom the pathway was open.
    """
    place = {episode.case_id: i for i, episode in enumerate(made.episodes)}
    own = [feature for feature in features if feature.field]
    rows = encode_many(own, [episode.facts for episode in made.episodes])
    bins = np.column_stack([bins_of(feature, rows[:, j]) for j, feature in enumerate(own)])
    start = np.concatenate([[0], np.cumsum(bins.max(axis=0) + 1)])
    logits = np.log(made.truth.probability) - np.log1p(-made.truth.probability)
    effects = np.zeros((len(episodes), len(fields)))
    given = np.array([episode.pathway for episode in episodes])
    for pathway in sorted(set(given.tolist())):
        p = made.truth.pathways.index(pathway)
        open_ = np.flatnonzero(made.truth.eligible[:, p])
        weights = _least_squares(bins[open_], start, logits[open_, p])
        here = np.flatnonzero(given == pathway)
        mine = np.array([place[episodes[int(i)].case_id] for i in here])
        for j, feature in enumerate(own):
            own_weights = weights[start[j] : start[j + 1]]
            moved = own_weights[bins[mine, j]] - own_weights[bins[open_, j]].mean()
            effects[here, list(fields).index(feature.field)] += moved
    return effects


def _least_squares(bins: NDArray[np.int64], start: NDArray[np.int64], wanted: Floats, ridge: float = 1.0) -> Floats:
    """A weight for each bin of each feature; the little ridge settles what the bins of one feature share."""
    places = bins + start[:-1][None, :]
    design = np.zeros((len(bins), int(start[-1])))
    np.put_along_axis(design, places, 1.0, axis=1)
    design -= design.mean(axis=0)
    gram = design.T @ design + ridge * np.eye(design.shape[1])
    return np.asarray(np.linalg.solve(gram, design.T @ (wanted - wanted.mean())), dtype=np.float64)


def drivers(effects: Floats, fields: Sequence[str], most: int = 3, smallest: float = 0.05) -> list[list[str]]:
    """Per case, the fields with the largest true effect, at most `most`, none below `smallest` logits."""
    found = []
    for row in effects:
        order = np.argsort(-np.abs(row), kind="stable")[:most]
        found.append([fields[j] for j in order if abs(row[j]) >= smallest])
    return found


def _terms(catalogue: Catalogue, recipe: Recipe, pathway: str) -> list[tuple[str, float]]:
    shared = recipe.outcome["goal_types"].get(catalogue.pathways[pathway].goal_type, {})
    own = recipe.outcome["pathways"].get(pathway, {})
    return [(term, float(w)) for table in (shared, own) for term, w in table.items() if term not in SPECIAL]


def _fields_of(term: str) -> set[str]:
    return {match[1] for part in term.split("&") if (match := _NAME.match(part.strip()))}


def _columns(catalogue: Catalogue, recipe: Recipe, episodes: Sequence[Episode], fields: Sequence[str]) -> Columns:
    specs = {str(v["field"]): v for v in recipe.variables if "field" in v}
    columns = Columns(len(episodes))
    for name in fields:
        columns.by_name[name] = _column(catalogue, name, specs.get(name, {}), [e.facts.get(name) for e in episodes])
    return columns


def _column(catalogue: Catalogue, name: str, spec: Mapping[str, Any], values: Sequence[Any]) -> Column:
    field = catalogue.fields[name]
    if field.type == "list":
        has = np.array([[item in (value or ()) for item in field.allowed] for value in values], dtype=bool)
        return Items(has, field.allowed, np.array([value is not None for value in values]))
    if field.type in ("enum", "string"):
        labels = field.allowed or tuple(sorted({str(v) for v in values if v is not None} | _labels(spec)))
        codes = [labels.index(str(value)) if value is not None else -1 for value in values]
        return Choices(np.array(codes, dtype=np.int64), labels)
    numbers = np.array([np.nan if value is None else float(value) for value in values])
    return Numbers(numbers, float(spec.get("centre", 0.0)), float(spec.get("scale", 1.0)))


def _labels(spec: Mapping[str, Any]) -> set[str]:
    """Every label that a choice in the recipe names, so that a term over one nobody here has is still a term."""
    found = {str(label) for label in spec.get("choice", {})}
    for part in spec.get("of", {}).values():
        found |= _labels(part)
    return found
