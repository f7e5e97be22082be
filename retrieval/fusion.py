"""How much each way of looking counts: learnt weights, read from `fusion.json` and never set by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHANNELS = ("stem", "gram", "head", "parts", "expanded", "group", "pairs", "dense", "refs", "asked")
"""The ways of looking, in the order of their columns.

stem: the query's words; gram: groups of letters (spelling, compounds); head: titles and headings; parts: parts of
compounds; expanded: other names from the thesaurus; group: the whole work a passage belongs to; pairs:
neighbouring words that stand together there too; dense: meaning, by
the encoder; refs: the law references that the query names; asked: spelling like a phrasing that people use when they
mean the document. (The encoder's nearness to those phrasings was tried too: learning gave it no weight.)
"""


@dataclass(frozen=True, slots=True)
class Fusion:
    """One weight per channel; `long` for queries of more than `long_from` different words.

    Between `short_to` and `long_from` words the two are mixed in proportion.
    """

    short: tuple[float, ...]
    long: tuple[float, ...]
    short_to: int = 6
    long_from: int = 16

    def weights(self, length: int) -> NDArray[np.float64]:
        """The weights for a query of `length` different words."""
        share = (length - self.short_to) / (self.long_from - self.short_to)
        share = min(1.0, max(0.0, share))
        pairs = zip(self.short, self.long, strict=True)
        return np.array([short + share * (long - short) for short, long in pairs], np.float64)


def read_fusion(data: Mapping[str, Any]) -> Fusion:
    """Weights from JSON: `short` and `long` are mappings of channel to weight."""
    tables = [tuple(float(data[key][channel]) for channel in CHANNELS) for key in ("short", "long")]
    return Fusion(tables[0], tables[1], int(data["short_to"]), int(data["long_from"]))


@cache
def built_in_fusion() -> Fusion:
    """The weights that come with the program, as `python -m retrieval.train_fusion` learnt them."""
    text = (resources.files("retrieval") / "fusion.json").read_text(encoding="utf-8")
    return read_fusion(json.loads(text))


def one_at_most(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column divided by its largest value, so that weights mean the same for every query."""
    largest = columns.max(axis=0, initial=0.0)
    scaled: NDArray[np.float64] = np.divide(columns, largest, out=np.zeros_like(columns), where=largest > 0)
    return scaled
