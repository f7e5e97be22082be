"""The same document in every form: complete, self-contained, safe, and a PDF that a screen reader can read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pypdf
import pytest

from assistant.core.catalogue import Catalogue
from eval.suites.explanation_cases import invented_suggestion, random_case
from explain.document import Block, Document, Sentence
from explain.qr import qr_svg
from explain.readers import UnknownChoiceError, explanation_document, rendered
from explain.render_html import render_html
from explain.render_json import render_json
from explain.render_pdf import render_pdf
from explain.render_text import render_text
from explain.view import ExplanationView
from explain.view_build import explanation_view

READERS = ("citizen", "caseworker", "board", "telephone", "journal")


@pytest.fixture(scope="module")
def view(catalogue: Catalogue) -> ExplanationView:
    for seed in range(200):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        found = explanation_view(made.suggestion, made.facts, catalogue, texts=made.texts)
        if found.first is not None and found.first.explanation is not None:
            return found
    raise AssertionError("no invented case has a scored first choice")


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def everything(document: Document) -> list[str]:
    said = [document.title, *(s.text for s in document.sentences()), *(b.heading for b in document.blocks)]
    for block in document.blocks:
        if block.table is not None:
            said += [cell for row in (block.table.columns, *block.table.rows) for cell in row]
    return said


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("language", ["da", "en"])
def test_no_form_loses_a_word(view: ExplanationView, catalogue: Catalogue, reader: str, language: str) -> None:
    document = explanation_document(view, catalogue, reader, language)
    page = Words()
    page.feed(render_html(document))
    forms = {
        "html": "".join(page.found),
        "text": render_text(document),
        "json": json.dumps(render_json(document), ensure_ascii=False),
    }

    for form, text in forms.items():
        all_of_it = squeezed(text)
        for words in everything(document):
            shown = json.dumps(words, ensure_ascii=False)[1:-1] if form == "json" else words
            assert squeezed(shown) in all_of_it, (form, words)
    assert page.open == []


def test_a_page_needs_nothing_from_elsewhere(view: ExplanationView, catalogue: Catalogue) -> None:
    page = render_html(explanation_document(view, catalogue, "caseworker", pictures=True))

    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert not re.search(r"url\((?!#)", page)
    assert 'lang="da"' in page
    assert "width=device-width" in page


def test_what_a_person_wrote_cannot_become_markup(view: ExplanationView, catalogue: Catalogue) -> None:
    hostile = '<script>alert(1)</script> #set text(red) "}'
    document = explanation_document(dataclasses.replace(view, goal=hostile, suppressed=()), catalogue, "citizen")

    assert hostile not in render_html(document)
    assert "&lt;script&gt;" in render_html(document)
    assert squeezed("#set text(red)") in squeezed(_pdf_text(render_pdf(document, on=view.as_of)))


@pytest.mark.parametrize(
    "words", ["Glad 😀", "العربية", "中文", "a\u200bb", "\x07", "\ue000", "\U0010ffff", "\t", "\ud800"]
)
def test_no_sign_that_a_citizen_writes_keeps_a_letter_back(
    view: ExplanationView, catalogue: Catalogue, words: str
) -> None:
    document = explanation_document(dataclasses.replace(view, goal=words, suppressed=()), catalogue, "citizen")

    assert rendered(document, "pdf", view).startswith(b"%PDF")
    assert b"</html>" in rendered(document, "html", view)
    assert rendered(document, "text", view)
    assert json.loads(rendered(document, "json", view))
    ET.fromstring(rendered(document, "ssml", view))


def _pdf_text(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("reader", ["citizen", "board"])
def test_the_pdf_is_tagged_with_embedded_fonts_and_selectable_danish(
    view: ExplanationView, catalogue: Catalogue, reader: str
) -> None:
    document = explanation_document(view, catalogue, reader)
    made = render_pdf(document, on=view.as_of)
    pdf = pypdf.PdfReader(io.BytesIO(made))
    root = pdf.trailer["/Root"].get_object()

    assert root["/MarkInfo"]["/Marked"] is True or bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith("da")
    assert pdf.metadata is not None
    assert pdf.metadata.title == document.title
    fonts = {
        font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object().keys()
        & {"/FontFile2", "/FontFile3"}
        != set()
        for page in pdf.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts == {True}
    text = squeezed(_pdf_text(made))
    for sentence in document.sentences():
        assert squeezed(sentence.text)[:40] in text
    assert re.search("[æøå]", text)


def test_the_same_document_gives_the_same_pdf(view: ExplanationView, catalogue: Catalogue) -> None:
    document = explanation_document(view, catalogue, "citizen")

    assert render_pdf(document, on=view.as_of) == render_pdf(document, on=view.as_of)


def test_large_type_changes_the_size_and_no_word(view: ExplanationView, catalogue: Catalogue) -> None:
    document = explanation_document(view, catalogue, "citizen")

    assert "1.375rem" in render_html(document, large=True)
    assert "1.375rem" not in render_html(document)
    assert len(render_pdf(document, on=view.as_of, large=True)) != len(render_pdf(document, on=view.as_of))


def test_the_qr_code_holds_the_receipt(view: ExplanationView, catalogue: Catalogue) -> None:
    document = explanation_document(view, catalogue, "citizen")
    assert document.receipt == f"vejviser:{view.suggestion_id}:{view.ledger['entry']}:{view.ledger['leaf_hash']}"

    assert qr_svg(document.receipt) in render_html(document)
    assert qr_svg(document.receipt) != qr_svg(document.receipt + "x")


def test_a_sentence_that_a_machine_wrote_is_marked_in_every_form(view: ExplanationView) -> None:
    sentence = Sentence("Du får hjælp.", "line", machine_written=True)
    document = Document("citizen", "da", "Prøve", (Block("b", "Hvad", "list", (sentence,)),), "S-1")

    assert "skrevet af et program" in render_html(document)
    assert render_json(document)["blocks"][0]["sentences"][0]["machine_written"] is True
    assert squeezed("skrevet af et program") in squeezed(_pdf_text(render_pdf(document, on=dt.date(2026, 1, 1))))
    assert "skrevet af et program" in render_text(document)


@pytest.mark.parametrize("form", ["text", "html", "json", "pdf", "ssml"])
def test_every_form_comes_as_bytes(view: ExplanationView, catalogue: Catalogue, form: str) -> None:
    assert rendered(explanation_document(view, catalogue, "telephone"), form, view)


@pytest.mark.parametrize(
    ("reader", "language", "form", "named"),
    [
        ("minister", "da", "text", "caseworker, citizen, board, telephone, journal"),
        ("citizen", "sv", "text", "da, en"),
        ("citizen", "da", "odt", "text, html, json, pdf, ssml"),
    ],
)
def test_an_unknown_choice_is_refused_with_what_there_is(
    view: ExplanationView, catalogue: Catalogue, reader: str, language: str, form: str, named: str
) -> None:
    with pytest.raises(UnknownChoiceError, match=named):
        rendered(explanation_document(view, catalogue, reader, language), form, view)
