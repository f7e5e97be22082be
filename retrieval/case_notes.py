"""Earlier cases to *read*: found by what was written in their notes too. Nothing here ever reaches a score.

The index lives in memory only and is never saved: words of notes are personal data, and an erasure must not have
to look for them on disk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.analysis import char_ngrams, content, stems, words
from retrieval.cases import Earlier
from retrieval.fields import build_field, count_words, gram_terms, stem_terms
from retrieval.lexical import Postings, Saturation, bag_of
from retrieval.queries import GRAM


class Noted(Earlier, Protocol):
    """An earlier case with its note, in which personal data has been masked before."""

    @property
    def note(self) -> str:
        """What the caseworker wrote."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """An earlier case worth reading: how alike its note is (0 to 1), and which words they share."""

    case_id: str
    alike: float
    shared_words: tuple[str, ...]


@dataclass(slots=True)
class NoteIndex:
    """Notes of earlier cases, in order of case id."""

    ids: list[str]
    people: list[str]
    known_on: NDArray[np.int64]
    stem: Postings
    gram: Postings
    notes: list[str] = field(repr=False)

    @classmethod
    def build(cls, rows: Iterable[Noted]) -> NoteIndex:
        """An index over the cases that have a note and a known outcome."""
        kept = sorted((row for row in rows if row.note.strip() and row.outcome_on), key=lambda row: row.case_id)
        notes = [row.note for row in kept]
        counts, forms = count_words(notes)
        return cls(
            ids=[row.case_id for row in kept],
            people=[row.person_id for row in kept],
            known_on=np.array([row.outcome_on.toordinal() for row in kept if row.outcome_on], np.int64),
            stem=build_field(counts, forms, stem_terms, Saturation()),
            gram=build_field(counts, forms, gram_terms, Saturation()),
            notes=notes,
        )

    def search(self, note: str, known_before: dt.date, k: int = 10, exclude_person: str | None = None) -> list[Reading]:
        """The cases whose notes are most like `note`, best first, ties by id; empty for a note without words."""
        kept = content(words(note))
        if not kept or not self.ids:
            return []
        roots = bag_of(stems(kept))
        grams = bag_of(gram for word in kept for gram in char_ngrams(word, GRAM, GRAM))
        parts = [
            index.score({term: float(count) for term, count in bag.items()})
            for index, bag in ((self.stem, roots), (self.gram, grams))
        ]
        usable = self.known_on < known_before.toordinal()
        if exclude_person is not None:
            usable &= np.array([person != exclude_person for person in self.people])
        total = np.where(usable, sum(part / (part.max() or 1.0) for part in parts) / len(parts), 0.0)
        order = [int(row) for row in np.argsort(-total, kind="stable")[:k] if total[row] > 0]
        return [Reading(self.ids[row], float(total[row]), self._shared(row, kept)) for row in order]

    def _shared(self, row: int, asked: list[str]) -> tuple[str, ...]:
        there = set(stems(words(self.notes[row])))
        return tuple(dict.fromkeys(word for word, root in zip(asked, stems(asked), strict=True) if root in there))

    def remove_person(self, person_id: str) -> int:
        """Forget every note of a person; how many there were."""
        gone = [row for row, person in enumerate(self.people) if person == person_id]
        if not gone:
            return 0
        keep = [row for row in range(len(self.ids)) if self.people[row] != person_id]
        self.ids, self.people = [self.ids[row] for row in keep], [self.people[row] for row in keep]
        self.notes, self.known_on = [self.notes[row] for row in keep], self.known_on[keep]
        counts, forms = count_words(self.notes)  # made anew, so that no word of theirs stays in a vocabulary
        self.stem = build_field(counts, forms, stem_terms, Saturation())
        self.gram = build_field(counts, forms, gram_terms, Saturation())
        return len(gone)
