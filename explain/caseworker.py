"""The caseworker's text: field terms, figures, law and evidence; it starts with the citizen's own goal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.core.catalogue import Catalogue
from explain.citizen import order_reasons, receipt_code, rule_reasons, score_reasons, unknown_reasons
from explain.document import Block, Document, Sentence
from explain.extras import Extras, contrast_block, matters_block, ways_block
from explain.phrases import Phrases, claim
from explain.tables import contribution_block, facts_block, order_block
from explain.view import Choice, ExplanationView, Reason

MOST_RANKED = 5


def caseworker_text(
    view: ExplanationView,
    catalogue: Catalogue,
    language: str = "da",
    *,
    pictures: bool = False,
    extras: Extras | None = None,
) -> Document:
    """What a caseworker needs to check a suggestion, to write the journal note, and to disagree.

    With `pictures` the first choice's account is drawn too (about a tenth of a second each); `extras` are answers
    that took re-runs.
    """
    say = Phrases.of(catalogue, language)
    return Document(
        reader="caseworker",
        language=language,
        title=say.texts("caseworker-title", suggestion=view.suggestion_id),
        blocks=tuple(block for block in _blocks(view, say, pictures, extras or Extras()) if not block.empty),
        suggestion_id=view.suggestion_id,
        receipt=receipt_code(view),
        meta={"date": say.date(view.as_of)},
    )


def _blocks(view: ExplanationView, say: Phrases, pictures: bool, extras: Extras) -> Iterator[Block]:
    yield say.block("cw-trial", [say.say("cw-trial-banner")] if view.mode == "trial" else [], "banner")
    yield say.block("cw-goal", [say.say("cw-goal", goal=view.goal) if view.goal else say.say("cw-goal-none")])
    yield say.block("cw-result", _result(view, say))
    yield say.block("cw-flags", [flag_sentence(flag, say) for flag in view.flags], "list")
    if view.first is not None:
        yield from reason_blocks(view.first, say)
        if pictures and view.first.explanation is not None:
            yield _picture(view.first, say)
    yield from order_block(view, say)
    yield contrast_block(view.contrasts, say)
    yield matters_block(extras.matters, say)
    yield ways_block("cw-changes", extras.ways, say)
    for choice in view.ranked[:MOST_RANKED]:
        yield contribution_block(choice, say)
    yield from evidence_blocks(view, say)
    yield say.block("cw-questions", _questions(view, say), "list")
    yield say.block("cw-closed", _closed(view, say), "list")
    yield say.block("cw-duties", [say.say("cw-duty", pathway=say.pathway(c.pathway)) for c in view.duties], "list")
    yield facts_block(view, say)
    yield say.block("cw-not-used", _not_used(view, say), "list")
    yield say.block("cw-complaint", _complaint(view, say), "list")
    yield say.block("cw-duty-of-care", [say.say(f"cw-reminder-{n}") for n in ("human", "letter", "manual")], "list")


def _result(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    yield say.say(f"cw-outcome-{view.outcome}")
    because = view.outcome_text_en if say.language == "en" else view.outcome_text_da
    if because:
        yield say.say("cw-because", text=because)
    if view.first is not None:
        yield say.say(
            "cw-first",
            pathway=say.pathway(view.first.pathway),
            eligibility=say.texts(f"eligibility-{view.first.eligibility}"),
        )
    if view.choice_of_law:
        text = view.choice_of_law.get("because_en") if say.language == "en" else None
        yield say.say(
            "cw-law-choice",
            law=str(view.choice_of_law["law"]),
            because=str(text or view.choice_of_law.get("because") or ""),
        )
        if not view.choice_of_law.get("confirmed_by"):
            yield say.say("cw-law-choice-confirm")


def flag_sentence(flag: Mapping[str, Any], say: Phrases) -> Sentence:
    """One thing not to overlook, with its date if it has one."""
    text = str((flag.get("text_en") if say.language == "en" else None) or flag["text_da"])
    if flag.get("due"):
        return say.say("cw-flag-due", text=text, due=say.date(dt.date.fromisoformat(str(flag["due"]))))
    return say.say("cw-flag", text=text)


def reason_blocks(first: Choice, say: Phrases) -> Iterator[Block]:
    """The first choice's reasons: the same ones, in the same order, as the citizen reads."""
    order = [_order_sentence(r, say) for r in order_reasons(first)]
    yield say.block("cw-why", order, "list")
    yield say.block("cw-rules", [_rule_sentence(r, say) for r in rule_reasons(first)], "list")
    for way, sign in (("for", 1), ("against", -1)):
        yield say.block(f"cw-{way}", [weighed_sentence(r, say) for r in score_reasons(first, sign)], "list")
    yield say.block("cw-unknown", [weighed_sentence(r, say) for r in unknown_reasons(first)], "list")
    cautions = [say.say("cw-warning")] if first.warning else []
    papers = [
        say.catalogue.value_label(_document_field(item, say), item, say.language) for item in first.missing_documents
    ]
    cautions += [say.say("cw-missing-documents", list=say.listing(papers))] if papers else []
    yield say.block("cw-cautions", cautions, "list")
    if first.not_scored_because:
        yield say.block("cw-not-scored", [not_scored_sentence(first, say)])


def _document_field(item: str, say: Phrases) -> str:
    """The list field that holds this document; documents are values of a field like any other."""
    return next(name for name, spec in say.catalogue.fields.items() if item in spec.allowed)


def _picture(first: Choice, say: Phrases) -> Block:
    from explain.pictures import waterfall

    picture = waterfall(first.explanation or {}, first.pathway, say)
    return Block("cw-picture", say.texts("heading-cw-picture"), "picture", picture=picture)


def not_scored_sentence(choice: Choice, say: Phrases) -> Sentence:
    """Why no number stands on a pathway."""
    key = f"not-scored-{choice.not_scored_because}"
    return say.say(key if say.texts.has(key) else "not-scored-other", code=str(choice.not_scored_because))


def _order_sentence(reason: Reason, say: Phrases) -> Sentence:
    text = say.because(reason)
    key = f"cw-order-{reason.tier}"
    return say.say(f"{key}-because", [claim(reason)], text=text) if text else say.say(key, [claim(reason)])


def _rule_sentence(reason: Reason, say: Phrases) -> Sentence:
    return say.say(
        "cw-rule-met",
        [claim(reason)],
        field=say.label(str(reason.field)),
        value=say.value(str(reason.field), reason.value),
        law=reason.law[0] if reason.law else "",
    )


def weighed_sentence(reason: Reason, say: Phrases) -> Sentence:
    """One contribution to the score with its size in logits."""
    weight = say.number(reason.weight or 0.0)
    way = "for" if reason.sign > 0 else "against"
    if reason.kind == "past_cases":
        reached, of = reason.counts or (0, 0)
        return say.say(f"cw-past-{way}", [claim(reason)], weight=weight, reached=reached, of=of)
    if reason.kind == "guidance":
        return say.say(f"cw-guidance-{way}", [claim(reason)], weight=weight)
    field = str(reason.field)
    return say.say(
        f"cw-fact-{way}",
        [claim(reason)],
        field=say.label(field),
        value=say.value(field, reason.value),
        weight=weight,
    )


def evidence_blocks(view: ExplanationView, say: Phrases) -> Iterator[Block]:
    """The passages quoted and the earlier cases, for the first choice."""
    if view.first is None:
        return
    passages = view.first.evidence.get("passages") or ()
    quotes = [_quote(passage, say) for passage in passages]
    yield say.block("cw-passages", quotes, "list")
    past = view.first.evidence.get("past_cases") or {}
    if past.get("n") and past.get("reached_goal") is not None:
        yield say.block("cw-past-cases", [say.say("cw-past", n=past["n"], reached=past["reached_goal"])])


def _quote(passage: Mapping[str, Any], say: Phrases) -> Sentence:
    values = {"quote": str(passage["quote"]), "passage": str(passage["passage_id"])}
    law = ", ".join(passage.get("law_refs") or ())
    return say.say("cw-quote-law", law=law, **values) if law else say.say("cw-quote", **values)


def _questions(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    for question in view.questions:
        text = question.text_en if say.language == "en" else question.text_da
        names = say.listing([say.pathway(p) for p in question.could_change[:4]])
        yield say.say("cw-question", text=text, pathways=names or "–")


def _closed(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    for choice in view.closed:
        failed = choice.of("rule", -1)[:2]
        if choice.blocked_by and choice.blocked_by != "contraindication":
            key = f"cw-blocked-{choice.blocked_by}"
            key = key if say.texts.has(key) else "cw-blocked"
            yield say.say(key, pathway=say.pathway(choice.pathway), gate=choice.blocked_by)
        elif failed:
            yield closed_sentence(choice, failed, say)


def closed_sentence(choice: Choice, failed: tuple[Reason, ...], say: Phrases) -> Sentence:
    """Which condition closed the pathway, with the fact and the section."""
    conditions = "; ".join(f"{say.label(str(r.field))}: {say.value(str(r.field), r.value)}" for r in failed)
    law = failed[0].law[0] if failed[0].law else ""
    return say.say(
        "cw-closed",
        [claim(r) for r in failed],
        pathway=say.pathway(choice.pathway),
        conditions=conditions,
        law=law,
    )


def _not_used(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    for why in ("masked", "outdated", "text", "display_only", "protected", "rules_only"):
        names = [say.label(item.field) for item in view.not_used if item.why == why]
        if names:
            yield say.say(f"cw-not-used-{why}", list=say.listing(names), count=len(names))
    if view.suppressed:
        yield say.say("cw-suppressed", count=len(view.suppressed))


def _complaint(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    if view.first is None:
        return
    pathway = say.catalogue.pathways[view.first.pathway]
    names = say.listing([body.name(say.language) for body in view.first.bodies])
    yield say.say("cw-complaint-body", body=names or pathway.complaint)
    yield say.say("cw-complaint-note", text=pathway.complaint)
    yield say.say("cw-authority", text=pathway.authority)
