"""What is asked for on top of an explanation: contrasts, what is missing and matters, what could be changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from explain.contrast import Contrast, ContrastPart
from explain.document import Block, Sentence
from explain.missing import MissingFact, Span
from explain.phrases import Phrases
from explain.reasons import SMALLEST
from explain.recourse import Change, Recourse

MOST_PARTS = 3
MOST_WAYS = 3


@dataclass(frozen=True, slots=True)
class Extras:
    """Answers that took re-runs of the whole pipeline; empty when nobody asked."""

    matters: tuple[MissingFact, ...] = ()
    ways: tuple[Recourse, ...] = ()


def contrast_block(contrasts: Sequence[Contrast], say: Phrases) -> Block:
    """Why the first stands before each of the next, in the caseworker's words."""
    return say.block("cw-contrast", [s for c in contrasts for s in contrast_sentences(c, say)], "list")


def contrast_sentences(contrast: Contrast, say: Phrases) -> Iterator[Sentence]:
    """What settled it between two pathways; for a score, the parts that made the difference."""
    names = {"first": say.pathway(contrast.first), "second": say.pathway(contrast.second)}
    match contrast.basis:
        case "closed":
            leaves = "; ".join(
                f"{say.label(leaf.field)}: {_fact(leaf.fact, leaf.field, say)}" for leaf in contrast.closed_by
            )
            law = contrast.closed_by[0].law[0] if contrast.closed_by[0].law else ""
            yield say.say("cw-contrast-closed", conditions=leaves, law=law, **names)
        case "gate":
            yield say.say("cw-contrast-gate", gate=str(contrast.gate), **names)
        case "order":
            yield say.say(f"cw-contrast-{contrast.aspect}", **names)
        case "score":
            yield say.say("cw-contrast-score", difference=say.number(contrast.difference or 0.0), **names)
            for key, sign in (("cw-contrast-for", 1), ("cw-contrast-against", -1)):
                parts = [part for part in contrast.parts if part.difference * sign >= SMALLEST][:MOST_PARTS]
                if parts:
                    yield say.say(key, parts="; ".join(_part(part, say) for part in parts))
        case "gentleness":
            yield say.say("cw-contrast-gentleness", **names)


def _fact(fact: object, field: str, say: Phrases) -> str:
    value = fact.get("value") if isinstance(fact, dict) else None
    return say.value(field, tuple(value) if isinstance(value, list) else value)


def _part(part: ContrastPart, say: Phrases) -> str:
    field = part.id.removeprefix("fact:")
    key = f"part-{part.id.replace(':', '-')}"
    name = say.label(field) if field in say.catalogue.fields else (say.texts(key) if say.texts.has(key) else part.id)
    return f"{name} ({say.number(part.difference)})"


def matters_block(matters: Sequence[MissingFact], say: Phrases) -> Block:
    """Which unknown facts could change the first place, and for which values."""
    sentences = [
        say.say(
            "cw-matters",
            field=say.label(fact.field),
            values=_span(fact.field, span, say),
            first=_first(span.first, say),
        )
        for fact in matters
        for span in fact.changing
    ]
    return say.block("cw-matters", sentences, "list", intro="cw-matters-intro")


def _span(field: str, span: Span, say: Phrases) -> str:
    if span.low is not None and span.low != span.high:
        return say.texts("span", low=say.value(field, span.low), high=say.value(field, span.high))
    words = [say.value(field, value) for value in span.values]
    return say.listing(words)


def _first(first: str, say: Phrases) -> str:
    return say.plain_pathway(first) if first in say.catalogue.pathways else say.texts(f"result-{first}")


def ways_block(name: str, ways: Sequence[Recourse], say: Phrases) -> Block:
    """What could be changed, and what would then come into question; each way was tried by a re-run."""
    sentences = [
        say.say("changes-one", changes=_changes(way.changes, say), pathway=say.plain_pathway(way.target))
        for way in ways[:MOST_WAYS]
    ]
    return say.block(name, sentences, "list", intro="changes-intro")


def _changes(changes: Sequence[Change], say: Phrases) -> str:
    return "; ".join(f"{say.plain(change.field)}: {say.value(change.field, change.then)}" for change in changes)
