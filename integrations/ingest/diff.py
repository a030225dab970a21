"""What a change of the working copy means: Events with stable keys.

The same happening seen twice (webhook and poll, or a delivery repeated) changes the row once, so
it is one Event. Keys hold what makes the happening itself, so that a listener's unique rows work
even if two workers saw the same change.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core import clock
from integrations.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentMoved,
    AppointmentNoShow,
    CalendarRead,
    ClientCheckedIn,
    ClientUpdated,
    Event,
    FeedbackReceived,
    FormSubmitted,
    MessageReceived,
    MessageStatusChanged,
    OffersChanged,
    SaleCompleted,
    ScheduleChanged,
    ServiceCompleted,
    ShiftAdded,
    StaffReplied,
    WaitlistChanged,
)
from integrations.models import Appointment, Client, Connection, Location, Message, Shift

if TYPE_CHECKING:
    from integrations.ingest.apply import Change

SLACK = timedelta(minutes=10)
S = Appointment.Status
REACHED: dict[str, tuple[str, type[Event]]] = {
    S.CONFIRMED: ("confirmed", AppointmentConfirmed),
    S.CHECKED_IN: ("checked_in", ClientCheckedIn),
    S.COMPLETED: ("completed", ServiceCompleted),
    S.NO_SHOW: ("no_show", AppointmentNoShow),
}

# What a salon says of itself. Stock and hands are not in it: they change by the hour.
OFFERS: dict[str, set[str]] = {
    "service": {
        "name", "category", "minutes", "price", "currency", "description", "aftercare",
        "form_required", "active", "deleted_at",
    },
    "product": {
        "name", "brand", "category", "price", "currency", "ingredients", "active", "deleted_at",
    },
    "location": {"name", "opening_hours", "address", "phone", "deleted_at"},
}  # fmt: skip
# What an appointment takes up of the calendar: where no other Event speaks of it, ScheduleChanged.
TAKES_UP = {"starts_at", "ends_at", "staff", "location", "resource_id", "service"}


def events_of(connection: Connection, change: "Change") -> list[Event]:
    """The Events of one change; none for what happened before the connection was live."""
    reader = READERS.get(change.kind)
    return reader(connection, change) if reader else []


def is_before_live(connection: Connection, at: datetime | None) -> bool:
    """Whether something new to us is old news. The slack is for clocks that differ: what was
    there when the connection was made came with the first sync, so it is not new here."""
    return bool(at and at < connection.live_since - SLACK)


def stamp(row: Any) -> str:
    at = row.platform_updated_at or clock.now()
    return str(at.isoformat())


def common(connection: Connection, row: Any, **more: Any) -> dict[str, Any]:
    return {
        "connection_id": str(connection.pk),
        "at": row.platform_updated_at or clock.now(),
        **more,
    }


def appointment_events(connection: Connection, change: "Change") -> list[Event]:
    row: Appointment = change.row
    base = common(
        connection,
        row,
        appointment_id=row.pk,
        location_id=row.location_id,
        client_id=row.client_id,
    )
    now_on = _on(row.status, row.deleted_at)
    if change.created:
        return _first_seen(connection, row, base, now_on)
    was = change.before["status"]
    was_on = _on(was, change.before["deleted_at"])
    if was_on and not now_on:
        return [_gone(row, base)]
    if not was_on and now_on and row.is_upcoming:
        return [_booked(row, base, reinstated=True)]
    found: list[Event] = []
    if row.is_upcoming and change.names & {"starts_at", "staff", "location"}:
        found.append(_moved(row, base, change.before))
    if row.status != was and row.status in REACHED:
        found.append(_reached(row, base))
    if not found and now_on and change.names & TAKES_UP:
        found.append(_schedule(connection, row, change.before))
    return found


def _schedule(connection: Connection, row: Any, before: dict[str, Any]) -> Event:
    """No news for anybody but who looks for clashes: the days it stood and stands on."""
    moments = {at for at in (before.get("starts_at"), row.starts_at) if at is not None}
    base = common(connection, row, location_id=row.location_id)
    key = f"schedule:{type(row).__name__.lower()}:{row.external_id}:{stamp(row)}"
    return ScheduleChanged(key=key, moments=[at.isoformat() for at in sorted(moments)], **base)


def _on(status: str, deleted_at: datetime | None) -> bool:
    return deleted_at is None and status != S.CANCELLED


def _first_seen(
    connection: Connection, row: Appointment, base: dict[str, Any], now_on: bool
) -> list[Event]:
    """A row that is new here: a webhook or poll tells its latest state, earlier ones are gone."""
    if not now_on:
        late = is_before_live(connection, row.cancelled_at or row.platform_updated_at)
        return [] if late else [_gone(row, base)]
    if row.is_upcoming:
        if is_before_live(connection, row.booked_at):
            return []
        if row.starts_at <= clock.now():
            # A walk-in, put down as they sat down: nothing to write, but they take up a chair.
            return [_schedule(connection, row, {})]
        booked = _booked(row, base, reinstated=False)
        return [booked, *([_reached(row, base)] if row.status in REACHED else [])]
    late = is_before_live(connection, row.platform_updated_at)
    return [] if late or row.status not in REACHED else [_reached(row, base)]


def _booked(row: Appointment, base: dict[str, Any], *, reinstated: bool) -> Event:
    # The same booking may be cancelled and come back: a key of its own each time.
    again = f":again:{stamp(row)}" if reinstated else ""
    key = f"booked:{row.external_id}:{row.starts_at.isoformat()}{again}"
    return AppointmentBooked(key=key, reinstated=reinstated, **base)


def _moved(row: Appointment, base: dict[str, Any], before: dict[str, Any]) -> Event:
    key = f"moved:{row.external_id}:{row.starts_at.isoformat()}:{stamp(row)}"
    ends = before["ends_at"]
    return AppointmentMoved(
        key=key,
        before=before["starts_at"].isoformat(),
        before_ends=ends.isoformat() if ends else "",
        before_staff_id=before["staff_id"],
        before_location_id=before["location_id"],
        **base,
    )


def _gone(row: Appointment, base: dict[str, Any]) -> Event:
    at = row.cancelled_at or row.deleted_at or row.platform_updated_at or clock.now()
    return AppointmentCancelled(key=f"cancelled:{row.external_id}:{at.isoformat()}", **base)


def _reached(row: Appointment, base: dict[str, Any]) -> Event:
    name, event = REACHED[row.status]
    # Confirmed and checked in can be taken back and reached again; the start tells days apart.
    return event(key=f"{name}:{row.external_id}:{row.starts_at.isoformat()}:{stamp(row)}", **base)


def client_events(connection: Connection, change: "Change") -> list[Event]:
    if change.created or not change.names:
        return []
    row: Client = change.row
    base = common(connection, row, client_id=row.pk, changed=sorted(change.names))
    return [ClientUpdated(key=f"client:{row.external_id}:{stamp(row)}", **base)]


def is_by_staff(message: Message) -> bool:
    """Written by a person: no machine's source, and no reference (that came through an API)."""
    by_machine = message.source in Message.AUTOMATIC or message.reference
    return not message.incoming and not by_machine


def message_events(connection: Connection, change: "Change") -> list[Event]:
    row = change.row
    base = common(connection, row, client_id=row.client_id, location_id=row.location_id)
    if change.created and row.location_id is None:
        row.location = home_location(connection, row.client_id)
        row.save(update_fields=["location"])
        base["location_id"] = row.location_id
    if change.created and row.incoming:
        # An out-of-office note is kept in the thread, but nobody is waiting for an answer.
        if row.details.get("automatic") or is_before_live(connection, row.sent_at):
            return []
        base["at"] = row.sent_at
        return [MessageReceived(key=f"message:{row.external_id}", message_id=row.pk, **base)]
    if change.created and is_by_staff(row):
        if is_before_live(connection, row.sent_at):
            return []
        base["at"] = row.sent_at
        return [StaffReplied(key=f"staff-reply:{row.external_id}", message_id=row.pk, **base)]
    if not row.incoming and row.reference and "status" in change.names and row.status:
        key = f"message-status:{row.external_id}:{row.status}"
        return [MessageStatusChanged(key=key, reference=row.reference, status=row.status, **base)]
    return []


def sale_events(connection: Connection, change: "Change") -> list[Event]:
    row = change.row
    if not change.created or is_before_live(connection, row.closed_at):
        return []
    base = common(connection, row, client_id=row.client_id, location_id=row.location_id)
    return [SaleCompleted(key=f"sale:{row.external_id}", sale_id=row.pk, **base)]


def feedback_events(connection: Connection, change: "Change") -> list[Event]:
    row = change.row
    if not change.created or is_before_live(connection, row.given_at):
        return []
    base = common(connection, row, client_id=row.client_id, location_id=row.location_id)
    return [FeedbackReceived(key=f"feedback:{row.external_id}", feedback_id=row.pk, **base)]


def form_events(connection: Connection, change: "Change") -> list[Event]:
    row = change.row
    if not row.complete or "complete" not in change.names:
        return []
    if is_before_live(connection, row.submitted_at):
        return []
    place = home_location(connection, row.client_id)
    base = common(connection, row, client_id=row.client_id, location_id=place.pk if place else None)
    return [FormSubmitted(key=f"form:{row.external_id}", form_id=row.pk, **base)]


def waitlist_events(connection: Connection, change: "Change") -> list[Event]:
    row = change.row
    if change.created and is_before_live(connection, row.waiting_since):
        return []
    base = common(connection, row, client_id=row.client_id, location_id=row.location_id)
    key = f"waitlist:{row.external_id}:{stamp(row)}"
    return [WaitlistChanged(key=key, entry_id=row.pk, **base)]


def shift_events(connection: Connection, change: "Change") -> list[Event]:
    row: Shift = change.row
    if not change.created:
        names = {"starts_at", "ends_at", "staff", "location", "deleted_at"}
        return [_schedule(connection, row, change.before)] if change.names & names else []
    if row.deleted_at or row.starts_at <= clock.now():
        return []
    if is_before_live(connection, row.platform_updated_at):
        return []
    return [
        ShiftAdded(
            key=f"shift:{row.external_id}:{row.starts_at.isoformat()}",
            shift_id=row.pk,
            staff_id=row.staff_id,
            starts_at=row.starts_at.isoformat(),
            ends_at=row.ends_at.isoformat(),
            **common(connection, row, location_id=row.location_id),
        )
    ]


def ability_events(connection: Connection, change: "Change") -> list[Event]:
    """Who can do what: a visit that stood in trained hands may not any more, on any day."""
    if change.created or not change.names & {"skills", "skill", "resource_kind"}:
        return []
    row = change.row
    key = f"abilities:{change.kind}:{row.external_id}:{stamp(row)}"
    return [CalendarRead(key=key, **common(connection, row))]


def offers_events(connection: Connection, changes: "Sequence[Change]") -> list[Event]:
    """One Event for everything of a delivery that the salon says of itself."""
    told = [one for one in changes if one.created or one.names & OFFERS.get(one.kind, set())]
    told = [one for one in told if one.kind in OFFERS]
    if not told:
        return []
    row = max(told, key=lambda one: stamp(one.row)).row
    key = f"offers:{row.external_id}:{stamp(row)}"
    return [OffersChanged(key=key, **common(connection, row))]


def calendar_read(connection: Connection, occasion: str) -> Event:
    """A reading has ended; ``occasion`` is its own and stable."""
    return CalendarRead(
        key=f"calendar:{occasion}", connection_id=str(connection.pk), at=clock.now(), history=True
    )


def home_location(connection: Connection, client_id: int | None) -> Location | None:
    """Where a client belongs now: their next appointment's location, else the last one's."""
    theirs = Appointment.objects.filter(client_id=client_id or 0, deleted_at=None)
    theirs = theirs.select_related("location")
    coming = theirs.filter(starts_at__gte=clock.now(), status__in=Appointment.UPCOMING)
    near = coming.order_by("starts_at").first() or theirs.order_by("-starts_at").first()
    if near is not None:
        return near.location
    only = list(Location.objects.filter(connection=connection, deleted_at=None)[:2])
    return only[0] if len(only) == 1 else None


READERS: dict[str, Callable[[Connection, Any], list[Event]]] = {
    "appointment": appointment_events,
    "client": client_events,
    "message": message_events,
    "sale": sale_events,
    "feedback": feedback_events,
    "form": form_events,
    "waitlist": waitlist_events,
    "shift": shift_events,
    "staff": ability_events,
    "service": ability_events,
}
