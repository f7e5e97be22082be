"""HTML pages: the main text under its headings; a statute's sections too."""

from __future__ import annotations

import re
from pathlib import Path

from assistant.core.errors import UserError
from retrieval.documents import Document, digest
from retrieval.readers.builder import TextBuilder

_DROPPED = ("script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template", "button", "svg")
_BLOCKS = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "dt", "dd", "blockquote", "tr", "pre", "figcaption")
_SECTION = re.compile(r"(§\s*\d+\s?[a-zæø]?)\.\s", re.I)
_STATUTE_LEVEL = 7
"""Below every heading."""


def read(path: Path, data: bytes) -> list[Document]:
    """One document: what stands in <main>, <article> or <body> without navigation.

    Raises `UserError` when no text is left.
    """
    from bs4 import BeautifulSoup, UnicodeDammit

    # A page that names its encoding is believed; one that does not is UTF-8 or, failing that, Windows-1252.
    decoded = UnicodeDammit(data, ["utf-8", "windows-1252"], is_html=True).unicode_markup
    if decoded is None:
        raise UserError(f"{path}: its letters cannot be read; save it as UTF-8.")
    soup = BeautifulSoup(decoded, "lxml")
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    main = soup.find("main") or soup.find(role="main") or soup.find("article") or soup.body or soup
    builder = TextBuilder()
    for tag in main.find_all(_BLOCKS):
        if tag.find_parent(_BLOCKS) is not None and tag.name not in ("h1", "h2", "h3", "h4", "h5", "h6"):
            continue  # its text stands in the block around it
        text = tag.get_text(" ", strip=True)
        if re.fullmatch(r"h[1-6]", tag.name) and text:
            builder.heading(int(tag.name[1]), text)
            continue
        if section := _SECTION.match(text):
            builder.under(_STATUTE_LEVEL, " ".join(section[1].split()))
        builder.block(text)
    if not builder.parts:
        builder.block(main.get_text(" ", strip=True))
    if not builder.parts:
        raise UserError(f"{path}: holds no text outside navigation; save the page with its content.")
    first = next((section.heading_path[0] for section in builder.sections if section.heading_path), "")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    return [
        Document(
            path.stem, first or title or path.stem, builder.text, digest(data), path.name,
            media_type="text/html", group=_statute(title or first), sections=tuple(builder.sections),
        )
    ]  # fmt: skip


def _statute(title: str) -> str:
    """The act that a page's title names, else nothing."""
    name = re.sub(r"^(?:bekendtgørelse af|LBK.*?:)\s+", "", title, flags=re.I)
    return name if re.match(r"(?:lov om |[a-zæøå]+loven\b)", name, re.I) else ""
