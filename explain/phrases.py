"""Words for fields, values, dates and laws in one language; every sentence is made here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.domain import ModelUse
from assistant.core.texts import Texts
from explain.complaints import presentation
from explain.document import Block, Claim, Sentence, Style
from explain.view import Reason

_UNIT = re.compile(r"[^a-z0-9]+")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Phrases:
    """A language and a catalogue, turned into sentences."""

    texts: Texts
    catalogue: Catalogue

    @classmethod
    def of(cls, catalogue: Catalogue, language: str) -> Phrases:
        """The phrases of `explain/locale/<language>`; `ValueError` for a language that has none."""
        return cls(Texts.of("explain", language), catalogue)

    @property
    def language(self) -> str:
        """The two-letter code."""
        return self.texts.language

    def say(self, key: str, claims: Iterable[Claim] = (), /, **values: Any) -> Sentence:
        """The sentence named `key`."""
        return Sentence(self.texts(key, **values), key, tuple(claims), values)

    def block(
        self,
        name: str,
        sentences: Iterable[Sentence],
        style: Style = "paragraph",
        *,
        intro: str | None = None,
        **values: Any,
    ) -> Block:
        """A block with the heading `heading-<name>`; `intro` is the key of the line before a list that is not empty."""
        found = tuple(sentences)
        first = self.say(intro) if intro and found else None
        return Block(name, self.texts(f"heading-{name}", **values), style, found, intro=first)

    def pathway(self, pathway: str) -> str:
        """The pathway's name."""
        return self.catalogue.pathway_name(pathway, self.language)

    def plain_pathway(self, pathway: str) -> str:
        """The pathway's name without what is in it for the caseworker only."""
        left_out = "|".join(re.escape(words) for words in presentation().names_leave_out)
        return re.sub(rf"\s*\([^()]*(?:{left_out})[^()]*\)", "", self.pathway(pathway))

    def meaning(self, pathway: str) -> str:
        """What the pathway means for the citizen, in plain words."""
        found = self.catalogue.pathways[pathway]
        return found.citizen_en if self.language == "en" else found.citizen_da

    def refusal(self, pathway: str) -> str:
        """What it lawfully means to say no; empty when the catalogue says nothing."""
        found = self.catalogue.pathways[pathway]
        return found.refusal_en if self.language == "en" else found.refusal_da

    def label(self, field: str) -> str:
        """The field's name for a person who knows the field."""
        return self.catalogue.field_label(field, self.language)

    def plain(self, field: str) -> str:
        """The field in plain words, as the start of a line."""
        spec = self.catalogue.fields[field]
        return (spec.plain_en or spec.label_en) if self.language == "en" else (spec.plain_da or spec.label_da)

    def value(self, field: str, value: Any) -> str:
        """The value in words; an unknown one is said to be unknown."""
        if value is None:
            return self.texts("value-unknown")
        if isinstance(value, str) and _DATE.match(value):
            return self.date(dt.date.fromisoformat(value))
        if isinstance(value, tuple | list):
            return self.listing([self.catalogue.value_label(field, item, self.language) for item in value])
        return self._counted(field, value)

    def _counted(self, field: str, value: Any) -> str:
        """A value with its unit, where the language has words for the unit."""
        spec = self.catalogue.fields[field]
        words = self.catalogue.value_label(field, value, self.language)
        if spec.type not in ("integer", "number") or str(value) in spec.value_labels:
            return words
        unit = f"unit-{_UNIT.sub('-', spec.unit.lower()).strip('-')}"
        if value < 0 and self.texts.has(f"{unit}-ago"):
            ago = f"{unit}-ago-one" if value == -1 else f"{unit}-ago"
            return self.texts(ago, value=self.catalogue.value_label(field, -value, self.language))
        if value == 1 and self.texts.has(f"{unit}-one"):
            return self.texts(f"{unit}-one", value=words)
        return self.texts(unit, value=words) if self.texts.has(unit) else words

    def listing(self, words: Sequence[str]) -> str:
        """ "a, b and c"."""
        if len(words) < 2:
            return "".join(words)
        if any(self.texts("listing-word") in word.split() for word in words):
            return "; ".join(words)  # "a, b and c and d" would leave it open which belong together
        return self.texts("listing", most=", ".join(words[:-1]), last=words[-1])

    def date(self, day: dt.date) -> str:
        """ "18. november 2026"."""
        return self.texts("date", day=str(day.day), month=self.texts(f"month-{day.month}"), year=str(day.year))

    def number(self, value: float, digits: int = 2) -> str:
        """A signed number with the language's decimal mark."""
        text = f"{value:+.{digits}f}"
        return text.replace(".", ",") if self.language == "da" else text

    def law(self, reference: str) -> str:
        """ "SUL § 140" with the law's name in place of its short one."""
        short, _, rest = reference.partition(" ")
        law = self.catalogue.laws.get(short)
        if law is None:
            return reference
        name = law.name_en if self.language == "en" else law.name_da
        return f"{name} {rest}".strip()

    def area(self, area: str) -> str:
        """A part of the municipality's records in words."""
        key = f"area-{area}"
        return self.texts(key) if self.texts.has(key) else area

    def because(self, reason: Reason) -> str:
        """The catalogue's own words for a reason of order."""
        return reason.text_en if self.language == "en" else reason.text_da

    def never_used(self) -> tuple[str, ...]:
        """The fields that nothing but the fairness audit reads, in plain words."""
        return tuple(
            self.plain(name) for name, spec in self.catalogue.fields.items() if spec.model_use is ModelUse.AUDIT_ONLY
        )


def claim(reason: Reason) -> Claim:
    """What a sentence claims when it states this reason."""
    return Claim(reason.pathway, reason.id, reason.sign, reason.rank)


def lower_first(text: str) -> str:
    """The text with a small first letter, unless its first word is an abbreviation.

    >>> lower_first("Hvor ondt du har"), lower_first("KOL")
    ('hvor ondt du har', 'KOL')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
