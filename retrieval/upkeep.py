"""Keep an index's parts in step when documents come and go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import UserError
from retrieval.compounds import CompoundSplitter
from retrieval.dense import Encoder, encode
from retrieval.documents import Document
from retrieval.fields import TermsOf, bags, build_field, gram_terms, part_terms, sequence_of, stem_terms
from retrieval.law_refs import read_labels
from retrieval.lexical import Saturation
from retrieval.passages import Passage, split
from retrieval.store import passage_row, source_row, state_hash

if TYPE_CHECKING:
    from retrieval.guidance import GuidanceIndex

Progress = Callable[[int, int], None]
"""Called with passages done and passages in all."""

_BATCH = 512


def refuse_doubles(documents: Sequence[Document]) -> None:
    """Raise `UserError` when there is no document, or two have the same id."""
    if not documents:
        raise UserError("There is no guidance to index; import documents first.")
    seen: dict[str, str] = {}
    for document in documents:
        if document.id in seen:
            raise UserError(
                f"{document.source}: has the id {document.id!r}, as {seen[document.id]} has; give each its own id."
            )
        seen[document.id] = document.source


def body_fields(splitter: CompoundSplitter) -> list[tuple[str, TermsOf]]:
    """The fields over a passage's text, and what stands for a word in each."""
    return [("stem", stem_terms), ("gram", gram_terms), ("parts", part_terms(splitter))]


def heading(passage: Passage) -> str:
    """Title and headings of a passage."""
    return " ".join((passage.document_title, *passage.heading_path))


def encoder_text(passage: Passage) -> str:
    """What the encoder reads of a passage."""
    return f"{heading(passage)}. {passage.text}"


def encode_passages(
    encoder: Encoder, passages: Sequence[Passage], progress: Progress | None = None
) -> NDArray[np.int8]:
    """The vectors of passages, telling `progress` after each batch."""
    parts = []
    for start in range(0, len(passages), _BATCH):
        parts.append(encode(encoder, [encoder_text(p) for p in passages[start : start + _BATCH]]))
        if progress is not None:
            progress(min(start + _BATCH, len(passages)), len(passages))
    return np.concatenate(parts)


def register(index: GuidanceIndex, documents: Sequence[Document]) -> list[Passage]:
    """Note documents and their passages in everything but the fields and vectors; the passages."""
    added: list[Passage] = []
    for document in documents:
        source = len(index.sources)
        row = source_row(document)
        index.sources.append(row)
        if document.asked:
            index.asking[source] = list(document.asked)
        index.state[document.id] = state_hash(row)
        for found in split(document, index.laws):
            passage = found
            if found.id in index.row_of_id:  # an earlier version's; its quotes keep the name
                passage = replace(found, id=f"{found.id}@{document.text_hash[:8]}.{source}")
            _note(index, passage, source)
            added.append(passage)
    index.rows.add(added)
    return added


def _note(index: GuidanceIndex, passage: Passage, source: int) -> None:
    row = len(index.passages)
    index.passages.append(passage_row(passage))
    index.source_of_row.append(source)
    index.row_of_id[passage.id] = row
    index.refs.add(row, list(chain.from_iterable(map(read_labels, passage.law_refs))))
    for pathway in passage.pathways:
        index.pathway_rows.setdefault(pathway, []).append(row)


def phrasings(index: GuidanceIndex) -> list[tuple[int, str]]:
    """The living documents' phrasings, each with its document's code."""
    found: dict[tuple[int, str], None] = {}
    for number, texts in index.asking.items():
        code = index.rows.code(index.sources[number]["document_id"])
        if bool((index.rows.alive & (index.rows.document == code)).any()):
            found.update(dict.fromkeys((code, text) for text in texts))
    return list(found)


def extend(index: GuidanceIndex, passages: Sequence[Passage]) -> None:
    """Add registered passages to the fields and vectors."""
    if not passages:
        return
    texts = [passage.text for passage in passages]
    for name, terms in body_fields(index.splitter):
        index.fields[name].add(bags(texts, terms))
    vocabulary = index.fields["stem"].vocabulary
    index.sequences.add([sequence_of(text, vocabulary) for text in texts])
    index.fields["head"].add(bags([heading(passage) for passage in passages], part_terms(index.splitter)))
    regroup(index, {int(code) for code in index.rows.group[-len(texts) :]})
    if index.encoder is not None and index.vectors is not None:
        index.vectors.add(encode_passages(index.encoder, passages))


def retire(index: GuidanceIndex, document_id: str, begins: date | None) -> None:
    """Take a document's passages out of the search; from `begins` on only, if they hold before that day."""
    rows = np.flatnonzero((index.rows.document == index.rows.code(document_id)) & index.rows.alive)
    if begins is not None:
        stays = index.rows.valid_from[rows] < begins.toordinal()
        early = rows[stays]
        index.rows.valid_to[early] = np.minimum(index.rows.valid_to[early], begins.toordinal() - 1)
        rows = rows[~stays]
    if not len(rows):
        return
    index.rows.alive[rows] = False
    for name, field in index.fields.items():
        if name != "group":
            field.forget(rows.tolist())
    regroup(index, {int(code) for code in index.rows.group[rows]})


def build_groups(index: GuidanceIndex, counts: Any, forms: Sequence[str], kind: Saturation) -> None:
    """Make the field of whole works from the word counts of their passages."""
    from scipy import sparse

    codes, place = np.unique(index.rows.group, return_inverse=True)
    member = sparse.csr_matrix(
        (np.ones(len(place), np.float32), (place, np.arange(len(place)))), shape=(len(codes), len(place))
    )
    index.fields["group"] = build_field(member @ counts, forms, stem_terms, kind)
    index.group_rows = np.full(len(index.rows.names), -1, np.int64)
    index.group_rows[codes] = np.arange(len(codes))


def regroup(index: GuidanceIndex, codes: set[int]) -> None:
    """Make the rows of some works anew from their living passages."""
    field = index.fields["group"]
    missing = len(index.rows.names) - len(index.group_rows)
    index.group_rows = np.concatenate([index.group_rows, np.full(missing, -1, np.int64)])
    old = [int(index.group_rows[code]) for code in sorted(codes) if index.group_rows[code] >= 0]
    if old:
        field.forget(old)
    for code in sorted(codes):
        rows = np.flatnonzero((index.rows.group == code) & index.rows.alive)
        if len(rows):
            text = "\n".join(index.passages[int(row)]["text"] for row in rows)
            field.add(bags([text], stem_terms))
            index.group_rows[code] = field.size - 1
