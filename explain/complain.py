"""How to disagree, in words: a named person first, then the right body with the right deadline."""

from __future__ import annotations

from collections.abc import Iterator

from explain.complaints import ComplaintBody
from explain.document import Sentence
from explain.phrases import Phrases
from explain.view import ExplanationView


def complain(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    """Whom to ask, how to say no to the program, where to complain and by when."""
    contact = view.contact
    if contact.telephone and contact.name:
        yield say.say("complain-call", name=contact.name, telephone=contact.telephone)
    elif contact.telephone:
        yield say.say("complain-call-number", telephone=contact.telephone)
    elif contact.name:
        yield say.say("complain-call-person", name=contact.name)
    else:
        yield say.say("complain-call-anyone")
    yield say.say("complain-objection")
    if view.first is not None:
        yield say.say("complain-when")
        for body in view.first.bodies:
            yield from complaint_sentences(body, say)
        if len(view.first.bodies) > 1:
            yield say.say("complain-two")
    yield say.say("complain-data")


def complaint_sentences(body: ComplaintBody, say: Phrases) -> Iterator[Sentence]:
    """Where to, through whom, and by when."""
    name = body.name(say.language)
    yield say.say("complain-body-municipality" if body.via_municipality else "complain-body-direct", body=name)
    if body.weeks:
        yield say.say("complain-weeks", weeks=body.weeks)
        yield say.say("complain-again")
    if body.years:
        yield say.say("complain-years", years=body.years, most=body.years_at_most or body.years)
        yield say.say("complain-waiting")
