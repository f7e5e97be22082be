"""Files that people have: what is read of them, and the one sentence when they cannot be."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.core.errors import UserError
from retrieval.documents import files_under, read_document, read_documents
from retrieval.law_refs import LawNames
from retrieval.passages import split

LAWS = LawNames.of({"SUL": {"aliases": ["sundhedsloven"]}, "SEL": {"aliases": ["serviceloven"]}})

Placed = tuple[float, float, float, str]


def pdf_bytes(pages: Sequence[Sequence[Placed]]) -> bytes:
    """A small PDF with text (left, up from the bottom, letter size, words) on each page."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    objects.append(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
    kids = []
    for page in pages:
        drawn = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, text in page)
        stream = drawn.encode("cp1252")
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        resources = b"/Resources<</Font<</F1 3 0 R>>>>"
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]%s/Contents %d 0 R>>" % (resources, len(objects))
        )
    refs = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (refs, len(kids))
    out, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    return out + head + b"startxref\n%d\n%%%%EOF" % len(out)


def column(x: float, lines: Sequence[str], top: float = 700) -> list[Placed]:
    return [(x, top - 14 * place, 10, line) for place, line in enumerate(lines)]


def test_two_columns_are_read_one_after_the_other_and_pages_are_kept(tmp_path: Path) -> None:
    left = ["Fristen er syv dage", "efter udskrivning, og", "den tæller i kalender-", "dage. Vent ikke."]
    right = ["Borgeren kan derefter", "vælge en privat", "leverandør efter § 140", "i sundhedsloven."]
    first = [(40.0, 750.0, 18.0, "Genoptræning efter sygehus"), *column(40, left), *column(320, right)]
    second = column(40, ["Side to handler om hjælpemidler."])
    path = tmp_path / "gop.pdf"
    path.write_bytes(pdf_bytes([first, second]))

    document = read_document(path)
    passages = split(document, LAWS)

    assert document.title == "Genoptræning efter sygehus"
    assert "den tæller i kalenderdage. Vent ikke." in document.text
    assert document.text.index("Vent ikke") < document.text.index("Borgeren kan")
    assert [passage.page for passage in passages] == [1, 2]
    assert "SUL § 140" in passages[0].law_refs


def test_running_heads_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    pages = [
        [
            (40.0, 780.0, 10.0, "Kommunens håndbog"),
            *column(40, [f"Afsnit om {word}."]),
            (300.0, 20.0, 10.0, f"Side {n}"),
        ]
        for n, word in enumerate(("kol", "mentor", "fleksjob", "pension"), start=1)
    ]
    path = tmp_path / "bog.pdf"
    path.write_bytes(pdf_bytes(pages))

    text = read_document(path).text

    assert text.split("\n\n") == ["Afsnit om kol.", "Afsnit om mentor.", "Afsnit om fleksjob.", "Afsnit om pension."]


def test_a_scanned_pdf_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf_bytes([[]]))

    with pytest.raises(UserError, match=r"scan\.pdf: .*text recognition \(OCR\)"):
        read_documents(path)


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_bytes([column(40, ["Hemmeligt."])])))
    writer.encrypt("kodeord", algorithm="AES-256")
    path = tmp_path / "laast.pdf"
    with path.open("wb") as out:
        writer.write(out)

    with pytest.raises(UserError, match=r"laast\.pdf: is encrypted"):
        read_documents(path)


def test_a_word_document_keeps_headings_and_tables(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    word.add_heading("Hjælpemidler", level=1)
    word.add_paragraph("Varigt behov, jf. servicelovens § 112.")
    word.add_heading("Frister", level=2)
    table = word.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Klage", "4 uger"
    path = tmp_path / "vejledning.docx"
    word.save(str(path))

    passages = split(read_document(path), LAWS)

    assert [passage.heading_path for passage in passages] == [("Hjælpemidler",), ("Hjælpemidler", "Frister")]
    assert passages[0].law_refs == ("SEL § 112",)
    assert passages[1].text.endswith("Klage | 4 uger")


def test_a_web_page_gives_its_main_text_without_navigation(tmp_path: Path) -> None:
    path = tmp_path / "side.html"
    path.write_text(
        "<html><head><title>Kommunen</title></head><body><nav><p>Forside Kontakt</p></nav><main><h1>Mentor</h1>"
        "<p>En <b>mentor</b> hjælper.</p><ul><li>Ring <p>til os</p></li></ul></main><footer>CVR</footer></body></html>",
        encoding="utf-8",
    )

    document = read_document(path)

    assert document.text == "Mentor\n\nEn mentor hjælper.\n\nRing til os"
    assert document.title == "Mentor"


LEXDANIA = """<?xml version="1.0" encoding="utf-8"?>
<Dokument><Meta><DocumentTitle>Bekendtgørelse af sundhedsloven</DocumentTitle>
<PopularTitle>Sundhedsloven</PopularTitle><AccessionNumber>A20250027529</AccessionNumber><Year>2025</Year>
<Number>275</Number><StartDate>2025-03-14</StartDate><EndDate>2026-01-01</EndDate><Status>Valid</Status></Meta>
<DokumentIndhold><Kapitel><Explicatus>Kapitel 39</Explicatus><Rubrica><Linea><Char>Genoptræning</Char></Linea></Rubrica>
<ParagrafGruppe><Paragraf><Explicatus>§ 140.</Explicatus>
<Stk><Exitus><Linea><Char>Kommunalbestyrelsen tilbyder genoptræning.<Nota>fodnote</Nota></Char></Linea></Exitus></Stk>
<Stk><Explicatus>Stk. 2.</Explicatus><Exitus><Linea><Char>Den følger § 84.</Char></Linea></Exitus></Stk></Paragraf>
<Paragraf><Explicatus>§ 140 a.</Explicatus><Stk><Exitus><Linea><Char>Vederlagsfri fysioterapi.</Char></Linea></Exitus>
</Stk></Paragraf></ParagrafGruppe></Kapitel><Ikraft><Paragraf><Explicatus>§ 300</Explicatus><Char>I kraft.</Char>
</Paragraf></Ikraft></DokumentIndhold></Dokument>"""


def test_a_statute_in_lexdania_form_gives_a_passage_per_section_with_its_own_reference(tmp_path: Path) -> None:
    path = tmp_path / "sul.xml"
    path.write_text(LEXDANIA, encoding="utf-8")

    document = read_document(path)
    passages = split(document, LAWS)

    assert document.id == "A20250027529"
    assert str(document.valid_from) == "2025-03-14"
    assert document.valid_to is None
    assert passages[0].text == "§ 140. Kommunalbestyrelsen tilbyder genoptræning.\n\nStk. 2. Den følger § 84."
    assert passages[0].heading_path == ("Kapitel 39 Genoptræning", "§ 140")
    assert passages[0].law_refs == ("SUL § 140", "SUL § 84")
    assert passages[1].law_refs == ("SUL § 140 a",)
    assert len(passages) == 2


def test_a_statute_page_in_html_is_cut_at_its_sections(tmp_path: Path) -> None:
    path = tmp_path / "lov.html"
    path.write_text(
        "<title>Bekendtgørelse af sundhedsloven</title><body><p>§ 140. Genoptræning.</p><p>Stk. 2. Mere.</p>"
        "<p>§ 141. Alkohol.</p></body>",
        encoding="utf-8",
    )

    passages = split(read_document(path), LAWS)

    assert [passage.law_refs for passage in passages] == [("SUL § 140",), ("SUL § 141",)]
    assert passages[0].text == "§ 140. Genoptræning.\n\nStk. 2. Mere."


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("tom.md", b"", "0 bytes"),
        ("latin.txt", "linje et\nGenoptræning".encode("latin-1"), "line 2 is not UTF-8"),
        ("nul.txt", b"ab\x00cd", "zero bytes"),
        ("blank.txt", b" \n\t ", "nothing but white space"),
        ("for.md", b"---\ntitle: x\n", "no later line closes"),
        ("yaml.md", b'---\ntitle: "x\nid: y\n---\ntekst', "not valid YAML"),
        ("dato.md", b"---\nvalid_from: 2026-02-31x\n---\ntekst", "valid_from is '2026-02-31x', which is no date"),
        ("kun.md", b"---\ntitle: x\n---\n", "no text after the front matter"),
        ("r.jsonl", b'{"_id": "a", "text": "x"}\n{oops', "line 2 is not valid JSON"),
        ("r.jsonl", b'{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}', "line 2 repeats the id 'a' of line 1"),
        ("r.jsonl", b'{"text": "x"}', "line 1 has no _id"),
        ("r.jsonl", b'{"_id": "a", "text": ""}', r"line 1 \(a\) has no text"),
        ("r.jsonl", b"[1]", "line 1 is not a JSON object"),
        ("x.xlsx", b"PK", "cannot be read; use one of"),
        ("x.docx", b"PK nonsense", "no readable .docx"),
        ("x.pdf", b"%PDF-1.4 nonsense", "no readable PDF"),
        ("x.xml", b"<Dokument><", "line 1 is not valid XML"),
        ("x.xml", b"<rss/>", "no statute in LexDania form"),
        ("x.xml", b"<Dokument><Meta><Status>Valid</Status></Meta></Dokument>", "holds no sections"),
        ("x.html", b"<html><nav>kun menu</nav></html>", "no text outside navigation"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_naming_it(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    with pytest.raises(UserError, match=says) as caught:
        read_documents(path)

    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_xml_bomb_is_not_expanded(tmp_path: Path) -> None:
    path = tmp_path / "bombe.xml"
    path.write_text(
        '<!DOCTYPE d [<!ENTITY x "hemmelig">]><Dokument><Paragraf><Explicatus>§ 1.</Explicatus><Char>a &x; b</Char>'
        "</Paragraf></Dokument>",
        encoding="utf-8",
    )

    assert "hemmelig" not in read_document(path).text


def test_a_folder_without_readable_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "billede.png").write_bytes(b"x")

    with pytest.raises(UserError, match="holds no file that can be read"):
        files_under(tmp_path)


def test_front_matter_fills_the_document(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\nid: v1\ntitle: Mentor\nlaw_refs: [LAB § 167]\npathways: [lab_mentor]\nvalid_from: 2024-01-01\n"
        "version: '3'\nconfidence: 0.9\n---\n# Mentor\n\n> Demonstration.\n\n## Hvem\nAlle.\n",
        encoding="utf-8",
    )

    document = read_document(path)
    passages = split(document, LAWS)

    assert (document.id, document.version, document.confidence) == ("v1", "3", 0.9)
    assert [passage.text for passage in passages] == ["Alle."]
    assert passages[0].heading_path == ("Mentor", "Hvem")
    assert document.text[passages[0].start : passages[0].end] == "Alle."
