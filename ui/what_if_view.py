"""What a trial change of one fact would move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """A pathway before and after one fact was changed."""

    name: str
    before: int | None
    after: int | None
    chance_before: float | None
    chance_after: float | None
    eligibility_before: str
    eligibility_after: str

    @property
    def same(self) -> bool:
        """Whether nothing a reader would notice has moved."""
        return self.before == self.after and self.eligibility_before == self.eligibility_after


def moved(before: Json, after: Json, lang: str) -> list[Moved]:
    """The pathways that stand in the order before or after, in the order of after."""
    old = {item["pathway"]: item for item in before["assessments"]}
    new = {item["pathway"]: item for item in after["assessments"]}
    touched: Iterable[str] = (
        key
        for key in new
        if new[key]["order"] or old[key]["order"] or new[key]["eligibility"] != old[key]["eligibility"]
    )
    lines = [
        Moved(
            name=new[key][f"name_{lang}"],
            before=old[key]["order"],
            after=new[key]["order"],
            chance_before=old[key]["probability"],
            chance_after=new[key]["probability"],
            eligibility_before=old[key]["eligibility"],
            eligibility_after=new[key]["eligibility"],
        )
        for key in touched
    ]
    return sorted(lines, key=lambda line: (line.after or 99, line.before or 99, line.name))
