"""Texts in data that people write: given in Danish and English, or once for both."""

from __future__ import annotations

from typing import Any

from assistant.core.texts import LANGUAGES


def both_languages(value: Any) -> dict[str, str]:
    """The text in every language; raises `ValueError` when it is empty or lacks one.

    >>> both_languages("SUL § 140")
    {'da': 'SUL § 140', 'en': 'SUL § 140'}
    """
    texts = dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value
    if not isinstance(texts, dict) or set(texts) != set(LANGUAGES):
        raise ValueError(f"a text should be given once, or as {{{', '.join(f'{name}: ...' for name in LANGUAGES)}}}")
    if not all(isinstance(text, str) and text.strip() for text in texts.values()):
        raise ValueError("a text is empty")
    return {name: str(texts[name]) for name in LANGUAGES}
