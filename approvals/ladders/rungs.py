"""The effects of a ladder on their way out: what is read, what must hold, and what follows.

``approvals/effects`` sends every effect in the same way; where an effect belongs to a rung, it
asks here instead of moving the draft as a whole: one text that fails does not fail the ladder.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from approvals import guards
from approvals.actions import Action, SendMessage
from approvals.ladders import guarding, slots
from approvals.ladders.closing import slot_close
from approvals.ladders.winning import booked, lost
from approvals.models import ApprovalItem, Effect, Offer, OfferStep, Opening
from approvals.services.telling import edited_offer_tell
from core import clock
from core.audit import Actor
from integrations.platforms.base import Reads, RecordKind

State, OfferState, Role = Opening.State, Offer.State, OfferStep.Role
ItemState = ApprovalItem.State
SENDER = Actor.system("sender")
TAKEN = "The calendar shows it taken."
NOTES = (Role.YOURS, Role.NEXT, Role.GONE)
_Step = tuple[str, int, int]


@dataclass(frozen=True)
class Rung:
    """One step of a rung with its offer and slot."""

    role: str
    offer: Offer
    opening: Opening

    @property
    def is_offer(self) -> bool:
        return self.role == Role.OFFER


def is_rung(effect: Effect) -> bool:
    """Whether an effect belongs to a ladder."""
    return _step(effect) is not None


def rung_of(effect: Effect, item: ApprovalItem) -> Rung | None:
    """The rung an effect belongs to, as it stands now; None for every other draft's effects.

    ``item`` is the effect's draft: the slot is of the same location and connection.
    """
    step = _step(effect)
    if step is None:
        return None
    role, offer_id, opening_id = step
    opening = Opening.objects.select_related("service", "staff").get(pk=opening_id)
    opening.location, opening.connection = item.location, item.connection
    return Rung(role, _offer(offer_id, opening, "client", "entry"), opening)


def locked(effect: Effect) -> Rung | None:
    """The rung with its slot locked, before anything else of it is touched."""
    step = _step(effect)
    opening = slots.opening_lock(step[2], place=False) if step else None
    if step is None or opening is None:
        return None
    return Rung(step[0], _offer(step[1], opening), opening)


def _step(effect: Effect) -> _Step | None:
    """(role, offer, opening): few columns and once per claimed effect, since every effect of every
    draft is asked.

    One statement with everything a rung may need joined a dozen tables, and planning it took most
    of the time an effect took.
    """
    known: _Step | None = getattr(effect, "rung_step", None)
    if known is None:
        rows = OfferStep.objects.filter(effect_id=effect.pk)
        known = rows.values_list("role", "offer_id", "offer__opening_id").first()
        # Only what was found is kept: an effect is tied to its rung a moment after it is written.
        setattr(effect, "rung_step", known)  # noqa: B010 (no field of the row)
    return known


def _offer(offer_id: int, opening: Opening, *related: str) -> Offer:
    rows = Offer.objects.select_related(*related) if related else Offer.objects
    offer = rows.get(pk=offer_id)
    offer.opening = opening
    return offer


def facing(rung: Rung | None, item: ApprovalItem) -> ApprovalItem:
    """The draft as the guards see it for this rung: about the client who is asked.

    In memory only; the draft's own row speaks of no single client.
    """
    if rung is not None:
        item.client = rung.offer.client
    return item


def touched(rung: Rung) -> Iterator[tuple[RecordKind, str]]:
    """What is read again from the platform before this step."""
    if rung.is_offer or rung.role in NOTES:
        yield "client", rung.offer.client.external_id
    if rung.role == Role.RELEASE and rung.offer.instead_of is not None:
        yield "appointment", rung.offer.instead_of.external_id


def slot_taken(rung: Rung, reads: Reads) -> bool:
    """Ask the platform itself, right before each offer. No answer is Temporary: it waits."""
    opening = rung.opening
    if not rung.is_offer or opening.service is None:
        return False
    return not reads.slot_free(
        service=opening.service.external_id,
        staff=opening.staff.external_id if opening.staff else "",
        location=opening.location.external_id,
        starts_at=opening.starts_at,
    )


def refusal(rung: Rung, item: ApprovalItem, action: Action, taken: bool) -> guards.Refusal | None:
    """Why this step may not be done after all, or None."""
    if taken:
        return guards.Refusal(ItemState.WITHDRAWN, TAKEN)
    now = clock.now()
    message = action if isinstance(action, SendMessage) else None
    asking = guards.Asking(item, message, now)
    if rung.is_offer:
        return guarding.refusal_for(rung.opening, rung.offer, now) or guards.first_refusal(
            guarding.FOR_OFFERS, asking
        )
    if not guarding.note_due(rung.opening, rung.offer, rung.role):
        return guards.Refusal(ItemState.STALE, "It is not wanted any more.")
    if rung.role == Role.RELEASE and not guarding.as_was(rung.offer.instead_of):
        return guards.Refusal(ItemState.STALE, "The later appointment was changed meanwhile.")
    return guards.first_refusal(guarding.FOR_NOTES, asking) if message else None


def goes_along(rung: Rung) -> bool:
    """Under the slot's lock, right before the call: it is still wanted."""
    if not rung.is_offer:
        return guarding.note_due(rung.opening, rung.offer, rung.role)
    if guarding.still_offered(rung.opening, rung.offer, clock.now()):
        return False
    item = slots.item_lock(rung.opening)
    if item is None or item.state not in {ItemState.APPROVED, ItemState.SENDING}:
        return False
    return item.state == ItemState.SENDING or slots.item_bring(item, ItemState.SENDING)


def capped(rung: Rung) -> bool:
    """Whether the client's daily messages count for this step."""
    return rung.is_offer


def sent(rung: Rung, effect: Effect, reference: str) -> None:
    """Proved. The time to answer counts from now."""
    if rung.is_offer:
        _asked(rung, unsure=False)
        edited_offer_tell(rung.offer)
    elif rung.role == Role.BOOK:
        booked(rung.opening, rung.offer, reference)
    _audit(rung, effect, "effect.sent", reference)


def unsure(rung: Rung, effect: Effect, why: str) -> None:
    """Nobody can prove it. An offer counts as asked; a booking waits for somebody to look."""
    if rung.is_offer:
        _asked(rung, unsure=True)
    elif rung.role == Role.BOOK:
        item = slots.item_lock(rung.opening)
        who = rung.offer.client.short_name
        if item is not None:
            reason = f"{who} said yes; the booking may have been made. Please look. {why}"
            slots.item_bring(item, ItemState.UNKNOWN, reason)
    elif rung.role in {Role.RELEASE, Role.YOURS}:
        _for_the_desk(rung, "may not have been done. Please check.")
    _audit(rung, effect, "effect.unknown")


def failed(rung: Rung, effect: Effect, why: str) -> None:
    """Certainly not done. The ladder goes on; what concerns the winner goes to the desk."""
    if rung.is_offer:
        slots.offer_step(
            rung.offer, OfferState.FAILED, among=[OfferState.WAITING], skipped_reason=why[:300]
        )
    elif rung.role == Role.BOOK:
        lost(rung.opening, rung.offer, why)
    elif rung.role in {Role.RELEASE, Role.YOURS}:
        _for_the_desk(rung, f"could not be done. {why}")
    _audit(rung, effect, "effect.failed")


def refused(rung: Rung, effect: Effect, refusal: guards.Refusal) -> None:
    """Not done because something changed: the rung is skipped, with the reason kept."""
    if not rung.is_offer:
        if rung.role == Role.RELEASE:
            _for_the_desk(rung, "was left alone: it was changed meanwhile.")
        return
    slots.offer_step(
        rung.offer, OfferState.SKIPPED, among=[OfferState.WAITING], skipped_reason=refusal.why[:300]
    )
    if refusal.why == TAKEN:
        slot_close(
            opening=rung.opening,
            after=State.TAKEN,
            item_after=ItemState.WITHDRAWN,
            reason=TAKEN,
            actor=SENDER,
        )
    _audit(rung, effect, "effect.refused")


def unable(rung: Rung, effect: Effect) -> None:
    """The platform cannot do this step (any more)."""
    if rung.role == Role.BOOK:
        item = slots.item_lock(rung.opening)
        who = rung.offer.client.short_name
        if item is not None:
            why = f"{who} said yes. Please book it, then press done."
            slots.item_bring(item, ItemState.MANUAL, why)
        return
    failed(rung, effect, "The platform cannot do this for us.")


def undelivered(rung: Rung, effect: Effect) -> None:
    """It left us and did not arrive: the next one is asked without waiting for the time to pass."""
    if rung.is_offer:
        why = "The text could not be delivered."
        slots.offer_step(rung.offer, OfferState.FAILED, among=[OfferState.SENT], skipped_reason=why)
    elif rung.role == Role.YOURS:
        _for_the_desk(rung, "could not be delivered. Please call.")
    _audit(rung, effect, "effect.undelivered")


def _asked(rung: Rung, *, unsure: bool) -> None:
    """The offer is with the client: or, when the slot went meanwhile, the kind note follows."""
    offer, opening, now = rung.offer, rung.opening, clock.now()
    left = {"sent_at": now, "unsure": unsure}
    until = min(now + slots.minutes(offer.answer_minutes), opening.starts_at)
    if opening.state == State.OFFERING and slots.offer_step(
        offer, OfferState.SENT, among=[OfferState.WAITING], answer_until=until, **left
    ):
        return
    Offer.objects.filter(pk=offer.pk).update(**left)
    offer.sent_at = now
    if opening.state == State.OFFERING:
        return
    slots.offer_step(offer, OfferState.SILENT, among=[OfferState.WAITING])
    if slots.offer_step(offer, OfferState.GONE, among=[OfferState.WITHDRAWN]):
        slots.step_release(offer, Role.GONE)


def _for_the_desk(rung: Rung, what: str) -> None:
    """The slot is filled, and something around it is left to do for a person."""
    item = slots.item_lock(rung.opening)
    who = rung.offer.client.short_name
    things = {
        Role.RELEASE: f"{who} took this one; letting go of the later appointment",
        Role.YOURS: f"{who} has it; telling them",
    }
    if item is not None:
        slots.item_bring(item, ItemState.FAILED, f"{things[Role(rung.role)]} {what}")


def _audit(rung: Rung, effect: Effect, action: str, reference: str = "") -> None:
    facts = {
        "effect": effect.key,
        "sha256": effect.body_sha256,
        "role": rung.role,
        "offer": rung.offer.pk,
        "client": rung.offer.client_id,
    }
    slots.slot_audit(rung.opening, action, SENDER, facts | {"reference": reference})
