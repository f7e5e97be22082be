"""Word documents: headings, paragraphs, lists and tables in order."""

from __future__ import annotations

import io
import re
from pathlib import Path
from zipfile import BadZipFile

from assistant.core.errors import UserError
from retrieval.documents import Document, digest
from retrieval.readers.builder import TextBuilder

_HEADING = re.compile(r"(?:heading|overskrift)\s*(\d)", re.I)


def read(path: Path, data: bytes) -> list[Document]:
    """One document; Word's heading styles (English or Danish) give the structure.

    Raises `UserError` for a file that is no .docx, is encrypted or holds no text.
    """
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    try:
        word = docx.Document(io.BytesIO(data))
    except (BadZipFile, PackageNotFoundError, KeyError, ValueError):
        raise UserError(f"{path}: is no readable .docx (perhaps encrypted or an old .doc); save it as .docx.") from None
    builder = TextBuilder()
    title = word.core_properties.title or ""
    for item in word.iter_inner_content():
        if isinstance(item, Table):
            for row in item.rows:
                cells = dict.fromkeys(cell.text.strip() for cell in row.cells)
                builder.block(" | ".join(cell for cell in cells if cell))
            continue
        style = item.style.name if item.style is not None and item.style.name else ""
        level = _HEADING.match(style)
        if level and item.text.strip():
            builder.heading(int(level[1]), item.text.strip())
        elif style.lower() in ("title", "titel") and item.text.strip():
            title = title or item.text.strip()
            builder.block(item.text)
        else:
            builder.block(item.text)
    if not builder.parts:
        raise UserError(f"{path}: holds no text; export it again.")
    first = next((section.heading_path[0] for section in builder.sections if section.heading_path), path.stem)
    media = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return [
        Document(
            path.stem, title or first, builder.text, digest(data), path.name,
            media_type=media, sections=tuple(builder.sections),
        )
    ]  # fmt: skip
