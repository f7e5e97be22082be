"""The catalogue: fields, pathways, laws and rules as data, checked when read.

A municipality (or another country) replaces it with `--catalogue DIR`; nothing in code knows a particular
pathway, field or law.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.abc import Traversable
from pathlib import Path
from typing import Any

from assistant.core import catalogue_schema as schema
from assistant.core.catalogue_checks import check
from assistant.core.domain import FieldSpec, Pathway
from assistant.core.rules import (
    DeadlineRule,
    FlagRule,
    Gate,
    LawName,
    Ordering,
    OutcomeRule,
    ScoringBasis,
    Screening,
)

REQUIRED = ("case_fields.yaml", "pathways.yaml")
OPTIONAL = (
    "laws.yaml",
    "deadlines.yaml",
    "flags.yaml",
    "ordering.yaml",
    "outcomes.yaml",
    "screening.yaml",
    "labels.yaml",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything the rules know, as one frozen object.

    `unpredicted` are the goal types for which no success is predicted. `version` is the SHA-256 of the files it was
    read from; it stands on every suggestion as the rules version.
    """

    version: str
    as_of: str
    fields: Mapping[str, FieldSpec]
    pathways: Mapping[str, Pathway]
    areas: Mapping[str, str]
    shared_area: str
    goal_types: Mapping[str, str]
    unpredicted: frozenset[str]
    laws: Mapping[str, LawName]
    gates: tuple[Gate, ...]
    scoring: Mapping[str, ScoringBasis]
    deadlines: Mapping[str, DeadlineRule]
    flags: tuple[FlagRule, ...]
    ordering: Ordering
    outcomes: tuple[OutcomeRule, ...]
    screening: Screening

    def field_label(self, field_id: str, language: str) -> str:
        """The field's name for a person who knows the field."""
        spec = self.fields[field_id]
        return spec.label_en if language == "en" else spec.label_da

    def value_label(self, field_id: str, value: object, language: str) -> str:
        """A value in words; a value without words of its own is shown as it is."""
        spec = self.fields[field_id]
        if isinstance(value, tuple | list):
            return ", ".join(self.value_label(field_id, item, language) for item in value)
        if (words := spec.value_labels.get(_key(value))) is not None:
            return words[1] if language == "en" else words[0]
        return str(value).replace("_", " ") if isinstance(value, str) else _number(value, language)

    def pathway_name(self, pathway_id: str, language: str) -> str:
        """The pathway's name."""
        pathway = self.pathways[pathway_id]
        return pathway.name_en if language == "en" else pathway.name_da


def _key(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: object, language: str) -> str:
    if isinstance(value, bool):
        return {"da": ("nej", "ja"), "en": ("no", "yes")}[language][value]
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace(".", ",") if language == "da" else text


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Read and check the catalogue in `folder`, or the built-in one.

    Raises `CatalogueError` naming the file, the entry and the field that is wrong.
    """
    if folder is None:
        return _built_in()
    if not folder.is_dir():
        raise schema.CatalogueError(
            str(folder), "", "", "is not a folder; give one that holds " + " and ".join(REQUIRED)
        )
    return _load(folder)


def catalogue_files(folder: Path | None = None) -> dict[str, str]:
    """The texts of the catalogue's files by name, so that a workspace can keep the version it used."""
    source: Traversable = folder or resources.files("assistant.core") / "catalogue_data"
    texts = {name: schema.read_text(source / name, required=name in REQUIRED) for name in (*REQUIRED, *OPTIONAL)}
    return {name: text for name, text in texts.items() if text is not None}


@cache
def _built_in() -> Catalogue:
    return _load(resources.files("assistant.core") / "catalogue_data")


def _load(folder: Traversable) -> Catalogue:
    texts = {name: schema.read_text(folder / name, required=name in REQUIRED) for name in (*REQUIRED, *OPTIONAL)}
    data: dict[str, Any] = {name: schema.parse_yaml(name, text) for name, text in texts.items() if text is not None}
    labels = schema.read_labels(data.get("labels.yaml"))
    meta, fields = schema.read_fields(data["case_fields.yaml"], labels)
    head, pathways = schema.read_pathways(data["pathways.yaml"], data.get("ordering.yaml"))
    catalogue = Catalogue(
        version=_hash(texts),
        as_of=str(head.version),
        fields=fields,
        pathways=pathways,
        areas=meta.area_values,
        shared_area=meta.shared_area,
        goal_types=head.goal_types,
        unpredicted=head.unpredicted_goal_types,
        laws=schema.read_laws(data.get("laws.yaml"), head.law_short_names),
        gates=schema.read_gates(head.global_gates),
        scoring=head.scoring(),
        deadlines=schema.read_deadlines(data.get("deadlines.yaml")),
        flags=schema.read_flags(data.get("flags.yaml")),
        ordering=schema.read_ordering(data.get("ordering.yaml")),
        outcomes=schema.read_outcomes(data.get("outcomes.yaml")),
        screening=schema.read_screening(data.get("screening.yaml")),
    )
    check(catalogue)
    return catalogue


def _hash(texts: Mapping[str, str | None]) -> str:
    digest = hashlib.sha256()
    for name in sorted(texts):
        if (text := texts[name]) is not None:
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()
