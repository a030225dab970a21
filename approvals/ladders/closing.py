"""How a slot ends: taken, given, withdrawn, lapsed. Who holds an offer is told, the rest is voided.

Call with the slot locked.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from approvals.ladders import slots
from approvals.models import ApprovalItem, Offer, OfferStep, Opening
from core import clock
from core.audit import Actor

State, OfferState, Role = Opening.State, Offer.State, OfferStep.Role
ItemState = ApprovalItem.State


def slot_close(
    *,
    opening: Opening,
    after: str,
    item_after: str,
    reason: str,
    actor: Actor,
    among: Iterable[str] = (State.OPEN, State.OFFERING),
    **fields: object,
) -> bool:
    """End a slot that nobody has claimed, with its draft, its offers and its effects."""
    if not slots.opening_step(opening, after, among=among, reason=reason, **fields):
        return False
    told = offers_close(opening, clock.now())
    item = slots.item_lock(opening)
    if item is not None and item.state in (*ApprovalItem.LIVE, ItemState.SENDING):
        slots.item_bring(item, item_after, reason)
        slots.item_told(item, f"item.{item.state}", actor, {"opening": opening.pk})
    slots.slot_audit(opening, f"opening.{after}", actor, {"told": told})
    return True


def offers_close(opening: Opening, now: datetime, winner: Offer | None = None) -> int:
    """Nobody else gets it: void what waits, tell who holds an offer. Returns how many are told.

    A handful of statements however long the ladder is: everybody else who presses waits for this
    lock.
    """
    others = Offer.objects.filter(opening=opening, item_id=opening.item_id)
    if winner is not None:
        others = others.exclude(pk=winner.pk)
    holding = Q(state=OfferState.LATE_YES) | Q(state=OfferState.SENT, answer_until__gt=now)
    told = list(others.filter(holding).values_list("pk", flat=True))
    others.filter(pk__in=told).update(state=OfferState.GONE)
    others.filter(state=OfferState.SENT).update(state=OfferState.SILENT)
    # One that is going out this second is told when it turns out to have been sent.
    others.filter(state=OfferState.WAITING).update(state=OfferState.WITHDRAWN)
    slots.steps_release(Q(step__offer__in=told, step__role=Role.GONE))
    keep = Q(step__role=Role.GONE, step__offer__released_at__isnull=False)
    if winner is not None:
        keep |= Q(step__offer=winner)
    slots.steps_void(
        "The slot is gone.",
        Q(item_id=opening.item_id, step__offer__opening=opening) & ~keep,
    )
    return len(told)


def what_happened(offers: Iterable[Offer]) -> str:
    """``Grace L. did not answer, Ana R. said no``: for the card, in the order of the rungs."""
    said: dict[str, str] = {
        OfferState.SILENT: "did not answer",
        OfferState.DECLINED: "said no",
        OfferState.FAILED: "could not be reached",
        OfferState.LATE_YES: "is next in line",
        OfferState.GONE: "was too late",
    }
    rows = list(offers)
    parts = [f"{o.client.short_name} {said[o.state]}" for o in rows if o.state in said]
    # Whom the matching left out was never on the ladder, and has no action.
    skipped = [o for o in rows if o.state == OfferState.SKIPPED and o.action_id]
    parts += [f"{offer.client.short_name} was skipped" for offer in skipped]
    return ", ".join(parts)
