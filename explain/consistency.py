"""No contradiction: every stated reason is held against the log, not against the text's own source.

The checks recompute signs and ranks from the suggestion as it was logged, on purpose without `explain.reasons`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from explain.document import Block, Claim, Document, Sentence

REASON_BLOCKS = ("why", "rules", "for", "against")
"""The blocks that state the first reasons, by the end of their id, in every reader's text."""

_DIRECTION = {"for": 1, "against": -1, "up": 1, "down": -1}
_NO_CLAIM = ("-intro", "-none")


def contradictions(document: Document, suggestion: Mapping[str, Any]) -> list[str]:
    """What a text says that the logged suggestion does not; empty when it holds."""
    by_pathway = {item["pathway"]: item for item in suggestion["assessments"]}
    found: list[str] = []
    for block in document.blocks:
        for sentence in block.sentences:
            found += _unclaimed(block, sentence)
            for claim in sentence.claims:
                item = by_pathway.get(claim.pathway)
                problem = "is not in the suggestion" if item is None else _check(claim, item)
                direction = _direction(block, sentence)
                if problem is None and direction is not None and direction != claim.sign:
                    problem = "is stated the wrong way round"
                if problem is not None:
                    found.append(f"{sentence.key}: {claim.pathway} {claim.source} {problem}")
    return found


def first_reasons(document: Document) -> dict[str, tuple[Claim, ...]]:
    """The claims of the blocks that state the first choice's reasons, by kind of block."""
    found: dict[str, tuple[Claim, ...]] = {}
    for block in document.blocks:
        kind = block.id.removeprefix("cw-")
        if kind in REASON_BLOCKS:
            found[kind] = tuple(claim for sentence in block.sentences for claim in sentence.claims)
    return {kind: claims for kind, claims in found.items() if claims}


def _unclaimed(block: Block, sentence: Sentence) -> Iterator[str]:
    states = block.id.removeprefix("cw-") in REASON_BLOCKS and not sentence.key.endswith(_NO_CLAIM)
    if states and not sentence.claims:
        yield f"{sentence.key}: states a reason that maps to nothing in the log"


def _direction(block: Block, sentence: Sentence) -> int | None:
    last = sentence.key.rsplit("-", 1)[-1]
    if last in _DIRECTION:
        return _DIRECTION[last]
    return _DIRECTION.get(block.id.removeprefix("cw-"))


def _check(claim: Claim, item: Mapping[str, Any]) -> str | None:
    kind, _, rest = claim.source.partition(":")
    if kind == "order":
        return _check_order(claim, int(rest), item)
    if kind == "rule":
        return _check_rule(claim, rest, item)
    return _check_contribution(claim, item)


def _check_order(claim: Claim, place: int, item: Mapping[str, Any]) -> str | None:
    reason = item.get("rank_reason")
    if (item.get("order") is None and item.get("rank") is None) or not reason:
        return "has no place in the order"
    stated = len(reason.get("reasons") or ()) if isinstance(reason, Mapping) else 1
    placed = isinstance(reason, Mapping) and bool(reason.get("placed_by") or reason.get("tier"))
    if not 1 <= place <= stated + placed:
        return "is no reason for its place"
    return None if (claim.sign, claim.rank) == (1, place) else "has another sign or rank"


def _check_rule(claim: Claim, rest: str, item: Mapping[str, Any]) -> str | None:
    against = rest.startswith("contraindication:")
    trace = item["trace"]["contraindication"] if against else item["trace"]
    truths = list(_truths(trace, True))
    index = int(rest.rpartition(":")[2])
    if index >= len(truths):
        return "is no leaf of the rule"
    truth = truths[index]
    sign = 0 if truth is None else (1 if truth else -1)
    return None if claim.sign == (-sign if against else sign) else "has another sign in the rule trace"


def _truths(trace: Mapping[str, Any], positive: bool) -> Iterator[bool | None]:
    if "field" in trace:
        truth = trace["truth"]
        yield truth if truth is None or positive else not truth
    elif "not" in trace:
        yield from _truths(trace["not"], not positive)
    else:
        for part in trace.get("all") or trace.get("any") or ():
            yield from _truths(part, positive)


def _check_contribution(claim: Claim, item: Mapping[str, Any]) -> str | None:
    explanation = item.get("explanation") or {"contributions": ()}
    parts = {part["id"]: part for part in explanation["contributions"]}
    part = parts.get(claim.source)
    if part is None:
        return "is no logged contribution"
    if (part["value"] > 0) != (claim.sign > 0) or part["value"] == 0:
        return "has another sign in the log"
    ahead = [
        other
        for other in parts.values()
        if other.get("parent") is None
        and _group(other) == _group(part)
        and (other["value"] > 0) == (part["value"] > 0)
        and (-abs(other["value"]), other["id"]) < (-abs(part["value"]), part["id"])
    ]
    return None if claim.rank == len(ahead) + 1 else "has another rank in the log"


def _group(part: Mapping[str, Any]) -> str:
    return "fact" if part["kind"] == "fact" else str(part["id"])
