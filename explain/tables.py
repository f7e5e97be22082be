"""The tables that caseworker and board share: the order, one pathway's account, the facts in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from explain.citizen import order_reasons
from explain.document import Block, Table
from explain.phrases import Phrases
from explain.view import Choice, ExplanationView, Reason


def order_block(view: ExplanationView, say: Phrases) -> Iterator[Block]:
    """The whole order with what placed each pathway."""
    if not view.ranked:
        return
    rows = tuple(
        (
            "–" if choice.rank is None else str(choice.rank),
            say.pathway(choice.pathway),
            say.texts(f"eligibility-{choice.eligibility}"),
            "; ".join(_because(r, say) for r in order_reasons(choice)),
            _chance(choice, say),
        )
        for choice in view.ranked
    )
    columns = tuple(say.texts(f"cw-column-{name}") for name in ("rank", "pathway", "rules", "because", "chance"))
    heading = say.texts("heading-cw-order")
    yield Block("cw-order", heading, "table", table=Table(columns, rows, heading))


def _because(reason: Reason, say: Phrases) -> str:
    return (say.because(reason) or say.texts(f"cw-order-{reason.tier}")).rstrip(".")


def _chance(choice: Choice, say: Phrases) -> str:
    if choice.probability is None:
        return say.texts("cw-no-score")
    shown = f"{choice.probability:.2f}"
    thin = choice.in_prediction_set is False
    shown = shown.replace(".", ",") if say.language == "da" else shown
    return say.texts("cw-chance-thin", value=shown) if thin else shown


def contribution_block(choice: Choice, say: Phrases) -> Block:
    """Every top-level contribution of one pathway, from base to margin."""
    heading = say.texts("heading-cw-account", pathway=say.pathway(choice.pathway))
    if choice.explanation is None:
        return Block(f"cw-account-{choice.pathway}", heading, "paragraph")
    parts = [p for p in choice.explanation["contributions"] if p.get("parent") is None]
    ordered = sorted(parts, key=lambda p: (-abs(p["value"]), str(p["id"])))
    rows = [(say.texts("cw-base"), "", say.number(choice.explanation["base"], 4))]
    rows += [(*_part_words(part, choice, say), say.number(part["value"], 4)) for part in ordered]
    rows.append((say.texts("cw-margin"), "", say.number(choice.explanation["margin"], 4)))
    columns = tuple(say.texts(f"cw-column-{name}") for name in ("part", "value", "logit"))
    return Block(f"cw-account-{choice.pathway}", heading, "table", table=Table(columns, tuple(rows), heading))


def _part_words(part: Mapping[str, Any], choice: Choice, say: Phrases) -> tuple[str, str]:
    name = str(part["id"])
    if part["kind"] == "fact":
        field = name.removeprefix("fact:")
        reason = next((r for r in choice.reasons if r.id == name), None)
        if field not in say.catalogue.fields:
            return field, ""
        return say.label(field), say.value(field, reason.value) if reason else ""
    return say.texts(f"part-{name.replace(':', '-')}") if say.texts.has(f"part-{name.replace(':', '-')}") else name, ""


def facts_block(view: ExplanationView, say: Phrases) -> Block:
    """Every fact in view with its source, date and who read it."""
    rows = tuple(
        (
            say.label(fact.field),
            say.value(fact.field, fact.value),
            fact.source or say.texts("source-case"),
            say.date(fact.observed_on) if fact.observed_on else "",
            ", ".join(say.texts(f"used-by-{user}") for user in fact.used_by) or say.texts("used-by-none"),
        )
        for fact in view.facts
    )
    columns = tuple(say.texts(f"cw-column-{name}") for name in ("field", "value", "source", "date", "used-by"))
    heading = say.texts("heading-cw-facts")
    return Block("cw-facts", heading, "table", table=Table(columns, rows, heading) if rows else None)
