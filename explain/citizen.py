"""The citizen's text: what, why, from which data, what you can do, who decides, and how to object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.predicates import leaves
from explain.complain import complain
from explain.complaints import presentation
from explain.document import Block, Document, Sentence
from explain.extras import Extras, ways_block
from explain.jargon import jargon_in
from explain.phrases import Phrases, claim, lower_first
from explain.view import Choice, ExplanationView, KnownFact, Reason

MOST_REASONS = 3
"""Reasons of one kind that a citizen's text states; the caseworker's and the board's start with the same."""

MOST_RULES = 4
MOST_UNKNOWN = 2
UNKNOWN_COUNTS = 0.1
"""How much (logits) not knowing a fact must move the score before the text says so."""

MOST_OTHERS = 3
LONGEST_LINE = 16
"""Words in a line that lists values; three more may follow, and twenty is the most a sentence may have."""

MOST_MISSING = 3


def citizen_text(
    view: ExplanationView, catalogue: Catalogue, language: str = "da", *, extras: Extras | None = None
) -> Document:
    """The whole text for the citizen, or for the one who speaks for the citizen; no figure of chance stands in it.

    `extras` are answers that took re-runs: what the citizen or the municipality could change.
    """
    say = Phrases.of(catalogue, language)
    blocks = [block for block in _blocks(view, say, extras or Extras()) if not block.empty]
    said = "\n".join(s.text for block in blocks for s in block.sentences if s.key != "goal-quote")
    words = [say.say("word", term=word.term, plain=word.plain) for word in jargon_in(said, language)]
    blocks += [say.block("words", words, "list")] if words else []
    return Document(
        reader="citizen",
        language=language,
        title=say.texts("citizen-title"),
        blocks=tuple(blocks),
        suggestion_id=view.suggestion_id,
        receipt=receipt_code(view),
        meta={"date": say.date(view.as_of)},
    )


def receipt_code(view: ExplanationView) -> str | None:
    """What the letter's QR code holds: enough to find the log entry and check its leaf hash; None when not logged."""
    if not view.ledger.get("leaf_hash"):
        return None
    return f"vejviser:{view.suggestion_id}:{view.ledger.get('entry')}:{view.ledger['leaf_hash']}"


def _blocks(view: ExplanationView, say: Phrases, extras: Extras) -> Iterator[Block]:
    trial = [say.say("trial-person")] if view.mode == "trial" else []
    yield say.block("trial", trial, "banner")
    yield say.block("addressee", _addressee(view, say))
    yield say.block("goal", [_goal(view, say)])
    yield say.block("suggestion", _suggestion(view, say))
    if view.first is not None:
        yield from why_blocks(view.first, say)
    else:
        yield say.block("outcome-why", _outcome_facts(view, say), "list", intro="rules-intro")
    yield say.block("others", _others(view, say), "list")
    yield say.block("duties", _duties(view, say), "list")
    used = [fact for fact in view.facts if fact.used_by]
    if used:
        lines = [line for fact in used for line in _used(fact, say)]
        yield say.block("used", lines, "list", intro="used-intro")
    else:
        yield say.block("used", [say.say("used-none")])
    only_law = [say.say("line", text=say.plain(item.field)) for item in view.not_used if item.why == "protected"]
    yield say.block("only-law", only_law, "list")
    yield say.block("not-used", _not_used(view, say), "list")
    yield say.block("missing", _missing(view, say), "list", intro="missing-intro" if _asked(view) else None)
    yield ways_block("changes", extras.ways, say)
    yield say.block("you-can", [say.say(f"you-can-{key}") for key in _YOU_CAN], "list")
    yield say.block("decides", [say.say("decides-machine"), say.say("decides-human")])
    if view.first is not None:
        text = say.refusal(view.first.pathway)
        yield say.block("refusal", [say.say("refusal-text", text=text) if text else say.say("refusal-unknown")])
    yield say.block("complain", complain(view, say), "steps")
    if view.first is not None:
        yield say.block("law", [say.say("law-one", law=say.law(ref)) for ref in _law(view.first)], "list")
    yield say.block("receipt", _receipt(view, say))


def _law(first: Choice) -> tuple[str, ...]:
    """The sections, without those about money and without the catalogue's remarks in brackets."""
    budget = presentation().budget_rules
    plain = (re.sub(r"\s*\([^()]*\)", "", ref) for ref in first.law)
    return tuple(dict.fromkeys(ref for ref in plain if ref not in budget))


_YOU_CAN = ("correct", "tell", "choose", "companion", "person")


def _addressee(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    if view.addressee != "citizen":
        yield say.say(f"addressee-{view.addressee}")
        yield say.say("addressee-you")
    if view.paper:
        yield say.say("addressee-paper")


def _goal(view: ExplanationView, say: Phrases) -> Sentence:
    if view.goal is None:
        return say.say("goal-none")
    # A goal in the citizen's own words may give away what is kept out of letters.
    return say.say("goal-seen") if view.suppressed else say.say("goal-quote", goal=view.goal)


def _suggestion(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    if view.outcome != "foreslaa":
        yield say.say(f"outcome-{view.outcome}")
    if view.first is not None:
        pathway = view.first.pathway
        yield say.say("suggest-first", pathway=say.plain_pathway(pathway))
        yield say.say("suggest-meaning", meaning=say.meaning(pathway))
        if view.first.eligibility == "undetermined":
            yield say.say("suggest-undetermined")
    yield say.say("suggest-not-decided")


def _outcome_facts(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    """The facts that the rule behind a result without a pathway looked at."""
    rule = next((r for r in say.catalogue.outcomes if r.text_da == view.outcome_text_da), None)
    fields = dict.fromkeys(leaf.field for leaf in leaves(rule.when)) if rule is not None else {}
    for name in fields:
        fact = view.fact(name)
        if fact is not None:
            value = _short(name, fact.value, say)
            yield say.say("reason-fact", plain=say.plain(name), value=value)


def why_blocks(first: Choice, say: Phrases) -> Iterator[Block]:
    """The reasons for and against the first choice, as every reader's plain text states them."""
    order = [say.say(f"why-{r.tier}", [claim(r)]) for r in order_reasons(first)]
    yield say.block("why", order, "list")
    rules = [reason_sentence(r, say) for r in rule_reasons(first)]
    yield say.block("rules", rules, "list", intro="rules-intro")
    for_ = [reason_sentence(r, say) for r in score_reasons(first, 1)]
    yield say.block("for", for_, "list", intro="for-intro")
    against = [reason_sentence(r, say) for r in score_reasons(first, -1)]
    if against or any(r.sign < 0 for r in first.reasons):
        yield say.block("against", against, "list", intro="against-intro")
    else:
        yield say.block("against", [say.say("against-none")])


def order_reasons(choice: Choice) -> tuple[Reason, ...]:
    """One reason of order for each kind of weight, the heaviest first."""
    seen: dict[str, Reason] = {}
    for reason in choice.of("order", 1):
        if reason.tier is not None:
            seen.setdefault(reason.tier, reason)
    return tuple(seen.values())


def rule_reasons(choice: Choice) -> tuple[Reason, ...]:
    """The conditions met that say most about this pathway and whose fact is on file."""
    known = [r for r in choice.of("rule", 1) if r.state in ("known", "partly_masked") and r.value is not None]
    return tuple({r.field: r for r in reversed(known)}[r.field] for r in _first_of_field(known))[:MOST_RULES]


def _first_of_field(reasons: list[Reason]) -> list[Reason]:
    return list({r.field: r for r in reversed(reasons)}.values())[::-1]


def score_reasons(choice: Choice, sign: int) -> tuple[Reason, ...]:
    """What moved the score most, one way; facts and evidence together, the heaviest first."""
    scored = [r for r in choice.reasons if r.kind in ("fact", "past_cases", "guidance") and r.sign == sign]
    found = [r for r in scored if r.state != "missing"]
    return tuple(sorted(found, key=lambda r: (-abs(r.weight or 0.0), r.id)))[:MOST_REASONS]


def unknown_reasons(choice: Choice) -> tuple[Reason, ...]:
    """Facts that are unknown and yet moved the score, as unknown is a value too; the heaviest first."""
    found = [r for r in choice.reasons if r.kind == "fact" and r.state == "missing" and _heavy(r)]
    return tuple(sorted(found, key=lambda r: (-abs(r.weight or 0.0), r.id)))[:MOST_UNKNOWN]


def _heavy(reason: Reason) -> bool:
    return abs(reason.weight or 0.0) >= UNKNOWN_COUNTS


def reason_sentence(reason: Reason, say: Phrases) -> Sentence:
    """One reason in plain words; its claim goes with it."""
    if reason.kind in ("past_cases", "guidance"):
        way = "for" if reason.sign > 0 else "against"
        return say.say(f"reason-{reason.kind}-{way}", [claim(reason)])
    field = str(reason.field)
    return say.say("reason-fact", [claim(reason)], plain=say.plain(field), value=_short(field, reason.value, say))


def _short(field: str, value: Any, say: Phrases) -> str:
    """The value, of a long list the first items; the whole list stands under what was used."""
    first = pieces(field, value, say)[0]
    if not isinstance(value, tuple) or len(first) == len(value):
        return say.value(field, value)
    words = [say.value(field, (item,)) for item in first]
    return say.listing([*words, say.texts("value-more", count=len(value) - len(words))])


def pieces(field: str, value: Any, say: Phrases) -> list[Any]:
    """A list of values cut so that each piece with its field makes a short line; anything else is one piece."""
    if not isinstance(value, tuple):
        return [value]
    room = LONGEST_LINE - len(say.plain(field).split())
    cut: list[tuple[str, ...]] = []
    for item in value:
        longer = (*cut[-1], item) if cut else (item,)
        if cut and len(say.value(field, longer).split()) <= room:
            cut[-1] = longer
        else:
            cut.append((item,))
    return cut


def _others(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    rest = view.ranked[1:] if view.first is not None else view.ranked
    for choice in rest[:MOST_OTHERS]:
        yield say.say("others-one", pathway=say.plain_pathway(choice.pathway), meaning=say.meaning(choice.pathway))
    if view.folded or len(rest) > MOST_OTHERS:
        yield say.say("others-more")


def _duties(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    for choice in view.duties:
        yield say.say("duty-one", pathway=say.plain_pathway(choice.pathway), meaning=say.meaning(choice.pathway))
    if view.duties:
        yield say.say("duty-law")


def _used(fact: KnownFact, say: Phrases) -> Iterator[Sentence]:
    """One line for a fact; a long list of values takes several."""
    for piece in pieces(fact.field, fact.value, say):
        values = {"plain": say.plain(fact.field), "value": say.value(fact.field, piece)}
        if fact.source and fact.observed_on:
            yield say.say("used-dated", source=fact.source, date=say.date(fact.observed_on), **values)
        elif fact.source:
            yield say.say("used-sourced", source=fact.source, **values)
        else:
            yield say.say("used-one", **values)


def _not_used(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    for area in dict.fromkeys(item.area for item in view.not_used if item.why == "masked"):
        yield say.say("not-used-masked", area=say.area(area))
    for item in view.not_used:
        if item.why in ("outdated", "text", "display_only"):
            yield say.say(f"not-used-{item.why}", plain=say.plain(item.field))
    if never := [lower_first(words) for words in say.never_used()]:
        yield say.say("not-used-never", list=say.listing(never))


def _missing(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    for name in _asked(view):
        yield say.say("missing-one", plain=say.plain(name))
    masked = {item.field for item in view.not_used if item.why == "masked"}
    for reason in unknown_reasons(view.first) if view.first else ():
        way = "up" if reason.sign > 0 else "down"
        why = "masked" if reason.field in masked else "pulls"
        yield say.say(f"missing-{why}-{way}", [claim(reason)], plain=lower_first(say.plain(str(reason.field))))


def _asked(view: ExplanationView) -> list[str]:
    names = [question.field for question in view.questions]
    names += [name for name in (view.first.missing if view.first else ()) if name not in names]
    return names[:MOST_MISSING]


def _receipt(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    yield say.say("receipt-number", suggestion=view.suggestion_id)
    if view.ledger.get("leaf_hash"):
        yield say.say("receipt-log")
        yield say.say("receipt-entry", entry=str(view.ledger.get("entry")))
    yield say.say("receipt-rules", date=say.date(view.as_of))
