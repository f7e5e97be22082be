"""The ethics board's text: everything, with versions, residuals and proofs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant.core.catalogue import Catalogue
from explain.caseworker import evidence_blocks, reason_blocks
from explain.citizen import receipt_code
from explain.document import Block, Document, Table
from explain.pathway import sigmoid
from explain.phrases import Phrases
from explain.tables import contribution_block, facts_block, order_block
from explain.view import Choice, ExplanationView


def board_text(view: ExplanationView, catalogue: Catalogue, language: str = "da") -> Document:
    """The record as the board audits it: what was read, what each number is made of, what proves it."""
    say = Phrases.of(catalogue, language)
    return Document(
        reader="board",
        language=language,
        title=say.texts("board-title", suggestion=view.suggestion_id),
        blocks=tuple(block for block in _blocks(view, say) if not block.empty),
        suggestion_id=view.suggestion_id,
        receipt=receipt_code(view),
        meta={"date": say.date(view.as_of)},
    )


def _blocks(view: ExplanationView, say: Phrases) -> Iterator[Block]:
    yield say.block("board-result", [say.say(f"cw-outcome-{view.outcome}"), say.say(f"board-mode-{view.mode}")])
    yield _versions(view, say)
    yield _proof(view, say)
    if view.first is not None:
        yield from reason_blocks(view.first, say)
    yield from order_block(view, say)
    yield _residuals(view, say)
    for choice in view.choices():
        if choice.explanation is not None:
            yield contribution_block(choice, say)
    yield from evidence_blocks(view, say)
    yield _rules(view, say)
    yield facts_block(view, say)
    yield _not_used(view, say)


def _table(name: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], say: Phrases) -> Block:
    heading = say.texts(f"heading-{name}")
    heads = tuple(say.texts(f"board-column-{column}") for column in columns)
    return Block(name, heading, "table", table=Table(heads, tuple(rows), heading) if rows else None)


def _versions(view: ExplanationView, say: Phrases) -> Block:
    rows = [(say.texts(f"version-{key}"), str(value or "–")) for key, value in view.versions.items()]
    rows.append((say.texts("version-as-of"), view.as_of.isoformat()))
    return _table("board-versions", ("what", "value"), rows, say)


def _proof(view: ExplanationView, say: Phrases) -> Block:
    rows = [(key, str(value)) for key, value in view.ledger.items() if value is not None]
    return _table("board-proof", ("what", "value"), rows, say)


def residual(explanation: Mapping[str, Any]) -> float:
    """|base + leaves - margin| of a logged explanation, recomputed from the log alone."""
    parents = {part.get("parent") for part in explanation["contributions"]}
    parts = math.fsum(part["value"] for part in explanation["contributions"] if part["id"] not in parents)
    return abs(float(explanation["base"]) + parts - float(explanation["margin"]))


def _residuals(view: ExplanationView, say: Phrases) -> Block:
    rows = [
        (
            say.pathway(choice.pathway),
            f"{choice.explanation['margin']:.12f}",
            f"{residual(choice.explanation):.2e}",
            f"{abs(sigmoid(choice.explanation['margin']) - choice.probability):.2e}",
            say.texts(f"board-in-set-{str(choice.in_prediction_set).lower()}"),
        )
        for choice in view.choices()
        if choice.explanation is not None and choice.probability is not None
    ]
    return _table("board-residuals", ("pathway", "margin", "residual", "probability-gap", "in-set"), rows, say)


def _rules(view: ExplanationView, say: Phrases) -> Block:
    rows = [row for choice in view.choices() for row in _rule_rows(choice, say)]
    return _table("board-rules", ("pathway", "result", "leaf", "condition", "fact", "truth"), rows, say)


def _rule_rows(choice: Choice, say: Phrases) -> Iterator[tuple[str, ...]]:
    for reason in choice.reasons:
        if reason.kind == "rule":
            yield (
                say.pathway(choice.pathway),
                say.texts(f"eligibility-{choice.eligibility}"),
                reason.id,
                f"{reason.field} {reason.op} {'' if reason.limit is None else reason.limit}".strip(),
                say.value(str(reason.field), reason.value) if reason.state != "masked" else say.texts("board-masked"),
                say.texts({1: "board-speaks-for", -1: "board-speaks-against", 0: "board-unknown"}[reason.sign]),
            )


def _not_used(view: ExplanationView, say: Phrases) -> Block:
    rows = [(say.label(item.field), say.area(item.area), say.texts(f"board-why-{item.why}")) for item in view.not_used]
    if view.suppressed:
        rows.append((say.texts("board-suppressed"), "", str(len(view.suppressed))))
    return _table("board-not-used", ("field", "area", "why"), rows, say)
