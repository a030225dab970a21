"""Reading an export: which column means what, and what its words say."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from integrations.people import fold

# What each part may be called in an export, the likeliest first.
NAMES: dict[str, tuple[str, ...]] = {
    "client": ("client", "client id", "client name", "customer", "customer id", "customer name",
               "name", "patient"),
    "start": ("start", "start time", "starts at", "date time", "datetime", "appointment date",
              "appointment", "date", "day", "appointment day"),
    "booked_at": ("booked at", "created at", "created", "booked on", "booking date", "scheduled"),
    "cancelled_at": ("cancelled at", "canceled at", "cancelled on", "cancellation date"),
    "service": ("service", "services", "service name", "treatment", "description"),
    "staff": ("staff", "staff name", "provider", "employee", "therapist", "stylist", "with"),
    "status": ("status", "outcome", "appointment status", "state", "result"),
    "price": ("price", "amount", "total", "value"),
}  # fmt: skip
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
FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M",
    "%m/%d/%Y", "%m/%d/%y", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%b %d, %Y %I:%M %p", "%b %d, %Y",
)  # fmt: skip
NOON = time(12)
LATE_HOURS = 24


class Unreadable(Exception):
    """The file cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Columns:
    """Column names by meaning; '' where the export has none."""

    client: str
    start: str
    status: str
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
    missing = [meaning for meaning in REQUIRED if not found[meaning]]
    if missing:
        flags = ", ".join(f"--{meaning.replace('_', '-')} COLUMN" for meaning in missing)
        raise Unreadable(f"Say which column it is: {flags}. The file has: {', '.join(header)}.")
    return Columns(**found)


def header_of(path: Path) -> list[str]:
    with opened(path) as file:
        try:
            return next(csv.reader(file))
        except StopIteration:
            raise Unreadable(f"{path} is empty.") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise Unreadable(f"{path} is not a readable CSV file ({error}).") from None


def rows_of(path: Path, columns: Columns, zone: ZoneInfo) -> tuple[list[Row], list[str]]:
    """Every row that can be read, and one sentence for each that cannot."""
    rows: list[Row] = []
    odd: list[str] = []
    with opened(path) as file:
        for line, cells in enumerate(csv.DictReader(file), 2):
            try:
                rows.append(_row(line, cells, columns, zone))
            except ValueError as error:
                odd.append(f"Line {line}: {error}")
    return rows, odd


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """A CSV file, also gzipped, also with the mark that Excel writes first."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{path} cannot be opened ({error.strerror or error}).") from None
    except (EOFError, zlib.error, UnicodeDecodeError):
        raise Unreadable(f"{path} is not a CSV file in UTF-8 (or gzipped as .gz).") from None
    yield io.StringIO(text, newline="")


def _row(line: int, cells: Mapping[str, str], columns: Columns, zone: ZoneInfo) -> Row:
    def cell(name: str) -> str:
        return (cells.get(name) or "").strip() if name else ""

    client = cell(columns.client)
    if not client:
        raise ValueError("no client")
    starts_at, time_known = moment(cell(columns.start), zone)
    booked_at = moment(cell(columns.booked_at), zone)[0] if cell(columns.booked_at) else None
    cancelled = moment(cell(columns.cancelled_at), zone)[0] if cell(columns.cancelled_at) else None
    return Row(
        line=line,
        client=client,
        starts_at=starts_at,
        outcome=outcome_of(cell(columns.status), starts_at, cancelled),
        time_known=time_known,
        booked_at=booked_at,
        cancelled_at=cancelled,
        service=cell(columns.service).replace("|", " + ")[:200],
        staff=cell(columns.staff)[:160],
        price=_price(cell(columns.price)),
    )


def moment(text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    """A date or time as exports write it, and whether it had an hour; ValueError for neither."""
    for form in ("", *FORMATS):
        try:
            found = _read(text, form)
        except ValueError:
            continue
        has_time = any(sign in text for sign in (":", "T"))
        if not has_time:
            found = datetime.combine(found.date(), NOON)
        local = found if found.tzinfo else found.replace(tzinfo=zone)
        return local.astimezone(UTC), has_time
    raise ValueError(f"{text!r} is no date or time that we know")


def _read(text: str, form: str) -> datetime:
    # Without a zone on purpose: an export speaks the salon's own hours, put in by the caller.
    if form:
        return datetime.strptime(text, form)  # noqa: DTZ007
    return datetime.fromisoformat(text)


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
    figure = "".join(letter for letter in text if letter.isdigit() or letter in ".-")
    try:
        return Decimal(figure).quantize(Decimal("0.01")) if figure else None
    except InvalidOperation:
        return None
