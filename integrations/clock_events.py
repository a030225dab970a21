"""The clock joins the inbox: rows with stable ids that contain the moment.

A moved appointment has another moment, so it gets another id and its own reminder. A tick looks at
everything that fell due since the tick before; what is older than its grace is recorded as missed,
never fired late.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from core import clock
from core.doorbell import ring_on_commit
from core.models import Heartbeat
from core.work import WorkRow
from integrations.clock_free import free_due
from integrations.events import AppointmentSoon, DayClosed, Event, TomorrowReady
from integrations.hours import as_time, moment_of, next_opening, openings
from integrations.models import Appointment, Connection, InboundEvent, Location

LAST_TICK = "clock:tick"
# Ticks overlap: an appointment that was stored a moment too late for its tick is still seen.
OVERLAP = timedelta(minutes=10)
GRACE = timedelta(minutes=30)
CLOSED_GRACE = timedelta(hours=6)
# After a longer downtime than this, what was missed is not even recorded.
FURTHEST_BACK = timedelta(days=2)
_offsets: dict[str, timedelta] = {}


@dataclass(frozen=True)
class Due:
    """One moment that came: its stable id, when it was due, until when it may still fire."""

    delivery_id: str
    connection: Connection
    moment: datetime
    grace: timedelta
    event: Event


def offset_declare(name: str, hours_before: float) -> None:
    """Ask for an AppointmentSoon this long before every upcoming start (negative: after it).

    Declaring the same again is fine; the same name with other hours is a programming error.
    """
    wanted = timedelta(hours=hours_before)
    if _offsets.setdefault(name, wanted) != wanted:
        raise ValueError(f"offset {name!r} is declared with two different hours")


def offset_forget(name: str) -> None:
    """Take a declaration back (tests that drop in a toy agent)."""
    _offsets.pop(name, None)


def clock_tick(now: datetime | None = None) -> int:
    """Write the rows of everything that fell due since the last tick; returns how many."""
    now = now or clock.now()
    with transaction.atomic():
        before = _last_tick(now)
        since = max(before - OVERLAP, now - FURTHEST_BACK)
        due = [
            *_appointments_due(since, now),
            *_locations_due(since, now),
            *_stretches_due(since, now),
        ]
        known = _known(due)
        fresh = [one for one in due if (one.connection.pk, one.delivery_id) not in known]
        InboundEvent.objects.bulk_create([_row(one, now) for one in fresh], ignore_conflicts=True)
        Heartbeat.objects.filter(name=LAST_TICK).update(at=now)
        if fresh:
            ring_on_commit("integrations.inbox_drain")
    return len(fresh)


def _last_tick(now: datetime) -> datetime:
    """When the clock last ticked, locked: two at once take turns. The first looks at nothing."""
    Heartbeat.objects.bulk_create([Heartbeat(name=LAST_TICK, at=now)], ignore_conflicts=True)
    return Heartbeat.objects.select_for_update().get(name=LAST_TICK).at


def _known(due: list[Due]) -> set[tuple[Any, str]]:
    rows = InboundEvent.objects.filter(delivery_id__in=[one.delivery_id for one in due])
    return set(rows.values_list("connection_id", "delivery_id"))


def _row(due: Due, now: datetime) -> InboundEvent:
    is_missed = now - due.moment > due.grace
    return InboundEvent(
        connection=due.connection,
        delivery_id=due.delivery_id,
        source=InboundEvent.Source.CLOCK,
        kind=type(due.event).__name__,
        body=json.dumps(due.event.to_json()).encode(),
        received_at=now,
        not_before=now,
        state=WorkRow.State.DONE if is_missed else WorkRow.State.WAITING,
        outcome=InboundEvent.Outcome.MISSED if is_missed else InboundEvent.Outcome.NONE,
        done_at=now if is_missed else None,
    )


def _live() -> list[Connection]:
    status = Connection.Status
    return list(Connection.objects.filter(status__in=[status.OK, status.NEEDS_ATTENTION]))


def _appointments_due(since: datetime, now: datetime) -> Iterator[Due]:
    connections = {connection.pk: connection for connection in _live()}
    for name, before in sorted(_offsets.items()):
        rows = Appointment.objects.filter(
            connection__in=connections.keys(),
            deleted_at=None,
            starts_at__gt=since + before,
            starts_at__lte=now + before,
        )
        for row in rows.filter(status__in=_statuses(before)).order_by("starts_at", "pk"):
            moment = row.starts_at - before
            if row.booked_at is None or row.booked_at <= moment:
                yield _soon(connections[row.connection_id], row, name, moment)


def _statuses(before: timedelta) -> Iterable[str]:
    status = Appointment.Status
    if before >= timedelta(0):
        return Appointment.UPCOMING
    return [one for one in status.values if one not in {status.CANCELLED, status.NO_SHOW}]


def _soon(connection: Connection, row: Appointment, name: str, moment: datetime) -> Due:
    key = f"appointment:{row.external_id}:{minute(row.starts_at)}:{name}"
    event = AppointmentSoon(
        key=key,
        connection_id=str(connection.pk),
        at=moment,
        location_id=row.location_id,
        client_id=row.client_id,
        appointment_id=row.pk,
        offset=name,
    )
    return Due(key, connection, moment, GRACE, event)


def minute(at: datetime) -> str:
    """``2026-06-15T14:00Z``: how a moment is written inside an id."""
    return f"{at:%Y-%m-%dT%H:%MZ}"


def _stretches_due(since: datetime, now: datetime) -> Iterator[Due]:
    for connection, event in free_due(_live(), since, now):
        yield Due(event.key, connection, event.at, GRACE, event)


def _locations_due(since: datetime, now: datetime) -> Iterator[Due]:
    connections = {connection.pk: connection for connection in _live()}
    rows = Location.objects.filter(connection__in=connections.keys(), deleted_at=None)
    for location in rows.order_by("pk"):
        connection = connections[location.connection_id]
        first = since.astimezone(location.zone).date() - timedelta(days=1)
        last = now.astimezone(location.zone).date()
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            for due in _day_moments(connection, location, day):
                if since < due.moment <= now:
                    yield due


def _day_moments(connection: Connection, location: Location, day: date) -> Iterator[Due]:
    spans = openings(location, day)
    if not spans:
        return
    closes = spans[-1][1]
    ready = ready_moment(location, day)
    base: dict[str, Any] = {
        "connection_id": str(connection.pk),
        "location_id": location.pk,
        "day": day.isoformat(),
    }
    name = f"location:{location.external_id}:{day.isoformat()}"
    until = next_opening(location, max(closes, ready))
    event: Event = TomorrowReady(
        key=f"{name}:tomorrow-ready", at=ready, until=until.isoformat(), **base
    )
    # It is worth drafting as long as somebody is there to decide.
    yield Due(event.key, connection, ready, max(closes - ready, GRACE), event)
    event = DayClosed(key=f"{name}:day-closed", at=closes, **base)
    yield Due(event.key, connection, closes, CLOSED_GRACE, event)


def ready_moment(location: Location, day: date) -> datetime:
    """When the batch of a day is drafted: the chosen hour, or an hour before an earlier closing."""
    spans = openings(location, day)
    opens, closes = spans[0][0], spans[-1][1]
    at = moment_of(day, as_time(location.tomorrow_ready_at), location.zone)
    return at if opens <= at < closes else max(opens, closes - timedelta(hours=1))
