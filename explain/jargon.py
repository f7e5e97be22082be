"""Words of the trade: found in a text, and explained where they are used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Jargon:
    """A word of the trade, how it is found, and what it means in plain words."""

    pattern: re.Pattern[str]
    term: str
    plain: str


@cache
def jargon(language: str) -> tuple[Jargon, ...]:
    """The packaged list of a language; `KeyError` for a language that has none."""
    text = (resources.files("explain") / "data" / "jargon.yaml").read_text(encoding="utf-8")
    return tuple(
        Jargon(re.compile(item["pattern"], re.IGNORECASE), item["term"], item["plain"])
        for item in yaml.safe_load(text)[language]
    )


def jargon_in(text: str, language: str) -> tuple[Jargon, ...]:
    """The words of the trade that the text uses, in the list's order.

    >>> [word.term for word in jargon_in("Der skal holdes partshøring.", "da")]
    ['Partshøring']
    """
    return tuple(word for word in jargon(language) if word.pattern.search(text))


def unexplained(text: str, explanations: str, language: str) -> tuple[str, ...]:
    """The words of the trade in `text` whose plain meaning stands nowhere in `explanations`."""
    return tuple(word.term for word in jargon_in(text, language) if word.plain not in explanations)
