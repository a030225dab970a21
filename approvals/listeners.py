"""What approvals hears from integrations, inside the transaction that finishes the InboundEvent."""

from typing import Any

from approvals.ladders import rungs
from approvals.models import ApprovalItem, Effect
from approvals.policy import Happening
from approvals.services.items import items_recheck, items_stale, items_withdraw_for
from approvals.services.steps import item_audit, item_step, newer_live
from core import clock
from core.announce import listen
from core.audit import Actor
from integrations import consent, events, keywords
from integrations.models import Appointment, Client, Message
from integrations.moments import on_record

State = ApprovalItem.State
ACTOR = Actor.system("listener")


@listen("approvals")
def approvals_hear(event: Any) -> None:
    """Void, close or mark what an Event has overtaken. History changes nothing."""
    if not isinstance(event, events.Event) or event.history:
        return
    if isinstance(event, events.AppointmentCancelled):
        appointment_off(event)
    elif isinstance(event, events.AppointmentMoved):
        appointment_moved(event)
    elif isinstance(event, events.MessageReceived):
        message_received(event)
    elif isinstance(event, events.StaffReplied):
        items_recheck(actor=ACTOR, client_id=event.client_id, before=event.at)
    elif isinstance(event, events.MessageStatusChanged):
        message_status(event)
    elif isinstance(event, events.AppointmentEvent):
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
    """STOP voids; anything else is checked against."""
    message = (
        Message.objects.select_related("client", "location").filter(pk=event.message_id).first()
    )
    if message is None or message.client is None:
        return
    if is_stop(message):
        stop_heard(message, message.client)
    else:
        items_recheck(actor=ACTOR, client_id=message.client_id, before=event.at)


def is_stop(message: Message) -> bool:
    return keywords.understood(message.body) == "stop"


def stop_heard(message: Message, client: Client) -> None:
    """Record the opt-out and take back everything on that channel that has not left.

    A no by text counts for everybody on that phone.
    """
    rows = consent.opt_out_record(
        actor=Actor("client", str(client.pk), client.name),
        client=client,
        channel=message.channel,
        purposes=None,
        wording=message.body[:200],
    )
    for client_id in {client.pk, *(row.client_id for row in rows)}:
        items_withdraw_for(
            actor=ACTOR,
            client_id=client_id,
            channel=message.channel,
            reason=f"{client.short_name} asked for no more messages.",
            happening=Happening.STOP,
        )


def message_status(event: events.MessageStatusChanged) -> None:
    """The platform says hours later how it went: proof for an unknown, or a failed delivery."""
    effect = Effect.objects.select_related("item").filter(key=event.reference).first()
    if effect is None or rung_status(effect, event.status):
        return
    if event.status == "failed":
        delivery_failed(effect)
    elif event.status in {"delivered", "sent"} and effect.outcome == Effect.Outcome.UNKNOWN:
        effect.item.effects.filter(pk=effect.pk).update(
            outcome=Effect.Outcome.SENT, settled_at=clock.now(), plain_error=""
        )
        if item_step(effect.item, State.SENT, among=[State.UNKNOWN, State.FAILED]):
            item_audit(effect.item, "effect.proved", ACTOR, {"effect": effect.key})


def rung_status(effect: Effect, status: str) -> bool:
    """News about one text of a ladder. True: it belongs to one, and its draft stays as it is."""
    rung = rungs.locked(effect)
    if rung is None:
        return False
    counted = [Effect.Outcome.SENT, Effect.Outcome.UNKNOWN]
    after = Effect.Outcome.FAILED if status == "failed" else Effect.Outcome.SENT
    changed = Effect.objects.filter(pk=effect.pk, outcome__in=counted).exclude(outcome=after)
    news = status in {"failed", "delivered", "sent"} and changed.update(outcome=after)
    if news and status == "failed":
        rungs.undelivered(rung, effect)
    return True


def delivery_failed(effect: Effect) -> None:
    """It left us and did not arrive: back to the queue, unless a newer draft says it anyway."""
    item, why = effect.item, "The platform could not deliver it."
    changed = Effect.objects.filter(
        pk=effect.pk, outcome__in=[Effect.Outcome.SENT, Effect.Outcome.UNKNOWN]
    ).update(outcome=Effect.Outcome.FAILED, plain_error=why)
    if not changed or newer_live(item) is not None:
        return
    if item_step(item, State.FAILED, among=[State.SENT, State.UNKNOWN], state_reason=why):
        item_audit(item, "effect.undelivered", ACTOR, {"effect": effect.key})
