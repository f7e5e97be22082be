"""What people say when they mean a document: everyday phrasings that lead to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from retrieval.analysis import content, words
from retrieval.documents import Document
from retrieval.fields import gram_terms
from retrieval.lexical import Postings, bag_of, build_postings, counts_of

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Asked:
    """Phrasings with the document each leads to (its code); searched by letter groups.

    `documents` given to a method are the document codes of all passage rows.
    """

    phrases: list[str]
    codes: NDArray[np.int64]
    grams: Postings

    def spelling(self, grams: Mapping[str, float], documents: NDArray[np.int32]) -> Floats:
        """For each passage row, the letter-group BM25 of its document's best phrasing."""
        return self._best(self.grams.score(grams), documents)

    def _best(self, scores: NDArray[Any], documents: NDArray[np.int32]) -> Floats:
        if not len(scores):
            return np.zeros(len(documents))
        found = np.zeros(int(max(documents.max(initial=0), self.codes.max())) + 1)
        np.maximum.at(found, self.codes, scores)
        return found[documents]


def build_asked(phrases: Sequence[tuple[int, str]]) -> Asked:
    """An index over pairs of document code and phrasing."""
    texts = [text for _, text in phrases]
    bags = [bag_of(gram for group in gram_terms(content(words(text))) for gram in group) for text in texts]
    names: dict[str, int] = {}
    for bag in bags:
        for gram in bag:
            names.setdefault(gram, len(names))
    grams = build_postings(counts_of(bags, names), names)
    return Asked(texts, np.array([code for code, _ in phrases], np.int64), grams)


def everyday() -> dict[str, list[str]]:
    """The built-in phrasings by pathway."""
    text = (resources.files("retrieval") / "asked" / "everyday.yaml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = yaml.safe_load(text)
    return found


def with_everyday(documents: Sequence[Document]) -> list[Document]:
    """The documents, each pathway's own article (its longest that is about it alone) with its phrasings."""
    own: dict[str, Document] = {}
    for document in documents:
        if len(document.pathways) == 1:
            pathway = document.pathways[0]
            if pathway not in own or len(document.text) > len(own[pathway].text):
                own[pathway] = document
    asked = {document.id: tuple(everyday().get(pathway, ())) for pathway, document in own.items()}
    return [replace(document, asked=(*document.asked, *asked.get(document.id, ()))) for document in documents]
