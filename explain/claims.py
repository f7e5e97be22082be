"""Whether a rewritten sentence says exactly what its original says: strict, so that doubt means the original stands.

A rewrite may change words that carry no fact, put an equal word for another, and inflect. Every other word must stand
in it as often and in the same order as in the original: the same words in another order can say the opposite ("the
program decides, not a human"), and no list of forbidden words would catch every way to do so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeAlias

import Stemmer
import yaml

from explain.document import Sentence

Kind: TypeAlias = Literal[
    "number", "section", "negation", "duty", "direction", "person", "new_word", "lost_word", "order", "length", "markup"
]

LONGEST = 20
"""Words in a sentence of a citizen's text."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_TOKEN = re.compile(r"§{1,2}|\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s.,;:!?()\"'«»“”’–-]")
_FIGURE = re.compile(r"^\d")
_MARKUP = re.compile(r"[<>{}\[\]|`#@\\*_~]|https?:|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a rewrite was turned down: the kind of change, and the words or figures it was about."""

    kind: Kind
    what: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's words: those that carry no fact, those that equal one another, and those that turn a meaning."""

    stem: Any
    free: frozenset[str]
    persons: Mapping[str, str]
    equal: Mapping[str, str]
    numbers: Mapping[str, int]
    turning: Mapping[Kind, frozenset[str]]


@cache
def lexicon(language: str) -> Lexicon:
    """The packaged words of a language; `KeyError` for one that has none."""
    text = (resources.files("explain") / "data" / "plain_words.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)[language]
    stem = Stemmer.Stemmer({"da": "danish", "en": "english"}[language]).stemWord
    kinds: Mapping[Kind, str] = {"negation": "negations", "duty": "duties", "direction": "directions"}
    return Lexicon(
        stem=stem,
        free=frozenset(data["free"].split()),
        persons={word: f"<{who}>" for who, words in data["persons"].items() for word in words},
        equal={word: f"={words[0]}" for words in data["equal"] for word in words},
        numbers=data["numbers"],
        turning={kind: frozenset(data[name]) for kind, name in kinds.items()},
    )


def problems(original: Sentence, rewritten: str, language: str) -> tuple[Problem, ...]:
    """What the rewrite changes; empty when it may stand in the original's place."""
    words = lexicon(language)
    old, new = original.text, rewritten.strip()
    before, after = list(_meaning(old, words)), list(_meaning(new, words))
    found = [*_form(old, new), *_changed(before, after, words)]
    if before != after and not found:
        found.append(Problem("order", "the same words in another order"))
    return tuple(found)


def _form(old: str, new: str) -> Iterator[Problem]:
    count = len(_WORD.findall(new))
    if not count:
        yield Problem("length", "no words")
    if count > max(LONGEST, len(_WORD.findall(old))):
        yield Problem("length", f"{count} words")
    if "\n" in new or (_MARKUP.search(new) and not _MARKUP.search(old)):
        yield Problem("markup", "signs that no letter holds")
    if old.count("?") != new.count("?"):
        yield Problem("order", "a question became a statement, or the other way round")


def _meaning(text: str, words: Lexicon) -> Iterator[str]:
    """The words that carry meaning, in order, each in the form that equals compare by."""
    for token in _TOKEN.findall(text.lower()):
        if token in words.free:
            continue
        if _FIGURE.match(token):
            yield token.replace(",", ".")
        elif token in words.numbers:
            yield str(words.numbers[token])
        else:
            yield words.persons.get(token) or words.equal.get(token) or words.stem(token)


def _changed(before: list[str], after: list[str], words: Lexicon) -> Iterator[Problem]:
    old, new = Counter(before), Counter(after)
    for change, kind in ((new - old, "new_word"), (old - new, "lost_word")):
        named: dict[Kind, list[str]] = {}
        for token in sorted(change):
            named.setdefault(_kind(token, words) or ("new_word" if kind == "new_word" else "lost_word"), []).append(
                token
            )
        yield from (Problem(name, ", ".join(tokens)) for name, tokens in named.items())


def _kind(token: str, words: Lexicon) -> Kind | None:
    if _FIGURE.match(token):
        return "number"
    if token.startswith("§"):
        return "section"
    if token.startswith("<"):
        return "person"
    stems: dict[Kind, set[str]] = {
        kind: {words.equal.get(w) or words.stem(w) for w in turning} for kind, turning in words.turning.items()
    }
    return next((kind for kind, found in stems.items() if token in found), None)
