"""Every text exists in both languages, none is missing and none is left over."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from assistant.core.catalogue import Catalogue
from assistant.core.texts import LANGUAGES
from ui import words

ROOM = Path(str(resources.files("ui")))
MESSAGE = re.compile(r"^([a-zA-Z][\w-]*) =", re.MULTILINE)
ASKED = re.compile(r"""\bt\(\s*f?["']([\w-]+)["']""")
MADE_UP = re.compile(r"""["']([a-z][\w-]*-)(?:["']\s*~|\{)""")
"""The beginning of a key whose end is data, as in f"said-{what}"."""


def keys(language: str) -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOM / "locale" / language).glob("*.ftl")))
    found = MESSAGE.findall(text)
    assert len(found) == len(set(found)), "a text stands twice"
    return set(found)


def sources() -> str:
    files = [*ROOM.glob("*.py"), *(ROOM / "templates").glob("*.j2")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_both_languages_have_the_same_texts() -> None:
    danish, english = (keys(language) for language in LANGUAGES)

    assert danish - english == set()
    assert english - danish == set()


def test_no_text_is_asked_for_that_is_not_there() -> None:
    asked = {key for key in ASKED.findall(sources()) if not key.endswith("-")}

    assert asked - keys("da") == set()


def test_no_text_is_left_over() -> None:
    text = sources()
    tails = {*MADE_UP.findall(text), "unit-"}

    unused = {key for key in keys("da") if f'"{key}"' not in text and not key.startswith(tuple(tails))}

    assert unused == set()


def test_every_area_and_kind_of_result_has_its_words(catalogue: Catalogue) -> None:
    from assistant.core.domain import Outcome

    for language in LANGUAGES:
        t = words.texts(language)
        assert all(t.has(f"area-{area}") for area in [*catalogue.areas, "alle"])
        assert all(t.has(f"outcome-{outcome.value}") and t.has(f"outcome-{outcome.value}-more") for outcome in Outcome)


@pytest.mark.parametrize("language", LANGUAGES)
def test_months_are_twelve(language: str) -> None:
    assert len(words.texts(language)("months").split(" ")) == 12


def test_no_danish_word_stands_in_the_code() -> None:
    letters = re.compile(r'"[^"\n]*[æøåÆØÅ][^"\n]*"')
    allowed = {'"fælles"', '"Borgeren vil gerne, og fristen for genoptræning løber."', '"Etisk Råd"'}

    found = {hit for path in ROOM.glob("*.py") for hit in letters.findall(path.read_text(encoding="utf-8"))}

    assert found - allowed == set()
