"""Texts for people, read from Fluent catalogues (projectfluent.org); Danish is the default."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from fluent.runtime import FluentBundle, FluentResource

LANGUAGES = ("da", "en")
"""The languages every text exists in; the first is the default."""


class MissingTextError(KeyError):
    """A text that the code asks for is in no catalogue: a fault of ours, never of the reader."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one room in one language.

    >>> Texts.of("assistant.core", "da")("eligibility-eligible")
    'Reglerne åbner for forløbet'
    """

    language: str
    bundle: FluentBundle

    @classmethod
    def of(cls, package: str, language: str) -> Texts:
        """The catalogue `<package>/locale/<language>/*.ftl`.

        Raises `ValueError` for a language that no catalogue has.
        """
        if language not in LANGUAGES:
            raise ValueError(f"no texts in {language!r}; there is {', '.join(LANGUAGES)}")
        return cls(language, _bundle(package, language))

    def __call__(self, key: str, **values: Any) -> str:
        """The text named `key`, with `values` filled in.

        Raises `MissingTextError` when the catalogue lacks it or a value it needs.
        """
        if not self.bundle.has_message(key):
            raise MissingTextError(f"no text {key!r} in {self.language}")
        pattern = self.bundle.get_message(key).value
        if pattern is None:
            raise MissingTextError(f"text {key!r} in {self.language} is empty")
        text, errors = self.bundle.format_pattern(pattern, values)
        if errors:
            raise MissingTextError(f"text {key!r} in {self.language}: {errors[0]}")
        return str(text)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds `key`."""
        return self.bundle.has_message(key)


@cache
def _bundle(package: str, language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    folder = resources.files(package) / "locale" / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".ftl"):
            bundle.add_resource(FluentResource(file.read_text(encoding="utf-8")))
    return bundle
