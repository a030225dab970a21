"""A front desk for tests of pages: locations, people in roles, clients, drafts of every kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group

from approvals.actions import SendMessage
from approvals.models import ApprovalItem
from approvals.proposals import EvidenceItem, KnownFact, Proposal, Reason
from approvals.services.items import item_fill, item_open
from core import clock
from core.audit import Actor
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    Location,
    LocationRole,
    Message,
    Service,
    StaffMember,
    User,
)
from integrations.models.rights import RIGHTS
from tests.support.roles import group_make

PASSWORD = "a-long-enough-password"
OPEN_DAILY = {
    day: [["00:00", "23:59"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}
REVIEW = tuple(right for right in RIGHTS if right.startswith("review_"))
ROLE_RIGHTS: dict[str, tuple[str, ...]] = {
    "owner": RIGHTS,
    "manager": RIGHTS,
    "front_desk": ("review_messages", "review_offers", "review_retail", "review_changes", "ask"),
    "provider": ("review_messages", "ask"),
}
AGENT = Actor.agent("confirmation")
ABLE = ["read", "webhooks", "send", "book", "client_notes", "update_clients", "lookup_sent"]


@dataclass
class Desk:
    """One connection with its locations; makes people and drafts."""

    connection: Connection
    locations: list[Location]
    made: int = 0
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def location(self) -> Location:
        return self.locations[0]

    def person(
        self, name: str = "Maria Ruiz", role: str = "front_desk", *places: Location, **more: Any
    ) -> User:
        email = f"{name.split()[0].lower()}@example.com"
        user = User.objects.create_user(email, PASSWORD, name=name, **more)
        for place in places or tuple(self.locations):
            user.groups.add(self.role(place, role))
        return user

    def role(self, place: Location, role: str) -> Group:
        found = LocationRole.objects.filter(location=place, role=role).first()
        if found is not None:
            return found.group
        rights = ROLE_RIGHTS.get(role, ())
        return group_make(f"{role} at {place.pk}", place, role, rights)

    def client(self, first: str = "Dana", last: str = "King", **fields: Any) -> Client:
        self.made += 1
        client = Client.objects.create(
            connection=self.connection,
            external_id=f"cli_{self.made}",
            first_name=first,
            last_name=last,
            phone=f"+1503555{self.made:04d}",
            email=f"client{self.made}@example.com",
            search_key=f"{first} {last}".lower(),
            visit_count=7,
            **fields,
        )
        Consent.objects.bulk_create(
            Consent(
                client=client,
                channel=channel,
                purpose=purpose,
                origin=Consent.Origin.PLATFORM,
                granted=True,
                at=clock.now() - timedelta(days=30),
            )
            for channel in ("sms", "email")
            for purpose in ("transactional", "care", "marketing")
        )
        return client

    def appointment(self, client: Client, **fields: Any) -> Appointment:
        self.made += 1
        defaults: dict[str, Any] = {
            "location": self.location,
            "service_name": "Keratin treatment",
            "staff_name": "Sarah",
            "starts_at": clock.now() + timedelta(days=2, hours=3),
            "ends_at": clock.now() + timedelta(days=2, hours=4),
        }
        return Appointment.objects.create(
            connection=self.connection,
            external_id=f"apt_{self.made}",
            client=client,
            **defaults | fields,
        )

    def message(self, client: Client, body: str, *, incoming: bool = True) -> Message:
        self.made += 1
        return Message.objects.create(
            connection=self.connection,
            external_id=f"msg_{self.made}",
            client=client,
            location=self.location,
            incoming=incoming,
            channel="sms",
            body=body,
            sent_at=clock.now() - timedelta(days=2),
        )

    def staff(self, name: str = "Sarah Lind", user: User | None = None) -> StaffMember:
        self.made += 1
        return StaffMember.objects.create(
            connection=self.connection, external_id=f"stf_{self.made}", name=name, user=user
        )

    def draft(self, client: Client | None = None, **fields: Any) -> ApprovalItem:
        """A draft that waits for a person, made the way an agent makes it.

        ``writer="model"`` with ``first_message=True`` asks for an open card, a discount in the body
        for press and hold; a fact that is not in ``facts`` is marked.
        """
        client = client or self.client()
        item = self.placeholder(client, **fields)
        filled = item_fill(
            actor=AGENT, item_id=item.pk, proposal=self.proposal(client, item, **fields)
        )
        assert filled is not None, ApprovalItem.objects.get(pk=item.pk).state_reason
        return filled

    def placeholder(self, client: Client, **fields: Any) -> ApprovalItem:
        self.made += 1
        place = fields.get("location", self.location)
        return item_open(
            actor=AGENT,
            connection_id=self.connection.pk,
            location_id=place.pk,
            agent=fields.get("agent", "confirmation"),
            subject=f"client:{client.pk}",
            occasion=f"booked:{self.made}",
            stage=fields.get("stage", "review"),
            title=fields.get("title", f"Confirm {client.first_name}'s visit"),
            tag=fields.get("tag", "low risk"),
            group=fields.get("group", "confirmations"),
            right=fields.get("right", "review_messages"),
            due_at=fields.get("due_at", clock.now() + timedelta(days=2)),
            client_id=client.pk,
            appointment_id=fields.get("appointment_id"),
            staff_id=fields.get("staff_id"),
        )

    def proposal(self, client: Client, item: ApprovalItem, **fields: Any) -> Proposal:
        body = fields.get("body", f"Hi {client.first_name}, see you soon at {self.location.name}.")
        facts = [
            ("name", (client.first_name,), "client"),
            ("name", (self.location.name,), "location"),
            *fields.get("facts", []),
        ]
        channel = fields.get("channel", "sms")
        return Proposal(
            subject=item.subject,
            occasion=item.occasion,
            title=item.title,
            origin=fields.get("origin", "Confirmation · booked online"),
            tag=item.tag,
            group=item.group,
            actions=(
                SendMessage(
                    client=client.external_id,
                    location=self.location.external_id,
                    channel=channel,
                    address=client.email if channel == "email" else client.phone,
                    subject=fields.get("subject", ""),
                    body=body,
                ),
            ),
            evidence=(
                EvidenceItem(
                    label="Visits so far",
                    value=str(client.visit_count),
                    source_kind="client",
                    source_id=client.external_id,
                    source_label="client record",
                    read_at=clock.now() - timedelta(minutes=3),
                ),
                *fields.get("evidence", ()),
            ),
            reasons=fields.get("reasons", (Reason("A new booking came in.", "appointment"),)),
            known_facts=tuple(
                KnownFact(kind, tuple(texts), source) for kind, texts, source in facts
            ),
            writer=fields.get("writer", "template"),
            due_at=item.due_at or clock.now() + timedelta(days=2),
            moment=fields.get("moment", "the visit begins"),
            right=item.right,
            client_id=client.pk,
            appointment_id=item.appointment_id,
            staff_id=item.staff_id,
            value=fields.get("value", Decimal(120)),
            loss_risk=fields.get("loss_risk", "low"),
            note=fields.get("note", ""),
            language=fields.get("language", "en"),
            first_message=fields.get("first_message", False),
            tainted=fields.get("tainted", False),
            template_version="confirmation:1",
        )


def desk_make(*names: str, **fields: Any) -> Desk:
    """A working connection with a location per name; open around the clock, so that no test
    depends on the hour at which it runs."""
    connection = Connection.objects.create(
        name="Maple Street Spa",
        platform="mangomint",
        base_url="http://127.0.0.1:9/v1",
        status=Connection.Status.OK,
        capabilities=fields.pop("capabilities", ABLE),
        history_complete=True,
    )
    locations = [
        Location.objects.create(
            connection=connection,
            external_id=f"loc_{place}",
            name=name,
            timezone="America/Los_Angeles",
            opening_hours=OPEN_DAILY,
            quiet_from="00:00",
            quiet_until="00:00",
            **fields,
        )
        for place, name in enumerate(names or ("Maple Street",), 1)
    ]
    return Desk(connection, locations)
