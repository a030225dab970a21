"""Which slot an event freed: when, with whom, for what, and who gave it up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from agents.base import Skip
from agents.matching.facts import Slot
from agents.matching.query import waiting_for
from agents.matching.ranking import rank
from agents.matching.settings import OpenSlotSettings
from integrations.events import (
    AppointmentCancelled,
    AppointmentEvent,
    AppointmentMoved,
    Event,
    ShiftAdded,
    SlotFree,
)
from integrations.models import Appointment, Location, Service, StaffMember

DEFAULT_LENGTH = timedelta(hours=1)
SHORTEST = timedelta(minutes=30)
# A round or two of texts to the clients who could come at once.
TO_ASK = timedelta(minutes=15)
# A new shift of a day gives a handful of offers, not one for every quarter of an hour.
MOST_OF_A_SHIFT = 6
QUARTER = 15


@dataclass(frozen=True)
class Freed:
    """A free slot as the records tell it, before it is recorded as an Opening."""

    location_id: int
    starts_at: datetime
    ends_at: datetime
    cause: str
    service_id: int | None = None
    staff_id: int | None = None
    resource_id: str = ""
    price: Decimal | None = None
    currency: str = "USD"
    appointment_id: int | None = None
    given_up_by_id: int | None = None


def freed(event: Event, settings: OpenSlotSettings, as_of: datetime) -> Freed | Skip:
    """The slot of one event, or why there is none to offer."""
    if isinstance(event, SlotFree):
        return _stretch(event, settings, as_of)
    if not isinstance(event, AppointmentEvent):
        return Skip("Nothing became free.")
    rows = Appointment.objects.select_related("service", "location")
    row = rows.filter(pk=event.appointment_id).first()
    if row is None:
        return Skip("The appointment is gone.")
    if isinstance(event, AppointmentMoved):
        return _left_behind(row, event)
    if isinstance(event, AppointmentCancelled):
        still_on = row.deleted_at is None and row.status != Appointment.Status.CANCELLED
        return (
            Skip("It is booked again.") if still_on else _given_up(row, row.starts_at, "cancelled")
        )
    return _no_show(row, event.at, settings)


def _given_up(row: Appointment, starts_at: datetime, cause: str) -> Freed:
    return Freed(
        location_id=row.location_id,
        starts_at=starts_at,
        ends_at=_end(row),
        cause=cause,
        service_id=row.service_id,
        staff_id=row.staff_id,
        resource_id=row.resource_id,
        price=row.price if row.price is not None else _price(row.service),
        currency=row.currency,
        appointment_id=row.pk,
        given_up_by_id=row.client_id,
    )


def _left_behind(row: Appointment, event: AppointmentMoved) -> Freed | Skip:
    """Where a moved appointment stood before; the same service, whoever it was with."""
    before = datetime.fromisoformat(event.before)
    length = _end(row) - row.starts_at
    ends = datetime.fromisoformat(event.before_ends) if event.before_ends else before + length
    staff_id = event.before_staff_id if event.before_ends else row.staff_id
    if (event.before_location_id or row.location_id) != row.location_id:
        return Skip("It was moved to another location.")
    if before < _end(row) and ends > row.starts_at and staff_id == row.staff_id:
        return Skip("It was moved by a little: no whole slot became free.")
    return Freed(
        location_id=row.location_id,
        starts_at=before,
        ends_at=ends,
        cause="moved",
        service_id=row.service_id,
        staff_id=staff_id,
        resource_id=row.resource_id if staff_id == row.staff_id else "",
        price=row.price if row.price is not None else _price(row.service),
        currency=row.currency,
        appointment_id=row.pk,
        given_up_by_id=row.client_id,
    )


def _no_show(row: Appointment, at: datetime, settings: OpenSlotSettings) -> Freed | Skip:
    """What is left of the time of somebody who did not come, for whoever can still get there: from
    the quarter of an hour on by which they were asked and had the location's lead time.

    ``at`` is when that was noted, so that every look finds the same slot. Without the lead time in
    it the slot was always too soon to be offered to anybody.
    """
    soonest = at + timedelta(minutes=settings.lead_minutes) + TO_ASK
    start = max(row.starts_at, quarter_after(soonest))
    if _end(row) - start < SHORTEST:
        return Skip("Too little of the time is left.", missed=True)
    return _given_up(row, start, "no_show")


def _stretch(event: SlotFree, settings: OpenSlotSettings, as_of: datetime) -> Freed | Skip:
    """A free stretch becomes a slot for what the best of those waiting wait for."""
    location = Location.objects.get(pk=event.location_id or 0)
    staff = StaffMember.objects.get(pk=event.staff_id)
    start, end = (datetime.fromisoformat(at) for at in (event.starts_at, event.ends_at))
    slot = Slot(
        location_id=location.pk,
        timezone=location.timezone,
        starts_at=start,
        ends_at=end,
        staff_id=staff.pk,
        staff_external_id=staff.external_id,
        staff=staff.name,
        skills=[str(skill) for skill in staff.skills],
        postal_code=location.postal_code,
    )
    waiting = waiting_for(slot, settings, as_of)
    found = rank(slot, waiting, settings, as_of).ranked
    wishes = {entry.entry_id: entry.service_id for entry in waiting}
    wanted = next((wishes[one.entry_id] for one in found if wishes[one.entry_id]), None)
    service = Service.objects.filter(pk=wanted or 0).first()
    if service is None:
        return Skip("Nobody on the waitlist fits.")
    length = timedelta(minutes=service.minutes) if service.minutes else DEFAULT_LENGTH
    return Freed(
        location_id=location.pk,
        starts_at=start,
        ends_at=min(end, start + length),
        cause=event.cause,
        service_id=service.pk,
        staff_id=staff.pk,
        price=service.price,
        currency=service.currency,
    )


def parts_of(event: ShiftAdded) -> list[Event]:
    """The hours of a new shift, each to be looked at by itself."""
    start, end = (datetime.fromisoformat(at) for at in (event.starts_at, event.ends_at))
    found: list[Event] = []
    while start + SHORTEST <= end and len(found) < MOST_OF_A_SHIFT:
        found.append(
            SlotFree(
                key=f"{event.key}:{start:%H:%M}",
                connection_id=event.connection_id,
                at=event.at,
                location_id=event.location_id,
                staff_id=event.staff_id,
                starts_at=start.isoformat(),
                ends_at=end.isoformat(),
                cause="new_shift",
            )
        )
        start += DEFAULT_LENGTH
    return found


def quarter_after(at: datetime) -> datetime:
    """The next full quarter of an hour after a moment."""
    whole = at.replace(minute=at.minute - at.minute % QUARTER, second=0, microsecond=0)
    return whole + timedelta(minutes=QUARTER)


def _end(row: Appointment) -> datetime:
    if row.ends_at is not None:
        return row.ends_at
    minutes = row.service.minutes if row.service else None
    return row.starts_at + (timedelta(minutes=minutes) if minutes else DEFAULT_LENGTH)


def _price(service: Service | None) -> Decimal | None:
    return service.price if service else None
