"""Abbreviations, synonyms and lay words for professional terms, as data (SKOS's preferred, alternative, broader)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from assistant.core.errors import UserError
from retrieval.analysis import content, stems, words

WEIGHTS = {"pref": 1.0, "alt": 0.6, "broader": 0.3, "lay": 0.2}
"""How much a word counts that was reached from another name of the same concept."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing with its names: `pref` in the law's words, `alt` other professional ones, `lay` a citizen's."""

    id: str
    pref: str
    alt: tuple[str, ...] = ()
    lay: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """A query's words `said` that name a concept, and another name `meant` that is searched for too."""

    said: str
    meant: str
    kind: str
    """The kind of name that `meant` is: pref, alt, broader or lay."""


@dataclass(frozen=True)
class Thesaurus:
    """The concepts, and how to recognise them in a query."""

    concepts: Mapping[str, Concept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names: dict[frozenset[str], list[tuple[str, str, str]]] = defaultdict(list)
        for concept in self.concepts.values():
            for kind, name in _names(concept):
                if key := _key(name):
                    names[key].append((concept.id, kind, name))
        by_word: dict[str, list[frozenset[str]]] = defaultdict(list)
        for key in names:
            for word in key:
                by_word[word].append(key)
        object.__setattr__(self, "_names", dict(names))
        object.__setattr__(self, "_by_word", dict(by_word))

    def expand(self, tokens: Sequence[str]) -> list[Expansion]:
        """Other names of the concepts that a query's words name, in a fixed order.

        A name of several words is recognised when all its content words stand in the query. A name whose
        words all lie in a longer recognised name is passed over ("træning" in "genoptræning efter sygehus").
        """
        names: Mapping[frozenset[str], list[tuple[str, str, str]]] = self._names  # type: ignore[attr-defined]
        by_word: Mapping[str, list[frozenset[str]]] = self._by_word  # type: ignore[attr-defined]
        present = set(stems(tokens))
        keys = {key for word in present for key in by_word.get(word, ()) if key <= present}
        keys = {key for key in keys if not any(key < other for other in keys)}
        found: dict[Expansion, None] = {}
        for key in sorted(keys, key=sorted):
            for concept_id, _, said in sorted(names[key]):
                for expansion in self._meant(self.concepts[concept_id], said, key):
                    found.setdefault(expansion)
        return list(found)

    def _meant(self, concept: Concept, said: str, key: frozenset[str]) -> Iterable[Expansion]:
        for kind, name in _names(concept):
            if _key(name) != key:
                yield Expansion(said, name, kind)
        for broader in concept.broader:
            if broader in self.concepts:
                yield Expansion(said, self.concepts[broader].pref, "broader")


@lru_cache(maxsize=100_000)
def _key(name: str) -> frozenset[str]:
    """What a name is recognised by: the stems of its content words, or of all when it has none."""
    return frozenset(stems(content(words(name)) or words(name)))


def _names(concept: Concept) -> Iterable[tuple[str, str]]:
    yield "pref", concept.pref
    yield from (("alt", name) for name in concept.alt)
    yield from (("lay", name) for name in concept.lay)


def expansion_terms(expansions: Iterable[Expansion], known: Iterable[str]) -> dict[str, float]:
    """Stems to search for besides the query's own, each with the largest weight of a name that holds it."""
    own = set(known)
    terms: dict[str, float] = {}
    for expansion in expansions:
        for stem in sorted(_key(expansion.meant)):
            if stem not in own:
                terms[stem] = max(terms.get(stem, 0.0), WEIGHTS[expansion.kind])
    return terms


def read_concepts(text: str, where: str) -> list[Concept]:
    """The concepts of one YAML file: a list, or a mapping with `concepts`.

    Raises `UserError` naming the file and the entry.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise UserError(f"{where}: line {line} is not valid YAML; check its quotes and indentation.") from None
    rows = data.get("concepts") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise UserError(f"{where}: must be a list of concepts with id, pref, alt, lay and broader.")
    return [_concept(row, f"{where}: entry {number}") for number, row in enumerate(rows, start=1)]


def _concept(row: Any, where: str) -> Concept:
    if not isinstance(row, dict) or not row.get("id") or not row.get("pref"):
        raise UserError(f"{where} needs an id and a pref.")
    lists = {}
    for key in ("alt", "lay", "broader"):
        value = row.get(key) or []
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list):
            raise UserError(f"{where} ({row['id']}): {key} must be a list of texts.")
        lists[key] = tuple(str(item) for item in value)
    return Concept(str(row["id"]), str(row["pref"]), **lists)


def load_thesaurus(folder: Traversable | None = None) -> Thesaurus:
    """The thesaurus of a folder of YAML files; the built-in one without a folder.

    Raises `UserError` when two entries have one id.
    """
    place = folder if folder is not None else resources.files("retrieval") / "thesaurus"
    concepts: dict[str, Concept] = {}
    files = sorted(place.iterdir(), key=lambda file: file.name) if place.is_dir() else []
    for file in files:
        if file.name.endswith((".yaml", ".yml")):
            for concept in read_concepts(file.read_text(encoding="utf-8"), file.name):
                if concept.id in concepts:
                    raise UserError(f"{file.name}: the id {concept.id!r} is used twice; rename one.")
                concepts[concept.id] = concept
    return Thesaurus(concepts)
