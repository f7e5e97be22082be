"""A document as one self-contained page: printable, without scripts, readable at 360 px."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from assistant.core.texts import Texts
from explain.document import Document
from explain.qr import qr_svg


def render_html(document: Document, *, large: bool = False) -> str:
    """The document as HTML; `large` sets large type. Only our own drawings are put in unescaped."""
    texts = Texts.of("explain", document.language)
    return _template().render(
        document=document,
        large=large,
        machine_note=texts("machine-written"),
        qr=qr_svg(document.receipt) if document.receipt else "",
        qr_alt=texts("receipt-qr-alt", suggestion=document.suggestion_id),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("explain", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("document.html.j2")
