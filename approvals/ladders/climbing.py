"""One look at one slot: whose time is over, who is next, and when nobody is left.

Everything is read from rows and written under the slot's lock, so that a look may happen at any
moment, twice, or by two workers at once.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from approvals.ladders import policy, slots
from approvals.ladders.closing import slot_close, what_happened
from approvals.ladders.winning import booked, lost, win
from approvals.models import ApprovalItem, Effect, Offer, OfferStep, Opening
from core.audit import Actor
from integrations.models import Message
from integrations.quiet import sendable_at

State, OfferState, Role = Opening.State, Offer.State, OfferStep.Role
ItemState, Outcome = ApprovalItem.State, Effect.Outcome
CLOCK = Actor.system("ladder")
RUNNING = (ItemState.APPROVED, ItemState.SENDING)
# What a draft that left its ladder means for the slot.
AFTER_DRAFT: dict[str, str] = {
    ItemState.REJECTED: State.WITHDRAWN,
    ItemState.WITHDRAWN: State.WITHDRAWN,
    ItemState.BY_HAND: State.WITHDRAWN,
    ItemState.MISSED: State.LAPSED,
}
LIVE_EXCHANGE = timedelta(minutes=2)


def due(now: datetime) -> list[int]:
    """Slots to look at: offered or held ones, and those whose lead time began."""
    rows = Opening.objects.filter(
        Q(state__in=[State.OFFERING, State.HELD])
        | Q(state=State.OPEN, starts_at__lte=now + timedelta(hours=24))
        | Q(state=State.OPEN, item__state__in=list(AFTER_DRAFT))
    )
    return list(rows.order_by("starts_at").values_list("pk", flat=True))


def look(opening_id: int, now: datetime) -> bool:
    """Bring one slot up to date; True when something changed. A slot in other hands is left."""
    with transaction.atomic():
        opening = slots.opening_lock(opening_id, skip_locked=True)
        if opening is None:
            return False
        if opening.state == State.HELD:
            return look_held(opening)
        if opening.state not in (State.OPEN, State.OFFERING):
            return False
        item = slots.item_lock(opening)
        if opening.state == State.OPEN:
            return look_open(opening, item, now)
        return look_offering(opening, item, now)


def look_open(opening: Opening, item: ApprovalItem | None, now: datetime) -> bool:
    if item is not None and item.state in AFTER_DRAFT:
        return follow_draft(opening, item)
    if now >= policy.cut_off(opening.starts_at, opening.lead_minutes):
        return lapse(opening, now)
    return False


def look_offering(opening: Opening, item: ApprovalItem | None, now: datetime) -> bool:
    """The climb: time over, next in line, next wave, or nobody left."""
    if item is None or item.state not in RUNNING:
        return follow_draft(opening, item)
    offers = slots.offers_list(opening)
    changed = [offer for offer in offers if time_over(offer, now)]
    if any(is_live(offer, now) for offer in offers):
        return bool(changed)
    late = sorted(
        (offer for offer in offers if offer.state == OfferState.LATE_YES),
        key=lambda offer: (offer.answered_at or now, offer.pk),
    )
    for offer in late:
        if now < opening.starts_at and win(opening, offer, by=offer.answered_by, keep_old=None):
            return True
    if now >= policy.cut_off(opening.starts_at, opening.lead_minutes):
        return lapse(opening, now)
    return release_next(opening, item, offers, now)


def time_over(offer: Offer, now: datetime) -> bool:
    if offer.state != OfferState.SENT or (offer.answer_until or now) > now:
        return False
    return slots.offer_step(offer, OfferState.SILENT, among=[OfferState.SENT])


def is_live(offer: Offer, now: datetime) -> bool:
    """On its way, or within the time to answer: nobody else is asked meanwhile."""
    if offer.state == OfferState.SENT:
        return (offer.answer_until or now) > now
    return offer.state == OfferState.WAITING and offer.released_at is not None


def release_next(opening: Opening, item: ApprovalItem, offers: list[Offer], now: datetime) -> bool:
    """Let the next wave go. Rungs that cannot be asked in time are skipped, and said so."""
    waiting = [o for o in offers if o.state == OfferState.WAITING and o.released_at is None]
    released = release_first(opening, waiting, now, now)
    if not released:
        return nobody_left(opening, item, offers)
    facts = {"offers": [offer.pk for offer in released]}
    slots.slot_audit(opening, "ladder.released", CLOCK, facts)
    return True


def release_first(
    opening: Opening, waiting: list[Offer], now: datetime, earliest: datetime
) -> list[Offer]:
    """Let the first wave go of which anybody can be asked; returns whom."""
    while waiting:
        wave = [offer for offer in waiting if offer.wave == waiting[0].wave]
        released = [offer for offer in wave if release(opening, offer, now, earliest)]
        if released:
            return released
        waiting = [offer for offer in waiting if offer not in wave]
    return []


def release(opening: Opening, offer: Offer, now: datetime, earliest: datetime) -> bool:
    """Let one offer go at the first permitted moment. The slot is held on our side with it."""
    at = sendable_at(
        location=opening.location, client=offer.client, purpose="transactional", at=earliest
    )
    if at > earliest and wrote_just_now(offer, now):
        at = earliest
    if at >= policy.cut_off(opening.starts_at, opening.lead_minutes):
        why = "Their quiet hours last until it is too late."
        slots.offer_step(offer, OfferState.SKIPPED, among=[OfferState.WAITING], skipped_reason=why)
        return False
    if not slots.offer_release(offer, at):
        slots.offer_step(offer, OfferState.WITHDRAWN, among=[OfferState.WAITING])
        return False
    return slots.offer_step(offer, OfferState.WAITING, among=[OfferState.WAITING], released_at=now)


def wrote_just_now(offer: Offer, now: datetime) -> bool:
    """An answer to somebody who is writing to us is no disturbance, at any hour."""
    since = now - LIVE_EXCHANGE
    return Message.objects.filter(
        client_id=offer.client_id, incoming=True, sent_at__gte=since
    ).exists()


def nobody_left(opening: Opening, item: ApprovalItem, offers: list[Offer]) -> bool:
    """The ladder is empty: the draft comes back with what happened, the slot is free again.

    The bookings stay approved: a yes that comes late still gets a slot that is free.
    """
    happened = what_happened(offers)
    why = f"Nobody took it: {happened}." if happened else "Nobody could be asked."
    slots.opening_step(opening, State.OPEN, among=[State.OFFERING], reason=why)
    slots.item_bring(item, ItemState.FAILED, why)
    slots.item_told(item, "ladder.empty", CLOCK, {"opening": opening.pk})
    slots.slot_audit(opening, "ladder.empty", CLOCK)
    return True


def lapse(opening: Opening, now: datetime) -> bool:
    """Inside the lead time nothing more is offered."""
    happened = what_happened(slots.offers_list(opening))
    why = "The time to fill it is over." + (f" {happened}." if happened else "")
    return slot_close(
        opening=opening,
        after=State.LAPSED,
        item_after=ItemState.MISSED,
        reason=why,
        actor=CLOCK,
    )


def follow_draft(opening: Opening, item: ApprovalItem | None) -> bool:
    """The draft left the ladder without us: taken back, rejected, withdrawn, missed."""
    after = AFTER_DRAFT.get(item.state, State.OPEN) if item else State.WITHDRAWN
    reason = item.state_reason if item else "The draft is gone."
    if after == State.OPEN:
        if not slots.opening_step(opening, State.OPEN, among=[State.OFFERING], reason=reason):
            return False
        Offer.objects.filter(opening=opening, state=OfferState.WAITING).update(released_at=None)
        slots.slot_audit(opening, "opening.open", CLOCK)
        return True
    return slot_close(
        opening=opening, after=after, item_after=ItemState.WITHDRAWN, reason=reason, actor=CLOCK
    )


def look_held(opening: Opening) -> bool:
    """A slot that was claimed follows what became of its booking, however that was settled."""
    offer = Offer.objects.select_related("client", "instead_of").get(pk=opening.held_by_id or 0)
    effect = slots.step_effect(offer, Role.BOOK)
    if effect is None or effect.outcome in {"", Outcome.UNKNOWN}:
        return False
    if effect.outcome in {Outcome.SENT, Outcome.BY_HAND}:
        return booked(opening, offer, effect.reference)
    return lost(opening, offer, effect.plain_error)
