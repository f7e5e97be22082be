"""Plain text: the file's name is its title."""

from __future__ import annotations

from pathlib import Path

from retrieval.documents import Document, decode, digest


def read(path: Path, data: bytes) -> list[Document]:
    """One document; its first line is the title when it is short and stands alone."""
    text = decode(path, data)
    head, _, rest = text.lstrip().partition("\n")
    alone = rest.startswith("\n") or not rest.strip()
    title = head.strip() if alone and len(head) <= 120 else path.stem
    return [Document(path.stem, title, text, digest(data), path.name)]
