"""Split Danish compounds into words that the corpus itself uses: `genoptræningsplan` → `genoptræning` + `plan`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

SHORTEST_PART = 4
"""Letters a part has at least; shorter ones ("ret", "job") join too many words by chance, save as a last part."""

SHORTEST_LAST = 3
LINKS = ("", "s", "e")
"""Letters that Danish puts between the parts."""


class CompoundSplitter:
    """Knows a corpus's words and how often each is used."""

    def __init__(self, counts: Mapping[str, int], least: int = 2) -> None:
        self.counts = {
            word: count
            for word, count in counts.items()
            if count >= least and len(word) >= SHORTEST_LAST and word.isalpha()
        }
        self.parts = lru_cache(maxsize=200_000)(self._parts)

    def _parts(self, word: str) -> tuple[str, ...]:
        """The parts of a compound; empty for a word that is none.

        The split whose parts are used most (geometric mean of counts) wins, as Koehn and Knight (2003) do, but
        a word that is itself used more than its parts stays whole.
        """
        if len(word) < 2 * SHORTEST_PART or not word.isalpha():
            return ()
        best: tuple[str, ...] = ()
        best_score = float(self.counts.get(word, 0))
        for cut in range(SHORTEST_PART, len(word) - SHORTEST_LAST + 1):
            tail = word[cut:]
            tail_count = self.counts.get(tail, 0)
            if not tail_count:
                continue
            for link in LINKS:
                head = word[: cut - len(link)] if link else word[:cut]
                if not word[:cut].endswith(link) or len(head) < SHORTEST_PART or head not in self.counts:
                    continue
                score = (self.counts[head] * tail_count) ** 0.5
                if score > best_score:
                    best, best_score = (head, tail), score
        if not best:
            return ()
        return tuple(part for half in best for part in (self.parts(half) or (half,)))
