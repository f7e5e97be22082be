"""Texts, dates and numbers as a reader of either language expects them, and the pages they stand in."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assistant.core.texts import LANGUAGES, Texts


def texts(language: str) -> Texts:
    """The pages' own texts."""
    return Texts.of("ui", language)


def page(template: str, language: str, /, **values: Any) -> str:
    """A filled-in template; every value is escaped unless it is `Markup`."""
    return environment(language).get_template(template).render(lang=language, **values)


def markup(template: str, language: str, /, **values: Any) -> Markup:
    """A filled-in piece of page, ready to stand inside another."""
    return Markup(page(template, language, **values))


def date(value: dt.date | str | None, language: str) -> str:
    """A date in words, or nothing.

    >>> date("2026-11-23", "da"), date(dt.date(2026, 11, 3), "en")
    ('23. november 2026', '3 November 2026')
    """
    if not value:
        return ""
    day = dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value
    month = texts(language)("months").split(" ")[day.month - 1]
    return texts(language)("date", day=str(day.day), month=month, year=str(day.year))


def number(value: float, language: str, digits: int = 2, *, sign: bool = False) -> str:
    """A number with the decimal mark of the language; a true minus sign.

    >>> number(-0.306, "da"), number(0.3, "en", sign=True)
    ('−0,31', '+0.30')
    """
    written = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    written = written.replace("-", "−")
    return written.replace(".", ",") if language == "da" else written


def prefix(language: str) -> str:
    """What stands before every path of a language: Danish has the short ones.

    >>> prefix("da"), prefix("en")
    ('', '/en')
    """
    return "" if language == LANGUAGES[0] else f"/{language}"


@cache
def environment(language: str) -> Environment:
    """The templates of one language."""
    made = Environment(
        loader=PackageLoader("ui", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(t=texts(language), prefix=prefix(language))
    made.filters["date"] = lambda value: date(value, language)
    made.filters["number"] = lambda value, digits=2: number(value, language, digits)
    made.filters["signed"] = lambda value, digits=2: number(value, language, digits, sign=True)
    return made
