"""Bytes to rows: which encoding, which delimiter, and a plain word where it is no table."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST = 20 * 1024 * 1024
MOST_ROWS = 100_000
DELIMITERS = (",", ";", "\t", "|")
OTHER_FILES = {
    b"PK\x03\x04": "This is an Excel workbook. Open it and save it as CSV, then load that file.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel file. Open it and save it as CSV.",
    b"%PDF": "This is a PDF. Export the list as CSV instead.",
}


class FileProblem(Exception):
    """The whole file cannot be used; ``plain`` says why and what to do."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


@dataclass(frozen=True)
class Table:
    """``rows`` are (line in the file, cells); every row has as many cells as the header."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    encoding: str
    delimiter: str


def table_read(raw: bytes, *, most_rows: int = MOST_ROWS) -> Table:
    """The rows of a CSV file of at most ``most_rows``; raises FileProblem."""
    if len(raw) > LARGEST:
        raise FileProblem("The file is larger than 20 MB. Split it and load the parts.")
    for start, words in OTHER_FILES.items():
        if raw.startswith(start):
            raise FileProblem(words)
    text, encoding = decoded(raw)
    lines = text.strip("\ufeff\r\n\t ")
    if not lines:
        raise FileProblem("The file is empty.")
    delimiter = delimiter_of(lines)
    rows = list(_rows(text.lstrip("\ufeff"), delimiter))
    header = [" ".join(cell.split()) for cell in rows[0][1]]
    if len([cell for cell in header if cell]) < 2:
        raise FileProblem("The first line should name the columns, and it names fewer than two.")
    if len(rows) > most_rows:
        raise FileProblem(f"The file has more than {most_rows:,} rows. Split it first.")
    wide = len(header)
    body = [(line, (cells + [""] * wide)[:wide]) for line, cells in rows[1:]]
    if not body:
        raise FileProblem("The file has a line of column names and nothing below it.")
    return Table(header, body, encoding, delimiter)


def decoded(raw: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. The last resort takes any byte."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), "UTF-16"
    try:
        return raw.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "Windows-1252"


def delimiter_of(text: str) -> str:
    """The delimiter that names the most columns in the first line, quotes left out."""
    first = text.splitlines()[0]
    bare = "".join(part for place, part in enumerate(first.split('"')) if place % 2 == 0)
    return max(DELIMITERS, key=lambda one: (bare.count(one), one == ","))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with the line they end on."""
    csv.field_size_limit(LARGEST)
    reader = csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
        cells = [cell.strip() for cell in cells]
        if any(cells):
            yield reader.line_num, cells
