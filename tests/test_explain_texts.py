"""The text catalogues: the same keys and the same variables in every language, and none that is broken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.core.catalogue import Catalogue
from assistant.core.texts import LANGUAGES, Texts
from explain.phrases import Phrases

LOCALE = Path(__file__).parents[1] / "explain" / "locale"


def messages(language: str) -> dict[str, set[str]]:
    """Each message's variables, read from the files themselves."""
    found: dict[str, set[str]] = {}
    for file in sorted((LOCALE / language).glob("*.ftl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            key, equals, text = line.partition(" =")
            assert equals, f"{file.name}: {line!r} is no message"
            assert key not in found, f"{key} stands twice"
            found[key] = set(re.findall(r"\{ \$(\w+) \}", text))
    return found


def test_every_language_has_the_same_messages_with_the_same_variables() -> None:
    texts = {language: messages(language) for language in LANGUAGES}

    assert texts["da"] == texts["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_can_be_read(language: str) -> None:
    texts = Texts.of("explain", language)
    for key, variables in messages(language).items():
        said = texts(key, **dict.fromkeys(variables, "X"))
        assert said.count("X") >= len(variables), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_every_field_has_words(catalogue: Catalogue, language: str) -> None:
    say = Phrases.of(catalogue, language)
    for name, spec in catalogue.fields.items():
        assert say.plain(name), name
        for item in spec.allowed:
            assert "_" not in say.value(name, item), (name, item)


def test_a_negative_number_of_years_is_said_to_be_past(catalogue: Catalogue) -> None:
    assert Phrases.of(catalogue, "da").value("years_to_pension_age", -10) == "for 10 år siden"
    assert Phrases.of(catalogue, "en").value("years_to_pension_age", 2.5) == "2.5 years"


def test_a_language_without_texts_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="'sv'"):
        Phrases.of(catalogue, "sv")
