"""Answer an access request: gather, write, log, hand over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from assistant.access import Held, gather
from assistant.access_text import AccessText
from assistant.core.errors import CheckFailedError, UserError
from assistant.core.texts import LANGUAGES
from assistant.presenting import json_bytes
from ethics.entry import NewEntry
from explain.document import Document
from explain.render_html import render_html
from explain.render_json import render_json
from explain.render_pdf import render_pdf

if TYPE_CHECKING:
    from assistant.app import Assistant

FORMS = ("json", "html", "pdf")


def answer(assistant: Assistant, case_id: str, *, form: str, language: str, by: str) -> bytes:
    """A finished answer to an access request; that it was given is logged before it is returned.

    Raises `NothingHeldError`, and `UserError` for a form or language that there is none of.
    """
    if form not in FORMS:
        raise UserError(f"There is no form {form[:40]!r} for an access answer; choose one of {', '.join(FORMS)}.")
    if language not in LANGUAGES:
        raise UserError(f"There is no language {language[:40]!r}; choose one of {', '.join(LANGUAGES)}.")
    held = gather(assistant, case_id)
    made = dt.datetime.now(dt.UTC)
    texts = dict(_citizen_texts(assistant, held, language))
    written = AccessText(held, assistant.catalogue, assistant.settings, language, made.date()).document(texts)
    if form == "html":
        content = render_html(written).encode()
    elif form == "pdf":
        content = render_pdf(written, on=made.date())
    else:
        content = json_bytes(
            {
                "case_id": case_id,
                "made_at": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "mode": assistant.settings.mode.value,
                "third_parties": {"hidden": held.hidden, "texts_to_read": held.to_read},
                "held": asdict(held),
                "document": render_json(written),
            }
        )
    body = {"format": form, "by": by, "third_parties_redacted": held.hidden, "entries": len(held.entries)}
    assistant.log.append([NewEntry("AccessGiven", body, subject=case_id)])
    return content


def _citizen_texts(assistant: Assistant, held: Held, language: str) -> Iterator[tuple[str, Document]]:
    """Each suggestion's text for the citizen; one whose rules are gone from the workspace has none."""
    for suggestion in held.suggestions:
        with suppress(CheckFailedError):
            yield (
                suggestion["suggestion_id"],
                assistant.explanation(suggestion["suggestion_id"], "citizen", language)[0],
            )
