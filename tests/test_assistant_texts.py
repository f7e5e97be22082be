"""Every room's texts stand in both languages: the same keys, the same values to fill in, none empty, none broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from assistant.core.texts import LANGUAGES, MissingTextError, Texts

ROOT = Path(__file__).parents[1]
PACKAGES = ("assistant", "retrieval", "models", "explain", "ethics", "eval", "ui")
ROOMS = sorted(
    ".".join(folder.parent.relative_to(ROOT).parts)
    for package in PACKAGES
    for folder in (ROOT / package).rglob("locale")
    if any(folder.glob("*/*.ftl"))
)
TEXTS = [(room, language) for room in ROOMS for language in LANGUAGES]


def entries(room: str, language: str) -> Iterator[tuple[str, ast.EntryType]]:
    folder = ROOT.joinpath(*room.split(".")) / "locale" / language
    for file in sorted(folder.glob("*.ftl")):
        for entry in FluentParser().parse(file.read_text(encoding="utf-8")).body:
            yield file.name, entry


def messages(room: str, language: str) -> dict[str, ast.Message]:
    return {entry.id.name: entry for _, entry in entries(room, language) if isinstance(entry, ast.Message)}


class Needs(Visitor):
    """The values a text asks for, and the texts it refers to."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.texts: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802
        self.values.add(node.id.name)

    def visit_MessageReference(self, node: ast.MessageReference) -> None:  # noqa: N802
        self.texts.add(node.id.name)

    def visit_TermReference(self, node: ast.TermReference) -> None:  # noqa: N802
        self.texts.add(f"-{node.id.name}")


def needs(entry: ast.EntryType) -> Needs:
    found = Needs()
    found.visit(entry)
    return found


def test_there_are_rooms_with_texts() -> None:
    assert {"assistant.core", "explain", "retrieval", "ui"} <= set(ROOMS)


@pytest.mark.parametrize(("room", "language"), TEXTS)
def test_no_entry_is_broken(room: str, language: str) -> None:
    broken = [(file, str(entry.content)[:60]) for file, entry in entries(room, language) if isinstance(entry, ast.Junk)]

    assert broken == []


@pytest.mark.parametrize(("room", "language"), TEXTS)
def test_no_key_stands_twice(room: str, language: str) -> None:
    keys = [entry.id.name for _, entry in entries(room, language) if isinstance(entry, ast.Message | ast.Term)]

    assert sorted({key for key in keys if keys.count(key) > 1}) == []


@pytest.mark.parametrize(("room", "language"), TEXTS)
def test_no_text_is_empty(room: str, language: str) -> None:
    empty = [key for key, message in messages(room, language).items() if message.value is None]

    assert empty == []


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_hold_the_same_keys(room: str) -> None:
    danish, english = (set(messages(room, language)) for language in LANGUAGES)

    assert sorted(danish ^ english) == []


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_fill_in_the_same_values(room: str) -> None:
    danish, english = (messages(room, language) for language in LANGUAGES)

    differing = {
        key: (sorted(needs(danish[key]).values), sorted(needs(english[key]).values))
        for key in danish.keys() & english.keys()
        if needs(danish[key]).values != needs(english[key]).values
    }

    assert differing == {}


@pytest.mark.parametrize(("room", "language"), TEXTS)
def test_every_text_can_be_said(room: str, language: str) -> None:
    say = Texts.of(room, language)

    for key, message in messages(room, language).items():
        asked = needs(message)
        # A number serves as a count too, so that plural forms are chosen.
        said = say(key, **dict.fromkeys(asked.values, 2))
        assert said.strip(), key
        assert "{" not in said, key


@pytest.mark.parametrize("room", ROOMS)
def test_english_is_english(room: str) -> None:
    danish, english = (messages(room, language) for language in LANGUAGES)

    same = [
        key
        for key in danish.keys() & english.keys()
        if danish[key].value is not None
        and english[key].value is not None
        and danish[key].value.equals(english[key].value)
        and any(isinstance(part, ast.TextElement) and part.value.count(" ") > 3 for part in danish[key].value.elements)
    ]

    assert same == []


def test_a_text_is_filled_in() -> None:
    say = Texts.of("assistant.core", "da")

    assert say("question-field", field="smerte") == "Afklar: smerte"
    assert say.has("question-field")
    assert not say.has("no-such-text")


def test_a_missing_text_and_a_missing_value_are_our_fault_and_loud() -> None:
    say = Texts.of("assistant.core", "en")

    with pytest.raises(MissingTextError, match="no text 'no-such-text' in en"):
        say("no-such-text")
    with pytest.raises(MissingTextError, match="question-field"):
        say("question-field")


def test_a_language_nobody_speaks_here_is_refused() -> None:
    with pytest.raises(ValueError, match="no texts in 'sv'; there is da, en"):
        Texts.of("assistant.core", "sv")
