"""An open slot at the tests' desk, people who wait for it, and time that passes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from approvals.effects import effects_drain
from approvals.ladders import ladders
from approvals.ladders.openings import opening_found
from approvals.ladders.policy import Candidate, OfferPolicy, Skipped
from approvals.models import ApprovalItem, Decision, Offer, Opening
from approvals.services import decisions, items
from core import clock
from core.audit import Actor
from integrations.models import Appointment, Client, Service, StaffMember, WaitlistEntry
from tests.approvals.desk import Desk, client_make

AGENT = Actor.agent("open_slot")
NAMES = ("Grace", "Ana", "Bea", "Cleo", "Dora", "Elif", "Fern", "Gwen", "Hana", "Iris")


@dataclass
class Slot:
    """One opening with its draft; ``texts`` are what each client was sent by now."""

    desk: Desk
    opening: Opening
    item: ApprovalItem
    clients: list[Client]

    def offer(self, index: int) -> Offer:
        return Offer.objects.select_related("opening", "client").get(
            item=self.item, client=self.clients[index]
        )

    def token(self, index: int) -> str:
        """The token of the link in the exact text that is approved for that client."""
        action = self.offer(index).action
        assert action is not None
        body = json.loads(bytes(action.payload))["body"]
        found = re.search(r"/c/([\w-]{22})", body)
        assert found is not None
        return found[1]

    def state(self) -> str:
        return Opening.objects.values_list("state", flat=True).get(pk=self.opening.pk)

    def item_state(self) -> str:
        return ApprovalItem.objects.values_list("state", flat=True).get(pk=self.item.pk)

    def offers(self) -> list[str]:
        rows = Offer.objects.filter(item=self.item).order_by("position", "id")
        return list(rows.values_list("state", flat=True))


def service_make(desk: Desk) -> Service:
    return Service.objects.get_or_create(
        connection=desk.connection,
        external_id="svc_1",
        defaults={"name": "Hot stone massage", "minutes": 60, "price": Decimal("120")},
    )[0]


def therapist_make(desk: Desk, external_id: str = "sta_9") -> StaffMember:
    return StaffMember.objects.get_or_create(
        connection=desk.connection, external_id=external_id, defaults={"name": "Sarah Lind"}
    )[0]


def waiting_make(desk: Desk, count: int, prefix: str = "w") -> list[Client]:
    """Clients on the waitlist, each with a number of their own."""
    service = service_make(desk)
    made = []
    for index in range(count):
        client = client_make(
            desk.connection,
            f"{prefix}_{index}",
            first_name=NAMES[index % len(NAMES)],
            last_name="Waits",
            phone=f"+1503555{1000 + index + 100 * (ord(prefix[0]) % 80):04d}",
            email=f"{prefix}{index}@example.com",
        )
        WaitlistEntry.objects.create(
            connection=desk.connection,
            external_id=f"wl_{prefix}_{index}",
            client=client,
            location=desk.location,
            service=service,
        )
        made.append(client)
    return made


def opening_make(desk: Desk, hours: float = 5, **fields: Any) -> Opening:
    starts_at = clock.now() + timedelta(hours=hours)
    made = opening_found(
        actor=AGENT,
        connection_id=desk.connection.pk,
        location_id=desk.location.pk,
        **{
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "cause": "cancelled",
            "service_id": service_make(desk).pk,
            "staff_id": therapist_make(desk).pk,
            "price": Decimal("120"),
            "given_up_by_id": desk.client.pk,
        }
        | fields,
    )
    assert made is not None
    return Opening.objects.select_related(
        "location", "service", "staff", "given_up_by", "appointment"
    ).get(pk=made.pk)


def candidates_of(clients: Sequence[Client], **fields: Any) -> list[Candidate]:
    entries = dict(WaitlistEntry.objects.filter(client__in=clients).values_list("client_id", "pk"))
    return [
        Candidate(
            entries.get(client.pk), client.pk, 1.0 - place / 100, ("Waits longest",), **fields
        )
        for place, client in enumerate(clients)
    ]


def drafted(
    desk: Desk,
    opening: Opening,
    clients: list[Client],
    policy: OfferPolicy | None = None,
    skipped: Sequence[Skipped] = (),
    **fields: Any,
) -> Slot:
    """The ladder as a draft that waits for a person."""
    proposal = ladders.ladder_propose(
        opening, candidates_of(clients, **fields), policy or OfferPolicy(), skipped
    )
    assert proposal is not None
    item = items.item_open(
        actor=AGENT,
        connection_id=desk.connection.pk,
        location_id=desk.location.pk,
        agent="open_slot",
        subject=proposal.subject,
        occasion=proposal.occasion,
        stage="review",
        title=proposal.title,
        tag=proposal.tag,
        group=proposal.group,
        right=proposal.right,
        due_at=proposal.due_at,
    )
    filled = items.item_fill(actor=AGENT, item_id=item.pk, proposal=proposal)
    assert filled is not None, ApprovalItem.objects.get(pk=item.pk).state_reason
    return Slot(desk, opening, filled, clients)


def approved(slot: Slot) -> Decision:
    slot.item.refresh_from_db()
    revision = slot.item.revision
    assert revision is not None
    return decisions.item_approve(
        user=slot.desk.maria,
        item_id=slot.item.pk,
        revision_id=revision.pk,
        evidence_sha256=revision.evidence_sha256,
    )


def running(
    desk: Desk,
    held: Any,
    count: int = 3,
    policy: OfferPolicy | None = None,
    hours: float = 5,
    prefix: str = "w",
    clients: list[Client] | None = None,
) -> Slot:
    """An approved ladder whose first wave was sent; to ``clients`` or to as many new ones."""
    asked = clients or waiting_make(desk, count, prefix)
    slot = drafted(desk, opening_make(desk, hours), asked, policy)
    approved(slot)
    passed(held, 11)
    return slot


def passed(held: Any, seconds: float = 0, minutes: float = 0) -> None:
    """Time passes, then the workers do what is due."""
    held.move(timedelta(seconds=seconds, minutes=minutes))
    worked()


def worked() -> None:
    for _ in range(4):
        moved = ladders.tick(clock.now()) + effects_drain()
        if not moved:
            return


def appointment_make(
    desk: Desk, opening: Opening, client: Client | None = None, **fields: Any
) -> Appointment:
    """Somebody stands on the slot, as the calendar shows it."""
    return Appointment.objects.create(
        **{
            "connection": desk.connection,
            "external_id": f"apt_{opening.pk}_{clock.now().timestamp()}",
            "client": client,
            "location": desk.location,
            "staff": opening.staff,
            "service_name": "Hot stone massage",
            "starts_at": opening.starts_at,
            "ends_at": opening.ends_at,
        }
        | fields
    )


def texts_to(world: Any, client: Client) -> list[str]:
    """What the platform sent this client, oldest first."""
    return [
        payload["body"]
        for name, _, payload in world.done
        if name == "send_message" and payload["client"] == client.external_id
    ]


def booked_for(world: Any) -> list[str]:
    return [payload["client"] for name, _, payload in world.done if name == "book_appointment"]


def local(opening: Opening) -> datetime:
    return opening.starts_at.astimezone(opening.location.zone)
