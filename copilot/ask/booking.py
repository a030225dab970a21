"""An offered time becomes a draft of a booking, which a person approves like any other draft."""

from datetime import datetime, timedelta

from django.db import transaction

from approvals.actions import BookAppointment
from approvals.errors import NotPossible
from approvals.models import ApprovalItem
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.selectors.thread import clients_seen
from approvals.services.items import item_fill, item_open
from copilot.ask.asker import MayNot, asker_of
from core import clock
from integrations.free_times import can_do
from integrations.models import Client, Location, Service, StaffMember, User
from integrations.moments import on_record, when

AGENT, RIGHT = "ask", "review_offers"
# Booked later than this the platform would take it for a visit that has begun.
LEAST = timedelta(minutes=1)


@transaction.atomic
def booking_draft(
    *,
    user: User,
    location: Location,
    client_id: int,
    service_id: int,
    staff_id: int,
    starts_at: datetime,
) -> ApprovalItem:
    """A draft that waits for a yes; nothing is booked and nothing is held at the platform.

    Raises MayNot for a client that is not the asker's to see, NotPossible in plain words. The same
    wish again takes the place of the older draft.
    """
    asker = asker_of(user, location)
    client = clients_seen(asker.rights, [client_id]).filter(
        connection=location.connection_id, deleted_at=None, merged_into=None
    ).first()  # fmt: skip
    if client is None:
        raise MayNot("There is no such client.")
    service, staff = _offered(location, service_id, staff_id)
    if starts_at < clock.now() + LEAST:
        raise NotPossible("Please choose a time that is still to come.")
    proposal = _proposal(user, location, client, service, staff, starts_at)
    return _opened(user, location, proposal)


def _opened(user: User, location: Location, proposal: Proposal) -> ApprovalItem:
    item = item_open(
        actor=user.as_actor(),
        connection_id=location.connection_id,
        location_id=location.pk,
        agent=AGENT,
        subject=proposal.subject,
        occasion=proposal.occasion,
        stage=ApprovalItem.Stage.REVIEW,
        title=proposal.title,
        tag=proposal.tag,
        group=proposal.group,
        right=proposal.right,
        due_at=proposal.due_at,
        client_id=proposal.client_id,
        staff_id=proposal.staff_id,
    )
    filled = item_fill(actor=user.as_actor(), item_id=item.pk, proposal=proposal, author_id=user.pk)
    if filled is None:
        item.refresh_from_db()
        raise NotPossible(item.state_reason or "It could not be written down.")
    return filled


def _offered(location: Location, service_id: int, staff_id: int) -> tuple[Service, StaffMember]:
    here = {"connection": location.connection_id, "deleted_at": None, "active": True}
    service = Service.objects.filter(pk=service_id, **here).first()
    staff = StaffMember.objects.filter(pk=staff_id, **here).first()
    if service is None or staff is None:
        raise NotPossible("This is no longer offered. Please look again.")
    if not can_do(staff, service):
        raise NotPossible(f"{staff.name} does not do this. Please choose somebody else.")
    return service, staff


def _proposal(
    user: User,
    location: Location,
    client: Client,
    service: Service,
    staff: StaffMember,
    starts_at: datetime,
) -> Proposal:
    wanted = {
        "service": service.external_id,
        "staff": staff.external_id,
        "location": location.external_id,
        "starts_at": starts_at.isoformat(),
    }
    said = f"{on_record(starts_at, location.zone)} with {staff.name}"
    return Proposal(
        subject=f"client:{client.pk}",
        occasion=f"ask:{service.pk}:{starts_at.date().isoformat()}",
        title=f"Book {client.short_name}: {service.name}, {when(starts_at, location.zone)}",
        origin=f"Asked by {user.name}",
        tag="booking",
        group="changes",
        right=RIGHT,
        actions=(BookAppointment(client=client.external_id, **wanted),),
        evidence=(_time_free(said, wanted),),
        reasons=(
            Reason(f"{user.name} chose this time under Ask.", "Ask"),
            Reason(f"{service.name}, {said}.", ""),
        ),
        known_facts=(),
        writer="person",
        due_at=starts_at,
        moment="it would begin",
        client_id=client.pk,
        staff_id=staff.pk,
        value=service.price,
    )


def _time_free(said: str, wanted: dict[str, str]) -> EvidenceItem:
    """The platform is asked right before anything is booked."""
    return EvidenceItem(
        label="The time",
        value=said,
        source_kind="slot",
        source_id="",
        source_label="calendar",
        read_at=clock.now(),
        check_kind="slot_free",
        check_params=wanted,
    )
