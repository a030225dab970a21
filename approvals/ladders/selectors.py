"""Reads of openings and offers. Every list starts from locations the person may see."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Q, Subquery

from approvals.ladders import words
from approvals.ladders.closing import what_happened
from approvals.ladders.texts import service_name
from approvals.models import Action, ApprovalItem, Effect, Offer, OfferStep, Opening

State, OfferState = Opening.State, Offer.State
WITH = ("location", "service", "staff", "appointment", "given_up_by", "filled_by", "item")
# What has just ended stays in sight for a while: who got it is what the desk wants to know.
ENDED = timedelta(hours=2)
MOST_LIVE, MOST_ENDED = 60, 3
# Of a score of 100: somebody never asked, waiting a week for this very service, has about 50.
FITS = ((60, "strong"), (40, "good"), (0, "fair"))


@dataclass(frozen=True)
class Rung:
    """One rung for the card: the offer, its exact texts by role, and what became of it in words.

    ``texts`` holds what would be sent, role → body; ``actions`` role → type for the others.
    """

    offer: Offer
    texts: dict[str, str]
    actions: dict[str, str]
    said: str
    subject: str = ""

    @property
    def waits(self) -> bool:
        return self.offer.state == OfferState.WAITING and self.offer.released_at is None

    @property
    def fit(self) -> str:
        """How well they fit, in one word; '' where nothing was scored."""
        if not self.offer.score:
            return ""
        return next(word for least, word in FITS if self.offer.score >= least)

    @property
    def why(self) -> str:
        """``Waits for it · asked for Sarah · waiting 12 days``."""
        said = [str(one.get("text", "")).rstrip(".") for one in self.offer.reasons]
        return " · ".join(filter(None, said))

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What it would send or do: (when, exact text), (when, "")."""
        when = dict(OfferStep.Role.choices)
        sent = [(str(when[role]), body) for role, body in self.texts.items()]
        return sent + [(str(when[role]), "") for role in self.actions]


@dataclass(frozen=True)
class OpeningRow:
    """One opening: "offered to Grace until 10:20 am".

    ``told``: who holds an offer now, and the exact kind note they get if it goes to somebody else.
    """

    opening: Opening
    words: str
    offers: tuple[Offer, ...]
    can_stop: bool
    told: tuple[tuple[str, str], ...] = ()

    @property
    def names_told(self) -> str:
        return words.listed([name for name, _ in self.told])

    @property
    def service(self) -> str:
        return service_name(self.opening) or "Any service"

    @property
    def tone(self) -> str:
        """Of the tag: urgent nothing, watch what waits for the desk."""
        if self.opening.state in {State.BOOKED, State.HELD, State.OFFERING}:
            return ""
        return "watch" if self.opening.state == State.OPEN else "plain"


def offers_of(item: ApprovalItem) -> list[Rung]:
    """Every rung of a ladder in order, waiting, asked, answered or skipped; three queries."""
    offers = list(
        Offer.objects.filter(item=item)
        .select_related("client", "entry__service", "instead_of", "opening__location")
        .order_by("position", "id")
    )
    rows = Action.objects.filter(revision_id=item.revision_id or 0)
    actions = {row.position: row for row in rows}
    steps: dict[int, list[OfferStep]] = {}
    for step in OfferStep.objects.filter(offer__item=item).order_by("position"):
        steps.setdefault(step.offer_id, []).append(step)
    return [_rung(offer, steps.get(offer.pk, []), actions) for offer in offers]


def asked_first(item: ApprovalItem) -> Offer | None:
    """The rung that leaves before all others now that the ladder is begun, with its effect."""
    begun = Offer.objects.filter(item=item, released_at__isnull=False, effect__outcome="")
    rows = begun.select_related("client", "effect")
    return rows.order_by("effect__not_before", "position").first()


def _rung(offer: Offer, steps: Sequence[OfferStep], actions: dict[int, Action]) -> Rung:
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    subject = ""
    for step in steps:
        action = actions.get(step.position)
        if action is None or action.payload is None:
            continue
        said = json.loads(bytes(action.payload))
        if "body" not in said:
            others[step.role] = action.type
            continue
        texts[step.role] = said["body"]
        if step.role == OfferStep.Role.OFFER:
            subject = said.get("subject", "")
    told = offer_words(offer, offer.opening.location.zone)
    return Rung(offer, texts, others, told, subject)


def offer_words(offer: Offer, zone: ZoneInfo) -> str:
    """``asked, until 10:20 am``; ``skipped: no consent``."""
    if offer.state == OfferState.SENT and offer.answer_until is not None:
        doubt = ", may not have arrived" if offer.unsure else ""
        return f"asked, until {words.hour(offer.answer_until, zone)}{doubt}"
    if offer.state == OfferState.WAITING and offer.released_at is not None:
        return "being asked"
    label = str(offer.get_state_display())
    return f"{label}: {offer.skipped_reason}" if offer.skipped_reason else label


def opening_row(item_id: int, now: datetime) -> OpeningRow | None:
    """The slot of one draft, as the lists show it; two queries."""
    opening = Opening.objects.filter(item_id=item_id).select_related(*WITH).first()
    if opening is None:
        return None
    offers = offers_by_opening([opening])
    return _row(opening, offers.get(opening.pk, []), now)


def openings_today(seen: Q, now: datetime, ended: timedelta = ENDED) -> list[OpeningRow]:
    """Live openings soonest first, then the few that ended lately; two queries.

    ``seen``: which slots the person may see, see ``counter.openings_seen``.
    """
    over = Q(closed_at__gte=now - ended) & ~Q(state__in=Opening.LIVE)
    found = list(
        Opening.objects.filter(seen)
        .filter(Q(state__in=Opening.LIVE, starts_at__gt=now - ended) | over)
        .select_related(*WITH)
        .order_by("starts_at", "id")[:MOST_LIVE]
    )
    live = [opening for opening in found if opening.is_live]
    done = [opening for opening in found if not opening.is_live]
    done.sort(key=lambda opening: opening.closed_at or now, reverse=True)
    rows = [*live, *done[:MOST_ENDED]]
    offers = offers_by_opening(rows)
    return [_row(opening, offers.get(opening.pk, []), now) for opening in rows]


def offers_by_opening(openings: Sequence[Opening]) -> dict[int, list[Offer]]:
    """Every rung of every draft about these slots, in order; one query.

    Each knows as ``note`` the approved kind note that leaves if the slot goes to somebody else.
    """
    offers: dict[int, list[Offer]] = {}
    waiting = Effect.objects.filter(
        step__offer=OuterRef("pk"), step__role=OfferStep.Role.GONE, outcome=""
    )
    found = Offer.objects.filter(opening__in=openings).select_related("client")
    found = found.annotate(note=Subquery(waiting.values("body")[:1]))
    for offer in found.order_by("item_id", "position", "id"):
        offers.setdefault(offer.opening_id, []).append(offer)
    return offers


def _row(opening: Opening, offers: list[Offer], now: datetime) -> OpeningRow:
    can_stop = opening.state in {State.OPEN, State.OFFERING}
    told = tuple(
        (offer.client.short_name, note)
        for offer in offers
        if can_stop and holds(offer, now) and (note := _note(offer))
    )
    said = opening_words(opening, offers, now)
    return OpeningRow(opening, said, tuple(offers), can_stop, told)


def _note(offer: Offer) -> str:
    body = getattr(offer, "note", None)
    return str(json.loads(bytes(body)).get("body", "")) if body is not None else ""


def holds(offer: Offer, now: datetime) -> bool:
    """Whether this client may think that the slot can be theirs."""
    if offer.state == OfferState.SENT:
        return (offer.answer_until or now) > now
    return offer.state == OfferState.LATE_YES


def opening_words(opening: Opening, offers: Sequence[Offer], now: datetime) -> str:
    """``offered to Grace L. until 10:20 am``, ``waits for your decision``, ``Ana R. has it``."""
    zone = opening.location.zone
    if opening.state == State.OFFERING:
        asked = [o for o in offers if o.state == OfferState.SENT and (o.answer_until or now) > now]
        if asked:
            until = max(offer.answer_until or now for offer in asked)
            names = words.listed([offer.client.short_name for offer in asked])
            return f"offered to {names} until {words.hour(until, zone)}"
        return "the next offer is on its way"
    if opening.state == State.HELD:
        return f"{opening.state_reason} It is being booked."
    if opening.state == State.OPEN:
        return open_words(opening)
    return opening_summary(opening, offers)


def open_words(opening: Opening) -> str:
    """Why nobody is asked about a slot that is merely free."""
    state = opening.item.state if opening.item else ""
    if state == ApprovalItem.State.DRAFTING:
        return "the list is being made"
    if state in {ApprovalItem.State.PENDING, ApprovalItem.State.STALE}:
        return "waits for your decision"
    if state == ApprovalItem.State.MANUAL:
        return "to be offered by hand"
    return opening.state_reason or "nobody is being asked"


def opening_summary(opening: Opening, offers: Sequence[Offer]) -> str:
    """What happened with an opening, in one sentence."""
    if opening.state == State.BOOKED:
        who = opening.filled_by.short_name if opening.filled_by else "Somebody"
        asked = sum(1 for offer in offers if offer.released_at is not None)
        return f"{who} has it, after {asked} {'offer' if asked == 1 else 'offers'}."
    if opening.state_reason:
        return opening.state_reason
    return what_happened(offers) or str(opening.get_state_display())
