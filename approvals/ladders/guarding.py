"""What must hold before an offer goes out: read again from rows right before each sending."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from approvals import guards
from approvals.ladders import policy
from approvals.ladders.policy import History
from approvals.models import ApprovalItem, Offer, OfferStep, Opening
from core import clock
from integrations.models import Appointment

Guard = Callable[[Opening, Offer, datetime], str]
ItemState = ApprovalItem.State
HISTORY = timedelta(days=60)
# The day's messages are counted once, under the lock that begins the call.
FOR_OFFERS: tuple[guards.Guard, ...] = (
    guards.connection_works,
    guards.client_is_there,
    guards.drafts_wanted,
    guards.consent_holds,
    guards.address_is_theirs,
    guards.no_keyword_asked,
    guards.one_question_each,
)
# Notes answer somebody who was asked: neither counted nor held back by the desk's "no drafts".
FOR_NOTES: tuple[guards.Guard, ...] = (
    guards.connection_works,
    guards.client_is_there,
    guards.consent_holds,
    guards.address_is_theirs,
)


def still_offered(opening: Opening, offer: Offer, at: datetime) -> str:
    if opening.state != Opening.State.OFFERING or offer.state != Offer.State.WAITING:
        return "It is not offered any more."
    if at >= policy.cut_off(opening.starts_at, opening.lead_minutes):
        return "It is too close to the start."
    return ""


def gave_it_up(opening: Opening, offer: Offer, at: datetime) -> str:
    if offer.client_id == opening.given_up_by_id:
        return "They just gave this slot up."
    return ""


def still_waiting(opening: Opening, offer: Offer, at: datetime) -> str:
    """The list entry may have been booked or removed meanwhile."""
    entry = offer.entry
    if entry is None or (entry.status in {"waiting", "offered"} and entry.deleted_at is None):
        return ""
    return "They are not waiting any more."


def busy_then(opening: Opening, offer: Offer, at: datetime) -> str:
    """They hold an appointment in that hour, with whomever."""
    holding = Appointment.objects.filter(
        client_id=offer.client_id,
        deleted_at=None,
        status__in=Appointment.UPCOMING,
        starts_at__lt=opening.ends_at,
        ends_at__gt=opening.starts_at,
    )
    return "They have another appointment then." if holding.exists() else ""


def asked_for_that_hour(opening: Opening, offer: Offer, at: datetime) -> str:
    asked = Offer.objects.filter(
        client_id=offer.client_id,
        released_at__isnull=False,
        opening__starts_at__lt=opening.ends_at,
        opening__ends_at__gt=opening.starts_at,
    ).exclude(opening_id=opening.pk)
    asked = asked.exclude(state__in=[Offer.State.WITHDRAWN, Offer.State.SKIPPED])
    return "They were asked about that hour already." if asked.exists() else ""


def caps_hold(opening: Opening, offer: Offer, at: datetime) -> str:
    zone = opening.location.zone
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    history = history_of([offer.client_id], at, but=offer.pk).get(offer.client_id, History())
    return policy.cap_reached(history, midnight, at, policy.policy_from(opening.terms))


GUARDS: tuple[Guard, ...] = (
    still_offered,
    gave_it_up,
    still_waiting,
    busy_then,
    asked_for_that_hour,
    caps_hold,
)


def refusal_for(opening: Opening, offer: Offer, at: datetime) -> guards.Refusal | None:
    """Why this rung is skipped after all, or None."""
    for guard in GUARDS:
        why = guard(opening, offer, at)
        if why:
            return guards.Refusal(ItemState.STALE, why)
    return None


def history_of(client_ids: list[int], at: datetime, but: int | None = None) -> dict[int, History]:
    """What clients were offered in the last sixty days, for the caps; one query."""
    since = at - HISTORY
    rows = (
        Offer.objects.filter(client_id__in=client_ids, released_at__gte=since)
        .exclude(state__in=[Offer.State.WITHDRAWN, Offer.State.SKIPPED, Offer.State.FAILED])
        .exclude(pk=but or 0)
        .order_by("-released_at")
        .values_list("client_id", "state", "sent_at", "released_at", "answer_until", "answered_at")
    )
    found: dict[int, list[_Past]] = {}
    for client_id, state, sent_at, released_at, until, answered_at in rows:
        asked_at = sent_at or released_at or at
        found.setdefault(client_id, []).append(_Past(state, asked_at, until, answered_at))
    return {client_id: _history(offers, at) for client_id, offers in found.items()}


class _Past(NamedTuple):
    """One earlier offer to a client."""

    state: str
    asked_at: datetime
    until: datetime | None
    answered_at: datetime | None


def _history(offers: list[_Past], at: datetime) -> History:
    """Newest first: how many in a row nobody answered, and when the last of them was.

    One whose slot went before its time was over is neither an answer nor a silence.
    """
    silent: list[datetime] = []
    for one in offers:
        if one.answered_at is not None:
            break
        over = one.state == Offer.State.SENT and one.until is not None and one.until <= at
        if one.state == Offer.State.SILENT or over:
            silent.append(one.asked_at)
    asked = tuple(one.asked_at for one in offers)
    return History(asked, len(silent), silent[0] if silent else None)


def note_due(opening: Opening, offer: Offer, role: str) -> bool:
    """Whether a note or a follow-up of a rung is still wanted, by how things stand."""
    roles, states = OfferStep.Role, Offer.State
    if role == roles.NEXT:
        return offer.state == states.LATE_YES
    if role == roles.GONE:
        return offer.state not in {states.ACCEPTED, states.WAITING}
    has_it = opening.held_by_id == offer.pk and offer.state == states.ACCEPTED
    if role == roles.BOOK:
        return has_it and opening.state == Opening.State.HELD
    return has_it and opening.state == Opening.State.BOOKED


def as_was(appointment: Appointment | None) -> bool:
    """The later appointment that is let go stands as it stood."""
    if appointment is None or not appointment.is_upcoming:
        return False
    return appointment.starts_at > clock.now()
