"""Texts from clients at the tests' desk, and what was asked of them before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from approvals.answers import texts
from approvals.answers.fixed import AGENT
from approvals.listeners import approvals_hear
from approvals.models import Answer, ApprovalItem, StandingGrant
from core import clock
from integrations import events
from integrations.models import Appointment, Client, Message
from tests.approvals.desk import NOW, Desk, approved, drafted, message_action, sent_after

ASKS = "Maple Street: Hi Dana, see you on Friday at 2:30 pm. Reply {digit} to confirm."


def texted(desk: Desk, body: str, client: Client | None = None, **fields: Any) -> Answer:
    """The client writes, and what they wrote is acted on."""
    message = wrote(desk, body, client or desk.client, **fields)
    hear(desk, message)
    return Answer.objects.select_related("item", "offer").get(message=message)


def wrote(desk: Desk, body: str, client: Client | None, **fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "connection": desk.connection,
        "external_id": f"msg_{Message.objects.count()}",
        "client": client,
        "location": desk.location,
        "incoming": True,
        "channel": "sms",
        "source": "client",
        "sent_at": clock.now(),
    }
    return Message.objects.create(body=body, **defaults | fields)


def hear(desk: Desk, message: Message) -> None:
    approvals_hear(
        events.MessageReceived(
            key=f"message:{message.pk}",
            connection_id=str(desk.connection.pk),
            at=message.sent_at,
            client_id=message.client_id,
            location_id=message.location_id,
            message_id=message.pk,
        )
    )


def asked_to_confirm(
    desk: Desk,
    held: Any,
    visit: Appointment | None = None,
    digit: str = "1",
    client: Client | None = None,
) -> ApprovalItem:
    """A confirmation that asks for a digit went out."""
    visit, client = visit or desk.appointment, client or desk.client
    body = ASKS.format(digit=digit)
    action = message_action(desk, body, client=client.external_id, address=client.phone)
    item = drafted(
        desk,
        subject=f"contact:{client.pk}:{visit.pk}",
        actions=(action,),
        client_id=client.pk,
        appointment_id=visit.pk,
        covers=((visit.pk, visit.starts_at.isoformat()),),
        due_at=visit.starts_at,
        purpose="answer",
    )
    approved(desk, item)
    sent_after(held)
    item.refresh_from_db()
    assert item.state == "sent"
    return item


def visit_make(desk: Desk, client: Client | None = None, **fields: Any) -> Appointment:
    number = Appointment.objects.count() + 1
    defaults: dict[str, Any] = {
        "connection": desk.connection,
        "external_id": f"apt_{number}",
        "client": client or desk.client,
        "location": desk.location,
        "service_name": "Haircut",
        "starts_at": NOW + timedelta(days=2),
        "platform_updated_at": NOW - timedelta(days=1),
    }
    return Appointment.objects.create(**defaults | fields)


def standing(desk: Desk, version: str, *actions: str, **fields: Any) -> StandingGrant:
    defaults: dict[str, Any] = {
        "location": desk.location,
        "agent": AGENT,
        "action_types": list(actions),
        "template_version": version,
        "daily_limit": 20,
        "expires_at": NOW + timedelta(days=90),
        "granted_by": desk.maria,
        "granted_by_name": "Maria",
    }
    return StandingGrant.objects.create(**defaults | fields)


def fixed_allowed(desk: Desk) -> StandingGrant:
    return standing(desk, texts.FIXED_VERSION, "send_message")


def changes(world: Any) -> list[tuple[str, str]]:
    """(appointment, status) that were set on the platform, in order."""
    return [
        (payload["appointment"], payload["fields"]["status"])
        for name, _, payload in world.done
        if name == "update_appointment"
    ]


def waiting(occasion: str = "") -> list[ApprovalItem]:
    """Drafts made of answers that a person has to look at."""
    rows = ApprovalItem.objects.filter(agent=AGENT, state__in=ApprovalItem.OPEN)
    if occasion:
        rows = rows.filter(occasion__startswith=occasion)
    return list(rows.select_related("revision").order_by("pk"))
