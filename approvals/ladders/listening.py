"""What the ladders hear: a slot that is taken on the calendar, or booked for who claimed it."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from approvals.ladders import slots
from approvals.ladders.closing import slot_close
from approvals.ladders.openings import overlapping
from approvals.ladders.rungs import TAKEN
from approvals.ladders.winning import booked
from approvals.models import ApprovalItem, Opening
from core.announce import listen
from core.audit import Actor
from integrations import events
from integrations.models import Appointment

State = Opening.State
ACTOR = Actor.system("calendar")
OCCUPYING = (
    events.AppointmentBooked,
    events.AppointmentMoved,
    events.AppointmentConfirmed,
    events.ClientCheckedIn,
)


@listen("ladders", *OCCUPYING)
def ladders_hear(event: Any) -> None:
    """Any appointment that now stands on a slot of ours, whoever made it."""
    if not event.history:
        appointment_stands(event.appointment_id)


def appointment_stands(appointment_id: int) -> None:
    row = Appointment.objects.filter(
        pk=appointment_id, deleted_at=None, staff__isnull=False
    ).first()
    if row is None or row.staff_id is None:
        return
    ends = row.ends_at or row.starts_at
    live = Opening.objects.filter(
        connection_id=row.connection_id,
        location_id=row.location_id,
        staff_id=row.staff_id,
        state__in=Opening.LIVE,
    ).filter(Q(starts_at=row.starts_at) | Q(starts_at__lt=ends, ends_at__gt=row.starts_at))
    for opening_id in live.values_list("pk", flat=True):
        slot_stands(opening_id, row)


def slot_stands(opening_id: int, row: Appointment) -> None:
    """The winner's own booking proves itself; anybody else's takes the slot."""
    with transaction.atomic():
        opening = slots.opening_lock(opening_id)
        if opening is None:
            return
        if opening.state == State.HELD and opening.held_by is not None:
            if opening.held_by.client_id == row.client_id and opening.starts_at == row.starts_at:
                booked(opening, opening.held_by, row.external_id)
            return
        still = overlapping(
            opening.location_id, row.staff_id or 0, opening.starts_at, opening.ends_at
        )
        if still.filter(pk=row.pk).exists():
            slot_close(
                opening=opening,
                after=State.TAKEN,
                item_after=ApprovalItem.State.WITHDRAWN,
                reason=TAKEN,
                actor=ACTOR,
            )
