"""Other times that look free, for somebody who came too late. From the working copy: a look, not
a promise, and nothing is held."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.models import Offer, Opening
from core import clock
from integrations.models import Appointment, Service, Shift

AHEAD = timedelta(days=14)
STEP = timedelta(minutes=30)
SOONEST = timedelta(hours=2)
MOST, MOST_SHIFTS = 3, 60
Busy = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True)
class FreeTime:
    """Another time that looks free, and with whom."""

    starts_at: datetime
    staff_name: str = ""


def suggestions_for(opening: Opening, offer: Offer) -> tuple[FreeTime, ...]:
    """Up to three times on different days, soonest first; two queries."""
    service = offer.entry.service if offer.entry and offer.entry.service else opening.service
    length = _length(opening, service)
    since = clock.now() + SOONEST
    shifts = Shift.objects.filter(
        location_id=opening.location_id,
        deleted_at=None,
        ends_at__gt=since,
        starts_at__lt=since + AHEAD,
    )
    # Shifts in order of time, and only until three days are found: a slot that is gone is asked
    # about by everybody at once.
    ordered = shifts.select_related("staff").order_by("starts_at", "id")[:MOST_SHIFTS]
    able = [shift for shift in ordered if _can(shift, service)]
    busy = _busy(opening, [shift.staff_id for shift in able], since)
    found: list[FreeTime] = []
    days = set()
    for shift in able:
        for start in _free(shift, length, busy.get(shift.staff_id, ()), since):
            day = start.astimezone(opening.location.zone).date()
            if day not in days:
                days.add(day)
                found.append(FreeTime(start, shift.staff.name))
            break
        if len(found) == MOST:
            break
    return tuple(sorted(found, key=lambda one: one.starts_at)[:MOST])


def _length(opening: Opening, service: Service | None) -> timedelta:
    if service is not None and service.minutes:
        return timedelta(minutes=service.minutes)
    return opening.ends_at - opening.starts_at


def _can(shift: Shift, service: Service | None) -> bool:
    if not shift.staff.active:
        return False
    return service is None or not service.skill or service.skill in shift.staff.skills


def _busy(opening: Opening, staff_ids: Sequence[int], since: datetime) -> dict[int, Busy]:
    rows = Appointment.objects.filter(
        location_id=opening.location_id,
        staff_id__in=staff_ids,
        deleted_at=None,
        status__in=[*Appointment.UPCOMING, Appointment.Status.CHECKED_IN],
        starts_at__lt=since + AHEAD,
        starts_at__gt=since - timedelta(hours=12),
    ).values_list("staff_id", "starts_at", "ends_at")
    offered = Opening.objects.filter(
        location_id=opening.location_id, staff_id__in=staff_ids, state__in=Opening.LIVE
    ).values_list("staff_id", "starts_at", "ends_at")
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for staff_id, start, end in [*rows, *offered]:
        found.setdefault(staff_id, []).append((start, end or start + timedelta(hours=1)))
    return dict(found)


def _free(shift: Shift, length: timedelta, busy: Busy, since: datetime) -> Iterator[datetime]:
    start = shift.starts_at
    while start + length <= shift.ends_at:
        if start >= since and not any(s < start + length and start < e for s, e in busy):
            yield start
        start += STEP
