"""Claims: the first yes wins, by one conditional UPDATE on the Opening.

The kind answers are approved with the ladder and leave by themselves: whoever answers by text need
not write a reply for ``won``, ``next_in_line`` or ``gone``.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import Q

from approvals.ladders import slots
from approvals.ladders.climbing import is_live
from approvals.ladders.suggestions import FreeTime, suggestions_for
from approvals.ladders.tokens import is_ours, token_hash
from approvals.ladders.winning import CLAIMABLE, win
from approvals.models import Offer, OfferStep, Opening
from core import clock
from core.audit import Actor

State, OfferState, Role = Opening.State, Offer.State, OfferStep.Role
By = Literal["text", "link", "desk"]
Outcome = Literal[
    "open",  # can be claimed now (``seen`` alone says this)
    "won",  # theirs; the booking is on its way
    "already_yours",  # a second yes of the winner; ``booked`` says whether the calendar shows it
    "request_received",  # the platform takes no bookings from us: the desk does it
    "next_in_line",  # a late yes while somebody else is asked
    "gone",  # somebody else has it, or it is not offered any more
    "expired",  # too late: the slot is over
    "declined",  # said no; a later yes counts as a late one
    "unknown",  # a link we never made
]


@dataclass(frozen=True)
class ClaimResult:
    """What a yes or no came to. ``offer`` and ``opening`` are None for unknown links.

    ``booked``: the platform's calendar shows it. ``suggestions``: times that look free, for who
    came too late by the link; nothing is held there.
    """

    outcome: Outcome
    offer: Offer | None = None
    opening: Opening | None = None
    booked: bool = False
    suggestions: tuple[FreeTime, ...] = field(default=())


def claim(
    *,
    by: By,
    token: str | None = None,
    offer: Offer | None = None,
    keep_old: bool | None = None,
) -> ClaimResult:
    """Say yes to an offer, by its link's token or the offer itself. Never raises for late or
    repeated answers.

    ``keep_old`` concerns ``offer.instead_of``: True keeps both appointments, False or None lets
    the later one go, as the text says. The winner's booking effect is released in the same
    transaction, everybody else's offer is withdrawn and the kind note released to who holds one.
    """
    found = _offer_of(token, offer)
    if found is None:
        return ClaimResult("unknown")
    with transaction.atomic():
        opening, mine = _locked(found)
        result = _claim(opening, mine, by, keep_old, clock.now())
    return _with_suggestions(result, by)


def decline(*, by: By, token: str | None = None, offer: Offer | None = None) -> ClaimResult:
    """Say no. The next rung is due at once. Who has it already keeps it (``already_yours``)."""
    found = _offer_of(token, offer)
    if found is None:
        return ClaimResult("unknown")
    with transaction.atomic():
        opening, mine = _locked(found)
        if mine.state == OfferState.ACCEPTED:
            return _yours(opening, mine)
        changed = slots.offer_step(
            mine,
            OfferState.DECLINED,
            among=[*_released(mine), OfferState.SENT, OfferState.SILENT, OfferState.LATE_YES],
            answered_at=clock.now(),
            answered_by=by,
        )
        if changed:
            _heard(opening, mine, "offer.declined", by)
        return ClaimResult("declined", mine, opening)


def seen(token: str) -> ClaimResult:
    """What the claim page shows; changes nothing. ``open``: a yes now would count."""
    offer = _offer_of(token, None)
    if offer is None:
        return ClaimResult("unknown")
    opening = offer.opening
    settled = _settled(opening, offer, clock.now())
    if settled is not None:
        return _with_suggestions(settled, "link")
    if offer.state == OfferState.LATE_YES:
        return ClaimResult("next_in_line", offer, opening)
    if offer.state == OfferState.DECLINED:
        return ClaimResult("declined", offer, opening)
    return ClaimResult("open", offer, opening)


def open_offers_of(client_id: int, channel: str = "") -> list[Offer]:
    """Offers a client could answer now (asked, or late while their slot is free), newest first."""
    rows = Offer.objects.filter(
        client_id=client_id,
        opening__state__in=[State.OPEN, State.OFFERING],
        opening__starts_at__gt=clock.now(),
        released_at__isnull=False,
        state__in=[*CLAIMABLE],
    )
    if channel:
        rows = rows.filter(channel=channel)
    rows = rows.filter(Q(sent_at__isnull=False) | Q(effect__call_started_at__isnull=False))
    return list(rows.select_related("opening__location", "client").order_by("-sent_at", "-id"))


def _offer_of(token: str | None, offer: Offer | None) -> Offer | None:
    # The rest is read where it is wanted: planning a join of ten tables outlasted the claim itself.
    rows = Offer.objects.select_related("client", "opening__location")
    if offer is not None:
        return rows.filter(pk=offer.pk).first()
    if not token or not is_ours(token):
        return None
    return rows.filter(token_sha256=token_hash(token)).first()


def _locked(found: Offer) -> tuple[Opening, Offer]:
    """The slot under its lock, and the offer as it stands now."""
    opening = slots.opening_lock(found.opening_id)
    mine = Offer.objects.select_related("client").filter(pk=found.pk).first()
    if opening is None or mine is None:
        raise LookupError("The slot was removed while it was claimed.")
    mine.opening = opening
    return opening, mine


def _claim(
    opening: Opening, offer: Offer, by: By, keep_old: bool | None, now: datetime
) -> ClaimResult:
    settled = _settled(opening, offer, now)
    if settled is not None:
        _too_late(opening, offer, by, settled)
        return settled
    if not is_live(offer, now) and _others_live(opening, offer, now):
        return _next_in_line(opening, offer, by, keep_old, now)
    if not win(opening, offer, by=by, keep_old=keep_old):
        return ClaimResult("gone", offer, opening)
    if not slots.books(opening):
        return ClaimResult("request_received", offer, opening)
    return ClaimResult("won", offer, opening)


def _settled(opening: Opening, offer: Offer, now: datetime) -> ClaimResult | None:
    """What it came to, where a yes can change nothing any more."""
    if offer.state == OfferState.ACCEPTED:
        return _yours(opening, offer)
    if opening.state == State.LAPSED or now >= opening.starts_at:
        return ClaimResult("expired", offer, opening)
    if opening.state not in {State.OPEN, State.OFFERING}:
        return ClaimResult("gone", offer, opening)
    if offer.state not in CLAIMABLE or offer.released_at is None:
        return ClaimResult("gone", offer, opening)
    return None


def _yours(opening: Opening, offer: Offer) -> ClaimResult:
    booked = opening.state == State.BOOKED
    if not booked and not slots.books(opening):
        return ClaimResult("request_received", offer, opening)
    return ClaimResult("already_yours", offer, opening, booked=booked)


def _others_live(opening: Opening, offer: Offer, now: datetime) -> bool:
    """Somebody else is being asked, or said yes late before this one did."""
    if opening.state != State.OFFERING:
        return False
    return any(
        is_live(other, now) or other.state == OfferState.LATE_YES
        for other in slots.offers_list(opening)
        if other.pk != offer.pk
    )


def _next_in_line(
    opening: Opening, offer: Offer, by: By, keep_old: bool | None, now: datetime
) -> ClaimResult:
    if offer.state != OfferState.LATE_YES:
        slots.offer_step(
            offer,
            OfferState.LATE_YES,
            among=[*_released(offer), OfferState.SENT, OfferState.SILENT, OfferState.DECLINED],
            answered_at=now,
            answered_by=by,
            gives_up=offer.instead_of_id is not None and not keep_old,
        )
        _heard(opening, offer, "offer.late_yes", by)
        if by == "text":
            slots.step_release(offer, Role.NEXT)
    return ClaimResult("next_in_line", offer, opening)


def _too_late(opening: Opening, offer: Offer, by: By, settled: ClaimResult) -> None:
    """A yes by text for a slot that is gone gets the kind note, once."""
    if settled.outcome not in {"gone", "expired"} or offer.state == OfferState.GONE:
        return
    if offer.released_at is None:
        return
    changed = slots.offer_step(
        offer,
        OfferState.GONE,
        among=[OfferState.SENT, OfferState.SILENT, OfferState.DECLINED, OfferState.WITHDRAWN],
        answered_at=clock.now(),
        answered_by=by,
    )
    if changed and by == "text":
        slots.step_release(offer, Role.GONE)


def _released(offer: Offer) -> list[str]:
    return [OfferState.WAITING] if offer.released_at is not None else []


def _heard(opening: Opening, offer: Offer, action: str, by: By) -> None:
    actor = Actor("client", str(offer.client_id), offer.client.name)
    facts = {"offer": offer.pk, "by": by, "client": offer.client_id}
    slots.slot_audit(opening, action, actor, facts)


def _with_suggestions(result: ClaimResult, by: By) -> ClaimResult:
    if by != "link" or result.opening is None or result.offer is None:
        return result
    if result.outcome not in {"gone", "expired"}:
        return result
    return replace(result, suggestions=suggestions_for(result.opening, result.offer))
