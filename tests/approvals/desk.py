"""A small desk for tests: one location, a client with an appointment, people with roles, drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group

from approvals.actions import Action, AddNote, SendMessage
from approvals.effects import effects_drain
from approvals.models import ApprovalItem, Decision, Effect
from approvals.proposals import EvidenceItem, KnownFact, Proposal, Reason
from approvals.services import decisions, items
from core import clock
from core.audit import Actor
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    Location,
    StaffMember,
    User,
)
from tests.support.roles import group_make

# A Monday, ten in the morning in Los Angeles: the desk is open and texts are allowed.
NOW = datetime(2026, 6, 15, 17, tzinfo=UTC)
AGENT = Actor.agent("confirmation")
BODY = "Hi Dana, see you on Friday at 2:30 pm."
RIGHTS = {
    "front_desk": ("review_messages", "review_offers", "review_retail", "review_changes"),
    "manager": ("review_messages", "review_offers", "review_changes", "read_digest", "read_audit"),
    "provider": ("review_messages",),
}


@dataclass
class Desk:
    connection: Connection
    location: Location
    client: Client
    appointment: Appointment
    maria: User
    tom: User


def desk_make(platform: str = "stub") -> Desk:
    connection = Connection.objects.create(
        name="Maple", platform=platform, status="ok", live_since=NOW - timedelta(days=30)
    )
    location = location_make(connection, "loc_1")
    client = client_make(connection)
    appointment = Appointment.objects.create(
        connection=connection,
        external_id="apt_1",
        client=client,
        location=location,
        service_name="Hot stone massage",
        starts_at=datetime(2026, 6, 19, 21, 30, tzinfo=UTC),
        platform_updated_at=NOW - timedelta(days=1),
    )
    maria = person_make("Maria", location, "front_desk")
    tom = person_make("Tom", location, "front_desk")
    return Desk(connection, location, client, appointment, maria, tom)


def location_make(connection: Connection, external_id: str, **fields: Any) -> Location:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    defaults: dict[str, Any] = {
        "name": "Maple Street",
        "timezone": "America/Los_Angeles",
        "opening_hours": {day: [["09:00", "18:00"]] for day in days},
    }
    return Location.objects.create(
        connection=connection, external_id=external_id, **defaults | fields
    )


def client_make(connection: Connection, external_id: str = "cli_1", **fields: Any) -> Client:
    defaults: dict[str, Any] = {
        "first_name": "Dana",
        "last_name": "Kay",
        "phone": "+15035550142",
        "email": "dana@example.com",
        "search_key": "dana kay",
        "platform_updated_at": NOW - timedelta(days=1),
    }
    client = Client.objects.create(
        connection=connection, external_id=external_id, **defaults | fields
    )
    Consent.objects.bulk_create(
        Consent(
            client=client,
            channel=channel,
            purpose=purpose,
            origin="platform",
            granted=True,
            at=NOW - timedelta(days=200),
        )
        for channel in ("sms", "email")
        for purpose in ("transactional", "care", "marketing")
    )
    return client


def person_make(name: str, location: Location, role: str) -> User:
    """Somebody with a role at a location, as the mirror of platform roles would make them."""
    user, _ = User.objects.get_or_create(
        email=f"{name.lower()}@maple.example", defaults={"name": name}
    )
    user.groups.add(role_group(location, role))
    return user


def role_group(location: Location, role: str) -> Group:
    name = f"location {location.pk} {role}"
    found = Group.objects.filter(name=name).first()
    return found or group_make(name, location, role, RIGHTS[role])


def staff_make(desk: Desk, user: User, external_id: str = "sta_1") -> StaffMember:
    return StaffMember.objects.create(
        connection=desk.connection, external_id=external_id, name=user.name, user=user
    )


def message_action(desk: Desk, body: str = BODY, **fields: Any) -> SendMessage:
    defaults: dict[str, Any] = {
        "client": desk.client.external_id,
        "location": desk.location.external_id,
        "channel": "sms",
        "address": desk.client.phone,
        "body": body,
    }
    return SendMessage(**defaults | fields)


def fact(kind: str = "", **params: Any) -> EvidenceItem:
    return EvidenceItem(
        label="Appointment",
        value="Fri 19 Jun, 2:30 pm",
        source_kind="appointment",
        source_id="apt_1",
        source_label="the calendar",
        read_at=clock.now(),
        check_kind=kind,
        check_params=params,
    )


def proposal_make(desk: Desk, **fields: Any) -> Proposal:
    body = fields.pop("body", BODY)
    actions: tuple[Action, ...] = (message_action(desk, body),)
    if fields.pop("note", False):
        actions += (AddNote(client=desk.client.external_id, body="Confirmation sent."),)
    defaults: dict[str, Any] = {
        "subject": "visit:1",
        "occasion": "booked",
        "title": "Dana K.",
        "origin": "Confirmation",
        "tag": "low risk",
        "group": "confirmations",
        "actions": actions,
        "evidence": (fact(),),
        "reasons": (Reason("New booking.", "calendar"),),
        "known_facts": (
            KnownFact("name", ("Dana",), "client"),
            KnownFact("weekday", ("Friday",), "appointment"),
            KnownFact("time", ("2:30 pm",), "appointment"),
        ),
        "writer": "template",
        "due_at": desk.appointment.starts_at,
        "moment": "before the appointment",
        "client_id": desk.client.pk,
        "appointment_id": desk.appointment.pk,
        "covers": ((desk.appointment.pk, desk.appointment.starts_at.isoformat()),),
    }
    return Proposal(**defaults | fields)


def opened(desk: Desk, **fields: Any) -> ApprovalItem:
    """A draft that is being written."""
    defaults: dict[str, Any] = {
        "actor": AGENT,
        "connection_id": desk.connection.pk,
        "location_id": desk.location.pk,
        "agent": "confirmation",
        "subject": "visit:1",
        "occasion": "booked",
        "stage": "review",
        "title": "Dana K.",
        "tag": "",
        "group": "confirmations",
        "right": "review_messages",
        "due_at": desk.appointment.starts_at,
        "client_id": desk.client.pk,
        "appointment_id": desk.appointment.pk,
    }
    return items.item_open(**defaults | fields)


def drafted(desk: Desk, subject: str = "visit:1", **fields: Any) -> ApprovalItem:
    """A draft that waits for a person."""
    opening = {
        name: fields.pop(name) for name in ("stage", "location_id", "staff_id") if name in fields
    }
    item = opened(desk, subject=subject, **opening)
    filled = items.item_fill(
        actor=AGENT, item_id=item.pk, proposal=proposal_make(desk, subject=subject, **fields)
    )
    assert filled is not None, ApprovalItem.objects.get(pk=item.pk).state_reason
    return filled


def approved(desk: Desk, item: ApprovalItem, user: User | None = None, **fields: Any) -> Decision:
    item.refresh_from_db()
    assert item.revision is not None
    return decisions.item_approve(
        user=user or desk.maria,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
        **fields,
    )


def state_of(item: ApprovalItem) -> str:
    return ApprovalItem.objects.values_list("state", flat=True).get(pk=item.pk)


def effect_of(item: ApprovalItem) -> Effect:
    return Effect.objects.filter(item=item).latest("id")


def sent_after(held: Any, seconds: float = 11) -> int:
    """Let the hold pass and the worker work."""
    held.move(timedelta(seconds=seconds))
    return effects_drain()
