"""Where a citizen can complain: by the law the decision rests on, never by the department."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from assistant.core.domain import Pathway


@dataclass(frozen=True, slots=True)
class ComplaintBody:
    """Who hears a complaint, by when, and whether it is sent through the municipality."""

    id: str
    name_da: str
    name_en: str
    via_municipality: bool
    law: str
    confidence: float
    weeks: int | None = None
    years: int | None = None
    years_at_most: int | None = None

    def name(self, language: str) -> str:
        """The body's name."""
        return self.name_en if language == "en" else self.name_da


@dataclass(frozen=True, slots=True)
class Presentation:
    """What steers the form of a text: the fields read, the addressees, the complaint bodies."""

    goal_field: str
    representative_field: str
    paper_field: str
    addressees: Mapping[str, str]
    body_by_law: Mapping[str, str]
    bodies: Mapping[str, ComplaintBody]
    names_leave_out: tuple[str, ...]
    budget_rules: frozenset[str]


@cache
def presentation() -> Presentation:
    """The packaged presentation data."""
    text = (resources.files("explain") / "data" / "presentation.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Presentation(
        goal_field=data["fields"]["goal"],
        representative_field=data["fields"]["representative"],
        paper_field=data["fields"]["paper"],
        addressees=data["addressees"],
        body_by_law=data["complaint_by_law"],
        names_leave_out=tuple(data["names_leave_out"]),
        budget_rules=frozenset(data["budget_rules"]),
        bodies={key: ComplaintBody(id=key, **item) for key, item in data["complaint_bodies"].items()},
    )


def complaint_bodies(pathway: Pathway) -> tuple[ComplaintBody, ...]:
    """The bodies for a decision on this pathway, the first legal basis first.

    A body that the catalogue names outright wins. Two bodies mean that it depends on which law the decision uses.
    """
    known = presentation()
    named = [body for key, body in known.bodies.items() if pathway.complaint_body in (key, body.name_da)]
    if named:
        return tuple(named)
    ids = [known.body_by_law[ref.law] for ref in pathway.legal_basis if ref.law in known.body_by_law]
    return tuple(known.bodies[key] for key in dict.fromkeys(ids))
