"""Reads of openings and offers. Every list starts from locations the person may see."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from approvals.ladders import words
from approvals.ladders.closing import what_happened
from approvals.ladders.guarding import history_of
from approvals.ladders.policy import History
from approvals.models import Action, ApprovalItem, Offer, OfferStep, Opening

State, OfferState = Opening.State, Offer.State


@dataclass(frozen=True)
class Rung:
    """One rung for the card: the offer, its exact texts by role, and what became of it in words.

    ``texts`` holds what would be sent, role → body; ``actions`` role → type for the others.
    """

    offer: Offer
    texts: dict[str, str]
    actions: dict[str, str]
    said: str

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What it would send or do: (when, exact text), (when, "")."""
        when = dict(OfferStep.Role.choices)
        sent = [(str(when[role]), body) for role, body in self.texts.items()]
        return sent + [(str(when[role]), "") for role in self.actions]


@dataclass(frozen=True)
class OpeningRow:
    """One opening for Today: "offered to Grace until 10:20"."""

    opening: Opening
    words: str
    offers: tuple[Offer, ...]
    can_stop: bool


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


def _rung(offer: Offer, steps: Sequence[OfferStep], actions: dict[int, Action]) -> Rung:
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    for step in steps:
        action = actions.get(step.position)
        if action is None or action.payload is None:
            continue
        body = json.loads(bytes(action.payload)).get("body")
        if body is not None:
            texts[step.role] = body
        else:
            others[step.role] = action.type
    return Rung(offer, texts, others, offer_words(offer, offer.opening.location.zone))


def offer_words(offer: Offer, zone: ZoneInfo) -> str:
    """``asked, until 10:20 am``; ``skipped: no consent``."""
    if offer.state == OfferState.SENT and offer.answer_until is not None:
        doubt = ", may not have arrived" if offer.unsure else ""
        return f"asked, until {words.hour(offer.answer_until, zone)}{doubt}"
    if offer.state == OfferState.WAITING and offer.released_at is not None:
        return "being asked"
    label = str(offer.get_state_display())
    return f"{label}: {offer.skipped_reason}" if offer.skipped_reason else label


def openings_today(location_ids: Iterable[int], now: datetime) -> list[OpeningRow]:
    """Live openings, and those of the last day, soonest first; two queries."""
    rows = list(
        Opening.objects.filter(location_id__in=list(location_ids))
        .filter(Q(state__in=Opening.LIVE) | Q(closed_at__gte=now - timedelta(days=1)))
        .select_related("location", "service", "staff", "appointment", "filled_by", "item")
        .order_by("starts_at", "id")
    )
    offers: dict[int, list[Offer]] = {}
    found = Offer.objects.filter(opening__in=rows).select_related("client")
    for offer in found.order_by("position", "id"):
        offers.setdefault(offer.opening_id, []).append(offer)
    return [_row(opening, offers.get(opening.pk, []), now) for opening in rows]


def _row(opening: Opening, offers: list[Offer], now: datetime) -> OpeningRow:
    can_stop = opening.state in {State.OPEN, State.OFFERING}
    return OpeningRow(opening, opening_words(opening, offers, now), tuple(offers), can_stop)


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
        return opening.state_reason or "waits for your decision"
    return opening_summary(opening, offers)


def opening_summary(opening: Opening, offers: Sequence[Offer] | None = None) -> str:
    """What happened with an opening, in one sentence."""
    if opening.state == State.BOOKED:
        who = opening.filled_by.short_name if opening.filled_by else "Somebody"
        asked = _asked(opening, offers)
        return f"{who} has it, after {asked} {'offer' if asked == 1 else 'offers'}."
    if opening.state_reason:
        return opening.state_reason
    rows = offers if offers is not None else list(opening.offers.select_related("client"))
    return what_happened(rows) or str(opening.get_state_display())


def _asked(opening: Opening, offers: Sequence[Offer] | None) -> int:
    if offers is None:
        return opening.offers.filter(released_at__isnull=False).count()
    return sum(1 for offer in offers if offer.released_at is not None)


def offer_history(client_ids: Sequence[int], now: datetime) -> dict[int, History]:
    """What these clients were offered lately, for the caps; one query."""
    return history_of(list(client_ids), now)
