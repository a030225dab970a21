"""When somebody who can do a service has time for it, from the working copy: for a call, at once.

The platform is asked again right before anything is booked; this is what one says on the phone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from integrations.models import Appointment, Location, Service, Shift, StaffMember

STEP = timedelta(minutes=15)
ORDINARY = timedelta(minutes=60)
# No appointment is longer; it bounds how far back one that still runs is looked for.
LONGEST = timedelta(hours=12)
GONE = (Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW)


@dataclass(frozen=True)
class FreeTime:
    """A time at which this person could begin."""

    starts_at: datetime
    staff: StaffMember


def length_of(visit: Appointment) -> timedelta:
    """How long a visit takes, by its end, else by its service."""
    if visit.ends_at is not None and visit.ends_at > visit.starts_at:
        return visit.ends_at - visit.starts_at
    minutes = visit.service.minutes if visit.service is not None else 0
    return timedelta(minutes=minutes) if minutes else ORDINARY


def can_do(staff: StaffMember, service: Service | None) -> bool:
    return service is None or not service.skill or service.skill in staff.skills


def free_times(
    *,
    location: Location,
    service: Service | None,
    length: timedelta,
    after: datetime,
    until: datetime,
    but: Sequence[int] = (),
    staff_id: int | None = None,
) -> list[FreeTime]:
    """Every start on the quarter hour, in order of time; two queries.

    ``but``: appointments that count as gone (the visit that is being moved). A therapist without
    the skill has none, nor has a platform that tells no shifts.
    """
    shifts = Shift.objects.select_related("staff").filter(
        location=location, deleted_at=None, starts_at__lt=until, ends_at__gt=after
    )
    if staff_id is not None:
        shifts = shifts.filter(staff_id=staff_id)
    able = [one for one in shifts if one.staff.active and can_do(one.staff, service)]
    taken = _taken({one.staff_id for one in able}, after, until, but)
    found = {
        (at, shift.staff_id): FreeTime(at, shift.staff)
        for shift in able
        for at in _starts(shift, taken[shift.staff_id], length, after, until)
    }
    return sorted(found.values(), key=lambda one: (one.starts_at, one.staff.name, one.staff.pk))


def _taken(
    staff_ids: set[int], after: datetime, until: datetime, but: Sequence[int]
) -> dict[int, list[tuple[datetime, datetime]]]:
    rows = Appointment.objects.select_related("service").filter(
        ~Q(status__in=GONE),
        staff_id__in=staff_ids,
        deleted_at=None,
        starts_at__gt=after - LONGEST,
        starts_at__lt=until + LONGEST,
    )
    found: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in rows.exclude(pk__in=list(but)):
        found[row.staff_id or 0].append((row.starts_at, row.starts_at + length_of(row)))
    return found


def _starts(
    shift: Shift,
    taken: Sequence[tuple[datetime, datetime]],
    length: timedelta,
    after: datetime,
    until: datetime,
) -> Iterator[datetime]:
    at = _rounded_up(max(shift.starts_at, after))
    while at + length <= shift.ends_at and at < until:
        if not any(start < at + length and at < end for start, end in taken):
            yield at
        at += STEP


def _rounded_up(at: datetime) -> datetime:
    over = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at if not over else at - over + STEP
