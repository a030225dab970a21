"""Packing a connection's data: a ZIP of JSON lines and CSV per table, written as it is read."""

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from copilot.leaving.models import Leaving, LeavingPart
from copilot.leaving.tables import ELSEWHERE, Table, tables
from copilot.sheets import harmless
from core import clock
from core.models import AuditDetail, AuditEvent
from integrations.models import Connection

PIECE = 1 << 20
CHUNK = 1000
README = """Everything that Front Desk Copilot kept for {name}, packed on {day}.

tables/<name>.jsonl   one record a line, exactly as kept
tables/<name>.csv     the same for a spreadsheet; a cell that a spreadsheet would compute begins
                      with an apostrophe
audit.jsonl           who or what did what; detail is what can be erased
manifest.json         how many rows of each table, and what is not in here and why

Passwords, keys to platforms and other secrets are not in here. Times are UTC.
"""


class Pieces(io.RawIOBase):
    """A file that is only ever written on: every megabyte becomes a row."""

    def __init__(self, leaving: Leaving) -> None:
        self.leaving = leaving
        self.buffer = bytearray()
        self.number = 0
        self.size = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        taken = bytes(data)
        self.buffer += taken
        self.digest.update(taken)
        self.size += len(taken)
        while len(self.buffer) >= PIECE:
            self._keep(PIECE)
        return len(taken)

    def finish(self) -> None:
        if self.buffer:
            self._keep(len(self.buffer))

    def _keep(self, n: int) -> None:
        body = bytes(self.buffer[:n])
        del self.buffer[:n]
        LeavingPart.objects.create(leaving=self.leaving, number=self.number, body=body)
        self.number += 1


def pack(
    leaving: Leaving, connection: Connection, progress: Callable[[str, int], None]
) -> tuple[Pieces, list[dict[str, Any]]]:
    """Write all of it; ``progress`` hears the table and how many rows are done so far. What an
    earlier attempt left is thrown away first."""
    LeavingPart.objects.filter(leaving=leaving).delete()
    pieces, counted, done = Pieces(leaving), [], 0
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as packed:
        for table in tables():
            if table.label == "leaving.LeavingPart":
                continue
            n = 0
            for n in _table(packed, table, connection):
                progress(table.name, done + n)
            done += n
            counted.append({"table": table.name, "before": n, "after": None})
        n = 0
        for n in _audit(packed, connection):
            progress("audit", done + n)
        counted.append({"table": "audit", "before": n, "after": None})
        _about(packed, connection, counted)
    pieces.finish()
    return pieces, counted


def _table(packed: zipfile.ZipFile, table: Table, connection: Connection) -> Iterator[int]:
    """Twice over the rows, because a ZIP takes one file at a time; says now and then how many."""
    columns = [column.attname for column in table.columns()]
    n = 0
    with packed.open(f"tables/{table.name}.jsonl", "w") as file:
        for n, row in enumerate(_rows(table, connection, columns), 1):
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            if n % CHUNK == 0:
                yield n
    with packed.open(f"tables/{table.name}.csv", "w") as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(columns)
        for row in _rows(table, connection, columns):
            writer.writerow([harmless(row[column]) for column in columns])
        text.flush()
        text.detach()
    yield n


def _rows(table: Table, connection: Connection, columns: list[str]) -> Iterator[dict[str, Any]]:
    rows = table.rows(connection).order_by("pk").values(*columns)
    for row in rows.iterator(CHUNK):
        yield {name: plain(value) for name, value in row.items()}


def _audit(packed: zipfile.ZipFile, connection: Connection) -> Iterator[int]:
    events = AuditEvent.objects.filter(connection=str(connection.pk)).order_by("pk")
    n = 0
    with packed.open("audit.jsonl", "w") as file:
        batch: list[dict[str, Any]] = []
        for row in events.values().iterator(CHUNK):
            batch.append(dict(row))
            if len(batch) == CHUNK:
                n += _lines(file, batch)
                batch = []
                yield n
        n += _lines(file, batch)
    yield n


def _lines(file: Any, batch: list[dict[str, Any]]) -> int:
    known = AuditDetail.objects.filter(event_id__in=[row["id"] for row in batch])
    details = {one.event_id: one.data for one in known}
    for row in batch:
        said = {name: plain(value) for name, value in row.items()}
        said["detail"] = details.get(row["id"])
        file.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
    return len(batch)


def _about(packed: zipfile.ZipFile, connection: Connection, counted: list[dict[str, Any]]) -> None:
    now = clock.now()
    manifest = {
        "connection": connection.name,
        "platform": connection.platform,
        "packed_at": now.isoformat(),
        "rows": {one["table"]: one["before"] for one in counted},
        "not_in_here": ELSEWHERE,
    }
    packed.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2))
    packed.writestr("README.txt", README.format(name=connection.name, day=now.date().isoformat()))


def plain(value: Any) -> Any:
    """A value as JSON has it; bytes as text where they are text."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, memoryview | bytes):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(raw).decode()}
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)
