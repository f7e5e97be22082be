"""Reading a rule trace: which leaves carried the result, which way, and which ones closed a pathway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Trace: TypeAlias = Mapping[str, Any]
"""JSON: `{field, op, value, truth, fact, law}`, or `{all|any: [...], truth}`, or `{not: ..., truth}`."""


@dataclass(frozen=True, slots=True)
class RuleLeaf:
    """One condition of a trace, its place in reading order, and whether it speaks for (1), against (-1) or is open."""

    index: int
    field: str
    op: str
    value: Any
    sign: int
    state: str
    fact: Mapping[str, Any] | None
    law: tuple[str, ...]


def rule_leaves(trace: Trace) -> tuple[RuleLeaf, ...]:
    """Every leaf from left to right; under a `not` the sign is turned."""
    return tuple(
        RuleLeaf(
            index=index,
            field=str(leaf["field"]),
            op=str(leaf["op"]),
            value=leaf.get("value"),
            sign=_sign(leaf["truth"], positive),
            state=str(leaf.get("state", "known" if leaf.get("fact") else "missing")),
            fact=leaf.get("fact"),
            law=tuple(leaf.get("law") or ()),
        )
        for index, (leaf, positive) in enumerate(_walk(trace, True))
    )


def decisive(trace: Trace) -> tuple[RuleLeaf, ...]:
    """The leaves that made the trace come out as it did.

    False under `all` is carried by its false parts alone, false under `any` by every part; true the other way
    round. Unknown is carried by the unknown parts.
    """
    chosen = set(_decisive(trace, trace["truth"], 0)[0])
    return tuple(leaf for leaf in rule_leaves(trace) if leaf.index in chosen)


def _sign(truth: bool | None, positive: bool) -> int:
    if truth is None:
        return 0
    return 1 if truth is positive else -1


def _walk(trace: Trace, positive: bool) -> Iterator[tuple[Trace, bool]]:
    if "field" in trace:
        yield trace, positive
        return
    if "not" in trace:
        yield from _walk(trace["not"], not positive)
    for part in (*trace.get("all", ()), *trace.get("any", ())):
        yield from _walk(part, positive)


def _decisive(trace: Trace, truth: bool | None, start: int) -> tuple[list[int], int]:
    """Indexes of the leaves that carry `truth`, and the index after this trace's last leaf."""
    if "field" in trace:
        return ([start] if trace["truth"] is truth else []), start + 1
    if "not" in trace:
        return _decisive(trace["not"], None if truth is None else not truth, start)
    found: list[int] = []
    for part in (*trace.get("all", ()), *trace.get("any", ())):
        below, start = _decisive(part, truth, start)
        if part["truth"] is truth:
            found += below
    return found, start
