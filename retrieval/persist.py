"""Write an index to a folder and read it back; large parts stay on disk until a search needs them."""

from __future__ import annotations

import json
import shutil
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.core.errors import MissingError, UserError
from retrieval.asked import build_asked
from retrieval.compounds import CompoundSplitter
from retrieval.dense import VectorIndex, Vectors, encode
from retrieval.law_refs import read_labels
from retrieval.lexical import Postings
from retrieval.rows import Rows
from retrieval.sequences import Sequences
from retrieval.store import Lines
from retrieval.upkeep import phrasings

if TYPE_CHECKING:
    from retrieval.guidance import GuidanceIndex

FORMAT = 1
"""Number of the layout on disk; another one must be built anew."""


def save(index: GuidanceIndex, folder: Path) -> None:
    """Write beside `folder` and then change places, so that a reader sees the old or the new one."""
    fresh = folder.with_name(f"{folder.name}.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(parents=True)
    for name, field in index.fields.items():
        field.save(fresh / f"field_{name}")
    index.rows.save(fresh)
    index.sequences.save(fresh)
    index.passages.save(fresh / "passages.jsonl")
    index.sources.save(fresh / "sources.jsonl")
    np.save(fresh / "source_of_row.npy", np.array(index.source_of_row, np.int64))
    np.save(fresh / "group_rows.npy", index.group_rows)
    if index.vectors is not None:
        index.vectors.save(fresh / "vectors.npy")
    _write_json(fresh / "pathways.json", index.pathway_rows)
    _write_json(fresh / "refs.json", index.refs.labels())
    _write_json(fresh / "words.json", index.word_counts)
    _write_json(fresh / "asked.json", {str(number): texts for number, texts in index.asking.items()})
    _write_json(fresh / "index.json", {"format": FORMAT, "version": index.version, "state": index.state})
    old = folder.with_name(f"{folder.name}.old")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    if old.exists():
        shutil.rmtree(old)


def load(index: GuidanceIndex, folder: Path, vector_index: VectorIndex | None = None) -> None:
    """Fill an empty index from `folder`."""
    if not (folder / "index.json").is_file():
        raise MissingError(f"There is no guidance index at {folder}; make one with `vejviser init`.")
    head = _read_json(folder / "index.json")
    if head.get("format") != FORMAT:
        raise MissingError(f"The guidance index at {folder} has an older form; make it anew with `vejviser init`.")
    index.state = head["state"]
    names = sorted(place.name for place in folder.glob("field_*"))
    index.fields = {name.removeprefix("field_"): Postings.load(folder / name) for name in names}
    index.rows = Rows.load(folder)
    index.sequences = Sequences.load(folder)
    index.passages = Lines(folder / "passages.jsonl")
    index.sources = Lines(folder / "sources.jsonl")
    index.source_of_row = np.load(folder / "source_of_row.npy").tolist()
    index.group_rows = np.load(folder / "group_rows.npy")
    index.row_of_id = {name: row for row, name in enumerate(index.rows.ids)}
    index.pathway_rows = _read_json(folder / "pathways.json")
    for label, rows in _read_json(folder / "refs.json").items():
        index.refs.add_rows(list(chain(read_labels(label))), rows)
    index.word_counts = _read_json(folder / "words.json")
    index.splitter = CompoundSplitter(index.word_counts)
    index.asking = {int(number): texts for number, texts in _read_json(folder / "asked.json").items()}
    _load_vectors(index, folder / "vectors.npy", vector_index)
    index.asked = build_asked(phrasings(index))


def _load_vectors(index: GuidanceIndex, path: Path, vector_index: VectorIndex | None) -> None:
    if index.encoder is None or not path.is_file():
        return
    numbers = np.load(path)
    dimension = encode(index.encoder, ["x"]).shape[1]
    if dimension != numbers.shape[1]:
        raise UserError(
            f"{path}: was made by an encoder with {numbers.shape[1]} dimensions, the one in the settings has "
            f"{dimension}; make the index anew with `vejviser index`."
        )
    index.vectors = Vectors(numbers, vector_index)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, sort_keys=False), encoding="utf-8")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
