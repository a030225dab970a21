"""Stretches of shifts in which nobody is booked, found some hours before they begin.

A stretch begins with the shift, when an appointment ends, or where one was cancelled. Platforms
that tell no shifts have none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.events import SlotFree
from integrations.models import Appointment, Connection, Shift

SHORTEST = timedelta(minutes=30)
# No appointment is longer; it bounds how far back one that still runs is looked for.
LONGEST = timedelta(hours=12)
Status = Appointment.Status
_hours: set[timedelta] = set()


@dataclass(frozen=True)
class Stretch:
    """Free time of one therapist."""

    shift: Shift
    starts_at: datetime
    ends_at: datetime


def free_declare(hours_before: float) -> None:
    """Ask for a SlotFree this long before every free stretch begins."""
    _hours.add(timedelta(hours=hours_before))


def free_due(
    connections: Collection[Connection], since: datetime, now: datetime
) -> Iterator[tuple[Connection, SlotFree]]:
    """The stretches whose moment came after ``since``; three queries a declaration at most."""
    by_id = {connection.pk: connection for connection in connections}
    for before in sorted(_hours):
        for stretch in stretches(by_id, since + before, now + before):
            yield by_id[stretch.shift.connection_id], _event(stretch, before)


def stretches(connection_ids: Iterable[object], after: datetime, until: datetime) -> list[Stretch]:
    """Free stretches that begin after ``after`` and not later than ``until``."""
    shifts = list(
        Shift.objects.select_related("staff", "location").filter(
            connection__in=list(connection_ids),
            deleted_at=None,
            starts_at__lte=until,
            ends_at__gt=after + SHORTEST,
        )
    )
    if not shifts:
        return []
    diary = _diary(shifts, after)
    found = [
        stretch
        for shift in shifts
        for stretch in _of_shift(shift, diary[shift.staff_id], after, until)
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.shift.pk))


def _diary(shifts: Sequence[Shift], after: datetime) -> dict[int, list[Appointment]]:
    """What stands, or stood, on the calendar of these people from then on."""
    rows = Appointment.objects.filter(
        staff__in={shift.staff_id for shift in shifts},
        deleted_at=None,
        starts_at__gte=after - LONGEST,
        starts_at__lt=max(shift.ends_at for shift in shifts),
    )
    found: dict[int, list[Appointment]] = defaultdict(list)
    for row in rows.only("staff", "starts_at", "ends_at", "status").order_by("starts_at"):
        found[row.staff_id or 0].append(row)
    return found


def _of_shift(
    shift: Shift, diary: Sequence[Appointment], after: datetime, until: datetime
) -> Iterator[Stretch]:
    held = [row for row in diary if row.status not in {Status.CANCELLED, Status.NO_SHOW}]
    begins = {shift.starts_at} | {_end(row) for row in held}
    begins |= {row.starts_at for row in diary if row.status == Status.CANCELLED}
    for start in sorted(begins):
        if not after < start <= until or not shift.starts_at <= start < shift.ends_at:
            continue
        if any(row.starts_at <= start < _end(row) for row in held):
            continue
        following = [row.starts_at for row in held if row.starts_at > start]
        end = min([shift.ends_at, *following])
        if end - start >= SHORTEST:
            yield Stretch(shift, start, end)


def _end(row: Appointment) -> datetime:
    return row.ends_at or row.starts_at + timedelta(hours=1)


def _event(stretch: Stretch, before: timedelta) -> SlotFree:
    shift, start = stretch.shift, stretch.starts_at
    place, who = shift.location.external_id, shift.staff.external_id
    return SlotFree(
        key=f"free:{place}:{who}:{start:%Y-%m-%dT%H:%MZ}",
        connection_id=str(shift.connection_id),
        at=start - before,
        location_id=shift.location_id,
        staff_id=shift.staff_id,
        starts_at=start.isoformat(),
        ends_at=stretch.ends_at.isoformat(),
    )
