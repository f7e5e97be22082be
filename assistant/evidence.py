"""What a suggestion rests on besides the case: similar earlier cases and guidance, gathered once and recorded.

Everything here is plain data, so that a suggestion can be derived again from the record alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import Catalogue
from assistant.core.consider import Considered
from assistant.core.domain import ModelUse, Value
from assistant.core.errors import UserError
from assistant.core.predicates import leaves


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage as shown: the words stand byte for byte in the stored source, or it is not here."""

    passage_id: str
    document: str
    quote: str
    law_refs: tuple[str, ...]
    heading: str
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastCases:
    """Similar earlier cases under opaque names that hold for this suggestion only, and how they went."""

    names: tuple[str, ...]
    reached: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Supporting:
    """The passages whose relevance the score reads, at most ten, with relevance in [0, 1]."""

    passage_ids: tuple[str, ...]
    relevances: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """By pathway: similar earlier cases, supporting passages, and quotes to read."""

    past: Mapping[str, PastCases] = field(default_factory=dict)
    support: Mapping[str, Supporting] = field(default_factory=dict)
    quotes: Mapping[str, tuple[Quote, ...]] = field(default_factory=dict)
    withheld_quotes: int = 0

    def to_json(self) -> dict[str, Any]:
        """The evidence as plain JSON; `evidence_from_json` reads it back."""
        return {
            "past": {key: asdict(item) for key, item in self.past.items()},
            "support": {key: asdict(item) for key, item in self.support.items()},
            "quotes": {key: [asdict(quote) for quote in items] for key, items in self.quotes.items()},
            "withheld_quotes": self.withheld_quotes,
        }


def evidence_from_json(data: Mapping[str, Any]) -> Evidence:
    """Read what `Evidence.to_json` wrote."""
    return Evidence(
        past={key: PastCases(tuple(i["names"]), tuple(i["reached"])) for key, i in data["past"].items()},
        support={
            key: Supporting(tuple(i["passage_ids"]), tuple(i["relevances"])) for key, i in data["support"].items()
        },
        quotes={
            key: tuple(
                Quote(
                    passage_id=q["passage_id"],
                    document=q["document"],
                    quote=q["quote"],
                    law_refs=tuple(q["law_refs"]),
                    heading=q["heading"],
                    matched=tuple(q["matched"]),
                )
                for q in items
            )
            for key, items in data["quotes"].items()
        },
        withheld_quotes=data["withheld_quotes"],
    )


class FoundPassage(Protocol):
    """A passage as guidance search gives it."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def text(self) -> str:
        """Its words, a span of the stored source."""
        ...

    @property
    def document_title(self) -> str:
        """The title of its document."""
        ...

    @property
    def heading_path(self) -> tuple[str, ...]:
        """The headings it stands under."""
        ...

    @property
    def law_refs(self) -> tuple[str, ...]:
        """The law it names."""
        ...


class Guidance(Protocol):
    """The guidance index, as far as a suggestion uses it."""

    def support_all(
        self, query: str, pathways: Iterable[str], as_of: dt.date | None = None
    ) -> dict[str, list[tuple[str, float]]]:
        """Per pathway its at most ten best passages for a query, with relevance."""
        ...

    def find_passage(self, passage_id: str) -> FoundPassage:
        """The passage with this id."""
        ...

    def verify_quote(self, passage_id: str, quote: str) -> bool:
        """Whether the words stand in the unchanged stored source."""
        ...


class Found(Protocol):
    """Neighbours, nearest first."""

    @property
    def ids(self) -> list[str]:
        """Ids of earlier cases."""
        ...

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Whether their goal was reached."""
        ...


class History(Protocol):
    """The index of earlier cases, as far as a suggestion uses it."""

    def nearest(
        self,
        facts: Mapping[str, Value | None],
        pathway: str,
        k: int = 50,
        known_before: dt.date | None = None,
        exclude_person: str | None = None,
    ) -> Found:
        """The earlier cases most alike that got the pathway, their outcome known before a day."""
        ...


def score_facts(considered: Considered, catalogue: Catalogue) -> dict[str, Value]:
    """The facts in view that a score may read."""
    return allowed_values({name: fact.value for name, fact in considered.view.facts.items()}, catalogue)


def allowed_values(values: Mapping[str, Value], catalogue: Catalogue) -> dict[str, Value]:
    """What a score may read of some values: `model_use: allowed`, item by item in lists; nothing protected."""
    allowed: dict[str, Value] = {}
    for name, value in values.items():
        spec = catalogue.fields[name]
        if spec.model_use is not ModelUse.ALLOWED or spec.protected:
            continue
        if isinstance(value, tuple):
            allowed[name] = tuple(item for item in value if spec.use_of(item) is ModelUse.ALLOWED)
        else:
            allowed[name] = value
    return allowed


def guidance_query(facts: Mapping[str, Value], catalogue: Catalogue) -> str:
    """The words that guidance support is measured with: allowed facts in plain Danish, nothing else."""
    words = []
    for name in sorted(facts):
        value = facts[name]
        spec = catalogue.fields[name]
        if spec.type in ("enum", "list") and value not in ((), "ingen"):
            words.append(catalogue.value_label(name, value, "da"))
        elif spec.type in ("integer", "number"):
            words.append(spec.label_da)
    return " ".join(words)


def gather_past(
    history: History, facts: Mapping[str, Value], pathways: Sequence[str], *, k: int, today: dt.date, person: str
) -> dict[str, PastCases]:
    """The `k` nearest earlier cases per pathway, named by place so that nobody can be found again."""
    found = {}
    for pathway in pathways:
        near = history.nearest(facts, pathway, k, today, person)
        names = tuple(f"tidligere-{place:02d}" for place in range(1, len(near.ids) + 1))
        found[pathway] = PastCases(names, tuple(bool(reached) for reached in near.reached))
    return found


def gather_support(
    guidance: Guidance, facts: Mapping[str, Value], pathways: Sequence[str], catalogue: Catalogue, today: dt.date
) -> dict[str, Supporting]:
    """The passages that the score reads, for a query made from allowed facts only."""
    query = guidance_query(facts, catalogue)
    if not query.strip():
        return {}
    return {
        pathway: Supporting(tuple(pid for pid, _ in best), tuple(float(score) for _, score in best))
        for pathway, best in guidance.support_all(query, pathways, today).items()
    }


def reading_query(considered: Considered, catalogue: Catalogue) -> str:
    """What to search with for reading: goal and note after screening, and the facts of the pathways' conditions."""
    asked = {leaf.field for key in considered.pointed for leaf in leaves(catalogue.pathways[key].eligibility)}
    facts = [
        catalogue.value_label(name, fact.value, "da")
        for name, fact in sorted(considered.view.facts.items())
        if name in asked and catalogue.fields[name].type in ("enum", "list")
    ]
    return " ".join([*considered.usable_texts.values(), *facts]).strip()


def gather_quotes(
    guidance: Guidance, considered: Considered, catalogue: Catalogue, *, per_pathway: int
) -> tuple[dict[str, tuple[Quote, ...]], int]:
    """Quotes for every open pathway, verified against the stored source; and how many failed that check."""
    pathways = [key for key, assessment in considered.assessments.items() if assessment.open]
    query = reading_query(considered, catalogue)
    if not pathways or not query:
        return {}, 0
    try:
        found = guidance.support_all(query, pathways, considered.case.today)
    except UserError:
        return {}, 0
    quotes: dict[str, tuple[Quote, ...]] = {}
    withheld = 0
    for pathway, best in found.items():
        kept: list[Quote] = []
        for passage_id, _ in best:
            passage = guidance.find_passage(passage_id)
            if not guidance.verify_quote(passage_id, passage.text):
                withheld += 1
                continue
            kept.append(
                Quote(
                    passage_id=passage_id,
                    document=passage.document_title,
                    quote=passage.text,
                    law_refs=tuple(passage.law_refs),
                    heading=" › ".join(passage.heading_path),
                )
            )
            if len(kept) == per_pathway:
                break
        quotes[pathway] = tuple(kept)
    return quotes, withheld
