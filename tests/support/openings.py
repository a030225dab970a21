"""Free slots at the tests' front desk: somebody gave one up, others wait, a ladder stands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from approvals.ladders.ladders import ladder_propose
from approvals.ladders.openings import opening_found
from approvals.ladders.policy import Candidate, OfferPolicy, Skipped
from approvals.models import ApprovalItem, Offer, Opening
from approvals.services.decisions import item_approve
from approvals.services.items import item_fill, item_open
from core import clock
from core.audit import Actor
from integrations.models import Client, Service, StaffMember, User, WaitlistEntry
from tests.support.desks import Desk

AGENT = Actor.agent("open_slot")
REASONS = ("Waits for Hot stone massage.", "Asked for Sarah.", "Has waited 12 days.")


def waiting(desk: Desk, first: str, last: str = "Waits", **fields: Any) -> WaitlistEntry:
    """Somebody on the waitlist for a hot stone massage."""
    client = desk.client(first, last)
    values: dict[str, Any] = {
        "service": service(desk),
        "waiting_since": clock.now() - timedelta(days=12),
        "windows": [{"days": "-T-T---", "from": "09:00", "to": "17:30"}],
    }
    return WaitlistEntry.objects.create(
        connection=desk.connection,
        external_id=f"wl_{client.pk}",
        client=client,
        location=desk.location,
        **values | fields,
    )


def service(desk: Desk) -> Service:
    return Service.objects.get_or_create(
        connection=desk.connection,
        external_id="svc_stone",
        defaults={"name": "Hot stone massage", "minutes": 60, "price": Decimal(120)},
    )[0]


def therapist(desk: Desk) -> StaffMember:
    return StaffMember.objects.get_or_create(
        connection=desk.connection, external_id="sta_sarah", defaults={"name": "Sarah Lind"}
    )[0]


def opening(desk: Desk, hours: float = 5, **fields: Any) -> Opening:
    starts_at = clock.now() + timedelta(hours=hours)
    values: dict[str, Any] = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "cause": Opening.Cause.CANCELLED,
        "service_id": service(desk).pk,
        "staff_id": therapist(desk).pk,
        "price": Decimal(120),
        "given_up_by_id": desk.client("Nadia", "Frost").pk,
    }
    made = opening_found(
        actor=AGENT,
        connection_id=desk.connection.pk,
        location_id=desk.location.pk,
        **values | fields,
    )
    assert made is not None
    return Opening.objects.get(pk=made.pk)


def ladder(
    desk: Desk, slot: Opening, entries: list[WaitlistEntry], left_out: list[Client] | None = None
) -> ApprovalItem:
    """The draft of a slot: everybody in their order, and somebody who is not asked."""
    candidates = [
        Candidate(one.pk, one.client_id, 70.0 - 20 * place, REASONS[: 3 - place % 3])
        for place, one in enumerate(entries)
    ]
    skipped = [Skipped(one.pk, "Waits for another therapist.") for one in left_out or []]
    proposal = ladder_propose(slot, candidates, OfferPolicy(), skipped)
    assert proposal is not None
    names = ("subject", "occasion", "title", "tag", "group", "right", "due_at")
    item = item_open(
        actor=AGENT,
        connection_id=desk.connection.pk,
        location_id=desk.location.pk,
        agent="open_slot",
        stage="review",
        **{name: getattr(proposal, name) for name in names},
    )
    filled = item_fill(actor=AGENT, item_id=item.pk, proposal=proposal)
    assert filled is not None, ApprovalItem.objects.get(pk=item.pk).state_reason
    return filled


def offered(item: ApprovalItem, user: User, *states: str) -> None:
    """Approved, and the first rungs in these states, as if their texts had left."""
    assert item.revision is not None
    item_approve(
        user=user,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
    )
    now = clock.now()
    rungs = Offer.objects.filter(item=item, action__isnull=False).order_by("position")
    for offer, state in zip(rungs, states, strict=False):
        Offer.objects.filter(pk=offer.pk).update(
            state=state,
            released_at=now - timedelta(minutes=5),
            sent_at=now - timedelta(minutes=5),
            answer_until=now + timedelta(minutes=25 if state == "sent" else -1),
            answered_at=now if state == "declined" else None,
            answered_by="text" if state == "declined" else "",
        )


def every_state(desk: Desk, user: User, long: str = "Maximiliana") -> dict[str, str]:
    """A slot in each state a page can show, and who waits; the addresses to look at."""
    people = [waiting(desk, name) for name in ("Grace", "Owen", "Ruth")]
    named = waiting(desk, long, long, note=f"{long} " * 6, priority="high")
    missing = waiting(desk, "Ivo", staff_ids=["sta_other"]).client
    desk.appointment(desk.client("Nina", "Vogel"), starts_at=clock.now() + timedelta(minutes=50))
    pending = ladder(desk, opening(desk, 30), [*people, named], [missing])
    running = ladder(desk, opening(desk, 6), people)
    offered(running, user, "sent")
    empty = ladder(desk, opening(desk, 9), people[:2])
    offered(empty, user, "silent", "declined")
    ApprovalItem.objects.filter(pk=empty.pk).update(state="sending")
    ApprovalItem.objects.filter(pk=empty.pk).update(
        state="failed", state_reason="Nobody took it: Grace W. did not answer, Owen W. said no."
    )
    Opening.objects.filter(item=empty).update(
        state="open", state_reason="Nobody took it: Grace W. did not answer, Owen W. said no."
    )
    booked(desk, user, 6)
    client = people[0].client
    for days in (2, 9, 30):
        desk.appointment(
            client,
            status="cancelled",
            starts_at=clock.now() - timedelta(days=days, hours=-4),
            cancelled_at=clock.now() - timedelta(days=days),
            cancel_reason="Child is ill",
        )
    second = Offer.objects.filter(item=pending, action__isnull=False).order_by("position")[1]
    return {
        "waitlist": "/waitlist/",
        "waitlist: openings": "/waitlist/?show=openings",
        "waitlist: nobody": "/waitlist/?q=zzzz",
        "waitlist: add": "/waitlist/add/?q=grace",
        "waitlist: whom": f"/waitlist/add/?client={client.pk}",
        "waitlist: change": f"/waitlist/entry/{named.pk}/",
        "ladder": f"/drafts/{pending.pk}/",
        "ladder: editor": f"/drafts/{pending.pk}/?rung={second.pk}",
        "ladder: running": f"/drafts/{running.pk}/",
        "ladder: came back": f"/drafts/{empty.pk}/",
        "today: slots": "/today/",
    }


def booked(desk: Desk, user: User, count: int) -> None:
    """Slots of the last days that a client took, as the figures count them."""
    for number in range(count):
        entry = waiting(desk, f"Taken{number}", status="booked")
        slot = opening(desk, 50 + 3 * number)
        item = ladder(desk, slot, [entry])
        offered(item, user, "sent")
        offer = Offer.objects.get(item=item)
        Offer.objects.filter(pk=offer.pk).update(
            state="accepted", answered_at=clock.now(), answered_by="text"
        )
        done = {"closed_at": clock.now(), "opened_at": clock.now() - timedelta(minutes=12)}
        won = {"held_by": offer, "filled_by": entry.client, "filled_at": clock.now()}
        state = {"state": "lapsed"} if number % 3 == 2 else {"state": "booked", **won}
        Opening.objects.filter(pk=slot.pk).update(**state, **done)
        ApprovalItem.objects.filter(pk=item.pk).update(state="sending")
        ApprovalItem.objects.filter(pk=item.pk).update(state="sent")
