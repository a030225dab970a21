"""What is said about a message after it was taken: delivered, failed, opted out.

Reports come at any moment, also before the worker that sent it has written down that it did. Both
lock the effect's row, so that the later of the two sees what the earlier one knew.
"""

from typing import Any
from uuid import UUID

from approvals.actions import SendMessage, action_from
from approvals.ladders import rungs
from approvals.models import ApprovalItem, Effect
from approvals.services.closing import items_withdraw_for
from approvals.services.steps import effects_void, item_audit, item_step, newer_live
from core import clock
from core.announce import listen
from core.audit import Actor
from integrations import consent, events
from integrations.models import Client, Message

State, Outcome = ApprovalItem.State, Effect.Outcome
ACTOR = Actor.system("listener")
CARRIER = Actor.system("carrier")
OPTED_OUT = "opted_out"
NOT_DELIVERED = "The platform could not deliver it."


@listen("approvals.delivery", events.MessageStatusChanged)
def delivery_hear(event: Any) -> None:
    """News about a message we sent. History changes nothing."""
    if not event.history:
        message_status(event)


def message_status(event: events.MessageStatusChanged) -> None:
    """It is said hours later how it went: proof for an unknown, or a failed delivery."""
    effect = Effect.objects.select_related("item").filter(key=event.reference).first()
    if effect is None or rung_status(effect, event.status):
        return
    rows = Effect.objects.select_for_update(of=("self",)).select_related("item")
    effect = rows.get(pk=effect.pk)
    if event.status == "failed":
        undelivered(effect, reported_failed(effect) or NOT_DELIVERED)
    elif event.status in {"delivered", "sent"} and effect.outcome == Outcome.UNKNOWN:
        _proved(effect)


def _proved(effect: Effect) -> None:
    Effect.objects.filter(pk=effect.pk).update(
        outcome=Outcome.SENT, settled_at=clock.now(), plain_error=""
    )
    if item_step(effect.item, State.SENT, among=[State.UNKNOWN, State.FAILED]):
        item_audit(effect.item, "effect.proved", ACTOR, {"effect": effect.key})


def rung_status(effect: Effect, status: str) -> bool:
    """News about one text of a ladder. True: it belongs to one, and its draft stays as it is."""
    rung = rungs.locked(effect)
    if rung is None:
        return False
    counted = [Outcome.SENT, Outcome.UNKNOWN]
    after = Outcome.FAILED if status == "failed" else Outcome.SENT
    changed = Effect.objects.filter(pk=effect.pk, outcome__in=counted).exclude(outcome=after)
    news = status in {"failed", "delivered", "sent"} and changed.update(outcome=after)
    if news and status == "failed":
        rung_undelivered(rung, effect)
    return True


def rung_undelivered(rung: rungs.Rung, effect: Effect) -> None:
    """One text of a ladder did not arrive: the next one is asked."""
    Effect.objects.filter(pk=effect.pk).update(outcome=Outcome.FAILED)
    _believe_opt_out(effect)
    rungs.undelivered(rung, effect)


def undelivered(effect: Effect, why: str) -> None:
    """It left us and did not arrive: back to the queue, unless a newer draft says it anyway.

    A note that was to follow it is not written: nothing was said.
    """
    item = effect.item
    changed = Effect.objects.filter(
        pk=effect.pk, outcome__in=[Outcome.SENT, Outcome.UNKNOWN]
    ).update(outcome=Outcome.FAILED, plain_error=why[:400])
    if not changed:
        return
    _believe_opt_out(effect)
    effects_void(item.pk, "What came before it did not arrive.")
    if newer_live(item) is not None:
        return
    if item_step(item, State.FAILED, among=[State.SENT, State.UNKNOWN], state_reason=why[:400]):
        item_audit(item, "effect.undelivered", ACTOR, {"effect": effect.key}, {"why": why})


def reported_failed(effect: Effect, connection_id: UUID | None = None) -> str:
    """Why a report says that it did not arrive, or '' where none says so."""
    message = _reported(effect, connection_id)
    if message is None or message.status != "failed":
        return ""
    return str(message.details.get("reason") or NOT_DELIVERED)


def _reported(effect: Effect, connection_id: UUID | None = None) -> Message | None:
    if effect.type != SendMessage.name:
        return None
    rows = Message.objects.filter(reference=effect.key, incoming=False)
    return rows.filter(connection=connection_id or effect.item.connection_id).first()


def _believe_opt_out(effect: Effect) -> None:
    message = _reported(effect)
    if message is None or message.details.get("code") != OPTED_OUT or effect.body is None:
        return
    action = action_from(effect.type, bytes(effect.body))
    if isinstance(action, SendMessage):
        why = str(message.details.get("reason", ""))
        carrier_opt_out(effect.item.connection_id, action, why)


def carrier_opt_out(connection_id: UUID, message: SendMessage, why: str) -> None:
    """The other side refuses because the client said no there: it counts here at once as well.

    Whoever else is on that phone is meant too; drafts that wait are taken back.
    """
    client = Client.objects.filter(connection=connection_id, external_id=message.client).first()
    if client is None or consent.opted_out(client, message.channel):
        return
    rows = consent.opt_out_record(
        actor=CARRIER, client=client, channel=message.channel, purposes=None, wording=why
    )
    for client_id in {client.pk, *(row.client_id for row in rows)}:
        items_withdraw_for(actor=CARRIER, client_id=client_id, channel=message.channel, reason=why)
