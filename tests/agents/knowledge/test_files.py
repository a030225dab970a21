"""Files and texts as admins bring them: read into pieces, or refused in words that help."""

import io

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from agents.knowledge import files
from agents.knowledge.files import Unreadable, pieces_of_file
from agents.knowledge.splitting import LONGEST, Piece, cut, pieces_of
from agents.knowledge.words import words_of

RULES = """# Policies
Please be kind.

## Cancelling
Up to 24 hours before it costs nothing.

### Late
After that half the price.

## Dogs
Can I bring my dog?
Small dogs are welcome.
Q: And cats?
A: Better not.
"""


def refused(name: str, data: bytes) -> str:
    with pytest.raises(Unreadable) as told:
        pieces_of_file(name, data)
    return str(told.value)


def a_pdf(text: str) -> bytes:
    """A page that says ``text``, written by hand: the library that reads cannot write text."""
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + tail


def a_docx() -> bytes:
    document = Document()
    document.add_heading("Aftercare", 1)
    document.add_paragraph("Keep it dry for a day.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Retinol", "not for a week"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_every_piece_stands_below_its_headings_and_questions() -> None:
    assert pieces_of(RULES, "rules") == [
        Piece("Policies", "Please be kind."),
        Piece("Policies / Cancelling", "Up to 24 hours before it costs nothing."),
        Piece("Policies / Cancelling / Late", "After that half the price."),
        Piece("Policies / Dogs / Can I bring my dog?", "Small dogs are welcome."),
        Piece("Policies / Dogs / And cats?", "Better not."),
    ]


@settings(max_examples=25)
@given(st.lists(st.text("ab .\n", max_size=700), max_size=6).map("\n\n".join))
def test_cutting_loses_no_word_and_keeps_every_piece_short(text: str) -> None:
    pieces = list(cut("Above", text))
    joined = "".join("".join(piece.text.split()) for piece in pieces)
    assert joined == "".join(text.split())
    assert all(len(piece.text) <= LONGEST for piece in pieces)


def test_a_pdf_a_word_file_and_a_table_are_read() -> None:
    assert pieces_of_file("parking.pdf", a_pdf("Parking is behind the house.")) == [
        Piece("parking, page 1", "Parking is behind the house.")
    ]
    assert pieces_of_file("care.docx", a_docx()) == [
        Piece("Aftercare", "Keep it dry for a day.\nRetinol | not for a week")
    ]
    table = "Question,Answer,Price\nDo you do brows?,Yes,$25\n".encode("utf-8-sig")
    assert pieces_of_file("faq.csv", table) == [Piece("Do you do brows?", "Yes\nprice: $25")]


def test_what_cannot_be_read_is_named_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = io.BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(blank)
    assert "holds pictures of text" in refused("scan.pdf", blank.getvalue())
    writer.encrypt("secret")
    locked = io.BytesIO()
    writer.write(locked)
    assert "locked with a password" in refused("locked.pdf", locked.getvalue())
    assert "broken or no PDF" in refused("x.pdf", b"not a pdf")
    assert "broken or no Word file" in refused("x.docx", a_docx()[:200])
    assert "kind cannot be read" in refused("x.exe", b"MZ")
    assert "holds no text" in refused("x.md", b"# Only a heading\n")
    assert "x.txt, line 2: a character is not UTF-8" in refused("x.txt", b"fine\n\xff\n")
    assert "x.csv, line 1: needs one column of question" in refused("x.csv", b"a,b\n1,2\n")
    empty = b"name,text\nFacial,fine\nBrows,\n"
    assert "x.csv, line 3: “text” is empty" in refused("x.csv", empty)
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    assert "at most 0 MB can be read" in refused("big.md", b"x" * 11)


@pytest.mark.parametrize("name", ["care.docx", "parking.pdf"])
def test_a_file_broken_anywhere_is_named_and_never_an_error_page(name: str) -> None:
    whole = a_docx() if name.endswith("docx") else a_pdf("Parking is behind the house.")
    said = []
    for place in range(0, len(whole), len(whole) // 40):
        broken = whole[:place] + bytes([whole[place] ^ 0x5A]) * 3 + whole[place + 3 :]
        try:
            pieces_of_file(name, broken)
        except Unreadable as error:
            said.append(str(error))
    assert said
    assert all(one.startswith(name) for one in said)


def test_a_table_is_read_whatever_stands_between_its_columns() -> None:
    for between in (";", "\t"):
        table = f"Pregunta{between}Question{between}Answer\nx{between}Dogs?{between}Yes, small\n"
        assert pieces_of_file("faq.csv", table.encode()) == [
            Piece("Dogs?", "Yes, small\npregunta: x")
        ]


def test_a_small_archive_that_unpacks_to_much_is_left_packed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "MOST_UNPACKED", 1_000)
    assert "too large inside" in refused("care.docx", a_docx())


def test_hidden_characters_of_a_file_stay_out() -> None:
    (piece,) = pieces_of_file("x.txt", "Dogs\u200b are\u202e welcome".encode())
    assert piece.text == "Dogs are welcome"


def test_words_are_one_whatever_their_ending_accent_or_name() -> None:
    assert words_of("Cancelling, cancelled!") == [words_of("cancel")[0]] * 2
    assert words_of("gents' cut") == words_of("men's cut")
    assert words_of("coloración") == words_of("coloracion")
