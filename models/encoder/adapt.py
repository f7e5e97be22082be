"""Fit the built-in encoder to a municipality's own texts, without labels: a sentence must find its own passage."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.core.errors import UserError
from models.encoder.pairs import Pair
from models.encoder.train import SEED, WEIGHTS, Recipe, fitted, write

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-ZÆØÅ§])")

BATCH = 16
"""Small, so that even a short handbook gives enough steps to learn from."""

FEWEST = 50
"""Pairs below which fitting would only learn by heart."""


def own_pairs(texts: Sequence[str], seed: int) -> list[Pair]:
    """From each text one sentence with the rest of the text: two would each stand in the other's rest."""
    rng = random.Random(seed)
    pairs = []
    for text in texts:
        sentences = [part for part in _SENTENCE.split(text) if len(part) > 30]
        for sentence in rng.sample(sentences, min(1, len(sentences))):
            rest = " ".join(text.replace(sentence, " ").split())
            if len(rest) > 60:
                pairs.append(Pair(sentence, rest, "own-texts"))
    return list(dict.fromkeys(pairs))


def adapt(texts: Sequence[str], folder: Path, seed: int = SEED, epochs: int = 20) -> str:
    """Fit the built-in encoder further on passages and write it to `folder`; the new version's name.

    Words that the built-in vocabulary lacks stay cut into pieces. Raises `UserError` for too few texts.
    """
    from sentence_transformers import SentenceTransformer

    pairs = own_pairs(texts, seed)
    if len(pairs) < FEWEST:
        raise UserError(f"{len(pairs)} sentences are too few to adapt the encoder; import more guidance first.")
    recipe = Recipe(seed=seed, epochs=epochs, rate=0.005, batch=BATCH)
    model: Any = SentenceTransformer(str(WEIGHTS), device="cpu")
    return write(fitted(model, pairs, recipe), pairs, None, recipe, folder)
