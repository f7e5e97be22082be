"""A script for telling it by telephone, with questions that check it was understood."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.core.catalogue import Catalogue
from explain.citizen import (
    order_reasons,
    reason_sentence,
    rule_reasons,
    score_reasons,
)
from explain.complain import complaint_sentences
from explain.document import Block, Document, Sentence
from explain.phrases import Phrases, claim
from explain.view import ExplanationView

MOST_SPOKEN = 2


def telephone_script(view: ExplanationView, catalogue: Catalogue, language: str = "da") -> Document:
    """Short steps to say aloud; after each part the caller asks the citizen to say it in own words."""
    say = Phrases.of(catalogue, language)
    return Document(
        reader="telephone",
        language=language,
        title=say.texts("telephone-title"),
        blocks=tuple(block for block in _blocks(view, say) if not block.empty),
        suggestion_id=view.suggestion_id,
    )


def _blocks(view: ExplanationView, say: Phrases) -> Iterator[Block]:
    yield say.block("tel-start", [say.say(f"tel-start-{n}") for n in ("who", "time", "program")], "steps")
    yield say.block("tel-what", (*_what(view, say), say.say("tel-check-what")), "steps")
    if view.first is not None:
        yield say.block("tel-why", (*_why(view, say), say.say("tel-check-why")), "steps")
    yield say.block("tel-say", [say.say(f"tel-say-{n}") for n in ("wrong", "no", "goal")], "steps")
    yield say.block("tel-disagree", (*_disagree(view, say), say.say("tel-check-disagree")), "steps")
    yield say.block("tel-end", [say.say(f"tel-end-{n}") for n in ("questions", "letter", "note")], "steps")


def _what(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    if view.outcome != "foreslaa" or view.first is None:
        yield say.say(f"outcome-{view.outcome}")
    if view.first is not None:
        yield say.say("suggest-first", pathway=say.plain_pathway(view.first.pathway))
        yield say.say("suggest-meaning", meaning=say.meaning(view.first.pathway))
    yield say.say("suggest-not-decided")


def _why(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    if view.first is None:
        return
    for reason in order_reasons(view.first):
        yield say.say(f"why-{reason.tier}", [claim(reason)])
    rules = rule_reasons(view.first)[:MOST_SPOKEN]
    if rules:
        yield say.say("rules-intro")
        yield from (reason_sentence(r, say) for r in rules)
    for key, sign in (("for-intro", 1), ("against-intro", -1)):
        found = score_reasons(view.first, sign)[:MOST_SPOKEN]
        if found:
            yield say.say(key)
            yield from (reason_sentence(r, say) for r in found)


def _disagree(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    yield say.say("complain-objection")
    if view.first is not None:
        yield say.say("complain-when")
        for body in view.first.bodies:
            yield from complaint_sentences(body, say)
