"""Loading a file: kept first, looked at, then stored by the inbox's worker, good rows and all.

The file is an InboundEvent like any other delivery, so a killed worker loses nothing, and loading
the same file again changes nothing.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.db import transaction

from core import clock
from core.audit import Actor, audit_record
from core.doorbell import ring_on_commit
from core.work import WorkRow
from integrations.imports.columns import FIELDS, KINDS, guess, lacking
from integrations.imports.rows import Reader
from integrations.imports.table import FileProblem, Table, table_read
from integrations.imports.values import Cell, day_first
from integrations.ingest import records_store
from integrations.ingest.fields import region_of
from integrations.models import Connection, InboundEvent, SyncRun
from integrations.platforms.base import Record

CHUNK = 200
MOST_PROBLEMS = 500
DATES = ("start", "date", "birthday", "last_visit_on", "created_on_platform", "earliest", "latest")
Problem = tuple[int, str]


@dataclass
class Report:
    """What a file brought. ``problems`` are (line in the file, what is wrong with it)."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """What a file would bring: the guess, a few rows as they would be read, and what is amiss."""

    table: Table
    mapping: dict[str, int]
    lacking: list[str]
    sample: list[list[str]]
    problems: list[Problem]


def file_keep(*, actor: Actor, connection: Connection, kind: str, raw: bytes) -> InboundEvent:
    """Keep an uploaded file; raises FileProblem where it is no table at all."""
    if kind not in KINDS:
        raise FileProblem(f"We can load {', '.join(KINDS)}.")
    table_read(raw)
    digest = hashlib.sha256(raw).hexdigest()
    row = InboundEvent.objects.create(
        connection=connection,
        delivery_id=f"file:{kind}:{digest[:16]}:{clock.now().isoformat()}",
        source=InboundEvent.Source.FILE,
        kind=f"file.{kind}",
        body=raw,
        body_sha256=digest,
        state=WorkRow.State.DONE,
    )
    audit_record(
        action="file.uploaded",
        actor=actor,
        connection=connection.pk,
        subject=f"inbound:{row.pk}",
        facts={"kind": kind, "sha256": digest, "bytes": len(raw)},
    )
    return row


def file_preview(
    kept: InboundEvent, mapping: Mapping[str, int] | None = None, as_of: date | None = None
) -> Preview:
    """Read a kept file without storing anything."""
    kind = kept.kind.removeprefix("file.")
    table = table_read(bytes(kept.body))
    chosen = dict(mapping) if mapping is not None else guess(kind, table.header)
    missing = lacking(kind, chosen)
    problems: list[Problem] = []
    if not missing:
        reader = _reader(kept.connection, table, chosen, as_of or clock.now().date())
        for line, cells in table.rows[:CHUNK]:
            _read(reader, kind, chosen, line, cells, problems)
    sample = [[cells[place] for place in chosen.values()] for _, cells in table.rows[:5]]
    return Preview(table, chosen, missing, sample, problems)


@transaction.atomic
def import_ask(
    *, actor: Actor, kept: InboundEvent, mapping: Mapping[str, int], as_of: date
) -> SyncRun:
    """Have a kept file stored by a worker; the SyncRun shows how far it is."""
    kind = kept.kind.removeprefix("file.")
    chosen = {name: int(place) for name, place in mapping.items() if name in FIELDS[kind]}
    missing = lacking(kind, chosen)
    if missing:
        raise FileProblem(" ".join(missing))
    total = len(table_read(bytes(kept.body)).rows)
    run = SyncRun.objects.create(
        connection=kept.connection, kind=f"file:{kind}", total=total, step=KINDS[kind]
    )
    order = {"file": kept.pk, "mapping": chosen, "as_of": as_of.isoformat(), "run": run.pk}
    InboundEvent.objects.create(
        connection=kept.connection,
        delivery_id=f"import:{run.pk}",
        source=InboundEvent.Source.FILE,
        kind=f"import.{kind}",
        body=json.dumps(order).encode(),
    )
    audit_record(
        action="file.loaded",
        actor=actor,
        connection=kept.connection_id,
        subject=f"inbound:{kept.pk}",
        facts={"kind": kind, "as_of": as_of.isoformat(), "rows": total},
    )
    ring_on_commit("integrations.inbox_drain")
    return run


def file_run(order: Mapping[str, Any], keep_lease: Any = None) -> Report:
    """Store the rows of a kept file in chunks, each in a transaction of its own."""
    kept = InboundEvent.objects.select_related("connection").get(pk=order["file"])
    run = SyncRun.objects.get(pk=order["run"])
    kind, mapping = kept.kind.removeprefix("file."), dict(order["mapping"])
    table, as_of = table_read(bytes(kept.body)), date.fromisoformat(order["as_of"])
    reader, report = _reader(kept.connection, table, mapping, as_of), Report()
    for chunk in chunks(iter(table.rows)):
        with transaction.atomic():
            _chunk_store(reader, kind, mapping, chunk, report)
            SyncRun.objects.filter(pk=run.pk).update(done=report.rows)
        if keep_lease is not None:
            keep_lease()
    run.done, run.finished_at, run.step = report.rows, clock.now(), ""
    run.error = report_words(report)
    run.save(update_fields=["done", "finished_at", "step", "error"])
    return report


def chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _chunk_store(
    reader: Reader,
    kind: str,
    mapping: Mapping[str, int],
    chunk: list[tuple[int, list[str]]],
    report: Report,
) -> None:
    records: list[Record] = []
    lines: dict[str, int] = {}
    for line, cells in chunk:
        found = _read(reader, kind, mapping, line, cells, report.problems)
        records += found
        lines |= {record.external_id: line for record in found}
    applied = records_store(
        connection=reader.connection,
        records=_once(records),
        source="file",
        history=True,
        as_of=reader.as_of,
    )
    report.rows += len(chunk)
    report.created += applied.created
    report.changed += len(applied.changes) - applied.created
    report.problems += [(lines.get(ext, 0), why) for _, ext, why in applied.odd]


def _once(records: list[Record]) -> list[Record]:
    """A client or service that several rows name is stored once; of equal ids the last row."""
    return list({(record.kind, record.external_id): record for record in records}.values())


def _reader(
    connection: Connection, table: Table, mapping: Mapping[str, int], as_of: date
) -> Reader:
    places = [mapping[name] for name in DATES if name in mapping]
    cells = (row[place] for _, row in table.rows for place in places)
    return Reader.of(connection, as_of, day_first(cells, region_of(connection)))


def _read(
    reader: Reader,
    kind: str,
    mapping: Mapping[str, int],
    line: int,
    cells: list[str],
    problems: list[Problem],
) -> list[Record]:
    row = {name: cells[place] for name, place in mapping.items() if place < len(cells)}
    try:
        return reader.records(kind, row)
    except Cell as wrong:
        problems.append((line, wrong.plain))
        return []


def report_words(report: Report) -> str:
    """The problems as lines of text, for the page; '' when every row went in."""
    shown = sorted(report.problems)[:MOST_PROBLEMS]
    lines = [f"Line {line}: {why}." for line, why in shown]
    more = len(report.problems) - len(shown)
    return "\n".join([*lines, *([f"… and {more} more."] if more else [])])
