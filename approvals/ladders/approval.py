"""Approving a whole ladder by one Decision: every effect is parked, and the climb begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from approvals import policy as drafts
from approvals.actions import Action as TypedAction
from approvals.errors import NotPossible
from approvals.ladders import policy, slots
from approvals.ladders.climbing import release_first
from approvals.models import ApprovalItem, Effect, Offer, OfferStep, Opening
from approvals.services.planning import Plan
from core import clock
from core.work import WorkRow

OfferState, Role = Offer.State, OfferStep.Role


@dataclass(frozen=True)
class Ladder:
    """A slot, locked, and the rungs that wait."""

    opening: Opening
    offers: list[Offer]

    @property
    def waiting(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.state == OfferState.WAITING]


def ladder_of(item: ApprovalItem, *, lock: bool = True) -> Ladder | None:
    """The ladder a draft holds, with its slot locked if asked; None for every other draft."""
    if not item.subject.startswith(slots.SUBJECT):
        return None
    found = Opening.objects.select_related("location", "connection").filter(item_id=item.pk).first()
    opening = slots.opening_lock(found.pk) if found and lock else found
    return Ladder(opening, slots.offers_list(opening)) if opening else None


def ladder_plan(ladder: Ladder, actions: Sequence[TypedAction]) -> Plan:
    """When the first offers leave. Raises NotPossible with what is in the way."""
    now, opening = clock.now(), ladder.opening
    if not ladder.waiting:
        raise NotPossible("Everybody on this list was asked already. Ask for another draft.")
    if opening.state not in {Opening.State.OPEN, Opening.State.OFFERING}:
        raise NotPossible(f"The slot is not free any more: {opening.get_state_display()}.")
    if now >= policy.cut_off(opening.starts_at, opening.lead_minutes):
        raise NotPossible("It is too close to the start to offer it now.")
    channel = ladder.waiting[0].channel
    held = now + slots.seconds(drafts.hold_seconds(channel, False))
    return Plan(held, held, not slots.sends(opening, channel), actions, parked=True)


def ladder_begin(ladder: Ladder, item: ApprovalItem, effects: Sequence[Effect], plan: Plan) -> None:
    """Tie the effects to their rungs, hold the slot and let the first wave go. One transaction."""
    opening, now = ladder.opening, clock.now()
    _former_void(item, effects)
    leaving = _tie(item, effects)
    for offer in ladder.waiting:
        offer.effect_id = leaving.get(offer.pk)
    if plan.by_hand:
        # The desk writes or calls them one by one; whoever says yes by the link gets it.
        waiting_ids = [offer.pk for offer in ladder.waiting]
        Offer.objects.filter(pk__in=waiting_ids).update(released_at=now)
        return
    if not slots.opening_step(
        opening, Opening.State.OFFERING, among=[Opening.State.OPEN], reason=""
    ):
        raise NotPossible(f"The slot is not free any more: {opening.get_state_display()}.")
    if not release_first(opening, ladder.waiting, now, plan.at):
        raise NotPossible("Nobody on it may be written to before it is too late.")
    slots.slot_audit(opening, "ladder.begun", slots.LADDER, {"rungs": len(ladder.waiting)})


def _former_void(item: ApprovalItem, effects: Sequence[Effect]) -> None:
    """What an earlier approval of this ladder still holds gives way to the new one."""
    fresh = [effect.pk for effect in effects]
    slots.steps_void("Approved anew.", Q(item_id=item.pk) & ~Q(pk__in=fresh))


def _tie(item: ApprovalItem, effects: Sequence[Effect]) -> dict[int, int | None]:
    """Each effect to its step, by the action's place in the revision; {offer: its own effect}."""
    by_place = {effect.position: effect for effect in effects}
    steps = list(OfferStep.objects.filter(offer__item=item).select_related("offer"))
    # First apart, then together: an effect belongs to one step at a time.
    changed = [step for step in steps if step.position in by_place]
    OfferStep.objects.filter(pk__in=[step.pk for step in changed]).update(effect=None)
    for step in changed:
        step.effect = by_place[step.position]
    OfferStep.objects.bulk_update(changed, ["effect"])
    own = [step for step in changed if step.role == Role.OFFER]
    _tie_offers(own)
    return {step.offer_id: step.effect_id for step in own}


def _tie_offers(steps: Sequence[OfferStep]) -> None:
    for step in steps:
        step.offer.effect = step.effect
        step.offer.action_id = step.effect.action_id if step.effect else None
    Offer.objects.bulk_update([step.offer for step in steps], ["effect", "action"])


def by_hand_settle(item: ApprovalItem, why: str) -> bool:
    """A person did their part at the platform: that is done, the rest goes on by itself.

    False: not part of a ladder.
    """
    mine = Effect.objects.filter(item=item, outcome="", step__isnull=False)
    if not mine.exists():
        return False
    mine.filter(state=WorkRow.State.DONE).update(
        outcome=Effect.Outcome.BY_HAND, settled_at=clock.now(), plain_error=why[:400]
    )
    slots.ring_on_commit(slots.TICK)
    return True
