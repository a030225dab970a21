"""Silent after two messages: a place on *To call*, and off it again with the first word.

Written in the transaction that finishes the clock's row: one wish per visit and start, so that a
moved visit gets its own.
"""

from datetime import datetime
from typing import Any

from agents.base import Offset
from agents.config import config_for
from agents.definitions.rescue import Rescue
from agents.models import VisitRisk
from agents.reading import Reader, client_of
from agents.silence import silent_since
from approvals.models import ApprovalItem, CallWish
from approvals.services.calls import call_wanted, wishes_settled
from core.announce import listen
from core.audit import Actor
from integrations.events import (
    AppointmentConfirmed,
    AppointmentEvent,
    AppointmentMoved,
    AppointmentSoon,
    MessageReceived,
)
from integrations.models import Appointment

# A working day before the visit: late enough to answer, early enough to give the time away.
CALL = Offset("rescue-call-30h", 30)
BY = Actor.agent("rescue")
SPEAKS = MessageReceived | AppointmentConfirmed | AppointmentMoved
State = ApprovalItem.State
NOT_SENT = (State.DRAFTING, State.PENDING, State.STALE, State.FAILED, State.MANUAL, State.MISSED)
SILENT = "Likely no-show: two messages, no answer"
NOT_ASKED_TWICE = "Likely no-show: no answer, and the second message was not sent"


@listen("rescue-calls")
def rescue_hear(event: Any) -> None:
    """The clock puts somebody on *To call*; an answer, a yes or a new time takes them off."""
    if isinstance(event, AppointmentSoon) and event.offset == CALL.name:
        rescue_call(event)
    elif isinstance(event, SPEAKS) and event.client_id is not None and not event.history:
        rescue_calls_settle(event.client_id, getattr(event, "appointment_id", None))


def rescue_call(event: AppointmentEvent) -> CallWish | None:
    """A call for who was asked, was to be asked again, and is silent. None: no call is needed."""
    reader = Reader(Rescue, event.at)
    row = reader.appointment(event.appointment_id)
    if row is None or row.client is None or row.status != Appointment.Status.BOOKED:
        return None
    if row.deleted_at is not None or not config_for(Rescue.name, row.location).enabled:
        return None
    risk = VisitRisk.objects.filter(appointment=row, level=VisitRisk.Level.HIGH).first()
    if risk is None:
        return None
    reason = _silent(row, reader)
    if not reason:
        return None
    return call_wanted(
        actor=BY,
        location_id=row.location_id,
        client_id=row.client.pk,
        appointment_id=row.pk,
        reason=reason,
        due_at=row.starts_at,
        key=_key(row.external_id, row.starts_at),
    )


def _silent(row: Appointment, reader: Reader) -> str:
    """Why they are called, in words for the line; '' where they are not silent."""
    household = reader.household(client_of(row))
    first, heard = silent_since(row, reader, household)
    if first is None or heard:
        return ""
    second, heard = silent_since(row, reader, household, by=Rescue.name)
    if second is not None:
        return "" if heard else SILENT
    waits = reader.items(household, row.location).filter(appointment=row, state__in=NOT_SENT)
    return NOT_ASKED_TWICE if waits.exists() else ""


def _key(external_id: str, starts_at: datetime) -> str:
    return f"rescue:{external_id}:{starts_at:%Y-%m-%dT%H:%MZ}"


def rescue_calls_settle(client_id: int, appointment_id: int | None) -> int:
    """They said something: the calls that silence asked for are settled. Returns how many."""
    open_ones = CallWish.objects.filter(
        client_id=client_id, settled_at=None, key__startswith="rescue:"
    )
    if appointment_id is not None:
        open_ones = open_ones.filter(appointment_id=appointment_id)
    settled = 0
    for wish in open_ones.order_by("pk"):
        settled += wishes_settled(
            actor=BY, client_id=client_id, location_id=wish.location_id, key=wish.key
        )
    return settled
