"""The draft by which the platform hears of a call: made and approved in the same press."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from approvals.actions import Action, AddNote, UpdateAppointment
from approvals.answers.drafting import visit_as_was, what_of
from approvals.errors import NotPossible
from approvals.models import ApprovalItem, CallOutcome
from approvals.permissions import rights_of
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.services.approving import approve_locked
from approvals.services.items import item_fill, item_open
from approvals.writing_rules import CALLED
from core import clock
from integrations.free_times import can_do, length_of
from integrations.models import Appointment, StaffMember, User
from integrations.moments import when
from integrations.platforms.base import platform_of

Kind, Status = CallOutcome.Kind, Appointment.Status
RIGHT = "review_changes"
# A note about a call is of use for as long as the visit is spoken of.
USEFUL = timedelta(hours=4)
STANDING = ("booked", "confirmed")


def platform_told(
    *, user: User, visits: list[Appointment], made: CallOutcome, staff_id: int | None = None
) -> ApprovalItem | None:
    """Write and approve what the platform is told; None where there is nothing to tell.

    Who may not change the calendar leaves it to somebody who may: the draft waits in the queue.
    """
    actions = _actions(user, visits, made, staff_id)
    first = visits[0]
    able = platform_of(first.connection).capabilities(first.connection)
    if not actions or (isinstance(actions[0], AddNote) and AddNote.capability not in able):
        return None
    return pressed(
        user=user, proposal=_proposal(user, visits, made, actions, staff_id), visit=first
    )


def pressed(*, user: User, proposal: Proposal, visit: Appointment) -> ApprovalItem:
    """A change of the calendar written and approved by one press of the person at the desk.

    Who may not decide on it leaves the draft in the queue. Raises NotPossible in plain words.
    """
    item = item_open(
        actor=user.as_actor(),
        connection_id=visit.connection_id,
        location_id=visit.location_id,
        agent=CALLED,
        subject=proposal.subject,
        occasion=proposal.occasion,
        stage=ApprovalItem.Stage.REVIEW,
        title=proposal.title,
        tag=proposal.tag,
        group=proposal.group,
        right=RIGHT,
        due_at=proposal.due_at,
        client_id=visit.client_id,
        appointment_id=visit.pk,
        staff_id=visit.staff_id,
    )
    filled = item_fill(actor=user.as_actor(), item_id=item.pk, proposal=proposal, author_id=user.pk)
    if filled is None or filled.revision is None:
        item.refresh_from_db()
        raise NotPossible(item.state_reason or "It could not be written down.")
    if rights_of(user).may_see(filled):
        approve_locked(item=filled, user=user, revision_id=filled.revision.pk)
    return filled


def _actions(
    user: User, visits: list[Appointment], made: CallOutcome, staff_id: int | None
) -> list[Action]:
    if made.kind == Kind.CONFIRMED:
        return [_status(one, "confirmed") for one in visits if one.status == Status.BOOKED]
    if made.kind == Kind.CANCELLED:
        _still_on(visits)
        return [_status(one, "cancelled") for one in visits]
    if made.kind == Kind.MOVED:
        _still_on(visits)
        return _moves(visits, made, staff_id)
    client = visits[0].client
    return [AddNote(client=client.external_id, body=_note(user, visits[0], made))] if client else []


def _still_on(visits: list[Appointment]) -> None:
    gone = next((one for one in visits if one.status not in Appointment.UPCOMING), None)
    if gone is not None:
        raise NotPossible(f"The appointment is {gone.get_status_display()} already.")


def _status(visit: Appointment, status: str) -> UpdateAppointment:
    return UpdateAppointment(appointment=visit.external_id, fields={"status": status})


def _moves(visits: list[Appointment], made: CallOutcome, staff_id: int | None) -> list[Action]:
    """Each service of the visit by the same stretch of time."""
    if made.moved_to is None or made.moved_to <= clock.now():
        raise NotPossible("Please choose a time that is still to come.")
    by = made.moved_to - visits[0].starts_at
    other = _other(visits, staff_id)
    if not by and other is None:
        raise NotPossible("That is the time it has already.")
    found: list[Action] = []
    # Moved later, the last of them first: the others would still lie in its way.
    for one in reversed(visits) if by > timedelta() else visits:
        fields = {"starts_at": (one.starts_at + by).isoformat()}
        if other is not None:
            fields["staff"] = other.external_id
        found.append(UpdateAppointment(appointment=one.external_id, fields=fields))
    return found


def _other(visits: list[Appointment], staff_id: int | None) -> StaffMember | None:
    """Somebody else who does it, where another was chosen."""
    if staff_id is None or staff_id == visits[0].staff_id:
        return None
    staff = StaffMember.objects.filter(
        pk=staff_id, connection_id=visits[0].connection_id, deleted_at=None, active=True
    ).first()
    if staff is None or not all(can_do(staff, one.service) for one in visits):
        raise NotPossible("Nobody of that name does this here.")
    return staff


def _note(user: User, visit: Appointment, made: CallOutcome) -> str:
    zone = visit.location.zone
    what = f"{what_of(visit)}, {when(visit.starts_at, zone)}"
    if made.kind == Kind.LATE:
        said = f"Called: comes {made.minutes} minutes late for {what}."
    else:
        said = f"Called about {what}: left a voicemail."
    return f"{said} {made.words} ({user.name})".replace("  ", " ")


def _due(visit: Appointment) -> datetime:
    return max(visit.starts_at, clock.now() + USEFUL)


def _proposal(
    user: User,
    visits: list[Appointment],
    made: CallOutcome,
    actions: list[Action],
    staff_id: int | None,
) -> Proposal:
    first = visits[0]
    who = first.client.short_name if first.client else "Somebody"
    at = when(first.starts_at, first.location.zone)
    return Proposal(
        subject=f"visit:{first.pk}",
        occasion=f"call:{made.key}"[:120],
        title=f"{who}, {at}: {made.get_kind_display()}",
        origin=f"Called by {user.name}",
        tag="by phone",
        group="changes",
        right=RIGHT,
        actions=tuple(actions),
        evidence=tuple(_evidence(visits, made, staff_id)),
        reasons=(Reason(f"{user.name} spoke with {who} on the phone.", "call"),),
        known_facts=(),
        writer="person",
        due_at=_due(first),
        moment="the visit starts",
        client_id=first.client_id,
        appointment_id=first.pk,
        staff_id=first.staff_id,
        covers=tuple((one.pk, one.starts_at.isoformat()) for one in visits),
    )


def _status_only(one: EvidenceItem) -> dict[str, Any]:
    return {name: one.check_params[name] for name in ("appointment", "status_in")}


def _evidence(
    visits: list[Appointment], made: CallOutcome, staff_id: int | None
) -> list[EvidenceItem]:
    """What is read again right before the platform is told: the visit, and the new time."""
    if made.kind in (Kind.LATE, Kind.VOICEMAIL):
        return [visit_as_was(visits[0], ())]
    # Of several services the first is done already when the second one's turn comes.
    among = ("booked", "confirmed", "cancelled") if made.kind == Kind.CANCELLED else STANDING
    found = [visit_as_was(one, among) for one in visits]
    if made.kind == Kind.MOVED and len(visits) > 1:
        return [replace(one, check_params=_status_only(one)) for one in found]
    if made.kind != Kind.MOVED or made.moved_to is None:
        return found
    by = made.moved_to - visits[0].starts_at
    other = _other(visits, staff_id)
    for one in visits:
        staff = other or one.staff
        inside = staff is not None and staff.pk == one.staff_id and abs(by) < length_of(one)
        if one.service is None or staff is None or inside:
            # A little earlier or later: the visit itself is what stands there.
            continue
        params = {
            "service": one.service.external_id,
            "staff": staff.external_id,
            "location": one.location.external_id,
            "starts_at": (one.starts_at + by).isoformat(),
        }
        new = when(one.starts_at + by, one.location.zone)
        found.append(
            EvidenceItem("New time", new, "slot", "", "calendar", clock.now(), "slot_free", params)
        )
    return found
