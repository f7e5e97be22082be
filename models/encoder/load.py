"""Load an encoder: the built-in one without heavy libraries, any other through sentence-transformers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import MissingError

Encoder = Callable[[Sequence[str]], NDArray[Any]]
"""Texts to vectors, shape (texts, dimension)."""

BUILT_IN = "indbygget"


def built_in_encoder() -> Encoder | None:
    """The encoder that comes with the program; None before it has been trained."""
    folder = resources.files("models.encoder") / "weights"
    return _static(str(folder)) if folder.is_dir() else None


@cache
def _static(folder: str) -> Encoder:
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    place = Path(folder)
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    table = load_file(place / "model.safetensors")["embedding.weight"].astype(np.float32)

    def encode(texts: Sequence[str]) -> NDArray[Any]:
        if len(texts) == 1:  # a query: no need to wake the tokenizer's threads
            return _means(table, [tokenizer.encode(texts[0], add_special_tokens=False).ids])
        found = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return _means(table, [encoding.ids for encoding in found])

    return encode


def _means(table: NDArray[np.float32], rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """The mean of each text's word vectors; zero for a text without words."""
    found = np.zeros((len(rows), table.shape[1]), np.float32)
    for place, ids in enumerate(rows):
        if ids:
            found[place] = table[np.asarray(ids)].mean(axis=0)
    return found


def load_encoder(name: str = BUILT_IN) -> Encoder | None:
    """The encoder that a setting names: `indbygget`, `ingen`, a folder, or a model of the sentence-transformers hub.

    Raises `MissingError` when it cannot be loaded; nothing is fetched unless the environment allows it.
    """
    if name == "ingen":
        return None
    if name == BUILT_IN:
        return built_in_encoder()
    try:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(name, device="cpu")
    except (OSError, ValueError) as error:
        line = str(error).splitlines()[0][:120]
        raise MissingError(f"The encoder {name!r} cannot be loaded ({line}); give a folder that holds it.") from None

    def encode(texts: Sequence[str]) -> NDArray[Any]:
        found: NDArray[Any] = model.encode(list(texts), show_progress_bar=False, convert_to_numpy=True)
        return found

    return encode


def encoder_version(name: str = BUILT_IN) -> str:
    """A short name for exactly this encoder, for the record of a search."""
    if name != BUILT_IN:
        return name
    card = resources.files("models.encoder") / "weights" / "version.json"
    return str(json.loads(card.read_text(encoding="utf-8"))["version"]) if card.is_file() else "none"
