"""The recipe of the synthetic history, read and checked against the catalogue."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from assistant.core.catalogue import Catalogue
from assistant.core.errors import UserError
from models.columns import TERM

SPECIAL = frozenset({"base", "share", "sd", "min", "max", "digits", "weeks", "spread"})


class RecipeError(UserError):
    """The recipe of the synthetic history says something the catalogue does not know."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"The recipe's {where} {what}; correct it or use the catalogue it was written for.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How invented citizens, their choices and their outcomes come about; `notes` are sentence templates."""

    first: dt.date
    last: dt.date
    second_cases: float
    variables: tuple[Mapping[str, Any], ...]
    missing: Mapping[str, Mapping[str, float]]
    choice: Mapping[str, Any]
    outcome: Mapping[str, Any]
    notes: tuple[Mapping[str, Any], ...]


def load_recipe(catalogue: Catalogue, folder: Path | None = None) -> Recipe:
    """The recipe in `folder` (`recipe.yaml`, `notes.yaml`), or the built-in one; `RecipeError` if it does not fit."""
    home = resources.files("models") / "recipe" if folder is None else folder
    data = yaml.load((home / "recipe.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    notes = yaml.load((home / "notes.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    recipe = Recipe(
        first=data["period"]["first"],
        last=data["period"]["last"],
        second_cases=float(data.get("second_cases", 0.0)),
        variables=tuple(data["variables"]),
        missing=data.get("missing", {}),
        choice=data["choice"],
        outcome=data["outcome"],
        notes=tuple(notes),
    )
    _check(recipe, catalogue)
    return recipe


def _check(recipe: Recipe, catalogue: Catalogue) -> None:
    seen = {"date", "time"}
    for spec in recipe.variables:
        name = spec.get("field") or spec.get("latent")
        if "field" in spec and name not in catalogue.fields:
            raise RecipeError(f"variable {name!r}", "is no field of the catalogue")
        for term in _terms(spec):
            _known(f"variable {name!r}", term, seen)
        seen.add(str(name))
    for part, table in (
        ("missing", recipe.missing),
        ("choice", recipe.choice["pathways"]),
        ("outcome", recipe.outcome["pathways"]),
        ("goal types", recipe.outcome["goal_types"]),
    ):
        for key, weights in table.items():
            for term in weights:
                if term not in SPECIAL:
                    _known(f"{part} of {key!r}", term, seen)
    for part in (recipe.choice["pathways"], recipe.outcome["pathways"]):
        if unknown := sorted(part.keys() - catalogue.pathways.keys()):
            raise RecipeError(f"pathway {unknown[0]!r}", "is not in the catalogue")


def _terms(spec: Mapping[str, Any]) -> Iterator[str]:
    if "when" in spec:
        yield spec["when"]
    for kind in ("normal", "number", "chance", "days_before"):
        yield from (term for term in spec.get(kind, {}) if term not in SPECIAL)
    for kind in ("choice", "items"):
        for weights in spec.get(kind, {}).values():
            if isinstance(weights, Mapping):
                yield from (term for term in weights if term not in SPECIAL)
    for inner in spec.get("of", {}).values():
        yield from _terms(inner)


def _known(where: str, term: str, seen: set[str]) -> None:
    for part in term.split("&"):
        match = TERM.match(part.strip().removeprefix("?"))
        name = match.group(1) if match else re.split(r"\W", part.strip())[0]
        if match is None or name not in seen:
            raise RecipeError(where, f"uses {term!r} before {name!r} is drawn")
