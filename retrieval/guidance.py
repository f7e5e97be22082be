"""The guidance index: documents in, verified passages out, each with the reasons it was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import UserError
from retrieval import persist, upkeep
from retrieval.asked import Asked, build_asked
from retrieval.compounds import CompoundSplitter
from retrieval.dense import Encoder, VectorIndex, Vectors, encode
from retrieval.documents import Document
from retrieval.fields import build_field, build_sequences, count_words, part_terms, read_words
from retrieval.fusion import Fusion, built_in_fusion
from retrieval.hits import Hit, NothingFoundError
from retrieval.law_refs import LawNames
from retrieval.lexical import Postings, Saturation
from retrieval.passages import Passage
from retrieval.queries import Query, read_query
from retrieval.reasons import reasons
from retrieval.rows import Rows
from retrieval.scoring import RefRows, Scored, lexical_columns, score, weights_for
from retrieval.sequences import Sequences, pair_scores
from retrieval.store import Lines, content_version, row_passage, source_row, state_hash
from retrieval.thesaurus import Thesaurus, load_thesaurus

__all__ = ["GuidanceIndex", "Hit", "NothingFoundError"]

FIELD_KINDS = {
    "stem": Saturation(1.2, 0.6),
    "gram": Saturation(1.2, 0.6),
    "head": Saturation(1.2, 0.3),
    "parts": Saturation(1.2, 0.6),
    "group": Saturation(1.2, 0.75),
}


@dataclass(slots=True)
class GuidanceIndex:
    """Searchable guidance. Make one with `build` or `load`."""

    laws: LawNames
    thesaurus: Thesaurus
    fusion: Fusion
    encoder: Encoder | None = None
    fields: dict[str, Postings] = field(default_factory=dict)
    sequences: Sequences = field(default_factory=lambda: Sequences(np.zeros(1, np.int64), np.empty(0, np.int32)))
    asked: Asked = field(default_factory=lambda: build_asked([]))
    rows: Rows = field(default_factory=Rows)
    passages: Lines = field(default_factory=Lines)
    sources: Lines = field(default_factory=Lines)
    """Every stored version of every document; a version that was replaced stays for the sake of old quotes."""
    source_of_row: list[int] = field(default_factory=list)
    asking: dict[int, list[str]] = field(default_factory=dict)
    """The phrasings of sources that have any, by the source's number."""
    state: dict[str, str] = field(default_factory=dict)
    """The hash of the version in use, by document id."""
    vectors: Vectors | None = None
    splitter: CompoundSplitter = field(default_factory=lambda: CompoundSplitter({}))
    word_counts: dict[str, int] = field(default_factory=dict)
    group_rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """Row in the group field, by the group's code; -1 for a code that names no group."""
    refs: RefRows = field(default_factory=RefRows)
    row_of_id: dict[str, int] = field(default_factory=dict)
    pathway_rows: dict[str, list[int]] = field(default_factory=dict)

    # ------------------------------------------------------------------ making

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        laws: LawNames,
        *,
        encoder: Encoder | None = None,
        thesaurus: Thesaurus | None = None,
        fusion: Fusion | None = None,
        progress: upkeep.Progress | None = None,
        vector_index: VectorIndex | None = None,
    ) -> GuidanceIndex:
        """An index over documents; `vector_index` stands in FAISS's place.

        Raises `UserError` when there is none, or two have the same id.
        """
        upkeep.refuse_doubles(documents)
        index = cls(laws, load_thesaurus() if thesaurus is None else thesaurus, fusion or built_in_fusion(), encoder)
        passages = upkeep.register(index, documents)
        if not passages:
            raise UserError("There is no guidance to index; import documents first.")
        read = read_words(passage.text for passage in passages)
        counts, forms = read.counts(), read.forms
        used = np.asarray(counts.sum(axis=0)).ravel()
        index.word_counts = {form: int(count) for form, count in zip(forms, used, strict=True)}
        index.splitter = CompoundSplitter(index.word_counts)
        for name, terms in upkeep.body_fields(index.splitter):
            index.fields[name] = build_field(counts, forms, terms, FIELD_KINDS[name])
        index.sequences = build_sequences(read, index.fields["stem"].vocabulary)
        head_counts, head_forms = count_words(map(upkeep.heading, passages))
        parts = part_terms(index.splitter)
        index.fields["head"] = build_field(head_counts, head_forms, parts, FIELD_KINDS["head"])
        upkeep.build_groups(index, counts, forms, FIELD_KINDS["group"])
        if encoder is not None:
            index.vectors = Vectors(upkeep.encode_passages(encoder, passages, progress), vector_index)
        index.asked = build_asked(upkeep.phrasings(index))
        return index

    def add(self, documents: Sequence[Document]) -> list[str]:
        """Add documents, or put new versions in place of those with the same ids; the changed ids.

        What did not change is passed over. The old version leaves the search but stays stored for its quotes,
        save that a new version which begins later leaves the old one valid until the day before.
        """
        upkeep.refuse_doubles(documents)
        changed = [doc for doc in documents if self.state.get(doc.id) != state_hash(source_row(doc))]
        for document in changed:
            if document.id in self.state:
                upkeep.retire(self, document.id, document.valid_from)
        upkeep.extend(self, upkeep.register(self, changed))
        self.asked = build_asked(upkeep.phrasings(self))
        return [document.id for document in changed]

    def remove(self, document_id: str) -> None:
        """Take a document out of the search; its stored versions stay for the sake of old quotes.

        Raises `UserError` when it is not there.
        """
        if document_id not in self.state:
            raise UserError(f"There is no document {document_id!r} in the index; check the id.")
        upkeep.retire(self, document_id, None)
        del self.state[document_id]
        self.asked = build_asked(upkeep.phrasings(self))

    # ---------------------------------------------------------------- searching

    def search(self, query: str, k: int = 10, as_of: date | None = None, corpus: str | None = None) -> list[Hit]:
        """The `k` best passages valid on `as_of` (None: whatever the day), best first, ties by id.

        Raises `UserError` for a query without words, or when nothing is valid then; `NothingFoundError`
        when no passage has anything in common with the query.
        """
        asked, scored = self._scored(query, as_of, corpus)
        order = self._order(scored, k)
        if not len(order):
            raise NothingFoundError(query)
        hits = []
        for place in order:
            passage = self.passage(int(scored.rows[place]))
            why = partial(reasons, asked, passage, self.splitter, float(scored.nearness[place]))
            hits.append(Hit(passage, float(scored.scores[place]), why))
        return hits

    def ranking(self, query: str, k: int = 100, as_of: date | None = None) -> list[tuple[str, float]]:
        """Passage ids and scores alone, best first: `search` without reading texts or giving reasons."""
        _, scored = self._scored(query, as_of, None)
        order = self._order(scored, k)
        return [(self.rows.ids[int(scored.rows[place])], float(scored.scores[place])) for place in order]

    def candidates(self, query: str) -> tuple[Query, Scored]:
        """The candidates of a query in every channel, for learning and judging the weights of fusion."""
        return self._scored(query, None, None)

    def support(self, query: str, pathway: str, as_of: date | None = None) -> list[tuple[str, float]]:
        """The pathway's at most 10 best passages for a query, with relevance in [0, 1].

        1 is a passage that is the best of all guidance in every way of looking. Empty for a query without
        words and for a pathway without guidance.
        """
        return self.support_all(query, [pathway], as_of)[pathway]

    def support_all(
        self, query: str, pathways: Iterable[str], as_of: date | None = None
    ) -> dict[str, list[tuple[str, float]]]:
        """`support` for several pathways at the price of one search."""
        wanted = list(pathways)
        rows = np.unique(np.array(list(chain.from_iterable(self.pathway_rows.get(p, ()) for p in wanted)), int))
        try:
            _, scored = self._scored(query, as_of, None, rows)
        except UserError:
            return {pathway: [] for pathway in wanted}
        found: dict[str, list[tuple[str, float]]] = {}
        by_row = {int(row): place for place, row in enumerate(scored.rows)}
        for pathway in wanted:
            places = [by_row[row] for row in self.pathway_rows.get(pathway, ()) if row in by_row]
            best = [(self.rows.ids[int(scored.rows[p])], float(scored.scores[p])) for p in places]
            best = [pair for pair in best if pair[1] > 0]
            found[pathway] = sorted(best, key=lambda pair: (-pair[1], pair[0]))[:10]
        return found

    def _scored(
        self, text: str, as_of: date | None, corpus: str | None, within: NDArray[np.int64] | None = None
    ) -> tuple[Query, Scored]:
        query = read_query(text, self.thesaurus, self.splitter, self.laws)
        allowed = self.rows.allowed(as_of, corpus)
        if not allowed.any():
            raise UserError(nothing_valid(as_of, corpus))
        within = within[allowed[within]] if within is not None else None
        vector = encode(self.encoder, [text])[0] if self.encoder and self.vectors is not None else None
        weights = weights_for(self.fusion, query, vector is not None)
        ref_rows = [self.refs.find(ref) for ref in query.refs]
        groups = self.group_rows[self.rows.group]
        raw = lexical_columns(self.fields, groups, query, ref_rows, self.asked, self.rows.document)
        pairs = partial(pair_scores, self.sequences, self.fields["stem"], query.pairs)
        return query, score(raw, weights, allowed, self.vectors, vector, within, pairs)

    def _order(self, scored: Scored, k: int) -> list[int]:
        """Places of the `k` best candidates, best first, equal scores by passage id."""
        rank = self.rows.rank()[scored.rows]
        order = np.lexsort((rank, -scored.scores))[:k]
        found: list[int] = order[scored.scores[order] > 0].tolist()
        return found

    # ---------------------------------------------------------------- passages and quotes

    def passage(self, row: int) -> Passage:
        """The passage of a row, with its validity as it stands now."""
        passage = row_passage(self.passages[row])
        last = int(self.rows.valid_to[row])
        ends = date.fromordinal(last) if last <= date.max.toordinal() else None
        return passage if ends == passage.valid_to else replace(passage, valid_to=ends)

    def find_passage(self, passage_id: str) -> Passage:
        """The passage with this id, a replaced version's too; `UserError` when there is none."""
        if passage_id not in self.row_of_id:
            raise UserError(f"There is no passage {passage_id!r} in the guidance index; check the id.")
        return self.passage(self.row_of_id[passage_id])

    def verify_quote(self, passage_id: str, quote: str) -> bool:
        """Whether `quote` stands byte for byte in the passage, and the passage in its unchanged stored source."""
        return self.quote_fault(passage_id, quote) is None

    def quote_fault(self, passage_id: str, quote: str) -> str | None:
        """The key of the text that says why a quote may not be shown; None when it may."""
        if passage_id not in self.row_of_id or not quote:
            return "quote-unknown-passage"
        row = self.row_of_id[passage_id]
        passage, source = self.passages[row], self.sources[self.source_of_row[row]]
        if hashlib.sha256(source["text"].encode()).hexdigest() != source["text_hash"]:
            return "quote-source-changed"
        if source["text"][passage["start"] : passage["end"]] != passage["text"]:
            return "quote-passage-changed"
        return None if quote in passage["text"] else "quote-not-there"

    def save(self, folder: Path) -> None:
        """Write the index into `folder`, in place of what is there; half-written it is never."""
        persist.save(self, folder)

    @classmethod
    def load(
        cls,
        folder: Path,
        laws: LawNames,
        *,
        encoder: Encoder | None = None,
        thesaurus: Thesaurus | None = None,
        fusion: Fusion | None = None,
        vector_index: VectorIndex | None = None,
    ) -> GuidanceIndex:
        """Read what `save` wrote; give the encoder that the index was built with.

        Raises `MissingError` when there is no index, `UserError` when the encoder's vectors have another length.
        """
        index = cls(laws, load_thesaurus() if thesaurus is None else thesaurus, fusion or built_in_fusion(), encoder)
        persist.load(index, folder, vector_index)
        return index

    @property
    def version(self) -> str:
        """A short hash of the content: the same documents give the same version, in whatever order they came."""
        return content_version(f"{name}\t{value}" for name, value in self.state.items())


def nothing_valid(as_of: date | None, corpus: str | None) -> str:
    """The sentence for a search in which no passage may be shown."""
    when = f" valid on {as_of.isoformat()}" if as_of else ""
    where = f" in the corpus {corpus!r}" if corpus else ""
    return f"There is no guidance{where}{when}; choose another date or corpus, or import guidance."
