"""Steps that everything about a slot shares. Call them inside a transaction with the slot locked.

The order of locks is always the same: the opening, then its draft, then offers and effects.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from approvals import policy as drafts
from approvals.models import ApprovalItem, Effect, Offer, OfferStep, Opening
from approvals.services.steps import item_audit, item_step
from core import clock
from core.audit import Actor, audit_record
from core.doorbell import ring_on_commit
from core.hints import hint_on_commit
from core.work import WorkRow
from integrations.channels.accounts import channel_for
from integrations.channels.base import Kind
from integrations.platforms.base import platform_of

State, OfferState, Role = Opening.State, Offer.State, OfferStep.Role
ItemState = ApprovalItem.State
DRAIN, TICK = "approvals.effects_drain", "approvals.ladders_tick"
SUBJECT = "slot:"
LADDER = Actor.system("ladder")
# Between two steps that the table of drafts allows: a ladder that was going out may be closed.
BETWEEN = (ItemState.APPROVED, ItemState.SENDING, ItemState.FAILED)


def opening_lock(
    opening_id: int, *, skip_locked: bool = False, place: bool = True
) -> Opening | None:
    """The slot under its row lock; None when it is gone (or, if asked, locked by somebody).

    ``place``: with its location, which a look wants and an effect on its way out does not.
    """
    rows = Opening.objects.select_for_update(of=("self",), skip_locked=skip_locked)
    # What else hangs on it is read where it is wanted.
    return (rows.select_related("location") if place else rows).filter(pk=opening_id).first()


def opening_lock_of(item_id: int) -> None:
    """Lock the slot of a draft before the draft itself is touched, to keep the order of locks."""
    slots = Opening.objects.select_for_update(of=("self",)).filter(item_id=item_id)
    list(slots.values_list("pk", flat=True))


def opening_step(
    opening: Opening, after: str, *, among: Iterable[str], reason: str = "", **fields: Any
) -> bool:
    """Move the slot by one conditional UPDATE; False: it stands somewhere else by now."""
    among = list(among)
    fields |= {"state": after, "state_reason": reason[:400]}
    if after not in Opening.LIVE:
        fields["closed_at"] = clock.now()
    changed = Opening.objects.filter(pk=opening.pk, state__in=among).update(**fields)
    if changed:
        for name, value in fields.items():
            setattr(opening, name, value)
    return changed == 1


def offer_step(offer: Offer, after: str, *, among: Iterable[str], **fields: Any) -> bool:
    fields["state"] = after
    changed = Offer.objects.filter(pk=offer.pk, state__in=list(among)).update(**fields)
    if changed:
        for name, value in fields.items():
            setattr(offer, name, value)
    return changed == 1


def offers_list(opening: Opening) -> list[Offer]:
    """Every rung of the slot's present draft, in order."""
    rows = Offer.objects.filter(opening=opening, item_id=opening.item_id)
    return list(rows.select_related("client", "instead_of").order_by("position", "id"))


def offer_release(offer: Offer, at: datetime) -> bool:
    """Let a rung's offer itself go. False: it was voided, or is on its way already."""
    waiting = Effect.objects.filter(
        pk=offer.effect_id or 0, outcome="", state=WorkRow.State.WAITING
    )
    if not waiting.update(not_before=at):
        return False
    ring_on_commit(DRAIN)
    return True


def step_effect(offer: Offer, role: str) -> Effect | None:
    return Effect.objects.filter(step__offer=offer, step__role=role).first()


def step_release(offer: Offer, role: str, at: datetime | None = None) -> bool:
    """Let one parked effect of a rung go. False: it was voided, or is on its way already."""
    return steps_release(Q(step__offer=offer, step__role=role), at) == 1


def steps_release(which: Q, at: datetime | None = None) -> int:
    # Found first: as one UPDATE it joins the table with itself, which was once planned to run for
    # minutes. What must still hold is asked again where it is changed.
    waiting = Effect.objects.filter(outcome="", state=WorkRow.State.WAITING)
    found = list(waiting.filter(which).values_list("pk", flat=True))
    changed = waiting.filter(pk__in=found).update(not_before=at or clock.now())
    if changed:
        ring_on_commit(DRAIN)
    return changed


def steps_void(why: str, which: Q) -> int:
    """Take back effects that can no longer be wanted, except those whose call began."""
    rows = Effect.objects.filter(outcome="", call_started_at=None)
    rows = rows.exclude(state=WorkRow.State.DEAD)
    found = list(rows.filter(which).values_list("pk", flat=True))
    return rows.filter(pk__in=found).update(
        state=WorkRow.State.DONE,
        outcome=Effect.Outcome.WITHDRAWN,
        settled_at=clock.now(),
        plain_error=why[:400],
        lease_token=None,
        lease_until=None,
    )


def item_lock(opening: Opening) -> ApprovalItem | None:
    if opening.item_id is None:
        return None
    return ApprovalItem.objects.select_for_update(of=("self",)).filter(pk=opening.item_id).first()


def item_bring(item: ApprovalItem, after: str, reason: str = "") -> bool:
    """Bring the draft to ``after``, by one step or by way of one other."""
    if item.state == after:
        changed = ApprovalItem.objects.filter(pk=item.pk, state=after)
        return changed.update(state_reason=reason[:400]) == 1
    if after in drafts.TRANSITIONS[item.state]:
        return item_step(item, after, among=[item.state], state_reason=reason[:400])
    for between in BETWEEN:
        if between in drafts.TRANSITIONS[item.state] and after in drafts.TRANSITIONS[between]:
            item_step(item, between, among=[item.state])
            return item_step(item, after, among=[between], state_reason=reason[:400])
    return False


def books(opening: Opening) -> bool:
    """Whether the platform takes bookings from us."""
    return "book" in platform_of(opening.connection).capabilities(opening.connection)


def sends(opening: Opening, channel: str) -> bool:
    """Whether texts can leave at all: through the platform, or the salon's own number."""
    if "send" in platform_of(opening.connection).capabilities(opening.connection):
        return True
    kind: Kind = "email" if channel == "email" else "sms"
    return channel_for(opening.location, kind) is not None


def slot_audit(
    opening: Opening, action: str, actor: Actor, facts: dict[str, Any] | None = None
) -> None:
    """One audit row about the slot, hints to open pages, and another look at the ladder."""
    audit_record(
        action=action,
        actor=actor,
        connection=opening.connection_id,
        location=opening.location_id,
        client=(facts or {}).get("client", ""),
        subject=f"opening:{opening.pk}",
        correlation=f"item:{opening.item_id}" if opening.item_id else f"opening:{opening.pk}",
        facts={"state": opening.state, "item": opening.item_id, **(facts or {})},
        detail={"reason": opening.state_reason} if opening.state_reason else None,
    )
    hint_on_commit(opening.location_id)
    ring_on_commit(TICK)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


def item_told(item: ApprovalItem, action: str, actor: Actor, facts: dict[str, Any]) -> None:
    item_audit(item, action, actor, facts)
