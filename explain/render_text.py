"""A document as plain text, for the terminal, the journal and read-aloud."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from assistant.core.texts import Texts
from explain.document import Block, Document, Table


def render_text(document: Document, width: int = 88) -> str:
    """The document as text of at most `width` columns; list items begin with a dash, steps with their number."""
    machine_note = Texts.of("explain", document.language)("machine-written")
    lines = [document.title, "=" * len(document.title)]
    for block in document.blocks:
        lines += ["", block.heading, "-" * len(block.heading), *_block(block, width, machine_note)]
    return "\n".join(lines) + "\n"


def _block(block: Block, width: int, machine_note: str) -> Iterator[str]:
    if block.intro is not None:
        yield from textwrap.wrap(block.intro.text, width)
    for number, sentence in enumerate(block.sentences, start=1):
        mark = {"list": "- ", "steps": f"{number}. "}.get(block.style, "")
        note = f" ({machine_note})" if sentence.machine_written else ""
        yield from textwrap.wrap(
            sentence.text + note, width, initial_indent=mark, subsequent_indent=" " * len(mark), break_long_words=False
        ) or [""]
    if block.table is not None:
        yield from _table(block.table)
    if block.picture is not None:
        yield from textwrap.wrap(block.picture.alt, width)


def _table(table: Table) -> Iterator[str]:
    rows = (table.columns, *table.rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    for row in rows:
        yield "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
