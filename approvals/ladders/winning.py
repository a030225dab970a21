"""Somebody said yes: the slot is held, booked, or lost after all. Call with the slot locked."""

from django.db import transaction
from django.db.models import Q

from approvals.ladders import slots, words
from approvals.ladders.closing import offers_close
from approvals.models import ApprovalItem, Effect, Offer, OfferStep, Opening
from core import clock
from core.audit import Actor
from core.work import WorkRow

State, OfferState, Role = Opening.State, Offer.State, OfferStep.Role
ItemState = ApprovalItem.State
# Drafts whose approval stands: running, or climbed to the end without a yes.
APPROVED = (ItemState.APPROVED, ItemState.SENDING, ItemState.FAILED, ItemState.MANUAL)
CLAIMABLE = (
    OfferState.SENT,
    OfferState.WAITING,
    OfferState.SILENT,
    OfferState.LATE_YES,
    OfferState.DECLINED,
)


class _NotWon(Exception):
    """Takes back what was written when the approved booking turns out not to be there."""


def win(opening: Opening, offer: Offer, *, by: str, keep_old: bool | None) -> bool:
    """The first yes: hold the slot, release the booking, stop the ladder. False: not theirs."""
    try:
        with transaction.atomic():
            if not hold(opening, offer):
                return False
            _booking_released(opening, offer)
            _accepted(offer, by, keep_old)
            told = offers_close(opening, clock.now(), winner=offer)
            actor = Actor("client", str(offer.client_id), offer.client.name)
            facts = {"offer": offer.pk, "by": by, "client": offer.client_id, "told": told}
            slots.slot_audit(opening, "opening.held", actor, facts)
    except _NotWon:
        opening.refresh_from_db(fields=["state", "state_reason", "held_by", "held_at"])
        offer.refresh_from_db()
        return False
    return True


def hold(opening: Opening, offer: Offer) -> bool:
    """The one conditional UPDATE that decides who gets it, whatever else went wrong before."""
    return slots.opening_step(
        opening,
        State.HELD,
        among=[State.OPEN, State.OFFERING],
        reason=f"{offer.client.short_name} said yes.",
        held_by=offer,
        held_at=clock.now(),
    )


def _booking_released(opening: Opening, offer: Offer) -> None:
    """The draft goes on its way and the approved booking is due; by hand where we may not book."""
    item = slots.item_lock(opening)
    if item is None or item.state not in APPROVED:
        raise _NotWon
    if not slots.books(opening):
        _by_hand(opening, item, offer)
        return
    if not slots.item_bring(item, ItemState.SENDING) or not slots.step_release(offer, Role.BOOK):
        raise _NotWon


def _by_hand(opening: Opening, item: ApprovalItem, offer: Offer) -> None:
    """The platform takes no bookings from us: the desk does it, and the client is told so."""
    theirs = [Role.BOOK, Role.RELEASE]
    if not slots.sends(opening, offer.channel):
        theirs.append(Role.YOURS)
    waiting = Effect.objects.filter(step__offer=offer, step__role__in=theirs, outcome="")
    why = f"{offer.client.short_name} said yes. Please book it, then press done."
    if not waiting.update(state=WorkRow.State.DONE) or not slots.item_bring(
        item, ItemState.MANUAL, why
    ):
        raise _NotWon


def _accepted(offer: Offer, by: str, keep_old: bool | None) -> None:
    gives_up = offer.instead_of_id is not None and not keep_old
    answered = offer.answered_at if offer.state == OfferState.LATE_YES else None
    if not slots.offer_step(
        offer,
        OfferState.ACCEPTED,
        among=CLAIMABLE,
        answered_at=answered or clock.now(),
        answered_by=by,
        gives_up=gives_up if answered is None else offer.gives_up,
    ):
        raise _NotWon
    if not offer.gives_up:
        slots.steps_void("They keep both.", Q(step__offer=offer, step__role=Role.RELEASE))


def booked(opening: Opening, offer: Offer, reference: str) -> bool:
    """The calendar shows it: the list entry closes, the later visit goes, the client is told."""
    if not slots.opening_step(
        opening,
        State.BOOKED,
        among=[State.HELD],
        reason=f"{offer.client.short_name} has it.",
        filled_by=offer.client,
        filled_appointment_id=reference[:120],
        filled_at=clock.now(),
    ):
        return False
    slots.step_release(offer, Role.WAITLIST)
    if offer.gives_up:
        slots.step_release(offer, Role.RELEASE)
    slots.step_release(offer, Role.YOURS)
    over = [Role.BOOK, Role.OFFER, Role.NEXT, Role.GONE]
    slots.steps_void("It is theirs.", Q(step__offer=offer, step__role__in=over))
    item = slots.item_lock(opening)
    actor = Actor.system("ladder")
    if item is not None:
        zone = opening.location.zone
        when = words.short_moment(opening.starts_at, zone)
        by_hand = item.state in {ItemState.MANUAL, ItemState.BY_HAND}
        after = ItemState.BY_HAND if by_hand else ItemState.SENT
        slots.item_bring(item, after, f"{offer.client.short_name} has {when}.")
        slots.item_told(item, "ladder.filled", actor, {"offer": offer.pk})
    facts = {"offer": offer.pk, "client": offer.client_id, "reference": reference}
    slots.slot_audit(opening, "opening.booked", actor, facts)
    return True


def lost(opening: Opening, offer: Offer, why: str) -> bool:
    """They said yes and the platform would not book it: they are told, and the desk is."""
    taken = "slot_taken" in why
    after = State.TAKEN if taken else State.WITHDRAWN
    plain = "the calendar shows it taken" if taken else f"it could not be booked. {why}"
    reason = f"{offer.client.short_name} said yes, but {plain}"
    if not slots.opening_step(opening, after, among=[State.HELD], reason=reason):
        return False
    slots.offer_step(offer, OfferState.GONE, among=[OfferState.ACCEPTED])
    slots.step_release(offer, Role.GONE)
    slots.steps_void("It was not booked.", Q(step__offer=offer) & ~Q(step__role=Role.GONE))
    item = slots.item_lock(opening)
    actor = Actor.system("ladder")
    if item is not None:
        told = f"{reason.rstrip('.')}. They were told kindly; you may want to call."
        slots.item_bring(item, ItemState.FAILED, told)
        slots.item_told(item, "ladder.lost", actor, {"offer": offer.pk})
    slots.slot_audit(opening, f"opening.{after}", actor, {"offer": offer.pk})
    return True
