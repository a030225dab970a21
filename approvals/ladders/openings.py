"""Openings: a slot becomes free, lapses, is withdrawn, or is taken on the platform's calendar."""

from datetime import datetime
from decimal import Decimal

from approvals.models import Opening
from core.audit import Actor


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
    """Record a free slot, in the caller's transaction. ``cause`` is one of Opening.Cause.

    The same slot found twice gives the same live Opening. None when it is not worth offering: it
    starts inside the lead time, a person stopped offering this very slot, somebody got it already,
    or the working copy shows another appointment on it.
    """
    raise NotImplementedError


def opening_lapse(*, actor: Actor, opening_id: int, reason: str) -> bool:
    """Nobody took it in time; the draft closes as missed, with what happened."""
    raise NotImplementedError


def opening_withdraw(*, actor: Actor, opening_id: int, reason: str) -> bool:
    """Not to be offered any more; who holds an offer gets the kind note. False: it was over."""
    raise NotImplementedError


def opening_taken_elsewhere(*, actor: Actor, opening_id: int, reason: str) -> bool:
    """The platform shows the slot taken: the ladder stops, who holds an offer gets the note."""
    raise NotImplementedError
