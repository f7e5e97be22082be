"""The easy-read variant: the same sentences, fewer of them, with every right kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from assistant.core.texts import Texts
from explain.document import Block, Document, Sentence

KEEP: Mapping[str, int | None] = {
    "trial": None,
    "addressee": None,
    "suggestion": None,
    "why": 2,
    "outcome-why": 2,
    "rules": 2,
    "for": 1,
    "against": 1,
    "duties": None,
    "missing": 2,
    "changes": 1,
    "you-can": None,
    "decides": None,
    "refusal": None,
    "complain": None,
    "receipt": 1,
    "words": None,
}
"""What stays of each block: all of it, or its first sentences; a block that is not named is left to the long text."""


def easy_read(document: Document) -> Document:
    """The citizen's text cut to what must be known; nothing is reworded, so nothing new is claimed."""
    texts = Texts.of("explain", document.language)
    note = Block("easy", texts("heading-easy"), "paragraph", (Sentence(texts("easy-note"), "easy-note"),))
    kept = [
        dataclasses.replace(block, sentences=block.sentences[: KEEP[block.id]])
        for block in document.blocks
        if block.id in KEEP
    ]
    return dataclasses.replace(document, blocks=(*kept, note))
