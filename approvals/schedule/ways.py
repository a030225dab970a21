"""A way out for a late visit, taken by one press: the calendar is changed as the sentence says.

It goes the way of every draft: a revision, a decision by the person who pressed, an effect with
exactly that, undone while it is held. What the platform refuses comes back with its reason.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from approvals.actions import UpdateAppointment
from approvals.answers.drafting import visit_as_was
from approvals.errors import NoRight, NotPossible
from approvals.models import ApprovalItem
from approvals.permissions import rights_of
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.rescheduling.late import LATER, NEXT_OTHER, OTHER, OTHER_ROOM, WAIT, WITHOUT, Way
from approvals.rescheduling.loading import moment_of
from approvals.schedule.lateness import WAY, LateShown, WayShown, lates_shown
from approvals.schedule.looking import RIGHT
from approvals.selectors.visits import visits_seen, visits_together
from approvals.services.call_drafts import pressed
from core import clock
from integrations.models import Appointment, StaffMember, User

STANDING = ("booked", "confirmed", "checked_in")
USEFUL = timedelta(hours=2)
GONE = "The calendar has changed meanwhile. Please look again."


def way_take(*, user: User, visit_id: int, key: str) -> ApprovalItem:
    """Change the calendar as the way with this key says; a second press finds the first one's.

    Raises NoRight, or NotPossible in plain words: the way is looked for among what is free now.
    """
    with transaction.atomic():
        visit = _visit(user, visit_id)
        shown = next(iter(lates_shown([visit], clock.now())), None)
        if shown is not None and shown.doing is not None:
            return shown.doing
        chosen = next((one for one in shown.ways if one.key == key), None) if shown else None
        if shown is None or chosen is None or chosen.way is None:
            raise NotPossible(GONE)
        return pressed(user=user, proposal=_proposal(user, shown, chosen), visit=visit)


def _visit(user: User, visit_id: int) -> Appointment:
    """Locked, so that of two presses the second one sees what the first one wrote."""
    rights = rights_of(user)
    held = Appointment.objects.select_for_update(of=("self",), no_key=True)
    rows = held.select_related("location", "service", "staff", "client", "connection")
    visit = rows.filter(visits_seen(rights), pk=visit_id, deleted_at=None).first()
    if visit is None or not rights.has(visit.location_id, RIGHT):
        raise NoRight("There is no such appointment.")
    return visit


def _proposal(user: User, shown: LateShown, chosen: WayShown) -> Proposal:
    visit = shown.visit
    changes = list(_changes(visit, chosen.way)) if chosen.way else []
    who = visit.client.short_name if visit.client else "Somebody"
    return Proposal(
        subject=f"visit:{visit.pk}",
        occasion=f"{WAY}{chosen.key}:{clock.now():%d%H%M%S}"[:120],
        title=f"{who} comes late: {chosen.label}"[:200],
        origin=f"Pressed by {user.name}",
        tag="running late",
        group="changes",
        right=RIGHT,
        actions=tuple(
            UpdateAppointment(appointment=one.external_id, fields=fields) for one, fields in changes
        ),
        evidence=tuple(_as_was(one, alone=len(changes) == 1) for one, _ in changes),
        reasons=(Reason(shown.title, "call"), Reason(chosen.words, "calendar")),
        known_facts=(),
        writer="person",
        due_at=max(visit.starts_at, clock.now()) + USEFUL,
        moment="the day goes on",
        client_id=visit.client_id,
        appointment_id=visit.pk,
        staff_id=visit.staff_id,
        covers=((visit.pk, visit.starts_at.isoformat()),),
    )


def _as_was(visit: Appointment, *, alone: bool) -> EvidenceItem:
    """Read again before the platform is told. Of several, the first is changed already when the
    second one's turn comes: then only that they still come counts."""
    fact = visit_as_was(visit, STANDING)
    if alone:
        return fact
    kept = {name: fact.check_params[name] for name in ("appointment", "status_in")}
    return replace(fact, check_params=kept)


def _changes(visit: Appointment, way: Way) -> Iterator[tuple[Appointment, dict[str, Any]]]:
    """Which appointments are changed, and how, in an order in which none is in another's way."""
    together = visits_together(visit)
    if way.kind in (OTHER, LATER):
        by = _moment(way, visit) - together[0].starts_at
        for one in reversed(together) if by > timedelta() else together:
            yield one, _moved(one, by, way, alone=len(together) == 1)
        return
    rows = Appointment.objects.select_related("location", "service", "staff", "client")
    part = rows.filter(pk=way.part, connection=visit.connection_id).first()
    if part is None:
        raise NotPossible(GONE)
    if way.kind == WITHOUT:
        yield part, {"status": "cancelled"}
    elif way.kind == WAIT:
        yield part, {"starts_at": _moment(way, visit).isoformat()}
    elif way.kind == NEXT_OTHER:
        yield part, {"staff": _staff(way)} | ({"resource_id": way.room} if way.room else {})
    elif way.kind == OTHER_ROOM:
        yield part, {"starts_at": _moment(way, visit).isoformat(), "resource_id": way.room}


def _moved(one: Appointment, by: timedelta, way: Way, *, alone: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"starts_at": (one.starts_at + by).isoformat()}
    if way.staff and way.staff != one.staff_id:
        fields["staff"] = _staff(way)
    if alone and way.room:
        fields["resource_id"] = way.room
    return fields


def _moment(way: Way, visit: Appointment) -> datetime:
    return moment_of(way.start, visit.location).astimezone(clock.now().tzinfo)


def _staff(way: Way) -> str:
    return StaffMember.objects.get(pk=way.staff).external_id
