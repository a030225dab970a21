"""What a change of the calendar leaves behind: a row that says where to look, and the looking.

The listener runs in the transaction that finishes a delivery, so it only writes rows. The sweep
rings for them every two seconds, and one look then answers everything that changed at a location:
in a busy minute, with a booking every second, that is one look for ten changes.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.models import CalendarLook
from approvals.schedule.looking import days_look
from core import clock
from core.announce import listen
from core.work import Queue
from integrations import events
from integrations.models import Appointment, Location

looks_queue: Queue[CalendarLook] = Queue(CalendarLook, task="approvals.calendar_drain")
# Beyond this nobody at a desk acts on it yet; the day is looked at again as it changes.
AHEAD = timedelta(days=90)
# After a reading: as far as Today shows clashes.
AFTER_READING = 14
# Days so near each other are read together: two weeks cost as many statements as one day.
TOGETHER = 14
# More than this many changes at one location are answered by more than one look.
MOST = 2000


@listen(
    "schedule",
    events.AppointmentEvent,
    events.ScheduleChanged,
    events.ShiftAdded,
    events.CalendarRead,
)
def schedule_hear(event: Any) -> None:
    """Keep every day that a change of the calendar touches, to be looked at after the commit.

    A first reading and a file give no Events of their own: at their end the next two weeks are
    looked at once. So are they when what somebody can do, or a service asks for, has changed.
    """
    if isinstance(event, events.CalendarRead):
        rows = [CalendarLook(location_id=pk) for pk in _places(event)]
    else:
        now = clock.now()
        rows = [
            CalendarLook(location_id=location_id, at=moment)
            for location_id, moment in _touched(event)
            if location_id and now - timedelta(days=1) <= moment <= now + AHEAD
        ]
    if rows:
        CalendarLook.objects.bulk_create(rows)


def _places(event: events.CalendarRead) -> list[int]:
    places = Location.objects.filter(connection=UUID(event.connection_id), deleted_at=None)
    if event.location_id is not None:
        places = places.filter(pk=event.location_id)
    return list(places.order_by("pk").values_list("pk", flat=True))


def _touched(event: Any) -> Iterator[tuple[int | None, datetime]]:
    """(location, moment) of everything an Event says about the calendar."""
    if isinstance(event, events.AppointmentEvent) and not isinstance(event, events.AppointmentSoon):
        found = Appointment.objects.filter(pk=event.appointment_id)
        yield from found.values_list("location_id", "starts_at")
    if isinstance(event, events.AppointmentMoved) and event.before:
        place = event.before_location_id or event.location_id
        yield place, datetime.fromisoformat(event.before)
    if isinstance(event, events.ScheduleChanged):
        for text in event.moments:
            yield event.location_id, datetime.fromisoformat(text)
    if isinstance(event, events.ShiftAdded):
        yield event.location_id, datetime.fromisoformat(event.starts_at)


def calendar_drain() -> int:
    """Look wherever something changed; returns how many looks at a location that took."""
    # One at a time: each takes whatever else waits for its location along.
    return looks_queue.drain(look_handle, batch=1)


def look_handle(row: CalendarLook) -> None:
    """One look at everything that waits for a location; what it answers is deleted with it."""
    with transaction.atomic():
        if not looks_queue.still_ours(row):
            return
        # Read before the looking: whatever is taken along was committed by then, and is seen.
        waiting = CalendarLook.objects.select_for_update(skip_locked=True).filter(
            location=row.location_id, state=CalendarLook.State.WAITING
        )
        rows = [row, *waiting.order_by("pk")[:MOST]]
        for place in Location.objects.filter(pk=row.location_id, deleted_at=None):
            for first, days in spans(place, rows):
                days_look(location=place, first=first, days=days)
        CalendarLook.objects.filter(pk__in=[one.pk for one in rows]).delete()


def spans(location: Location, rows: Iterable[CalendarLook]) -> list[tuple[date, int]]:
    """(first day, days) of the looks that cover all of ``rows``, few rather than narrow."""
    today = clock.now().astimezone(location.zone).date()
    wanted: set[date] = set()
    for row in rows:
        if row.at is not None:
            wanted.add(row.at.astimezone(location.zone).date())
        else:
            wanted |= {today + timedelta(days=n) for n in range(AFTER_READING)}
    found: list[tuple[date, int]] = []
    for day in sorted(wanted):
        if found and (day - found[-1][0]).days < TOGETHER:
            found[-1] = (found[-1][0], (day - found[-1][0]).days + 1)
        else:
            found.append((day, 1))
    return found
