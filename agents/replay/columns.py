"""Reading an export: which column means what, and what its words say."""

import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from integrations.imports.table import FileProblem, Table, table_read
from integrations.imports.values import Cell, day_first, moment_of, money
from integrations.people import fold

# What each part may be called in an export, the likeliest first.
NAMES: dict[str, tuple[str, ...]] = {
    "client": ("client", "client id", "client name", "customer", "customer id", "customer name",
               "name", "patient"),
    "start": ("start", "starts at", "date time", "datetime", "start time", "appointment date",
              "appointment", "date", "day", "appointment day", "visit date"),
    "time": ("time", "start time", "appointment time", "time of day", "hour"),
    "booked_at": ("booked at", "created at", "created", "booked on", "booking date", "scheduled"),
    "cancelled_at": ("cancelled at", "canceled at", "cancelled on", "cancellation date"),
    "service": ("service", "services", "service name", "treatment", "description"),
    "staff": ("staff", "staff name", "provider", "employee", "therapist", "stylist", "with"),
    "status": ("status", "outcome", "appointment status", "state", "result"),
    "price": ("price", "amount", "total", "value"),
}  # fmt: skip
# A column of days, to which a column of hours belongs.
DAYS = ("appointment date", "date", "day", "appointment day", "visit date", "start date")
REQUIRED = ("client", "start", "status")
OUTCOMES: dict[str, tuple[str, ...]] = {
    "attended": ("attended", "completed", "complete", "checked out", "checked in", "paid",
                 "arrived", "done", "show", "showed", "closed", "finished"),
    "no_show": ("no show", "noshow", "missed", "did not show"),
    "late_cancel": ("late cancel", "late cancellation", "cancelled late", "canceled late"),
    "early_cancel": ("early cancel", "early cancellation", "cancelled early", "canceled early"),
    "cancelled": ("cancelled", "canceled", "cancel", "deleted"),
    "open": ("booked", "confirmed", "scheduled", "open", "pending", "requested"),
}  # fmt: skip
NOON = time(12)
LATE_HOURS = 24
# An hour somewhere in it; and dates that everybody writes with the day first.
HAS_HOUR = re.compile(r"\d[T: ]\d{2}:|\d:\d{2}|\d\s*[ap]\.?m\b", re.I)
WITH_DOTS = re.compile(r"\s*\d{1,2}\.\d{1,2}\.")
# A past of many years, not an upload: the command reads it once.
MOST_ROWS = 1_000_000


class Unreadable(Exception):
    """The file cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Columns:
    """Column names by meaning; '' where the export has none."""

    client: str
    start: str
    status: str
    time: str = ""
    booked_at: str = ""
    cancelled_at: str = ""
    service: str = ""
    staff: str = ""
    price: str = ""


@dataclass(frozen=True)
class Row:
    """One appointment of the export, in UTC; ``time_known`` False when only the day is."""

    line: int
    client: str
    starts_at: datetime
    outcome: str
    time_known: bool
    booked_at: datetime | None = None
    cancelled_at: datetime | None = None
    service: str = ""
    staff: str = ""
    price: Decimal | None = None


def guess(header: Sequence[str], given: Mapping[str, str]) -> Columns:
    """Columns by name; ``given`` (from flags) wins. Raises Unreadable with what is missing."""
    spelled = {fold(name.replace("_", " ").replace("-", " ")): name for name in header}
    found: dict[str, str] = {}
    for meaning, names in NAMES.items():
        wanted = given.get(meaning) or ""
        if wanted and wanted not in header:
            known = ", ".join(header)
            raise Unreadable(f"There is no column {wanted!r}. The file has: {known}.")
        known_names = (spelled[name] for name in names if name in spelled)
        found[meaning] = wanted or next(known_names, "")
    if found["start"] == found["time"] and not given.get("start"):
        # "Start time" beside a date is an hour; alone it is both.
        days = (spelled[name] for name in DAYS if name in spelled)
        found["start"] = next(days, found["start"])
    if found["start"] == found["time"]:
        found["time"] = ""
    missing = [meaning for meaning in REQUIRED if not found[meaning]]
    if missing:
        flags = ", ".join(f"--{meaning.replace('_', '-')} COLUMN" for meaning in missing)
        raise Unreadable(f"Say which column it is: {flags}. The file has: {', '.join(header)}.")
    return Columns(**found)


def table_of(path: Path) -> Table:
    """A CSV file, also gzipped, in whatever encoding and with whatever delimiter it was saved."""
    try:
        raw = path.read_bytes()
        return table_read(
            gzip.decompress(raw) if path.suffix == ".gz" else raw, most_rows=MOST_ROWS
        )
    except FileProblem as problem:
        raise Unreadable(f"{path} cannot be used. {problem.plain}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable(f"{path} is called .gz and is not gzipped.") from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be opened ({error.strerror or error}).") from None


def rows_of(table: Table, columns: Columns, zone: ZoneInfo) -> tuple[list[Row], list[str]]:
    """Every row that can be read, and one sentence for each that cannot."""
    rows: list[Row] = []
    odd: list[str] = []
    place = table.header.index(columns.start)
    region = "US" if zone.key.startswith(("America/", "US/")) else ""
    how = (zone, day_first((cells[place] for _, cells in table.rows), region))
    for line, cells in table.rows:
        named = dict(zip(table.header, cells, strict=True))
        try:
            rows.append(_row(line, named, columns, how))
        except ValueError as error:
            odd.append(f"Line {line}: {error}")
    return rows, odd


def _row(line: int, cells: Mapping[str, str], columns: Columns, how: tuple[ZoneInfo, bool]) -> Row:
    def cell(name: str) -> str:
        return cells.get(name, "") if name else ""

    def when(text: str) -> datetime | None:
        return moment(text, *how)[0] if text else None

    client = cell(columns.client)
    if not client:
        raise ValueError("no client")
    start, hour = cell(columns.start), cell(columns.time)
    starts_at, time_known = moment(start if HAS_HOUR.search(start) else f"{start} {hour}", *how)
    cancelled = when(cell(columns.cancelled_at))
    return Row(
        line=line,
        client=client,
        starts_at=starts_at,
        outcome=outcome_of(cell(columns.status), starts_at, cancelled),
        time_known=time_known,
        booked_at=when(cell(columns.booked_at)),
        cancelled_at=cancelled,
        service=cell(columns.service).replace("|", " + ")[:200],
        staff=cell(columns.staff)[:160],
        price=_price(cell(columns.price)),
    )


def moment(text: str, zone: ZoneInfo, european: bool = False) -> tuple[datetime, bool]:
    """A date or time as exports write it, and whether it had an hour; ValueError for neither."""
    text = text.strip()
    has_hour = HAS_HOUR.search(text) is not None
    dotted = WITH_DOTS.match(text) is not None
    try:
        found = moment_of(text, zone, day_first=european or dotted)
    except Cell:
        raise ValueError(f"{text!r} is no date or time that we know") from None
    if not has_hour:
        found = datetime.combine(found.astimezone(zone).date(), NOON, zone).astimezone(UTC)
    return found, has_hour


def outcome_of(status: str, starts_at: datetime, cancelled_at: datetime | None) -> str:
    """Our word for the export's. A plain "cancelled" is late or early by its own date."""
    said = fold(status.replace("_", " ").replace("-", " "))
    found = next((name for name, words in OUTCOMES.items() if said in words), "")
    if not found:
        raise ValueError(f"the status {status!r} is not one that we know")
    if found == "cancelled" and cancelled_at is not None:
        hours = (starts_at - cancelled_at).total_seconds() / 3600
        return "late_cancel" if hours <= LATE_HOURS else "early_cancel"
    return found


def _price(text: str) -> Decimal | None:
    found = money(text)
    return found.quantize(Decimal("0.01")) if found is not None else None
