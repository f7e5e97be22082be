"""Personal data has no place in the clear part of the log: what must not stand there, found by its shape."""

from __future__ import annotations

import re

_CPR = re.compile(r"(?<![0-9A-Za-z])(\d{2})(\d{2})\d{2}[ -]?\d{4}(?![0-9A-Za-z])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.:/-])(?:(?:\+|00)45[ -]?)?([2-9]\d)[ -]?(\d{2})[ -]?(\d{2})[ -]?(\d{2})(?![\w/]|[.:-]\d)")
_DIGITS_OR_AT = re.compile(r"\d[\d -]{6}\d|@|\d{8}")


def personal_number(text: str) -> str | None:
    """What kind of personal identifier an identifier-like text holds: 'cpr number', 'e-mail address' or None."""
    for match in _CPR.finditer(text):
        # Replacement numbers add 60 to the day.
        if 1 <= int(match[1]) % 60 <= 31 and 1 <= int(match[2]) <= 12:
            return "cpr number"
    if "@" in text and _EMAIL.search(text):
        return "e-mail address"
    return None


def personal_data(text: str) -> str | None:
    """What kind of personal data a free text holds: 'cpr number', 'e-mail address', 'phone number' or None.

    >>> personal_data("ring 28 12 34 56"), personal_data("SUL § 140, 2026-11-22, 20261122")
    ('phone number', None)
    """
    if not _DIGITS_OR_AT.search(text):
        return None
    if found := personal_number(text):
        return found
    if any(not _is_date("".join(match.groups())) for match in _PHONE.finditer(text)):
        return "phone number"
    return None


def _is_date(digits: str) -> bool:
    """Whether eight digits read as a date: 20261122."""
    return digits[:2] in ("19", "20") and 1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:]) <= 31
