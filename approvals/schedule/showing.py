"""What clashes, in the desk's words, with the way out: who, which room or which hour is free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from approvals.ladders.words import hour, listed, short_moment
from approvals.models import ScheduleConflict
from approvals.permissions import Rights
from approvals.rescheduling.day import Booked, Busy, Day
from approvals.rescheduling.loading import day_load, minute, moment_of
from approvals.rescheduling.options import Affected, Option, Outage, options_for
from approvals.schedule.looking import RIGHT
from integrations.models import Appointment, Location, Shift
from integrations.platforms.base import platform_of

Kind, State = ScheduleConflict.Kind, ScheduleConflict.State
# How far ahead Today looks; a later day has a page of its own.
SHOWN_AHEAD = timedelta(days=14)
MOST = 20
FREE_NAMES = 3


@dataclass(frozen=True)
class Shown:
    """One conflict for the page. ``ways`` are sentences; ``links`` (label, address) at the
    platform, where it can be changed."""

    conflict: ScheduleConflict
    title: str
    what: str
    ways: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()


def conflicts_shown(
    *, rights: Rights, locations: Sequence[Location], day: date, now: datetime, is_today: bool
) -> list[Shown]:
    """Open conflicts of a day at these locations (on today's page those of the next days too).

    One query where nothing clashes, however many locations there are.
    """
    found: list[Shown] = []
    rows = _rows(rights, locations, day, now, is_today)
    for place in locations:
        days: dict[date, Day] = {}
        for row in rows.get(place.pk, [])[:MOST]:
            when = row.starts_at.astimezone(place.zone).date()
            if when not in days:
                days[when] = day_load(place, when)
            found.append(shown(row, place, days[when], now))
    return found


def _rows(
    rights: Rights, locations: Sequence[Location], day: date, now: datetime, is_today: bool
) -> dict[int, list[ScheduleConflict]]:
    """{location: its open conflicts, soonest first}, each location's day in its own zone."""
    wanted = Q(pk__in=[])
    for place in locations:
        if rights.has(place.pk, RIGHT):
            wanted |= _of_place(rights, place, day, now, is_today)
    rows = ScheduleConflict.objects.filter(wanted, state=State.OPEN)
    rows = rows.select_related("staff", "connection").order_by("starts_at", "pk")
    found: dict[int, list[ScheduleConflict]] = {}
    for row in rows[: MOST * len(locations)]:
        found.setdefault(row.location_id, []).append(row)
    return found


def _of_place(rights: Rights, place: Location, day: date, now: datetime, is_today: bool) -> Q:
    start = datetime.combine(day, datetime.min.time(), place.zone)
    end = start + (SHOWN_AHEAD if is_today else timedelta(days=1))
    mine = Q(staff_id=rights.staff_id or 0) if rights.provider_only(place.pk, RIGHT) else Q()
    since = max(start, now) if is_today else start
    return mine & Q(location_id=place.pk, starts_at__lt=end, ends_at__gt=since)


def shown(row: ScheduleConflict, place: Location, day: Day, now: datetime) -> Shown:
    """One conflict with its way out, from a day that was loaded a moment ago."""
    if row.kind == Kind.SHIFTS:
        return _shifts_shown(row, place)
    pks = [pk for pk in (row.first_id, row.second_id) if pk]
    rows = Appointment.objects.select_related("client", "service", "connection").filter(pk__in=pks)
    appointments = list(rows.order_by("starts_at", "pk"))
    who = listed([_whose(one, place) for one in appointments])
    ways = [way for one in reversed(appointments) if (way := _way(row, one, place, day, now))]
    if not ways:
        ways = ["Nobody and nothing else is free that day. Please call one of them."]
    return Shown(row, _title(row, place), who, tuple(ways), tuple(_links(appointments)))


def _title(row: ScheduleConflict, place: Location) -> str:
    when = short_moment(row.starts_at, place.zone)
    name = row.staff.name if row.staff else "Somebody"
    if row.kind == Kind.STAFF:
        return f"{name} has two at once, {when}"
    if row.kind == Kind.ROOM:
        return f"{room_name(place, row.resource_id)} is taken twice, {when}"
    return f"{name} is not trained for this, {when}"


def room_name(place: Location, room: str) -> str:
    for one in place.resources:
        if isinstance(one, dict) and str(one.get("id")) == room:
            return str(one.get("name") or room)
    return room


def _whose(one: Appointment, place: Location) -> str:
    who = one.client.short_name if one.client else "Someone"
    what = one.service_name or (one.service.name if one.service else "") or "an appointment"
    until = f" to {hour(one.ends_at, place.zone)}" if one.ends_at else ""
    return f"{who} ({what}, {hour(one.starts_at, place.zone)}{until})"


def _way(row: ScheduleConflict, one: Appointment, place: Location, day: Day, now: datetime) -> str:
    """How this one appointment could be put right, or ''."""
    booked = next((it for it in day.booked if it.key == one.pk), None)
    if booked is None or not one.is_upcoming or one.starts_at <= now:
        return ""
    who = one.client.short_name if one.client else "This one"
    if row.kind == Kind.ROOM:
        room = _other_room(day, booked, row.resource_id)
        if room:
            return f"{who}: {room_name(place, room)} is free then."
    options = _options(day, booked, now)
    names = {worker.key: worker.name for worker in day.workers}
    then = [names[option.staff] for option in options if option.same_time]
    if then and row.kind != Kind.ROOM:
        return f"{who}: {_or(then[:FREE_NAMES])} could do it at the same time."
    later = next((option for option in options if not option.same_time), None)
    if later is None:
        return ""
    at = hour(moment_of(later.start, place), place.zone)
    return f"{who}: free at {at} with {names[later.staff]}."


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _other_room(day: Day, booked: Booked, taken: str) -> str:
    busy = Busy.of(day.booked)
    kinds = dict(day.rooms)
    kind = booked.kind or kinds.get(taken, "")
    for room, room_kind in day.rooms:
        fits = room != taken and room_kind == kind
        if fits and busy.room_free(room, booked.start, booked.end, booked.key):
            return room
    return ""


def _options(day: Day, booked: Booked, now: datetime) -> Sequence[Option]:
    """Nobody is out; whoever holds the other of the two is busy with it."""
    affected = Affected(booked.client, (booked,), (booked.staff,))
    outage = Outage(0, booked.start, booked.end, minute(now))
    return options_for(day, outage, [affected])[affected.key]


def _links(appointments: Iterable[Appointment]) -> Iterable[tuple[str, str]]:
    for one in appointments:
        platform = platform_of(one.connection)
        link = platform.deep_link(one.connection, "appointment", one.external_id)
        if link:
            yield (one.client.short_name if one.client else "The appointment"), link


def _shifts_shown(row: ScheduleConflict, place: Location) -> Shown:
    shifts = Shift.objects.select_related("location").filter(pk__in=[row.first_id, row.second_id])
    spans = [
        f"{hour(one.starts_at, place.zone)} to {hour(one.ends_at, place.zone)} at "
        f"{one.location.name}"
        for one in shifts.order_by("starts_at", "pk")
    ]
    name = row.staff.name if row.staff else "Somebody"
    title = f"{name} has two shifts at once, {short_moment(row.starts_at, place.zone)}"
    way = "Shorten or take away one of the two in your platform."
    return Shown(row, title, listed(spans), (way,))
