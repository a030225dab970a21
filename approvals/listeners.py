"""What approvals hears from integrations, inside the transaction that finishes the InboundEvent."""

from typing import Any

from django.db.models import Q

from approvals.answers.handling import message_handle
from approvals.models import Answer, ApprovalItem
from approvals.services.closing import item_withdraw, items_step_back
from approvals.services.items import items_recheck, items_stale, items_withdraw_for
from core.announce import listen
from core.audit import Actor
from integrations import events
from integrations.models import Appointment
from integrations.moments import on_record

State = ApprovalItem.State
ACTOR = Actor.system("listener")


@listen(
    "approvals",
    events.AppointmentEvent,
    events.MessageReceived,
    events.StaffReplied,
    events.ClientUpdated,
)
def approvals_hear(event: Any) -> None:
    """Void, close or mark what an Event has overtaken. History changes nothing."""
    if event.history:
        return
    if isinstance(event, events.AppointmentCancelled):
        appointment_off(event)
    elif isinstance(event, events.AppointmentMoved):
        appointment_moved(event)
    elif isinstance(event, events.MessageReceived):
        message_received(event)
    elif isinstance(event, events.StaffReplied):
        staff_replied(event)
    elif isinstance(event, events.AppointmentEvent):
        if isinstance(event, events.ClientCheckedIn | events.ServiceCompleted):
            client_came(event)
        items_recheck(
            actor=ACTOR,
            appointment_id=event.appointment_id,
            client_id=event.client_id,
            before=event.at,
        )
    elif isinstance(event, events.ClientUpdated) and event.client_id is not None:
        items_recheck(actor=ACTOR, client_id=event.client_id)


def appointment_off(event: events.AppointmentCancelled) -> None:
    """Drafts of a cancelled appointment go; a text about several services is marked instead."""
    for item in _covering(event):
        others = [pk for pk, _ in item.covers if pk != event.appointment_id]
        still_on = Appointment.objects.filter(
            pk__in=others, status__in=Appointment.UPCOMING, deleted_at=None
        )
        if others and still_on.exists():
            items_recheck(actor=ACTOR, appointment_id=event.appointment_id, before=event.at)
            _mark(event, "One of the services was cancelled.", "Appointment", "cancelled")
            return
    items_withdraw_for(
        actor=ACTOR,
        appointment_id=event.appointment_id,
        client_id=None,
        reason="The appointment was cancelled.",
        before=event.at,
    )


def client_came(event: events.AppointmentEvent) -> None:
    """Whoever is there needs no word about coming; a text that also speaks of a later visit does.

    Without this a client who came early left a draft marked "something changed" until the start.
    """
    start = Appointment.objects.filter(pk=event.appointment_id).values_list("starts_at", flat=True)
    about = Q(appointment=event.appointment_id) | Q(covers__contains=[[event.appointment_id]])
    drafts = ApprovalItem.objects.filter(
        about, client=event.client_id, state__in=[*ApprovalItem.LIVE], due_at__lte=start.first()
    )
    for item in drafts:
        others = [pk for pk, _ in item.covers if pk != event.appointment_id]
        ahead = Appointment.objects.filter(
            pk__in=others, status__in=Appointment.UPCOMING, deleted_at=None
        )
        if not ahead.exists():
            item_withdraw(actor=ACTOR, item_id=item.pk, reason="The client is here already.")


def _covering(event: events.AppointmentEvent) -> list[ApprovalItem]:
    return list(
        ApprovalItem.objects.filter(
            client=event.client_id, covers__contains=[[event.appointment_id]]
        ).filter(state__in=[*ApprovalItem.LIVE])
    )


def appointment_moved(event: events.AppointmentMoved) -> None:
    """What was written for the earlier time no longer holds."""
    appointment = (
        Appointment.objects.select_related("location").filter(pk=event.appointment_id).first()
    )
    now = ""
    if appointment is not None:
        now = on_record(appointment.starts_at, appointment.location.zone)
    _mark(event, "The appointment was moved.", "Appointment", now)


def _mark(event: events.AppointmentEvent, reason: str, label: str, now: str) -> None:
    items_stale(
        actor=ACTOR,
        reason=reason,
        label=label,
        now=now,
        appointment_id=event.appointment_id,
        client_id=event.client_id,
        before=event.at,
    )


def message_received(event: events.MessageReceived) -> None:
    """Read once and acted on; what else waits for this client is checked against it."""
    answer = message_handle(event.message_id)
    stopped = answer is not None and answer.outcome == Answer.Outcome.STOPPED
    if event.client_id is not None and not stopped:
        items_recheck(actor=ACTOR, client_id=event.client_id, before=event.at)


def staff_replied(event: events.StaffReplied) -> None:
    """Somebody answered at the platform: what rests on that steps back, drafted answers too."""
    items_recheck(actor=ACTOR, client_id=event.client_id, before=event.at)
    if event.client_id is not None:
        items_step_back(
            actor=ACTOR,
            client_id=event.client_id,
            reason="Already handled. Somebody wrote to the client already.",
            before=event.at,
        )
