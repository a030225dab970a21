"""What an admin brings as a file, read into pieces: Markdown, text, PDF, Word, CSV.

Everything that cannot be read is an ``Unreadable`` whose words name the file, the line where there
is one, and what to do. Files come from people: nothing in them is run, fetched or unpacked to disk.
"""

import csv
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePath

from agents.knowledge.splitting import Piece, cut, pieces_of
from approvals.hygiene import clean_text

MEGABYTE = 1024 * 1024
MOST_BYTES = 20 * MEGABYTE
# A Word file is a zip archive: a small one can unpack to gigabytes.
MOST_UNPACKED = 100 * MEGABYTE
MOST_PAGES = 400
MOST_PIECES = 5_000
# Heading and text of a row, by the names such columns usually have.
HEADINGS = ("question", "heading", "title", "name", "service", "product", "topic")
TEXTS = ("answer", "text", "description", "content", "body", "policy", "aftercare")


# With what the readers of such formats stumble over bytes that make no sense: a Word file with a
# few bytes changed in its middle ended as an error page (zlib), one of a strange version too.
BROKEN = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError, AssertionError,
    SyntaxError, RuntimeError, EOFError, OSError, zlib.error, struct.error,
)  # fmt: skip


class Unreadable(ValueError):
    """A file that was not taken; the words say why and what to do."""


def pieces_of_file(name: str, data: bytes) -> list[Piece]:
    """The pieces of a file. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        size, most = len(data) / MEGABYTE, MOST_BYTES // MEGABYTE
        raise Unreadable(
            f"{name} has {size:.0f} MB; at most {most} MB can be read. Split it, or paste the part "
            "that the desk needs."
        )
    ending = PurePath(name).suffix.casefold()
    reader = READERS.get(ending)
    if reader is None:
        known = ", ".join(sorted(READERS))
        raise Unreadable(f"{name}: files of this kind cannot be read. These can: {known}.")
    pieces = [
        Piece(clean_text(piece.heading), clean_text(piece.text))
        for piece in reader(name, data)
        if piece.text.strip()
    ]
    if not pieces:
        raise Unreadable(f"{name} holds no text.")
    if len(pieces) > MOST_PIECES:
        raise Unreadable(f"{name} makes {len(pieces)} pieces; at most {MOST_PIECES}. Split it.")
    return pieces


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(
            f"{name}, line {line}: a character is not UTF-8. Save the file as UTF-8 and try again."
        ) from None


def _markdown(name: str, data: bytes) -> list[Piece]:
    return pieces_of(_text(name, data), PurePath(name).stem)


def _csv(name: str, data: bytes) -> list[Piece]:
    text = _text(name, data)
    # Spreadsheets of half the world save with semicolons.
    between = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=between)
    try:
        columns = [column.strip().casefold() for column in rows.fieldnames or []]
        rows.fieldnames = columns
        above, below = _column(columns, HEADINGS), _column(columns, TEXTS)
        if not above or not below:
            raise Unreadable(_wrong_columns(name, columns))
        return list(_rows(name, rows, above, below))
    except csv.Error as error:
        raise Unreadable(f"{name}, line {rows.line_num}: {error}.") from None


def _rows(name: str, rows: "csv.DictReader[str]", above: str, below: str) -> Iterator[Piece]:
    for row in rows:
        heading, text = (row.get(above) or "").strip(), (row.get(below) or "").strip()
        others = [
            f"{column}: {value.strip()}"
            for column, value in row.items()
            if column not in (above, below) and isinstance(value, str) and value.strip()
        ]
        if not heading or not (text or others):
            if not any(isinstance(value, str) and value.strip() for value in row.values()):
                continue
            missing = above if not heading else below
            raise Unreadable(
                f"{name}, line {rows.line_num}: “{missing}” is empty. Nothing was taken."
            )
        yield from cut(heading, "\n".join([text, *others]).strip())


def _column(columns: list[str], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in columns), "")


def _wrong_columns(name: str, columns: list[str]) -> str:
    has = ", ".join(column for column in columns if column)[:120] or "none"
    return (
        f"{name}, line 1: needs one column of {', '.join(HEADINGS[:4])} and one of "
        f"{', '.join(TEXTS[:3])}. It has: {has}."
    )


def _pdf(name: str, data: bytes) -> list[Piece]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(f"{name} is locked with a password. Save it without one.")
        if len(reader.pages) > MOST_PAGES:
            raise Unreadable(f"{name} has more than {MOST_PAGES} pages. Split it.")
        pages = [page.extract_text() or "" for page in reader.pages]
    except Unreadable:
        raise
    except (*BROKEN, PyPdfError):
        raise Unreadable(
            f"{name} is broken or no PDF: it cannot be opened. Save it once more as PDF."
        ) from None
    if not any(page.strip() for page in pages):
        raise Unreadable(
            f"{name} holds pictures of text and no text. Save it from the program that made it, or "
            "paste the text."
        )
    title = PurePath(name).stem
    return [
        piece
        for number, page in enumerate(pages, start=1)
        for piece in pieces_of(page, f"{title}, page {number}")
    ]


def _docx(name: str, data: bytes) -> list[Piece]:
    from zipfile import BadZipFile, ZipFile

    from docx.opc.exceptions import OpcError

    broken = f"{name} is broken or no Word file: it cannot be opened. Save it once more as .docx."
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable(f"{name} is too large inside. Paste the part that is needed.")
        return pieces_of("\n".join(_docx_lines(data)), PurePath(name).stem)
    except Unreadable:
        raise
    except (*BROKEN, BadZipFile, OpcError):
        raise Unreadable(broken) from None


def _docx_lines(data: bytes) -> Iterator[str]:
    from docx import Document
    from docx.table import Table

    for block in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield " | ".join(dict.fromkeys(cell.text.strip() for cell in row.cells))
            yield ""
            continue
        style = (block.style.name if block.style else "") or ""
        level = style.removeprefix("Heading ") if style.startswith("Heading ") else ""
        marks = "#" * int(level) if level.isdigit() else ("#" if style == "Title" else "")
        yield f"{marks} {block.text}" if marks else block.text
        yield ""


READERS: dict[str, Callable[[str, bytes], list[Piece]]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _markdown,
    ".csv": _csv,
    ".pdf": _pdf,
    ".docx": _docx,
}
