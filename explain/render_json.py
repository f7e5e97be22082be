"""A document as plain JSON values; claims go with their sentences, so that anyone can check them."""

from __future__ import annotations

from typing import Any

from explain.document import Block, Document, Sentence


def render_json(document: Document) -> dict[str, Any]:
    """The document as JSON: `{reader, language, title, suggestion_id, receipt, blocks: [...]}`."""
    return {
        "reader": document.reader,
        "language": document.language,
        "title": document.title,
        "suggestion_id": document.suggestion_id,
        "receipt": document.receipt,
        "blocks": [_block(block) for block in document.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    found: dict[str, Any] = {"id": block.id, "heading": block.heading, "style": block.style}
    if block.intro is not None:
        found["intro"] = block.intro.text
    if block.sentences:
        found["sentences"] = [_sentence(sentence) for sentence in block.sentences]
    if block.table is not None:
        found["table"] = {
            "columns": list(block.table.columns),
            "rows": [list(row) for row in block.table.rows],
            "caption": block.table.caption,
        }
    if block.picture is not None:
        found["picture"] = {"svg": block.picture.svg, "alt": block.picture.alt}
    return found


def _sentence(sentence: Sentence) -> dict[str, Any]:
    claims = [
        {"pathway": claim.pathway, "source": claim.source, "sign": claim.sign, "rank": claim.rank}
        for claim in sentence.claims
    ]
    found: dict[str, Any] = {"text": sentence.text, "key": sentence.key}
    if claims:
        found["claims"] = claims
    if sentence.machine_written:
        found["machine_written"] = True
    return found
