"""A rule's trace in words: each condition with the fact, whether it holds, and the law."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.core.catalogue import Catalogue
from ui.facts import value_words
from ui.words import texts

_NAMES = {
    "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "in": "in", "not_in": "not-in",
    "contains_any": "any", "contains_none": "none", "is_known": "known", "nonempty": "nonempty",
}  # fmt: skip
Trace = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a rule: `parts` are filled for a group, the rest for a single condition."""

    truth: str
    words: str
    fact: str = ""
    law: str = ""
    group: str = ""
    parts: tuple[Condition, ...] = ()


def conditions(trace: Trace, catalogue: Catalogue, lang: str) -> tuple[Condition, ...]:
    """The rule and, where there is one, what would make the pathway dangerous."""
    found = [_node(trace, catalogue, lang)] if _has_rule(trace) else []
    if isinstance(danger := trace.get("contraindication"), Mapping):
        found.append(Condition(_truth(danger, flip=True), "", group="danger", parts=(_node(danger, catalogue, lang),)))
    return tuple(found)


def _has_rule(trace: Trace) -> bool:
    return any(key in trace for key in ("field", "all", "any", "not"))


def deciding(trace: Trace, catalogue: Catalogue, lang: str) -> tuple[Condition, ...]:
    """The conditions that fail, which is why the pathway is closed; a danger that holds counts too."""
    found = list(_failing(trace, catalogue, lang)) if _has_rule(trace) else []
    danger = trace.get("contraindication")
    if not found and isinstance(danger, Mapping) and danger.get("truth"):
        found = [_node(danger, catalogue, lang)]
    return tuple(found)


def _failing(trace: Trace, catalogue: Catalogue, lang: str) -> Iterator[Condition]:
    if trace.get("truth") is not False:
        return
    if "field" in trace:
        yield _node(trace, catalogue, lang)
    elif "not" in trace:
        yield Condition("false", "", group="not", parts=(_node(trace["not"], catalogue, lang),))
    else:
        for part in trace.get("all") or trace.get("any") or ():
            yield from _failing(part, catalogue, lang)


def _node(trace: Trace, catalogue: Catalogue, lang: str) -> Condition:
    for group in ("all", "any"):
        if group in trace:
            parts = tuple(_node(part, catalogue, lang) for part in trace[group])
            return Condition(_truth(trace), "", group=group, parts=parts)
    if "not" in trace:
        return Condition(_truth(trace), "", group="not", parts=(_node(trace["not"], catalogue, lang),))
    return _leaf(trace, catalogue, lang)


def _leaf(trace: Trace, catalogue: Catalogue, lang: str) -> Condition:
    t, field = texts(lang), trace["field"]
    wanted = trace.get("value")
    value = "" if wanted is None else _wanted(catalogue, field, wanted, lang)
    name = catalogue.field_label(field, lang)
    held = (trace.get("fact") or {}).get("value")
    state = str(trace.get("state", "known"))
    if state == "masked":
        fact = t("fact-masked")
    elif held is None:
        fact = t("fact-unknown")
    else:
        fact = value_words(catalogue, field, held, lang)
    return Condition(
        _truth(trace),
        t(f"op-{_NAMES[trace['op']]}", field=name, value=value),
        fact,
        ", ".join(trace.get("law", ())[:2]),
    )


def _wanted(catalogue: Catalogue, field: str, wanted: Any, lang: str) -> str:
    if isinstance(wanted, list):
        return texts(lang)("or").join(catalogue.value_label(field, item, lang) for item in wanted)
    return value_words(catalogue, field, wanted, lang)


def _truth(trace: Trace, *, flip: bool = False) -> str:
    truth = trace.get("truth")
    if truth is None:
        return "unknown"
    return "true" if bool(truth) is not flip else "false"
