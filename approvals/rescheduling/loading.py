"""The working copy of a location's calendar as a Day: seven small queries, whatever it holds."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import TypeVar

from django.db.models import Func, IntegerField, Q

from approvals.models import Absence
from approvals.rescheduling.day import Booked, Day, Span, Worker
from integrations.models import Appointment, Location, Service, Shift, StaffMember

S = Appointment.Status
# What does not take anybody's time any more.
FREED = (S.CANCELLED, S.NO_SHOW)
DEFAULT_MINUTES = 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Who has done a service lately can do it, where the platform names no skills.
LATELY = timedelta(days=180)
_Row = tuple[int, int, int | None, int | None, str, int | None, int | None]


class Minute(Func):
    """A moment as its minute, made by the database: of four weeks' appointments it would cost
    Python as long to read the moments as everything else together."""

    template = "floor(extract(epoch FROM %(expressions)s) / 60)::int"
    output_field = IntegerField()


class MinuteUp(Minute):
    template = "ceil(extract(epoch FROM %(expressions)s) / 60)::int"


def minute(at: datetime) -> int:
    return int(at.timestamp() // 60)


def minute_up(at: datetime) -> int:
    return ceil(at.timestamp() / 60)


def moment_of(at: int, location: Location) -> datetime:
    """A minute as a moment in the location's own time."""
    return datetime.fromtimestamp(at * 60, location.zone)


def day_load(
    location: Location,
    first: date,
    days: int = 1,
    *,
    hands: bool = True,
    only: Collection[date] = (),
) -> Day:
    """Everything on a location's calendar for so many of its own days from ``first`` on.

    ``hands``: also who has done which service lately, half a year of visits where the platform
    names no skills. Who proposes needs it; what clashes can be seen without. ``only``: of these
    days alone what is booked is read (Tuesdays of four weeks); the others look empty.
    """
    midnights = [
        datetime.combine(first + timedelta(days=n), time(), location.zone) for n in range(days + 1)
    ]
    services = _services(location)
    staff = [one for one in _staff(location) if _works_at(one, location)]
    shifts = _shifts([one.pk for one in staff], midnights[0], midnights[-1])
    shifts = _without_absences(location, shifts, midnights[0], midnights[-1])
    does = _does(location, midnights[0]) if hands and _skills_missing(services) else {}
    here = {key for key, rows in shifts.items() if any(place == location.pk for *_, place in rows)}
    spans = [
        (midnight, midnights[place + 1])
        for place, midnight in enumerate(midnights[:-1])
        if not only or first + timedelta(days=place) in only
    ]
    booked = _booked(location, here, spans, services)
    return Day(
        booked=tuple(booked),
        workers=tuple(_worker(one, shifts.get(one.pk, []), does, location) for one in staff),
        rooms=tuple(_rooms(location)),
        hours=tuple(_hours(location, first, days)),
        midnights=tuple(minute(at) for at in midnights),
    )


def _services(location: Location) -> dict[int, tuple[str, str, int | None]]:
    rows = Service.objects.filter(connection=location.connection_id)
    return {
        pk: (skill, kind, minutes)
        for pk, skill, kind, minutes in rows.values_list("pk", "skill", "resource_kind", "minutes")
    }


def _skills_missing(services: dict[int, tuple[str, str, int | None]]) -> bool:
    return any(not skill for skill, _, _ in services.values())


def _staff(location: Location) -> list[StaffMember]:
    rows = StaffMember.objects.filter(connection=location.connection_id, deleted_at=None)
    return list(rows.only("pk", "name", "skills", "roles", "active").order_by("name", "pk"))


def _works_at(one: StaffMember, location: Location) -> bool:
    """Where the platform says at which locations somebody works, that counts."""
    places = [role.get("location") for role in one.roles if isinstance(role, dict)]
    return not places or location.external_id in places


def _shifts(
    staff: Iterable[int], start: datetime, end: datetime
) -> dict[int, list[tuple[int, int, int, int]]]:
    rows = Shift.objects.filter(
        staff__in=staff, deleted_at=None, starts_at__lt=end, ends_at__gt=start
    ).order_by("starts_at", "pk")
    found: dict[int, list[tuple[int, int, int, int]]] = {}
    minutes = (MinuteUp("starts_at"), Minute("ends_at"))
    wanted = rows.values_list("staff_id", "pk", *minutes, "location_id")
    for staff_id, pk, first, last, place in wanted:
        found.setdefault(staff_id, []).append((pk, first, last, place))
    return found


def _without_absences(
    location: Location, shifts: dict[int, list[tuple[int, int, int, int]]], *span: datetime
) -> dict[int, list[tuple[int, int, int, int]]]:
    """Who is out takes over nobody's clients, though the platform still shows their shift."""
    for staff_id, starts, ends in away(location, shifts, *span):
        gone = minute(starts), minute_up(ends)
        shifts[staff_id] = [
            (pk, *part, place)
            for pk, start, end, place in shifts[staff_id]
            for part in outside((start, end), gone)
        ]
    return shifts


def away(
    location: Location, staff: Iterable[int], start: datetime, end: datetime
) -> Iterable[tuple[int, datetime, datetime]]:
    """(member of staff, from, to) of what the desk marked as out in a span. One query."""
    rows = Absence.objects.filter(
        location=location, starts_at__lt=end, ends_at__gt=start, staff__in=staff
    )
    return rows.values_list("staff_id", "starts_at", "ends_at")


PointT = TypeVar("PointT", int, datetime)


def outside(
    span: tuple[PointT, PointT], gone: tuple[PointT, PointT]
) -> list[tuple[PointT, PointT]]:
    """What of a span lies before and behind another one."""
    parts = (span[0], min(span[1], gone[0])), (max(span[0], gone[1]), span[1])
    return [part for part in parts if part[0] < part[1]]


def _does(location: Location, before: datetime) -> dict[int, frozenset[int]]:
    rows = (
        Appointment.objects.filter(
            location=location,
            starts_at__gt=before - LATELY,
            starts_at__lt=before,
            status=S.COMPLETED,
            staff__isnull=False,
            service__isnull=False,
        )
        .values_list("staff_id", "service_id")
        .distinct()
    )
    found: dict[int, set[int]] = {}
    for staff_id, service_id in rows:
        found.setdefault(staff_id or 0, set()).add(service_id or 0)
    return {key: frozenset(services) for key, services in found.items()}


def _booked(
    location: Location,
    staff: set[int],
    spans: Iterable[tuple[datetime, datetime]],
    services: dict[int, tuple[str, str, int | None]],
) -> Iterable[Booked]:
    """What is on here, and what those who work here do elsewhere meanwhile."""
    then = Q(pk__in=[])
    for start, end in _together(spans):
        then |= Q(starts_at__gte=start - timedelta(hours=12), starts_at__lt=end)
    rows = (
        Appointment.objects.filter(
            Q(location=location) | Q(staff__in=staff),
            then,
            connection=location.connection_id,
            deleted_at=None,
        )
        .exclude(status__in=FREED)
        .order_by("starts_at", "pk")
    )
    fields = ("staff_id", "resource_id", "client_id", "service_id", "location_id")
    for row in rows.values_list("pk", Minute("starts_at"), MinuteUp("ends_at"), *fields):
        yield _one(row[:7], services, here=row[7] == location.pk)


def _together(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Days that follow each other as one span."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _one(row: _Row, services: dict[int, tuple[str, str, int | None]], *, here: bool) -> Booked:
    pk, first, ends, staff_id, room, client_id, service_id = row
    skill, kind, minutes = services.get(service_id or 0, ("", "", None))
    last = ends if ends is not None else first + (minutes or DEFAULT_MINUTES)
    return Booked(
        key=pk,
        start=first,
        end=last,
        staff=staff_id or 0,
        room=room if here else "",
        client=client_id or 0,
        service=service_id or 0,
        skill=skill,
        kind=kind,
    )


def _worker(
    one: StaffMember,
    shifts: list[tuple[int, int, int, int]],
    does: dict[int, frozenset[int]],
    location: Location,
) -> Worker:
    return Worker(
        key=one.pk,
        name=one.name,
        skills=frozenset(map(str, one.skills)),
        does=does.get(one.pk, frozenset()),
        shifts=tuple(shift[:3] for shift in shifts if shift[3] == location.pk),
        elsewhere=tuple(shift[:3] for shift in shifts if shift[3] != location.pk),
        working=one.active,
    )


def _rooms(location: Location) -> Iterable[tuple[str, str]]:
    for room in location.resources:
        if isinstance(room, dict) and room.get("id"):
            yield str(room["id"]), str(room.get("kind") or "")


def _hours(location: Location, first: date, days: int) -> Iterable[Span]:
    """The opening hours as spans. Hours nobody could read close nothing."""
    for day in (first + timedelta(days=n) for n in range(days)):
        for span in location.opening_hours.get(WEEKDAYS[day.weekday()], []):
            try:
                begins, ends = (
                    datetime.combine(day, time.fromisoformat(text), location.zone) for text in span
                )
            except (TypeError, ValueError):
                continue
            yield minute(begins), minute(ends)
