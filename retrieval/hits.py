"""What a search gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from assistant.core.errors import UserError
from assistant.core.texts import Texts
from retrieval.passages import Passage
from retrieval.reasons import Reason


class NothingFoundError(UserError):
    """No passage has anything in common with a query."""

    def __init__(self, query: str) -> None:
        shown = query.strip()[:80]
        super().__init__(f"Nothing in the guidance resembles {shown!r}; try other or fewer words, in Danish.")


@dataclass(frozen=True)
class Hit:
    """A found passage; `score` is in [0, 1], 1 being best in every way of looking.

    The reasons are worked out when they are first asked for.
    """

    passage: Passage
    score: float
    _why: Callable[[], list[Reason]] = field(repr=False, compare=False)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the passage matched, the surest first."""
        return tuple(self._why())

    @cached_property
    def matched(self) -> tuple[str, ...]:
        """The reasons as Danish phrases."""
        danish = Texts.of("retrieval", "da")
        return tuple(reason.text(danish) for reason in self.reasons)
