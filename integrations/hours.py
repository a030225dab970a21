"""Opening hours, quiet hours and clients' time zones. Pure: no query, no clock of its own."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from integrations.ingest.fields import countries_of_zones
from integrations.zones import zone_of_zip, zones_of_number

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Where a platform tells no opening hours at all: a guess that keeps texts inside working hours.
UNKNOWN_HOURS = {day: [["09:00", "18:00"]] for day in DAYS}
# The narrowest of the federal and state windows for marketing texts, by weekday.
MARKETING: dict[int, tuple[time, time]] = {
    **{day: (time(9), time(18)) for day in range(5)},
    5: (time(10), time(17)),
    6: (time(12), time(17)),
}
FURTHEST_DAYS = 60
# Per weekday (0 is Monday) between which hours messages may go; a missing day is closed.
Windows = Mapping[int, tuple[time, time]]
Span = tuple[datetime, datetime]


class Place(Protocol):
    """What of a Location matters here."""

    timezone: str
    opening_hours: dict[str, list[list[str]]]
    quiet_from: time
    quiet_until: time


class Person(Protocol):
    """What of a Client matters here."""

    postal_code: str
    timezone: str
    phone: str


def client_zone(client: Person | None, location: Place) -> tuple[ZoneInfo, str]:
    """The zone taken for a client, and in words what it was taken from."""
    hints = zone_hints(client, location)
    name, why = hints[0]
    if any(not _same_clock(other, name) for other, _ in hints[1:]):
        why += "; other hints disagree, so both must allow the hour"
    return ZoneInfo(name), why


PLACE = "the location's time zone"
AREA = "the phone number's area"


def zone_hints(client: Person | None, location: Place) -> list[tuple[str, str]]:
    """Every hint, best first: postal code, time-zone field, area code, else the location."""
    hints: list[tuple[str, str]] = []
    if client is not None:
        in_us = countries_of_zones().get(location.timezone) == "US"
        zipped = zone_of_zip(client.postal_code or "") if in_us else ""
        if zipped:
            hints.append((zipped, "the postal code"))
        if client.timezone and _is_zone(client.timezone):
            hints.append((client.timezone, "the client's own time zone"))
        areas = zones_of_number(client.phone or "")
        if areas and location.timezone not in areas:
            # A number says where it was bought. One zone of several: the first would be a guess.
            hints += [(area, AREA) for area in areas if len(areas) == 1]
    if not any(why != AREA for _, why in hints):
        # A number from elsewhere is a weak hint against the salon they go to.
        hints.append((location.timezone or "UTC", PLACE))
    return hints


def first_moment(
    *, location: Place, client: Person | None, at: datetime, windows: Windows | None
) -> datetime:
    """The first moment >= ``at``, in UTC, outside the location's quiet hours by the client's clock
    and inside ``windows``. Where hints about the client's zone disagree, in all of them.

    Only the arithmetic: ``quiet.sendable_at`` says which windows the law leaves for a purpose.
    """
    hints = dict(reversed(zone_hints(client, location)))
    zones = [ZoneInfo(name) for name in hints]
    moment = at.astimezone(UTC)
    for _ in range(FURTHEST_DAYS * 4):
        later = max(_allowed_from(location, windows, moment, zone) for zone in zones)
        if later == moment:
            return moment
        moment = later
    raise ValueError("The quiet hours leave no time to send at all.")


def _allowed_from(
    location: Place, windows: Windows | None, at: datetime, zone: ZoneInfo
) -> datetime:
    """The first allowed moment >= at by one clock."""
    day = at.astimezone(zone).date()
    for offset in range(-1, FURTHEST_DAYS):
        for start, end in _allowed(location, windows, day + timedelta(days=offset), zone):
            if at < end:
                return max(at, start)
    raise ValueError("The quiet hours leave no time to send at all.")


def _allowed(location: Place, windows: Windows | None, day: date, zone: ZoneInfo) -> list[Span]:
    """The allowed spans of one local day, in UTC and in order."""
    since, until = as_time(location.quiet_from), as_time(location.quiet_until)
    midnight = moment_of(day + timedelta(days=1), time(), zone)
    if since == until:
        spans = [(moment_of(day, time(), zone), midnight)]
    elif since > until:
        spans = [(moment_of(day, until, zone), moment_of(day, since, zone))]
    else:
        spans = [
            (moment_of(day, time(), zone), moment_of(day, since, zone)),
            (moment_of(day, until, zone), midnight),
        ]
    if windows is not None:
        if day.weekday() not in windows:
            return []
        opens, closes = (moment_of(day, one, zone) for one in windows[day.weekday()])
        spans = [(max(start, opens), min(end, closes)) for start, end in spans]
    return [(start, end) for start, end in spans if start < end]


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time in UTC. One that the spring change skips is the moment after the gap."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def openings(location: Place, day: date) -> list[Span]:
    """When the desk is open on a local day, in UTC and in order."""
    hours = location.opening_hours or UNKNOWN_HOURS
    zone, spans = ZoneInfo(location.timezone or "UTC"), []
    for pair in hours.get(DAYS[day.weekday()]) or []:
        opens, closes = _hour(pair[0]), _hour(pair[-1])
        if opens is None or closes is None:
            continue
        last = day + timedelta(days=1) if closes <= opens else day
        spans.append((moment_of(day, opens, zone), moment_of(last, closes, zone)))
    return sorted(spans)


def is_open(location: Place, at: datetime) -> bool:
    day = local_day(location, at)
    return any(
        start <= at < end
        for one in (day - timedelta(days=1), day)
        for start, end in openings(location, one)
    )


def next_opening(location: Place, at: datetime) -> datetime:
    """The first moment after ``at`` at which the desk opens (a later day's, while it is open).

    A location that never opens is treated as open tomorrow at nine.
    """
    day = local_day(location, at)
    for offset in range(-1, FURTHEST_DAYS):
        for start, _ in openings(location, day + timedelta(days=offset)):
            if start > at:
                return start
    return moment_of(day + timedelta(days=1), time(9), ZoneInfo(location.timezone or "UTC"))


def local_day(location: Place, at: datetime) -> date:
    return at.astimezone(ZoneInfo(location.timezone or "UTC")).date()


def _hour(text: str) -> time | None:
    try:
        return time(0) if str(text).startswith("24") else time.fromisoformat(str(text))
    except ValueError:
        return None


def as_time(value: time | str) -> time:
    """A field's default is still text on an instance that was never read back."""
    return value if isinstance(value, time) else time.fromisoformat(value)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _same_clock(one: str, other: str) -> bool:
    """Whether two zones show the same hour all year (Detroit and New York)."""
    a, b = ZoneInfo(one), ZoneInfo(other)
    moments = (datetime(2026, month, 15, tzinfo=UTC) for month in (1, 7))
    return all(at.astimezone(a).utcoffset() == at.astimezone(b).utcoffset() for at in moments)
