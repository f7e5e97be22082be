"""A document as SSML 1.1 (W3C), for reading aloud: sentences and pauses marked, numbers said digit by digit."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from explain.document import Document

_VOICE = {"da": "da-DK", "en": "en-GB"}
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 forbids."""

_TELEPHONE = re.compile(r"\b\d{2}(?: \d{2}){3}\b|\b\d{8}\b")


def render_ssml(document: Document) -> str:
    """The document as one SSML text; tables and pictures are left out, a picture's words are read."""
    parts = [f"<p><s>{_said(document.title)}</s></p>", '<break strength="strong"/>']
    for block in document.blocks:
        parts.append(f'<p><s><emphasis level="moderate">{_said(block.heading)}</emphasis></s></p><break time="500ms"/>')
        said = [s.text for s in ((block.intro,) if block.intro else ()) + block.sentences]
        if block.picture is not None:
            said.append(block.picture.alt)
        if said:
            parts.append("<p>" + '<break time="300ms"/>'.join(f"<s>{_said(text)}</s>" for text in said) + "</p>")
        parts.append('<break time="800ms"/>')
    body = "\n".join(parts)
    head = f'<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="{_VOICE[document.language]}">'
    return f"{head}\n{body}\n</speak>\n"


def _said(text: str) -> str:
    return _TELEPHONE.sub(
        lambda m: f'<say-as interpret-as="telephone">{m[0]}</say-as>', escape(_UNSPEAKABLE.sub(" ", text))
    )
