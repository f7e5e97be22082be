"""The outcome of a check: what is wrong, and from where on the log can no longer be trusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of the whole log found; `first_bad` is the first entry that can no longer be trusted.

    `place` names the thing itself ("entry 17", "payload 17", "node 3/2", "checkpoint 64"), `kind` is a stable
    code for it, and `reason` one sentence.
    """

    ok: bool
    size: int
    first_bad: int | None = None
    reason: str | None = None
    place: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; the fault lies in an entry from `first_bad` to `last` (itself when None)."""

    first_bad: int
    place: str
    kind: str
    reason: str
    last: int | None = None

    @property
    def by(self) -> int:
        """The entry by which the fault shows."""
        return self.first_bad if self.last is None else self.last

    def report(self, size: int) -> Report:
        """The finding as the outcome of a check."""
        return Report(False, size, self.first_bad, f"{self.place}: {self.reason}", self.place, self.kind)
