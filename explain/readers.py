"""One way in for those above: a reader, a language and a form give a finished explanation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from assistant.core.catalogue import Catalogue
from assistant.core.errors import UserError
from assistant.core.texts import LANGUAGES
from explain.board import board_text
from explain.caseworker import caseworker_text
from explain.citizen import citizen_text
from explain.document import Document, Reader
from explain.easy_read import easy_read
from explain.extras import Extras
from explain.journal import journal_note
from explain.telephone import telephone_script
from explain.view import ExplanationView

Form: TypeAlias = Literal["text", "html", "json", "pdf", "ssml"]

MEDIA_TYPES: Mapping[Form, str] = {
    "text": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "ssml": "application/ssml+xml",
}


class UnknownChoiceError(UserError):
    """A reader, language or form that there is none of."""

    def __init__(self, what: str, given: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no {what} {given[:40]!r} for an explanation; choose one of {', '.join(known)}.")


def explanation_document(
    view: ExplanationView,
    catalogue: Catalogue,
    reader: str,
    language: str = "da",
    *,
    pictures: bool = False,
    easy: bool = False,
    extras: Extras | None = None,
) -> Document:
    """The text of one reader; `easy` cuts the citizen's to its easy-read variant, `extras` add what took
    re-runs.

    Raises `UnknownChoiceError` for a reader or language that there is none of.
    """
    if reader not in get_args(Reader):
        raise UnknownChoiceError("reader", reader, get_args(Reader))
    if language not in LANGUAGES:
        raise UnknownChoiceError("language", language, LANGUAGES)
    if reader == "caseworker":
        return caseworker_text(view, catalogue, language, pictures=pictures, extras=extras)
    if reader == "citizen":
        text = citizen_text(view, catalogue, language, extras=extras)
        return easy_read(text) if easy else text
    write = {"board": board_text, "telephone": telephone_script, "journal": journal_note}[reader]
    return write(view, catalogue, language)


def rendered(document: Document, form: str, view: ExplanationView, *, large: bool = False) -> bytes:
    """The document in one form, as bytes (UTF-8 for text). Raises `UnknownChoiceError` for an unknown form."""
    match form:
        case "text":
            from explain.render_text import render_text

            return render_text(document).encode("utf-8", "replace")
        case "html":
            from explain.render_html import render_html

            return render_html(document, large=large).encode("utf-8", "replace")
        case "json":
            from explain.render_json import render_json

            return (json.dumps(render_json(document), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
        case "pdf":
            from explain.render_pdf import render_pdf

            return render_pdf(document, on=view.as_of, large=large)
        case "ssml":
            from explain.render_ssml import render_ssml

            return render_ssml(document).encode("utf-8", "replace")
        case _:
            raise UnknownChoiceError("form", form, get_args(Form))
