"""Guidance text as blocks for a page: headings, paragraphs and lists, with strong words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

Kind = Literal["heading", "paragraph", "list"]
_STRONG = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph or list; the lines are escaped already."""

    kind: Kind
    lines: tuple[Markup, ...]


def blocks(text: str) -> tuple[Block, ...]:
    """Light Markdown as blocks; anything else stays as it is written, escaped.

    >>> [(block.kind, [str(line) for line in block.lines]) for block in blocks("## Hvad\\n\\n- **En** <b>\\n- to")]
    [('heading', ['Hvad']), ('list', ['<strong>En</strong> &lt;b&gt;', 'to'])]
    """
    return tuple(_blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        run: list[tuple[Kind, str]] = [_kind(line) for line in lines]
        start = 0
        while start < len(run):
            end = start + 1
            while end < len(run) and run[end][0] == run[start][0] != "heading":
                end += 1
            yield _block(run[start][0], [line for _, line in run[start:end]])
            start = end


def _kind(line: str) -> tuple[Kind, str]:
    if line.startswith("#"):
        return "heading", line.lstrip("# ")
    if line.startswith(("- ", "* ")):
        return "list", line[2:]
    return "paragraph", line


def _block(kind: Kind, lines: list[str]) -> Block:
    return Block(kind, tuple(_strong(line) for line in lines))


def _strong(line: str) -> Markup:
    escaped = str(escape(line))
    return Markup(_STRONG.sub(r"<strong>\1</strong>", escaped))
