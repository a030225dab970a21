"""Openings: a slot becomes free, lapses, is withdrawn, or is taken on the platform's calendar."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from approvals.ladders import policy, slots
from approvals.ladders.climbing import lapse
from approvals.ladders.closing import slot_close
from approvals.models import ApprovalItem, Opening
from core import clock
from core.audit import Actor
from integrations.models import Appointment

State, Cause = Opening.State, Opening.Cause
ItemState = ApprovalItem.State


def opening_found(
    *,
    actor: Actor,
    connection_id: object,
    location_id: int,
    starts_at: datetime,
    ends_at: datetime,
    cause: str,
    service_id: int | None = None,
    staff_id: int | None = None,
    resource_id: str = "",
    price: Decimal | None = None,
    currency: str = "USD",
    appointment_id: int | None = None,
    given_up_by_id: int | None = None,
    lead_minutes: int = 60,
) -> Opening | None:
    """Record a free slot, in the caller's transaction; found twice it is the same live Opening.

    None when it is not worth offering: inside the lead time, stopped by a person, filled already,
    or with another appointment on it. ``cause`` is one of Opening.Cause.
    """
    place = {"connection_id": connection_id, "location_id": location_id}
    slot: dict[str, Any] = {**place, "staff_id": staff_id, "starts_at": starts_at}
    more = {
        "ends_at": ends_at,
        "cause": cause,
        "service_id": service_id,
        "resource_id": resource_id,
        "price": price,
        "currency": currency,
        "value": price,
        "appointment_id": appointment_id,
        "given_up_by_id": given_up_by_id,
        "lead_minutes": lead_minutes,
    }
    return _found(actor, slot, more)


def _found(actor: Actor, slot: dict[str, Any], more: dict[str, Any]) -> Opening | None:
    live = Opening.objects.filter(**slot, state__in=Opening.LIVE).first()
    if live is not None:
        return live
    if clock.now() >= policy.cut_off(slot["starts_at"], more["lead_minutes"]):
        return None
    if settled_before(slot, more["appointment_id"]):
        return None
    if taken(slot["location_id"], slot["staff_id"], slot["starts_at"], more["ends_at"]):
        return None
    return _open(actor, slot | more)


def _open(actor: Actor, fields: dict[str, Any]) -> Opening:
    try:
        with transaction.atomic():
            opening = Opening.objects.create(**fields)
    except IntegrityError:
        same = ("connection_id", "location_id", "staff_id", "starts_at")
        return Opening.objects.get(**{name: fields[name] for name in same}, state__in=Opening.LIVE)
    slots.slot_audit(opening, "opening.found", actor, {"cause": opening.cause})
    return opening


def settled_before(slot: dict[str, Any], appointment_id: int | None) -> bool:
    """The desk stopped offering this slot or gave it away, or the same cancellation was dealt with.

    A later cancellation of whoever got it opens it again.
    """
    before = Opening.objects.filter(**slot).exclude(state__in=Opening.LIVE)
    if appointment_id is not None:
        return before.filter(appointment_id=appointment_id).exists()
    return before.exclude(state=State.LAPSED).exists()


def taken(location_id: int, staff_id: int | None, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the working copy shows somebody else on the calendar then."""
    if staff_id is None:
        return False
    return overlapping(location_id, staff_id, starts_at, ends_at).exists()


def overlapping(location_id: int, staff_id: int, starts_at: datetime, ends_at: datetime) -> Any:
    held = [*Appointment.UPCOMING, Appointment.Status.CHECKED_IN]
    return Appointment.objects.filter(
        location_id=location_id,
        staff_id=staff_id,
        status__in=held,
        deleted_at=None,
        starts_at__lt=ends_at,
        starts_at__gt=starts_at - timedelta(hours=12),
    ).filter(Q(ends_at__gt=starts_at) | Q(ends_at=None, starts_at=starts_at))


def opening_lapse(*, actor: Actor, opening_id: int, reason: str = "") -> bool:
    """Nobody took it in time; the draft closes as missed, with what happened."""
    with transaction.atomic():
        opening = slots.opening_lock(opening_id)
        return opening is not None and lapse(opening, clock.now())


def opening_withdraw(*, actor: Actor, opening_id: int, reason: str) -> bool:
    """Not to be offered any more; who holds an offer gets the kind note. False: it was over."""
    return _close(actor, opening_id, State.WITHDRAWN, reason)


def opening_taken_elsewhere(*, actor: Actor, opening_id: int, reason: str) -> bool:
    """The platform shows the slot taken: the ladder stops, who holds an offer gets the note."""
    return _close(actor, opening_id, State.TAKEN, reason)


def _close(actor: Actor, opening_id: int, after: str, reason: str) -> bool:
    with transaction.atomic():
        opening = slots.opening_lock(opening_id)
        return opening is not None and slot_close(
            opening=opening,
            after=after,
            item_after=ItemState.WITHDRAWN,
            reason=reason,
            actor=actor,
        )


def opening_note(*, opening_id: int, reason: str) -> bool:
    """Say on a free slot why nobody is asked; False when it is not merely free any more."""
    rows = Opening.objects.filter(pk=opening_id, state=State.OPEN)
    return rows.update(state_reason=reason[:400]) == 1
