"""At the counter: give the slot to somebody who is here, or stop offering it."""

from django.db import transaction
from django.db.models import Q

from approvals.errors import AlreadyDecided, NoRight
from approvals.ladders import slots
from approvals.ladders.closing import slot_close
from approvals.models import ApprovalItem, Decision, Opening
from approvals.permissions import Rights, rights_of
from integrations.models import User

State, ItemState = Opening.State, ApprovalItem.State
RIGHT = "review_offers"


def give_to_someone_here(*, user: User, opening_id: int) -> Opening:
    """One tap: the ladder stops, the slot is kept for the desk, who holds an offer gets the note.

    Raises NoRight, or AlreadyDecided when somebody claimed it a moment before.
    """
    reason = f"Given to somebody at the desk by {user.name}."
    return _stop(user, opening_id, State.GIVEN, ItemState.BY_HAND, reason)


def stop_offering(*, user: User, opening_id: int) -> Opening:
    """The slot is not offered any more (and not found again); who holds an offer gets the note.

    Raises NoRight, or AlreadyDecided when somebody claimed it a moment before.
    """
    reason = f"{user.name} stopped offering it."
    return _stop(user, opening_id, State.WITHDRAWN, ItemState.WITHDRAWN, reason)


def may_decide(rights: Rights, opening: Opening) -> bool:
    """Whoever has the right at the location; providers on their own slots only."""
    if rights.provider_only(opening.location_id, RIGHT):
        return rights.staff_id is not None and rights.staff_id == opening.staff_id
    return rights.has(opening.location_id, RIGHT)


def openings_seen(rights: Rights) -> Q:
    """The same rule for lists of slots."""
    seen = Q(pk__in=[])
    for place in rights.locations_with(RIGHT):
        one = Q(location_id=place)
        if rights.provider_only(place, RIGHT):
            one &= Q(staff_id=rights.staff_id) if rights.staff_id else Q(pk__in=[])
        seen |= one
    return seen


def _stop(user: User, opening_id: int, after: str, item_after: str, reason: str) -> Opening:
    with transaction.atomic():
        opening = slots.opening_lock(opening_id)
        if opening is None or not may_decide(rights_of(user), opening):
            raise NoRight("You cannot decide on this slot.")
        done = slot_close(
            opening=opening,
            after=after,
            item_after=item_after,
            reason=reason,
            actor=user.as_actor(),
            stopped_by=user.name,
        )
        if not done:
            raise _too_late(opening)
        _decision(user, opening, reason)
        return opening


def _decision(user: User, opening: Opening, reason: str) -> None:
    if opening.item_id is None:
        return
    Decision.objects.create(
        item_id=opening.item_id,
        kind=Decision.Kind.HANDLED,
        actor=user,
        actor_name=user.name,
        actor_platform_id=user.as_actor().platform_id,
        reason="handled",
        words=reason[:500],
    )


def _too_late(opening: Opening) -> AlreadyDecided:
    """Who was faster: the client who said yes, or a colleague."""
    held = Opening.objects.select_related("held_by__client").get(pk=opening.pk)
    if held.state in {State.HELD, State.BOOKED} and held.held_by is not None:
        who = held.held_by.client.short_name
        what = "The slot is theirs." if held.state == State.BOOKED else "They said yes just now."
        return AlreadyDecided(who, held.held_at, what)
    return AlreadyDecided(held.stopped_by, held.closed_at, held.state_reason or "It is over.")
