"""A draft of the journal note: what was suggested and why, with the decision left for the human to write."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.core.catalogue import Catalogue
from explain.caseworker import flag_sentence, reason_blocks
from explain.document import Block, Document, Sentence
from explain.phrases import Phrases
from explain.view import ExplanationView


def journal_note(view: ExplanationView, catalogue: Catalogue, language: str = "da") -> Document:
    """A note of what the assistant contributed; it holds no free text of the case and never the decision itself."""
    say = Phrases.of(catalogue, language)
    return Document(
        reader="journal",
        language=language,
        title=say.texts("journal-title", date=say.date(view.as_of)),
        blocks=tuple(block for block in _blocks(view, say) if not block.empty),
        suggestion_id=view.suggestion_id,
    )


def _blocks(view: ExplanationView, say: Phrases) -> Iterator[Block]:
    yield say.block("journal-what", _what(view, say))
    if view.first is not None:
        yield from reason_blocks(view.first, say)
    yield say.block("journal-flags", [flag_sentence(flag, say) for flag in view.flags], "list")
    missing = [say.say("line", text=say.label(question.field)) for question in view.questions]
    yield say.block("journal-missing", missing, "list")
    yield say.block(
        "journal-decision", [say.say(f"journal-decision-{n}") for n in ("choice", "why", "heard", "by")], "steps"
    )


def _what(view: ExplanationView, say: Phrases) -> Iterator[Sentence]:
    yield say.say("journal-used", suggestion=view.suggestion_id)
    yield say.say(f"cw-outcome-{view.outcome}")
    if view.first is not None:
        yield say.say(
            "cw-first",
            pathway=say.pathway(view.first.pathway),
            eligibility=say.texts(f"eligibility-{view.first.eligibility}"),
        )
    yield say.say("journal-human")
