"""Cells to values: dates in the ways people write them, yes and no, money, ids."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

DATE = re.compile(r"^\s*(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
NAMED = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?::\d{2}(?:\.\d+)?)?\s*([ap])?\.?m?\.?", re.I)
AT_AN_HOUR = re.compile(
    r"^(\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|.*?\d{4}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2})[\s,T]*(.*)$"
)
YES = frozenset({"yes", "y", "true", "t", "1", "x", "on", "si", "ja", "oui", "in"})
NO = frozenset({"no", "n", "false", "f", "0", "off", "nein", "non", "out", "-"})
WEEKDAY = re.compile(r"^\s*([A-Za-z]+day|mon|tue|wed|thu|fri|sat|sun)\s+", re.I)
PREFIXED_ID = re.compile(r"^[A-Za-z]{2,6}[_-]?(\d+)$")


class Cell(Exception):
    """A cell that cannot be read; ``plain`` names it."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


def day_first(cells: Iterable[str], region: str) -> bool:
    """Whether 04/05/2026 is the fourth of May: any cell that can only be read one way decides."""
    for cell in cells:
        found = DATE.match(cell)
        if found and len(found[1]) <= 2:
            if int(found[1]) > 12:
                return True
            if int(found[2]) > 12:
                return False
    return region != "US"


def day_of(cell: str, *, day_first: bool) -> date:
    """A date in any of the usual ways; raises Cell."""
    try:
        return _numeric(cell, day_first) or _named(cell)
    except ValueError:
        raise Cell(f"{cell[:40]!r} is no date we can read") from None


def _numeric(cell: str, day_first: bool) -> date | None:
    found = DATE.match(cell)
    if not found:
        return None
    one, two, three = (int(found[place]) for place in (1, 2, 3))
    if len(found[1]) == 4:
        return date(one, two, three)
    year = three + 2000 if three < 100 else three
    return date(year, two, one) if day_first else date(year, one, two)


def _named(cell: str) -> date:
    plain = re.sub(r"[,.]", " ", cell)
    plain = WEEKDAY.sub("", plain)
    plain = " ".join(re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", plain).split()[:3])
    for shape in NAMED:
        try:
            return datetime.strptime(plain, shape).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise ValueError(cell)


def time_of(cell: str) -> time:
    """``14:00``, ``2:00 PM`` or ``2pm``; raises Cell."""
    found = TIME.fullmatch(cell.strip())
    if not found:
        raise Cell(f"{cell[:40]!r} is no time of day we can read")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise Cell(f"{cell[:40]!r} is no time of day we can read") from None


def moment_of(cell: str, zone: ZoneInfo, *, day_first: bool) -> datetime:
    """A date and time; without an offset it is the location's own clock. Raises Cell."""
    try:
        exact = datetime.fromisoformat(cell.strip())
        return (exact if exact.tzinfo else exact.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    parts = AT_AN_HOUR.match(cell.strip())
    if not parts:
        raise Cell(f"{cell[:40]!r} is no date and time we can read")
    day = day_of(parts[1], day_first=day_first)
    at = time_of(parts[2].removeprefix("at ")) if parts[2].strip() else time()
    return datetime.combine(day, at, zone).astimezone(UTC)


def yes(cell: str) -> bool | None:
    """True, False, or None where the cell says neither."""
    word = cell.strip().casefold()
    return True if word in YES else False if word in NO else None


def money(cell: str) -> Decimal | None:
    """``$1,540.00`` and ``1.540,00 €`` alike; None where there is no number."""
    digits = re.sub(r"[^\d.,-]", "", cell)
    if "," in digits and digits.rfind(",") > digits.rfind(".") and re.search(r",\d{1,2}$", digits):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        found = Decimal(digits.replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def count(cell: str) -> int | None:
    found = money(cell)
    return int(found) if found is not None and 0 <= found < 10**6 else None


def plain_id(cell: str) -> str:
    """The number inside ``apt_123``: webhooks of the same account carry it bare."""
    cell = cell.strip()
    found = PREFIXED_ID.match(cell)
    return (found[1] if found else cell)[:80]
