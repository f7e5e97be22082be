"""Turn Danish text into the words an index is made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources

_WORD = re.compile(r"[a-z0-9æøåäöüéèáß]+")
_SECTION = re.compile(r"§+\s*(\d+)(?:\s?([a-zæø])(?![a-zæøå0-9])(?!\s+\w+lov))?")
_SPELLINGS = str.maketrans({"ä": "æ", "ö": "ø", "ü": "y", "é": "e", "è": "e", "á": "a", "­": None})


def normal(text: str) -> str:
    """Lower case, one way to write each letter, soft hyphens dropped ("aa" is left alone).

    >>> normal("Genoptræning, Énårig")
    'genoptræning, enårig'
    """
    return unicodedata.normalize("NFC", text.lower()).translate(_SPELLINGS)


def words(text: str) -> list[str]:
    """The words of a text in order, and each § as one word besides its number.

    >>> words("Genoptræning, jf. SEL § 83 a")
    ['genoptræning', 'jf', 'sel', '83', 'a', '§83a']
    """
    plain = normal(text)
    sections = [f"§{match[1]}{match[2] or ''}" for match in _SECTION.finditer(plain)] if "§" in plain else []
    return _WORD.findall(plain) + sections


@cache
def stop_words() -> frozenset[str]:
    """Words that carry no meaning alone."""
    text = (resources.files("retrieval") / "stopwords_da.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def _stemmer() -> object:
    import Stemmer

    return Stemmer.Stemmer("danish", 0)


def stems(tokens: Sequence[str]) -> list[str]:
    """The Snowball stem of each word; § words and numbers stay as they are.

    >>> stems(["sygedagpengene", "§83a", "forløbet"])
    ['sygedagpeng', '§83a', 'forløb']
    """
    found = _stemmer().stemWords(list(tokens))  # type: ignore[attr-defined]
    return [token if token[0] == "§" else stem for token, stem in zip(tokens, found, strict=True)]


def content(tokens: Iterable[str]) -> list[str]:
    """The words without stop words; a text of stop words alone gives none."""
    drop = stop_words()
    return [token for token in tokens if token not in drop]


def char_ngrams(word: str, low: int = 4, high: int = 6) -> list[str]:
    """The character n-grams of one word with its borders marked.

    >>> char_ngrams("job", 4, 4)
    ['<job', 'job>']
    """
    marked = f"<{word}>"
    return [marked[i : i + n] for n in range(low, high + 1) for i in range(len(marked) - n + 1)]
