"""A document as a tagged PDF (PDF/UA-1 and PDF/A-2a) with embedded fonts and selectable text.

Typst typesets it: its wheel is self-contained, so no system library is needed. The fonts are the DejaVu family
that comes with matplotlib; nothing is read from the system, so the same document gives the same bytes anywhere.
"""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.texts import Texts
from explain.document import Document
from explain.qr import qr_svg
from explain.render_json import render_json

if TYPE_CHECKING:
    import typst


def render_pdf(document: Document, *, on: dt.date, author: str = "Vejviser", large: bool = False) -> bytes:
    """The document as PDF bytes, dated `on`; the same input gives the same bytes."""
    import typst

    texts = Texts.of("explain", document.language)
    content = render_json(document)
    for block in content["blocks"]:
        if "table" in block:
            block["table"]["widths"] = _widths(block["table"])
    data = {
        **content,
        "author": author,
        "fonts": ["DejaVu Sans"],
        "size": "15pt" if large else "11.5pt",
        "year": on.year,
        "month": on.month,
        "day": on.day,
        "machine_note": texts("machine-written"),
        "qr": qr_svg(document.receipt) if document.receipt else "",
        "qr_alt": texts("receipt-qr-alt", suggestion=document.suggestion_id),
    }
    source = (resources.files("explain") / "templates" / "document.typ").read_bytes()
    made: bytes = typst.compile(
        source,
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"document": _printable(json.dumps(data, ensure_ascii=False))},
        # PDF/A-2a for keeping, PDF/UA-1 for screen readers; a file that breaks either is not made.
        pdf_standards=["a-2a", "ua-1"],
        timestamp=dt.datetime(on.year, on.month, on.day, tzinfo=dt.UTC),
    )
    return made


def _printable(text: str) -> str:
    """The text with a replacement mark for what PDF/A forbids: private, unassigned and half characters."""
    return "".join("\ufffd" if unicodedata.category(sign) in ("Co", "Cn", "Cs") else sign for sign in text)


def _widths(table: Mapping[str, Any]) -> list[float]:
    """Shares of the page per column: the root of its longest cell, so that a long text gets room, not all of it."""
    rows = [table["columns"], *table["rows"]]
    return [max(2.5, max(len(row[i]) for row in rows) ** 0.5) for i in range(len(table["columns"]))]


@cache
def _fonts() -> typst.Fonts:
    import matplotlib
    import typst

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
