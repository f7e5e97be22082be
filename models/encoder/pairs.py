"""Training pairs for the encoder, made from our own texts: what a person may say ↔ what answers it.

Sources: guidance (question ↔ answer, title and heading ↔ body, sentence ↔ the rest of its section), thesaurus (every
name of a concept ↔ its preferred name, lay ↔ professional). The lay questions are left alone: with them the model
knew its own questions by heart (1.00 right) and others no better, and fusion would then have trusted it too much.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_HEADING = re.compile(r"^(#{1,3}) (.+)$", re.M)
_QUESTION = re.compile(r"\*\*(.+?\?)\*\*\s*\n+([^*#\n][^\n]*)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ])")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that mean the same thing to a searcher, and where they come from."""

    anchor: str
    positive: str
    source: str


@dataclass(frozen=True, slots=True)
class Article:
    """One guidance article: its pathways and its sections (heading, body) in order."""

    title: str
    pathways: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]


def read_articles(folder: Path) -> list[Article]:
    """The Markdown articles under a folder, in order of path."""
    return [_article(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.md"))]


def _article(text: str) -> Article:
    front = _FRONT.match(text)
    meta = yaml.safe_load(front[1]) if front else {}
    body = text[front.end() :] if front else text
    places = list(_HEADING.finditer(body))
    ends = [place.start() for place in places[1:]] + [len(body)]
    sections = [(place[2].strip(), body[place.end() : end].strip()) for place, end in zip(places, ends, strict=True)]
    kept = tuple((heading, part) for heading, part in sections if part and not part.startswith(">"))
    return Article(str(meta.get("title", "")), tuple(meta.get("pathways") or ()), kept)


def guidance_pairs(articles: Iterable[Article], rng: random.Random) -> Iterator[Pair]:
    """Pairs from the articles."""
    for article in articles:
        lead = article.sections[0][1] if article.sections else ""
        for heading, body in article.sections:
            for question, answer in _QUESTION.findall(body):
                yield Pair(question, f"{article.title}. {answer}", "question-answer")
                yield Pair(question, f"{article.title}. {lead}", "question-article")
            plain = body.replace("**", "")
            yield Pair(f"{article.title}: {heading}", plain, "heading-body")
            yield Pair(article.title, plain, "title-body")
            sentences = [part for part in _SENTENCE.split(plain) if len(part) > 30]
            for sentence in rng.sample(sentences, min(4, len(sentences))):
                rest = plain.replace(sentence, " ")
                if len(rest) > 60:
                    yield Pair(sentence, f"{article.title}. {rest}", "sentence-section")


def thesaurus_pairs(folder: Path) -> Iterator[Pair]:
    """Every other name of a concept ↔ its preferred name, and lay ↔ professional names."""
    for file in sorted(folder.glob("*.yaml")):
        for row in yaml.safe_load(file.read_text(encoding="utf-8")):
            alts, lays = row.get("alt") or [], row.get("lay") or []
            for name in (*alts, *lays):
                yield Pair(str(name), str(row["pref"]), "name-preferred")
            for lay in lays:
                for alt in alts[:2]:
                    yield Pair(str(lay), str(alt), "lay-professional")


def misspelt(text: str, rng: random.Random) -> str:
    """The text with one letter of one long word lost, doubled or swapped: as people type."""
    words = text.split()
    long = [place for place, word in enumerate(words) if len(word) > 5]
    if not long:
        return text
    place = rng.choice(long)
    word = words[place]
    cut = rng.randrange(1, len(word) - 1)
    kinds = (
        word[:cut] + word[cut + 1 :],
        word[:cut] + word[cut] + word[cut:],
        word[: cut - 1] + word[cut] + word[cut - 1] + word[cut + 1 :],
    )
    words[place] = rng.choice(kinds)
    return " ".join(words)


def all_pairs(data: Path, seed: int) -> list[Pair]:
    """All pairs under `data` (folders guidance and thesaurus), each once, in a fixed order."""
    rng = random.Random(seed)
    articles = read_articles(data / "guidance")
    pairs = list(guidance_pairs(articles, rng))
    pairs += thesaurus_pairs(data / "thesaurus")
    pairs += [Pair(misspelt(p.anchor, rng), p.positive, "misspelt") for p in pairs if rng.random() < 0.15]
    return list(dict.fromkeys(pairs))
